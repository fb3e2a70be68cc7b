# SPDX-License-Identifier: Apache-2.0
"""guidellm 0.2.1's running statistics and distributions.

    from millrace.compat.guidellm import DistributionSummary      # instead of guidellm.objects

    DistributionSummary.from_values(latencies).percentiles.p99
    DistributionSummary.from_request_times([(start, end), ..], distribution_type="concurrency").mean

Results   By the definitions of 0.2.1 (docs/definitions.md, profile guidellm-0.2.1), with two differences: a percentile
          is the value whose rank the exact weights decide, where guidellm's running sum of rounded parts can miss it
          by one (1 in 100 of them); and a variance is compensated, so that its last digits may differ.
Errors    ValueError for what guidellm cannot divide by or take the root of, too: negative or NaN weights or times.
Cost      docs/python.md.
"""
from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

import numpy

from .. import _millrace

_NAMES = ("p001", "p01", "p05", "p10", "p25", "p50", "p75", "p90", "p95", "p99", "p999")
_STATUSES = ("successful", "incomplete", "error")


class _Model:
    """What guidellm's pydantic models are used for here."""

    def model_dump(self) -> dict[str, Any]:
        return asdict(self)  # type: ignore[call-overload]


@dataclass
class RunningStats(_Model):
    """A count, a total and the last value; mean, and rate a second since it was made.

    update(value, count) adds the value once and counts `count`, so that the mean is weighted. `stats += value` updates;
    so does `stats + value`, which gives the mean, as guidellm's does.
    """
    start_time: float = field(default_factory=time.time)
    count: int = 0
    total: float = 0.0
    last: float = 0.0

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else 0.0

    @property
    def rate(self) -> float:
        return self.total / (time.time() - self.start_time) if self.count else 0.0

    def update(self, value: float, count: int = 1) -> None:
        self.count += count
        self.total += value
        self.last = value

    def __add__(self, value: float) -> float:
        self += value
        return self.mean

    def __iadd__(self, value: float) -> RunningStats:
        if not isinstance(value, (int, float)):
            raise ValueError(f"RunningStats: a value must be an int or a float, and not {type(value).__name__}")
        self.update(value)
        return self


@dataclass
class TimeRunningStats(RunningStats):
    """The same of seconds, in milliseconds, too."""

    @property
    def total_ms(self) -> float:
        return self.total * 1000.0

    @property
    def last_ms(self) -> float:
        return self.last * 1000.0

    @property
    def mean_ms(self) -> float:
        return self.mean * 1000.0

    @property
    def rate_ms(self) -> float:
        return self.rate * 1000.0


@dataclass
class Percentiles(_Model):
    p001: float
    p01: float
    p05: float
    p10: float
    p25: float
    p75: float
    p90: float
    p95: float
    p99: float
    p999: float


@dataclass
class DistributionSummary(_Model):
    """A distribution of weighted values. Of nothing every number is 0."""
    mean: float
    median: float
    mode: float
    variance: float
    std_dev: float
    min: float
    max: float
    count: int
    total_sum: float
    percentiles: Percentiles
    cumulative_distribution_function: list[tuple[float, float]] | None = None

    @staticmethod
    def from_distribution_function(distribution: Sequence[tuple[float, float]],
                                   include_cdf: bool = False) -> DistributionSummary:
        """Of (value, weight) pairs."""
        values, weights = zip(*distribution) if len(distribution) else ((), ())
        return DistributionSummary.from_values(values, weights, include_cdf)

    @staticmethod
    def from_values(values: Sequence[float], weights: Sequence[float] | None = None,
                    include_cdf: bool = False) -> DistributionSummary:
        """Of values, each with its weight; without weights all the same."""
        values = _column(values)
        weights = None if weights is None else _column(weights)
        if weights is not None and len(values) != len(weights):
            raise ValueError(f"from_values: {len(values)} values and {len(weights)} weights")
        if weights is not None and len(weights) and not weights.any():
            return _weightless(values, include_cdf)
        made = _made(_millrace.distribution_of_values, values, weights)
        return _summary(made, _curve(values, weights) if include_cdf else None)

    @staticmethod
    def from_request_times(requests: Sequence[tuple[float, float]], distribution_type: Literal["concurrency", "rate"],
                           include_cdf: bool = False, epsilon: float = 1e-6) -> DistributionSummary:
        """Of how many requests, (start, end) in seconds, are under way; or of how many end a second.

        epsilon  Seconds within which events count as one; of levels of concurrency, these are added then (a fault of
                 0.2.1 that its numbers have).
        """
        makers = {"concurrency": _millrace.distribution_of_concurrency, "rate": _millrace.distribution_of_rate}
        if distribution_type not in makers:
            raise ValueError(f"Invalid distribution_type '{distribution_type}'. Must be 'concurrency' or 'rate'.")
        made = _made(makers[distribution_type], *_times(requests), epsilon)
        return _summary(made, _points(made) if include_cdf else None)

    @staticmethod
    def from_iterable_request_times(requests: Sequence[tuple[float, float]], first_iter_times: Sequence[float],
                                    iter_counts: Sequence[int], first_iter_counts: Sequence[int] | None = None,
                                    include_cdf: bool = False, epsilon: float = 1e-6) -> DistributionSummary:
        """Of iterations a second, e.g. tokens: first_iter_counts (1) at first_iter_times, the others evenly from there to
        the request's end."""
        if first_iter_counts is None:
            first_iter_counts = [1] * len(requests)
        lengths = {len(requests), len(first_iter_times), len(iter_counts), len(first_iter_counts)}
        if len(lengths) != 1:
            raise ValueError(f"from_iterable_request_times: {len(requests)} requests, {len(first_iter_times)} first times, "
                             f"{len(iter_counts)} counts, {len(first_iter_counts)} first counts: must be the same length")
        made = _made(_millrace.distribution_of_iterations, *_times(requests), _column(first_iter_times),
                     numpy.asarray(first_iter_counts, numpy.int64), numpy.asarray(iter_counts, numpy.int64), epsilon)
        return _summary(made, _points(made) if include_cdf else None)


