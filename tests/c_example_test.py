#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles an example of docs/examples against the library that pkg-config finds, runs it, and replays its log: the
same digest. Skipped (77) where the language's compiler is not there.

    PKG_CONFIG_PATH=DIR MILLRACE_BIN=PROGRAM c_example_test.py c|go|rust
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "docs" / "examples"
COMPILERS = {"c": "cc", "go": "go", "rust": "rustc"}
SOURCES = {"c": "c/load.c", "go": "go/load.go", "rust": "rust/load.rs"}


def output_of(command, **kwargs):
    run = subprocess.run(command, capture_output=True, text=True, check=False, **kwargs)
    if run.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {run.returncode}\n{run.stdout}{run.stderr}")
    return run.stdout


def compile_example(language, program, folder):
    source = EXAMPLES / SOURCES[language]
    flags = lambda *what: output_of(["pkg-config", *what, "--static", "millrace"]).split()
    if language == "c":
        output_of(["cc", "-std=c99", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", source, "-o", program,
                   *flags("--cflags"), *flags("--libs")])
    elif language == "rust":
        output_of(["rustc", "-O", "-D", "warnings", source, "-o", program,
                   "-C", "link-args=" + " ".join(flags("--libs"))], cwd=folder)
    else:
        # What pkg-config says of the library's own headers is no matter to C, and cgo is strict about flags.
        environment = dict(os.environ, GO111MODULE="off", GOCACHE=str(folder / "cache"), CGO_CFLAGS_ALLOW=".*",
                           CGO_LDFLAGS_ALLOW=".*")
        output_of(["go", "vet", source], env=environment)
        output_of(["go", "build", "-o", program, source], env=environment)


def digest_in(text):
    found = re.search(r"^digest ([0-9a-f]{16})$", text, re.M)
    return found.group(1) if found else sys.exit("no digest in\n" + text)


def main():
    language = sys.argv[1]
    if shutil.which(COMPILERS[language]) is None:
        print(f"{COMPILERS[language]} is not there: the example of {language} is not tried")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        program, log = folder / "load", folder / "run"
        compile_example(language, program, folder)
        report = output_of([program, "/dev/urandom", log])
        if "20,000 attempted = " not in report or "latency" not in report:
            sys.exit("not the report of 20,000 reads:\n" + report)
        replayed = output_of([os.environ["MILLRACE_BIN"], "replay", log])
        if digest_in(report) != digest_in(replayed):
            sys.exit(f"the log's replay has other numbers:\n{report}\n{replayed}")
    print(f"{language}: compiled, run and replayed, the digests agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
