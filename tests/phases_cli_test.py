#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Warmup and cooldown on the command line: of runs under way, of logs, and of files.

    MILLRACE_BIN=build/tools/millrace tests/phases_cli_test.py [unittest arguments]

Standard library only.
"""
import csv
import io
import json
import os
import re
import tempfile
from pathlib import Path

import command_line
from command_line import DATA, RESPONSES, Case, millrace, report

REQUESTS = DATA / "vectors" / "guidellm" / "n997" / "requests.jsonl.gz"


def lines(path, n=1000):
    """The i-th request from i to i + 10 seconds, in the order of completion; every 10th failed."""
    with open(path, "w") as out:
        for i in range(n):
            print(json.dumps({"s": 1_700_000_000 + i, "e": 1_700_000_010 + i, "v": i,
                              "err": "broken" if i % 10 == 0 else None}), file=out)


MAPPED = ("--metric", "v=/v", "--start", "/s", "--end", "/e", "--error", "/err")


class PhasesOfFiles(Case):
    def setUp(self):
        self.tmp = Path(tempfile.mkdtemp(dir=self.folder))
        self.path = self.tmp / "lines.jsonl"
        lines(self.path)

    def stream(self, *arguments):
        environment = dict(os.environ, TMPDIR=str(self.tmp))
        code, out, err = millrace("replay", self.path, *MAPPED, "--format", "json", *arguments, env=environment)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual([p.name for p in self.tmp.iterdir()], ["lines.jsonl"], "nothing is left behind")
        return json.loads(out)["streams"][0]

    def test_are_left_out_counted_and_told(self):
        everything = self.stream()
        self.assertEqual(everything["records"], 1000)
        self.assertNotIn("window", everything)
        for arguments, before, after in ((("--warmup", "100s"), 90, 0),
                                         (("--warmup", "100"), 90, 0),
                                         (("--cooldown", "100s"), 0, 90),
                                         (("--warmup", "10%", "--cooldown", "10%"), 91, 91),
                                         (("--from", "100s", "--to", "200s"), 90, 799)):
            with self.subTest(arguments):
                stream = self.stream(*arguments)
                window = stream["window"]
                self.assertEqual((window["before"], window["after"]), (before, after))
                self.assertEqual(stream["records"], 1000 - before - after)
                self.assertEqual(stream["metrics"]["v"]["min"], before)
                self.assertEqual(stream["metrics"]["v"]["max"], 999 - after)

    def test_say_what_was_left_out_in_words(self):
        code, out, err = millrace("replay", self.path, *MAPPED, "--warmup", "100s")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"(?m)^measured over 909\.0 s; left out: 90 before it, 0 after it$")
        self.assertIn("input: jsonl, 1,000 lines = 1,000 records + 0 damaged", out)

    def test_of_standard_input_too(self):
        code, out, err = millrace("replay", "-", *MAPPED, "--format", "json", "--warmup", "100s",
                                  stdin=self.path.read_bytes())
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(json.loads(out)["streams"][0]["records"], 910)

    def test_damaged_lines_are_told_as_ever(self):
        with open(self.path, "a") as out:
            out.write("{]\n")
        code, out, err = millrace("replay", self.path, *MAPPED, "--warmup", "100s")
        self.assertEqual(code, 3)
        self.assertIn("lines.jsonl:1001: byte", err)

    def test_the_log_can_be_kept(self):
        log = self.tmp / "log"
        first = millrace("replay", self.path, *MAPPED, "--log", log)
        self.assertEqual((first[0], first[2]), (0, ""))
        digest = re.findall(r"(?m)^digest (\w+)$", first[1])
        again = millrace("replay", log)
        self.assertEqual(re.findall(r"(?m)^digest (\w+)$", again[1]), digest)
        self.assertEqual(len(digest), 1)
        self.refused(2, "give an empty folder", "replay", self.path, *MAPPED, "--log", log)

    def test_that_cannot_be_meant_are_refused(self):
        self.refused(2, "is no time", "replay", self.path, *MAPPED, "--from", "soon")
        self.refused(2, "no record has a start or an end", "replay", self.path, "--metric", "v=/v", "--warmup", "1s")
        self.refused(2, "llmeter has none of them", "replay", RESPONSES, "--profile", "llmeter", "--warmup", "1s")
        self.refused(2, "GenerationRecords", "replay", RESPONSES, "--profile", "guidellm-0.7.3")
        self.refused(2, "are for logs", "replay", self.path, *MAPPED, "--run", "last")
        environment = dict(os.environ, TMPDIR="/nowhere")
        code, _, err = millrace("replay", self.path, *MAPPED, "--warmup", "1s", env=environment)
        self.assertEqual(code, 1)
        self.assertIn("TMPDIR", err)


class Intervals(Case):
    def setUp(self):
        self.path = self.write("lines.jsonl", "")
        lines(self.path, 100)

    def test_are_a_table(self):
        code, out, err = millrace("replay", self.path, *MAPPED, "--every", "30s")
        self.assertEqual((code, err), (0, ""))
        table = out[out.index("every 30.00 s"):].split("\n\n")[0].splitlines()[1:]
        self.assertEqual(table[0].split(), ["time", "results", "a", "second", "failed", "latency", "p50", "p99", "v",
                                            "p50", "p99"])
        # Ends are from 1,700,000,010 to 1,700,000,109; 1,700,000,010 is a multiple of 30.
        self.assertEqual([row.split()[:3] for row in table[1:]],
                         [["0", "s", "30"], ["30", "s", "30"], ["60", "s", "30"], ["90", "s", "10"]])

    def test_are_in_json_and_csv(self):
        bare = report("replay", self.path, *MAPPED, "--every", "30")["streams"][0]["series"]
        self.assertEqual(bare["every_ns"], 30_000_000_000)
        rows = report("replay", self.path, *MAPPED, "--every", "30s", "-p", "50,90")["streams"][0]["series"]["rows"]
        self.assertEqual([row["results"] for row in rows], [30, 30, 30, 10])
        self.assertEqual([row["error"] for row in rows], [3, 3, 3, 1])
        self.assertEqual(rows[1]["metrics"]["v"], {"count": 30, "mean": 44.5, "min": 30, "max": 59,
                                                   "percentiles": {"p50": 44, "p90": 56}})
        code, out, err = millrace("replay", self.path, *MAPPED, "--every", "30s", "-p", "50,90", "--format", "csv")
        self.assertEqual((code, err), (0, ""))
        table = list(csv.DictReader(io.StringIO(out)))
        self.assertEqual(len(table), 8)
        v = [row for row in table if row["metric"] == "v"]
        self.assertEqual([row["begin_ns"] for row in v], [str(row["begin_ns"]) for row in rows])
        self.assertEqual((v[1]["seconds"], v[1]["mean"], v[1]["p90"]), ("30", "44.5", "56"))

    def test_of_a_run_are_those_of_its_log(self):
        log = self.folder / "log"
        live = report("demo", "-q", "--records", "3000", "--rate", "10k", "--log", log, "--every", "100ms")
        replayed = report("replay", log, "--every", "100ms")
        self.assertEqual(live["streams"][0]["series"], replayed["streams"][0]["series"])

    def test_that_cannot_be_are_refused(self):
        self.refused(2, "millisecond", "replay", self.path, *MAPPED, "--every", "1us")
        self.refused(2, "such as 1s", "replay", self.path, *MAPPED, "--every", "often")
        self.refused(2, "--every", "replay", self.path, *MAPPED, "--format", "csv")
        self.refused(2, "without --profile", "replay", REQUESTS, "--profile", "guidellm-0.7.3", "--every", "1s")


class PhasesOfGuidellm(Case):
    def test_files_are_computed_by_its_definitions(self):
        begin, end = json.loads((REQUESTS.parent / "case.json").read_text())["window"]
        code, out, err = millrace("replay", REQUESTS, "--profile", "guidellm-0.7.3", "--format", "json",
                                  "--warmup", f"{begin}:duration", "--cooldown", f"{1 - end}:duration")
        self.assertEqual((code, err), (0, ""))
        text = json.loads(out)
        metrics = text["metrics"] if "metrics" in text else text.get("benchmarks", [{}])[0].get("metrics", text)
        expected = json.loads((REQUESTS.parent / "expected_v073.json").read_text())
        theirs = expected["request_latency"]["successful"]
        ours = metrics["request_latency"]["successful"]
        self.assertEqual(ours["count"], theirs["count"])
        self.assertAlmostEqual(ours["mean"], theirs["mean"], delta=1e-9 * abs(theirs["mean"]))


class TokenGaps(Case):
    def test_are_a_stream_of_their_own_that_agrees_with_the_requests(self):
        log = self.folder / "gaps"
        live = report("demo", "-q", "--records", "500", "--gaps", "--log", log)
        replayed = report("replay", log)
        for told in (live, replayed):
            requests, gaps = told["streams"]
            running = requests["running"]["metrics"]["inter_token_latency"]
            itl = gaps["metrics"]["itl"]
            self.assertEqual((gaps["name"], itl["unit"]), ("itl", "ns"))
            self.assertEqual((itl["count"], itl["sum"]), (running["count"], running["total"]))
            self.assertTrue(itl["exact"])
        self.assertEqual(live["digest"], replayed["digest"])

    def test_are_checked_by_their_name(self):
        log = self.folder / "checked"
        for arguments in (("demo", "-q", "--records", "500", "--gaps", "--log", log), ("replay", log)):
            code, out, _ = millrace(*arguments, "--check", "itl:p(99)<10s", "--check", "itl:max<1ns",
                                    "--check", "ttft:p50<1h")
            self.assertEqual(code, 99)
            self.assertEqual(re.findall(r"(?m)^check (\w+) +(\w+):", out),
                             [("passed", "itl"), ("failed", "itl"), ("passed", "ttft")])
        self.refused(2, "itl", "demo", "-q", "--records", "5", "--check", "itl:p(99)<10s")


class PhasesOfDemos(Case):
    def demo(self, *arguments):
        code, out, err = millrace("demo", "--quiet", "--format", "json", "--seed", "3", *arguments)
        self.assertEqual((code, err), (0, ""))
        return json.loads(out)["streams"][0]

    def test_by_results_are_exact(self):
        stream = self.demo("--records", "1000", "--warmup", "100", "--cooldown", "5%:requests")
        self.assertEqual(stream["records"], 850)
        self.assertEqual(stream["range"], {"first": 101, "last": 950, "before": 100, "after": 50})
        self.assertEqual(stream["running"]["metrics"]["request_time"]["count"], 1000)

    def test_need_to_know_how_long_the_run_is(self):
        self.refused(2, "it is not known how long the run is", "demo", "--records", "0", "--duration", "100ms",
                     "--cooldown", "100")
        self.refused(2, "it is not known how long the run is", "demo", "--records", "100", "--warmup", "5%:duration")

    def test_guidellms_lines_are_shown(self):
        code, _, err = millrace("demo", "--rate", "500", "--duration", "5500ms", "--show", "guidellm-scheduler",
                                "--warmup", "10%")
        self.assertEqual(code, 0)
        self.assertRegex(err, r"(?m)^\[\d\d:\d\d:\d\d\]  \d\d\.\d% requests \(running \)$")
        for name in ("Req: .* req/s, .*s Lat, .* Conc, .* Comp, .* Inc, .* Err",
                     "Tok: .* gen/s, .* tot/s, .*ms TTFT, .*ms ITL, .* Prompt, .* Gen",
                     "Sys: .*ms Work OH, .*ms Back OH, .*ms Req Sleep, .*ms Start Del"):
            self.assertRegex(err, "(?m)^" + name + "$")


if __name__ == "__main__":
    command_line.main()
