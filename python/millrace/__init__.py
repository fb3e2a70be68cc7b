# SPDX-License-Identifier: Apache-2.0
"""Exact statistics of many threads' results while a load runs; docs/python.md.

    import millrace

    with millrace.Engine(log_dir="run") as engine:
        requests = engine.stream("requests", "request")
        with requests.worker() as worker:                      # one per thread
            worker.push(start_ns=sent, end_ns=received, label="chat")
        summary = engine.finish()
    print(summary["requests"]["latency"].percentile(99))

millrace.replay(path) gives the same of a log or of another tool's files, millrace.Log(path) the records as NumPy
arrays; millrace.compat has drop-ins for classes of llmeter and guidellm.
"""
from ._millrace import Error, Worker, __version__
from .engine import Engine, Stream
from .log import Log
from .schema import Schema
from .summary import Metric, Percentile, Snapshot, StreamNumbers, Summary, replay

__all__ = ["Engine", "Error", "Log", "Metric", "Percentile", "Schema", "Snapshot", "Stream", "StreamNumbers", "Summary",
           "Worker", "__version__", "replay"]
