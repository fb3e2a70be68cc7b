# SPDX-License-Identifier: Apache-2.0
"""The records of a log as NumPy arrays; docs/log-format.md has the bytes.

    log = millrace.Log("run")
    for block in log.blocks("requests"):               # views into the files, nothing copied
        block.records["end_ns"] - block.records["start_ns"]
    records = log.records("requests")                  # one array, a copy
"""
from __future__ import annotations

import collections
import json
import mmap
import os
import pathlib
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy

from ._millrace import Error, crc32c

_MAGIC, _HEADER, _STRIPE, _LINE = b"\x89MLR\r\n\x1a\n", 4096, 65536, 64
_FRAME = struct.Struct("<QQQIHHIIqQII")
_DATA, _NAMES, _ACCOUNT, _PAD, _END = 1, 2, 3, 4, 5
_STREAM, _LABEL, _ERROR_CLASS = 1, 2, 3
_TYPES = {"i8": "i1", "u8": "u1", "i16": "<i2", "u16": "<u2", "i32": "<i4", "u32": "<u4", "i64": "<i8", "u64": "<u8",
          "f32": "<f4", "f64": "<f8"}


class _Frame(NamedTuple):
    commit: int
    record_no: int
    worker_seq: int
    worker: int
    stream: int
    flags: int
    n: int
    record_size: int
    taken_ns: int
    unlogged: int
    payload_crc: int
    header_crc: int

    @property
    def kind(self) -> int:
        return self.commit >> 28 & 15

    @property
    def size(self) -> int:
        return (self.commit & 0xFFFFFFF) * _LINE


class Block(NamedTuple):
    """A slice of one worker's records, as the aggregator took it."""
    worker: int
    worker_seq: int       # of the first record: (run, worker, worker_seq) is a record's identity
    taken_ns: int         # the aggregator's clock
    records: numpy.ndarray


class _Segment:
    def __init__(self, path: pathlib.Path) -> None:
        with open(path, "rb") as file:
            self.bytes = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        head = self.bytes[:_HEADER]
        if len(head) < _HEADER or head[:8] != _MAGIC or crc32c(head[:4092]) != int.from_bytes(head[4092:], "little"):
            raise ValueError("no header")
        major, _, order, header, stripe, size, incompatible = struct.unpack_from("<HHIIIQQ", head, 8)
        if (major, order, header, stripe, incompatible) != (1, 0x01020304, _HEADER, _STRIPE, 0):
            raise _error(4, f"{path}: format version {major}; this reader knows 1")
        self.log_id = head[48:64]
        self.segment, self.run, self.index = struct.unpack_from("<QQQ", head, 64)
        self.limit = min(size, len(self.bytes))
        self.own_name = path.name == f"{self.segment:020}.mlr"


