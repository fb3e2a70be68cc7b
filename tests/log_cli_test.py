#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs on the command line: writing, replay, verify, info, recover, export, watch.

    tests/log_cli_test.py PATH_OF_MILLRACE [unittest arguments]   or MILLRACE_BIN=... tests/log_cli_test.py

Standard library only. Logs are written by `millrace demo`; damage is done to copies of them.
"""
import csv
import hashlib
import io
import json
import os
import pty
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
import unittest
from pathlib import Path
from xml.etree import ElementTree

import cli_test
from cli_test import QUIET_ENV, RESPONSES, Case, millrace, parse, read_terminal, report

DEADLINE = 60  # seconds, generous: nothing below depends on it when all is well
HEADER = 4096
READERS = (("replay",), ("info",), ("verify",), ("export", "--format", "jsonl"), ("watch",))


def listing(folder):
    """Names, sizes, times and content's checksums of a folder."""
    return {p.name: (p.stat().st_size, p.stat().st_mtime_ns, hashlib.sha256(p.read_bytes()).hexdigest())
            for p in sorted(folder.iterdir())}


def digest_of(text):
    found = re.findall(r"(?m)^digest ([0-9a-f]{16})$", text)
    return found[0] if len(found) == 1 else None


def segments(folder):
    return sorted(folder.glob("*.mlr"))


def end_offset(content):
    """Where the END frame of a segment stands."""
    at = HEADER
    while True:
        commit = struct.unpack_from("<Q", content, at)[0]
        if (commit >> 28) & 0xF == 5:
            return at
        at += (commit & 0x0FFFFFFF) * 64


def data_frames(content):
    """(offset, bytes, records) of each DATA frame."""
    frames, at = [], HEADER
    while at + 64 <= len(content):
        commit = struct.unpack_from("<Q", content, at)[0]
        if commit == 0:
            break
        size = (commit & 0x0FFFFFFF) * 64
        if (commit >> 28) & 0xF == 1:
            frames.append((at, size, struct.unpack_from("<I", content, at + 32)[0]))
        at += size
    return frames


