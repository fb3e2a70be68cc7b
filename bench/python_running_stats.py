#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""millrace's RunningStats for llmeter beside five sorted Python lists (bisect.insort, as llmeter keeps them), in one run:
seconds an update() at several numbers of responses held, and bytes for the values held.

    PYTHONPATH=build/python bench/python_running_stats.py [--held 10000,100000,300000]

Both get the same dicts, made beforehand. An update is timed at n held: the median of 5 rounds of 1,000 updates that
follow the n-th. Memory is the growth of the process, by a child process for each, over one with nothing held. The goals
at 100,000 held: at least 20 times faster, the same at every n, at most a third of the memory.
"""
import argparse
import bisect
import gc
import json
import math
import os
import random
import subprocess
import sys
import time

from millrace.compat.llmeter import RunningStats

METRICS = ["time_to_last_token", "time_to_first_token", "time_per_output_token", "num_tokens_output", "num_tokens_input"]
ROUNDS, UPDATES = 5, 1000


class SortedLists:
    """What seed-semantics 2.1 says of llmeter's accumulator, and no more."""

    def __init__(self, metrics):
        self.metrics, self.count, self.failed = list(metrics), 0, 0
        self.sums, self.values = {m: 0.0 for m in metrics}, {m: [] for m in metrics}

    def update(self, response):
        self.count += 1
        if response.get("error") is not None:
            self.failed += 1
        for m in self.metrics:
            value = response.get(m)
            if value is not None and not (isinstance(value, (float, int)) and math.isnan(value)):
                self.sums[m] += value
                bisect.insort(self.values[m], value)


def responses(count, seed):
    draw = random.Random(seed)
    for _ in range(count):
        first, tokens = draw.lognormvariate(-1, 0.5), draw.randint(1, 800)
        last = first + tokens * draw.lognormvariate(-4, 0.3)
        yield {"id": "x", "error": None, "request_time": None, "time_to_first_token": first, "time_to_last_token": last,
               "time_per_output_token": (last - first) / tokens, "num_tokens_output": tokens,
               "num_tokens_input": draw.randint(1, 4000)}


def microseconds(stats, begin):
    """Of an update, by rounds."""
    rounds = []
    for i in range(ROUNDS):
        some = list(responses(UPDATES, begin + i))
        gc.disable()
        start = time.perf_counter()
        for response in some:
            stats.update(response)
        rounds.append((time.perf_counter() - start) / UPDATES * 1e6)
        gc.enable()
    return sorted(rounds)[ROUNDS // 2]


def filled(kind, held):
    stats = RunningStats(METRICS) if kind == "millrace" else SortedLists(METRICS)
    for response in responses(held, 1):
        stats.update(response)
    return stats


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def grown(kind, held):
    """Bytes by which this process grows for the values of `held` responses."""
    filled(kind, 100)  # what is taken once
    gc.collect()
    before = resident_bytes()
    stats = filled(kind, held)
    gc.collect()
    grown_by = resident_bytes() - before
    del stats
    return grown_by


def grown_in_child(kind, held):
    run = subprocess.run([sys.executable, __file__, "--memory", kind, "--held", str(held)], capture_output=True, text=True,
                         check=True)
    return int(run.stdout)


def measured(held):
    row = {"held": held}
    for kind in ("lists", "millrace"):
        row[kind + "_us"] = microseconds(filled(kind, held), 2 + held)
        row[kind + "_bytes"] = grown_in_child(kind, held)
    stats = filled("millrace", held)
    start = time.perf_counter()
    stats.to_stats()
    row["to_stats_us"] = (time.perf_counter() - start) * 1e6
    row["faster"] = row["lists_us"] / row["millrace_us"]
    row["memory"] = row["millrace_bytes"] / row["lists_bytes"]
    return row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--held", default="10000,100000,300000")
    parser.add_argument("--memory", choices=("lists", "millrace"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.memory:
        print(grown(options.memory, int(options.held)))
        return
    rows = [measured(int(held)) for held in options.held.split(",")]
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'responses held':>14} {'lists us':>9} {'millrace us':>12} {'faster':>7} {'lists B':>11} {'millrace B':>11} "
          f"{'part':>6} {'to_stats us':>12}")
    for r in rows:
        print(f"{r['held']:>14,} {r['lists_us']:>9.2f} {r['millrace_us']:>12.3f} {r['faster']:>6.1f}x {r['lists_bytes']:>11,} "
              f"{r['millrace_bytes']:>11,} {r['memory']:>6.2f} {r['to_stats_us']:>12.0f}")


if __name__ == "__main__":
    main()
