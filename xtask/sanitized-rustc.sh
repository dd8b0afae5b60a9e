#!/bin/sh
# Stands before rustc for the packages of this workspace (RUSTC_WORKSPACE_WRAPPER, see `cargo xtask sanitize`): the
# same compiler, told to check each access to memory. Stable rustc has that flag, but calls it unstable.
RUSTC_BOOTSTRAP=1 exec "$@" -Zsanitizer=address
