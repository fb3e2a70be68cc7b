#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The statistics of five metrics of a responses.jsonl as one writes them in Python, for bench/jsonl_peers.py.

    json_statistics.py FILE

json, lists, sort, fsum. The statistics module's own deviation is exact, and several times slower.
"""
import json
import math
import sys

METRICS = ("time_to_first_token", "time_to_last_token", "num_tokens_input", "num_tokens_output",
           "time_per_output_token")


def ordered(values):
    """Percentiles by nearest rank, least and greatest."""
    values.sort()
    numbers = {f"p{p}": values[math.ceil(p * len(values) / 100) - 1] for p in (50, 90, 99)}
    return numbers | {"min": values[0], "max": values[-1]}


def numbers_of(values):
    mean = math.fsum(values) / len(values)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    return ordered(values) | {"mean": mean, "standard_deviation": deviation}


def main():
    columns = {name: [] for name in METRICS}
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            result = json.loads(line)
            for name, column in columns.items():
                value = result[name]
                if value is not None:
                    column.append(value)
    print(json.dumps({"metrics": {name: numbers_of(column) for name, column in columns.items()}}))


if __name__ == "__main__":
    main()
