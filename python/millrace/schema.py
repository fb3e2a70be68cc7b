# SPDX-License-Identifier: Apache-2.0
"""What the bytes of a record mean."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import _millrace

if TYPE_CHECKING:
    import numpy

RECORDS = ("generation", "request", "sample", "modality", "token_gap")


class Schema:
    """A record type: a built-in one by its name, or your own from a NumPy dtype.

        Schema("generation")
        Schema.sample("frame_time", "milliseconds")
        Schema("disk_read", [("start_ns", "i8"), ("end_ns", "i8"), ("bytes", "u4"), ("device", "u2"), ("status", "u1"),
                             ("unused", "u1")],
               roles={"start": "start_ns", "end": "end_ns", "label": "device", "status": "status"},
               metrics={"latency": ("nanoseconds", "difference", "end_ns", "start_ns"), "bytes": ("bytes", "field", "bytes")})

    Every byte belongs to a field, and a record has 16 to 512 bytes, a multiple of 8. A metric is (unit, operation,
    fields..) with the operations field, difference, sum, ratio and per_count_less_one; or (.., domain) as a
    dict's {"domain": "any"} at its end. A value is absent when it is NaN or the least of a signed field.
    Roles: status, label, error_class, event, start, intended_start, end.
    Errors: millrace.Error, which says what is wrong.
    """

    def __init__(self, name: str, fields: Any = None, *, roles: Mapping[str, str] | None = None,
                 metrics: Mapping[str, Sequence[Any]] | None = None) -> None:
        if fields is None:
            self._schema = _millrace.Schema.builtin(name)
            return
        import numpy
        dtype = numpy.dtype(fields)
        self._schema = _millrace.Schema(name, dtype.itemsize)
        for field in dtype.names or ():
            of, offset = dtype.fields[field][:2]
            self._schema.field(field, offset, of.str.replace("|", ""))
        for role, field in (roles or {}).items():
            self._schema.role(role, field)
        for metric, (unit, operation, *operands) in (metrics or {}).items():
            domain = operands.pop()["domain"] if operands and isinstance(operands[-1], Mapping) else None
            self._schema.metric(metric, unit, operation, operands, domain)
        self._schema.check()

    @classmethod
    def sample(cls, metric: str, unit: str = "none") -> Schema:
        """Of sample records (value, status, label) whose metric has this name and unit."""
        schema = cls.__new__(cls)
        schema._schema = _millrace.Schema.sample(metric, unit)
        return schema

    @property
    def dtype(self) -> numpy.dtype:
        """The record as a NumPy dtype: the same bytes as in memory and in a log."""
        import numpy
        return numpy.dtype(self._schema.layout())

    def blank(self, count: int) -> numpy.ndarray:
        """An array of blank records: status ok, what would be a value absent."""
        import numpy
        records = numpy.empty(count, self.dtype)
        records[:] = numpy.frombuffer(self._schema.blank(), self.dtype)
        return records
