#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every sample of README.md and docs/*.md is run, in the order of its document, in a folder of its own.

    console   `$ command` lines, and what is shown under one is what it prints
    sh        commands without output; one whose program is not there is passed over with a word
    c, cpp    compiled and run; without an #include, as the body of main()
    python    run by Debian's Python, where the package is built
    cmake, meson, make, toml, jsonl   files, named in SETS_UP; the commands that follow read them

A block of another kind, or of none, has no `$` in front of a line: pictures, formulas, bytes.

    PKG_CONFIG_PATH=DIR MILLRACE_BIN=PROGRAM [MILLRACE_PYTHON_PATH=DIR] samples_test.py
"""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
MILLRACE = pathlib.Path(os.environ["MILLRACE_BIN"])
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FILES = {"jsonl": "access.jsonl", "toml": "map.toml"}  # what the pages call them
# What takes minutes, and the script that runs it.
ELSEWHERE = {"tools/run.sh": "tools/run.sh", "tools/test.sh": "tools/test.sh", "meson setup": "tests/subproject_test.sh",
             "meson install": "tools/test.sh", "dpkg-buildpackage": "tests/tarball_test.sh"}
# Exit codes that are no failure: damaged lines, as the page shows, and --check that is not met.
MAY_EXIT = (0, 3, 99)


def blocks(page):
    """(line, kind, text) of each fenced block."""
    found, begin = [], None
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if line.startswith("```"):
            if begin is None:
                begin, kind, lines = number, line[3:].strip(), []
            else:
                found.append((begin, kind, "\n".join(lines) + "\n"))
                begin = None
        elif begin is not None:
            lines.append(line)
    return found


def without_comment(command):
    return " ".join(shlex.quote(word) for word in shlex.split(command, comments=True))


class Samples(unittest.TestCase):
    longMessage = True

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "tests").symlink_to(ROOT / "tests")
        self.environment = dict(os.environ, PATH=f"{MILLRACE.parent}:{os.environ['PATH']}", LC_ALL="C.UTF-8",
                                PYTHONPATH=os.environ.get("MILLRACE_PYTHON_PATH", ""))

    def run_it(self, command, cwd=None, **kwargs):
        run = subprocess.run(command, cwd=cwd or self.folder, env=self.environment, text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False, timeout=300, **kwargs)
        self.assertIn(run.returncode, MAY_EXIT, run.stdout)
        return run.stdout

    def run_elsewhere(self, command):
        """The logs that a program makes are its own."""
        with tempfile.TemporaryDirectory() as folder:
            self.run_it(command, cwd=folder)

    def set_up(self, page):
        """What the page's commands suppose to be there."""
        if page.name == "guidellm.md":
            document = json.loads((ROOT / "tests/data/guidellm/v07.json").read_text())
            requests = document["benchmarks"][0]["requests"]
            document["benchmarks"] *= 2
            (self.folder / "benchmarks.json").write_text(json.dumps(document))
            (self.folder / "texts.json").write_text("{}\n")
            (self.folder / "requests.jsonl").write_text("".join(json.dumps(r) + "\n" for r in requests["successful"]))
            self.run_it([MILLRACE, "demo", "--log", "run", "--records", "2000"])
        elif page.name == "json-schema.md":
            for _, kind, text in blocks(ROOT / "docs/jsonl-map.md"):
                if kind in FILES:
                    self.block(kind, text)
        elif page.name == "c-api.md":
            for source in ROOT.glob("docs/examples/*/load.*"):
                shutil.copy(source, self.folder)

    def console(self, text):
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.M):
            with self.subTest(command=command):
                out = self.run_it(without_comment(command), shell=True)
                if shown:
                    self.assertEqual(out, shown)

    def sh(self, text):
        for command in filter(None, map(str.strip, text.split("\n"))):
            words = shlex.split(command, comments=True)
            if not words:
                continue
            with self.subTest(command=command):
                elsewhere = next((script for what, script in ELSEWHERE.items() if command.startswith(what)), None)
                if elsewhere is not None:
                    self.assertIn(words[0], (ROOT / elsewhere).read_text())
                elif shutil.which(words[0], path=self.environment["PATH"]) is None:
                    print(f"{words[0]} is not there: its sample is not tried")
                else:
                    self.run_it(command, shell=True)

    def compiled(self, text, compiler, suffix, header):
        if "#include" not in text:
            text = f"#include <{header}>\nint main() {{\n{text}}}\n"
        source = self.folder / ("sample" + suffix)
        source.write_text(text)
        packages = ["millrace", "benchmark"] if "benchmark/benchmark.h" in text else ["millrace"]
        flags = self.run_it(["pkg-config", "--cflags", "--libs", "--static", *packages]).split()
        self.run_it([*compiler, "-O1", "-Wall", "-Wextra", source, "-o", self.folder / "sample", *flags])
        self.run_elsewhere([self.folder / "sample"])

    def python(self, text):
        if not self.environment["PYTHONPATH"]:
            print("the Python package is not built: its samples are not tried")
            return
        (self.folder / "sample.py").write_text(text)
        self.run_elsewhere(["/usr/bin/python3", self.folder / "sample.py"])

    def block(self, kind, text):
        if kind in FILES:
            (self.folder / FILES[kind]).write_text(text)
        elif kind == "console":
            self.console(text)
        elif kind == "sh":
            self.sh(text)
        elif kind == "cpp":
            self.compiled(text, ["c++", "-std=c++20"], ".cpp", "millrace/millrace.hpp")
        elif kind == "c":
            self.compiled(text, ["cc", "-std=c99"], ".c", "millrace.h")
        elif kind == "python":
            self.python(text)
        else:
            self.assertEqual(kind, "", "no rule for samples of this kind")
            self.assertNotRegex(text, r"(?m)^\$ ", "commands: mark the block as console")

    def page(self, page):
        self.set_up(page)
        for line, kind, text in blocks(page):
            with self.subTest(sample=f"{page.name}:{line}"):
                self.block(kind, text)


def test_of(page):
    return lambda self: self.page(page)


for each in PAGES:
    setattr(Samples, "test_" + each.stem.replace("-", "_").lower(), test_of(each))

if __name__ == "__main__":
    unittest.main(verbosity=1)
