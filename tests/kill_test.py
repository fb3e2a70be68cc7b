#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments: nothing accepted is lost, nothing is there twice, nothing is invented.

A cycle: a load with a log is killed; in half of the cycles its recovery, too, up to twice; then the same
once more in the same folder, the second time without a word in between in some cycles, since open
recovers as well; then every record of the log is read back and compared with what push said.
The worst allowed: one record a worker whose push had published it and not yet returned. In between,
loads whose rings are no files: what is lost with them is counted, to the record.

usage: kill_test.py PROGRAM [--cycles N] [--full] [--seed S] [--blocks K] [--keep]
MILLRACE_KILL_CYCLES: N, when --cycles is not given; 20 otherwise, 500 with --full.
"""
import argparse
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

RING_BLOCKS = (2, 4, 64)
THREADS = 4  # that push: kThreads of kill_program.cpp
NO_FILES = pathlib.Path("none")
COUNTED_EVERY = 10  # cycles
DEADLINE = 60  # seconds for anything that should end; only a hang takes as long


class Failed(Exception):
    pass


def finished(process, what):
    try:
        out, err = process.communicate(timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise Failed(f"{what} hangs") from None
    return out, err


def figures(text):
    return {key: int(value) for key, value in re.findall(r"(\w+) (\d+)", text)}


class Cycle:
    def __init__(self, program, root, blocks, rng):
        self.program, self.blocks, self.rng = program, blocks, rng
        self.root = root
        self.dir = root / "log"
        # In the log's folder, or elsewhere.
        self.ring_dir = root / "rings" if rng.random() < 0.3 else self.dir
        self.kills = {"load": 0, "recovery": 0}

    def command(self, *words):
        return [str(self.program), *map(str, words)]

    def start(self, *words):
        return subprocess.Popen(self.command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def prepare(self):
        self.root.mkdir(parents=True)
        self.dir.mkdir()
        if self.ring_dir not in (self.dir, NO_FILES):
            self.ring_dir.mkdir()

    def rings(self):
        return "" if self.ring_dir in (self.dir, NO_FILES) else str(self.ring_dir)

    def push_and_kill(self, tag):
        shared = self.root / f"counts{tag}"
        rings = NO_FILES if self.ring_dir == NO_FILES else self.rings()
        load = self.start("push", self.dir, rings, self.blocks, tag, shared)
        if self.rng.random() < 0.9:
            if load.stdout.readline() != "pushing\n":
                _, err = finished(load, "a load")
                raise Failed(f"the load did not start: {err}")
            time.sleep(self.rng.choice((0.001, 0.01, 0.05)) * self.rng.random() * 2)
        else:
            time.sleep(self.rng.random() * 0.01)  # perhaps while it opens
        if load.poll() is not None:
            raise Failed(f"the load ended by itself: {load.stderr.read()}")
        load.send_signal(signal.SIGKILL)
        finished(load, "a load")
        self.kills["load"] += 1
        if not shared.exists():
            shared.touch()
        return shared

    def recover(self, killed):
        for _ in range(killed):
            recovery = self.start("recover", self.dir, self.rings())
            time.sleep(self.rng.random() * 0.012)
            if recovery.poll() is None:
                recovery.send_signal(signal.SIGKILL)
                self.kills["recovery"] += 1
            finished(recovery, "a recovery")
        recovery = self.start("recover", self.dir, self.rings())
        out, err = finished(recovery, "the recovery")
        if recovery.returncode != 0:
            raise Failed(f"recover: {out}{err}")
        return figures(out)

    def check(self, *pairs):
        checker = self.start("check", self.dir, *pairs)
        out, err = finished(checker, "the checker")
        return checker.returncode == 0, out + err

    def run(self):
        self.prepare()
        pairs = []
        for tag in (1, 2):
            pairs += [tag, self.push_and_kill(tag)]
            if tag == 1 and self.rng.random() < 0.5:
                continue  # the next open recovers
            if self.recover(self.rng.randint(1, 2) if self.rng.random() < 0.5 else 0)["lost"] != 0:
                raise Failed("recover: says that records were lost")
        if any(self.ring_dir.glob("*.mln")):
            raise Failed("rings or names files are left")
        good, out = self.check(*pairs)
        if not good:
            raise Failed(f"check: {out}")
        return figures(out)

    def run_counted(self):
        """Without ring files: what recovery calls lost is what push accepted and the log lacks."""
        self.ring_dir = NO_FILES
        self.prepare()
        shared = self.push_and_kill(1)
        told = self.recover(0)["lost"]
        counts = figures(self.check(1, shared)[1])
        # A record that was counted, and its push had not returned, is lost and nobody's: one a thread.
        if not counts["lost"] <= told <= counts["lost"] + THREADS:
            raise Failed(f"check: recovery tells {told} lost records: {counts}")
        if any(counts[key] for key in ("duplicated", "invented", "bad", "faults")):
            raise Failed(f"check: {counts}")
        return {"records": counts["records"], "told lost": told}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--cycles", type=int)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--blocks", type=int, help="of a ring; 2, 4 and 64 in turn otherwise")
    parser.add_argument("--keep", action="store_true", help="the folder of a cycle that failed")
    arguments = parser.parse_args()
    cycles = arguments.cycles or int(os.environ.get("MILLRACE_KILL_CYCLES", 500 if arguments.full else 20))
    rng = random.Random(arguments.seed)
    print(f"seed {arguments.seed}", flush=True)
    totals, failed = {}, True
    began = time.monotonic()
    # Most in memory, where no sync takes its time; a kill leaves the same behind.
    work = [pathlib.Path(tempfile.mkdtemp(prefix="millrace-kill-"))]
    if os.access("/dev/shm", os.W_OK):
        work += [pathlib.Path(tempfile.mkdtemp(prefix="millrace-kill-", dir="/dev/shm"))] * 4
    try:
        for number in range(cycles):
            cycle = Cycle(arguments.program.resolve(), work[number % len(work)] / str(number),
                          arguments.blocks or RING_BLOCKS[number % len(RING_BLOCKS)], rng)
            try:
                counts = cycle.run_counted() if number % COUNTED_EVERY == COUNTED_EVERY - 1 else cycle.run()
            except Failed as failure:
                print(f"cycle {number}, rings of {cycle.blocks} blocks, in {cycle.root}: {failure}")
                return 1
            for key, value in [*counts.items(), *((f"killed {k}", v) for k, v in cycle.kills.items())]:
                totals[key] = totals.get(key, 0) + value
            shutil.rmtree(cycle.root)
        failed = False
    finally:
        if not (failed and arguments.keep):
            for folder in set(work):
                shutil.rmtree(folder, ignore_errors=True)
    took = time.monotonic() - began
    print(f"{cycles} cycles, {cycles / took:.1f} a second: " + ", ".join(f"{k} {v}" for k, v in totals.items()))
    if totals.get("recovered", 0) == 0:
        print("no record ever came from a ring: this has shown nothing")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
