#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The runs of a log's folder, by read_log.py: the second reader's command line.

Prints a JSON line for each good frame, or with --summary one for each run: what log_dump of the tests
prints, too. Usage: read_runs.py [--summary] FOLDER
"""
import json
import pathlib
import struct
import sys

from read_log import NUMBER_MAX, Segment, crc32c, entries, read_header

SHOWN = ("offset type record_no worker_seq worker stream flags n record_size taken_ns unlogged "
         "payload_crc").split()


class Run:
    def __init__(self, number):
        self.out = {"run": f"{number:016x}", "records": 0, "workers": {}, "crc": 0, "streams": {}, "labels": {},
                    "error_classes": {}, "accounts": {}, "missing": 0, "dropped": 0, "unlogged": 0,
                    "segments_missing": 0, "final": False, "finished_ns": 0, "damages": 0}
        self.index = self.next = None
        self.until, self.stream_of = {}, {}

    def gap(self, record_no):
        self.out["missing"] += max(0, record_no - self.next)
        self.next = max(self.next, record_no)

    def add(self, segment, name, lines):
        out, index, schemas, ends = self.out, segment.header["index"], {}, False
        first = self.next  # None: the run's first segment that is here
        begun, finished, good = False, 0, False
        for f, payload in segment.frames():
            good = True
            lines.append(json.dumps({"file": name} | {key: f[key] for key in SHOWN}, separators=(",", ":")))
            out["unlogged"] = max(out["unlogged"], f["unlogged"])
            if f["type"] in ("data", "end") or f["record_no"]:
                if not begun:
                    self.begin(index, f["record_no"], first)
                    begun = True
                self.gap(f["record_no"])
            if f["type"] == "data":
                self.next += f["n"]
                self.data(f, payload, schemas)
            elif f["type"] == "names":
                for kind, number, text in entries(payload, f["n"])[0]:
                    if kind == 1:
                        schemas.setdefault(number, json.loads(text)["record_size"])
                        text = json.loads(text)["stream"]
                    out[("streams", "labels", "error_classes")[kind - 1]].setdefault(str(number), text)
            elif f["type"] == "account":
                for at in range(0, len(payload), 40):
                    worker, _, *figures = struct.unpack_from("<IIQQQQ", payload, at)
                    if max(figures) >= NUMBER_MAX:
                        out["damages"] += 1
                        continue
                    old = out["accounts"].get(str(worker), figures)
                    out["accounts"][str(worker)] = [max(a, b) for a, b in zip(old, figures)]
            else:
                ends, finished = f["flags"] & 1 == 1, struct.unpack_from("<q", payload, 24)[0]
        if segment.until > (self.next or 0):
            if not begun:
                self.begin(index, segment.until, first)
            self.gap(segment.until)
        self.next = self.next or 0
        if first is not None:
            out["segments_missing"] += index - self.index
        self.index = index + 1
        if good:
            out["final"], out["finished_ns"] = ends, finished if ends else 0
        out["damages"] += segment.damages

    def begin(self, index, record_no, first):
        if first is None:
            self.next = out = record_no if index else 0
            self.out["dropped"] = out
        self.out["damages"] += record_no > self.next  # a break between two segments

    def data(self, f, payload, schemas):
        out, worker = self.out, f["worker"]
        known = schemas.get(f["stream"]) == f["record_size"]
        if not known or self.stream_of.setdefault(worker, f["stream"]) != f["stream"]:
            out["missing"] += f["n"]
            out["damages"] += 1
        elif f["worker_seq"] < self.until.get(worker, 0):
            out["damages"] += 1
        else:
            self.until[worker] = f["worker_seq"] + f["n"]
            out["workers"][str(worker)] = out["workers"].get(str(worker), 0) + f["n"]
            out["records"] += f["n"]
            out["crc"] = crc32c(payload, out["crc"])


def read_folder(folder):
    """(frame lines, summary lines)"""
    segments, refused, runs, lines = [], 0, {}, []
    for path in sorted(pathlib.Path(folder).glob("*.mlr")):
        data = path.read_bytes()
        header = read_header(data)
        if header and header["kind"] == 1:
            segments.append((header["segment"], path.name, Segment(data, header)))
        else:
            refused += 1
    places = {}
    for _, name, segment in sorted(segments, key=lambda s: s[0]):
        run, index = segment.header["run"], segment.header["index"]
        refused += run in places and index != places[run] + 1
        places[run] = index
        runs.setdefault(run, Run(run)).add(segment, name, lines)
    sums = []
    for run in runs.values():
        for key in ("workers", "streams", "labels", "error_classes", "accounts"):
            run.out[key] = dict(sorted(run.out[key].items(), key=lambda item: int(item[0])))
        sums.append(json.dumps(run.out, separators=(",", ":"), ensure_ascii=False))
    return lines, sums + [json.dumps({"refused": refused}, separators=(",", ":"))]


if __name__ == "__main__":
    print("\n".join(read_folder(sys.argv[-1])[sys.argv[1] == "--summary"]))
