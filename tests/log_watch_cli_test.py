#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`millrace watch`.

    MILLRACE_BIN=build/tools/millrace tests/log_watch_cli_test.py [unittest arguments]
"""
import re
import signal
import time

import command_line
from command_line import millrace, parse
from log_case import LogCase, digest_of, segments


class Watch(LogCase):
    def test_a_run_that_is_over_gives_its_summary_at_once(self):
        code, out, err = millrace("watch", self.log)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out, millrace("replay", self.log)[1])

    def test_a_run_is_followed_to_its_end(self):
        folder = self.fresh("log")
        # Three segments a second: with many more, a busy machine is late with the next one, and a load that
        # must not be held up is then unlogged.
        demo = self.start("demo", "--rate", "8k", "--duration", "3s", "--quiet", "--log", folder, "--segment-bytes",
                          "512KiB")
        self.until(lambda: segments(folder))
        watch = self.start("watch", folder, "--every", "200ms")
        code, out, err = self.outcome(watch)
        demo_code, demo_out, _ = self.outcome(demo)
        self.assertEqual((code, demo_code), (0, 0), err)
        self.assertEqual(digest_of(out), digest_of(demo_out))
        self.assertIn("percentiles: nearest-rank, exact", out)
        counts = [int(n.replace(",", "")) for n in re.findall(r"(?m)^reqs=([\d,]+)", err)]
        self.assertGreaterEqual(len(counts), 3, err)
        self.assertEqual(counts, sorted(counts))
        self.assertGreater(counts[-1], counts[0])
        self.assertIn("p90_ttft", err.replace("ttft_p90", "p90_ttft"))
        self.assertGreater(len(segments(folder)), 5)  # so that it was followed through several

    def test_a_writer_that_is_killed_is_noticed_and_the_way_on_is_said(self):
        folder = self.fresh("log")
        demo = self.running(folder)
        watch = self.start("watch", folder)
        time.sleep(0.5)
        self.assertIsNone(watch.poll())
        demo.kill()
        demo.wait()
        code, out, err = self.outcome(watch)
        self.assertEqual(code, 3)
        self.assertIn(f"({demo.pid}) has died; 'millrace recover {folder}'", err)
        self.assertEqual(out, millrace("replay", folder)[1])  # with what was in the rings

    def test_a_writer_that_pauses_is_not_taken_for_dead(self):
        folder = self.fresh("log")
        demo = self.running(folder)
        demo.send_signal(signal.SIGSTOP)
        watch = self.start("watch", folder)
        time.sleep(2)
        self.assertIsNone(watch.poll())
        demo.send_signal(signal.SIGCONT)
        demo.send_signal(signal.SIGINT)
        code, out, err = self.outcome(watch)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(digest_of(out), digest_of(self.outcome(demo)[1]) or digest_of(millrace("replay", folder)[1]))

    def test_ctrl_c_prints_the_numbers_so_far(self):
        folder = self.fresh("log")
        self.running(folder)
        watch = self.start("watch", folder, "--every", "100ms")
        self.assertIn(b"reqs=", watch.stderr.readline())
        watch.send_signal(signal.SIGINT)
        code, out, _ = self.outcome(watch)
        self.assertEqual(code, 130)
        self.assertTrue(out.startswith("INTERRUPTED"))
        self.assertRegex(out, r"percentiles: nearest-rank, from histograms, within .* %: the run goes on")
        self.assertRegex(out, r"requests  [\d,]+ records")
        self.assertIsNone(digest_of(out))
        watch = self.start("watch", folder, "--every", "100ms", "--format", "json")
        watch.stderr.readline()
        watch.send_signal(signal.SIGINT)
        live = parse(self.outcome(watch)[1])
        self.assertIs(live["interrupted"], True)
        self.assertGreater(live["streams"][0]["records"], 0)

    def test_records_that_retention_removed_before_they_were_read_are_counted(self):
        folder = self.fresh("log")
        demo = self.running(folder, "--segment-bytes", "256KiB", "--log-bytes-max", "1MiB")
        self.until(lambda: parse(millrace("info", folder, "--format", "json")[1])["runs"][0]["first_segment"] > 1)
        watch = self.start("watch", folder, "--every", "50ms")
        watch.stderr.readline()
        watch.send_signal(signal.SIGSTOP)
        first = int(segments(folder)[-1].stem)
        self.until(lambda: int(segments(folder)[0].stem) > first + 1)
        watch.send_signal(signal.SIGCONT)
        time.sleep(0.5)
        demo.send_signal(signal.SIGINT)
        code, out, err = self.outcome(watch)
        self.assertEqual(code, 3)  # dropped
        self.assertRegex(err, r"millrace: [\d,]+ records skipped: retention removed them before they were read")
        self.assertRegex(err, r"reqs=[\d,]+  skipped=[\d,]+")
        self.assertIn("records dropped", out)

    def test_quiet_shows_no_live_numbers(self):
        folder = self.fresh("log")
        demo = self.running(folder)
        watch = self.start("watch", folder, "--every", "50ms", "--quiet")
        time.sleep(0.5)
        demo.send_signal(signal.SIGINT)
        code, out, err = self.outcome(watch)
        self.assertEqual((code, err), (0, ""))
        self.assertIsNotNone(digest_of(out))

    def test_on_a_terminal_the_block_overwrites_itself_and_goes(self):
        folder = self.fresh("log")
        demo = self.running(folder)
        stop_at = time.monotonic() + 2

        def stop_the_demo():
            nonlocal stop_at
            if stop_at and time.monotonic() > stop_at:
                demo.send_signal(signal.SIGINT)
                stop_at = None

        text, out = self.on_terminal("watch", folder, meanwhile=stop_the_demo)
        self.assertGreaterEqual(len(re.findall("\x1b\\[\\d+A", text)), 2)  # up, to draw again
        self.assertIn("reqs=", text)
        self.assertTrue(text.endswith("\x1b[J"), repr(text[-40:]))
        self.assertNotIn("\x1b", out)


if __name__ == "__main__":
    command_line.main()
