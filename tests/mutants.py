#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Breaks transport and recovery in ways that lose records, one at a time, and expects the tests to notice.

Each mutant is a change of the sources, with a delay where the window would be too small to hit. It is
built from a copy against the library of a finished build; the tree is not touched.
usage: mutants.py SOURCE_ROOT BUILD_DIR [WORD]: only those with the word in their names
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PAUSE = "{ static thread_local unsigned n = 0; if (++n % %d == 0) ::usleep(%d); }"


def pause(every, us):
    return PAUSE.replace("%d", str(every), 1).replace("%d", str(us), 1)


# name, file, [(old, new)], filter of the tests that must fail; a number: kill_test.py with rings of so
# many blocks. The barrier is looked for by gate_test where it is called: whether its absence loses a
# record in seconds depends on the processor.
MUTANTS = [
    ("one state check instead of two", "include/millrace/worker.hpp",
     [("    ++count_;\n    next_ += record_size;", f"    {pause(64, 1)}\n    ++count_;\n    next_ += record_size;"),
      ("return state == kRunning || settle();", "(void)state; return true;"),
      ("#include <utility>\n", "#include <utility>\n\n#include <unistd.h>\n")],
     "*FinishRaces*"),
    ("no membarrier", "src/transport/gate.cpp",
     [("if (!fenced_) membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);", "")],
     "GateTest.*"),
    ("a worker's blocks taken out of order", "src/transport/lane.cpp",
     [("  opened_[at] = &block;\n  ++size_;",
       "  opened_[at] = &block;\n  ++size_;\n  if (seen_ == 0) std::swap(opened_[at], opened_[head_]);")],
     "*InTheOrder*"),
    ("a block given back before it is accumulated", "src/engine/aggregator.cpp",
     [("    pick->lane->done(pick->front);", "    //"),
      ("    StreamStats& stats =", f"    pick->lane->done(pick->front);\n    {pause(1, 20)}\n    StreamStats& stats ="),
      ("#include <array>\n", "#include <array>\n\n#include <unistd.h>\n")],
     "*WaitingWorkers*:*InTheOrder*"),
    ("the closed mark read after the count", "src/transport/lane.cpp",
     [("    const std::uint32_t count = usable(block, published);",
       f"    {pause(4, 1)}\n    const std::uint32_t count = usable(block, published);\n"
       "    const std::uint32_t later = block.published.load(std::memory_order_acquire);"),
      ("const bool whole = (published & kClosed) != 0", "const bool whole = (later & kClosed) != 0"),
      ("#include <algorithm>\n", "#include <algorithm>\n\n#include <unistd.h>\n")],
     "*ComeAndGo*"),
    ("kill -9: a finished block's place taken by the last", "src/transport/lane.cpp",
     [("  head_ = head_ + 1 == opened_.size() ? 0 : head_ + 1;\n",
       "  opened_[head_] = opened_[(head_ + size_ - 1) % opened_.size()];\n")],
     64),
    ("kill -9: the newest block of a worker first", "src/transport/lane.cpp",
     [("  opened_[at] = &block;\n  ++size_;",
       "  opened_[at] = &block;\n  ++size_;\n  if (seen_ == 0) std::swap(opened_[at], opened_[head_]);")],
     4),
    ("kill -9: a block given back before it is logged", "src/engine/aggregator.cpp",
     [("    if (log_ != nullptr && !log(*pick, slice, names)) {",
       f"    pick->lane->done(pick->front);\n    {pause(1, 20)}\n"
       "    if (log_ != nullptr && !log(*pick, slice, names)) {"),
      ("    pick->lane->done(pick->front);  // the block goes back to its worker\n", ""),
      ("#include <array>\n", "#include <array>\n\n#include <unistd.h>\n")],
     4),
    ("kill -9: a reopened block has its numbers before its count is zeroed", "src/transport/port.cpp",
     [("  next.published.store(0, std::memory_order_release);\n", ""),
      ("  next.place.store(place_, std::memory_order_release);",
       "  ::usleep(200);\n  next.published.store(0, std::memory_order_release);\n"
       "  next.place.store(place_, std::memory_order_release);"),
      ("#include <time.h>\n", "#include <time.h>\n#include <unistd.h>\n")],
     4),
    ("kill -9: the closed mark read after the count", "src/transport/lane.cpp",
     [("    const std::uint32_t count = usable(block, published);",
       f"    {pause(1, 1)}\n    const std::uint32_t count = usable(block, published);\n"
       "    const std::uint32_t later = block.published.load(std::memory_order_acquire);"),
      ("const bool whole = (published & kClosed) != 0", "const bool whole = (later & kClosed) != 0"),
      ("#include <algorithm>\n", "#include <algorithm>\n\n#include <unistd.h>\n")],
     4),
    ("kill -9: recovery knows workers by their numbers alone, not by run", "src/log/recovery.cpp",
     [("    for (const SegmentPath& segment : run.segments) {\n      auto reader",
       "    for (const RunFiles& each : folder_.runs)\n"
       "    for (const SegmentPath& segment : each.segments) {\n      auto reader"),
      ("  Result<RunScan> scan_of(const RunFiles& run) {", "  Result<RunScan> scan_of(const RunFiles&) {")],
     64),
    ("kill -9: recovery removes rings before their records are shown", "src/log/recovery.cpp",
     [("      before(RecoveryStep::show_segment);",
       "      (void)clear(run, rings);\n      ::usleep(3'000);\n      before(RecoveryStep::show_segment);")],
     64),
    ("kill -9: recovery does not look where the log ends", "src/log/ring_reader.cpp",
     [("  std::uint64_t logged = logged_until.value_or(0), in_blocks = 0;",
       "  logged_until.reset();\n  std::uint64_t logged = 0, in_blocks = 0;")],
     4),
]
KILL_CYCLES = 40


