#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a push costs from Python, beside appending the same to a list, and a compat update; and the log as arrays, in one run.

    PYTHONPATH=build/python bench/python_push.py
"""
import tempfile
import time

import millrace
from millrace.compat import guidellm

PUSHES, ROUNDS = 100_000, 5


def nanoseconds(call, count):
    """Of one of `count`, the median of the rounds."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter_ns()
        call()
        rounds.append((time.perf_counter_ns() - start) / count)
    return sorted(rounds)[ROUNDS // 2]


def pushes(worker):
    for i in range(PUSHES):
        worker.push(start_ns=i, end_ns=i + 5, label="chat", bytes_received=7)


def appends(rows):
    for i in range(PUSHES):
        rows.append({"start_ns": i, "end_ns": i + 5, "label": "chat", "bytes_received": 7})


def main():
    with tempfile.TemporaryDirectory() as folder:
        with millrace.Engine(overflow="wait") as engine:
            stream = engine.stream("requests", "request")
            with stream.worker() as worker:
                print(f"push, four fields          {nanoseconds(lambda: pushes(worker), PUSHES):8.0f} ns")
                print(f"list.append of a dict      {nanoseconds(lambda: appends([]), PUSHES):8.0f} ns")
                records = stream.blank(PUSHES)
                print(f"push_many, a record        {nanoseconds(lambda: worker.push_many(records), PUSHES):8.1f} ns")
        with millrace.Engine(folder + "/run", overflow="wait") as engine:
            stream = engine.stream("requests", "request")
            with stream.worker() as worker:
                for _ in range(10):
                    worker.push_many(records)
        log = millrace.Log(folder + "/run")
        print(f"Log, opened, a record      {nanoseconds(lambda: millrace.Log(folder + '/run'), len(log)):8.1f} ns "
              f"({sum(1 for _ in log.blocks('requests')):,} blocks)")
        print(f"Log.records, a record      {nanoseconds(lambda: log.records('requests'), len(log)):8.1f} ns")
    values = [float(i * 7919 % 100_003) for i in range(PUSHES)]
    times = [(v, v + 50.0) for v in values]
    print(f"guidellm from_values       {nanoseconds(lambda: guidellm.DistributionSummary.from_values(values), PUSHES):8.0f} ns a value")
    concurrency = lambda: guidellm.DistributionSummary.from_request_times(times, 'concurrency')
    print(f"guidellm from_request_times{nanoseconds(concurrency, PUSHES):8.0f} ns a request")


if __name__ == "__main__":
    main()
