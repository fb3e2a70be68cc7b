#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""millrace.compat.llmeter.RunningStats: the golden vectors of llmeter's own class, to the bit and with its types; and,
for made-up responses, a copy of its definitions over sorted lists.

    PYTHONPATH=build/python MILLRACE_TEST_DATA=tests/data python_llmeter_test.py
"""
import bisect
import datetime
import decimal
import fractions
import gzip
import json
import math
import os
import pathlib
import random
import statistics
import sys
import threading
import time
import unittest

from millrace.compat.llmeter import RunningStats

VECTORS = pathlib.Path(os.environ["MILLRACE_TEST_DATA"]) / "vectors" / "llmeter"
METRICS = ["time_to_last_token", "time_to_first_token", "time_per_output_token", "num_tokens_output", "num_tokens_input"]
SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
SEED = int(os.environ.get("MILLRACE_SEED", random.randrange(1 << 32)))
CUSTOM = {"p99_ttlt": ("time_to_last_token", "p99"), "tps": ("time_per_output_token", "p50", "inv"), "fail": "failed",
          "avg_out": ("num_tokens_output", "average"), "avg_ttft": ("time_to_first_token", "average"),
          "unk": ("no_such_metric", "p50"), "unksum": ("no_such_metric", "sum"),
          "p99_inv_tokens": ("num_tokens_output", "p99", "inv")}


def same(a, b):
    """Equal, of one type, and NaN is NaN. A bool may be an int."""
    return (type(a) is type(b) or isinstance(b, bool)) and (a == b or (isinstance(a, float) and math.isnan(a) and math.isnan(b)))


def quantile(values, p):
    """Of sorted values, as statistics.quantiles and llmeter take it."""
    base = 4 if p % 25 == 0 else 10 if p % 10 == 0 else 100
    return statistics.quantiles(values, n=base)[p * base // 100 - 1]


class Oracle:
    """llmeter's definitions (docs/definitions.md) over sorted lists."""

    def __init__(self, metrics):
        self.metrics, self.count, self.failed = metrics, 0, 0
        self.sums, self.values = {m: 0.0 for m in metrics}, {m: [] for m in metrics}

    def update(self, response):
        self.count += 1
        self.failed += response.get("error") is not None
        for metric in self.metrics:
            value = response.get(metric)
            if value is not None and not (isinstance(value, (float, int)) and math.isnan(value)):
                self.sums[metric] += value
                bisect.insort(self.values[metric], value)

    def aggregates(self):
        found = {}
        for metric, values in self.values.items():
            if not values:
                continue
            found[metric + "-average"] = statistics.mean(values)
            for p in (50, 90, 99):
                found[f"{metric}-p{p}"] = (values[0] if len(values) == 1 else statistics.median(values) if p == 50
                                           else quantile(values, p))
        return found


class Case(unittest.TestCase):
    def assert_same(self, actual, expected, what):
        self.assertEqual(list(actual), list(expected), what)
        for key, value in expected.items():
            self.assertTrue(same(actual[key], value), f"{what}: {key}: expected {value!r}, got {actual[key]!r} (seed {SEED})")


