#!/usr/bin/env python3
"""Ends with an error that names every package whose version is not that of bench/requirements.txt."""
import importlib.metadata
import pathlib
import sys

off = []
for line in (pathlib.Path(__file__).parents[1] / "requirements.txt").read_text().splitlines():
    if line and not line.startswith("#"):
        package, wanted = line.split("==")
        try:
            # A build for another processor or card (`+cpu`) computes the same.
            found = importlib.metadata.version(package).split("+")[0]
        except importlib.metadata.PackageNotFoundError:
            found = "missing"
        if found != wanted:
            off.append(f"{package} is {found}, needed is {wanted}")
# None is success; an empty text would be printed and be a failure.
sys.exit("\n".join(off) or None)
