#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What bench/run.sh measured, as the tables of docs/benchmarks.md and the plots of docs/benchmarks/.

    report.py RESULTS DOCS

RESULTS holds what Google Benchmark writes with --benchmark_out. Figures are medians of the repetitions that
were left alone: one in which the system took a core away more than twice as often as in the middle one of its
row, and more than five times, is left out (two busy threads on two cores are switched now and then always).
The text between the two marks in DOCS/benchmarks.md is replaced, and nothing else.
"""
import datetime
import json
import math
import pathlib
import platform
import re
import statistics
import subprocess
import sys

import measures

BEGIN, END = "<!-- bench/report.py: begin -->", "<!-- bench/report.py: end -->"
NS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


class Results:
    """Figures by name and counter."""

    def __init__(self, folder):
        self.entries = {}
        self.discarded = self.repetitions = 0
        for path in sorted(folder.glob("*.json")):
            for entry in json.loads(path.read_text(encoding="utf-8"))["benchmarks"]:
                if entry.get("run_type") == "iteration" and not entry.get("error_occurred"):
                    self.entries.setdefault(plain(entry["name"]), []).append(entry)
        self.quiet = {name: self.left_alone(entries) for name, entries in self.entries.items()}

    def left_alone(self, entries):
        usual = statistics.median(entry.get("switches", 0) for entry in entries)
        good = [entry for entry in entries if entry.get("switches", 0) <= max(5, 2 * usual)]
        self.repetitions += len(entries)
        self.discarded += len(entries) - len(good)
        return good

    def figure(self, name, counter):
        """The median; None: it was not measured."""
        if name not in self.quiet:
            return None
        return statistics.median(value_of(entry, counter) for entry in self.quiet[name])


def plain(name):
    return re.sub(r"/(manual_time|real_time|process_time|iterations:\d+|min_time:[\d.]+)", "", name)


def value_of(entry, counter):
    if counter == "time_ns":
        return entry["real_time"] * NS[entry["time_unit"]]
    if counter == "cpu_time_ns":
        return entry["cpu_time"] * NS[entry["time_unit"]]
    return entry[counter]


def shown(value):
    if value == 0:
        return "0"
    for limit, unit, scale in ((1e9, " s", 1e9), (1e6, " ms", 1e6), (1e4, " us", 1e3)):
        if abs(value) >= limit:
            return f"{value / scale:.3g}{unit}"
    return f"{value:.3g}"


def table(results):
    lines = ["| # | measure | millrace | peer | ratio | goal | |", "|---|---|---|---|---|---|---|"]
    for m in measures.MEASURES:
        own = results.figure(*m.own)
        peer = results.figure(*m.peer) if m.peer else 1
        if own is None or peer is None:
            missing = m.own[0] if own is None else m.peer[0]
            lines.append(f"| {m.row} | {m.text} | | | | {m.goal()} | not measured: `{missing}` |")
            continue
        value = own * m.scale
        ratio = value / peer if m.at_most is not None else peer / value if value > 0 else math.inf
        met = ratio <= m.at_most if m.at_most is not None else ratio >= m.at_least
        said = f"{ratio:.2g}" if ratio < 10 else f"{ratio:.0f}"
        peer_text = shown(peer) if m.peer else ""
        lines.append(f"| {m.row} | {m.text} | {shown(value)} | {peer_text} | {said} | {m.goal()} | "
                     f"{'met' if met else '**missed**'} |")
    return lines


def plots(results, folder):
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "millrace", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot
    folder.mkdir(exist_ok=True)
    written = []
    for plot in measures.PLOTS:
        figure, axes = pyplot.subplots(figsize=(5.2, 3.2))
        drawn = False
        for label, pattern in plot.lines.items():
            points = []
            for name in results.quiet:
                found = re.fullmatch(pattern, name)
                if found:
                    points.append((int(found.group(1)), results.figure(name, "ns_per_record")))
            if points:
                drawn = True
                axes.plot(*zip(*sorted(points)), marker="o", markersize=3, label=label)
        if drawn:
            if plot.base != 1:
                axes.set_xscale("log", base=plot.base)
            axes.set_ylim(bottom=0)
            axes.set_xlabel(plot.x)
            axes.set_ylabel("ns a record")
            axes.grid(alpha=0.3)
            if len(plot.lines) > 1:
                axes.legend()
            figure.tight_layout()
            figure.savefig(folder / f"{plot.name}.svg", metadata={"Date": None})
            written.append(f"![{plot.title}](benchmarks/{plot.name}.svg)")
        pyplot.close(figure)
    return written


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    compiler = subprocess.run(["c++", "-dumpfullversion"], capture_output=True, text=True, check=False)
    memory = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text(encoding="utf-8"))
    return (f"{model.group(1) if model else platform.machine()}, {len(measures.cores())} cores, "
            f"{int(memory.group(1)) >> 20} GiB, Linux {platform.release()}, g++ {compiler.stdout.strip()}, "
            f"release build, no `-march`")


def main():
    folder, docs = map(pathlib.Path, sys.argv[1:3])
    results = Results(folder)
    lines = [BEGIN, "",
             f"`bench/run.sh`, {datetime.date.today()}, {machine()}. Times are ns unless said. "
             f"{results.discarded} of {results.repetitions} repetitions were disturbed and left out.", ""]
    lines += table(results) + [""] + plots(results, docs / "benchmarks") + ["", END]
    document = docs / "benchmarks.md"
    text = document.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    document.write_text(before + "\n".join(lines) + after, encoding="utf-8")
    print("\n".join(lines[1:-1]))


if __name__ == "__main__":
    main()
