#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the length of files (400 lines at most), their names and their first line.

Usage: check_lengths.py SOURCE_ROOT
"""
import pathlib
import sys

LINES_MAX = 400
WORDS = {"util", "utils", "common", "misc", "helper", "helpers"}


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    files = sorted(p for folder in ("include", "src", "tools", "bench", "tests")
                   for p in (root / folder).rglob("*") if p.suffix in (".hpp", ".cpp", ".h", ".c"))
    faults = []
    for path in files:
        lines = path.read_text().splitlines()
        if len(lines) > LINES_MAX:
            faults.append(f"{path}: {len(lines)} lines; {LINES_MAX} at most: split by stage")
        if set(path.stem.split("_")) & WORDS or path.parent.name in WORDS:
            faults.append(f"{path}: named after no thing")
        if not lines or lines[0] != "// SPDX-License-Identifier: Apache-2.0":
            faults.append(f"{path}:1: the licence line is missing")
    print("\n".join(faults) if faults else f"{len(files)} files: lengths and names hold")
    return 1 if faults or not files else 0


sys.exit(main())
