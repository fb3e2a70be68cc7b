#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the layout of C++ to .clang-format. Skipped (77) without clang-format 14: others lay out differently.

Usage: check_format.py SOURCE_ROOT
"""
import pathlib
import re
import subprocess
import sys

VERSION = "14"
FOLDERS = ("include", "src", "tools", "bench", "tests", "python", "docs/examples")


def installed_version() -> str:
    try:
        said = subprocess.run(["clang-format", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
    found = re.search(r"version (\d+)", said)
    return found.group(1) if found else ""


def main() -> int:
    if installed_version() != VERSION:
        print(f"no clang-format {VERSION} here")
        return 77
    root = pathlib.Path(sys.argv[1])
    files = sorted(p for folder in FOLDERS for p in (root / folder).rglob("*") if p.suffix in (".hpp", ".cpp"))
    run = subprocess.run(["clang-format", "--dry-run", "--Werror", *files], capture_output=True, text=True, check=False)
    print(run.stderr if run.returncode else f"{len(files)} files are laid out by .clang-format")
    return 1 if run.returncode or not files else 0


sys.exit(main())
