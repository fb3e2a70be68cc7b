#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Live numbers on a terminal, Ctrl-C, and `millrace demo`.

    MILLRACE_BIN=build/tools/millrace tests/terminal_cli_test.py [unittest arguments]
"""
import fcntl
import json
import re
import signal
import struct
import subprocess
import termios
from pathlib import Path

import command_line
from command_line import QUIET_ENV, RESPONSES, Case, millrace, parse, report


class Interruption(Case):
    def waits(self, process):
        """It has a handler for Ctrl-C and has taken all of its input."""
        status = Path(f"/proc/{process.pid}/status").read_text()
        caught = int(re.search(r"SigCgt:\s*(\w+)", status).group(1), 16)
        unread = struct.unpack("i", fcntl.ioctl(process.stdin, termios.FIONREAD, bytes(4)))[0]
        return caught >> (signal.SIGINT - 1) & 1 and unread == 0

    def interrupted(self, arguments, before=b""):
        process = subprocess.Popen([command_line.MILLRACE, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=QUIET_ENV)
        self.addCleanup(lambda: (process.poll() is None and process.kill(), process.wait()))
        process.stdin.write(before)
        process.stdin.flush()
        self.until(lambda: self.waits(process))
        process.send_signal(signal.SIGINT)
        # Not communicate(): it would close the pipe, and so end the input.
        out, err = process.stdout.read().decode(), process.stderr.read().decode()
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()
        self.assertEqual(process.wait(20), 130, err)
        return out

    def test_ctrl_c_saves_a_llmeter_run_as_interrupted(self):
        # More than a pipe's peek of 64 KiB, so that records were read when the signal comes.
        before = RESPONSES.read_bytes() * 20
        out = self.interrupted(["replay", "-", "--profile", "llmeter", "--format", "json"], before)
        stats = json.loads(out)
        self.assertIs(stats["interrupted"], True)
        self.assertGreaterEqual(stats["failed_requests"], 2)

    def test_ctrl_c_in_the_demo_prints_the_full_report(self):
        out = self.interrupted(["demo", "--rate", "1000", "--duration", "60s"])
        self.assertTrue(out.startswith("INTERRUPTED"))
        self.assertRegex(out, r"accounting: [\d,]+ attempted .* 0 in flight")

    def test_ctrl_c_while_a_pipe_is_silent_reports_what_was_read(self):
        out = self.interrupted(["replay", "-"], before=RESPONSES.read_bytes())
        self.assertIn("requests  20 records", out)
        self.assertIn("input: llmeter, 20 lines = 20 records + 0 damaged", out)
        self.assertTrue(parse(self.interrupted(["replay", "-", "--format", "json"]))["interrupted"])


class Demo(Case):
    def test_with_a_rate_every_record_is_accounted_for(self):
        code, out, _ = millrace("demo", "--rate", "5k", "--duration", "300ms", "--workers", "3")
        self.assertEqual(code, 0)
        numbers = re.search(r"accounting: ([\d,]+) attempted = ([\d,]+) accepted \+ ([\d,]+) rejected; "
                            r"([\d,]+) aggregated, ([\d,]+) in flight", out).groups()
        attempted, accepted, rejected, aggregated, in_flight = (int(n.replace(",", "")) for n in numbers)
        self.assertEqual((attempted, accepted, in_flight), (accepted + rejected, aggregated, 0))
        self.assertTrue(300 <= attempted <= 1503, attempted)  # 0.3 s x 5,000, and one each at once

    def test_without_a_rate_workers_wait_and_nothing_is_lost(self):
        demo = report("demo", "--records", "300k", "--workers", "3", "--labels", "2", "--by", "label", "--quiet")
        self.assertEqual(demo["streams"][0]["records"], 300_000)
        self.assertEqual(demo["accounting"]["attempted"], demo["accounting"]["aggregated"])
        self.assertEqual(sum(w["accepted"] for w in demo["workers"]), 300_000)
        self.assertEqual(len(demo["streams"][0]["by_label"]), 2)

    def test_a_seed_gives_the_same_values_again(self):
        # Moments may differ in their last bits: they are summed by slices, and those by time.
        runs = [report("demo", "--records", "5k", "--workers", "1", "--seed", "3", "--idle", idle)
                for idle in ("sleep", "back-off")]
        for metric in ("time_to_first_token", "output_tokens"):
            for key in ("count", "sum", "min", "max", "percentiles"):
                one, two = (r["streams"][0]["metrics"][metric][key] for r in runs)
                self.assertEqual(one, two, (metric, key))


class Progress(Case):
    LOAD = ("demo", "--rate", "2k", "--duration", "1200ms")

    def test_on_a_terminal_the_live_block_overwrites_itself_and_goes(self):
        shown, out = self.on_terminal(*self.LOAD)
        self.assertGreaterEqual(len(re.findall("\x1b\\[\\d+A", shown)), 2)  # up, to draw again
        self.assertIn("reqs=", shown)
        self.assertTrue(shown.endswith("\x1b[J"), repr(shown[-40:]))
        self.assertNotIn("\x1b", out)

    def test_chosen_live_numbers_are_the_ones_shown(self):
        shown, _ = self.on_terminal(*self.LOAD, "--show", "first=time_to_first_token-p50")
        self.assertIn("first=", shown)
        self.assertNotIn("p90_ttlt", shown)

    def test_quiet_and_the_environment_switch_it_off(self):
        self.assertEqual(self.on_terminal(*self.LOAD, "--quiet")[0], "")
        self.assertEqual(self.on_terminal(*self.LOAD, env={"LLMETER_DISABLE_ALL_PROGRESS_BARS": "1"})[0], "")

    def test_without_a_terminal_stderr_is_plain(self):
        self.assertEqual(millrace(*self.LOAD)[2], "")  # too short for a plain line
        self.assertEqual(self.on_terminal(*self.LOAD, env={"TERM": "dumb"})[0].count("\x1b"), 0)


if __name__ == "__main__":
    command_line.main()
