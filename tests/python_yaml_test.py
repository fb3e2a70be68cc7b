#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""python_yaml() beside PyYAML: the same bytes for random trees and for texts that are hard to quote.

    tests/python_yaml_test.py PATH_OF_YAML_PROGRAM        exit code 77 (skipped) without python3-yaml
"""
import json
import random
import string
import subprocess
import sys

try:
    import yaml
except ImportError:
    print("skipped: no python3-yaml")
    sys.exit(77)

TEXTS = ["", " ", "a", "a b", " a", "a ", "a: b", "a:b", ":", ": a", "?", "? a", "-", "- a", "-a", "--", "---", "--- a",
         "...", "#", "a #b", "a#b", "[a]", "{a", "a, b", "&a", "*a", "!a", "|", ">", "'", "it's", '"', 'say "a"', "%a", "@a",
         "`a", "\\", "a\\b", "a\nb", "\n", "\na", "a\n", "a\n\nb", "a \nb", "a\n b", "tab\there", "\t", "\r", "\0", "\x07",
         "\x1b[0m", "\x7f", "\x85", "\xa0", "\u2028", "\ufeff", "ä", "日本", "😀", "null", "Null", "~", "true", "Yes",
         "on", "OFF", "y", "n", "=", "<<", "0", "00", "07", "08", "0_7", "0b1", "0b2", "0x1F", "0xg", "-0", "+1", "1_000",
         "1:30", "1:60", "1:5", "12:30:45", "0:30", "1:30.5", "1.", "1.5", "1.5e3", "1.5e+3", "1e3", ".5", ".5e+1", ".", "._",
         "-.5", "+.inf", ".inf", "-.INF", ".nan", "-.nan", ".NaN", "1__", "_1", "2001-01-01", "2001-1-1", "2001-01-01 10:00:00",
         "2001-1-1T1:00:00Z", "2001-01-01t10:00:00.5 -5:30", "2001-01-01 10:00", "20010101", "2001-01-01 10:00:00 Z",
         "inf", "nan", "Infinity", "0.0.1", "1.2.3", "127.0.0.1:80", "http://x/y?z=1#a", "a=b"]


def text(random):
    kind = random.random()
    if kind < 0.35:
        return random.choice(TEXTS)
    if kind < 0.5:
        return "".join(random.choice("0123456789.:-+eE_xbo TZ") for _ in range(random.randint(1, 12)))
    alphabet = random.choice([string.ascii_lowercase + "     ", "ab  \n'", "ab \"\\é\t😀 ", string.printable, "a'b #:-?,[]{} "])
    return "".join(random.choice(alphabet) for _ in range(random.choice([1, 5, 30, 90, 120, 123, 124, 200, 400])))


def number(random):
    return random.choice([0, -1, 2**53, 2**64 - 1, 0.0, -0.0, 1.0, 1e16, 1e-5, 1.5e-7, 1e300, random.random(),
                          random.random() * 10**random.randint(-20, 20), random.randint(-10**18, 10**18)])


def tree(random, depth):
    kind = random.random()
    if depth > 0 and kind < 0.3:
        return {text(random): tree(random, depth - 1) for _ in range(random.randint(0, 4))}
    if depth > 0 and kind < 0.5:
        return [tree(random, depth - 1) for _ in range(random.randint(0, 4))]
    return random.choice([None, True, False, number(random), text(random), text(random)])


def main():
    random_ = random.Random(20261122)
    trees = [{"text": t} for t in TEXTS] + [[t] for t in TEXTS] + [{t: [t]} for t in TEXTS]
    trees += [[], {}, [[]], [{}], {"a": []}, [[[1]], [[], {"a": [[2]]}]]]
    for _ in range(4000):
        trees.append({"root": tree(random_, 5)} if random_.random() < 0.7 else [tree(random_, 4)])
    done = subprocess.run([sys.argv[1]], input="".join(json.dumps(t) + "\n" for t in trees).encode(),
                          stdout=subprocess.PIPE, check=True)
    got = done.stdout.split(b"\0")
    assert len(got) == len(trees) + 1, len(got)
    for t, ours in zip(trees, got):
        # Without copies PyYAML would write what it meets twice as an anchor and its aliases.
        theirs = yaml.dump(json.loads(json.dumps(t))).encode()
        if ours != theirs:
            print(f"of {json.dumps(t)[:600]}\nPyYAML:\n{theirs.decode()!r}\nours:\n{ours.decode()!r}")
            return 1
    print(f"{len(trees)} trees, the same bytes as PyYAML {yaml.__version__}")
    return 0


sys.exit(main())