class LogCase(Case):
    """A folder for logs, and one log that tests only read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.log = cls.folder / "log"
        cls.demo = millrace("demo", "--records", "60k", "--workers", "3", "--labels", "3", "--quiet", "--log", cls.log,
                            "--segment-bytes", "2MiB")
        assert cls.demo[0] == 0, cls.demo

    def fresh(self, name):
        path = self.folder / f"{self._testMethodName}-{name}"
        shutil.rmtree(path, ignore_errors=True)
        return path

    def copy(self, name="copy"):
        return Path(shutil.copytree(self.log, self.fresh(name)))

    def start(self, *arguments, **more):
        process = subprocess.Popen([cli_test.MILLRACE, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=QUIET_ENV, **more)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe and not pipe.closed:
                pipe.close()

    def outcome(self, process):
        out, err = process.communicate(timeout=DEADLINE)
        return process.returncode, out.decode(), err.decode()

    def until(self, true):
        deadline = time.monotonic() + DEADLINE
        while not true():
            self.assertLess(time.monotonic(), deadline, "it does not come")
            time.sleep(0.02)

    def running(self, folder, *more):
        """A demo that has begun to log, at a rate, for a minute."""
        demo = self.start("demo", "--rate", "20k", "--duration", "60s", "--quiet", "--log", folder, *more)
        self.until(lambda: millrace("info", folder, "--format", "json")[0] == 0
                   and parse(millrace("info", folder, "--format", "json")[1])["runs"][0]["records"] > 0)
        return demo

    def killed(self, name="killed", *more):
        """A log whose writer was killed under way."""
        folder = self.fresh(name)
        demo = self.running(folder, *more)
        demo.kill()
        demo.wait()
        return folder


class Pages(LogCase):
    """--format html of logs."""

    def test_a_page_of_a_log_has_its_digest_and_one_pass_is_enough(self):
        code, page, err = millrace("replay", self.log, "--format", "html")
        self.assertEqual((code, err), (0, ""))
        self.assertIn(f"digest {digest_of(self.demo[1])}", page)
        self.assertIn("; 1 pass for percentiles", page)
        ElementTree.fromstring(page)
        for by in ("status", "label"):
            self.assertEqual(millrace("replay", self.log, "--format", "html", "--by", by)[0], 0)

    def test_a_profile_has_a_page_of_the_same_numbers(self):
        log = self.fresh("small")
        self.assertEqual(millrace("demo", "--records", "2k", "--quiet", "--log", log)[0], 0)
        for profile in ("millrace", "guidellm-0.2.1", "guidellm-0.7.3"):
            code, page, err = millrace("replay", log, "--profile", profile, "--format", "html")
            self.assertEqual((code, err), (0, ""))
            numbers = {float(data.get("value")) for data in ElementTree.fromstring(page).iter("data")}
            found = parse(millrace("replay", log, "--profile", profile, "--format", "json")[1])
            metrics = found["benchmarks"][0]["metrics"] if "benchmarks" in found else found
            for name, by_status in metrics.items():
                d = by_status.get("successful")  # some are no distributions
                if isinstance(d, dict) and d["count"]:
                    for number in (d["mean"], d["mode"], d["median"], *(d["percentiles"][p] for p in ("p90", "p95", "p99"))):
                        self.assertIn(number, numbers, name)

    def test_a_damaged_log_says_so_at_the_top(self):
        log = self.copy()
        segments(log)[1].unlink()
        code, page, _ = millrace("replay", log, "--format", "html")
        self.assertEqual(code, 4)
        self.assertLess(page.index("Something is missing from the log"), page.index("<h2>"))


class LiveIsReplayed(LogCase):
    def test_the_digest_of_a_run_is_that_of_its_replay(self):
        for writer in ("mapped", "pwrite"):
            for memory in ((), ("--low-memory",)):
                with self.subTest(writer=writer, memory=memory):
                    folder = self.fresh(writer)
                    code, out, err = millrace("demo", "--records", "50k", "--labels", "5", "--quiet", "--log", folder,
                                              "--segment-bytes", "1MiB", "--log-write", writer, *memory)
                    self.assertEqual(code, 0, err)
                    self.assertIn(f"log: '{folder}', 50,000 records in", out)
                    self.assertIn("percentiles: nearest-rank, exact", out)
                    digest = digest_of(out)
                    self.assertIsNotNone(digest, out)
                    for threads in ("1", "2", "5"):
                        code, again, err = millrace("replay", folder, "--threads", threads)
                        self.assertEqual((code, err), (0, ""))
                        self.assertEqual(digest_of(again), digest)
                        self.assertTrue(again.endswith(f"\ndigest {digest}\n"))

    def test_tables_and_accounting_of_run_and_replay_are_the_same_text(self):
        code, out, _ = millrace("replay", self.log)
        self.assertEqual(code, 0)
        live, replayed = (re.sub(r"(?ms)^log: .*?(?=^digest)", "", text) for text in (self.demo[1], out))
        self.assertEqual(replayed, live)

    def test_the_json_has_the_same_numbers_and_the_digest(self):
        folder = self.fresh("log")
        code, out, _ = millrace("demo", "--records", "5k", "--log", folder, "--format", "json", "--by", "status", "-q")
        self.assertEqual(code, 0)
        live, replayed = parse(out), report("replay", folder, "--by", "status")
        for key in ("digest", "accounting", "workers"):
            self.assertEqual(live[key], replayed[key])
        self.assertEqual(live["streams"], replayed["streams"])
        self.assertEqual(live["log"]["logged"], 5000)
        run = replayed["log"]["runs"][0]
        self.assertEqual((run["records"], run["state"], run["whole"]), (5000, "closed", True))
        self.assertIs(replayed["log"]["whole"], True)

    def test_files_have_no_digest(self):
        self.assertNotIn("digest", millrace("replay", RESPONSES)[1])
        self.assertNotIn("digest", report("replay", RESPONSES))
        self.assertNotIn("digest", millrace("demo", "--records", "10", "-q")[1])

    def test_other_percentiles_rules_labels_checks_and_limits(self):
        live = self.fresh("log")
        flags = ("--rule", "linear", "-p", "1,50,99.99", "--by", "label", "--check", "ttft:p(75)<1h", "--goodput",
                 "ttft:200ms")
        demo = report("demo", "--records", "20k", "--labels", "3", "--log", live, "-q", *flags)
        again = report("replay", live, *flags)
        for key in ("by_label", "metrics", "goodput"):
            self.assertEqual(demo["streams"][0][key], again["streams"][0][key])
        self.assertEqual(demo["checks"], again["checks"])
        self.assertTrue(all(m["exact"] for m in again["streams"][0]["metrics"].values()))
        # The limits are in the log, too.
        own = report("replay", live)["streams"][0]["goodput"]
        self.assertEqual(own, again["streams"][0]["goodput"])
        self.assertIn("time_to_first_token <= 200.0 ms", millrace("replay", live)[1])
        code, out, _ = millrace("replay", live, "--check", "ttft:max<1ns")
        self.assertEqual(code, 99)
        self.assertIn("check failed", out)

    def test_several_runs_in_one_folder(self):
        folder = self.fresh("log")
        for records in ("1k", "2k", "4k"):
            code, _, err = millrace("demo", "--records", records, "--log", folder, "-q", "--append")
            self.assertEqual((code, err), (0, ""))
        self.refused(2, "holds 3 runs already", "demo", "--records", "1", "--log", folder, "-q")
        runs = parse(millrace("info", folder, "--format", "json")[1])["runs"]
        self.assertEqual([r["records"] for r in runs], [1000, 2000, 4000])
        self.assertEqual(report("replay", folder)["streams"][0]["records"], 4000)
        self.assertEqual(report("replay", folder, "--run", "all")["streams"][0]["records"], 7000)
        self.assertEqual(report("replay", folder, "--run", runs[1]["run"])["streams"][0]["records"], 2000)
        self.assertEqual(report("replay", folder, self.log)["streams"][0]["records"], 64_000)
        self.refused(1, "no run whose number begins with 'xyz'", "replay", folder, "--run", "xyz")
        self.assertEqual(millrace("verify", folder)[1].splitlines()[-1], "7,000 records, whole")

    def test_several_folders_are_taken_in_the_order_in_which_they_are_named(self):
        folders = [self.fresh("first"), self.fresh("second")]
        for folder, records in zip(folders, ("1k", "3k")):
            self.assertEqual(millrace("demo", "--records", records, "--log", folder, "-q")[0], 0)
        for order in (folders, folders[::-1]):
            both = report("replay", *order)
            self.assertEqual(both["streams"][0]["records"], 4000)
            self.assertEqual([run["dir"] for run in both["log"]["runs"]], [str(folder) for folder in order])
        copy = self.fresh("copy")
        shutil.copytree(folders[0], copy)
        self.refused(2, "its records would count twice", "replay", folders[0], folders[1], copy)
        self.refused(2, "its records would count twice", "replay", folders[0], folders[1], folders[0])

    def test_the_profile_of_llmeter_works_on_a_log(self):
        code, out, err = millrace("replay", self.log, "--profile", "llmeter", "--format", "json")
        self.assertEqual((code, err), (0, ""))
        stats = json.loads(out)
        own = report("replay", self.log, "--rule", "exclusive")["streams"][0]
        ttft = own["metrics"]["time_to_first_token"]
        self.assertAlmostEqual(stats["time_to_first_token-p90"], ttft["percentiles"]["p90"] / 1e9, places=12)
        self.assertEqual(stats["failed_requests"], own["status"]["error"])

    def test_low_memory_needs_a_log_and_says_its_passes(self):
        self.refused(2, "--low-memory", "demo", "--records", "1", "--low-memory")
        self.assertRegex(millrace("replay", self.log)[1], r"(?m)^log: 1 run, \d+ segments, .*; \d+ pass(es)? for perc")

    def test_rings_in_another_folder(self):
        rings = self.fresh("rings")
        rings.mkdir()
        folder = self.killed("log", "--ring-dir", rings)
        code, out, _ = millrace("replay", folder)
        self.assertEqual(code, 3)
        self.assertIn(f"its rings are in '{rings}': --ring-dir reads them", out)
        code, out, _ = millrace("replay", folder, "--ring-dir", rings)
        self.assertEqual(code, 3)
        self.assertNotIn("its rings are in", out)
        self.assertEqual(millrace("recover", folder, "--ring-dir", rings)[0], 0)
        self.assertEqual(list(rings.iterdir()), [])
        self.assertEqual(millrace("replay", folder)[0], 0)


class GuidellmFiles(LogCase):
    """--profile guidellm-...: what is written, and where to."""
    SEED = cli_test.DATA / "vectors" / "guidellm" / "n10_status" / "files_v021"
    PROFILES = ("guidellm-0.2.1", "guidellm-0.7.3")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.small = cls.folder / "small"
        assert millrace("demo", "--records", "400", "--log", cls.small, "-q")[0] == 0

    def written(self, profile, *flags):
        code, out, err = millrace("replay", self.small, "--profile", profile, "-q", *flags)
        self.assertEqual((code, err), (0, ""))
        return out

    def document(self, profile, *flags):
        return json.loads(self.written(profile, "--format", "guidellm-json", *flags))

    def test_json_lists_all_requests_and_json_is_its_other_name(self):
        for profile in self.PROFILES:
            benchmark = self.document(profile)["benchmarks"][0]
            requests = benchmark["requests"]
            self.assertEqual(sum(len(requests[s]) for s in ("successful", "errored", "incomplete")), 400)
            errors = {r["error"] if "error" in r else r["info"]["error"] for r in requests["errored"]}
            self.assertLessEqual(errors, {"connection reset", "429 too many requests"})
            self.assertTrue(requests["successful"][0]["request_id"].isdecimal())
            self.assertEqual(self.written(profile, "--format", "json"), self.written(profile, "--format", "guidellm-json"))

    def test_a_sample_is_the_same_each_time_and_says_its_sizes(self):
        for profile in self.PROFILES:
            document = self.document(profile, "--sample", "7")
            self.assertEqual(document, self.document(profile, "--sample", "7"))
            self.assertEqual(len(document["benchmarks"][0]["requests"]["successful"]), 7)
            self.assertEqual(self.document(profile, "--sample", "0")["benchmarks"][0]["requests"]["successful"], [])
        samples = self.document("guidellm-0.2.1", "--sample", "7")["benchmarks"][0]["request_samples"]
        errors = self.document("guidellm-0.2.1")["benchmarks"][0]["request_totals"]["errored"]
        self.assertEqual(samples, {"successful": 7, "errored": min(7, errors), "incomplete": 0, "total": None})
        self.assertIsNone(self.document("guidellm-0.2.1")["benchmarks"][0]["request_samples"])
        self.assertEqual(self.document("guidellm-0.7.3", "--sample", "7")["benchmarks"][0]["config"]["sample_size"], 7)
        code, _, err = millrace("replay", self.small, "--profile", "guidellm-0.7.3", "--sample", "7", "--format", "json")
        self.assertEqual(code, 0)
        self.assertRegex(err, r"millrace: --sample: 7 of \d+ successful, \d of \d errored, 0 of 0 incomplete \(seed 0x\w+\)")

    def test_curves_are_distributions(self):
        for profile, key in zip(self.PROFILES, ("cumulative_distribution_function", "pdf")):
            plain, curved = self.document(profile), self.document(profile, "--curves")
            metrics = [d["benchmarks"][0]["metrics"]["request_latency"]["successful"] for d in (plain, curved)]
            self.assertIsNone(metrics[0][key])
            curve = metrics[1][key]
            self.assertEqual(sorted(curve), curve)
            self.assertAlmostEqual(curve[-1][1] if key[0] == "c" else sum(p for _, p in curve), 1)

    def test_what_is_written_is_read_again(self):
        for profile in self.PROFILES:
            folder = self.fresh("results")
            self.written(profile, "-o", folder / "of" / "run.json")
            own = report("replay", self.small)["streams"][0]
            again = report("replay", folder / "of" / "run.json")["streams"][0]
            self.assertEqual(own["status"], again["status"])
            for metric in ("time_to_first_token", "time_to_last_token"):
                a, b = (s["metrics"][metric]["percentiles"]["p99"] for s in (own, again))
                self.assertAlmostEqual(a, b, delta=1000)  # ns

    def test_the_ending_of_the_path_or_a_folder_tells_the_format(self):
        begins = {"json": "{", "yaml": "benchmarks:\n", "yml": "benchmarks:\n", "CSV": ""}
        for ending, begin in begins.items():
            path = self.fresh("new") / "made" / f"x.{ending}"
            self.written("guidellm-0.2.1", "-o", path)
            self.assertTrue(path.read_text().startswith(begin))
        self.assertEqual(len(next(csv.reader(io.StringIO(path.read_text(), newline="")))), 175)
        folder = self.fresh("folder")
        folder.mkdir()
        self.written("guidellm-0.7.3", "-o", folder)
        self.written("guidellm-0.7.3", "-o", folder, "--format", "guidellm-yaml")
        self.written("guidellm-0.7.3", "-o", folder, "--format", "guidellm-csv")
        self.assertEqual(sorted(p.name for p in folder.iterdir()), ["benchmarks.csv", "benchmarks.json", "benchmarks.yaml"])
        rows = list(csv.reader(io.StringIO((folder / "benchmarks.csv").read_text(), newline="")))
        self.assertEqual({len(row) for row in rows}, {len(rows[0])})
        self.assertEqual([len(rows), rows[0][0], rows[1][0]], [4, "Run Info", "Run ID"])
        self.written("guidellm-0.7.3", "-o", folder / "x.txt", "--format", "guidellm-console")

    def test_the_console_of_each_version(self):
        old, new = (self.written(p, "--format", "guidellm-console") for p in self.PROFILES)
        self.assertIn("Benchmarks Metadata:\n    Run id:\n", old)
        self.assertIn("Req Latency (ms)", old)
        self.assertIn("| Request Latency ", new)
        self.assertEqual(len({len(line) for line in new.splitlines()[4:9]}), 1)

    def test_texts_are_carried_through(self):
        flags = ("--texts", self.SEED / "benchmarks.json")
        seed = json.loads((self.SEED / "benchmarks.json").read_text())["benchmarks"][0]
        ours = self.document("guidellm-0.2.1", *flags)["benchmarks"][0]
        for key in ("id_", "run_id", "args", "worker", "request_loader", "extras"):
            self.assertEqual(ours[key], seed[key])
        self.assertIn("synchronous|", self.written("guidellm-0.2.1", *flags, "--format", "guidellm-console"))
        texts = self.fresh("texts.json")
        texts.write_text('{"config": {"run_id": "r1", "strategy": {"type_": "constant", "rate": 2.5}}}')
        config = self.document("guidellm-0.7.3", "--texts", texts, "--warmup", "5%")["benchmarks"][0]["config"]
        self.assertEqual((config["run_id"], config["strategy"]["rate"]), ("r1", 2.5))
        self.assertEqual(config["warmup"], {"percent": 0.05, "value": None, "mode": "prefer_duration"})

    def test_limits_and_sources_of_tokens_are_in_the_document(self):
        args = self.document("guidellm-0.2.1", "--warmup", "10", "--max-requests", "400")["benchmarks"][0]["args"]
        self.assertEqual((args["warmup_number"], args["max_number"], args["cooldown_number"]), (10, 400, None))
        sides = ("--prompt-tokens", "request", "--output-tokens", "request")
        self.assertIs(self.document("guidellm-0.7.3", *sides)["benchmarks"][0]["config"]["prefer_response_metrics"], False)
        # The demo's requests tell no counts: the responses' stand in.
        for profile in self.PROFILES:
            self.assertEqual(self.document(profile, *sides)["benchmarks"][0]["metrics"],
                             self.document(profile)["benchmarks"][0]["metrics"])

    def test_wrong_words(self):
        base = ("replay", self.small, "--profile", "guidellm-0.2.1")
        for flags in (("--format", "guidellm-csv"), ("--sample", "3"), ("--curves",), ("--texts", "x"),
                      ("--prompt-tokens", "request"), ("--profile", "llmeter", "--format", "guidellm-json")):
            self.refused(2, "give --profile guidellm-0.2.1 or guidellm-0.7.3", "replay", self.small, *flags)
            self.refused(2, "give --profile guidellm-0.2.1 or guidellm-0.7.3", "replay", RESPONSES, *flags)
        self.refused(2, "--format", *base, "--format", "guidellm-html")
        self.refused(2, "--format", "demo", "--records", "1", "--format", "guidellm-json")
        for path in ("report.txt", "report", "report.html"):
            self.refused(2, ".json, .yaml, .yml and .csv", *base, "-o", self.fresh(path))
        self.refused(2, "name a file in it", *base, "-o", self.folder, "--format", "guidellm-console")
        for flag in (("--sample", "3"), ("--curves",)):
            for form in ("text", "guidellm-csv", "guidellm-console"):
                self.refused(2, "guidellm-json and guidellm-yaml", *base, *flag, "--format", form)
        for wrong in ("-1", "many", "1000001"):
            self.refused(2, "--sample", *base, "--format", "json", "--sample", wrong)
        self.refused(2, "--prompt-tokens", *base, "--prompt-tokens", "local")
        self.refused(2, "--texts", *base, "--texts", self.fresh("nothing"))
        texts = self.fresh("texts.json")
        for wrong in ("[]", "{", '{"benchmarks": []}'):
            texts.write_text(wrong)
            self.refused(2, "texts of a benchmark", *base, "--texts", texts)
        plain = self.fresh("plain")
        plain.write_text("")
        self.refused(1, "cannot make the folder", *base, "-o", plain / "a" / "b.json")
        self.refused(1, "cannot write", *base, "-o", "/dev/full", "--format", "guidellm-json")


class WrongInput(LogCase):
    def test_logs_and_files_are_not_mixed(self):
        self.refused(2, "replay them apart", "replay", self.log, RESPONSES)
        self.refused(2, "given twice", "replay", self.log, f"{self.log}/.")
        self.refused(2, "for logs", "replay", RESPONSES, "--run", "all")
        self.refused(2, "for logs", "replay", RESPONSES, "--ring-dir", "/tmp")

    def test_flags_of_files_are_refused(self):
        for flags in (("--metric", "a=/a"), ("--start", "/t"), ("--line-max", "1MiB"),
                      ("--profile", "llmeter", "--lazy"), ("--profile", "llmeter", "--save", "x")):
            self.refused(2, "cannot be used with a log", "replay", self.log, *flags)

    def test_words_that_the_log_does_not_know(self):
        self.refused(2, "foo", "replay", self.log, "--check", "foo:max<1")
        self.refused(2, "foo", "replay", self.log, "--goodput", "foo:1s")
        self.refused(2, "no stream 'x'", "export", self.log, "--format", "csv", "--stream", "x")
        self.refused(2, "--format", "export", self.log, "--format", "xml")
        self.refused(2, "--format", "export", self.log)
        self.refused(2, "--every", "watch", self.log, "--every", "soon")
        self.refused(2, "--every", "watch", self.log, "--every", "0s")
        self.refused(2, "x", "watch", self.log, "--show", "x")
        for flag in ("--low-memory", "--append", "--segment-bytes=1MiB", "--ring-dir=x", "--log-write=pwrite"):
            self.refused(2, "--log", "demo", "--records", "1", flag)
        self.refused(2, "segment_bytes", "demo", "--records", "1", "--log", self.fresh("x"), "--segment-bytes", "1")

    def test_folders_that_are_not_there_or_hold_no_log(self):
        empty = self.fresh("empty")
        empty.mkdir()
        text = self.fresh("text")
        text.mkdir()
        (text / "00000000000000000001.mlr").write_text("hello\n" * 2000)
        for command in READERS + (("recover",),):
            with self.subTest(command=command):
                self.refused(1, "nowhere", command[0], self.folder / "nowhere", *command[1:])
                self.refused(1, "empty", command[0], empty, *command[1:])
                self.refused(1, "looks like text", command[0], text, *command[1:])
        self.assertEqual(list(empty.iterdir()), [])  # no lock, either
        self.assertEqual(len(list(text.iterdir())), 1)

    def test_files_instead_of_folders(self):
        segment = segments(self.log)[0]
        for command in READERS + (("recover",),):
            self.refused(2, "is one file of a log; name its folder", command[0], segment, *command[1:])
        for command in READERS[1:]:
            self.refused(2, "is no folder of a log", command[0], RESPONSES, *command[1:])

    def test_another_version_exits_5_and_names_both(self):
        folder = self.copy()
        for path in segments(folder):
            content = bytearray(path.read_bytes())
            struct.pack_into("<H", content, 8, 2)
            path.write_bytes(content)
        for command in READERS + (("recover",),):
            err = self.refused(5, "version 2", command[0], folder, *command[1:])
            self.assertIn("1.0", err)
        first = self.copy("first")  # one of them
        content = bytearray(segments(first)[0].read_bytes())
        struct.pack_into("<H", content, 8, 2)
        segments(first)[0].write_bytes(content)
        for command in READERS[:4]:
            self.assertEqual(millrace(command[0], first, *command[1:])[0], 5, command)

    def test_a_folder_that_is_in_use_or_full_is_refused_with_its_reason(self):
        folder = self.fresh("log")
        demo = self.running(folder)
        err = self.refused(1, f"process {demo.pid}", "demo", "--records", "1", "--log", folder, "-q", "--append")
        self.assertIn("in use", err)
        self.refused(1, "cannot make the folder", "demo", "--records", "1", "--log", "/nowhere/x", "-q")


class Whole(LogCase):
    @unittest.skipUnless(os.geteuid() == 0, "root gives its rights away here")
    def test_a_folder_that_may_not_be_read_is_told_so(self):
        folder = self.copy("mine")
        os.chmod(folder, 0o700)
        os.chmod(self.folder, 0o755)
        tool = self.fresh("tool")
        shutil.copy(cli_test.MILLRACE, tool)
        for command in ("replay", "info", "verify", "recover"):
            run = subprocess.run([str(tool), command, str(folder)], capture_output=True, text=True, user=65534,
                                 group=65534, extra_groups=[])
            self.assertEqual((run.returncode, run.stdout), (1, ""), command)
            self.assertIn("Permission denied", run.stderr)
            self.assertIn(str(folder), run.stderr)

    def test_readers_write_nothing(self):
        before = listing(self.log)
        for command in READERS:
            code, _, err = millrace(command[0], self.log, *command[1:])
            self.assertEqual((code, err), (0, ""), command)
        self.assertEqual(listing(self.log), before)
        (bare := self.copy()).joinpath("LOCK").unlink()  # as of a log that was sent without it
        before = listing(bare)
        for command in READERS:
            self.assertEqual(millrace(command[0], bare, *command[1:])[0], 0, command)
        self.assertEqual(listing(bare), before)

    def test_readers_write_nothing_into_the_log_of_a_killed_run(self):
        folder = self.killed()
        before = listing(folder)
        for command in READERS[:4]:
            code, _, _ = millrace(command[0], folder, *command[1:])
            self.assertEqual(code, 0 if command == ("info",) else 3, command)
        self.assertEqual(listing(folder), before)

    def test_a_folder_that_cannot_be_written_is_read(self):
        folder = self.copy()
        who = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        for path in folder.iterdir():
            path.chmod(0o444)
        (folder / "LOCK").unlink()
        folder.chmod(0o555)
        try:
            for command in READERS:
                code, _, err = millrace(command[0], folder, *command[1:], cwd="/", **who)
                self.assertEqual((code, err), (0, ""), command)
        except PermissionError:
            self.skipTest("the program itself is out of another user's reach")
        finally:
            folder.chmod(0o755)

    def test_verify_says_whole_and_how_many(self):
        code, out, err = millrace("verify", self.log)
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"\Arun [0-9a-f]{16}: closed, 60,000 records in \d+ segments, [\d.]+ MiB\n"
                              r"60,000 records, whole\n\Z")

    def test_info_tells_runs_streams_and_sizes(self):
        code, out, err = millrace("info", self.log)
        self.assertEqual((code, err), (0, ""))
        for text in ("1 run", ": closed", "60,000 records logged", "3 labels", "stream requests: schema generation",
                     "time_to_first_token [ns]", "2 error classes", "i64", "written by millrace"):
            self.assertIn(text, out)
        info = parse(millrace("info", self.log, "--format", "json")[1])
        run = info["runs"][0]
        self.assertEqual((run["state"], run["records"], run["labels"]), ("closed", 60_000, 3))
        self.assertEqual(run["segments"], len(segments(self.log)))
        self.assertEqual(run["bytes"], sum(p.stat().st_size for p in segments(self.log)))
        self.assertEqual(run["rings"], 0)
        self.assertEqual(run["streams"][0]["record_size"], 184)
        self.assertEqual((info["locked"], info["writer"]), (False, None))

    def test_info_says_who_is_writing(self):
        folder = self.fresh("log")
        demo = self.running(folder)
        out = millrace("info", folder)[1]
        self.assertIn(f"being written by process {demo.pid}", out)
        self.assertIn("ring files, names", out)
        info = parse(millrace("info", folder, "--format", "json")[1])
        self.assertEqual((info["locked"], info["writer"]), (True, demo.pid))
        code, out, _ = millrace("replay", folder)
        self.assertEqual(code, 3)
        self.assertIn(": being written, ", out)
        self.refused(1, f"in use by process {demo.pid}", "recover", folder)

    def test_output_goes_to_a_file(self):
        for command in READERS[:2] + READERS[3:]:
            path = self.folder / "out"
            self.assertEqual(millrace(command[0], self.log, *command[1:], "-o", path), (0, "", ""))
            self.assertEqual(path.read_text(), millrace(command[0], self.log, *command[1:])[1])
        if os.path.exists("/dev/full"):
            self.refused(1, "No space left", "export", self.log, "--format", "csv", "-o", "/dev/full")
        self.refused(1, "cannot write '/nowhere/x'", "export", self.log, "--format", "csv", "-o", "/nowhere/x")

    def test_no_colour_and_no_progress_in_pipes(self):
        for command in READERS:
            _, out, err = millrace(command[0], self.log, *command[1:], env={**QUIET_ENV, "NO_COLOR": ""})
            self.assertEqual((out.count("\x1b"), err), (0, ""))


class Damage(LogCase):
    def test_a_flipped_bit_in_a_payload_costs_its_frame_and_is_named(self):
        folder = self.copy()
        path = segments(folder)[1]
        content = bytearray(path.read_bytes())
        at, size, records = data_frames(content)[3]
        content[at + 64 + 5] ^= 0x10
        path.write_bytes(content)
        code, out, _ = millrace("verify", folder)
        self.assertEqual(code, 4)
        self.assertRegex(out, rf"(?m)^{re.escape(str(path))}: byte {at}: .*skipped$")
        self.assertIn(f"{records:,} records missing: logged, and not readable", out)
        self.assertEqual(out.splitlines()[-1], f"{60_000 - records:,} records, not whole")
        code, out, _ = millrace("replay", folder)
        self.assertEqual(code, 4)
        self.assertIn(f"requests  {60_000 - records:,} records", out)
        self.assertIn(f"byte {at}: ", out)
        self.assertIsNotNone(digest_of(out))
        self.assertNotEqual(digest_of(out), digest_of(self.demo[1]))
        json_report = report("replay", folder)
        run = json_report["log"]["runs"][0]
        self.assertEqual((run["missing"], run["whole"]), (records, False))
        self.assertEqual(run["damages"][0]["byte_offset"], at)
        code, out, err = millrace("export", folder, "--format", "jsonl")
        self.assertEqual((code, out.count("\n")), (4, 60_000 - records))
        self.assertIn(f"byte {at}: ", err)

    def test_of_many_damages_twenty_are_listed(self):
        folder = self.copy()
        hit = 0
        for path in segments(folder):
            content = bytearray(path.read_bytes())
            for at, size, _ in data_frames(content)[::3]:
                content[at + 64] ^= 1
                hit += 1
            path.write_bytes(content)
        self.assertGreater(hit, 25)
        code, out, _ = millrace("verify", folder)
        # Each frame and, as the numbers tell, the records that went with it.
        damages = report("replay", folder)["log"]["runs"][0]["damages"]
        self.assertEqual(sum(d["what"].endswith("does not match its checksum") for d in damages), hit)
        for command in ("verify", "replay"):
            code, out, _ = millrace(command, folder)
            self.assertEqual((code, len(re.findall(rf"(?m)^{re.escape(str(folder))}", out))), (4, 20))
            self.assertIn(f"{len(damages) - 20} further damages", out)

    def test_a_segment_that_was_taken_away_is_a_gap(self):
        folder = self.copy()
        segments(folder)[1].unlink()
        for command in READERS[:1] + READERS[2:4]:
            self.assertEqual(millrace(command[0], folder, *command[1:])[0], 4, command)
        out = millrace("verify", folder)[1]
        self.assertIn("1 segment missing", out)
        self.assertRegex(out, r"[\d,]+ records missing")
        self.assertIn("not whole", out)

    def test_without_its_first_segment_a_run_has_dropped_records(self):
        folder = self.copy()
        segments(folder)[0].unlink()
        code, out, _ = millrace("replay", folder)
        self.assertEqual(code, 3)
        self.assertRegex(out, r"[\d,]+ records dropped: in segments that retention removed")
        self.assertEqual(millrace("verify", folder)[0], 3)

    def test_without_its_end_a_run_is_unfinished(self):
        folder = self.copy()
        path = segments(folder)[-1]
        content = path.read_bytes()
        path.write_bytes(content[:end_offset(content)])
        code, out, _ = millrace("replay", folder)
        self.assertEqual(code, 3)
        self.assertIn(": unfinished, 60,000 records in", out)
        self.assertIn(": unfinished", millrace("info", folder)[1])

    def test_a_file_that_is_no_segment_is_damage_of_the_folder(self):
        folder = self.copy()
        (folder / "00000000000000000099.mlr").write_bytes(os.urandom(5000))
        code, out, _ = millrace("verify", folder)
        self.assertEqual(code, 4)
        self.assertIn("00000000000000000099.mlr", out)
        self.assertIn("60,000 records, not whole", out)
        self.assertEqual(millrace("info", folder)[0], 4)
        self.assertEqual(millrace("replay", folder)[0], 4)

    def test_random_damage_is_told_alike_by_all_readers_and_never_crashes_one(self):
        seed = int(os.environ.get("MILLRACE_SEED", time.time_ns() % 1_000_000))
        rnd = random.Random(seed)
        small = self.fresh("small")
        self.assertEqual(millrace("demo", "--records", "3k", "--labels", "2", "-q", "--log", small, "--segment-bytes",
                                  "256KiB")[0], 0)
        for i in range(int(os.environ.get("MILLRACE_RUNS", "12"))):
            folder = Path(shutil.copytree(small, self.fresh("damaged")))
            for _ in range(rnd.choice((1, 1, 3, 40))):
                path = rnd.choice(segments(folder))
                content = bytearray(path.read_bytes())
                at = rnd.randrange(min(len(content), rnd.choice((len(content), HEADER + 200))))
                kind = rnd.randrange(4)
                if kind == 0:
                    content[at] ^= 1 << rnd.randrange(8)
                elif kind == 1:
                    content[at:at + 4096] = rnd.randbytes(min(4096, len(content) - at))
                elif kind == 2:
                    content[at:at + 8192] = bytes(min(8192, len(content) - at))
                elif len(content) > HEADER:
                    del content[max(at, HEADER):]
                path.write_bytes(content)
            with self.subTest(seed=seed, run=i):
                code, out, err = millrace("verify", folder)
                self.assertIn(code, (0, 1, 3, 4, 5), err)
                exported = millrace("export", folder, "--format", "jsonl", "--run", "all")
                replayed = millrace("replay", folder, "--run", "all", "--format", "json")
                self.assertIn(millrace("info", folder)[0], (0, 1, 4, 5))
                self.assertIn(millrace("watch", folder)[0], (0, 1, 3, 4, 5))
                self.assertEqual((exported[0], replayed[0]), (code, code))
                if code in (0, 3, 4):
                    records = int(out.splitlines()[-1].split()[0].replace(",", ""))
                    self.assertEqual(exported[1].count("\n"), records)
                    streams = parse(replayed[1])["streams"]
                    self.assertEqual(sum(s["records"] for s in streams), records)

    def test_what_would_move_a_terminals_cursor_is_shown_not_obeyed(self):
        folder = Path(shutil.copytree(self.log, self.folder / "odd\x1b[31m\nlog"))
        segments(folder)[1].unlink()
        for command in READERS[:4]:
            _, out, err = millrace(command[0], folder, *command[1:], *(("-o", "/dev/null") if len(command) > 1 else ()))
            self.assertNotRegex(out + err, "[\x00-\x09\x0b-\x1f\x7f-\x9f]", command)


class Killed(LogCase):
    def test_a_killed_run_is_replayed_with_its_rings_and_recovered_to_the_same_digest(self):
        folder = self.killed()
        info = parse(millrace("info", folder, "--format", "json")[1])["runs"][0]
        self.assertEqual(info["state"], "unfinished")
        self.assertGreater(info["rings"], 0)
        code, out, err = millrace("replay", folder)
        self.assertEqual((code, err), (3, ""))
        self.assertIn(": unfinished, ", out)
        before = digest_of(out)
        records = report("replay", folder)["streams"][0]["records"]
        self.assertGreaterEqual(records, info["records"])

        code, out, err = millrace("recover", folder)
        self.assertEqual((code, err), (0, ""))
        written = records - info["records"]
        self.assertRegex(out, rf"\A{written:,} records? of 1 run written into the log\n\Z")
        self.assertEqual(list(folder.glob("*.mln")), [])
        code, out, _ = millrace("replay", folder)
        self.assertEqual((code, digest_of(out)), (0, before))
        self.assertIn(": closed, ", out)
        kept = listing(folder)
        self.assertEqual(millrace("recover", folder)[:2],
                         (0, "nothing to recover: the log lacks no record of a dead run\n"))
        self.assertEqual({k: v for k, v in listing(folder).items() if k != "LOCK"},
                         {k: v for k, v in kept.items() if k != "LOCK"})
        self.assertEqual(millrace("verify", folder)[0], 0)

    def test_the_next_run_recovers_what_the_killed_one_left(self):
        folder = self.killed()
        before = digest_of(millrace("replay", folder)[1])
        killed = parse(millrace("info", folder, "--format", "json")[1])["runs"][0]["run"]
        self.assertEqual(millrace("demo", "--records", "1k", "--log", folder, "--append", "-q")[0], 0)
        code, out, _ = millrace("replay", folder, "--run", killed)
        self.assertEqual((code, digest_of(out)), (0, before))
        self.assertEqual(report("replay", folder)["streams"][0]["records"], 1000)

    def test_ctrl_c_closes_the_log(self):
        folder = self.fresh("log")
        demo = self.running(folder)
        demo.send_signal(signal.SIGINT)
        code, out, _ = self.outcome(demo)
        self.assertEqual(code, 130)
        self.assertTrue(out.startswith("INTERRUPTED"))
        self.assertEqual(millrace("verify", folder)[0], 0)


class Export(LogCase):
    def records(self):
        code, out, err = millrace("export", self.log, "--format", "jsonl")
        self.assertEqual((code, err), (0, ""))
        return [parse(line) for line in out.splitlines()]

    def test_jsonl_has_every_record_once_with_its_names_and_numbers(self):
        records = self.records()
        stream = report("replay", self.log, "--by", "label")["streams"][0]
        self.assertEqual(len(records), 60_000)
        self.assertEqual(len({(r["worker"], r["seq"]) for r in records}), 60_000)
        for worker in (1, 2, 3):
            own = [r["seq"] for r in records if r["worker"] == worker]
            self.assertEqual(own, list(range(len(own))))
        for name, metric in stream["metrics"].items():
            values = [r["metrics"][name] for r in records if name in r["metrics"]]
            self.assertEqual(len(values), metric["count"], name)
            if not values:
                continue
            self.assertTrue(abs(sum(values) - metric["sum"]) <= 1e-9 * abs(metric["sum"]), name)
            if all(isinstance(v, int) for v in values):
                self.assertEqual(sum(values), metric["sum"], name)
            self.assertEqual((min(values), max(values)), (metric["min"], metric["max"]))
        for part in stream["by_label"]:
            self.assertEqual(sum(r.get("label") == part["label"] for r in records), part["records"])
        for error in stream["errors"]:
            self.assertEqual(sum(r.get("error_class") == error["class"] for r in records), error["records"])
        statuses = {s: sum(r["status"] == s for r in records) for s in ("ok", "error", "incomplete")}
        self.assertEqual(statuses, stream["status"])
        first = records[0]
        self.assertEqual((first["stream"], len(first["run"])), ("requests", 16))
        self.assertNotIn("queued_ns", first)  # absent
        self.assertEqual(first["metrics"]["time_to_last_token"], first["end_ns"] - first["start_ns"])

    def test_csv_has_the_same_values(self):
        code, out, err = millrace("export", self.log, "--format", "csv", "--stream", "requests")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out.count("\r\n"), 60_001)
        rows = list(csv.DictReader(io.StringIO(out, newline="")))
        records = self.records()
        self.assertEqual(len(rows), len(records))
        for row, record in zip(rows, records):
            flat = {k: str(v) for k, v in record.items() if k not in ("metrics", "stream")}
            flat.update({f"metric.{k}": str(v) for k, v in record["metrics"].items()})
            if {k: v for k, v in row.items() if v != ""} != {k: v for k, v in flat.items() if v != ""}:
                # Python writes doubles its own way.
                for key in set(row) | set(flat):
                    ours, theirs = row.get(key, ""), flat.get(key, "")
                    self.assertTrue(ours == theirs or float(ours) == float(theirs), (key, ours, theirs))

    def test_llmeters_lines_replay_to_the_numbers_of_the_log(self):
        path = self.folder / "responses.jsonl"
        self.assertEqual(millrace("export", self.log, "--format", "llmeter", "-o", path), (0, "", ""))
        lines = path.read_text().splitlines()
        self.assertEqual(len(lines), 60_000)
        keys = list(json.loads(RESPONSES.read_text().splitlines()[0]))
        for line in lines[:500]:
            record = json.loads(line)
            self.assertEqual(list(record), keys)
            self.assertEqual(json.dumps(record), line)  # as Python writes it
        own = json.loads(millrace("replay", self.log, "--profile", "llmeter", "--format", "json")[1])
        code, out, err = millrace("replay", path, "--profile", "llmeter", "--format", "json")
        self.assertEqual((code, err), (0, ""))
        theirs = json.loads(out)
        self.assertEqual(set(theirs), set(own))
        for key, value in own.items():
            if isinstance(value, str):
                continue  # times of the first and last request: another clock
            tolerance = 1e-4 if "minute" in key or "tps" in key else 1e-12  # request_time has microseconds
            self.assertTrue(abs(theirs[key] - value) <= tolerance * abs(value), (key, theirs[key], value))
        # Stamped by the monotonic clock, moved to the time of day.
        now = time.strftime("%Y-%m-%d", time.gmtime())
        before = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 3600))
        self.assertIn(json.loads(lines[0])["request_time"][:10], (now, before))
        code, out, err = millrace("replay", path)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("requests  60,000 records", out)

    def test_runs_are_chosen_as_in_replay(self):
        folder = self.fresh("log")
        for records in ("10", "20"):
            self.assertEqual(millrace("demo", "--records", records, "--log", folder, "-q", "--append")[0], 0)
        for run, lines in ((), 20), (("--run", "last"), 20), (("--run", "all"), 30):
            self.assertEqual(millrace("export", folder, "--format", "jsonl", *run)[1].count("\n"), lines)

    def test_a_file_is_there_whole_or_not_at_all(self):
        path = self.folder / "out.jsonl"
        process = self.start("export", self.log, "--format", "jsonl", "-o", path)
        process.kill()
        process.wait()
        self.assertFalse(path.exists() and path.stat().st_size != len(
            millrace("export", self.log, "--format", "jsonl")[1]))

    def test_a_reader_that_goes_away_is_no_noise(self):
        process = self.start("export", self.log, "--format", "csv")
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.stderr.read(), b"")

    def test_the_records_in_rings_are_exported_too(self):
        folder = self.killed()
        code, out, _ = millrace("export", folder, "--format", "jsonl")
        self.assertEqual(code, 3)
        self.assertEqual(out.count("\n"), report("replay", folder)["streams"][0]["records"])


class Watch(LogCase):
    def test_a_run_that_is_over_gives_its_summary_at_once(self):
        code, out, err = millrace("watch", self.log)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out, millrace("replay", self.log)[1])

    def test_a_run_is_followed_to_its_end(self):
        folder = self.fresh("log")
        # Three segments a second: with many more, a busy machine is late with the next one, and a load that
        # must not be held up is then unlogged.
        demo = self.start("demo", "--rate", "8k", "--duration", "3s", "--quiet", "--log", folder, "--segment-bytes",
                          "512KiB")
        self.until(lambda: segments(folder))
        watch = self.start("watch", folder, "--every", "200ms")
        code, out, err = self.outcome(watch)
        demo_code, demo_out, _ = self.outcome(demo)
        self.assertEqual((code, demo_code), (0, 0), err)
        self.assertEqual(digest_of(out), digest_of(demo_out))
        self.assertIn("percentiles: nearest-rank, exact", out)
        counts = [int(n.replace(",", "")) for n in re.findall(r"(?m)^reqs=([\d,]+)", err)]
        self.assertGreaterEqual(len(counts), 3, err)
        self.assertEqual(counts, sorted(counts))
        self.assertGreater(counts[-1], counts[0])
        self.assertIn("p90_ttft", err.replace("ttft_p90", "p90_ttft"))
        self.assertGreater(len(segments(folder)), 5)  # so that it was followed through several

    def test_a_writer_that_is_killed_is_noticed_and_the_way_on_is_said(self):
        folder = self.fresh("log")
        demo = self.running(folder)
        watch = self.start("watch", folder)
        time.sleep(0.5)
        self.assertIsNone(watch.poll())
        demo.kill()
        demo.wait()
        code, out, err = self.outcome(watch)
        self.assertEqual(code, 3)
        self.assertIn(f"({demo.pid}) has died; 'millrace recover {folder}'", err)
        self.assertEqual(out, millrace("replay", folder)[1])  # with what was in the rings

    def test_a_writer_that_pauses_is_not_taken_for_dead(self):
        folder = self.fresh("log")
        demo = self.running(folder)
        demo.send_signal(signal.SIGSTOP)
        watch = self.start("watch", folder)
        time.sleep(2)
        self.assertIsNone(watch.poll())
        demo.send_signal(signal.SIGCONT)
        demo.send_signal(signal.SIGINT)
        code, out, err = self.outcome(watch)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(digest_of(out), digest_of(self.outcome(demo)[1]) or digest_of(millrace("replay", folder)[1]))

    def test_ctrl_c_prints_the_numbers_so_far(self):
        folder = self.fresh("log")
        self.running(folder)
        watch = self.start("watch", folder, "--every", "100ms")
        self.assertIn(b"reqs=", watch.stderr.readline())
        watch.send_signal(signal.SIGINT)
        code, out, _ = self.outcome(watch)
        self.assertEqual(code, 130)
        self.assertTrue(out.startswith("INTERRUPTED"))
        self.assertRegex(out, r"percentiles: nearest-rank, from histograms, within .* %: the run goes on")
        self.assertRegex(out, r"requests  [\d,]+ records")
        self.assertIsNone(digest_of(out))
        watch = self.start("watch", folder, "--every", "100ms", "--format", "json")
        watch.stderr.readline()
        watch.send_signal(signal.SIGINT)
        live = parse(self.outcome(watch)[1])
        self.assertIs(live["interrupted"], True)
        self.assertGreater(live["streams"][0]["records"], 0)

    def test_records_that_retention_removed_before_they_were_read_are_counted(self):
        folder = self.fresh("log")
        demo = self.running(folder, "--segment-bytes", "256KiB", "--log-bytes-max", "1MiB")
        self.until(lambda: parse(millrace("info", folder, "--format", "json")[1])["runs"][0]["first_segment"] > 1)
        watch = self.start("watch", folder, "--every", "50ms")
        watch.stderr.readline()
        watch.send_signal(signal.SIGSTOP)
        first = int(segments(folder)[-1].stem)
        self.until(lambda: int(segments(folder)[0].stem) > first + 1)
        watch.send_signal(signal.SIGCONT)
        time.sleep(0.5)
        demo.send_signal(signal.SIGINT)
        code, out, err = self.outcome(watch)
        self.assertEqual(code, 3)  # dropped
        self.assertRegex(err, r"millrace: [\d,]+ records skipped: retention removed them before they were read")
        self.assertRegex(err, r"reqs=[\d,]+  skipped=[\d,]+")
        self.assertIn("records dropped", out)

    def test_quiet_shows_no_live_numbers(self):
        folder = self.fresh("log")
        demo = self.running(folder)
        watch = self.start("watch", folder, "--every", "50ms", "--quiet")
        time.sleep(0.5)
        demo.send_signal(signal.SIGINT)
        code, out, err = self.outcome(watch)
        self.assertEqual((code, err), (0, ""))
        self.assertIsNotNone(digest_of(out))

    def test_on_a_terminal_the_block_overwrites_itself_and_goes(self):
        folder = self.fresh("log")
        demo = self.running(folder)
        ours, theirs = pty.openpty()
        process = subprocess.Popen([cli_test.MILLRACE, "watch", folder], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=theirs, env={**QUIET_ENV, "TERM": "xterm"})
        self.addCleanup(self.end, process)
        os.close(theirs)
        stop_at = time.monotonic() + 2

        def stop_the_demo():
            nonlocal stop_at
            if stop_at and time.monotonic() > stop_at:
                demo.send_signal(signal.SIGINT)
                stop_at = None

        text = read_terminal(ours, DEADLINE, stop_the_demo)
        out = process.stdout.read().decode()
        self.assertEqual(process.wait(DEADLINE), 0)
        self.assertGreaterEqual(len(re.findall("\x1b\\[\\d+A", text)), 2)  # up, to draw again
        self.assertIn("reqs=", text)
        self.assertTrue(text.endswith("\x1b[J"), repr(text[-40:]))
        self.assertNotIn("\x1b", out)


class Documents(LogCase):
    def test_every_key_of_the_json_is_documented(self):
        page = (cli_test.ROOT / "docs" / "json-schema.md").read_text()
        tables = "".join(line for line in page.splitlines(keepends=True) if line.startswith("|"))
        known = set(re.findall(r"[a-z_0-9]+", " ".join(re.findall("`([^`]*)`", tables))))

        def keys(value, path=()):
            if isinstance(value, list):
                return set().union(*(keys(v, path) for v in value), set())
            if not isinstance(value, dict):
                return set()
            free = path[-1:] in (("metrics",), ("percentiles",), ("limits",), ("rates",), ("goodput",))
            return (set() if free else set(value)).union(*(keys(v, path + (k,)) for k, v in value.items()))

        damaged = self.copy()
        (damaged / "00000000000000000099.mlr").write_text("x")
        seen = keys(report("replay", damaged)) | keys(parse(millrace("info", damaged, "--format", "json")[1]))
        seen |= keys(report("demo", "--records", "10", "--log", self.fresh("log"), "-q"))
        self.assertEqual(seen - known, set())
        self.assertGreater(len(seen), 60)

    def test_help_names_every_command_and_exit_code(self):
        out = millrace("--help")[1]
        for command in ("replay", "watch", "info", "verify", "recover", "export", "demo"):
            self.assertRegex(out, rf"(?m)^  {command} ")
            self.assertEqual(millrace(command, "--help")[0], 0)
        for code in ("0 ok", "3 partial", "4 a log with damage", "5 a log of", "99", "130"):
            self.assertIn(code, out)


if __name__ == "__main__":
    if len(sys.argv) > 1 and os.access(sys.argv[1], os.X_OK) and not sys.argv[1].startswith("-"):
        cli_test.MILLRACE = str(Path(sys.argv.pop(1)).resolve())
    if not cli_test.MILLRACE:
        sys.exit("usage: log_cli_test.py PATH_OF_MILLRACE, or set MILLRACE_BIN")
    unittest.main()
