#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The library and read_runs.py read the golden logs, and damaged copies of them: both must find the same
good frames, the same totals and as many damages.

Usage: log_differential_test.py LOG_DUMP DATA_FOLDER [COPIES [SEED]]
"""
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

from read_runs import read_folder


def dumped(tool, *args):
    return subprocess.run([tool, *args], check=True, capture_output=True, text=True).stdout.splitlines()


def flip(data, rng):
    for _ in range(rng.randint(1, 4)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def zero_sectors(data, rng):
    for _ in range(rng.randint(1, 3)):
        at, count = rng.randrange(len(data)) // 512 * 512, rng.randint(1, 40) * 512
        data[at:at + count] = bytes(len(data[at:at + count]))


def cut(data, rng):
    del data[rng.randrange(len(data)):]


def append(data, rng):
    data += rng.randbytes(rng.randint(1, 300)) if rng.random() < 0.5 else bytes(rng.randint(1, 90_000))


def swap_lines(data, rng):
    a, b = (rng.randrange(max(1, len(data) // 64)) * 64 for _ in range(2))
    data[a:a + 64], data[b:b + 64] = data[b:b + 64], data[a:a + 64]


def insert(data, rng):
    at = rng.randrange(max(1, len(data))) // 64 * 64
    data[at:at] = rng.randbytes(rng.choice([1, 64, 128]))


def overwrite(data, rng):
    at, count = rng.randrange(max(1, len(data))), rng.randint(1, 2000)
    data[at:at + count] = rng.randbytes(len(data[at:at + count]))


WAYS = [flip, flip, zero_sectors, zero_sectors, cut, append, swap_lines, insert, overwrite]


def damaged_copy(source, folder, rng):
    shutil.copytree(source, folder)
    done = []
    for _ in range(rng.randint(1, 2)):
        path = rng.choice(sorted(folder.iterdir()))
        if rng.random() < 0.05:
            path.unlink()
            done.append(f"{path.name} removed")
            if not any(folder.iterdir()):
                break
            continue
        data, way = bytearray(path.read_bytes()), rng.choice(WAYS)
        if data:
            way(data, rng)
            path.write_bytes(data)
        done.append(f"{path.name} {way.__name__}")
    return ", ".join(done)


def compare(tool, folder, what):
    lines, sums = read_folder(folder)
    for name, ours, theirs in (("frames", dumped(tool, folder), lines), ("sums", dumped(tool, "--summary", folder), sums)):
        for a, b in zip(ours + [""] * len(theirs), theirs + [""] * len(ours)):
            if a != b:
                sys.exit(f"{what}: {name} differ\n  library: {a}\n  python:  {b}")
    return lines, sums


def check_document(log):
    """The dumps in docs/log-format.md are those of the golden segment 2."""
    data = (log / f"{2:020}.mlr").read_bytes()
    page = (pathlib.Path(__file__).parent.parent / "docs" / "log-format.md").read_text()
    dumps = re.findall(r"^([0-9a-f]{8}): ((?:[0-9a-f]{4} ){8})", page, re.M)
    if len(dumps) < 20:
        sys.exit(f"docs/log-format.md: {len(dumps)} lines of bytes")
    for at, text in dumps:
        if data[int(at, 16):int(at, 16) + 16] != bytes.fromhex(text):
            sys.exit(f"docs/log-format.md: the bytes at {at} are others")


def main():
    tool, data = sys.argv[1], pathlib.Path(sys.argv[2]) / "log"
    copies = int(sys.argv[3]) if len(sys.argv) > 3 else 300
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else time.time_ns()
    print(f"seed {seed}")
    logs = sorted(path for path in data.iterdir() if path.is_dir())
    check_document(data / "v1")
    frames = 0
    for log in logs:
        lines, sums = compare(tool, log, log)
        frames += len(lines)
        if '"damages":0' not in sums[0] or not lines:
            sys.exit(f"{log}: not read as it was made: {sums}")
    fewer = 0
    with tempfile.TemporaryDirectory() as root:
        for i in range(copies):
            rng = random.Random(f"{seed} {i}")
            log, folder = rng.choice(logs), pathlib.Path(root) / str(i)
            what = damaged_copy(log, folder, rng)
            lines, sums = compare(tool, folder, f"seed {seed}, copy {i} of {log.name}: {what}")
            fewer += len(lines) < frames
            shutil.rmtree(folder)
    if fewer < copies // 3:
        sys.exit(f"only {fewer} of {copies} copies lost a frame: they were not damaged")
    print(f"{len(logs)} logs, {frames} frames, {copies} damaged copies, {fewer} with frames lost: both readers agree")


main()
