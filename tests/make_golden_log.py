#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/data/log/v1 from docs/log-format.md, without the library.

Segments 1 and 2 are a run that was closed: workers 1 and 2 push requests, worker 3 samples. Segment 3 is
a run that was killed: no END, a torn frame behind the last one, zeros. The files in the tree are never made
anew: they stand for every reader to come. Usage: make_golden_log.py FOLDER
"""
import json
import pathlib
import struct
import sys

from read_log import FRAME, HEADER, MAGIC, STRIPE, crc32c

LOG_ID, BOOT_ID = bytes(range(0x10, 0x20)), bytes(range(0xA0, 0xB0))
REAL_NS, START_NS = 1_790_000_000_000_000_000, 5_000_000_000
ABSENT = -(1 << 63)
DATA, NAMES, ACCOUNT, PAD, END = 1, 2, 3, 4, 5


def stream_text(name, schema, size, fields, roles, metrics, goodput):
    return json.dumps({"stream": name, "schema": schema, "record_size": size,
                       "fields": [{"name": n, "type": t, "offset": o} for n, t, o in fields],
                       "roles": roles, "metrics": metrics, "goodput": goodput}, separators=(",", ":")).encode()


def metric(name, unit, domain, operation, **operands):
    return {"name": name, "unit": unit, "domain": domain, "rated": False, "operation": operation} | operands


REQUESTS = stream_text(
    "requests", "request", 64,
    [("status", "u8", 0), ("reserved", "u8", 1), ("label", "u16", 2), ("error_class", "u16", 4), ("code", "u16", 6),
     ("intended_start_ns", "i64", 8), ("start_ns", "i64", 16), ("first_byte_ns", "i64", 24), ("end_ns", "i64", 32),
     ("bytes_sent", "i64", 40), ("bytes_received", "i64", 48), ("request_id", "u64", 56)],
    {"status": 0, "label": 2, "error_class": 4, "start": 16, "intended_start": 8, "end": 32},
    [metric("latency", "nanoseconds", "duration", "difference", a=32, b=16),
     metric("bytes_sent", "bytes", "number", "field", a=40)],
    [{"metric": "latency", "at_most": 2500000.0}])
GAPS = stream_text(
    "token_gaps", "sample", 24,
    [("value", "f64", 0), ("request_id", "u64", 8), ("status", "u8", 16), ("reserved", "u8", 17),
     ("label", "u16", 18), ("index", "u32", 20)],
    {"status": 16, "label": 18}, [metric("gap", "nanoseconds", "duration", "field", a=0)], [])


def request(worker, seq):
    start = START_NS + seq * 1_000_000 + worker
    bad = seq % 17 == 16
    return struct.pack("<BBHHHqqqqqqQ", 1 if bad else 0, 0, 1 if seq % 3 else 0, 1 if bad else 0, 504 if bad else 200,
                       ABSENT, start, start + 100_000, start + 1_000_000 + seq % 7 * 300_000,
                       512, 2048 + seq, worker << 32 | seq)


def gap(worker, seq):
    return struct.pack("<dQBBHI", 20_000_000.0 + seq % 11 * 1e6, seq // 5, 0, 0, 1, seq % 5)


class Segment:
    def __init__(self, number, run, index, records_of_run=0):
        self.number, self.records, self.of_run, self.crcs, self.count = number, 0, records_of_run, b"", 0
        head = bytearray(HEADER)
        struct.pack_into("<8sHHIIIQQQ16sQQQqq16sIIQI", head, 0, MAGIC, 1, 0, 0x01020304, HEADER, STRIPE, 1 << 18, 0, 0,
                         LOG_ID, number, run, index, REAL_NS, START_NS, BOOT_ID, 4242, 1, 77_000, 0)
        struct.pack_into("<16s", head, 400, b"millrace 0.2.0")
        struct.pack_into("<I", head, 4092, crc32c(bytes(head[:4092])))
        self.data = bytes(head)

    def frame(self, kind, payload=b"", n=0, size=0, worker=0, seq=0, stream=0, flags=0, taken=0, length=None):
        length = length or 64 + (len(payload) + 63) // 64 * 64
        left = STRIPE - len(self.data) % STRIPE
        if length > left:
            self.frame(PAD, length=left)
        salt = LOG_ID + struct.pack("<QQ", self.number, len(self.data))
        head = FRAME.pack(0x6D6C7266 << 32 | kind << 28 | length // 64, self.of_run, seq, worker, stream, flags, n, size,
                          taken, 0, crc32c(payload), 0)[:60]
        crc = struct.pack("<I", crc32c(head, crc32c(salt)))
        self.data += (head + crc + payload).ljust(length, b"\0")
        self.crcs, self.count = self.crcs + crc, self.count + 1

    def name(self, kind, number, text):
        self.frame(NAMES, (struct.pack("<BBHI", kind, 0, number, len(text)) + text).ljust((len(text) + 15) // 8 * 8, b"\0"), 1)

    def names(self):
        self.name(1, 1, REQUESTS)
        self.name(1, 2, GAPS)
        self.name(2, 1, "chat, caf\u00e9".encode())
        self.name(3, 1, b"timeout")

    def account(self, *accounts):
        self.frame(ACCOUNT, b"".join(struct.pack("<IIQQQQ", *a) for a in accounts), len(accounts))

    def slice(self, worker, stream, seq, n):
        make, size = (request, 64) if stream == 1 else (gap, 24)
        payload = b"".join(make(worker, seq + i) for i in range(n))
        self.frame(DATA, payload, n, size, worker, seq, stream, 0, START_NS + 10_000_000 + self.of_run * 1000)
        self.records, self.of_run = self.records + n, self.of_run + n

    def end(self, final, following):
        self.frame(END, struct.pack("<QQQqIIQ16x", self.records, self.of_run, 0, START_NS + 2_000_000_000, self.count,
                                    crc32c(self.crcs), following), flags=final)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    one = Segment(1, 0x1111_2222_3333_4444, 0)
    one.names()
    for turn in range(14):
        one.slice(1, 1, turn * 40, 40)
        one.slice(2, 1, turn * 30, 30)
        one.slice(3, 2, turn * 50, 50)
    one.account((1, 1, 560, 2, 0, 0), (2, 1, 420, 0, 0, 0), (3, 2, 700, 5, 0, 0))
    one.end(0, 2)
    two = Segment(2, 0x1111_2222_3333_4444, 1, one.of_run)
    two.names()
    two.account((1, 1, 560, 2, 0, 0), (2, 1, 420, 0, 0, 0), (3, 2, 700, 5, 0, 0))
    two.slice(2, 1, 420, 100)
    two.slice(1, 1, 560, 7)
    two.slice(3, 2, 700, 1)
    two.account((1, 1, 567, 2, 1, 0), (2, 1, 520, 0, 0, 0), (3, 2, 701, 9, 0, 0))
    two.end(1, 0)
    killed = Segment(3, 0x5555_6666_7777_8888, 0)
    killed.names()
    for turn in range(4):
        killed.slice(1, 1, turn * 20, 20)
    last = len(killed.data)
    killed.slice(1, 1, 80, 20)
    torn = killed.data[:last] + bytes(8) + killed.data[last + 8:]  # all but the commit word
    for number, data in ((1, one.data), (2, two.data), (3, torn.ljust(70_000, b"\0"))):
        (folder / f"{number:020}.mlr").write_bytes(data)


if __name__ == "__main__":
    main()
