#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A load generator without statistics: threads that read 4 KiB at a time from a file. load.py is the same with millrace.

    plain.py /dev/urandom run
"""
import sys
import threading

THREADS, READS, READ_BYTES = 4, 5000, 4096


def read_all_the_time(path):
    with open(path, "rb", buffering=0) as file:
        for _ in range(READS):
            got = file.read(READ_BYTES)
            if len(got) != READ_BYTES:
                print("short read", file=sys.stderr)


threads = [threading.Thread(target=read_all_the_time, args=(sys.argv[1],)) for _ in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
