# SPDX-License-Identifier: Apache-2.0
"""What docs/benchmarks.md compares: each measure with its peer and its goal, and the plots. For report.py."""
import dataclasses
import os
import typing


def cores():
    return os.sched_getaffinity(0)


@dataclasses.dataclass
class Measure:
    row: int
    text: str
    own: typing.Tuple[str, str]  # benchmark and counter
    peer: typing.Optional[typing.Tuple[str, str]]
    at_most: typing.Optional[float] = None  # own / peer
    at_least: typing.Optional[float] = None  # peer / own
    scale: float = 1  # of the own figure, where it stands for more or less than the peer's

    def goal(self):
        return f"&le; {self.at_most:g}" if self.at_most is not None else f"&ge; {self.at_least:g} x"


def cost(row, text, own, peer, at_most, counter="ns_per_record", scale=1):
    return Measure(row, text, (own, counter), peer and (peer, counter), at_most=at_most, scale=scale)


def faster(row, text, own, peer, at_least, counter="ns_per_record"):
    return Measure(row, text, (own, counter), (peer, counter), at_least=at_least)


MEASURES = [
    cost(1, "`push`, 64 B, beside the same push into blocks that nobody reads", "push/64B/push", "push/64B/unread",
         1.3, "ns"),
    cost(1, "`push`, 64 B, beside a bare store into a 4 MiB ring", "push/64B/push", "push/64B/bare_store", 2, "ns"),
    cost(1, "`claim` and `commit`, 64 B, beside a bare store", "push/64B/claim_commit", "push/64B/bare_store", 2, "ns"),
    cost(1, "`push`, GenerationRecord (184 B), beside a bare store", "push/GenerationRecord/push",
         "push/GenerationRecord/bare_store", 2, "ns"),
    cost(1, "`claim` and `commit`, GenerationRecord, beside a bare store", "push/GenerationRecord/claim_commit",
         "push/GenerationRecord/bare_store", 2, "ns"),
    faster(2, "`push`, 64 B, beside moodycamel's `enqueue` without a token", "push/64B/push", "push/64B/enqueue", 4,
           "ns"),
    faster(2, "beside `enqueue` with a token", "push/64B/push", "push/64B/enqueue_token", 3, "ns"),
    faster(2, "beside `enqueue` with a token and the best settings", "push/64B/push", "push/64B/enqueue_best", 1.3,
           "ns"),
    faster(3, "a push a microsecond, p99 without the timer, beside `enqueue` with a token", "paced/push",
           "paced/enqueue_token", 8, "p99_ns"),
    faster(4, "recording five metrics, beside five `Observe` of prometheus-cpp", "recording/millrace",
           "recording/prometheus", 25),
    faster(4, "beside spdlog's asynchronous logger", "recording/millrace", "recording/spdlog_async/null", 100),
    faster(5, "histogram and moments of five metrics, beside Boost.Accumulators' moments alone", "accumulate/exact:0",
           "boost", 5),
    cost(5, "beside touching the records' memory", "accumulate/exact:0", "touch", 1.5),
    cost(6, "exact store, insert, beside a growing vector", "exact_insert/metrics:1/kind:0", "growing_vector", 0.6,
         "ns_per_value"),
    faster(6, "p50 of 10 million values, beside `nth_element` over all", "exact_query/p:50/kind:0",
           "nth_element_of_copy/p:50/kind:0", 200, "time_ns"),
    faster(7, "p50, p90, p99, mean, sd, min, max, skewness of 50 million doubles, beside DuckDB, 1 thread",
           "columns/millrace/threads:1", "columns/duckdb/threads:1", 15, "time_ns"),
    faster(7, "the same, 2 threads", "columns/millrace/threads:2", "columns/duckdb/threads:2", 15, "time_ns"),
    faster(8, "push to summary, no log, beside the obvious build", "end_to_end/millrace", "end_to_end/obvious", 3),
    faster(9, "with a log, beside the obvious build with `pwrite`", "end_to_end/millrace_log",
           "end_to_end/obvious_pwrite", 1.2),
    faster(9, "with a log whose pages were made before", "end_to_end/millrace_log_prefaulted",
           "end_to_end/obvious_pwrite", 2.3),
    cost(10, "push to summary, each value kept, beside touching the records' memory", "end_to_end/millrace_exact",
         "end_to_end/touch", 9),
    cost(11, "append with checksum, CPU, mapped, beside `pwrite` of 256 KiB without",
         "millrace_append/records:4000000/mapped:1", "pwrite_256k/records:4000000", 1, "cpu_ns_per_record"),
    cost(11, "append with checksum, CPU, by `pwrite`", "millrace_append/records:4000000/mapped:0",
         "pwrite_256k/records:4000000", 1, "cpu_ns_per_record"),
    faster(11, "append, mapped, beside RocksDB's WAL, batches of 1,024", "millrace_append/records:4000000/mapped:1",
           "rocksdb_wal/records:4000000", 6),
    faster(11, "append, mapped, beside LevelDB, batches of 1,024 (no goal was set)",
           "millrace_append/records:4000000/mapped:1", "leveldb_put/records:1000000", 1),
    faster(11, "append, mapped, beside SQLite's WAL", "millrace_append/records:4000000/mapped:1",
           "sqlite_wal/records:1000000/autocheckpoint:1000", 50),
    cost(12, "replay, every frame verified, counts, moments, histograms, beside touching the memory",
         "replay_numbers/records:10000000/threads:1", "map_touch/records:10000000", 2.5),
    faster(12, "the same by 2 threads, beside 1", "replay_numbers/records:10000000/threads:2",
           "replay_numbers/records:10000000/threads:1", 1.8),
    faster(13, "20 exact percentiles of five metrics by passes over a log, beside sorting the columns",
           "replay_percentiles/records:10000000/threads:1/ties:0", "sort_five_columns/records:10000000", 25),
    faster(13, "in memory, half of the values equal, beside sorting the same columns", "selection_of_records/kind:1",
           "sort_of_columns/kind:1", 10, "cpu_time_ns"),
    faster(14, "responses.jsonl, all statistics, beside DuckDB, 1 thread", "jsonl/millrace/threads:1",
           "jsonl/duckdb/threads:1", 2),
    faster(14, "the same, 2 threads", "jsonl/millrace/threads:2", "jsonl/duckdb/threads:2", 2),
    faster(14, "beside Python's json and statistics", "jsonl/millrace/threads:1", "jsonl/python", 10),
    faster(14, "beside jq", "jsonl/millrace/threads:1", "jsonl/jq", 20),
    cost(15, "100 million records beside 1 million, a record", "growth/records/n:100000000/exact:0",
         "growth/records/n:1000000/exact:0", 1.5),
    cost(15, "the same, each value kept", "growth/records/n:100000000/exact:1", "growth/records/n:1000000/exact:1", 1.5),
    cost(15, "64 workers beside 1, a record", "growth/workers/n:64", "growth/workers/n:1", 1.5),
    cost(15, "32 metrics beside 4: 8 times as much, a metric", "growth/metrics/n:32", "growth/metrics/n:4", 1.5,
         scale=1 / 8),
    cost(15, "10,000 labels by Zipf's law beside 1", "growth/labels/n:10000/zipf:1", "growth/labels/n:1/zipf:1", 2),
    cost(15, "10,000 labels, uniform", "growth/labels/n:10000/zipf:0", "growth/labels/n:1/zipf:0", 8),
    Measure(16, "idle engine, back-off strategy: percent of a core", ("idle/cpu", "percent_of_a_core"), None,
            at_most=0.5),
    Measure(16, "from a push after silence to a snapshot with it, the worst of 50: ms", ("idle/until_seen", "worst_ms"),
            None, at_most=5),
]


@dataclasses.dataclass
class Plot:
    name: str
    title: str
    x: str
    lines: typing.Dict[str, str]  # what a line is, and the names of its points
    base: int = 10  # of the logarithms along x; 1: none


PLOTS = [
    Plot("records", "Cost of a record by the number of records", "records",
         {"counts, moments, histograms": r"growth/records/n:(\d+)/exact:0", "each value kept":
          r"growth/records/n:(\d+)/exact:1"}),
    Plot("workers", "Cost of a record by the number of workers", "workers on two cores",
         {"": r"growth/workers/n:(\d+)"}, base=2),
    Plot("metrics", "Cost of a record by the number of metrics", "metrics", {"": r"growth/metrics/n:(\d+)"}, base=1),
    Plot("labels", "Cost of a record by the number of labels", "labels, each value kept",
         {"uniform": r"growth/labels/n:(\d+)/zipf:0", "Zipf's law": r"growth/labels/n:(\d+)/zipf:1"}),
]
