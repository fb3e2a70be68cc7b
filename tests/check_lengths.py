#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the length of files (400 lines at most) and of lines of C and C++ (120 columns), names and licence lines.

Usage: check_lengths.py SOURCE_ROOT
"""
import pathlib
import sys

LINES_MAX = 400
COLUMNS_MAX = 120  # comments and texts; clang-format keeps code within 100
LICENCE = "SPDX-License-Identifier: Apache-2.0"
WORDS = {"util", "utils", "common", "misc", "helper", "helpers"}


def faults_of(path: pathlib.Path) -> list:
    lines = path.read_text().splitlines()
    faults = []
    if len(lines) > LINES_MAX:
        faults.append(f"{path}: {len(lines)} lines; {LINES_MAX} at most: split by stage")
    if set(path.stem.split("_")) & WORDS or path.parent.name in WORDS:
        faults.append(f"{path}: named after no thing")
    python = path.suffix == ".py"
    if not any(LICENCE in line for line in lines[:2 if python else 1]):  # a script begins with #!
        faults.append(f"{path}:1: the licence line is missing")
    if not python:
        faults += [f"{path}:{n}: {len(line)} columns; {COLUMNS_MAX} at most"
                   for n, line in enumerate(lines, 1) if len(line) > COLUMNS_MAX]
    return faults


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    files = sorted(p for folder in ("include", "src", "tools", "bench", "tests", "python", "docs/examples")
                   for p in (root / folder).rglob("*") if p.suffix in (".hpp", ".cpp", ".h", ".c", ".py"))
    faults = [fault for path in files for fault in faults_of(path)]
    print("\n".join(faults) if faults else f"{len(files)} files: lengths and names hold")
    return 1 if faults or not files else 0


sys.exit(main())
