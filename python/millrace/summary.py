# SPDX-License-Identifier: Apache-2.0
"""Numbers: final ones of a run or a replay, and live ones."""
from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from . import _millrace


class Percentile(NamedTuple):
    """A value, None without values; and the bound of its relative error, 0 when it is exact."""
    value: float | None
    relative_error: float

    @property
    def exact(self) -> bool:
        return self.relative_error == 0


class Metric:
    """Numbers of one metric, as attributes.

    count, absent, invalid, sum, mean, variance, deviation, skewness, kurtosis, min, max, unit, exact, relative_error.
    Without values count and sum are 0 and the others None.
    """

    def __init__(self, owner: StreamNumbers, name: str) -> None:
        self._owner = owner
        self.name = name
        self._numbers = owner._metric(name)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_numbers"][name]
        except KeyError:
            raise AttributeError(f"a metric has no '{name}'") from None

    def as_dict(self) -> dict[str, Any]:
        """All of them."""
        return dict(self._numbers)

    def percentile(self, p: float, rule: str = "nearest-rank") -> float | None:
        """The p-th percentile, 0 to 100; None without values.

        rule  nearest-rank, linear (numpy), exclusive (Python's statistics, llmeter), exclusive-clamped.
        Of a snapshot: one of the engine's live_percentiles, from a histogram, by nearest-rank.
        """
        return self.percentiles([p], rule)[0].value

    def percentiles(self, ps: Iterable[float], rule: str = "nearest-rank") -> list[Percentile]:
        """Several, with their error bounds. Cost: microseconds; with low_memory a pass over the log, unless they
        were named at open or by Summary.prepare()."""
        return self._owner._percentiles(self.name, [float(p) for p in ps], rule)

    def __repr__(self) -> str:
        return f"<millrace.Metric {self.name}: count {self.count}, mean {self.mean}>"


class StreamNumbers:
    """Numbers of a stream, as attributes; its metrics as items.

        requests = summary["requests"]
        requests.count, requests.by_status["error"], requests["latency"].percentile(99)
        requests.select(status="ok", label="chat")["latency"].mean

    count, by_status, good, notices, before, after, untimed, first_start_ns, last_start_ns, first_end_ns, last_end_ns.
    """

    def __init__(self, source: Any, name: str, label: str | None = None, status: str = "all") -> None:
        self._source, self.name, self.label, self.status = source, name, label, status
        self._numbers = source.stream(name, *self._selection())

    def _selection(self) -> tuple[Any, ...]:
        return (self.label, self.status) if isinstance(self._source, _millrace.Summary) else ()

    def _metric(self, metric: str) -> dict[str, Any]:
        return self._source.metric(self.name, metric, *self._selection())

    def _percentiles(self, metric: str, ps: list[float], rule: str) -> list[Percentile]:
        if isinstance(self._source, _millrace.Summary):
            values, errors = self._source.percentiles(self.name, metric, self.label, self.status, rule, ps)
            return [Percentile(None if v != v else v, e) for v, e in zip(values, errors)]
        if rule != "nearest-rank":
            raise _error(f"a snapshot's percentiles are by nearest-rank, and not by '{rule}'")
        return [Percentile(*self._source.percentile(self.name, metric, p)) for p in ps]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_numbers"][name]
        except KeyError:
            raise AttributeError(f"the numbers of a stream have no '{name}'") from None

    def __getitem__(self, metric: str) -> Metric:
        """Errors: KeyError for a metric that the stream has not."""
        return _found(lambda: Metric(self, metric), metric)

    def select(self, status: str = "all", label: str | None = None) -> StreamNumbers:
        """Of the records with this status and label; "" is that of records without one. Of summaries alone."""
        if not isinstance(self._source, _millrace.Summary):
            raise _error("a snapshot has numbers of all records alone; select() is a summary's")
        return StreamNumbers(self._source, self.name, label, status)

    @property
    def metrics(self) -> list[str]:
        return self._source.metrics(self.name)

    @property
    def labels(self) -> list[str]:
        """Names; "" stands for records without one."""
        return self._source.labels(self.name)

    @property
    def errors(self) -> dict[str, int]:
        """Records by error class."""
        return self._source.errors(self.name)


