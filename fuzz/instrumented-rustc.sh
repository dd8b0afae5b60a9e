#!/bin/sh
# Stands before rustc for the packages of this workspace (RUSTC_WORKSPACE_WRAPPER, see `cargo xtask fuzz`): the
# same compiler, told to count which branches run, so that libFuzzer sees what its bytes reach.
exec "$@" -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