class TheGoldenVectors(Case):
    def each(self):
        folders = sorted(VECTORS.iterdir())
        self.assertGreater(len(folders), 10)
        for folder in folders:
            case = json.loads((folder / "case.json").read_text())
            file = folder / "responses.jsonl"
            lines = file.read_text() if file.exists() else gzip.open(f"{file}.gz", "rt").read()
            stats = RunningStats(METRICS)
            for line in lines.splitlines():
                response = json.loads(line)
                if response["request_time"] is not None:
                    response["request_time"] = datetime.datetime.fromisoformat(response["request_time"])
                stats.update(response)
            expected = json.loads((folder / "expected.json").read_text())
            plain = {key: {k: SPECIAL.get(v, v) if isinstance(v, str) and not key.endswith(("default", "custom")) else v
                           for k, v in value.items()} for key, value in expected.items() if isinstance(value, dict)}
            yield folder.name, case, stats, plain

    def test_to_stats_gives_their_bits_and_types(self):
        for name, case, stats, expected in self.each():
            end = case["end_time"] and datetime.datetime.fromisoformat(case["end_time"])
            self.assert_same(stats.to_stats(), expected["main_partial"], name)
            self.assert_same(stats.to_stats(end_time=end), expected["main_final"], name)

    def test_the_statistics_of_pull_request_56_too(self):
        for name, case, stats, expected in self.each():
            self.assert_same(stats.to_stats_pr56(), expected["pr56_partial"], name)
            final = stats.to_stats_pr56(case["total_requests"], case["total_test_time"])
            self.assert_same(final, expected["pr56_final"], name)

    def test_and_its_snapshots(self):
        for name, _, stats, expected in self.each():
            self.assert_same(stats.snapshot(), expected["pr56_snapshot_default"], name)
            self.assert_same(stats.snapshot(CUSTOM), expected["pr56_snapshot_custom"], name)


class MadeUpResponses(Case):
    KINDS = {
        "floats of all exponents": lambda r: math.ldexp(r.uniform(-1, 1), r.randint(-1073, 1000)),
        "few decimals": lambda r: r.randint(1, 50) / 10,
        "ints": lambda r: r.randint(-1000, 1000),
        "ints at the border of what doubles take": lambda r: r.choice((1 << 44, (1 << 44) + 1, -(1 << 44) - 1, 3)),
        "greater ints": lambda r: r.randint(-10**30, 10**30),
        "halves and ints": lambda r: r.choice((r.randint(0, 9), r.randint(0, 9) + 0.5)),
        "fractions among floats": lambda r: fractions.Fraction(r.randint(1, 9), 4) if r.random() < 0.05 else r.random(),
        "infinities": lambda r: r.choice((math.inf, 1.0, 2.5, -7.25)),
        "NaN and None": lambda r: r.choice((math.nan, None, r.random(), 7.0)),
        "bools": lambda r: r.random() < 0.5,
    }

    def test_statistics_are_those_of_sorted_lists(self):
        print(f"seed {SEED}; MILLRACE_SEED={SEED} draws the same", file=sys.stderr)
        draw = random.Random(SEED)
        for kind, value in self.KINDS.items():
            for count in (0, 1, 2, 3, 4, 8, 9, 10, 97, 98, 99, 100, 1500, 3000):
                stats, oracle = RunningStats(["a", "b"]), Oracle(["a", "b"])
                for _ in range(count):
                    response = {"a": value(draw), "error": draw.choice((None, "", "timeout"))}
                    if draw.random() < 0.7:
                        response["b"] = value(draw)
                    stats.update(response)
                    oracle.update(response)
                what = f"{kind}, {count}"
                found = {k: v for k, v in stats.to_stats().items() if k[0] in "ab" and k[1] == "-"}
                self.assert_same(found, oracle.aggregates(), what)
                self.assertEqual((stats._count, stats._failed), (oracle.count, oracle.failed), what)
                self.assert_same(stats._sums, oracle.sums, what)
                self.assertEqual(stats._values, oracle.values, what)

    def test_lists_stay_sorted_lists_of_the_same_types(self):
        stats = RunningStats(["m"])
        for value in (3, 1.5, 2, 0.5, 3, 2.0):
            stats.update({"m": value})
        self.assertEqual([(v, type(v)) for v in stats._values["m"]],
                         [(0.5, float), (1.5, float), (2, int), (2.0, float), (3, int), (3, int)])

    def test_a_hundred_thousand_responses_take_at_most_14_bytes_a_number(self):
        draw = random.Random(SEED)
        stats = RunningStats(METRICS)
        for _ in range(100_000):
            stats.update({m: draw.random() for m in METRICS})
        self.assertLess(stats.memory_bytes / 500_000, 14)


