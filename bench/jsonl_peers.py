#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""All statistics of a responses.jsonl of 344 MB: `millrace replay`, beside DuckDB, Python and jq.

    MILLRACE_DUCKDB_DIR=DIR bench/jsonl_peers.py --build build --out FILE [--repetitions 5]

One iteration: a whole command on the file in the page cache, wall time. threads:1: all of the command on core 0,
where millrace has a parser and the aggregator; threads:2: on all cores, with two parsers. The rows take turns and
go to FILE as Google Benchmark writes them. Beside real_time: ns_per_record, of a line; cpu_time, of all cores;
switches, how often the kernel took a core away from the command (millrace's two threads on one core take it from
each other, too). Exit code 1: a peer's numbers are not ours.

Not the same work. millrace checks every line, has all numbers of seven metrics, their moments to the fourth, by
status, and the exact percentiles of whatever is asked later. DuckDB (bench/duckdb_jsonl.mjs) and Python
(bench/json_statistics.py) have of five metrics p50, p90, p99, mean, deviation, least and greatest; jq prints the
five fields, of the first 20,000 lines, and computes nothing. DuckDB's real_time and switches leave out the start
of node, which is in command_ms; warm_ms is its query once more. A peer that is not there has no rows.
"""
import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from json_statistics import METRICS, ordered

LINES, FEWER_LINES = 176_000, 20_000
BENCH = Path(__file__).resolve().parent
ORDERED, ROUNDED = ("p50", "p90", "p99", "min", "max"), ("mean", "standard_deviation")
CORES = os.sched_getaffinity(0)


class Row:
    """One command. `numbers` makes {metric: {name: value}} of its output."""

    def __init__(self, name, command, threads, numbers, lines=LINES):
        self.name, self.command, self.threads, self.numbers, self.lines = name, command, threads, numbers, lines

    def run(self):
        """(a row of figures, the output); the output is empty where the peer is not there."""
        os.sched_setaffinity(0, {min(CORES)} if self.threads == 1 else CORES)  # the command inherits it
        with tempfile.TemporaryFile() as output:
            begin = time.perf_counter()
            process = subprocess.Popen(self.command, stdout=output)
            _, status, usage = os.wait4(process.pid, 0)
            wall_ms = (time.perf_counter() - begin) * 1e3
            process.returncode = os.waitstatus_to_exitcode(status)
            os.sched_setaffinity(0, CORES)
            if process.returncode != 0:
                sys.exit(f"jsonl_peers: {self.name}: exit code {process.returncode}")
            output.seek(0)
            text = output.read().decode()
        return {"name": self.name, "run_name": self.name, "run_type": "iteration", "threads": self.threads,
                "iterations": 1, "real_time": wall_ms, "cpu_time": (usage.ru_utime + usage.ru_stime) * 1e3,
                "time_unit": "ms", "switches": usage.ru_nivcsw}, text

    def measure(self, repetition):
        figures, text = self.run()
        if "duckdb" in self.name:
            own = json.loads(text)
            figures |= {"command_ms": figures["real_time"], "warm_ms": own["warm_ms"], "real_time": own["real_ms"],
                        "cpu_time": own["cpu_ms"], "switches": own["switches"]}
        figures |= {"repetition_index": repetition, "ns_per_record": figures["real_time"] * 1e6 / self.lines}
        return figures


def millrace_numbers(text):
    metrics = json.loads(text)["streams"][0]["metrics"]
    return {name: metrics[name] | metrics[name]["percentiles"] for name in METRICS}


def peer_numbers(text):
    return json.loads(text)["metrics"]


def jq_numbers(text):
    columns = zip(*(map(float, line.split("\t")) for line in text.splitlines()))
    return {name: ordered(list(column)) for name, column in zip(METRICS, columns)}


def rows(build, whole, piece):
    millrace = [f"{build}/tools/millrace", "replay", "--quiet", "--format", "json", "--percentiles", "50,90,99"]
    fields = "[" + ",".join("." + name for name in METRICS) + "]|@tsv"
    peers = [Row(f"jsonl/millrace/threads:{threads}", [*millrace, "--threads", str(threads), whole], threads,
                 millrace_numbers) for threads in (1, 2)]
    if shutil.which("node"):
        peers += [Row(f"jsonl/duckdb/threads:{threads}", ["node", BENCH / "duckdb_jsonl.mjs", whole, str(threads)],
                      threads, peer_numbers) for threads in (1, 2)]
    peers.append(Row("jsonl/python", [sys.executable, BENCH / "json_statistics.py", whole], 1, peer_numbers))
    if shutil.which("jq"):
        peers.append(Row("jsonl/jq", ["jq", "-r", fields, piece], 1, jq_numbers, FEWER_LINES))
    reference = {LINES: peers[0], FEWER_LINES: Row("millrace", [*millrace, piece], 1, millrace_numbers)}
    return peers, reference


def differences(name, numbers, ours):
    """Order statistics are values of the file and the same to the bit; mean and deviation are rounded."""
    for metric in METRICS:
        for number, tolerance in [(n, 0) for n in ORDERED] + [(n, 1e-9) for n in ROUNDED if n in numbers[metric]]:
            value, own = numbers[metric][number], ours[metric][number]
            if not math.isclose(value, own, rel_tol=tolerance):
                yield f"{name}: {number} of {metric} is {value}, and {own} by millrace"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", required=True, help="the build folder")
    parser.add_argument("--out", required=True, help="the file of the figures")
    parser.add_argument("--repetitions", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="millrace-jsonl-") as folder:
        whole, piece = f"{folder}/responses.jsonl", f"{folder}/first.jsonl"
        for path, lines in ((whole, LINES), (piece, FEWER_LINES)):
            subprocess.run([f"{given.build}/bench/write_responses", path, str(lines)], check=True)
        os.sync()  # so that nothing is written back while commands run
        present, reference = rows(given.build, whole, piece)
        ours = {lines: row.numbers(row.run()[1]) for lines, row in reference.items()}
        faults = []
        for row in list(present):  # a first time, which does not count
            text = row.run()[1]
            if text:
                faults += differences(row.name, row.numbers(text), ours[row.lines])
            else:
                present.remove(row)
        figures = [row.measure(repetition) for repetition in range(given.repetitions) for row in present]
    context = {"num_cpus": os.cpu_count(), "lines": LINES}
    Path(given.out).write_text(json.dumps({"context": context, "benchmarks": figures}, indent=2) + "\n")
    print("\n".join(faults), end="\n" if faults else "", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
