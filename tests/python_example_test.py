#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the examples of docs/examples/python with the millrace that Python finds, which is printed; replays the log: the
same digest; and counts the lines that take millrace in. Skipped (77) where there is none.

    [PYTHONPATH=DIR] MILLRACE_TEST_DATA=tests/data [MILLRACE_BIN=PROGRAM] python_example_test.py
"""
import difflib
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "docs" / "examples" / "python"
LINES_MAX = 10


def output_of(*command):
    # Not from the source tree: what is imported is what is installed.
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", timeout=120)
    if run.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {run.returncode}\n{run.stdout}{run.stderr}")
    return run.stdout


def lines_added():
    """By load.py to plain.py, from the first import on."""
    plain, load = ((EXAMPLES / name).read_text().split('"""\n', 1)[1].splitlines() for name in ("plain.py", "load.py"))
    return sum(line.startswith("+ ") and line != "+ " for line in difflib.ndiff(plain, load))


def main():
    if importlib.util.find_spec("millrace") is None:
        print("no millrace is installed for this Python: its examples are not tried")
        return 77
    added = lines_added()
    if added > LINES_MAX:
        sys.exit(f"load.py has {added} lines that plain.py has not; {LINES_MAX} at most")
    print(output_of(sys.executable, "-c", "import millrace; print(millrace.__file__)").strip())
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder, "run")
        output_of(sys.executable, EXAMPLES / "plain.py", "/dev/urandom", log)
        report = output_of(sys.executable, EXAMPLES / "load.py", "/dev/urandom", log)
        if "20,000 attempted = " not in report or "latency" not in report:
            sys.exit("not the report of 20,000 reads:\n" + report)
        digest = re.search(r"^digest ([0-9a-f]{16})$", report, re.M).group(1)
        replayed = output_of(sys.executable, "-c", "import millrace, sys; print(f'{millrace.replay(sys.argv[1]).digest:016x}')", log)
        if replayed.strip() != digest:
            sys.exit(f"the log's replay has other numbers: {replayed}, not {digest}")
        if "MILLRACE_BIN" in os.environ and digest not in output_of(os.environ["MILLRACE_BIN"], "replay", log):
            sys.exit("the command-line tool's replay has other numbers")
        view = output_of(sys.executable, EXAMPLES / "log_view.py", log)
        if "reads: 20,000 records" not in view:
            sys.exit("not the view of 20,000 reads:\n" + view)
    responses = pathlib.Path(os.environ["MILLRACE_TEST_DATA"], "llmeter", "responses.jsonl").resolve()
    if "time_to_first_token-p99" not in output_of(sys.executable, EXAMPLES / "responses.py", responses):
        sys.exit("not the statistics of responses.jsonl")
    print(f"examples run, digests agree; load.py is plain.py and {added} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
