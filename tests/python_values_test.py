#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Exact means beside Python's statistics.mean: random doubles of all exponents.

    PYTHONPATH=build/python python_values_test.py
"""
import math
import os
import random
import statistics
import struct
import sys
import unittest

from millrace import _millrace


SEED = int(os.environ.get("MILLRACE_SEED", random.randrange(1 << 32)))


def any_double(draw):
    while True:
        value = struct.unpack("<d", draw.randbytes(8))[0]
        if math.isfinite(value):
            return value


class Case(unittest.TestCase):
    def test_means_have_the_bits_of_statistics_mean(self):
        print(f"seed {SEED}; MILLRACE_SEED={SEED} draws the same", file=sys.stderr)
        draw = random.Random(SEED)
        kinds = [any_double, lambda d: d.lognormvariate(0, 3), lambda d: d.choice((1, -1)) * 2.0 ** d.randint(-1074, 1023),
                 lambda d: d.choice((1e16, 1.0, -1e16, 2.0 ** -53)), lambda d: 5e-324 * d.randint(-9, 9)]
        for _ in range(400):
            kind, count = draw.choice(kinds), draw.choice((1, 2, 3, 7, 50))
            values = [kind(draw) for _ in range(count)]
            stats = _millrace.RunningStats(["m"])
            for value in values:
                stats.update({"m": value})
            mean, rounded = stats._mean(0)
            self.assertEqual(mean, statistics.mean(values), f"{values} (seed {SEED})")
            if not rounded:
                self.assertEqual(sum(map(int_of, values)), count * int_of(mean))


def int_of(value):
    """In units of the least double."""
    numerator, denominator = value.as_integer_ratio()
    return numerator * (2 ** 1074 // denominator)


if __name__ == "__main__":
    unittest.main()
