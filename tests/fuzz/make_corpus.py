#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the first inputs of the fuzz targets. Usage: make_corpus.py FOLDER (tests/fuzz/corpus)"""
import gzip
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from make_golden_log import GAPS, REQUESTS, Segment  # noqa: E402


def segments():
    empty = Segment(3, 1, 0)
    small = Segment(3, 1, 0)
    small.name(1, 2, GAPS)
    small.slice(3, 2, 0, 4)
    small.account((3, 2, 4, 1, 0, 0))
    small.end(1, 0)
    open_ended = Segment(3, 1, 0)
    open_ended.name(1, 1, REQUESTS)
    open_ended.name(2, 1, b"chat")
    open_ended.name(3, 1, b"timeout")
    open_ended.slice(1, 1, 0, 3)
    open_ended.slice(1, 1, 3, 2)
    padded = Segment(3, 1, 0)
    padded.name(1, 2, GAPS)
    padded.slice(3, 2, 0, 1)
    padded.frame(4, length=128)
    padded.slice(3, 2, 1, 1)
    hole = Segment(3, 1, 0)
    hole.name(1, 2, GAPS)
    hole.data += bytes(256)
    hole.slice(3, 2, 9, 2)
    damaged = Segment(3, 1, 0)
    damaged.name(1, 2, GAPS)
    damaged.slice(3, 2, 0, 2)
    at = len(damaged.data) - 100
    damaged.data = damaged.data[:at] + b"\xff" + damaged.data[at + 1:]
    damaged.slice(3, 2, 0, 2)
    damaged.end(0, 4)
    return {"empty": empty.data, "small": small.data, "open": open_ended.data, "padded": padded.data, "hole": hole.data,
            "damaged": damaged.data, "cut": small.data[:-200], "behind_end": small.data + b"x" * 70}


def ring(*blocks, worker=1, fate=(1 << 64) - 1):
    """Input of ring_file_fuzz: RingWords and blocks of (worker, first, n, state)."""
    words = bytearray(384)
    struct.pack_into("<4Q", words, 0, 7, 0, 0, 0)
    struct.pack_into("<2I", words, 128, worker, 0)
    struct.pack_into("<Q", words, 256, fate)
    data = bytes([0, len(blocks)]) + bytes(words)
    for number, first, n, state in blocks:
        data += struct.pack("<2IQ2I2Q2I16x", n, state, 0, number, 0, first, 0, 64, 0) + b"\1"
    return data


RINGS = {"empty": ring(), "partly": ring((1, 0, 511, 1), (1, 511, 40, 1), (0, 0, 0, 0)),
         "followed": ring((2, 300, 5, 1), (1, 0, 511, 0), (1, 511, 20, 1), worker=2),
         "decided": ring((1, 0, 100, 1), fate=99), "overlap": ring((1, 0, 511, 1), (1, 100, 40, 1)),
         "beyond": ring((1, (1 << 63) + 1, 511, 1), (3, 0, 512, 1)), "as_it_is": b"\1" + bytes(9000), "cut": ring((1, 0, 1, 1))[:300]}
JSONL = {"lines": b"\x20\x40{\"a\":1}\n{\"b\":2}\r\n\n  \n{\"c\":3}", "long": b"\x01\x04" + b"x" * 60 + b"\nshort\n" + b"y" * 9,
         "mark": b"\x05\xff\xef\xbb\xbf{}\n{}\n", "utf16": b"\x05\xff\xff\xfe{\0}\0\n\0", "blank": b"\x09\x09\n\n\r\n \n\t\n",
         "gzip": b"\x11\x22" + gzip.compress(b"{\"a\":1}\n" * 9, mtime=0)}
TEXTS = {"requests": REQUESTS, "gaps": GAPS, "object": b"{}", "deep": b"[" * 70 + b"]" * 70,
         "overlap": GAPS.replace(b'"a":0', b'"a":{"type":"i16","offset":3}'),
         "inf": REQUESTS.replace(b"2500000.0", b'"-inf"'), "huge": GAPS.replace(b":24", b":1e400")}

DOCUMENTS = {"empty": b"{\"benchmarks\":[]}", "first": b"{\"benchmarks\":[{\"benchmarks\":[{\"mode\":\"synchronous\",\"rate\":1.5,\"results\":"
             b"[{\"request\":{\"id\":\"1\"},\"start_time\":1.5,\"first_token_time\":0.1}],\"errors\":[{\"request\":{},\"message\":\"x\"}]}]}]}",
             "flat": b"{\"benchmarks\": [{\"args\": {\"strategy\": {\"type_\": \"constant\", \"rate\": 2.5}}, \"run_stats\": {\"requests_made\": "
             b"{\"total\": 9}}, \"metrics\": {\"a\": [NaN, {\"b\": \"}\\\"\"}]}, \"requests\": {\"successful\": [{\"scheduler_info\": {}, \"prompt\": "
             b"\"\\u00e9[\", \"start_time\": 1e-05}], \"errored\": null, \"incomplete\": [], \"total\": null}}]}",
             "timed": b"{\"metadata\": {\"version\": 2, \"guidellm_version\": \"0.7.3\"}, \"config\": {},\n \"benchmarks\": [\n {\"config\": {\"strategy\": "
             b"{\"type_\": \"concurrent\", \"streams\": 4}}, \"requests\": {\n\"errored\": [{\"info\": {\"status\": \"errored\", \"timings\":\n {\"queued\": 1.25}}}"
             b", {}, 3]}}, {\"requests\": {\"incomplete\": [{\"info\": {}}]}}]}", "cut": b"{\"benchmarks\": [{\"requests\": {\"successful\": [{\"a\": \"b",
             "mismatch": b"{\"benchmarks\": [{\"requests\": {\"successful\": [{]", "lines": b"{\"info\": {\"timings\": {}}}\n{}\n"}


def main():
    made = segments()
    corpora = {"segment_reader": made, "stream_text": TEXTS, "jsonl_splitter": JSONL,
               "segment_repaired": {name: b"\0" + data[4096:] for name, data in made.items()}}
    corpora["ring_file"] = RINGS
    corpora["guidellm_document"] = {name: b"\4\0" + data for name, data in DOCUMENTS.items()}
    corpora["segment_reader"] |= {"short": made["small"][:1000], "text": b"not a log\n"}
    corpora["segment_repaired"]["names_file"] = b"\7" + made["open"][4096:]
    for target, inputs in corpora.items():
        folder = pathlib.Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in inputs.items():
            (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
