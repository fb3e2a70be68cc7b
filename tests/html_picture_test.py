#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pages of `millrace replay --format html` as a browser shows them, wide and narrow.

    tests/html_picture_test.py [unittest arguments]      MILLRACE_BIN=... in the environment

Needs chromium, and is skipped (77) where it is not. Nothing may stick out of the page, no text of a chart
may stand on another or out of its picture, and the console says nothing. MILLRACE_PICTURES=FOLDER keeps
screenshots, light and dark, for people to look at.
"""
import html
import json
import os
import random
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import command_line
from command_line import Case, millrace, modality_log

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PICTURES = os.environ.get("MILLRACE_PICTURES", "")
LONG = "a_name_without_any_place_to_break_it_" * 3
NAMES = ("<script>console.error(1)</script>", "\"'><img src=x onerror=console.error(2)>", "a\u0000\u001b[31mb",
         "\u202eturned", LONG, "]]>&lt;", "\u65e5\u672c\u8a9e")

# What a page is measured with; it carries no script of its own.
MEASURE = """<script>
const frame = document.querySelector("iframe"), faults = [];
frame.onload = () => {
  const page = frame.contentDocument, root = page.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push(`${root.scrollWidth} px wide, of ${root.clientWidth}`);
  for (const svg of page.querySelectorAll("svg")) {
    const title = svg.querySelector("title").textContent, [,, wide, high] = svg.getAttribute("viewBox").split(" ");
    const boxes = [...svg.querySelectorAll("text")].map(t => ({text: t.textContent, box: t.getBBox()}));
    boxes.forEach(({text, box}, i) => {
      if (box.x < -1 || box.y < -1 || box.x + box.width > +wide + 1 || box.y + box.height > +high + 1)
        faults.push(`${title}: '${text}' sticks out`);
      for (const {text: other, box: b} of boxes.slice(i + 1)) {
        const over = Math.min(box.x + box.width, b.x + b.width) - Math.max(box.x, b.x);
        const under = Math.min(box.y + box.height, b.y + b.height) - Math.max(box.y, b.y);
        if (over > 1 && under > 4) faults.push(`${title}: '${text}' stands on '${other}'`);
      }
    });
  }
  document.querySelector("pre").textContent = JSON.stringify({charts: page.querySelectorAll("svg").length, faults});
};
frame.srcdoc = document.querySelector("template").innerHTML;
</script>"""


def chromium(*arguments):
    """(stdout, stderr) of one visit."""
    run = subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                          "--enable-logging=stderr", "--virtual-time-budget=5000", *arguments],
                         capture_output=True, timeout=120)
    return run.stdout.decode(errors="replace"), run.stderr.decode(errors="replace")


@unittest.skipUnless(CHROMIUM, "no chromium here")
class Pictures(Case):
    def shown(self, name, *arguments, charts=None):
        code, page, err = millrace("replay", *arguments, "--format", "html")
        self.assertEqual((code, err), (0, ""))
        path = self.write(f"{name}.html", page)
        _, console = chromium("--dump-dom", path.as_uri())
        self.assertNotRegex(console, r"CONSOLE")
        for width in (1200, 400):
            frame = (f"<!DOCTYPE html><pre></pre><iframe style='border:0;width:{width}px;height:900px'></iframe>"
                     f"<template>{page.split('<html', 1)[1].join(['<html', ''])}</template>{MEASURE}")
            # A template drops <html> and <body>; srcdoc makes them anew, and the style is in what stays.
            dom, _ = chromium("--dump-dom", self.write("frame.html", frame).as_uri())
            found = json.loads(html.unescape(re.search(r"<pre>(.*?)</pre>", dom, re.S)[1]) or "null")
            self.assertIsNotNone(found, "the page did not load")
            self.assertEqual(found["faults"], [], f"{name} at {width} px")
            if charts is not None:
                self.assertEqual(found["charts"], charts)
        for theme in ("light", "dark") if PICTURES else ():
            chromium("--window-size=1200,3000", *(["--force-dark-mode"] if theme == "dark" else []),
                     f"--screenshot={Path(PICTURES) / f'{name}-{theme}.png'}", path.as_uri())

    def lines(self, name, records):
        path = self.write(f"{name}.jsonl", "".join(json.dumps(r) + "\n" for r in records))
        return (path, "--metric", "latency=/ms:ms", "--metric", f"{LONG}=/ms:ms", "--metric", "tokens=/n:tokens",
                "--start", "/t", "--ok", "/code < 400", "--error", "/why", "--label", "host=/host")

    def test_logs(self):
        log = self.folder / "log"
        self.assertEqual(millrace("demo", "--log", log, "--records", "30k", "--rate", "100k", "-q")[0], 0)
        self.shown("demo", log, charts=9)
        self.shown("by-status", log, "--by", "status", "--warmup", "5%")
        self.shown("guidellm-0.2.1", log, "--profile", "guidellm-0.2.1")
        self.shown("guidellm-0.7.3", log, "--profile", "guidellm-0.7.3")

    def test_modalities(self):
        log = modality_log(self.folder / "modalities")
        self.shown("modalities-0.7.3", log, "--profile", "guidellm-0.7.3")
        self.shown("modalities-millrace", log, "--profile", "millrace")
        self.shown("modalities", log)

    def test_few_records_and_equal_ones(self):
        self.shown("empty", self.write("empty.jsonl", b""), charts=0)
        record = {"t": 1767225600, "ms": 12.5, "n": 5, "code": 200}
        self.shown("single", *self.lines("single", [record]))
        self.shown("equal", *self.lines("equal", [record] * 50))
        self.shown("zero", *self.lines("zero", [record | {"ms": 0, "n": 0}] * 5))

    def test_failed_runs_and_hostile_names(self):
        draw = random.Random(1)
        failed = [{"t": 1767225600 + i / 10, "ms": draw.lognormvariate(3, 1), "code": 503, "why": "503 " + "x" * (i % 300)}
                  for i in range(400)]
        self.shown("failed", *self.lines("failed", failed))
        hostile = [{"t": 1767225600 + i, "ms": draw.lognormvariate(3, 3), "n": i, "code": 200 if i % 3 else 500,
                    "why": NAMES[i % 7] if i % 3 == 0 else None, "host": NAMES[i % 7]} for i in range(210)]
        self.shown("hostile", *self.lines("hostile", hostile))
        self.shown("hostile-labels", *self.lines("hostile", hostile), "--by", "label")


if __name__ == "__main__":
    if not CHROMIUM:
        print("skipped: no chromium here")
        sys.exit(77)
    command_line.main()