class Summary:
    """Final numbers; exact, or they say by how much not.

    Threads: any, at the same time. Life: may outlive the engine.
    """

    def __init__(self, summary: _millrace.Summary) -> None:
        self._summary = summary

    @property
    def streams(self) -> list[str]:
        return self._summary.streams()

    def __getitem__(self, stream: str) -> StreamNumbers:
        """Errors: KeyError for a stream that is not there."""
        return _found(lambda: StreamNumbers(self._summary, stream), stream)

    def __iter__(self) -> Iterator[str]:
        return iter(self.streams)

    @property
    def accounting(self) -> dict[str, int]:
        """attempted = accepted + rejected; accepted = aggregated + in_flight."""
        return self._summary.accounting()

    @property
    def log(self) -> dict[str, Any] | None:
        """What became of the run's log; None: there was none."""
        return self._summary.log()

    @property
    def losses(self) -> dict[str, Any] | None:
        """What a replay could not read; None: this is a run's own summary."""
        return self._summary.losses()

    @property
    def digest(self) -> int:
        """A checksum of all numbers: that of a run and of its log's replay are equal when nothing is missing."""
        return self._summary.digest()

    def prepare(self, ps: Iterable[float], rule: str = "nearest-rank", by_label: bool = False) -> None:
        """Makes percentiles exact in as few passes over the log as it takes, where values are not in memory."""
        self._summary.prepare([float(p) for p in ps], rule, by_label)

    def report(self, format: str = "text", by: str = "none", rule: str = "nearest-rank",
               percentiles: Iterable[float] = ()) -> str:
        """All numbers as "text" (as `millrace replay` prints it), "json" (docs/json-schema.md) or "html".

        by  "none", "status" or "label".
        """
        return self._summary.report(format, by, rule, [float(p) for p in percentiles])


class Snapshot:
    """Live numbers; its percentiles are the engine's live_percentiles, from a histogram."""

    def __init__(self, snapshot: _millrace.Snapshot) -> None:
        self._snapshot = snapshot

    def __getitem__(self, stream: str) -> StreamNumbers:
        """Errors: KeyError for a stream that is not there."""
        return _found(lambda: StreamNumbers(self._snapshot, stream), stream)

    @property
    def accounting(self) -> dict[str, int]:
        return self._snapshot.accounting()

    @property
    def log(self) -> dict[str, Any] | None:
        return self._snapshot.log()


def replay(*inputs: str | os.PathLike[str], threads: int = 0, rule: str = "nearest-rank",
           percentiles: Iterable[float] = (), run: str = "", ring_dir: str | os.PathLike[str] = "",
           map_file: str | os.PathLike[str] = "", format: str = "") -> Summary:
    """The summary of logs, or of llmeter's, guidellm's or mapped files, as `millrace replay` reads them.

        summary = millrace.replay("run")
        if not summary.losses["whole"]: ...

    run  Of logs: "last", "all", or the beginning of a run's number. The GIL is free meanwhile.
    Errors: millrace.Error. Damage and loss are none: Summary.losses has them.
    """
    return Summary(_millrace.replay(list(inputs), threads, rule, [float(p) for p in percentiles], run.lower(), ring_dir,
                                    map_file, format))


NOT_FOUND = 2  # MILLRACE_ERROR_NOT_FOUND


def _found(make: Any, name: str) -> Any:
    try:
        return make()
    except _millrace.Error as error:
        if error.code == NOT_FOUND:
            raise KeyError(name) from None
        raise


def _error(message: str) -> _millrace.Error:
    error = _millrace.Error(message)
    error.code, error.word = 1, "invalid argument"
    return error
