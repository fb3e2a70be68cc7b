# SPDX-License-Identifier: Apache-2.0
"""Engine: open, streams, flush, snapshot, finish, close."""
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import _millrace
from .schema import Schema
from .summary import Snapshot, Summary

if TYPE_CHECKING:
    import numpy


class Stream:
    """The records of one type under one name; Engine.stream() makes it."""

    def __init__(self, stream: _millrace.Stream, schema: Schema) -> None:
        self._stream = stream
        self.schema = schema

    @property
    def name(self) -> str:
        return self._stream.name

    @property
    def dtype(self) -> numpy.dtype:
        """The record as a NumPy dtype."""
        return self.schema.dtype

    def blank(self, count: int) -> numpy.ndarray:
        """An array of blank records for Worker.push_many()."""
        return self.schema.blank(count)

    def worker(self) -> _millrace.Worker:
        """A worker for the calling thread.

        Cost: its ring, 2 MiB as a rule, is made and touched: about a millisecond. Errors: millrace.Error when the engine
        is closed, when workers_max have been opened, or when there is no room for the ring's file.
        """
        return _millrace.Worker(self._stream)


class Engine:
    """Aggregates what workers push, in a thread of its own.

        with millrace.Engine(log_dir="run", percentiles=[50, 99]) as engine:
            requests = engine.stream("requests")
            ...
            summary = engine.finish()

    Options  Those of millrace_options in millrace/c/engine.h, by the same names; words for constants:
             overflow="reject" or "wait", idle="spin", "back-off" or "sleep", log_write="mapped" or "pwrite",
             log_sync="never", "interval" or "on-flush". Times are int nanoseconds.
    Threads  Any method from any thread. The GIL is free while open, flush, snapshot, finish and close wait.
    fork     A child must open an engine of its own, with a log folder of its own: here methods raise and pushes
             give False. Letting go of the parent's engine in the child does nothing to the parent.
    Life     The end of the with block closes the engine; one that is open when the interpreter ends is finished
             within a second (finish_at_exit).
    Errors   millrace.Error.
    """

    def __init__(self, log_dir: Any = None, **options: Any) -> None:
        self._engine = _millrace.Engine({"log_dir": log_dir, **options})

    def stream(self, name: str, record: str | Schema = "generation", *, goodput: Mapping[str, float] | None = None,
               **phases: int) -> Stream:
        """Adds a stream of records.

        record   A built-in one ("generation", "request", "sample", "modality", "token_gap") or a Schema.
        goodput  Limits: a record is good when it is ok and each of these metrics is present and at most that.
        phases   warmup_ns, cooldown_ns, time_max_ns, start_ns, warmup_results, cooldown_results, results_max.
        """
        schema = record if isinstance(record, Schema) else Schema(record)
        return Stream(self._engine.stream(name, schema._schema, dict(goodput or {}), phases), schema)

    def label(self, name: str) -> int:
        """The number of a label, for arrays; Worker.push() takes the name."""
        return self._engine.label(name)

    def error_class(self, name: str) -> int:
        """The number of an error class, for arrays; Worker.push() takes the name."""
        return self._engine.error_class(name)

    @property
    def notice(self) -> str:
        """What options and machine make of a push, e.g. that membarrier is refused; "" as a rule."""
        return self._engine.notice()

    def memory_bound(self) -> dict[str, int]:
        """What the engine takes at most, in bytes, by what for."""
        return self._engine.memory_bound()

    def flush(self) -> None:
        """Waits until every record whose push returned before is aggregated and, with a log, in it."""
        self._engine.flush()

    def snapshot(self) -> Snapshot:
        """Live numbers that cover every push that returned before. Cost: a turn of the aggregator, milliseconds at most."""
        return Snapshot(self._engine.snapshot())

    def finish(self) -> Summary:
        """Refuses further pushes, aggregates what was accepted, closes the log: the final numbers. Again: the same."""
        return Summary(self._engine.finish())

    def close(self) -> None:
        """Lets go of the engine: what was not finished is closed. A second call does nothing."""
        self._engine.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
