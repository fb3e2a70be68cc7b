#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Searches the state spaces of tests/models/*.pml with spin, whole, and of their mutants until they fail.

A model passes when its search is complete, finds no error and leaves no statement unreached. A mutant
passes when the named fault is found. Prints states and seconds. Exit code 77: spin or a C
compiler is not there. usage: models.py [NAME...], names as printed
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

MODELS = pathlib.Path(__file__).resolve().parent / "models"
DEPTH = 100_000  # steps; a deeper path fails
MEGABYTES = 1500  # of memory; a search that needs more fails
SECONDS = 120
SKIPPED = 77

HOLDS = None
ASSERTION = "assertion violated"
WAITS = "invalid end state"

# model, macros, what must be found
RUNS = [
    ("close", "", HOLDS),
    ("close", "FENCED", HOLDS),
    ("close", "FENCED ATTEMPTS_0=2 ATTEMPTS_1=2", HOLDS),
    ("close", "NO_MEMBARRIER", ASSERTION),
    ("close", "ONE_CHECK", ASSERTION),
    ("close", "FENCED ONE_CHECK", ASSERTION),
    ("close", "NO_FATE", ASSERTION),
    ("close", "NO_LIMIT", ASSERTION),
    ("close", "CLOSER_APART", ASSERTION),
    ("blocks", "", HOLDS),
    ("blocks", "BLOCKS=3", HOLDS),
    ("blocks", "OPEN_ONLY HEADER_ORDER", HOLDS),
    ("blocks", "GIVE_BACK_EARLY", ASSERTION),
    ("blocks", "HEADER_ORDER", ASSERTION),
    ("blocks", "OPEN_ONLY HEADER_ORDER STATE_FIRST", ASSERTION),
    ("blocks", "CLOSED_LATE", ASSERTION),
    ("blocks", "NEWEST_FIRST", ASSERTION),
    ("blocks", "PUBLISH_FIRST", ASSERTION),
    ("tail", "", HOLDS),
    ("tail", "COMMIT_FIRST", ASSERTION),
    ("tail", "END_BEFORE_NEXT", ASSERTION),
    ("tail", "NAME_FIRST", ASSERTION),
    ("tail", "NO_SECOND_LOOK", ASSERTION),
    ("tail", "NO_LOOK_AHEAD", WAITS),
    ("tail", "NEXT_ONLY", WAITS),
]


class Fault(Exception):
    pass


def run(command, folder):
    try:
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise Fault(f"{command[0]} takes longer than {SECONDS} s") from None


def search(compiler, model, macros, folder):
    """What pan prints."""
    source = (MODELS / f"{model}.pml").read_text()
    for macro in macros:  # one that the model does not know would change nothing
        if not re.search(rf"^#(ifdef|ifndef) {macro.split('=')[0]}$", source, re.M):
            raise Fault(f"{model}.pml does not know {macro}")
    shutil.copy(MODELS / f"{model}.pml", folder)
    defines = [f"-D{macro}" for macro in macros]
    made = run(["spin", f"-P{compiler} -E -x c", *defines, "-a", f"{model}.pml"], folder)
    if made.returncode != 0 or "rror" in made.stdout + made.stderr:
        raise Fault(f"spin: {made.stdout}{made.stderr}")
    made = run([compiler, "-O2", "-w", "-DSAFETY", f"-DMEMLIM={MEGABYTES}", "-o", "pan", "pan.c"], folder)
    if made.returncode != 0:
        raise Fault(f"{compiler}: {made.stderr}")
    found = run(["./pan", f"-m{DEPTH}"], folder)
    return found.stdout + found.stderr


def judge(text, expected):
    errors = re.search(r"errors: (\d+)", text)
    if not errors:
        raise Fault(f"pan does not tell:\n{text}")
    if expected is HOLDS:
        if errors[1] != "0":
            raise Fault(re.search(r"^pan:.*", text, re.M)[0])
        if "Search not completed" in text or "max search depth too small" in text:
            raise Fault("the search is not complete")
        unreached = [line.strip() for line in text.splitlines()
                     if re.search(r", state \d+, ", line) and '"-end-"' not in line]
        if unreached:
            raise Fault("never reached, so nothing is said about it: " + "; ".join(unreached))
    elif not re.search(rf"^pan:\d*:? ?{expected}", text, re.M):
        raise Fault(f"must fail ({expected}) and does not" if errors[1] == "0" else
                    f"fails otherwise than by: {expected}\n{text}")


def check(compiler, model, macros, expected):
    begin = time.monotonic()
    fault, states = None, "-"
    with tempfile.TemporaryDirectory() as folder:
        try:
            text = search(compiler, model, macros.split(), folder)
            stored = re.search(r"(\d+) states, stored", text)
            states = stored[1] if stored else "-"
            judge(text, expected)
        except Fault as found:
            fault = str(found)
    verdict = "FAILED" if fault else "holds" if expected is HOLDS else "fails, as it must"
    print(f"{states:>9} states {time.monotonic() - begin:6.1f} s  {verdict:<17}  {model} {macros}".rstrip(),
          flush=True)
    if fault:
        print(f"  {fault}", flush=True)
    return fault is None


def main():
    compiler = shutil.which("gcc") or shutil.which("cc")
    missing = [name for name, path in (("spin", shutil.which("spin")), ("gcc or cc", compiler)) if not path]
    if missing:
        print(f"skipped: {' and '.join(missing)} not there (Debian: spin, gcc)")
        return SKIPPED
    wanted = set(sys.argv[1:])
    runs = [each for each in RUNS if not wanted or each[0] in wanted or f"{each[0]} {each[1]}" in wanted]
    with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        passed = list(pool.map(lambda each: check(compiler, *each), runs))
    known = {path.stem for path in MODELS.glob("*.pml")}
    unused = known - {each[0] for each in RUNS}
    if unused:
        print(f"without a run: {sorted(unused)}")
    print(f"{sum(passed)} of {len(runs)} as claimed")
    return 0 if runs and all(passed) and not unused else 1


if __name__ == "__main__":
    sys.exit(main())
