# SPDX-License-Identifier: Apache-2.0
"""The command as its tests call it, and what they look at. Standard library only."""
import fcntl
import json
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"
ACCESS = DATA / "cli" / "access.jsonl"
RESPONSES = DATA / "llmeter" / "responses.jsonl"
RUN = DATA / "vectors" / "llmeter" / "n10"
MAP = ("--metric", "latency=/ms:ms", "--metric", "size=/bytes:B", "--start", "/t", "--ok", "/code < 400",
       "--error", "/why", "--label", "host=/host")
DEADLINE = 60  # seconds, generous: nothing depends on it when all is well
MILLRACE = os.environ.get("MILLRACE_BIN", "")
QUIET_ENV = {k: v for k, v in os.environ.items() if k != "LLMETER_DISABLE_ALL_PROGRESS_BARS"}


def millrace(*arguments, stdin=b"", **more):
    """(exit code, stdout, stderr)"""
    run = subprocess.run([MILLRACE, *map(str, arguments)], input=stdin, capture_output=True, timeout=50,
                         env=more.pop("env", QUIET_ENV), **more)
    return run.returncode, run.stdout.decode(), run.stderr.decode()


def refuse_constant(word):
    raise ValueError(f"{word} is not JSON")


def parse(text):
    return json.loads(text, parse_constant=refuse_constant)


def report(*arguments, **more):
    return parse(millrace(*arguments, "--format", "json", **more)[1])


def modality_log(folder):
    """A log of requests with images, audio, texts and tool calls: no command makes one."""
    program = Path(MILLRACE).resolve().parent.parent / "tests" / "modality_program"
    subprocess.run([program, folder], check=True, timeout=50)
    return folder


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="millrace-cli-"))
        cls.folder.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def on_terminal(self, *arguments, env=None, meanwhile=lambda: None):
        """What stderr shows on a terminal of 80 columns; stdout is a pipe."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
        process = subprocess.Popen([MILLRACE, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=theirs, env={**QUIET_ENV, "TERM": "xterm", **(env or {})})
        self.addCleanup(lambda: (process.poll() is None and process.kill(), process.wait()))
        os.close(theirs)
        shown = read_terminal(ours, meanwhile)
        out = process.stdout.read().decode()
        process.stdout.close()
        self.assertEqual(process.wait(DEADLINE), 0)
        return shown, out

    def in_flat_memory(self, chunks, *arguments):
        """(exit code, stdout, stderr) of the command that is fed the chunks, and whose memory stays flat."""
        process = subprocess.Popen([MILLRACE, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        for chunk in chunks:
            process.stdin.write(chunk)
        process.stdin.close()
        err, out = process.stderr.read().decode(), process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        process.stderr.close()
        # AddressSanitizer keeps freed memory and a shadow of all.
        sanitized = b"__asan_init" in Path(MILLRACE).read_bytes()
        self.assertLess(usage.ru_maxrss, (512 if sanitized else 128) * 1024)  # KiB
        return process.returncode, out, err

    def until(self, true):
        deadline = time.monotonic() + DEADLINE
        while not true():
            self.assertLess(time.monotonic(), deadline, "it does not come")
            time.sleep(0.02)

    def refused(self, code, message, *arguments, **more):
        got, out, err = millrace(*arguments, **more)
        self.assertEqual((got, out), (code, ""), err)
        self.assertIn(message, err)
        return err


def read_terminal(fd, meanwhile):
    """All that comes until the other end is closed; closes it."""
    shown = b""
    while select.select([fd], [], [], DEADLINE)[0]:
        meanwhile()
        try:
            got = os.read(fd, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not got:
            break
        shown += got
    os.close(fd)
    return shown.decode()


def main():
    if not MILLRACE:
        sys.exit(f"usage: MILLRACE_BIN=build/tools/millrace {sys.argv[0]} [unittest arguments]")
    unittest.main()
