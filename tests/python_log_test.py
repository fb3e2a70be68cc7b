#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""millrace.Log: the records of a log as NumPy arrays, beside what was pushed and beside tests/read_log.py.

    PYTHONPATH=build/python MILLRACE_TEST_DATA=tests/data python_log_test.py
"""
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import numpy

import make_golden_log as golden
import millrace
import read_log
from millrace import _millrace

GOLDEN = pathlib.Path(os.environ["MILLRACE_TEST_DATA"]) / "log" / "v1"
SEED = int(os.environ.get("MILLRACE_SEED", random.randrange(1 << 32)))
NOT_FOUND, FORMAT = 2, 4


def by_second_reader(folder, run):
    """(worker, worker_seq, bytes) of each record of a run, and whether anything was damaged."""
    found, damages = [], 0
    for path in sorted(folder.glob("*.mlr")):
        data = path.read_bytes()
        header = read_log.read_header(data)
        if header is None:
            damages += 1
            continue
        if f"{header['run']:016x}" != run:
            continue
        segment = read_log.Segment(data, header)
        for frame, payload in segment.frames():
            if frame["type"] == "data":
                size = frame["record_size"]
                found += [(frame["worker"], frame["worker_seq"] + i, payload[i * size:(i + 1) * size])
                          for i in range(frame["n"])]
        damages += segment.damages
    return sorted(found), damages


def by_log(log):
    return sorted((block.worker, block.worker_seq + i, record.tobytes()) for stream in log.streams
                  for block in log.blocks(stream) for i, record in enumerate(block.records))


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def recorded(self, count, **options):
        run = self.folder / "run"
        with millrace.Engine(run, overflow="wait", **options) as engine:
            stream = engine.stream("requests", "request")
            records = stream.blank(count)
            records["start_ns"], records["end_ns"] = numpy.arange(count), numpy.arange(count) * 3
            records["label"] = engine.label("chat")
            with stream.worker() as worker:
                worker.push_many(records)
            engine.finish()
        return run, records


class WhatWasPushed(Case):
    def test_comes_back_with_the_dtype_of_its_schema_and_its_names(self):
        run, records = self.recorded(10_000, segment_bytes=256 << 10)
        log = millrace.Log(run)
        self.assertGreater(len(list(run.glob("*.mlr"))), 2)
        self.assertEqual((log.streams, len(log), log.losses["whole"]), (["requests"], 10_000, True))
        self.assertEqual(log.dtype("requests"), records.dtype)
        numpy.testing.assert_array_equal(log.records("requests"), records)
        self.assertEqual(log.labels[int(records["label"][0])], "chat")
        self.assertEqual([m["name"] for m in log.schema("requests")["metrics"]][0], "latency")
        with self.assertRaises(KeyError):
            log.records("others")

    def test_is_shown_in_place_and_cannot_be_written(self):
        run, _ = self.recorded(1000)
        for block in millrace.Log(run).blocks("requests"):
            self.assertFalse(block.records.flags.owndata or block.records.flags.writeable)
            base = block.records
            while isinstance(base, numpy.ndarray):
                base = base.base
            self.assertIsInstance(base.obj if isinstance(base, memoryview) else base, _millrace.MappedFile)

    def test_statistics_of_the_view_are_those_of_the_replay(self):
        run, _ = self.recorded(5000)
        records = millrace.Log(run).records("requests")
        latency = records["end_ns"] - records["start_ns"]
        metric = millrace.replay(run)["requests"]["latency"]
        self.assertEqual((metric.count, metric.sum, metric.max), (len(latency), latency.sum(), latency.max()))

    def test_runs_are_told_apart(self):
        self.recorded(10)
        run, _ = self.recorded(20, append_log=True)
        log = millrace.Log(run)
        self.assertEqual((len(log.runs), len(log), log.run), (2, 20, log.runs[1]))
        self.assertEqual(len(millrace.Log(run, log.runs[0][:9])), 10)
        with self.assertRaises(millrace.Error) as none:
            millrace.Log(run, "x")
        self.assertEqual(none.exception.code, NOT_FOUND)

    def test_can_be_seen_while_the_run_goes_on(self):
        with millrace.Engine(self.folder / "live") as engine:
            stream = engine.stream("requests")
            with stream.worker() as worker:
                worker.push_many(stream.blank(100))
                engine.flush()
                log = millrace.Log(self.folder / "live")
                self.assertEqual((len(log), log.losses["alive"], log.losses["damaged"]), (100, True, 0))
                worker.push_many(stream.blank(100))
            engine.finish()
        self.assertEqual((len(log), len(millrace.Log(self.folder / "live"))), (100, 200))


    def test_of_a_process_that_was_killed_comes_from_its_rings_too(self):
        program = ("import millrace, os, signal, sys\n"
                   "engine = millrace.Engine(sys.argv[1], overflow='wait')\n"
                   "stream = engine.stream('requests')\n"
                   "worker = stream.worker()\n"
                   "records = stream.blank(5000)\n"
                   "records['end_ns'] = range(5000)\n"
                   "worker.push_many(records)\n"
                   "os.kill(os.getpid(), signal.SIGKILL)\n")
        subprocess.run([sys.executable, "-c", program, self.folder / "killed"], check=False)
        log = millrace.Log(self.folder / "killed")
        self.assertEqual((len(log), log.losses["lost"], log.losses["closed"]), (5000, 0, False))
        numpy.testing.assert_array_equal(log.records("requests")["end_ns"], numpy.arange(5000))


    def test_labels_beyond_the_limit_are_other_and_names_that_are_no_text_are_shown(self):
        run = self.folder / "run"
        with millrace.Engine(run, labels_max=2) as engine:
            with engine.stream("requests").worker() as worker:
                for name in "abcd":
                    worker.push(start_ns=1, label=name)
        log = millrace.Log(os.fsencode(run))
        self.assertEqual([log.labels[n] for n in log.records("requests")["label"]], ["a", "b", "other", "other"])

    def test_folders_may_have_any_name(self):
        odd = os.path.join(os.fsencode(self.folder), b"r\xff")
        with millrace.Engine(odd) as engine:
            with engine.stream("requests").worker() as worker:
                worker.push(start_ns=1)
        for name in (odd, os.fsdecode(odd)):
            self.assertEqual((len(millrace.Log(name)), millrace.replay(name)["requests"].count), (1, 1))
        with self.assertRaises(ValueError):
            millrace.Log(f"{self.folder}/run\0")

    def test_two_schemas_of_one_stream_are_refused_and_two_fields_of_one_name_are_not(self):
        other = golden.GAPS.replace(b'"index"', b'"place"')
        for number in (2, 3):  # the same in another segment, and another of one name
            first, second = golden.Segment(1, 0x11, 0), golden.Segment(2, 0x11, 1, 5)
            first.name(1, 2, golden.GAPS)
            first.slice(3, 2, 0, 5)
            second.name(1, number, other)
            second.slice(3, number, 5, 5)
            self.write(first, second)
            for read in (millrace.Log, millrace.replay):
                with self.assertRaises(millrace.Error) as refused:
                    read(self.folder / "made")
                self.assertEqual(refused.exception.code, FORMAT)
                self.assertIn("token_gaps", str(refused.exception))
        segment = golden.Segment(1, 0x11, 0)
        segment.name(1, 1, golden.REQUESTS.replace(b'"code"', b'"reserved"'))
        segment.slice(1, 1, 0, 5)
        self.write(segment)
        self.assertLessEqual({"reserved", "reserved_2"}, set(millrace.Log(self.folder / "made").dtype("requests").names))

    def write(self, *segments):
        made = self.folder / "made"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        for number, segment in enumerate(segments, 1):
            (made / f"{number:020}.mlr").write_bytes(segment.data)


class TheSecondReader(Case):
    def test_finds_the_same_in_the_golden_log(self):
        for run in millrace.Log(GOLDEN).runs:
            log = millrace.Log(GOLDEN, run)
            expected, _ = by_second_reader(GOLDEN, run)
            self.assertEqual(by_log(log), expected, run)
            self.assertGreater(len(log), 0)

    def test_finds_no_record_that_is_not_there_when_bytes_are_flipped(self):
        print(f"seed {SEED}; MILLRACE_SEED={SEED} draws the same", file=sys.stderr)
        draw = random.Random(SEED)
        run = millrace.Log(GOLDEN).runs[0]
        whole, _ = by_second_reader(GOLDEN, run)
        for _ in range(25):
            copy = self.folder / "copy"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(GOLDEN, copy)
            file = copy / "00000000000000000001.mlr"
            data = bytearray(file.read_bytes())
            for _ in range(draw.randint(1, 3)):
                data[draw.randrange(4096, 60_000)] ^= 1 << draw.randrange(8)
            file.write_bytes(data)
            expected, damages = by_second_reader(copy, run)
            log = millrace.Log(copy, run)
            found = by_log(log)
            self.assertLessEqual(set(found), set(whole))
            # A frame whose stream is not named is nothing to this reader, which needs its dtype.
            self.assertLessEqual(set(found), set(expected))
            if len(found) < len(whole):
                self.assertFalse(log.losses["whole"])

    def test_a_log_of_another_version_is_refused_and_rubbish_is_damage(self):
        copy = self.folder / "copy"
        shutil.copytree(GOLDEN, copy)
        (copy / "00000000000000000007.mlr").write_bytes(b"rubbish" * 1000)
        (copy / "00000000000000000008.mlr").write_bytes(b"")
        self.assertEqual(millrace.Log(copy).losses["damaged"] - millrace.Log(GOLDEN).losses["damaged"], 2)
        for path in copy.glob("*.mlr"):
            data = bytearray(path.read_bytes())
            data[8:10] = struct.pack("<H", 2)
            data[4092:4096] = struct.pack("<I", read_log.crc32c(bytes(data[:4092])))
            path.write_bytes(data)
        with self.assertRaises(millrace.Error) as refused:
            millrace.Log(copy)
        self.assertEqual(refused.exception.code, FORMAT)
        with self.assertRaises(millrace.Error):
            millrace.Log(self.folder / "nowhere")


if __name__ == "__main__":
    unittest.main()