class Log:
    """Reads the frames of a log's run: what is in its segments, whole and checksummed.

    run      Its number in hexadecimal, or the beginning of it; None: the last one.
    damaged  Places that could not be read. millrace.replay() and `millrace verify` tell the records that are missing.
    rings    True: the folder holds rings of a run, whose records are not here: `millrace recover`, or the next open of
             an engine, moves those of a dead run into a segment.
    Errors   millrace.Error: no log, no such run, another version.
    Threads  Any. Views keep their files mapped; a segment is written once, so that they stay as they are while the run
             goes on. Nothing must cut the files meanwhile.
    Cost     Frames are found and checked at open: about 20 us each and 0.1 ns a byte.
    """

    def __init__(self, path: str | os.PathLike[str], run: str | None = None) -> None:
        folder = pathlib.Path(path)
        self.damaged = 0
        runs: dict[str, list[_Segment]] = {}
        for segment in self._segments(folder):
            runs.setdefault(f"{segment.run:016x}", []).append(segment)
        self.runs: list[str] = list(runs)
        found = self.runs[-1:] if run is None else [r for r in self.runs if r.startswith(run.lower())]
        if len(found) != 1:
            raise _error(2, f"{folder}: {len(found)} runs begin with '{run}'; there are {', '.join(self.runs)}")
        self.run = found[0]
        self.rings = any(folder.glob("ring-*.mln"))
        self.labels: dict[int, str] = {}
        self.error_classes: dict[int, str] = {}
        self._streams: dict[int, dict[str, Any]] = {}
        self._frames: dict[int, list[tuple[_Segment, int, _Frame]]] = {}
        for segment in runs[self.run]:
            self._read(segment)

    def _segments(self, folder: pathlib.Path) -> list[_Segment]:
        """In their order; those of another log, and second ones of a number, are damage."""
        files: list[_Segment] = []
        for path in sorted(folder.glob("*.mlr")):
            try:
                files.append(_Segment(path))
            except (OSError, ValueError):  # an empty file cannot be mapped
                self.damaged += 1
        if not files:
            raise _error(2, f"{folder}: no log is there (no *.mlr with a header)")
        log_id, _ = collections.Counter(s.log_id for s in files).most_common(1)[0]
        by_number: dict[int, _Segment] = {}
        for segment in sorted(files, key=lambda s: not s.own_name):
            if segment.log_id != log_id or segment.segment in by_number:
                self.damaged += 1
            else:
                by_number[segment.segment] = segment
        return [by_number[number] for number in sorted(by_number)]

    @property
    def streams(self) -> list[str]:
        return [stream["stream"] for stream in self._streams.values()]

    def schema(self, stream: str) -> dict[str, Any]:
        """The stream's schema as the log has it: fields, roles, metrics."""
        return self._streams[self._number(stream)]

    def dtype(self, stream: str) -> numpy.dtype:
        """The stream's record."""
        schema = self.schema(stream)
        fields = schema["fields"]
        return numpy.dtype({"names": [f["name"] for f in fields], "formats": [_TYPES[f["type"]] for f in fields],
                            "offsets": [f["offset"] for f in fields], "itemsize": schema["record_size"]})

    def blocks(self, stream: str) -> Iterator[Block]:
        """Its records in the order of the log, slice by slice: read-only views into the mapped files."""
        dtype = self.dtype(stream)
        for segment, at, frame in self._frames[self._number(stream)]:
            records = numpy.frombuffer(segment.bytes, dtype, frame.n, at + _LINE)
            yield Block(frame.worker, frame.worker_seq, frame.taken_ns, records)

    def records(self, stream: str) -> numpy.ndarray:
        """All of them as one array, a copy."""
        blocks = [block.records for block in self.blocks(stream)]
        return numpy.concatenate(blocks) if blocks else numpy.empty(0, self.dtype(stream))

    def __len__(self) -> int:
        """Records of all streams."""
        return sum(frame.n for frames in self._frames.values() for _, _, frame in frames)

    def _number(self, stream: str) -> int:
        for number, text in self._streams.items():
            if text["stream"] == stream:
                return number
        raise KeyError(stream)

    def _read(self, segment: _Segment) -> None:
        at, data = _HEADER, segment.bytes
        while at + _LINE <= segment.limit:
            frame = self._header(segment, at)
            if frame is None:
                begin = at
                at = self._next(segment, at + _LINE)
                self.damaged += int(at is not None or any(data[begin:begin + 8]))
                if at is None:
                    return
                continue
            size, kind = frame.size, frame.kind
            payload = {_DATA: frame.n * frame.record_size, _ACCOUNT: frame.n * 40, _END: 64}.get(kind, 0)
            if kind == _NAMES:
                names, payload = self._entries(data[at + _LINE:at + size], frame.n)
            begin, end = at + _LINE, at + _LINE + payload
            behind = data[end:at + size]
            if behind.count(0) != at + size - end or (
                    kind != _PAD and crc32c(memoryview(data)[begin:end]) != frame.payload_crc):
                self.damaged += 1
            elif kind == _DATA and frame.record_size == self._streams.get(frame.stream, {}).get("record_size"):
                self._frames[frame.stream].append((segment, at, frame))
            elif kind == _DATA:  # of a stream whose names could not be read
                self.damaged += 1
            elif kind == _NAMES:
                self._name(names)
            at += size
            if kind == _END:
                return

    @staticmethod
    def _header(segment: _Segment, at: int) -> _Frame | None:
        line = segment.bytes[at:at + _LINE]
        if line[4:8] != b"frlm":
            return None
        frame = _Frame._make(_FRAME.unpack(line))
        salt = segment.log_id + struct.pack("<QQ", segment.segment, at)
        good = (crc32c(line[:60], crc32c(salt)) == frame.header_crc and _LINE <= frame.size <= _STRIPE - at % _STRIPE
                and (frame.kind != _DATA or _LINE + frame.n * frame.record_size <= frame.size))
        return frame if good else None

    @classmethod
    def _next(cls, segment: _Segment, at: int) -> int | None:
        while True:
            at = segment.bytes.find(b"frlm", at + 4) - 4
            if at < 0 or at + _LINE > segment.limit:
                return None
            if at % _LINE == 0 and cls._header(segment, at) is not None:
                return at
            at += 1

    @staticmethod
    def _entries(body: bytes, count: int) -> tuple[list[tuple[int, int, bytes]], int]:
        found, at = [], 0
        for _ in range(count):
            if at + 8 > len(body):
                break
            kind, _, number, size = struct.unpack_from("<BBHI", body, at)
            found.append((kind, number, body[at + 8:at + 8 + size]))
            at += 8 + (size + 7) // 8 * 8
        return found, min(at, len(body))

    def _name(self, names: list[tuple[int, int, bytes]]) -> None:
        for kind, number, text in names:
            if kind == _STREAM and number not in self._streams:
                self._streams[number] = json.loads(text)
                self._frames[number] = []
            elif kind == _LABEL:
                self.labels[number] = text.decode(errors="replace")
            elif kind == _ERROR_CLASS:
                self.error_classes[number] = text.decode(errors="replace")


def _error(code: int, message: str) -> Error:
    error = Error(message)
    error.code, error.word = code, {2: "not found", 4: "format"}[code]
    return error
