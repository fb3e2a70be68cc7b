#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""guidellm's files on the command line: read, and written of a log.

    MILLRACE_BIN=build/tools/millrace tests/guidellm_cli_test.py [unittest arguments]
"""
import csv
import gzip
import io
import json
import re
import shutil

import command_line
from command_line import DATA, MAP, RESPONSES, Case, millrace, parse, report
from log_case import LogCase


class Guidellm(Case):
    FOLDER = DATA / "guidellm"
    LINES = DATA / "vectors" / "guidellm" / "n10_status" / "requests.jsonl"

    def test_documents_of_every_version_and_request_lines_are_told_from_their_content(self):
        for file, records in (("v01.json", 4), ("v03.json", 5), ("v04.json", 4), ("v06.json", 4), ("v07.json", 20)):
            with self.subTest(file=file):
                code, out, err = millrace("replay", self.FOLDER / file)
                self.assertEqual((code, err), (0, ""))
                self.assertIn(f"input: guidellm, {records} lines = {records} records + 0 damaged", out)
                self.assertRegex(out, r"(?m)^note: guidellm ")
        code, out, _ = millrace("replay", self.LINES)
        self.assertEqual(code, 0)
        self.assertIn("10 records   2 ok   2 error   6 incomplete", out)

    def test_packed_piped_and_in_its_folder_a_document_gives_the_same(self):
        document = self.FOLDER / "v03.json"
        plain = millrace("replay", document)
        self.assertEqual(millrace("replay", "-", stdin=document.read_bytes()), plain)
        self.assertEqual(millrace("replay", self.write("packed", gzip.compress(document.read_bytes()))), plain)
        self.assertEqual(millrace("replay", self.write("mark", b"\xef\xbb\xbf" + document.read_bytes())), plain)
        folder = self.folder / "run"
        folder.mkdir()
        shutil.copy(document, folder / "benchmarks.json")
        self.assertEqual(millrace("replay", folder), plain)

    def test_benchmarks_are_labels_and_one_can_be_chosen(self):
        document = self.FOLDER / "v03.json"
        by_label = report("replay", document, "--by", "label")["streams"][0]["by_label"]
        self.assertEqual([(p["label"], p["records"]) for p in by_label], [("synchronous", 3), ("constant@12.35", 2)])
        chosen = report("replay", document, "--benchmark", "2")
        self.assertEqual(chosen["streams"][0]["records"], 2)
        self.assertEqual(len(chosen["input"]["notes"]), 2)
        self.refused(2, "--benchmark 3: the document has 2", "replay", document, "--benchmark", "3")
        self.refused(2, "--benchmark chooses one", "replay", self.LINES, "--benchmark", "1")
        self.refused(2, "--benchmark is for guidellm's", "replay", RESPONSES, "--benchmark", "1")
        self.refused(2, "--benchmark", "replay", document, "--benchmark", "0")

    def test_several_files_are_read_as_one(self):
        stream = report("replay", self.FOLDER / "v04.json", self.LINES, self.FOLDER / "v06.json")
        self.assertEqual(stream["streams"][0]["records"], 4 + 10 + 4)
        self.assertEqual([n.split(";")[0] for n in stream["input"]["notes"] if n.startswith("guidellm")],
                         ["guidellm 0.4", "guidellm 0.6.0, report version 1"])

    def test_a_sample_is_told(self):
        out = millrace("replay", self.FOLDER / "v03.json")[1]
        self.assertIn("note: benchmark 2, constant@12.35: the file holds 2 of 1,000 requests", out)

    def test_a_cut_document_counts_to_the_cut_and_exits_3(self):
        whole = (self.FOLDER / "v07.json").read_bytes()
        path = self.write("cut.json", whole[:9000])
        code, out, err = millrace("replay", path)
        self.assertEqual(code, 3)
        self.assertIn(f"'{path}': byte 9000: the document is cut off here; what stands before was read", err)
        self.assertRegex(err, rf"{re.escape(str(path))}: request \d+: byte \d+: cut off at the end of the file")
        self.assertRegex(out, r"input: guidellm, (\d+) lines = \d+ records \+ 1 damaged \(1 cut off at the end\)")

    def test_what_cannot_be_read_is_refused_with_a_reason(self):
        yaml = DATA / "vectors" / "guidellm" / "n10_status" / "files_v021" / "benchmarks.yaml"
        self.refused(1, "looks like YAML", "replay", yaml)
        google = self.write("google.json", b'{"context": {}, "benchmarks": [{"name": "BM_x", "real_time": 1}]}')
        self.refused(1, "cannot tell the format", "replay", google)
        self.refused(2, "reproduces llmeter", "replay", self.LINES, "--profile", "llmeter")
        self.refused(2, "--input-format", "replay", self.LINES, "--input-format", "guidellm", "--map", MAP)
        code, _, err = millrace("replay", google, "--input-format", "guidellm")
        self.assertEqual((code, err), (0, ""))
        code, _, err = millrace("replay", RESPONSES, "--input-format", "guidellm")
        self.assertEqual(code, 3)
        self.assertIn("no guidellm document: it has no key 'benchmarks'", err)

    def test_a_document_of_any_size_leaves_memory_flat(self):
        good = b'{"scheduler_info": {}, "start_time": 1.5, "end_time": 2.5}'
        chunk = b"a" * (1 << 20)
        chunks = [b'{"metadata": {"guidellm_version": "0.7.3"}, "benchmarks": [{"metrics": "', *[chunk] * 256,
                  b'", "extras": "', *[chunk] * 64,
                  b'", "requests": {"successful": [' + good + b', {"prompt": "', *[chunk] * 64,
                  b'"}, ' + good + b"]}}]}"]
        code, out, err = self.in_flat_memory(chunks, "replay", "-", "--threads", "2", "--quiet")
        self.assertEqual(code, 3)
        self.assertIn("stdin: request 2: longer than the line cap of 16777216 bytes", err)
        self.assertIn("3 lines = 2 records + 1 damaged", out)

    def test_the_output_is_the_same_for_any_number_of_threads(self):
        head, tail = b'{"benchmarks":[{"args":{"strategy":{"type_":"throughput"}},"requests":{"successful":[', b"]}}]}"
        record = (b'{"scheduler_info":{"worker_start":%d.25},"start_time":%d.5,"first_token_time":%d.625,"end_time":%d.875,'
                  b'"prompt":"%s","prompt_tokens":9,"output_tokens":%d}')
        records = [record % (i, i, i, i + i % 7, b"x" * 200, i % 50) for i in range(30_000)]
        path = self.write("big.json", head + b",\n".join(records) + tail)
        runs = [millrace("replay", path, "--by", "label", "--format", "json", "--threads", n) for n in (1, 2, 5)]
        self.assertEqual(runs[0][0], 0)
        self.assertEqual(parse(runs[0][1])["streams"][0]["records"], 30_000)
        self.assertTrue(runs[0] == runs[1] == runs[2], "the reports differ")


class GuidellmFiles(LogCase):
    """--profile guidellm-...: what is written, and where to."""
    SEED = DATA / "vectors" / "guidellm" / "n10_status" / "files_v021"
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


if __name__ == "__main__":
    command_line.main()
