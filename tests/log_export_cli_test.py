#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`millrace export`.

    MILLRACE_BIN=build/tools/millrace tests/log_export_cli_test.py [unittest arguments]
"""
import csv
import io
import json
import time

import command_line
from command_line import RESPONSES, millrace, parse, report
from log_case import LogCase


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


if __name__ == "__main__":
    command_line.main()
