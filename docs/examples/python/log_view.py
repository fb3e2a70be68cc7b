#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The slowest records of a log, by NumPy, beside the percentiles that replay gives.

    log_view.py run
"""
import sys

import millrace

log = millrace.Log(sys.argv[1])
for stream in log.streams:
    records = log.records(stream)
    took = records["end_ns"] - records["start_ns"]
    print(f"{stream}: {len(records):,} records; the slowest, in microseconds: {sorted(took // 1000)[-3:]}")
    p99 = millrace.replay(sys.argv[1])[stream]["latency"].percentile(99)
    print(f"p99 {p99 / 1000:.1f} us, exact; {(took > p99).sum()} records are slower")
