#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs on the command line: writing, replay, verify, info, and what is refused.

    MILLRACE_BIN=build/tools/millrace tests/log_cli_test.py [unittest arguments]
"""
import json
import os
import re
import shutil
import struct
import subprocess
import unittest
from xml.etree import ElementTree

import command_line
from command_line import QUIET_ENV, RESPONSES, ROOT, millrace, parse, report
from log_case import READERS, LogCase, digest_of, listing, segments


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
        shutil.copy(command_line.MILLRACE, tool)
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


class Documents(LogCase):
    def test_every_key_of_the_json_is_documented(self):
        page = (ROOT / "docs" / "json-schema.md").read_text()
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
    command_line.main()
