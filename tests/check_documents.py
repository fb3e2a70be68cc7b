#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds what documents promise to what is there: each file that a link names, each test, and each claim behind one:
`guidellm_cli_test.py`: GuidellmFiles; `seed_vectors_test`: Llmeter.n10, a folder of tests/data/vectors.

Usage: check_documents.py SOURCE_ROOT
"""
import pathlib
import re
import sys

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
TEST = re.compile(r"`([a-z]\w*_(?:test|stress|fuzz))(\.py|\.cpp)?`(?:: ((?:[A-Z]|test_)[\w.*]*(?:, (?:[A-Z]|test_)[\w.*]*)*))?")


def faults_of(page: pathlib.Path, tests: dict, vectors: str) -> list:
    faults = []
    for number, line in enumerate(page.read_text().splitlines(), 1):
        place = f"{page}:{number}"
        for target in LINK.findall(line):
            if "://" not in target and not (page.parent / target).exists():
                faults.append(f"{place}: there is no {target}")
        for name, ending, claims in TEST.findall(line):
            files = [path for path in tests.get(name, []) if path.suffix == ending or not ending]
            if not files:
                faults.append(f"{place}: there is no test {name}{ending}")
                continue
            text = "".join(path.read_text() for path in files) + vectors
            for claim in claims.split(", ") if claims else []:
                missing = [word for word in claim.split(".") if word.strip("*") not in text]
                if missing:
                    faults.append(f"{place}: {name} has no {claim}")
    return faults


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    tests = {}
    for path in [*(root / "tests").rglob("*.cpp"), *(root / "tests").rglob("*.py")]:
        tests.setdefault(path.stem, []).append(path)
    pages = [*root.glob("*.md"), *(root / "docs").rglob("*.md")]
    vectors = " ".join(path.stem for path in (root / "tests" / "data" / "vectors").rglob("*"))
    faults = [fault for page in sorted(pages) for fault in faults_of(page, tests, vectors)]
    print("\n".join(faults) if faults else f"{len(pages)} pages: their links and tests are there")
    return 1 if faults or not pages else 0


sys.exit(main())
