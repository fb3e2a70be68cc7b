# SPDX-License-Identifier: Apache-2.0
"""llmeter's RunningStats, in constant time a response and a third of the memory.

    from millrace.compat.llmeter import RunningStats       # instead of llmeter.utils

    stats = RunningStats(metrics=["time_to_first_token", "time_to_last_token", "num_tokens_output"])
    stats.update(response.to_dict())
    stats.to_stats(end_time=now)

Results   Those of llmeter 1c0a6e1, to the bit; by the definitions of the profile `llmeter` (docs/definitions.md).
          snapshot() and to_stats_pr56() are those of its pull request 56.
Differs   update() is all or nothing where llmeter's has counted before it raises; _sums and _values are copies, made
          when asked for; in _values -0.0 may be 0.0, a bool is an int, and of an int and a float that are equal the
          int stands first.
Threads   As llmeter's: updates of dicts with ints and floats may come from any thread, others from one at a time.
"""
from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isnan
from typing import Any

from .. import _millrace

_PERCENTILES = (50, 90, 99)


class RunningStats(_millrace.RunningStats):
    """Statistics of responses, updated one by one.

    metrics  Names of fields that are numbers, in the order of the results.
    Memory   9 to 12 bytes a number; memory_bytes tells.
    Readable _count, _failed, _sums, _values (sorted lists), _metrics; settable, too: _first_send_time, _last_send_time.
    """

    #: What snapshot() shows when it is not told: (metric, aggregation[, "inv"]) or "failed", by label.
    DEFAULT_SNAPSHOT_STATS: dict[str, tuple[str, ...] | str] = {
        "p50_ttft": ("time_to_first_token", "p50"),
        "p90_ttft": ("time_to_first_token", "p90"),
        "p50_ttlt": ("time_to_last_token", "p50"),
        "p90_ttlt": ("time_to_last_token", "p90"),
        "p50_tps": ("time_per_output_token", "p50", "inv"),
        "input_tokens": ("num_tokens_input", "sum"),
        "output_tokens": ("num_tokens_output", "sum"),
        "fail": "failed",
    }

    def __init__(self, metrics: Sequence[str]) -> None:
        super().__init__(metrics)

    def to_stats(self, end_time: datetime | None = None, result_dict: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """All statistics as one flat dict: those of result_dict first, then counts, totals, aggregates, rates.

        end_time  When the run ended, or now: output rates are over the time since the first request was sent.
        Rates are absent while their time is not known or zero. Cost: microseconds a metric.
        """
        sums = self._sums
        stats: dict[str, Any] = dict(result_dict or {})
        stats["failed_requests"] = self._failed
        stats["failed_requests_rate"] = self._count and self._failed / self._count
        stats["total_input_tokens"] = sums.get("num_tokens_input", 0)
        stats["total_output_tokens"] = sums.get("num_tokens_output", 0)
        self._add_aggregates(stats)
        window = self._send_window()
        if window:
            stats["requests_per_minute"] = self._count * 60 / window
            stats["average_input_tokens_per_minute"] = stats["total_input_tokens"] * 60 / window
        if self._first_send_time is not None and end_time is not None and end_time > self._first_send_time:
            seconds = (end_time - self._first_send_time).total_seconds()
            output = sums.get("num_tokens_output", 0)
            stats["average_output_tokens_per_minute"] = output * 60 / seconds
            stats["output_tps"] = output / seconds
        return stats

    def to_stats_pr56(self, total_requests: int | None = None, total_test_time: float | None = None,
                      result_dict: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """to_stats() of pull request 56: rates over a count and a time that are given, always there."""
        sums = self._sums
        total_input, total_output = sums.get("num_tokens_input", 0), sums.get("num_tokens_output", 0)
        stats: dict[str, Any] = dict(result_dict or {})
        stats["failed_requests"] = self._failed
        stats["failed_requests_rate"] = total_requests and self._failed / total_requests
        stats["requests_per_minute"] = (
            (total_test_time and total_requests / total_test_time * 60) if total_requests else None)
        stats["total_input_tokens"], stats["total_output_tokens"] = total_input, total_output
        stats["average_input_tokens_per_minute"] = total_test_time and total_input / total_test_time * 60
        stats["average_output_tokens_per_minute"] = total_test_time and total_output / total_test_time * 60
        self._add_aggregates(stats)
        return stats

    def snapshot(self, fields: Mapping[str, tuple[str, ...] | str] | None = None) -> dict[str, str]:
        """Statistics as short texts by label, for a progress bar; without responses none.

        fields  What to show, DEFAULT_SNAPSHOT_STATS when None: label to (metric, aggregation), with "inv" third for the
                reciprocal, or "failed". Aggregations: p50, p90, p99, average, sum. What has no value is left out.
        """
        if self._count == 0:
            return {}
        stats, sums = None, self._sums
        shown = {}
        for label, spec in (self.DEFAULT_SNAPSHOT_STATS if fields is None else fields).items():
            if spec == "failed":
                shown[label] = str(self._failed)
                continue
            metric, aggregation = spec[0], spec[1]
            if aggregation == "sum":
                shown[label] = f"{sums.get(metric, 0):.0f}"
                continue
            if stats is None:
                stats = {}
                self._add_aggregates(stats)
            value = stats.get(f"{metric}-{aggregation}")
            if value is None:
                continue
            if len(spec) > 2 and spec[2] == "inv" and value > 0:
                shown[label] = f"{1 / value:.1f} tok/s"
            else:
                shown[label] = f"{value:.3f}s" if "time" in metric else f"{value:.1f}"
        return shown

    def _send_window(self) -> float | None:
        """Seconds from the first request's sending to the last one's; None unless there are two different times."""
        first, last = self._first_send_time, self._last_send_time
        if first is None or last is None or not last > first:
            return None
        return (last - first).total_seconds()

    def _add_aggregates(self, stats: dict[str, Any]) -> None:
        for place, metric in enumerate(self._metrics):
            for name, value in self._aggregates(place).items():
                stats[f"{metric}-{name}"] = value

    def _aggregates(self, place: int) -> dict[str, Any]:
        """Average and percentiles of a metric, with the types that Python's statistics give."""
        held = self._held(place)
        if isinstance(held, list):
            return _of_objects(held)
        ints, floats = held
        count = ints + floats
        if count == 0:
            return {}
        mean, rounded = self._mean(place)
        whole = floats == 0 and not rounded and mean == int(mean)
        found: dict[str, Any] = {"average": int(mean) if whole else mean}
        for p, value in zip(_PERCENTILES, self._percentiles(place, _PERCENTILES)):
            if count == 1 or (p == 50 and count % 2 == 1):  # an observed value: it keeps its type
                value = self._observed(place, value, ints, floats)
            found[f"p{p}"] = value
        return found

    def _observed(self, place: int, value: float, ints: int, floats: int) -> int | float:
        if ints == 0 or not value.is_integer():
            return value
        return int(value) if floats == 0 else self._values[self._metrics[place]][(ints + floats) // 2]


def _of_objects(values: list[Any]) -> dict[str, Any]:
    """The same of a sorted list of numbers that are neither floats nor ints of usual size."""
    values = [v for v in values if not isnan(v)]
    if not values:
        return {}
    found = {"average": statistics.mean(values)}
    if len(values) == 1:
        return found | {f"p{p}": values[0] for p in _PERCENTILES}
    tenths, hundredths = statistics.quantiles(values, n=10), statistics.quantiles(values, n=100)
    return found | {"p50": statistics.median(values), "p90": tenths[8], "p99": hundredths[98]}
