#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A load generator with millrace: plain.py and ten lines. Every read is a record; a log of all; a report at the end.

    load.py /dev/urandom run
"""
import sys
import threading
from time import monotonic_ns as now_ns

import millrace

THREADS, READS, READ_BYTES = 4, 5000, 4096
engine = millrace.Engine(log_dir=sys.argv[2])
reads = engine.stream("reads", "request")


def read_all_the_time(path):
    with open(path, "rb", buffering=0) as file, reads.worker() as worker:
        for _ in range(READS):
            start = now_ns()
            got = file.read(READ_BYTES)
            worker.push(start_ns=start, end_ns=now_ns(), label=path, bytes_received=len(got),
                        error_class="short read" if len(got) != READ_BYTES else None)
            if len(got) != READ_BYTES:
                print("short read", file=sys.stderr)


threads = [threading.Thread(target=read_all_the_time, args=(sys.argv[1],)) for _ in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(engine.finish().report())
