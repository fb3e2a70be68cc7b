#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""millrace.compat.guidellm: the golden vectors of guidellm 0.2.1's distributions; and, for made-up values and times, its
definitions written down plainly.

    PYTHONPATH=build/python MILLRACE_TEST_DATA=tests/data python_guidellm_test.py
"""
import collections
import gzip
import json
import math
import os
import pathlib
import random
import sys
import time
import unittest

from millrace.compat.guidellm import (DistributionSummary, RunningStats, StatusDistributionSummary, TimeRunningStats)

VECTORS = pathlib.Path(os.environ["MILLRACE_TEST_DATA"]) / "vectors"
SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
SEED = int(os.environ.get("MILLRACE_SEED", random.randrange(1 << 32)))
NUMBERS = ("mean", "median", "mode", "variance", "std_dev", "min", "max", "count", "total_sum")
NOISY = {"mode", "count", "total_sum"}  # of rates: made of rounding
PERCENTILES = {"p001": 0.001, "p01": 0.01, "p05": 0.05, "p10": 0.1, "p25": 0.25, "median": 0.5, "p75": 0.75, "p90": 0.9,
               "p95": 0.95, "p99": 0.99, "p999": 0.999}


def close(expected, actual, relative):
    expected = SPECIAL.get(expected, expected) if isinstance(expected, str) else expected
    if math.isnan(expected):
        return math.isnan(actual)
    if math.isinf(expected):
        return expected == actual
    return abs(expected - actual) <= relative * max(1.0, abs(expected), abs(actual))


def lines(path):
    text = path.read_text() if path.exists() else gzip.open(f"{path}.gz", "rt").read()
    return [json.loads(line) for line in text.splitlines()]


class Case(unittest.TestCase):
    def assert_summary(self, expected, summary, what, noisy=False):
        actual = summary.model_dump()
        relative = 1e-6 if noisy else 1e-9
        exact = expected.get("exact_percentiles", {})  # the same definition without rounding
        pairs = [(k, expected[k], actual[k]) for k in NUMBERS if not (noisy and k in NOISY)]
        pairs += [(k, v, actual["percentiles"][k]) for k, v in expected["percentiles"].items()]
        for key, value, got in pairs:
            good = close(value, got, relative) or (key in exact and close(exact[key], got, relative))
            self.assertTrue(good, f"{what}: {key}: expected {value}, got {got} (seed {SEED})")


class TheGoldenVectors(Case):
    def test_of_weighted_values(self):
        expected = {e["id"]: e["v021"] for e in lines(VECTORS / "dist" / "values_expected_v021.jsonl")}
        for given in lines(VECTORS / "dist" / "values.jsonl"):
            values = [SPECIAL.get(v, v) if isinstance(v, str) else v for v in given["values"]]
            self.assert_summary(expected[given["id"]], DistributionSummary.from_values(values, given["weights"]), given["id"])

    def test_of_request_times(self):
        expected = {e["id"]: e for e in lines(VECTORS / "dist" / "intervals_expected_v021.jsonl")}
        for given in lines(VECTORS / "dist" / "intervals.jsonl"):
            what, requests = expected[given["id"]], [tuple(i) for i in given["intervals"]]
            self.assert_summary(what["concurrency"], DistributionSummary.from_request_times(requests, "concurrency"),
                                given["id"] + " concurrency")
            self.assert_summary(what["rate"], DistributionSummary.from_request_times(requests, "rate"),
                                given["id"] + " rate", noisy=True)
            iterable = DistributionSummary.from_iterable_request_times(
                requests, given["first_iter_times"], given["iter_counts"], given["first_iter_counts"])
            self.assert_summary(what["iterable"], iterable, given["id"] + " iterable", noisy=True)

    def test_of_whole_benchmarks_by_status(self):
        """As guidellm's from_stats() puts its metrics together."""
        words = {"successful": "successful", "errored": "error", "incomplete": "incomplete"}
        for folder in sorted((VECTORS / "guidellm").iterdir()):
            expected = json.loads((folder / "expected_v021.json").read_text()).get("metrics")
            if expected is None:  # no request: guidellm raises
                continue
            records = lines(folder / "requests.jsonl")
            types = [words[r["status"]] for r in records]
            times = [(r["start_time"], r["end_time"]) for r in records]
            made = {"request_latency": StatusDistributionSummary.from_values(types, [b - a for a, b in times]),
                    "request_concurrency": StatusDistributionSummary.from_request_times(types, times, "concurrency"),
                    "requests_per_second": StatusDistributionSummary.from_request_times(types, times, "rate")}
            for metric, by_status in made.items():
                for status, summary in vars(by_status).items():
                    self.assert_summary(expected[metric][status], summary, f"{folder.name} {metric} {status}",
                                        noisy=metric == "requests_per_second")


def plainly(pairs):
    """Of (value, weight): sums by fsum, percentiles by exact weights."""
    pairs = sorted(pairs)
    total = math.fsum(w for _, w in pairs)
    mean = math.fsum(v * w for v, w in pairs) / total
    variance = math.fsum((v - mean) ** 2 * w for v, w in pairs) / total
    found = {"mean": mean, "variance": variance, "std_dev": math.sqrt(variance), "min": pairs[0][0], "max": pairs[-1][0],
             "count": len(pairs), "total_sum": math.fsum(v for v, _ in pairs), "percentiles": {},
             "mode": max(pairs, key=lambda p: (p[1], -p[0]))[0]}
    for name, q in PERCENTILES.items():
        permille, through = round(q * 1000), 0
        for value, weight in pairs:
            through += weight
            if through * 1000 >= permille * sum(w for _, w in pairs):
                break
        (found if name == "median" else found["percentiles"])[name] = value
    return found


