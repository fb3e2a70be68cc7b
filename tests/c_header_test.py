#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The C headers: compiled alone and together, as C99, C11 and C++, without a warning, by every compiler that is
there; each function documented in full, and exported by the library, which exports no other millrace_ name.

    c_header_test.py SOURCE_ROOT LIBRARY
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

COMPILERS = [("gcc", "c99"), ("gcc", "c11"), ("gcc", "c2x"), ("clang", "c99"), ("clang", "c11"), ("clang-19", "c99"),
             ("g++", "c++11"), ("g++", "c++20"), ("clang++", "c++11"), ("clang++", "c++20"), ("clang++-19", "c++23")]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wstrict-prototypes", "-Wcast-qual", "-Werror"]
WORDS = ("Returns", "Errors", "Threads", "Cost")


def compile_all(include, headers):
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        for compiler, standard in COMPILERS:
            if shutil.which(compiler) is None:
                print(f"{compiler} is not there: {standard} is not tried")
                continue
            is_cpp = "++" in standard
            source = pathlib.Path(folder, "a.cpp" if is_cpp else "a.c")
            warnings = [w for w in WARNINGS if not (is_cpp and "prototypes" in w)]
            for header in headers:
                source.write_text(f'#include "{header}"\n#include "{header}"\nint answer;\n')
                run = subprocess.run([compiler, "-std=" + standard, *warnings, "-I", include, "-fsyntax-only", source],
                                     capture_output=True, text=True, check=False)
                if run.returncode != 0:
                    faults.append(f"{compiler} -std={standard} {header}:\n{run.stderr}")
    return faults


def declared(text):
    """(name, its comment) of each function; those that follow each other share one."""
    comment, functions = [], []
    statement = ""
    for line in text.splitlines():
        if line.startswith("///"):
            comment.append(line)
        elif statement or line.startswith("MILLRACE_API"):
            statement += line + " "
            if ";" in line:
                functions.append((re.search(r"\b(millrace_\w+)\(", statement).group(1), "\n".join(comment)))
                statement = ""
        elif not line.strip():
            comment = []
    return functions


def exported(library):
    """Names of C functions in the library, and whether others may see them."""
    symbols = subprocess.run(["readelf", "-sW", library], capture_output=True, text=True, check=True).stdout
    found = {}
    for line in symbols.splitlines():
        words = line.split()
        if len(words) >= 8 and words[3] == "FUNC" and words[6] != "UND" and words[7].startswith("millrace_"):
            found[words[7]] = words[4] == "GLOBAL" and words[5] in ("DEFAULT", "PROTECTED")
    return found


def main():
    root, library = pathlib.Path(sys.argv[1]), sys.argv[2]
    include = root / "include"
    headers = ["millrace.h", *sorted(str(p.relative_to(include)) for p in include.glob("millrace/c/*.h"))]
    umbrella = (include / "millrace.h").read_text()
    faults = [f"millrace.h does not include {h}" for h in headers[1:] if f'#include "{h}"' not in umbrella]
    faults += compile_all(include, headers)
    functions = [f for h in headers for f in declared((include / h).read_text())]
    for name, comment in functions:
        missing = [word for word in WORDS if word not in comment]
        if missing:
            faults.append(f"{name}: its comment does not say {', '.join(missing)}")
    names = {name for name, _ in functions}
    found = exported(library)
    faults += [f"{name} is declared, and not in the library" for name in sorted(names - set(found))]
    faults += [f"{name} is in the library, and in no header" for name in sorted(set(found) - names) if found[name]]
    faults += [f"{name} is hidden" for name in sorted(names & set(found)) if not found[name]]
    print("\n".join(faults) if faults else f"{len(headers)} headers, {len(names)} functions")
    return 1 if faults or len(names) < 40 else 0


if __name__ == "__main__":
    sys.exit(main())