class Use(Case):
    def test_the_constructor_takes_any_iterable_of_names_once(self):
        stats = RunningStats(metrics=(m for m in ("a", "b")))
        stats.update({"a": 1})
        self.assertEqual(stats._metrics, ["a", "b"])
        self.assertEqual(stats._values, {"a": [1], "b": []})

    def test_a_metric_that_is_tracked_twice_counts_twice(self):
        stats, oracle = RunningStats(["a", "a"]), Oracle(["a", "a"])
        for value in (1, 2.5, fractions.Fraction(1, 3), 4):
            stats.update({"a": value})
            oracle.update({"a": value})
        self.assertEqual(stats._values, oracle.values)
        self.assertEqual(stats._sums, oracle.sums)

    def test_no_metrics_at_all(self):
        stats = RunningStats([])
        stats.update({})
        self.assertEqual(stats.to_stats()["total_input_tokens"], 0)

    def test_whatever_has_get_is_a_response(self):
        class Response:
            def get(self, key):
                return {"a": 4, "error": "x"}.get(key)
        stats = RunningStats(["a"])
        stats.update(Response())
        self.assertEqual((stats._values["a"], stats._failed), ([4], 1))
        with self.assertRaises(AttributeError):
            stats.update(7)

    def test_what_is_no_number_raises_and_changes_nothing(self):
        stats = RunningStats(["a", "b"])
        stats.update({"a": 1.0, "b": 2})
        before = stats.to_stats()
        for wrong, error in (("1", TypeError), ([1], TypeError), (1j, TypeError), (decimal.Decimal(1), TypeError),
                             (10**400, OverflowError)):
            with self.assertRaises(error):
                stats.update({"a": 5.0, "b": wrong, "error": "x", "request_time": datetime.datetime.now()})
            self.assertEqual(stats.to_stats(), before)
            self.assertEqual((stats._count, stats._failed, stats._first_send_time), (1, 0, None))

    def test_times_of_sending_are_the_least_and_the_greatest_and_can_be_set(self):
        def at(second):
            return datetime.datetime(2026, 1, 1, 12, 0, second, tzinfo=datetime.timezone.utc)
        stats = RunningStats(["num_tokens_output"])
        self.assertIsNone(stats._send_window())
        for second in (5, 2, 9):
            stats.update({"request_time": at(second), "num_tokens_output": 30})
        self.assertEqual((stats._first_send_time, stats._last_send_time), (at(2), at(9)))
        self.assertEqual(stats._send_window(), 7.0)
        with self.assertRaises(TypeError):  # with and without a zone
            stats.update({"request_time": datetime.datetime(2026, 1, 1)})
        stats._first_send_time, stats._last_send_time = at(0), at(30)
        found = stats.to_stats(end_time=at(45), result_dict={"model_id": "m", "failed_requests": "overwritten"})
        self.assertEqual(list(found)[:2], ["model_id", "failed_requests"])
        self.assertEqual(found["requests_per_minute"], 6.0)
        self.assertEqual(found["output_tps"], 2.0)
        stats._last_send_time = at(0)
        self.assertNotIn("requests_per_minute", stats.to_stats(end_time=at(0)))

    def test_what_is_given_out_is_a_copy(self):
        stats = RunningStats(["a"])
        stats.update({"a": 2})
        stats._values["a"].append(1)
        stats._sums["a"] = 9
        self.assertEqual((stats._values["a"], stats._sums["a"]), ([2], 2.0))


class Threads(unittest.TestCase):
    def test_a_response_whose_get_lets_another_thread_in_keeps_its_own_numbers(self):
        class Slow(dict):
            def get(self, key, default=None):
                time.sleep(0)
                return dict.get(self, key, default)

        stats = RunningStats(["a", "b"])

        def update(first):
            for i in range(first, 400, 2):
                stats.update(Slow(a=i, b=1000 + i))

        threads = [threading.Thread(target=update, args=(first,)) for first in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(stats._values, {"a": list(range(400)), "b": list(range(1000, 1400))})


if __name__ == "__main__":
    unittest.main()
