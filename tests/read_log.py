#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second reader of logs, written from docs/log-format.md and from nothing else.

Frames and their checks; read_runs.py has what they say together, and the command line.
"""
import functools
import struct

MAGIC, HEADER, STRIPE, LINE = b"\x89MLR\r\n\x1a\n", 4096, 65536, 64
FRAME = struct.Struct("<QQQIHHIIqQII")
FIELDS = ("commit record_no worker_seq worker stream flags n record_size taken_ns unlogged "
          "payload_crc header_crc").split()
TYPES = {1: "data", 2: "names", 3: "account", 4: "pad", 5: "end"}
NUMBER_MAX = 1 << 62
TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


@functools.lru_cache(None)
def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def read_header(data):
    """The fields of a header, or None."""
    head = data[:HEADER]
    if len(head) < HEADER or head[:8] != MAGIC or crc32c(head[:4092]) != int.from_bytes(head[4092:], "little"):
        return None
    major, _, endian, size, stripe, bytes_, incompatible = struct.unpack_from("<HHIIIQQ", head, 8)
    segment, run, index = struct.unpack_from("<QQQ", head, 64)
    kind = int.from_bytes(head[124:128], "little")
    if (major, endian, size, stripe, incompatible) != (1, 0x01020304, HEADER, STRIPE, 0) or kind not in (1, 2):
        return None
    if kind == 1 and not (0 < segment <= NUMBER_MAX and index <= NUMBER_MAX and HEADER < bytes_ <= 1 << 34):
        return None
    return {"log_id": head[48:64], "segment": segment, "run": run, "index": index, "kind": kind, "bytes": bytes_}


def entries(body, n):
    """(kind, number, text) of a NAMES payload and its length; None if they leave the body."""
    found, at = [], 0
    for _ in range(n):
        if at + 8 > len(body):
            return None
        kind, zero, number, size = struct.unpack_from("<BBHI", body, at)
        end = at + 8 + (size + 7) // 8 * 8
        if not 1 <= kind <= 3 or zero or size > 32768 or end > len(body) or any(body[at + 8 + size:end]):
            return None
        found.append((kind, number, body[at + 8:at + 8 + size].decode(errors="replace")))
        at = end
    return found, at


class Segment:
    """The good frames of a file, and how many places of it are damaged."""

    def __init__(self, data, header):
        self.header, self.damages, self.until, self.tail = header, 0, 0, "unfinished"
        limit = header["bytes"] if header["kind"] == 1 else 1 << 34
        self.damages += len(data) > limit
        self.data = data[:limit]

    def header_at(self, at):
        line = self.data[at:at + LINE]
        if len(line) < LINE:
            return None
        f = dict(zip(FIELDS, FRAME.unpack(line)))
        f["bytes"], f["type"], f["offset"] = (f["commit"] & 0xFFFFFFF) * 64, TYPES.get(f["commit"] >> 28 & 15), at
        salt = self.header["log_id"] + struct.pack("<QQ", self.header["segment"], at)
        body = f["bytes"] - 64
        if f["commit"] >> 32 != 0x6D6C7266 or body < 0 or f["bytes"] > STRIPE - at % STRIPE or not f["type"]:
            return None
        if crc32c(line[:60], crc32c(salt)) != f["header_crc"] or max(f["record_no"], f["worker_seq"], f["unlogged"]) > NUMBER_MAX:
            return None
        n, size = f["n"], f["record_size"]
        return f if {"data": self.header["kind"] == 1 and 16 <= size <= 512 and size % 8 == 0 and 1 <= n <= 2048
                             and (n * size + 127) // 64 * 64 == f["bytes"],
                     "names": 1 <= n <= body // 8, "account": 1 <= n <= body // 40,
                     "pad": True, "end": body == 64}[f["type"]] else None

    def find(self, at):
        while at + LINE <= len(self.data):
            at = self.data.find(b"frlm", at + 4) - 4  # the magic of a commit word, little-endian
            if at < 0 or at % LINE == 0 and self.header_at(at):
                return at if at >= 0 else None
            at += 1
        return None

    def payload(self, f):
        """The payload of a good header; None when it is not what was written."""
        body = self.data[f["offset"] + 64:f["offset"] + f["bytes"]]
        names = entries(body, f["n"]) if f["type"] == "names" else ([], 0)
        size = {"data": f["n"] * f["record_size"], "names": names[1] if names else len(body) + 1,
                "account": f["n"] * 40, "pad": 0, "end": 64}[f["type"]]
        if size > len(body) or any(body[size:]) or f["type"] != "pad" and crc32c(body[:size]) != f["payload_crc"]:
            return None
        return body[:size]

    def frames(self):
        at, crcs, count, records = HEADER, b"", 0, 0
        while at < len(self.data):
            f = self.header_at(at)
            if not f:
                zero = not any(self.data[at:at + 8]) and (at + LINE <= len(self.data) or not any(self.data[at:]))
                found = self.find(at + LINE)
                self.damages += bool(found or not zero)
                if not found:
                    return
                at = found
                continue
            data = f["type"] == "data"
            self.until = max(self.until, f["record_no"] + data * f["n"])
            payload = self.payload(f)
            if payload is None:
                self.damages += 1
                if at + f["bytes"] > len(self.data):
                    return
                at += f["bytes"]
                continue
            at += f["bytes"]
            if f["type"] == "end":
                t = struct.unpack("<QQQqIIQ", payload[:48])
                seen = (records, f["record_no"], f["unlogged"], count, crc32c(crcs))
                self.damages += self.damages == 0 and (t[0], t[1], t[2], t[4], t[5]) != seen
                self.damages += any(self.data[at:])
                self.tail = "final" if f["flags"] & 1 else "end"
                yield f, payload
                return
            crcs, count, records = crcs + struct.pack("<I", f["header_crc"]), count + 1, records + data * f["n"]
            if f["type"] != "pad":
                yield f, payload
