# SPDX-License-Identifier: Apache-2.0
"""The records of a log as NumPy arrays.

    log = millrace.Log("run")
    for block in log.blocks("requests"):               # views into the files, nothing copied
        block.records["end_ns"] - block.records["start_ns"]
    records = log.records("requests")                  # one array, a copy
"""
from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _millrace

if TYPE_CHECKING:
    import numpy


class Block(NamedTuple):
    """A slice of one worker's records, as the aggregator took it."""
    worker: int
    worker_seq: int       # of the first record: (run, worker, worker_seq) is a record's identity
    taken_ns: int         # the aggregator's clock; 0: it had not taken them when the process died
    records: numpy.ndarray


class Log:
    """The records of one run of a log: those that millrace.replay() reads, each checksum verified.

    run       Its number in hexadecimal, or the beginning of it; None: the last one.
    ring_dir  Where the rings of a dead run are, if not in the folder.
    runs      The numbers of all runs, oldest first.
    labels, error_classes  Names by the number that records have; 0 is none.
    losses    What could not be read, as Summary.losses has it; `whole`: nothing is missing.
    Errors    millrace.Error: no log, no such run, another version.
    Threads   Any. Views keep their files mapped; a segment is written once, so that they stay as they are while the
              run goes on. Nothing must cut the files meanwhile. Records in rings, and in a file that retention removed
              just then, are copies.
    """

    def __init__(self, path: str | os.PathLike[str], run: str | None = None,
                 ring_dir: str | os.PathLike[str] | None = None) -> None:
        found = _millrace.read_log(path, (run or "").lower(), ring_dir or "")
        self.run: str = found["run"]
        self.runs: list[str] = found["runs"]
        self.labels: dict[int, str] = found["labels"]
        self.error_classes: dict[int, str] = found["error_classes"]
        self.losses: dict[str, Any] = found["losses"]
        self._streams: dict[str, tuple[str, dict[str, Any], list[tuple[Any, ...]]]] = found["streams"]

    @property
    def streams(self) -> list[str]:
        return list(self._streams)

    def schema(self, stream: str) -> dict[str, Any]:
        """The stream's schema as the log has it: fields, roles, metrics."""
        return json.loads(self._streams[stream][0])

    def dtype(self, stream: str) -> numpy.dtype:
        """The stream's record."""
        import numpy
        return numpy.dtype(self._streams[stream][1])

    def blocks(self, stream: str) -> Iterator[Block]:
        """Its records in the order of the log, slice by slice: read-only views into the mapped files."""
        import numpy
        dtype = self.dtype(stream)
        for worker, worker_seq, taken_ns, count, buffer, offset in self._streams[stream][2]:
            yield Block(worker, worker_seq, taken_ns, numpy.frombuffer(buffer, dtype, count, offset))

    def records(self, stream: str) -> numpy.ndarray:
        """All of them as one array, a copy."""
        import numpy
        blocks = [block.records for block in self.blocks(stream)]
        return numpy.concatenate(blocks) if blocks else numpy.empty(0, self.dtype(stream))

    def __len__(self) -> int:
        """Records of all streams."""
        return sum(count for _, _, blocks in self._streams.values() for _, _, _, count, _, _ in blocks)
