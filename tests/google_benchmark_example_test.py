#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles the example with Google Benchmark against the library that pkg-config finds, runs it with a log, and replays
that: as many samples as it said iterations, and its p99. Skipped (77) without Google Benchmark.

    PKG_CONFIG_PATH=DIR MILLRACE_BIN=PROGRAM google_benchmark_example_test.py
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

EXAMPLE = pathlib.Path(__file__).resolve().parent.parent / "docs/examples/google_benchmark/map.cpp"


def output_of(command):
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {run.returncode}\n{run.stdout}{run.stderr}")
    return run.stdout


def main():
    if subprocess.run(["pkg-config", "--exists", "benchmark"], check=False).returncode != 0:
        print("Google Benchmark is not there: its example is not tried")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        flags = output_of(["pkg-config", "--cflags", "--libs", "--static", "millrace", "benchmark"]).split()
        output_of(["c++", "-std=c++20", "-O2", "-Wall", "-Wextra", "-Werror", EXAMPLE, "-o", folder / "map", *flags])
        runs = folder / "runs"
        command = [folder / "map", "--benchmark_min_time=0.02", "--benchmark_format=json"]
        said = json.loads(output_of([*command, f"--millrace_log={runs}"]))["benchmarks"][0]
        replay = json.loads(output_of([os.environ["MILLRACE_BIN"], "replay", "--format", "json", runs / "insert"]))
        time = replay["streams"][0]["metrics"]["time"]
        if time["count"] != said["iterations"]:
            sys.exit(f"{said['iterations']} iterations, but {time['count']} samples in the log")
        p99 = time["percentiles"]["p99"] / 1e9
        if abs(p99 - said["p99"]) > 1e-12:
            sys.exit(f"p99 is {said['p99']} s on the console and {p99} s in the log")
        again = subprocess.run([*command, f"--millrace_log={runs}"], capture_output=True, text=True, check=False)
        if "was there before; name another folder" not in again.stdout + again.stderr:
            sys.exit("a second run does not say that the folder was there:\n" + again.stdout + again.stderr)
    print("the example is compiled, run and replayed; count and p99 agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
