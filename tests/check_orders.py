#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds that every atomic operation says its order's reason and its pair.

A line of the sources that names a memory order needs a comment with "order" on it or in the five
lines above; an operation without a named order is a fault; so are stand-alone thread fences and
volatile. Usage: check_orders.py SOURCE_ROOT
"""
import pathlib
import re
import sys

NAMED = re.compile(r"memory_order_(relaxed|acquire|release|acq_rel|seq_cst|consume)")
BARE = re.compile(r"\.(load|fetch_add|fetch_sub|exchange|compare_exchange_\w+)\(\s*\)"
                  r"|->(load|exchange)\(\s*\)")
FENCE = re.compile(r"atomic_thread_fence|\bvolatile\b(?!\()")
REACH = 5


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    files = sorted(p for folder in ("include", "src", "tools")
                   for p in (root / folder).rglob("*") if p.suffix in (".hpp", ".cpp"))
    faults, seen = [], 0
    for path in files:
        lines = path.read_text().splitlines()
        for i, line in enumerate(lines):
            code = line.split("//")[0]
            if BARE.search(code):
                faults.append(f"{path}:{i + 1}: an atomic operation without its order")
            if FENCE.search(code) and "asm volatile" not in code:
                faults.append(f"{path}:{i + 1}: a thread fence or volatile, which ThreadSanitizer cannot see")
            if not NAMED.search(code) or "atomic_signal_fence" in code:
                continue
            seen += 1
            above = lines[max(0, i - REACH):i + 1]
            if not any("//" in l and "order" in l.split("//", 1)[1] for l in above):
                faults.append(f"{path}:{i + 1}: no '// order:' comment with reason and pair")
    print("\n".join(faults) if faults else f"{seen} atomic operations, each with its reason")
    return 1 if faults or seen == 0 else 0


sys.exit(main())
