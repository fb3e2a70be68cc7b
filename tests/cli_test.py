#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line as its users meet it: flags, exit codes, messages, reports, bad input.

    MILLRACE_BIN=build/tools/millrace tests/cli_test.py [unittest arguments]
"""
import gzip
import json
import os
import random
import re
import shlex
import shutil
import subprocess
from xml.etree import ElementTree

import command_line
from command_line import ACCESS, MAP, RESPONSES, ROOT, RUN, Case, millrace, parse, report


class Usage(Case):
    def test_no_arguments_show_the_help_and_exit_2(self):
        self.refused(2, "Usage: millrace")

    def test_help_and_version_exit_0(self):
        for arguments in (["--help"], ["replay", "--help"], ["demo", "--help"], ["--version"]):
            code, out, err = millrace(*arguments)
            self.assertEqual((code, err), (0, ""))
            self.assertIn("millrace", out)

    def test_unknown_commands_flags_and_values_are_named_and_exit_2(self):
        self.refused(2, "unknown command 'x'", "x")
        self.refused(2, "--bogus", "replay", RESPONSES, "--bogus")
        self.refused(2, "INPUT", "replay")
        for flag, value in (("--rule", "mean"), ("--by", "day"), ("--format", "xml"), ("--profile", "x"),
                            ("--percentiles", "50,101"), ("--percentiles", "nan"), ("--check", "latency"),
                            ("--check", "foo:avg<1"), ("--goodput", "ttft"), ("--goodput", ""),
                            ("--end-time", "noon"), ("--total-test-time", "-5"), ("--total-requests", "-1"),
                            ("--line-max", "63"), ("--threads", "257"), ("--metric", "latency"),
                            ("--ok", "/a <"), ("--label", "x=y")):
            with self.subTest(flag=flag, value=value):
                self.refused(2, "", "replay", RESPONSES, f"{flag}={value}")
        for flag, value in (("--records", "-1"), ("--records", "x"), ("--rate", "-1"), ("--rate", "nan"),
                            ("--duration", "abc"), ("--workers", "0"), ("--show", "x")):
            with self.subTest(flag=flag, value=value):
                self.refused(2, flag if flag != "--show" else "x", "demo", f"{flag}={value}")

    def test_goodput_checks_and_profile_flags_that_lack_their_partner_exit_2(self):
        self.refused(2, "--goodput", "replay", RESPONSES, "--check", "goodput>50%")
        self.refused(2, "--profile", "replay", RUN, "--lazy")
        self.refused(2, "--profile", "replay", RUN, "--save", self.folder / "x")
        self.refused(2, "--profile", "replay", RUN, "--profile", "llmeter", "--by", "status")

    def test_a_repeated_flag_does_not_swallow_the_inputs_behind_it(self):
        code, out, _ = millrace("replay", "--check", "count==40", RESPONSES, RESPONSES)
        self.assertEqual(code, 0, out)
        self.assertIn("check passed   count==40", out)


class Pages(Case):
    """--format html: one file, with the numbers of --format json."""

    def page(self, *arguments, code=0):
        got, page, err = millrace("replay", *arguments, "--format", "html")
        self.assertEqual(got, code, err)
        return page, ElementTree.fromstring(page)

    def test_a_page_parses_and_has_the_numbers_of_the_json_report(self):
        for arguments in ((RESPONSES,), (RESPONSES, "--by", "status"), (RUN,), (ACCESS, *MAP)):
            with self.subTest(arguments=arguments):
                page, tree = self.page(*arguments, code=3 if ACCESS in arguments else 0)
                self.assertEqual(ACCESS in arguments, "of the lines of the input could not be read" in page)
                numbers = {float(data.get("value")) for data in tree.iter("data")}
                stream = report("replay", *arguments)["streams"][0]
                parts = stream.get("by_status", [stream])
                for metric in (m for part in parts for m in part["metrics"].values() if m["count"]):
                    for number in (metric["count"], metric["mean"], metric["standard_deviation"], metric["min"],
                                   metric["max"], *metric["percentiles"].values()):
                        self.assertIn(number, numbers)
                svgs = tree.findall(".//{http://www.w3.org/2000/svg}svg")
                self.assertTrue(svgs)
                for svg in svgs:
                    self.assertTrue(svg[0].tag.endswith("title") and svg[0].text)
                    self.assertTrue(svg[1].tag.endswith("desc") and svg[1].text)
                for table in tree.iter("table"):
                    self.assertTrue(all(th.get("scope") for th in table.iter("th")))

    def test_a_page_fetches_and_runs_nothing(self):
        bad = "\"'><script src=https://example.org/x></script>"
        lines = "".join(json.dumps({"ms": i, "host": bad, "why": bad, "code": 500}) + "\n" for i in range(9))
        path = self.write("a&b<c>.jsonl", lines)
        for by in ("status", "label"):
            page, tree = self.page(path, "--metric", "<img onload>=/ms:ms", "--ok", "/code < 400", "--error", "/why",
                                   "--label", "host=/host", "--by", by)
            tags = {element.tag.split("}")[-1] for element in tree.iter()}
            self.assertFalse(tags & {"script", "img", "link", "iframe", "object", "embed", "a", "use", "image"})
            for element in tree.iter():
                self.assertFalse(set(element.attrib) & {"src", "href", "onload", "onerror"})
            style = tree.find(".//style").text
            self.assertNotRegex(style, r"url\(|@import")
            self.assertIn(bad, "".join(tree.itertext()))

    def test_equal_input_gives_equal_pages(self):
        self.assertEqual(self.page(RESPONSES)[0], self.page(RESPONSES, "--threads", "1")[0])

    def test_profiles_of_llmeter_have_no_page(self):
        self.refused(2, "--format html", "replay", RUN, "--profile", "llmeter", "--format", "html")

    def test_an_empty_input_is_a_page(self):
        self.assertIn("There are no records.", self.page(self.write("none.jsonl", b""))[0])


class Inputs(Case):
    def test_inputs_that_are_not_there_exit_1_and_are_named(self):
        self.refused(1, "cannot open 'nowhere.jsonl': No such file", "replay", "nowhere.jsonl")
        self.refused(1, "cannot open 'nowhere.jsonl'", "replay", RESPONSES, "nowhere.jsonl")
        (self.folder / "empty").mkdir()
        self.refused(1, "holds no responses.jsonl", "replay", self.folder / "empty")
        self.refused(1, "cannot tell the format", "replay", ACCESS)

    def test_a_file_without_permission_exits_1(self):
        path = self.write("secret.jsonl", RESPONSES.read_bytes())
        path.chmod(0)
        who = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        try:
            self.refused(1, "Permission denied", "replay", path, cwd="/", **who)
        except PermissionError:
            self.skipTest("the program itself is out of another user's reach")

    def test_an_empty_file_is_no_records_and_exits_0(self):
        code, out, err = millrace("replay", self.write("empty.jsonl", b""))
        self.assertEqual((code, err), (0, ""))
        self.assertIn("requests  0 records", out)

    def test_a_dash_is_stdin(self):
        self.assertEqual(millrace("replay", "-", stdin=RESPONSES.read_bytes()), millrace("replay", RESPONSES))

    def test_several_inputs_equal_their_concatenation(self):
        both = self.write("both.jsonl", ACCESS.read_bytes() + ACCESS.read_bytes())
        one = report("replay", both, *MAP, "--by", "label")
        two = report("replay", ACCESS, ACCESS, *MAP, "--by", "label")
        for key in ("streams", "accounting"):
            self.assertEqual(one[key], two[key])
        self.assertEqual(two["input"]["bad_lines"][1]["line"], 4)

    def test_gzip_and_zstd_equal_the_plain_file(self):
        plain = millrace("replay", RESPONSES)
        packed = self.write("packed", gzip.compress(RESPONSES.read_bytes()))  # told from content
        self.assertEqual(millrace("replay", packed), plain)
        if shutil.which("zstd") is None:
            self.skipTest("no zstd tool")
        subprocess.run(["zstd", "-q", RESPONSES, "-o", self.folder / "r.zst"], check=True)
        self.assertEqual(millrace("replay", self.folder / "r.zst"), plain)

    def test_a_run_directory_gives_its_own_test_time(self):
        summary = json.loads((RUN / "summary.json").read_text())
        rates = report("replay", RUN)["streams"][0]["rates"]
        self.assertEqual(rates["window"], "total test time")
        self.assertEqual(rates["window_seconds"], summary["total_test_time"])


class Reports(Case):
    def test_percentiles_and_rules_change_the_numbers_and_are_named(self):
        rules = {}
        for rule in ("nearest-rank", "linear", "exclusive", "exclusive-clamped"):
            code, out, _ = millrace("replay", RESPONSES, "--rule", rule, "--percentiles", "50,99.9")
            self.assertEqual(code, 0)
            self.assertIn(f"percentiles: {rule}, exact", out)
            self.assertRegex(out, r"p50 +p99\.9 +max")
            stream = report("replay", RESPONSES, "--rule", rule, "-p", "99.9")["streams"][0]
            self.assertEqual(stream["percentile_rule"], rule)
            rules[rule] = stream["metrics"]["time_to_last_token"]["percentiles"]["p99.9"]
        greatest = report("replay", RESPONSES)["streams"][0]["metrics"]["time_to_last_token"]["max"]
        self.assertEqual(rules["nearest-rank"], greatest)
        self.assertEqual(rules["exclusive-clamped"], greatest)
        self.assertLess(rules["linear"], greatest)
        self.assertGreater(rules["exclusive"], greatest)  # it extrapolates

    def test_by_status_and_label_split_the_records(self):
        stream = report("replay", ACCESS, *MAP, "--by", "label")["streams"][0]
        self.assertEqual([(p["label"], p["records"]) for p in stream["by_label"]], [("a", 3), ("b", 1)])
        self.assertEqual(stream["by_label"][0]["status"], {"ok": 2, "error": 1, "incomplete": 0})
        stream = report("replay", ACCESS, *MAP, "--by", "status")["streams"][0]
        self.assertEqual([(p["status"], p["records"]) for p in stream["by_status"]], [("ok", 3), ("error", 1)])
        self.assertRegex(millrace("replay", ACCESS, *MAP, "--by", "label")[1], r"(?m)^a +3 +2 +33\.33 %$")

    def test_the_window_of_the_rates_is_the_one_that_is_given(self):
        def rates(*flags):
            return report("replay", ACCESS, *MAP, *flags)["streams"][0]["rates"]

        self.assertEqual(rates()["window_seconds"], 4)
        self.assertEqual(rates("--end-time", "2026-01-01T00:00:10Z")["window_seconds"], 10)
        self.assertEqual(rates("--end-time", "1767225610")["window"], "first start to given end")
        for minute in ("60", "60s", "1min"):
            self.assertEqual(rates("--total-test-time", minute)["requests_per_minute"], 4)
        self.assertEqual(rates("--total-requests", "8")["requests_per_second"], 2)
        self.assertIn("--total-test-time says it", millrace("replay", RESPONSES)[1])

    def test_goodput_counts_records_that_are_ok_and_within_all_limits(self):
        stream = report("replay", ACCESS, *MAP, "--goodput", "latency:25ms size:3KiB")["streams"][0]
        self.assertEqual(stream["goodput"], {"good": 1, "fraction": 0.25, "limits": {"latency": 25, "size": 3072}})

    def test_a_check_that_fails_or_lacks_its_sample_exits_99_after_the_report(self):
        code, out, _ = millrace("replay", RESPONSES, "--check", "ttft:max<10ms", "--check", "error_rate<=10%")
        self.assertEqual(code, 99)
        self.assertIn("requests  20 records", out)
        self.assertIn("check failed   ttft:max<10ms  (is 69.00 ms)", out)
        self.assertIn("check passed   error_rate<=10%  (is 10 %)", out)
        code, out, _ = millrace("replay", RESPONSES, "--check", "ttft:p(99)<1s")
        self.assertEqual(code, 99)
        self.assertIn("check refused  ttft:p(99)<1s  (18 values; 299 are needed", out)
        self.assertEqual(millrace("replay", RESPONSES, "--check", "ttft:p(99)<1s", "--allow-small-samples")[0], 0)

    def test_metrics_without_a_value_have_no_row_and_checks_of_them_say_so(self):
        code, out, _ = millrace("replay", RESPONSES, "--check", "num_tokens_input_cached:max<9")
        self.assertEqual(code, 99)
        self.assertNotRegex(out, r"(?m)^num_tokens_input_cached")
        self.assertIn("none of 20 records has a value of num_tokens_input_cached", out)

    def test_profiles_reproduce_the_seed(self):
        code, out, _ = millrace("replay", RUN, "--profile", "llmeter")
        self.assertEqual(code, 0)
        self.assertIn("time_to_first_token-p50", out)
        for extra in ((), ("--lazy",)):
            stats = parse(millrace("replay", RUN, "--profile", "llmeter", "--format", "json", *extra)[1])
            self.assertEqual(stats["total_requests"], 10)
        pr56 = parse(millrace("replay", RUN, "--profile", "llmeter-pr56", "--format", "json")[1])
        self.assertIn("requests_per_minute", pr56)
        saved = self.folder / "saved"
        self.assertEqual(millrace("replay", RUN, "--profile", "llmeter", "--save", saved)[0], 0)
        self.assertEqual(sorted(p.name for p in saved.iterdir()), ["responses.jsonl", "stats.json", "summary.json"])

    def test_output_goes_to_a_file_whole_or_not_at_all(self):
        path = self.folder / "out.txt"
        self.assertEqual(millrace("replay", RESPONSES, "-o", path), (0, "", ""))
        self.assertEqual(path.read_text(), millrace("replay", RESPONSES)[1])
        self.refused(1, "cannot write '/nowhere/x': No such file", "replay", RESPONSES, "-o", "/nowhere/x")
        if os.path.exists("/dev/full"):
            self.refused(1, "cannot write '/dev/full': No space left", "replay", RESPONSES, "-o", "/dev/full")
            with open("/dev/full", "w") as full:
                run = subprocess.run([command_line.MILLRACE, "replay", RESPONSES], stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(run.returncode, 1)
            self.assertIn(b"cannot write stdout", run.stderr)

    def test_a_reader_that_goes_away_is_no_noise(self):
        shell = f"{shlex.quote(command_line.MILLRACE)} replay {shlex.quote(str(RESPONSES))} | head -1"
        run = subprocess.run(["sh", "-c", shell], capture_output=True, text=True)
        self.assertEqual((run.stdout.count("\n"), run.stderr), (1, ""))


class BadInput(Case):
    def test_damaged_lines_are_named_with_line_and_byte_counted_and_exit_3(self):
        good = RESPONSES.read_bytes().splitlines(keepends=True)
        path = self.write("bad.jsonl", good[0] + b"{]\n\n" + good[1] + b'{"id": "torn')
        code, out, err = millrace("replay", path)
        self.assertEqual(code, 3)
        self.assertIn(f"{path}:2: byte {len(good[0])}: ", err)
        self.assertIn(f"{path}:5: byte {len(good[0]) + 4 + len(good[1])}: cut off at the end", err)
        self.assertIn("4 lines = 2 records + 2 damaged (1 cut off at the end); 1 blank", out)

    def test_of_many_damaged_lines_ten_are_named_and_all_counted(self):
        path = self.write("many.jsonl", RESPONSES.read_bytes() + b"x\n" * 25)
        code, _, err = millrace("replay", path)
        self.assertEqual((code, err.count(": byte ")), (3, 10))
        self.assertIn("15 further damaged lines", err)

    def test_a_failed_check_outranks_damage(self):
        self.assertEqual(millrace("replay", ACCESS, *MAP, "--check", "count==0")[0], 99)

    def test_binary_nul_and_utf16_never_crash(self):
        good = RESPONSES.read_bytes()
        noise = random.Random(7).randbytes(200_000)
        for content, expected in ((noise, 1), (b"\0" * 5000, 1), (good + noise, 3), (good + b"\0" * 5000, 3),
                                  (good.decode().encode("utf-16"), 3), (b"\xef\xbb\xbf" + good, 0),
                                  (gzip.compress(good)[:300], 3)):
            code, _, err = millrace("replay", self.write("odd", content))
            self.assertEqual(code, expected, err[:300])

    def test_what_would_move_a_terminals_cursor_is_shown_not_obeyed(self):
        names = ["\x1b[31mred", "\x9b5m", "\u202eright to left", "tab\there", "line\nend"]
        lines = "".join(json.dumps({"ms": 1, "host": n, "why": n}) + "\n" for n in names)
        path = self.write("odd\x1b[31m.jsonl", lines + "bad\n")
        code, out, err = millrace("replay", path, *MAP, "--by", "label")
        self.assertEqual(code, 3)
        self.assertNotRegex(out + err, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]")
        self.assertIn("?[31mred", out)

    def test_a_line_beyond_the_cap_is_skipped(self):
        code, out, err = millrace("replay", RESPONSES, "--line-max", "64")
        self.assertEqual(code, 3)
        self.assertIn(":1: byte 0: longer than the line cap of 64 bytes", err)
        self.assertEqual(millrace("replay", RESPONSES, "--line-max", "1MiB")[0], 0)

    def test_a_line_of_one_gigabyte_leaves_memory_flat(self):
        good = RESPONSES.read_bytes()
        chunks = [good + b'{"id":"', *[b"a" * (1 << 20)] * 1024, b'"}\n' + good]
        code, out, err = self.in_flat_memory(chunks, "replay", "-", "--threads", "2", "--quiet")
        self.assertEqual(code, 3)
        self.assertIn(f"stdin:21: byte {len(good)}: longer than the line cap of 16777216 bytes", err)
        self.assertIn("41 lines = 40 records + 1 damaged", out)


class Threads(Case):
    def test_output_is_the_same_to_the_byte_for_any_number_of_threads(self):
        rnd = random.Random(1)
        lines = []
        for i in range(60_000):
            ok = rnd.random() > 0.05
            record = {"t": 1767225600 + i * 0.01, "ms": rnd.lognormvariate(3, 1), "bytes": rnd.randrange(1 << 20),
                      "code": 200 if ok else 500, "host": f"host-{rnd.randrange(40)}", "pad": "x" * 120}
            if not ok:
                record["why"] = rnd.choice(["timeout", "reset", "refused"])
            lines.append(json.dumps(record) + "\n" if rnd.random() > 0.001 else "{broken\n")
        path = self.write("big.jsonl", "".join(lines))
        self.assertGreater(path.stat().st_size, 10 << 20)  # several pieces of 4 MiB
        for flags in (("--by", "label", "--format", "json"), ("--by", "status", "--goodput", "latency:20ms")):
            runs = [millrace("replay", path, *MAP, *flags, "--threads", n) for n in (1, 2, 5)]
            self.assertEqual(runs[0][0], 3)
            self.assertTrue(runs[0] == runs[1] == runs[2], "the reports differ")


class Documents(Case):
    def test_every_key_of_the_json_is_documented(self):
        page = (ROOT / "docs" / "json-schema.md").read_text()
        tables = "".join(line for line in page.splitlines(keepends=True) if line.startswith("|"))
        known = set(re.findall(r"[a-z_0-9]+", " ".join(re.findall("`([^`]*)`", tables))))

        def keys(value, path=()):
            if isinstance(value, list):
                return set().union(*(keys(v, path) for v in value), set())
            if not isinstance(value, dict):
                return set()
            free = path[-1:] in (("metrics",), ("percentiles",), ("limits",), ("rates",))
            return (set() if free else set(value)).union(*(keys(v, path + (k,)) for k, v in value.items()))

        seen = keys(report("replay", ACCESS, *MAP, "--by", "label", "--goodput", "latency:1s", "--check", "count>0"))
        seen |= keys(report("replay", ACCESS, *MAP, "--by", "status")) | keys(report("demo", "--records", "10"))
        self.assertEqual(seen - known, set())
        self.assertGreater(len(seen), 50)

    def test_numbers_that_are_not_there_are_null_never_nan(self):
        path = self.write("nan.jsonl", '{"ms": NaN, "bytes": Infinity}\n{"ms": -1}\n')
        stream = report("replay", path, *MAP)["streams"][0]
        self.assertIsNone(stream["rates"])
        metric = stream["metrics"]["latency"]
        self.assertEqual((metric["count"], metric["invalid"]), (0, 1))
        for key in ("sum", "mean", "variance", "standard_deviation", "skewness", "kurtosis", "min", "max"):
            self.assertIsNone(metric[key], key)
        self.assertIsNone(metric["percentiles"]["p50"])


if __name__ == "__main__":
    command_line.main()
