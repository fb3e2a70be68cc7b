# SPDX-License-Identifier: Apache-2.0
"""Logs for tests of the command: written by `millrace demo`, copied, running, killed; and where frames stand in them."""
import hashlib
import re
import shutil
import struct
import subprocess
from pathlib import Path

import command_line
from command_line import DEADLINE, QUIET_ENV, Case, millrace, parse

HEADER = 4096
READERS = (("replay",), ("info",), ("verify",), ("export", "--format", "jsonl"), ("watch",))


def listing(folder):
    """Names, sizes, times and content's checksums of a folder."""
    return {p.name: (p.stat().st_size, p.stat().st_mtime_ns, hashlib.sha256(p.read_bytes()).hexdigest())
            for p in sorted(folder.iterdir())}


def digest_of(text):
    found = re.findall(r"(?m)^digest ([0-9a-f]{16})$", text)
    return found[0] if len(found) == 1 else None


def segments(folder):
    return sorted(folder.glob("*.mlr"))


def end_offset(content):
    """Where the END frame of a segment stands."""
    at = HEADER
    while True:
        commit = struct.unpack_from("<Q", content, at)[0]
        if (commit >> 28) & 0xF == 5:
            return at
        at += (commit & 0x0FFFFFFF) * 64


def data_frames(content):
    """(offset, bytes, records) of each DATA frame."""
    frames, at = [], HEADER
    while at + 64 <= len(content):
        commit = struct.unpack_from("<Q", content, at)[0]
        if commit == 0:
            break
        size = (commit & 0x0FFFFFFF) * 64
        if (commit >> 28) & 0xF == 1:
            frames.append((at, size, struct.unpack_from("<I", content, at + 32)[0]))
        at += size
    return frames


class LogCase(Case):
    """A folder for logs, and one log that tests only read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.log = cls.folder / "log"
        cls.demo = millrace("demo", "--records", "60k", "--workers", "3", "--labels", "3", "--quiet", "--log", cls.log,
                            "--segment-bytes", "2MiB")
        assert cls.demo[0] == 0, cls.demo

    def fresh(self, name):
        path = self.folder / f"{self._testMethodName}-{name}"
        shutil.rmtree(path, ignore_errors=True)
        return path

    def copy(self, name="copy"):
        return Path(shutil.copytree(self.log, self.fresh(name)))

    def start(self, *arguments, **more):
        process = subprocess.Popen([command_line.MILLRACE, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=QUIET_ENV, **more)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe and not pipe.closed:
                pipe.close()

    def outcome(self, process):
        out, err = process.communicate(timeout=DEADLINE)
        return process.returncode, out.decode(), err.decode()

    def running(self, folder, *more):
        """A demo that has begun to log, at a rate, for a minute."""
        demo = self.start("demo", "--rate", "20k", "--duration", "60s", "--quiet", "--log", folder, *more)
        self.until(lambda: millrace("info", folder, "--format", "json")[0] == 0
                   and parse(millrace("info", folder, "--format", "json")[1])["runs"][0]["records"] > 0)
        return demo

    def killed(self, name="killed", *more):
        """A log whose writer was killed under way."""
        folder = self.fresh(name)
        demo = self.running(folder, *more)
        demo.kill()
        demo.wait()
        return folder