class MadeUp(Case):
    def test_whole_weights_decide_percentiles_exactly(self):
        print(f"seed {SEED}; MILLRACE_SEED={SEED} draws the same", file=sys.stderr)
        draw = random.Random(SEED)
        for count in [1, 2, 3, 10, 100, 300]:
            for _ in range(5):
                pairs = [(draw.choice((draw.random(), draw.randint(0, 5))), draw.randint(1, 9)) for _ in range(count)]
                expected = plainly(pairs)
                self.assert_summary(expected, DistributionSummary.from_distribution_function(pairs), f"{count} pairs")

    def test_concurrency_is_the_time_for_which_each_level_held(self):
        draw = random.Random(SEED)
        for count in (1, 2, 5, 200):
            # Multiples of 1/64 s: sums are exact, and no two events are near and not equal.
            starts = [draw.randrange(640) / 64 for _ in range(count)]
            requests = [(s, s + draw.randrange(1, 64) / 64) for s in starts]
            changes = collections.Counter()
            for start, end in requests:
                changes[start] += 1
                changes[end] -= 1
            level, held, before = 0, collections.Counter(), None
            for at in sorted(changes):
                if before is not None:
                    held[level] += round((at - before) * 64)
                level, before = level + changes[at], at
            expected = plainly(list(held.items()))
            self.assert_summary(expected, DistributionSummary.from_request_times(requests, "concurrency"), f"{count} requests")

    def test_the_cumulative_curve_has_a_point_for_each_value(self):
        found = DistributionSummary.from_values([3.0, 1.0, 1.0, 2.0], [1, 1, 1, 1], include_cdf=True)
        self.assertEqual(found.cumulative_distribution_function, [(1.0, 0.25), (1.0, 0.5), (2.0, 0.75), (3.0, 1.0)])
        levels = DistributionSummary.from_request_times([(0.0, 2.0), (1.0, 2.0)], "concurrency", include_cdf=True)
        self.assertEqual(levels.cumulative_distribution_function, [(1.0, 0.5), (2.0, 1.0)])
        self.assertIsNone(DistributionSummary.from_values([1.0]).cumulative_distribution_function)


class OddInput(Case):
    def test_of_nothing_every_number_is_zero(self):
        for summary in (DistributionSummary.from_values([]), DistributionSummary.from_request_times([], "rate"),
                        DistributionSummary.from_iterable_request_times([], [], [])):
            dumped = summary.model_dump()
            self.assertEqual({*(dumped[k] for k in NUMBERS), *dumped["percentiles"].values()}, {0})

    def test_a_nan_is_the_greatest_value_and_spoils_sums(self):
        found = DistributionSummary.from_values([math.nan, 2.0, 1.0])
        self.assertEqual((found.min, found.median, found.count), (1.0, 2.0, 3))
        self.assertTrue(math.isnan(found.max) and math.isnan(found.mean) and math.isnan(found.total_sum))

    def test_weights_that_are_all_zero_give_the_least_value_and_nan(self):
        found = DistributionSummary.from_values([3.0, 2.0], [0, 0])
        self.assertEqual((found.median, found.percentiles.p999, found.count, found.total_sum), (2.0, 2.0, 2, 5.0))
        self.assertTrue(math.isnan(found.mean))

    def test_lengths_types_and_statuses_that_do_not_fit_are_value_errors(self):
        for wrong in (lambda: DistributionSummary.from_values([1], [1, 2]),
                      lambda: DistributionSummary.from_values([1, 2], [1, -3]),
                      lambda: DistributionSummary.from_request_times([(0, 1)], "speed"),
                      lambda: DistributionSummary.from_request_times([(0, math.nan)], "rate"),
                      lambda: DistributionSummary.from_request_times([(0, 1)], "rate", epsilon=-1.0),
                      lambda: DistributionSummary.from_iterable_request_times([(0, 1)], [0.5], [1, 2]),
                      lambda: StatusDistributionSummary.from_values(["good"], [1.0]),
                      lambda: StatusDistributionSummary.from_values(["error"], [1.0, 2.0])):
            with self.assertRaises(ValueError):
                wrong()


class RunningNumbers(Case):
    def test_the_mean_is_over_counts_and_the_value_is_added_once(self):
        stats = RunningStats()
        self.assertEqual((stats.mean, stats.rate), (0.0, 0.0))
        stats.update(10.0, count=4)
        stats += 2
        self.assertEqual((stats.count, stats.total, stats.last, stats.mean), (5, 12.0, 2, 2.4))
        self.assertEqual(stats + 3.0, 2.5)  # which updates, as guidellm's
        self.assertEqual(stats.count, 6)
        with self.assertRaises(ValueError):
            stats += "1"

    def test_the_rate_is_over_the_time_since_it_was_made(self):
        stats = RunningStats(start_time=time.time() - 10)
        stats.update(50.0)
        self.assertAlmostEqual(stats.rate, 5.0, delta=0.5)

    def test_times_are_seconds_and_milliseconds(self):
        stats = TimeRunningStats(start_time=time.time() - 10)
        stats.update(0.5, count=2)
        self.assertEqual((stats.total_ms, stats.last_ms, stats.mean_ms), (500.0, 500.0, 250.0))
        self.assertAlmostEqual(stats.rate_ms, 50.0, delta=5)


if __name__ == "__main__":
    unittest.main()
