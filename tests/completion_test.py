#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The completions, each in its shell: commands, options, values, files and folders. A shell that is not there is
skipped.

    MILLRACE_PAGES=FOLDER completion_test.py
"""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PAGES = pathlib.Path(os.environ["MILLRACE_PAGES"])
COMMANDS = {"replay", "watch", "info", "verify", "recover", "export", "demo", "load"}
RULES = {"nearest-rank", "linear", "exclusive", "exclusive-clamped"}

# As readline would call the function for the words that are given, the last of which is completed.
BASH = r'''
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_millrace && printf '%s\n' "${COMPREPLY[@]}"
'''

# zsh completes for a person alone: one types at a pseudo-terminal, and what compadd is given is written down.
ZSH = r'''
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "source $1"
zpty -w -n shell "$2"$'\t'
while zpty -r shell line; do :; done
'''
ZSH_AT_THE_TERMINAL = r'''
PS1=
fpath=({pages} $fpath)
autoload -Uz compinit
compinit -D -u
bindkey '^I' complete-word
compadd() {{
  # With -O, -A or -D it fills an array and offers nothing.
  if [[ ${{@[1,(i)(-|--)]}} != *-(O|A|D)\ * ]]; then
    local -a offered
    builtin compadd -A offered "$@"
    print -rl -- $offered >>{offered}
  fi
  builtin compadd "$@"
}}
over() {{ exit }}
comppostfuncs=(over)
'''


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "a folder").mkdir()
        (self.folder / "a file.jsonl").touch()

    def run_in(self, *command):
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=self.folder, timeout=60).stdout


class Completion:
    """What every shell does; complete(words) gives the set of what is offered for the last one."""

    def test_commands(self):
        self.assertLessEqual(COMMANDS, self.complete("millrace", ""))
        self.assertEqual(self.complete("millrace", "re"), {"replay", "recover"})

    def test_options_of_the_command_alone(self):
        self.assertEqual(self.complete("millrace", "replay", "--goo"), {"--goodput"})
        self.assertEqual(self.complete("millrace", "info", "--goo"), set())

    def test_values_of_a_closed_set(self):
        self.assertEqual(self.complete("millrace", "replay", "--rule", ""), RULES)
        self.assertEqual(self.complete("millrace", "replay", "--rule", "ex"), {"exclusive", "exclusive-clamped"})
        self.assertEqual(self.complete("millrace", "export", "--format", "j"), {"jsonl"})

    def test_inputs_are_files_and_folders_and_logs_folders(self):
        self.assertEqual(self.complete("millrace", "replay", "a"), {"a file.jsonl", "a folder"})
        self.assertEqual(self.complete("millrace", "watch", "a"), {"a folder"})
        self.assertEqual(self.complete("millrace", "replay", "-o", "a"), {"a file.jsonl", "a folder"})
        self.assertEqual(self.complete("millrace", "demo", "--log", "a"), {"a folder"})

    def test_a_value_that_nobody_knows_is_no_file(self):
        self.assertEqual(self.complete("millrace", "demo", "--duration", "a"), set())


@unittest.skipUnless(shutil.which("bash"), "bash is not there")
class Bash(Folder, Completion):
    def complete(self, *words):
        return set(self.run_in("bash", "-c", BASH, "bash", PAGES / "millrace.bash", *words).splitlines()) - {""}

    def test_a_value_behind_an_equals_sign(self):
        self.assertEqual(self.complete("millrace", "replay", "--rule", "=", "ne"), {"nearest-rank"})
        self.assertEqual(self.complete("millrace", "replay", "--rule", "="), RULES)


@unittest.skipUnless(shutil.which("fish"), "fish is not there")
class Fish(Folder, Completion):
    def complete(self, *words):
        line = " ".join(words).replace("'", "\\'")
        script = f"source {PAGES / 'millrace.fish'}; complete -C '{line}'"
        lines = self.run_in("fish", "--no-config", "-c", script).splitlines()
        return {line.split("\t")[0].replace("\\ ", " ").rstrip("/") for line in lines}


@unittest.skipUnless(shutil.which("zsh"), "zsh is not there")
class Zsh(Folder, Completion):
    def complete(self, *words):
        with tempfile.TemporaryDirectory() as folder:
            offered, setup = pathlib.Path(folder, "offered"), pathlib.Path(folder, "setup")
            offered.touch()
            setup.write_text(ZSH_AT_THE_TERMINAL.format(pages=PAGES, offered=offered))
            self.run_in("zsh", "-f", "-c", ZSH, "zsh", setup, " ".join(words))
            return set(offered.read_text().replace("\\ ", " ").splitlines()) - {""}

    def test_syntax(self):
        self.run_in("zsh", "-n", PAGES / "_millrace")


if __name__ == "__main__":
    unittest.main()
