#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Modalities of a log on the command line: in each format, and what is said of those that do not fit.

    MILLRACE_BIN=build/tools/millrace tests/modality_cli_test.py [unittest arguments]
"""
import re
from xml.etree import ElementTree

import command_line
from command_line import Case, millrace, modality_log, parse

LEFT_OUT = ("1 record of modalities with no request, or several, of the same id",
            "1 count of modalities beyond 2,147,483,647, and taken as that in rates and concurrency")
HEADING = "Texts, images, video, audio and tool calls"


class Modalities(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.log = modality_log(cls.folder / "log")

    def written(self, form, *flags):
        return millrace("replay", self.log, "--profile", "guidellm-0.7.3", "--format", form, *flags)

    def metrics(self):
        return parse(self.written("json")[1])["benchmarks"][0]["metrics"]

    def tables(self, title):
        """The tables under a title: each a list of its rows, and these of their cells."""
        console = self.written("guidellm-console")[1]
        found = re.search(rf"\u2139 {re.escape(title)}\n(.*?)\n(\n|$)", console, re.S)
        tables = []
        for line in found[1].split("\n"):
            if line.startswith("|="):
                tables.append([])
            elif not line.startswith("|-"):
                tables[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        return tables[:-1]

    def test_the_console_has_the_numbers_of_the_json_in_tables_of_input_and_output(self):
        metrics = self.metrics()

        def cells(kind, quantity, side):
            value, rate = (metrics[kind][quantity][side + of] for of in ("", "_per_second"))
            if value is None:
                return ["--"] * 4
            value, rate = value["successful"], rate["successful"]
            return [f"{n:.1f}" for n in (value["median"], value["percentiles"]["p95"], rate["median"], rate["mean"])]

        for kind, title, quantities, sides in (
                ("text", "Text", ("words",), ("input", "output")),
                ("image", "Image", ("images", "pixels", "bytes"), ("input",)),
                ("audio", "Audio", ("seconds", "bytes"), ("output",)),
                ("tool_call", "Tool Call", ("count",), ("output",))):
            tables = self.tables(f"{title} Metrics Statistics (Completed Requests)")
            self.assertEqual(len(tables), len(sides), title)
            for side, table in zip(sides, tables):
                self.assertEqual(table[-1], ["-", *(c for q in quantities for c in cells(kind, q, side))])
                groups = [cell for cell in table[0][1:] if cell]
                self.assertEqual(groups, [f"{side.title()} {quantity.title()}" for quantity in quantities])
        self.assertNotIn("Video", self.written("guidellm-console")[1])

    def test_what_only_failed_requests_have_is_0_in_a_table_of_completed_ones(self):
        of_bytes = self.metrics()["audio"]["bytes"]["output"]
        self.assertEqual([of_bytes[s]["count"] for s in ("successful", "errored")], [0, 8])
        row = self.tables("Audio Metrics Statistics (Completed Requests)")[0][-1]
        self.assertEqual(row[-4:], ["0.0"] * 4)

    def test_the_page_has_a_section_with_the_numbers_of_the_json(self):
        code, page, err = self.written("html")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(page.count(HEADING), 1)
        numbers = {float(data.get("value")) for data in ElementTree.fromstring(page).iter("data")}
        for kind in ("text", "image", "audio", "tool_call"):
            for quantity, sides in self.metrics()[kind].items():
                for name, by_status in (sides or {}).items():
                    for status, d in (by_status or {}).items():
                        if d["count"]:
                            for number in (d["mean"], d["median"], d["percentiles"]["p95"], d["max"]):
                                self.assertIn(number, numbers, (kind, quantity, name, status))

    def test_a_log_without_them_has_neither(self):
        log = self.folder / "plain"
        self.assertEqual(millrace("demo", "--records", "200", "--quiet", "--log", log)[0], 0)
        for form, never in (("html", HEADING), ("guidellm-console", "Metrics Statistics")):
            for profile in ("guidellm-0.2.1", "guidellm-0.7.3"):
                code, out, err = millrace("replay", log, "--profile", profile, "--format", form)
                self.assertEqual((code, err), (0, ""))
                self.assertNotIn(never, out)

    def test_a_file_of_guidellm_brings_them(self):
        document = command_line.DATA / "guidellm" / "v07.json"
        code, console, _ = millrace("replay", document, "--profile", "guidellm-0.7.3", "--format", "guidellm-console")
        self.assertEqual(code, 0)
        self.assertIn("Text Metrics Statistics (Completed Requests)", console)
        text = parse(millrace("replay", document, "--profile", "guidellm-0.7.3", "--format", "guidellm-json")[1])
        self.assertEqual(text["benchmarks"][0]["metrics"]["text"]["tokens"]["input"]["successful"]["max"], 148)

    def test_every_format_says_what_is_left_out_or_bounded(self):
        for form in ("text", "html"):
            code, out, err = self.written(form)
            self.assertEqual((code, err), (0, ""))
            for line in LEFT_OUT:
                self.assertIn(line, out)
        for form in ("guidellm-json", "guidellm-yaml", "guidellm-csv", "guidellm-console"):
            code, out, err = self.written(form, "--quiet")
            self.assertEqual((code, err), (0, "".join(f"millrace: {line}\n" for line in LEFT_OUT)))
        code, _, err = millrace("replay", self.log, "--profile", "guidellm-0.2.1", "--format", "json")
        self.assertEqual((code, err), (0, ""), "0.2.1 knows no modalities")


if __name__ == "__main__":
    command_line.main()
