#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the order of the folders: an include points up the list below, never down.

A file includes public headers and headers of its own folder or of those above it. `stats` knows no
thread, file or JSON; `transport` no aggregator. tools/load embeds the library as others do: it has the public
headers and its own. Usage: check_layers.py SOURCE_ROOT
"""
import pathlib
import re
import sys

ORDER = ["millrace", "record", "transport", "stats", "log", "engine", "replay", "ingest", "report", "c_api"]
# What a folder must not know, beyond the order. (`stats` follows `transport` in the list only
# because a record meets it later.)
FORBIDDEN = {
    "stats": [r"<thread>", r"<atomic>", r"<mutex>", r"<fstream>", r"<cstdio>", r"<filesystem>",
              r"<nlohmann/", r"<simdjson", r'"transport/'],
    "transport": [r'"stats/'],
    "record": [r"<nlohmann/", r"<simdjson", r"<fstream>", r"<filesystem>"],
}
INCLUDE = re.compile(r'^\s*#include\s+([<"])([^">]+)[">]')


def folder_of(path: pathlib.Path, root: pathlib.Path) -> str:
    relative = path.relative_to(root)
    return "millrace" if relative.parts[0] == "include" else relative.parts[1]


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    files = sorted([*root.glob("include/millrace/*.hpp"), *root.glob("include/*.h"), *root.glob("include/millrace/c/*.h"),
                    *root.glob("src/*/*.hpp"), *root.glob("src/*/*.cpp")])
    faults = []
    for path in files:
        folder = folder_of(path, root)
        if folder not in ORDER:
            faults.append(f"{path}: folder '{folder}' is not in the order")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            for pattern in FORBIDDEN.get(folder, []):
                if re.search(pattern, line):
                    faults.append(f"{path}:{number}: {folder} must not include {match[2]}")
            if match[1] != '"':
                continue
            target = match[2].split("/")[0]
            if "/" not in match[2] or target not in ORDER:
                faults.append(f"{path}:{number}: \"{match[2]}\" is not FOLDER/FILE of this tree")
            elif ORDER.index(target) > ORDER.index(folder):
                faults.append(f"{path}:{number}: {folder} includes {target}, which comes after it")
    for path in sorted([*root.glob("tools/load/*.hpp"), *root.glob("tools/load/*.cpp")]):
        files.append(path)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if match and match[1] == '"' and match[2].split("/")[0] not in ("load", "millrace"):
                faults.append(f"{path}:{number}: tools/load includes {match[2]}, which is no public header")
    print("\n".join(faults) if faults else f"{len(files)} files: every include points up")
    return 1 if faults or not files else 0


sys.exit(main())
