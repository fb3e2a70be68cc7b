#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The Python package: engine, workers, numbers beside NumPy's, errors, threads, fork, the end of the interpreter.

    PYTHONPATH=build/python python_package_test.py
"""
import ast
import fractions
import inspect
import math
import multiprocessing
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest

import numpy

import millrace
from millrace import _millrace

SEED = int(os.environ.get("MILLRACE_SEED", random.randrange(1 << 32)))
INVALID_ARGUMENT, CLOSED = 1, 7


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def assert_refused(self, code, call, *words):
        with self.assertRaises(millrace.Error) as refused:
            call()
        self.assertEqual(refused.exception.code, code)
        for word in words:
            self.assertIn(word, str(refused.exception))


class Numbers(Case):
    def test_percentiles_are_numpys_of_the_same_values_by_every_rule(self):
        print(f"seed {SEED}; MILLRACE_SEED={SEED} draws the same", file=sys.stderr)
        draw = numpy.random.default_rng(SEED)
        ps = [0, 1, 25, 50, 90, 99, 99.9, 100]

        # numpy's inverted_cdf takes the 19,981st of 20,000 for p99.9, by rounding.
        def nearest_rank(values):
            return [numpy.sort(values)[max(math.ceil(fractions.Fraction(str(p)) * len(values) / 100), 1) - 1] for p in ps]

        rules = {"nearest-rank": nearest_rank, "linear": lambda v: numpy.percentile(v, ps),
                 "exclusive-clamped": lambda v: numpy.percentile(v, ps, method="weibull")}
        for size in (1, 2, 10, 999, 20_000):
            with millrace.Engine(overflow="wait") as engine:
                stream = engine.stream("samples", millrace.Schema.sample("size", "bytes"))
                records = stream.blank(size)
                records["value"] = numpy.round(draw.lognormal(3, 2, size), 2)
                with stream.worker() as worker:
                    self.assertEqual(worker.push_many(records), size)
                metric = engine.finish()["samples"]["size"]
            for rule, by_rule in rules.items():
                expected = by_rule(records["value"])
                got = metric.percentiles(ps, rule)
                numpy.testing.assert_allclose([p.value for p in got], expected, rtol=1e-12, err_msg=f"{rule}, {size}")
                self.assertTrue(all(p.exact for p in got))
            self.assertEqual((metric.count, metric.unit), (size, "bytes"))
            self.assertAlmostEqual(metric.mean, records["value"].mean(), delta=1e-9 * metric.mean)
            self.assertEqual((metric.min, metric.max), (records["value"].min(), records["value"].max()))

    def test_what_is_absent_is_none(self):
        with millrace.Engine() as engine:
            stream = engine.stream("requests", "request")
            with stream.worker() as worker:
                self.assertTrue(worker.push(start_ns=5, end_ns=None))
            requests = engine.finish()["requests"]
        latency = requests["latency"]
        self.assertEqual((latency.count, latency.sum, latency.mean, latency.max), (0, 0, None, None))
        self.assertIsNone(latency.percentile(50))
        self.assertEqual((requests.first_start_ns, requests.first_end_ns, requests.good), (5, None, None))

    def test_labels_statuses_and_error_classes_tell_records_apart(self):
        with millrace.Engine() as engine:
            stream = engine.stream("requests", "request", goodput={"latency": 15})
            with stream.worker() as worker:
                for i in range(30):
                    worker.push(start_ns=0, end_ns=i, label="even" if i % 2 == 0 else None,
                                **({"status": "error", "error_class": "timeout"} if i >= 25 else {}))
            live = engine.snapshot()["requests"]
            requests = engine.finish()["requests"]
        self.assertEqual(requests.by_status, {"ok": 25, "error": 5, "incomplete": 0})
        self.assertEqual((sorted(requests.labels), requests.errors, requests.good), (["", "even"], {"timeout": 5}, 16))
        self.assertEqual(requests.select("ok", "even").count, 13)
        self.assertEqual(requests.select(label="")["latency"].max, 29)
        self.assertEqual((live.count, live["latency"].max), (30, 29))
        with self.assertRaises(KeyError):
            _ = requests["no such metric"]
        with self.assertRaises(AttributeError):
            _ = requests.no_such_number
        self.assert_refused(INVALID_ARGUMENT, lambda: live.select("ok"), "summary")
        self.assert_refused(INVALID_ARGUMENT, lambda: live["latency"].percentile(50, "linear"), "nearest-rank")

    def test_records_of_your_own_are_a_numpy_dtype(self):
        schema = millrace.Schema(
            "disk_read", [("start_ns", "i8"), ("end_ns", "i8"), ("bytes", "u4"), ("device", "u2"), ("status", "u1"),
                          ("unused", "u1")],
            roles={"start": "start_ns", "end": "end_ns", "label": "device", "status": "status"},
            metrics={"latency": ("nanoseconds", "difference", "end_ns", "start_ns"),
                     "level": ("none", "field", "bytes", {"domain": "any"})})
        self.assertEqual(schema.dtype.itemsize, 24)
        with millrace.Engine(log_dir=self.folder / "run") as engine:
            reads = engine.stream("reads", schema)
            with reads.worker() as worker:
                self.assertTrue(worker.push(start_ns=1, end_ns=4, bytes=4096, device="sda", status="incomplete"))
            summary = engine.finish()
        self.assertEqual(summary["reads"].select("incomplete", "sda")["latency"].sum, 3)
        self.assertEqual(millrace.replay(self.folder / "run").digest, summary.digest)
        self.assert_refused(INVALID_ARGUMENT, lambda: millrace.Schema("gap", [("a", "i8"), ("b", "u4")]), "gap")
        self.assert_refused(INVALID_ARGUMENT, lambda: millrace.Schema("c", [("a", "c16")]), "type")

    def test_a_log_replays_to_the_same_digest_and_a_report_says_so(self):
        with millrace.Engine(self.folder / "run", low_memory=True, percentiles=[50, 99]) as engine:
            with engine.stream("requests").worker() as worker:
                for i in range(1000):
                    worker.push(start_ns=i, first_token_ns=i + 7, end_ns=i + 100 + i % 13, output_tokens=3)
            summary = engine.finish()
        replayed = millrace.replay(self.folder / "run")
        self.assertEqual(replayed.digest, summary.digest)
        self.assertTrue(replayed.losses["whole"])
        self.assertIsNone(summary.losses)
        self.assertEqual(summary.log["logged"], 1000)
        self.assertIn("1,000", replayed.report())
        self.assertIn('"requests"', replayed.report("json", by="label", percentiles=[99]))
        self.assertEqual(replayed["requests"]["time_to_first_token"].percentile(99), 7)


class Pushing(Case):
    def test_wrong_fields_and_values_raise_and_push_nothing(self):
        with millrace.Engine() as engine:
            stream = engine.stream("requests", "request")
            with stream.worker() as worker:
                for error, fields in ((TypeError, {"no_such_field": 1}), (TypeError, {"start_ns": 1.5}),
                                      (TypeError, {"start_ns": "now"}), (OverflowError, {"code": 1 << 16}),
                                      (OverflowError, {"code": -1}), (OverflowError, {"start_ns": 1 << 63}),
                                      (millrace.Error, {"status": "good"}), (ValueError, {"label": "a\0b"}),
                                      (ValueError, {"label": "\udcff"})):
                    with self.assertRaises(error, msg=fields):
                        worker.push(**fields)
                self.assertEqual(worker.accepted, 0)
                self.assertTrue(worker.push(**{"".join(["start", "_ns"]): 1, "code": numpy.uint16(200)}))
            self.assertEqual(engine.finish().accounting["accepted"], 1)

    def test_arrays_of_another_record_or_with_gaps_are_refused(self):
        with millrace.Engine() as engine:
            stream = engine.stream("requests", "request")
            with stream.worker() as worker:
                self.assert_refused(INVALID_ARGUMENT, lambda: worker.push_many(numpy.zeros(5)), "64 bytes")
                self.assert_refused(INVALID_ARGUMENT, lambda: worker.push_many(numpy.zeros(3, "V64")), "dtype")
                self.assert_refused(INVALID_ARGUMENT, lambda: worker.push_many(stream.blank(9)[::2]), "gaps")
                self.assertEqual(worker.push_many(stream.blank(9)[2:5]), 3)
                self.assertEqual(worker.push_many(stream.blank(0)), 0)

    def test_a_full_ring_refuses_counts_and_loses_nothing_silently(self):
        with millrace.Engine(ring_blocks=2, ring_records_min=0) as engine:
            stream = engine.stream("requests")
            records = stream.blank(50_000)
            with stream.worker() as worker:
                accepted = worker.push_many(records)
                rejected = worker.rejected
            accounting = engine.finish().accounting
        self.assertEqual(accepted + rejected["full"], 50_000)
        self.assertEqual((accounting["accepted"], accounting["rejected_full"], accounting["in_flight"]),
                         (accepted, rejected["full"], 0))

    def test_threads_each_with_a_worker_lose_nothing(self):
        with millrace.Engine(overflow="wait", ring_blocks=2, ring_records_min=0) as engine:
            stream = engine.stream("requests", "request")

            def load(label):
                with stream.worker() as worker:
                    for i in range(5000):
                        worker.push(start_ns=0, end_ns=i, label=label)

            threads = [threading.Thread(target=load, args=(f"t{i}",)) for i in range(4)]
            for thread in threads:
                thread.start()
            while any(t.is_alive() for t in threads):
                engine.flush()
                self.assertLessEqual(engine.snapshot().accounting["accepted"], 20_000)
            for thread in threads:
                thread.join()
            requests = engine.finish()["requests"]
        self.assertEqual((requests.count, [requests.select(label=l).count for l in sorted(requests.labels)]),
                         (20_000, [5000] * 4))


class Lives(Case):
    def test_what_is_closed_says_so_and_workers_outlive_their_engine(self):
        engine = millrace.Engine()
        stream = engine.stream("requests")
        worker = stream.worker()
        self.assertTrue(worker.push(start_ns=1))
        summary = engine.finish()
        self.assertEqual(engine.finish().digest, summary.digest)
        engine.close()
        engine.close()
        for call in (engine.flush, engine.snapshot, engine.finish, stream.worker, lambda: engine.stream("more"),
                     lambda: engine.label("x")):
            self.assert_refused(CLOSED, call)
        self.assertFalse(worker.push(start_ns=1))
        self.assertFalse(worker.push(start_ns=1, label="new"))
        self.assertEqual(worker.rejected["closed"], 2)
        worker.close()
        worker.close()
        self.assert_refused(CLOSED, lambda: worker.push(start_ns=1))
        self.assertEqual(summary["requests"].count, 1)

    def test_options_that_are_none_are_named(self):
        self.assert_refused(INVALID_ARGUMENT, lambda: millrace.Engine(ring_block=2), "ring_block")
        self.assert_refused(INVALID_ARGUMENT, lambda: millrace.Engine(idle="sometimes"), "back-off")
        self.assert_refused(INVALID_ARGUMENT, lambda: millrace.Engine(workers_max=0), "workers_max")
        for option, value in (("ring_blocks", "x"), ("ring_blocks", -1), ("workers_max", 1 << 40), ("percentiles", 99),
                              ("overflow", 1), ("overflow", "both")):
            self.assert_refused(INVALID_ARGUMENT, lambda: millrace.Engine(**{option: value}), option)
        with millrace.Engine(log_dir=None) as engine:
            self.assert_refused(INVALID_ARGUMENT, lambda: engine.stream("a", "request", warmup=1), "warmup_ns")
            self.assert_refused(INVALID_ARGUMENT, lambda: engine.stream("a", "requests"), "generation")
            self.assert_refused(INVALID_ARGUMENT, lambda: engine.stream("a", warmup_ns=1.5), "warmup_ns")
            self.assert_refused(INVALID_ARGUMENT, lambda: engine.stream("a", goodput={"latency": "x"}), "goodput")
            self.assert_refused(INVALID_ARGUMENT, lambda: engine.stream("a" * 121), "120")
        self.assert_refused(INVALID_ARGUMENT, lambda: millrace.replay(), "input")

    def test_a_forked_child_pushes_nothing_and_the_parent_goes_on(self):
        with millrace.Engine() as engine:
            with engine.stream("requests").worker() as worker:
                worker.push(start_ns=1)

                def child(verdict):
                    try:
                        engine.flush()
                    except millrace.Error as error:
                        verdict.put((worker.push(start_ns=2), error.code, worker.rejected["forked"]))

                context = multiprocessing.get_context("fork")
                verdict = context.SimpleQueue()
                process = context.Process(target=child, args=(verdict,))
                process.start()
                process.join(30)
                self.assertEqual(process.exitcode, 0)
                self.assertEqual(verdict.get(), (False, CLOSED, 1))
                worker.push(start_ns=3)
            self.assertEqual(engine.finish()["requests"].count, 2)

    def test_an_engine_that_is_open_when_the_interpreter_ends_is_finished(self):
        code = """
            import millrace, sys
            engine = millrace.Engine(sys.argv[1])
            worker = engine.stream("requests").worker()
            for i in range(1000): worker.push(start_ns=i)
        """
        subprocess.run([sys.executable, "-c", textwrap.dedent(code), self.folder / "run"], check=True, timeout=60)
        replayed = millrace.replay(self.folder / "run")
        self.assertEqual(replayed["requests"].count, 1000)
        self.assertTrue(replayed.losses["whole"] and replayed.losses["closed"], replayed.losses)

    def test_a_thread_in_a_call_does_not_keep_the_interpreter_from_ending(self):
        code = """
            import millrace, sys, threading, time
            engine = millrace.Engine(sys.argv[2], overflow="wait")
            stream = engine.stream("requests")
            worker, records = stream.worker(), stream.blank(100)
            calls = {"snapshot": engine.snapshot, "flush": engine.flush, "push_many": lambda: worker.push_many(records),
                     "push": lambda: worker.push(start_ns=1)}
            def call():
                while True: calls[sys.argv[1]]()
            threading.Thread(target=call, daemon=True).start()
            time.sleep(0.1)
        """
        for call in ("snapshot", "flush", "push_many", "push"):
            for turn in range(3):
                run = self.folder / f"{call}{turn}"
                subprocess.run([sys.executable, "-c", textwrap.dedent(code), call, run], check=True, timeout=60)
                self.assertTrue(millrace.replay(run).losses["closed"], call)

    def test_others_run_while_the_engine_waits(self):
        with millrace.Engine(overflow="wait", ring_blocks=2, ring_records_min=0) as engine:
            stream = engine.stream("requests")
            ticks, stop = [0], threading.Event()

            def tick():
                while not stop.is_set():
                    ticks[0] += 1
                    time.sleep(0.001)

            ticking = threading.Thread(target=tick)
            ticking.start()
            with stream.worker() as worker:
                worker.push_many(stream.blank(200_000))
            before = ticks[0]
            for _ in range(20):
                engine.flush()
                engine.snapshot()
                time.sleep(0.001)
            stop.set()
            ticking.join()
        self.assertGreater(ticks[0], before)


class Documented(unittest.TestCase):
    def test_each_public_name_has_a_text(self):
        for name in millrace.__all__:
            thing = getattr(millrace, name)
            self.assertTrue(name == "__version__" or inspect.getdoc(thing), name)
            if inspect.isclass(thing) and thing.__module__.startswith("millrace"):
                silent = [n for n, f in vars(thing).items() if inspect.isfunction(f) and not n.startswith("_") and not f.__doc__]
                self.assertEqual(silent, [], name)

    def test_the_stubs_name_all_that_the_module_has_and_no_more(self):
        stubs = ast.parse((pathlib.Path(millrace.__file__).parent / "_millrace.pyi").read_text())

        def names(body):
            return {getattr(n, "name", None) or n.target.id for n in body
                    if isinstance(n, (ast.ClassDef, ast.FunctionDef, ast.AnnAssign))}

        def public(thing):
            return {n for n in vars(thing) if not n.startswith("__") and n != "_pybind11_conduit_v1_"}

        self.assertEqual(names(stubs.body) - {"__version__"}, public(_millrace))
        for made in stubs.body:
            if isinstance(made, ast.ClassDef) and made.name != "Error":
                declared = {n for n in names(made.body) if not n.startswith("__")}
                self.assertEqual(declared, public(getattr(_millrace, made.name)), made.name)


if __name__ == "__main__":
    unittest.main()
