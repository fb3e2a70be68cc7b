#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs with damage, and those of killed runs, on the command line. Damage is done to copies.

    MILLRACE_BIN=build/tools/millrace tests/log_damage_cli_test.py [unittest arguments]
"""
import os
import random
import re
import shutil
import signal
import time
from pathlib import Path

import command_line
from command_line import millrace, parse, report
from log_case import HEADER, READERS, LogCase, data_frames, digest_of, end_offset, listing, segments


class Damage(LogCase):
    def test_a_flipped_bit_in_a_payload_costs_its_frame_and_is_named(self):
        folder = self.copy()
        path = segments(folder)[1]
        content = bytearray(path.read_bytes())
        at, size, records = data_frames(content)[3]
        content[at + 64 + 5] ^= 0x10
        path.write_bytes(content)
        code, out, _ = millrace("verify", folder)
        self.assertEqual(code, 4)
        self.assertRegex(out, rf"(?m)^{re.escape(str(path))}: byte {at}: .*skipped$")
        self.assertIn(f"{records:,} records missing: logged, and not readable", out)
        self.assertEqual(out.splitlines()[-1], f"{60_000 - records:,} records, not whole")
        code, out, _ = millrace("replay", folder)
        self.assertEqual(code, 4)
        self.assertIn(f"requests  {60_000 - records:,} records", out)
        self.assertIn(f"byte {at}: ", out)
        self.assertIsNotNone(digest_of(out))
        self.assertNotEqual(digest_of(out), digest_of(self.demo[1]))
        json_report = report("replay", folder)
        run = json_report["log"]["runs"][0]
        self.assertEqual((run["missing"], run["whole"]), (records, False))
        self.assertEqual(run["damages"][0]["byte_offset"], at)
        code, out, err = millrace("export", folder, "--format", "jsonl")
        self.assertEqual((code, out.count("\n")), (4, 60_000 - records))
        self.assertIn(f"byte {at}: ", err)

    def test_of_many_damages_twenty_are_listed(self):
        folder = self.copy()
        hit = 0
        for path in segments(folder):
            content = bytearray(path.read_bytes())
            for at, size, _ in data_frames(content)[::3]:
                content[at + 64] ^= 1
                hit += 1
            path.write_bytes(content)
        self.assertGreater(hit, 25)
        code, out, _ = millrace("verify", folder)
        # Each frame and, as the numbers tell, the records that went with it.
        damages = report("replay", folder)["log"]["runs"][0]["damages"]
        self.assertEqual(sum(d["what"].endswith("does not match its checksum") for d in damages), hit)
        for command in ("verify", "replay"):
            code, out, _ = millrace(command, folder)
            self.assertEqual((code, len(re.findall(rf"(?m)^{re.escape(str(folder))}", out))), (4, 20))
            self.assertIn(f"{len(damages) - 20} further damages", out)

    def test_a_segment_that_was_taken_away_is_a_gap(self):
        folder = self.copy()
        segments(folder)[1].unlink()
        for command in READERS[:1] + READERS[2:4]:
            self.assertEqual(millrace(command[0], folder, *command[1:])[0], 4, command)
        out = millrace("verify", folder)[1]
        self.assertIn("1 segment missing", out)
        self.assertRegex(out, r"[\d,]+ records missing")
        self.assertIn("not whole", out)

    def test_without_its_first_segment_a_run_has_dropped_records(self):
        folder = self.copy()
        segments(folder)[0].unlink()
        code, out, _ = millrace("replay", folder)
        self.assertEqual(code, 3)
        self.assertRegex(out, r"[\d,]+ records dropped: in segments that retention removed")
        self.assertEqual(millrace("verify", folder)[0], 3)

    def test_without_its_end_a_run_is_unfinished(self):
        folder = self.copy()
        path = segments(folder)[-1]
        content = path.read_bytes()
        path.write_bytes(content[:end_offset(content)])
        code, out, _ = millrace("replay", folder)
        self.assertEqual(code, 3)
        self.assertIn(": unfinished, 60,000 records in", out)
        self.assertIn(": unfinished", millrace("info", folder)[1])

    def test_a_file_that_is_no_segment_is_damage_of_the_folder(self):
        folder = self.copy()
        (folder / "00000000000000000099.mlr").write_bytes(os.urandom(5000))
        code, out, _ = millrace("verify", folder)
        self.assertEqual(code, 4)
        self.assertIn("00000000000000000099.mlr", out)
        self.assertIn("60,000 records, not whole", out)
        self.assertEqual(millrace("info", folder)[0], 4)
        self.assertEqual(millrace("replay", folder)[0], 4)

    def test_random_damage_is_told_alike_by_all_readers_and_never_crashes_one(self):
        seed = int(os.environ.get("MILLRACE_SEED", time.time_ns() % 1_000_000))
        rnd = random.Random(seed)
        small = self.fresh("small")
        self.assertEqual(millrace("demo", "--records", "3k", "--labels", "2", "-q", "--log", small, "--segment-bytes",
                                  "256KiB")[0], 0)
        for i in range(int(os.environ.get("MILLRACE_RUNS", "12"))):
            folder = Path(shutil.copytree(small, self.fresh("damaged")))
            for _ in range(rnd.choice((1, 1, 3, 40))):
                path = rnd.choice(segments(folder))
                content = bytearray(path.read_bytes())
                at = rnd.randrange(min(len(content), rnd.choice((len(content), HEADER + 200))))
                kind = rnd.randrange(4)
                if kind == 0:
                    content[at] ^= 1 << rnd.randrange(8)
                elif kind == 1:
                    content[at:at + 4096] = rnd.randbytes(min(4096, len(content) - at))
                elif kind == 2:
                    content[at:at + 8192] = bytes(min(8192, len(content) - at))
                elif len(content) > HEADER:
                    del content[max(at, HEADER):]
                path.write_bytes(content)
            with self.subTest(seed=seed, run=i):
                code, out, err = millrace("verify", folder)
                self.assertIn(code, (0, 1, 3, 4, 5), err)
                exported = millrace("export", folder, "--format", "jsonl", "--run", "all")
                replayed = millrace("replay", folder, "--run", "all", "--format", "json")
                self.assertIn(millrace("info", folder)[0], (0, 1, 4, 5))
                self.assertIn(millrace("watch", folder)[0], (0, 1, 3, 4, 5))
                self.assertEqual((exported[0], replayed[0]), (code, code))
                if code in (0, 3, 4):
                    records = int(out.splitlines()[-1].split()[0].replace(",", ""))
                    self.assertEqual(exported[1].count("\n"), records)
                    streams = parse(replayed[1])["streams"]
                    self.assertEqual(sum(s["records"] for s in streams), records)

    def test_what_would_move_a_terminals_cursor_is_shown_not_obeyed(self):
        folder = Path(shutil.copytree(self.log, self.folder / "odd\x1b[31m\nlog"))
        segments(folder)[1].unlink()
        for command in READERS[:4]:
            _, out, err = millrace(command[0], folder, *command[1:], *(("-o", "/dev/null") if len(command) > 1 else ()))
            self.assertNotRegex(out + err, "[\x00-\x09\x0b-\x1f\x7f-\x9f]", command)


class Killed(LogCase):
    def test_a_killed_run_is_replayed_with_its_rings_and_recovered_to_the_same_digest(self):
        folder = self.killed()
        info = parse(millrace("info", folder, "--format", "json")[1])["runs"][0]
        self.assertEqual(info["state"], "unfinished")
        self.assertGreater(info["rings"], 0)
        code, out, err = millrace("replay", folder)
        self.assertEqual((code, err), (3, ""))
        self.assertIn(": unfinished, ", out)
        before = digest_of(out)
        records = report("replay", folder)["streams"][0]["records"]
        self.assertGreaterEqual(records, info["records"])

        code, out, err = millrace("recover", folder)
        self.assertEqual((code, err), (0, ""))
        written = records - info["records"]
        self.assertRegex(out, rf"\A{written:,} records? of 1 run written into the log\n\Z")
        self.assertEqual(list(folder.glob("*.mln")), [])
        code, out, _ = millrace("replay", folder)
        self.assertEqual((code, digest_of(out)), (0, before))
        self.assertIn(": closed, ", out)
        kept = listing(folder)
        self.assertEqual(millrace("recover", folder)[:2],
                         (0, "nothing to recover: the log lacks no record of a dead run\n"))
        self.assertEqual({k: v for k, v in listing(folder).items() if k != "LOCK"},
                         {k: v for k, v in kept.items() if k != "LOCK"})
        self.assertEqual(millrace("verify", folder)[0], 0)

    def test_the_next_run_recovers_what_the_killed_one_left(self):
        folder = self.killed()
        before = digest_of(millrace("replay", folder)[1])
        killed = parse(millrace("info", folder, "--format", "json")[1])["runs"][0]["run"]
        self.assertEqual(millrace("demo", "--records", "1k", "--log", folder, "--append", "-q")[0], 0)
        code, out, _ = millrace("replay", folder, "--run", killed)
        self.assertEqual((code, digest_of(out)), (0, before))
        self.assertEqual(report("replay", folder)["streams"][0]["records"], 1000)

    def test_ctrl_c_closes_the_log(self):
        folder = self.fresh("log")
        demo = self.running(folder)
        demo.send_signal(signal.SIGINT)
        code, out, _ = self.outcome(demo)
        self.assertEqual(code, 130)
        self.assertTrue(out.startswith("INTERRUPTED"))
        self.assertEqual(millrace("verify", folder)[0], 0)


if __name__ == "__main__":
    command_line.main()