@dataclass
class StatusDistributionSummary(_Model):
    """Distributions by status, and of all."""
    successful: DistributionSummary
    errored: DistributionSummary
    incomplete: DistributionSummary
    total: DistributionSummary

    @staticmethod
    def from_values(value_types: Sequence[str], values: Sequence[float], weights: Sequence[float] | None = None,
                    include_cdf: bool = False) -> StatusDistributionSummary:
        columns = (values,) if weights is None else (values, weights)
        return _by_status("value_types", value_types, columns,
                          lambda *of: DistributionSummary.from_values(*of, include_cdf=include_cdf))

    @staticmethod
    def from_request_times(request_types: Sequence[str], requests: Sequence[tuple[float, float]],
                           distribution_type: Literal["concurrency", "rate"], include_cdf: bool = False,
                           epsilon: float = 1e-6) -> StatusDistributionSummary:
        return _by_status("request_types", request_types, (requests,), lambda of: DistributionSummary.from_request_times(
            of, distribution_type, include_cdf, epsilon))

    @staticmethod
    def from_iterable_request_times(request_types: Sequence[str], requests: Sequence[tuple[float, float]],
                                    first_iter_times: Sequence[float], iter_counts: Sequence[int] | None = None,
                                    first_iter_counts: Sequence[int] | None = None, include_cdf: bool = False,
                                    epsilon: float = 1e-6) -> StatusDistributionSummary:
        counts = [1] * len(requests) if iter_counts is None else iter_counts
        firsts = [1] * len(requests) if first_iter_counts is None else first_iter_counts
        return _by_status("request_types", request_types, (requests, first_iter_times, counts, firsts),
                          lambda *of: DistributionSummary.from_iterable_request_times(
                              *of, include_cdf=include_cdf, epsilon=epsilon))


def _by_status(name: str, types: Sequence[str], columns: tuple[Sequence[Any], ...], make: Any) -> StatusDistributionSummary:
    unknown = set(types) - set(_STATUSES)
    if unknown:
        raise ValueError(f"{name} must be one of {', '.join(_STATUSES)}. Got {', '.join(map(str, sorted(unknown)))} instead.")
    if any(len(column) != len(types) for column in columns):
        raise ValueError(f"{name}: {len(types)} of them, beside {', '.join(str(len(c)) for c in columns)} values: must be "
                         "the same length")
    of = {status: make(*([x for x, t in zip(column, types) if t == status] for column in columns))
          for status in _STATUSES}
    return StatusDistributionSummary(of["successful"], of["error"], of["incomplete"], make(*columns))


def _column(values: Any) -> numpy.ndarray:
    return numpy.ascontiguousarray(values, numpy.float64)


def _times(requests: Any) -> tuple[numpy.ndarray, numpy.ndarray]:
    times = _column(requests)
    if times.size == 0:
        times = times.reshape(0, 2)
    if times.ndim != 2 or times.shape[1] != 2:
        raise ValueError(f"requests are pairs (start, end), and not of shape {times.shape}")
    return numpy.ascontiguousarray(times[:, 0]), numpy.ascontiguousarray(times[:, 1])


def _made(maker: Any, *arguments: Any) -> dict[str, Any]:
    try:
        return maker(*arguments)
    except _millrace.Error as error:
        raise ValueError(str(error)) from None


def _summary(made: dict[str, Any], curve: list[tuple[float, float]] | None) -> DistributionSummary:
    found = dict(zip(_NAMES, made["percentiles"]))
    return DistributionSummary(median=found.pop("p50"), percentiles=Percentiles(**found),
                               cumulative_distribution_function=curve,
                               **{f.name: made[f.name] for f in fields(DistributionSummary) if f.name in made
                                  and f.name != "percentiles"})


def _points(made: dict[str, Any]) -> list[tuple[float, float]]:
    return list(zip(*(column.tolist() for column in made["curve"])))


def _curve(values: numpy.ndarray, weights: numpy.ndarray | None) -> list[tuple[float, float]]:
    """A point for each value, equal ones among them, as guidellm has it."""
    order = numpy.argsort(values)
    parts = numpy.ones(len(values)) if weights is None else weights[order]
    parts = parts / parts.sum() if len(parts) else parts
    return list(zip(values[order].tolist(), numpy.cumsum(parts).tolist()))


def _weightless(values: numpy.ndarray, include_cdf: bool) -> DistributionSummary:
    """Weights that are all 0 decide nothing: guidellm shows the least value, and NaN for what it divides."""
    least, nan = float(values.min()), float("nan")
    return DistributionSummary(nan, least, least, nan, nan, least, float(values.max()), len(values), float(values.sum()),
                               Percentiles(*[least] * 10),
                               [(v, nan) for v in numpy.sort(values).tolist()] if include_cdf else None)