def run(command, **kwargs):
    return subprocess.run(command, capture_output=True, text=True, **kwargs)


def main():
    root, build = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    compiler = os.environ.get("CXX", "g++").split()
    flags = ["-std=c++20", "-O2", "-ffp-contract=off", "-DNDEBUG"]
    libraries = [str(build / "src/libmillrace.a"), "-lfmt", "-lisal", "-lhwy", "-lhwy_contrib", "-lpthread"]
    gtest = ["-lgtest", "-lgtest_main"]
    survivors = []
    word = sys.argv[3] if len(sys.argv) > 3 else ""
    mutants = [mutant for mutant in MUTANTS if word in mutant[0]]
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)

        def compile_file(source, includes, out):
            made = run([*compiler, *flags, *(f"-I{i}" for i in includes), "-c", str(source), "-o", str(out)])
            if made.returncode != 0:
                sys.exit(f"{source} does not compile:\n{made.stderr}")

        usual = [root / "include", root / "src"]
        for test in ("engine_stress", "gate_test", "kill_program"):
            compile_file(root / f"tests/{test}.cpp", usual, work / f"{test}.o")
        def driven(program, tests, mutated):
            """Whether the tests fail."""
            if isinstance(tests, int):
                cycles = KILL_CYCLES if mutated else KILL_CYCLES // 4
                command = [sys.executable, str(root / "tests/kill_test.py"), str(program), "--blocks", str(tests),
                           "--cycles", str(cycles)]
                return run(command, timeout=240)
            return run([str(program), f"--gtest_filter={tests}"], timeout=240,
                       env={**os.environ, "MILLRACE_STRESS_ROUNDS": "4" if mutated else "1"})

        sane = [("(no mutant)", None, [], "*"), ("(no mutant)", None, [], 4)]
        for number, (name, file, changes, tests) in enumerate([*sane, *mutants]):
            kills = isinstance(tests, int)
            test = "kill_program" if kills else "gate_test" if tests.startswith("GateTest") else "engine_stress"
            objects = [work / f"{test}.o"]
            if file is not None:
                tree = work / f"m{number}"
                target = tree / file
                if file.startswith("include/"):
                    shutil.copytree(root / "include", tree / "include")
                target.parent.mkdir(parents=True, exist_ok=True)
                text = (root / file).read_text()
                for old, new in changes:
                    if text.count(old) != 1:
                        sys.exit(f"mutant '{name}': {file} holds this {text.count(old)} times, not once:\n{old}")
                    text = text.replace(old, new)
                target.write_text(text)
                if file.startswith("include/"):
                    includes = [tree / "include", root / "src"]
                    objects = [work / "test.o", work / "port.o"]
                    compile_file(root / f"tests/{test}.cpp", includes, objects[0])
                    compile_file(root / "src/transport/port.cpp", includes, objects[1])
                else:
                    objects.append(work / "mutated.o")
                    compile_file(target, usual, objects[1])
            program = work / f"stress{number}"
            linked = run([*compiler, *map(str, objects), *libraries, *([] if kills else gtest), "-o", str(program)])
            if linked.returncode != 0:
                sys.exit(linked.stderr)
            failed = False
            for _ in range(1 if file is None else 8):  # chance: what is hard to hit gets more tries
                try:
                    result = driven(program, tests, file is not None)
                    failed = result.returncode != 0
                    if failed and isinstance(tests, int) and not re.search("(check|recover): ", result.stdout):
                        sys.exit(f"mutant '{name}' fails in another way than by its records:\n{result.stdout}")
                except subprocess.TimeoutExpired:
                    failed = True  # a lost record that finish() waits for
                if failed:
                    break
            if file is None:
                if failed:
                    sys.exit(f"{test} fails without any mutant:\n" + result.stdout[-3000:])
                print(f"without a mutant: {test} passes", flush=True)
                continue
            print(f"{'killed  ' if failed else 'SURVIVED'}  {name}", flush=True)
            if not failed:
                survivors.append(name)
    print(f"{len(mutants) - len(survivors)} of {len(mutants)} mutants killed")
    return 1 if survivors else 0


sys.exit(main())
