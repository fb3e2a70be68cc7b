#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""llmeter's statistics of a responses.jsonl, by the class that stands in for llmeter's own.

    responses.py responses.jsonl
"""
import datetime
import json
import sys

from millrace.compat.llmeter import RunningStats  # in the place of llmeter.utils

stats = RunningStats(metrics=["time_to_last_token", "time_to_first_token", "time_per_output_token", "num_tokens_output",
                              "num_tokens_input"])
with open(sys.argv[1], encoding="utf-8") as lines:
    for line in lines:
        response = json.loads(line)
        if response.get("request_time"):
            response["request_time"] = datetime.datetime.fromisoformat(response["request_time"])
        stats.update(response)
print(stats.snapshot())
print(json.dumps(stats.to_stats(), indent=4))
