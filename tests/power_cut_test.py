#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Power cuts: what a sync has covered is there afterwards, whole and in order; nothing is invented.

A loop file system loses its page cache and its journal at a random moment (FS_IOC_GOINGDOWN without a
flush: ext4 and xfs have it), is mounted again, and the log on it is read. Rings are elsewhere and go with
the power. Where loop mounts are not allowed this is skipped: exit code 77.

usage: power_cut_test.py PROGRAM MILLRACE [--cuts N] [--seed S]
"""
import argparse
import fcntl
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time

FS_IOC_GOINGDOWN = 0x8004587D  # _IOR('X', 125, __u32)
NO_LOG_FLUSH = 2
KINDS = {"ext4": ["mkfs.ext4", "-q", "-F"], "xfs": ["mkfs.xfs", "-q", "-f"]}


def run(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True)


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def cut_power(mount):
    fd = os.open(mount, os.O_RDONLY)
    try:
        fcntl.ioctl(fd, FS_IOC_GOINGDOWN, struct.pack("I", NO_LOG_FLUSH))
    finally:
        os.close(fd)


def one_cut(program, millrace, root, kind, rng):
    image, mount, rings = root / "image", root / "mount", root / "rings"
    mount.mkdir()
    rings.mkdir()
    with open(image, "wb") as file:
        file.truncate(512 << 20)
    made = run(*KINDS[kind], image)
    if made.returncode != 0:
        skip(f"{KINDS[kind][0]}: {made.stderr.strip()}")
    mounted = run("mount", "-o", "loop", image, mount)
    if mounted.returncode != 0:
        skip(f"a loop file system cannot be mounted: {mounted.stderr.strip()}")
    load = None
    try:
        log, told = mount / "log", root / "told"
        writer = rng.choice(["mapped", "pwrite"])
        load = subprocess.Popen([str(program), str(log), str(rings), str(told), writer],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not (told.exists() and told.stat().st_size
                                                   and struct.unpack("Q", told.read_bytes()[:8])[0]):
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.25))
        durable = struct.unpack("Q", told.read_bytes()[:8])[0]  # before the cut: it held already
        cut_power(mount)
        load.kill()
        load.wait()
        if durable == 0:
            sys.exit("nothing was ever durable within 30 s")
        if run("umount", mount).returncode != 0 or run("mount", "-o", "loop", image, mount).returncode != 0:
            sys.exit(f"{kind} does not come back after the cut")
        shutil.rmtree(rings)
        before = sorted((p.name, p.stat().st_size) for p in log.iterdir())
        exported = run(millrace, "export", log, "--format", "jsonl")
        seqs = [json.loads(line)["request_id"] for line in exported.stdout.splitlines()]
        verified = run(millrace, "verify", log)
        after = sorted((p.name, p.stat().st_size) for p in log.iterdir() if p.name != "LOCK")
        if after != [b for b in before if b[0] != "LOCK"]:
            sys.exit("reading changed the folder")
        if seqs[:durable] != list(range(durable)):
            at = next(i for i in range(durable) if i >= len(seqs) or seqs[i] != i)
            sys.exit(f"{kind}, {writer}: record {at} of {durable} durable ones is lost; {exported.stderr}")
        if any(b <= a for a, b in zip(seqs, seqs[1:])):
            sys.exit(f"{kind}, {writer}: records are doubled or out of order")
        if verified.returncode not in (3, 4):  # never closed
            sys.exit(f"verify says {verified.returncode} of a log that was cut off: {verified.stdout}")
        return durable, len(seqs), writer
    finally:
        if load is not None:
            load.kill()
            load.wait()
        run("umount", "-l", mount)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("millrace", type=pathlib.Path)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        skip("mounting takes root")
    kinds = [kind for kind, mkfs in KINDS.items() if shutil.which(mkfs[0])]
    if not kinds:
        skip("neither mkfs.ext4 nor mkfs.xfs is there")
    rng = random.Random(arguments.seed)
    print(f"seed {arguments.seed}")
    durable_sum = read_sum = 0
    for i in range(arguments.cuts):
        with tempfile.TemporaryDirectory(prefix="millrace-power-") as root:
            durable, read, _ = one_cut(arguments.program.resolve(), arguments.millrace.resolve(),
                                       pathlib.Path(root), kinds[i % len(kinds)], rng)
        durable_sum += durable
        read_sum += read
    print(f"{arguments.cuts} power cuts ({', '.join(kinds)}): {durable_sum:,} durable records, 0 lost; "
          f"{read_sum:,} read")


main()
