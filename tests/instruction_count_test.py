#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How many instructions a push takes, and a record in the slice kernel: counted by callgrind, which the
machine's other work does not change, and held to recorded figures. More than 10 % above one of them fails; so
does less than 20 % below, which says that the figure is to be written anew.

    instruction_count_test.py INSTRUCTION_PROGRAM COMPILER

The figures are of one compiler; with another one the test is skipped (77), as it is without valgrind. Under
valgrind the kernel runs by AVX2, which is what it emulates.
"""
import re
import shutil
import subprocess
import sys
import tempfile

COMPILER = "gcc 12"
INSTRUCTIONS = {"push": 40.2, "claim": 52.2, "generation": 50.6, "slice": 215.0,
                "c_push": 100.2, "c_claim": 99.2, "c_generation": 191.6, "c_push_many": 66.7}  # a record
FUNCTION = "*measured*"


def instructions(program, what):
    with tempfile.TemporaryDirectory() as folder:
        out = folder + "/out"
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", "--toggle-collect=" + FUNCTION, "--callgrind-out-file=" + out,
             program, what], capture_output=True, text=True, check=False)
        if run.returncode != 0:
            sys.exit(f"{what}: exit {run.returncode}\n{run.stdout}{run.stderr}")
        with open(out, encoding="utf-8") as file:
            total = int(re.search(r"^(?:summary|totals): (\d+)", file.read(), re.M).group(1))
        return total / int(run.stdout)


def main():
    program, compiler = sys.argv[1:3]
    if shutil.which("valgrind") is None:
        print("valgrind is not there")
        return 77
    if compiler != COMPILER:
        print(f"the figures are of {COMPILER}, this is {compiler}")
        return 77
    failed = False
    for what, recorded in INSTRUCTIONS.items():
        now = instructions(program, what)
        good = 0.8 * recorded <= now <= 1.1 * recorded
        failed = failed or not good
        print(f"{what}: {now:.1f} instructions a record, recorded {recorded}: {'good' if good else 'FAILED'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
