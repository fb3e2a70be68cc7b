#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The man pages: one a command, every option in it, nothing for mandoc or groff to complain of. Skipped where
neither is there.

    MILLRACE_BIN=PROGRAM MILLRACE_PAGES=FOLDER man_page_test.py
"""
import os
import pathlib
import re
import shutil
import subprocess
import unittest

PROGRAM = os.environ["MILLRACE_BIN"]
PAGES = pathlib.Path(os.environ["MILLRACE_PAGES"])


def output_of(*command, **kwargs):
    return subprocess.run(command, capture_output=True, text=True, check=True, **kwargs).stdout


def commands():
    listed = output_of(PROGRAM, "--help").split("Subcommands:")[1].split("Exit codes")[0]
    return re.findall(r"(?m)^  (\w+) ", listed)


class ManPages(unittest.TestCase):
    def test_each_command_has_a_page_and_no_page_lacks_its_command(self):
        self.assertEqual({p.name for p in PAGES.glob("*.1")},
                         {"millrace.1", *(f"millrace-{command}.1" for command in commands())})

    def test_each_option_of_help_is_on_the_page(self):
        for command in commands():
            page = (PAGES / f"millrace-{command}.1").read_text().replace("\\-", "-")
            for option in set(re.findall(r"(?m)^  +(?:-\w,)?(--[\w-]+)", output_of(PROGRAM, command, "--help"))):
                self.assertRegex(page, rf"\\fB{option}\\fR", f"millrace {command}")

    def test_each_page_has_the_sections_that_a_reader_expects(self):
        for path in PAGES.glob("millrace-*.1"):
            sections = re.findall(r"(?m)^\.SH (.*)", path.read_text())
            self.assertEqual(sections, ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES",
                                        "SEE ALSO"], path.name)
            self.assertNotRegex(path.read_text(), "@[A-Z]+@", path.name)

    def test_examples_name_commands_and_options_that_are_there(self):
        for path in PAGES.glob("millrace-*.1"):
            for line in path.read_text().replace("\\-", "-").splitlines():
                if not line.startswith("millrace "):
                    continue
                command = line.split()[1]
                self.assertIn(command, commands(), line)
                known = output_of(PROGRAM, command, "--help")
                for option in re.findall(r" (--?[a-z][\w-]*)", line.split("|")[0]):
                    self.assertRegex(known, rf"[ ,]{option}[ ,\n]", line)

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not there")
    def test_mandoc_has_nothing_to_complain_of(self):
        for path in PAGES.glob("*.1"):
            # STYLE is about taste: mandoc would have spelled-out dates.
            run = subprocess.run(["mandoc", "-Tlint", "-W", "warning", path], capture_output=True, text=True,
                                 check=False)
            self.assertEqual(run.stdout, "", path.name)

    @unittest.skipUnless(shutil.which("groff"), "groff is not there")
    def test_groff_has_nothing_to_complain_of(self):
        for path in PAGES.glob("*.1"):
            run = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-z", path], capture_output=True, text=True,
                                 check=False)
            self.assertEqual(run.stderr, "", path.name)


if __name__ == "__main__":
    unittest.main()
