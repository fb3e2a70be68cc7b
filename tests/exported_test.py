#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shared library exports what LIST says, no name more and none less: a name that goes breaks programs that were
compiled before, one that comes is a promise. --write makes the list anew, for a change that is meant.

    exported_test.py LIBRARY LIST [--write]
"""
import difflib
import pathlib
import subprocess
import sys


def exported(library):
    """Demangled: constructors of one class, which are two names, are one line."""
    symbols = subprocess.run(["nm", "-D", "-C", "--defined-only", library], capture_output=True, text=True,
                             check=True).stdout
    return sorted({line.split(" ", 2)[2] for line in symbols.splitlines()})


def main():
    library, path = sys.argv[1], pathlib.Path(sys.argv[2])
    found = exported(library)
    if sys.argv[3:] == ["--write"]:
        path.write_text("\n".join(found) + "\n")
    faults = [f"{name}: is no name of millrace" for name in found
              if not name.removeprefix("typeinfo ").removeprefix("name ").removeprefix("for ")
              .startswith(("millrace::", "millrace_"))]
    listed = path.read_text().splitlines()
    faults += difflib.unified_diff(listed, found, str(path), library, lineterm="", n=0)
    print("\n".join(faults) if faults else f"{len(found)} names")
    if faults:
        print(f"If the change is meant: {' '.join(sys.argv[:3])} --write")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
