#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The C++ headers: each compiled alone and twice, without a warning, by g++ and clang, as C++20 and C++23, with
exceptions and without. By default one way for each compiler, without exceptions; --all tries every one.

    cpp_header_test.py SOURCE_ROOT [--all]
"""
import concurrent.futures
import itertools
import os
import pathlib
import shutil
import subprocess
import sys

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wold-style-cast", "-Werror"]
COMPILERS = [["g++"], ["clang++-19", "clang++"]]  # the first of each that is there
STANDARDS = ["c++20", "c++2b"]
EXCEPTIONS = ["-fexceptions", "-fno-exceptions"]


def ways(all_of_them):
    for number, names in enumerate(COMPILERS):
        compiler = next((name for name in names if shutil.which(name)), None)
        if compiler is None:
            print(f"{' or '.join(names)} is not there and not tried")
            continue
        for standard, exceptions in itertools.product(STANDARDS, EXCEPTIONS):
            if all_of_them or (standard, exceptions) == (STANDARDS[number], "-fno-exceptions"):
                yield [compiler, "-std=" + standard, exceptions]


def compile_one(include, way, header):
    source = f'#include "{header}"\n#include "{header}"\n'
    run = subprocess.run([*way, *WARNINGS, "-I", include, "-fsyntax-only", "-x", "c++", "-"], input=source,
                         capture_output=True, text=True, check=False)
    return "" if run.returncode == 0 else f"{' '.join(way)} {header}:\n{run.stderr}"


def main():
    include = pathlib.Path(sys.argv[1], "include")
    headers = sorted(str(path.relative_to(include)) for path in include.glob("millrace/*.hpp"))
    work = list(itertools.product(ways("--all" in sys.argv), headers))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = [fault for fault in pool.map(lambda one: compile_one(include, *one), work) if fault]
    print("\n".join(faults) if faults else f"{len(headers)} headers, {len(work)} compilations")
    return 1 if faults or len(headers) < 15 else 0


if __name__ == "__main__":
    sys.exit(main())
