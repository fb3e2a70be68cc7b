#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`millrace load` against tests/chat_server.py on loopback: times, schedules, faults, signals.

    MILLRACE_BIN=build/tools/millrace tests/load_cli_test.py [unittest arguments]

Error budgets. The server keeps when it wrote each chunk, by the clock that the client reads. A client cannot have a
chunk before it was written, so its times are never early; they may be late by what the machine takes to wake
two processes. So lower bounds are strict, to the microsecond, on any machine; upper bounds are of medians:
LATE_MS, which a machine under load keeps, too.
"""
import json
import re
import signal
import socket
import statistics
import subprocess
import sys
import time

import command_line
from chat_server import ChatServer
from command_line import Case, millrace, parse

LATE_MS = 25  # of a median: a busy machine's scheduling; an idle one has 0.2
ENVIRONMENT = {k: v for k, v in command_line.QUIET_ENV.items() if k != "OPENAI_API_KEY"}


def load(*arguments, **more):
    more.setdefault("env", ENVIRONMENT)
    return millrace("load", *arguments, **more)


def report_of(*arguments, code=0, **more):
    got, out, err = load(*arguments, "--format", "json", **more)
    assert got == code, f"exit code {got}: {err}"
    return parse(out), err


def metric(report, name, stream=0):
    return report["streams"][stream]["metrics"][name]


def errors_of(report):
    return {e["class"]: e["records"] for e in report["streams"][0].get("errors", [])}


def records(folder, stream):
    """The log's records, as `millrace export` gives them."""
    code, out, err = millrace("export", folder, "--stream", stream, "--format", "jsonl")
    assert code == 0, err
    return [json.loads(line) for line in out.splitlines()]


class WithServer(Case):
    def setUp(self):
        self.server = ChatServer().__enter__()
        self.addCleanup(self.server.die)

    def prompts(self, *lines):
        return self.write("prompts.txt", "".join(line + "\n" for line in lines))


class Usage(Case):
    def test_what_cannot_be_meant_is_refused_and_named(self):
        url = "http://127.0.0.1:1/"
        for message, arguments in (
                ("URL", ()), ("no URL", ("not a url",)), ("only http", ("ftp://x/",)),
                ("--rate", (url, "--rate", "x")), ("--rate", (url, "--rate", "0")),
                ("--arrival needs --rate", (url, "--arrival", "poisson")),
                ("--arrival", (url, "--rate", "5", "--arrival", "x")), ("--duration", (url, "-d", "x")),
                ("--duration", (url, "-d", "0")), ("--requests", (url, "-n", "0")),
                ("--connections", (url, "-c", "0")), ("--timeout", (url, "--timeout", "-1")),
                ("--header", (url, "-H", "no colon")), ("--http1", (url, "--http1", "--http2")),
                ("--http2", (url, "--streams", "4")), ("--rate", (url, "--rate", "2G")), ("--log", (url, "--log", "")),
                ("--seed", (url, "--seed", "-1")), ("POST", (url, "--openai", "--prompts", "-", "-m", "GET")),
                ("HEAD", (url, "-m", "HEAD", "--body", "x")), ("--warmup", (url, "--warmup", "1e20")),
                ("--max-requests", (url, "--max-requests", "-1")), ("--prompts", (url, "--openai")), ("--openai", (url, "--model", "m")),
                ("--check", (url, "--check", "nothing:avg<1")), ("goodput", (url, "--goodput", "ttft:1s"))):
            with self.subTest(arguments):
                code, out, err = load(*arguments)
                self.assertEqual((code, out), (2, ""), err)
                self.assertIn(message.lower().strip("-"), err.lower())

    def test_files_that_are_not_there_are_errors(self):
        self.refused(1, "/nowhere", "load", "http://127.0.0.1:1/", "--body", "@/nowhere")
        self.refused(1, "/nowhere", "load", "http://127.0.0.1:1/", "--openai", "--prompts", "/nowhere")
        for flags in (("--body", f"@{self.folder}"), ("--openai", "--prompts", self.folder)):
            code, _, err = load("http://127.0.0.1:1/", *flags)
            self.assertEqual(code, 1)
            self.assertIn(f"cannot read '{self.folder}': Is a directory", err)
        path = self.write("p.txt", "fine\n{broken\n")
        self.refused(2, "p.txt:2:", "load", "http://127.0.0.1:1/", "--openai", "--prompts", path)


class Http(WithServer):
    def test_a_closed_loop_sends_so_many_requests_over_so_many_connections(self):
        report, err = report_of(self.server.url + "/?200,2,1000", "-n", 200, "-c", 4)
        stream = report["streams"][0]
        self.assertEqual((stream["records"], len(self.server.requests)), (200, 200))
        self.assertEqual(metric(report, "latency")["count"], 200)
        self.assertEqual(metric(report, "response_time")["count"], 0, "a closed loop has no intended start")
        self.assertGreaterEqual(metric(report, "latency")["min"], 2e6)
        self.assertGreaterEqual(metric(report, "time_to_first_byte")["min"], 2e6)
        self.assertEqual(metric(report, "bytes_received")["sum"], 200_000)
        self.assertIn("; 200 answers by HTTP/1", err)
        self.assertIn("4 connections made", err)
        self.assertRegex(err, r"CPU [\d.]+ s: .* in the engine's aggregator.*; the engine's share [\d.]+ %")

    def test_all_that_was_due_and_not_sent_is_recorded(self):
        report, err = report_of(self.server.url + "/?200,300,1", "--rate", "100k", "-d", "1s", "-c", 1, "-p", "50")
        self.assertEqual(report["streams"][0]["records"], 100_000)
        self.assertEqual(report["accounting"]["rejected"]["full"], 0)
        # They wait from their time to the end: the median for half a second, whatever the few that were sent have.
        self.assertAlmostEqual(metric(report, "response_time")["percentiles"]["p50"] / 1e9, 0.5, delta=0.1)

    def test_a_report_that_cannot_be_written_is_told_before_anything_is_sent(self):
        code, _, err = load(self.server.url, "-n", 5, "-o", self.folder / "none" / "report")
        self.assertEqual((code, len(self.server.requests)), (1, 0), err)
        self.assertIn("cannot write", err)

    def test_method_headers_and_body_are_sent_as_given(self):
        body = self.write("body.bin", b"\x00\x01" * 700_000)
        load(self.server.url + "/a", "-n", 1, "--body", f"@{body}", "-m", "PUT", "-H", "X-One: 1", "-H", "X-Two: 2")
        load(self.server.url + "/b", "-n", 1, "--body", "text")
        load(self.server.url + "/c", "-n", 1, "-m", "HEAD")
        load(self.server.url + "/d", "-n", 1, "-m", "DELETE")
        load(self.server.url + "/e", "-n", 1, "-m", "POST")
        put, post, head, delete, empty = self.server.requests
        self.assertEqual(put["line"], "PUT /a HTTP/1.1")
        self.assertEqual(put["body"], body.read_bytes())
        self.assertEqual((put["headers"]["x-one"], put["headers"]["x-two"]), ("1", "2"))
        self.assertNotIn("expect", put["headers"])
        self.assertEqual((post["line"], post["body"]), ("POST /b HTTP/1.1", b"text"))
        self.assertEqual(head["line"], "HEAD /c HTTP/1.1")
        self.assertEqual(delete["line"], "DELETE /d HTTP/1.1")
        self.assertEqual((empty["line"], empty["headers"]["content-length"]), ("POST /e HTTP/1.1", "0"))

    def test_without_keep_alive_each_request_has_a_connection(self):
        _, err = report_of(self.server.url, "-n", 20, "-c", 2, "--no-keep-alive")
        self.assertIn("20 connections made", err)

    def test_statuses_from_400_on_are_errors_by_their_number(self):
        report, err = report_of(self.server.url + "/?503,0,4", "-n", 10)
        stream = report["streams"][0]
        self.assertEqual(stream["status"]["error"], 10)
        self.assertEqual(errors_of(report), {"http 503": 10})
        self.assertIn("the first failure was http 503: xxxx", err)

    def test_proxies_of_the_environment_are_not_used(self):
        report_of(self.server.url, "-n", 1, env=dict(ENVIRONMENT, http_proxy="http://127.0.0.1:1"))

    def test_checks_goodput_and_phases_are_those_of_other_commands(self):
        url = self.server.url + "/?200,5,1"
        self.assertEqual(load(url, "-n", 20, "--check", "latency:p(50)<1ms", "--allow-small-samples")[0], 99)
        report, _ = report_of(url, "-n", 40, "-c", 1, "--warmup", "10", "--goodput", "latency:10s", "--label", "a")
        self.assertEqual(report["streams"][0]["records"], 30)


class OpenLoop(WithServer):
    def test_a_constant_rate_is_kept_and_every_request_has_its_intended_start(self):
        folder = self.folder / "constant"
        began = time.monotonic_ns()
        _, err = report_of(self.server.url, "--rate", 100, "-d", "1s", "--log", folder)
        found = sorted(records(folder, "requests"), key=lambda r: r["request_id"])
        self.assertEqual(len(found), 100)
        first = found[0]["intended_start_ns"]
        self.assertGreater(first, began)
        for i, record in enumerate(found):
            self.assertEqual(record["intended_start_ns"] - first, i * 10_000_000)
            self.assertGreaterEqual(record["start_ns"], record["intended_start_ns"])
        self.assertIn("0 more were due and not sent", err)

    def test_poisson_times_depend_on_the_seed_alone(self):
        def gaps(seed, name, threads):
            report_of(self.server.url, "--rate", 300, "-n", 60, "--arrival", "poisson", "--seed", seed,
                      "-t", threads, "--log", self.folder / name)
            starts = sorted(r["intended_start_ns"] for r in records(self.folder / name, "requests"))
            return [b - a for a, b in zip(starts, starts[1:])]
        one = gaps(11, "one", 1)
        self.assertEqual(one, gaps(11, "two", 2))
        self.assertNotEqual(one, gaps(12, "three", 1))

    def test_what_could_not_be_sent_on_time_is_in_the_response_time(self):
        # One connection, 50 ms a request: 20 a second; 40 a second are wanted. The backlog grows for a second,
        # and what is not sent when it is over is in the numbers, too.
        report, err = report_of(self.server.url + "/?200,50,1", "--rate", 40, "-d", "1s", "-c", 1)
        stream = report["streams"][0]
        sent = len(self.server.requests)
        self.assertEqual(stream["records"], 40, "each request that was due is a record")
        self.assertLessEqual(sent, 22)
        self.assertEqual(stream["status"]["incomplete"], 40 - sent)
        self.assertEqual(errors_of(report), {"not sent": 40 - sent})
        self.assertIn(f"{40 - sent} more were due and not sent", err)
        self.assertEqual(metric(report, "latency")["count"], sent)
        self.assertEqual(metric(report, "response_time")["count"], 40)
        self.assertLess(metric(report, "latency")["percentiles"]["p50"], 150e6)
        # The k-th of those sent began no earlier than 50 ms k, and was due at 25 ms k.
        self.assertGreaterEqual(metric(report, "response_time")["max"], (sent - 1) * 25e6 + 50e6 - 1e6)

    def test_with_a_number_of_requests_all_are_sent_however_late(self):
        report, _ = report_of(self.server.url + "/?200,20,1", "--rate", 1000, "-n", 20, "-c", 1)
        self.assertEqual(report["streams"][0]["status"]["ok"], 20)
        # 20 in a row take 400 ms, and all were due within 19 ms.
        self.assertGreaterEqual(metric(report, "response_time")["max"], 381e6)


class Chat(WithServer):
    def test_first_token_gaps_and_totals_are_the_servers(self):
        folder = self.folder / "chat"
        prompts = self.prompts(*(json.dumps({"prompt": f"p{i}", "tokens": 6, "first_ms": 40 + i, "gap_ms": 15})
                                 for i in range(12)))
        report, _ = report_of(self.server.url, "--openai", "--prompts", prompts, "-n", 12, "-c", 3, "--model", "m",
                              "--max-tokens", 99, "--log", folder)
        found = {r["request_id"]: r for r in records(folder, "requests")}
        gaps = {}
        for sample in records(folder, "itl"):
            gaps.setdefault(sample["request_id"], {})[sample["index"]] = sample["value"]
        served = {json.loads(r["body"])["messages"][0]["content"]: r for r in self.server.requests}
        self.assertEqual((len(found), len(served), len(gaps)), (12, 12, 12))
        late_ms, gap_errors_ms = [], []
        for i, record in found.items():
            request = served[f"p{i}"]
            writes = request["writes"]
            self.assertEqual(record["status"], "ok")
            self.assertEqual((record["output_tokens"], record["input_tokens"], record["cached_input_tokens"],
                              record["token_iterations"]), (106, 7, 2, 6))
            # Never early: sent, received there, written there, received here.
            self.assertLessEqual(record["start_ns"], request["received"])
            self.assertGreaterEqual(record["first_token_ns"], writes[0])
            self.assertGreaterEqual(record["last_token_ns"], writes[-1])
            self.assertGreaterEqual(record["end_ns"], record["last_token_ns"])
            self.assertGreaterEqual(record["first_token_ns"] - record["start_ns"], (40 + i) * 1e6)
            late_ms += [(record["first_token_ns"] - writes[0]) / 1e6, (record["last_token_ns"] - writes[-1]) / 1e6]
            self.assertEqual(sorted(gaps[i]), list(range(5)))
            self.assertEqual(sum(gaps[i].values()), record["last_token_ns"] - record["first_token_ns"],
                             "gaps add up to the nanosecond")
            gap_errors_ms += [abs(gaps[i][k] - (writes[k + 1] - writes[k])) / 1e6 for k in range(5)]
        print(f"late by {statistics.median(late_ms):.3f} ms in the median, {max(late_ms):.3f} at most; gaps off by "
              f"{statistics.median(gap_errors_ms):.3f} and {max(gap_errors_ms):.3f} ms", file=sys.stderr)
        self.assertLess(statistics.median(late_ms), LATE_MS)
        self.assertLess(statistics.median(gap_errors_ms), LATE_MS)
        self.assertEqual(metric(report, "output_tokens")["sum"], 12 * 106)
        self.assertEqual(report["streams"][1]["records"], 60)

    def test_the_request_is_as_the_flags_and_the_prompt_say(self):
        prompts = self.prompts("Why?")
        environment = dict(ENVIRONMENT, OPENAI_API_KEY="sk-very-secret")
        folder = self.folder / "secret"
        code, out, err = load(self.server.url + "/v1", "--openai", "--prompts", prompts, "-n", 1, "--model", "m",
                              "--max-tokens", 9, "--body", '{"temperature": 0}', "--log", folder, env=environment)
        self.assertEqual(code, 0, err)
        request = self.server.requests[0]
        self.assertEqual(request["line"], "POST /v1/chat/completions HTTP/1.1")
        self.assertEqual(request["headers"]["authorization"], "Bearer sk-very-secret")
        self.assertEqual(request["headers"]["content-type"], "application/json")
        self.assertEqual(json.loads(request["body"]), {
            "model": "m", "messages": [{"role": "user", "content": "Why?"}], "stream": True,
            "stream_options": {"include_usage": True}, "max_tokens": 9, "temperature": 0})
        self.assertNotIn("secret", (out + err).replace(str(folder), ""))
        for path in folder.rglob("*"):
            self.assertNotIn(b"sk-very-secret", path.read_bytes())

    def test_each_fault_has_its_class_and_costs_no_other_request(self):
        classes = {"garbage": "an event that is no JSON object", "early": "the stream ended early",
                   "error_event": "an error in the stream", "json": "no event stream", "http_503": "http 503"}
        lines = [json.dumps({"prompt": "x", "tokens": 3, "fault": fault}) for fault in classes]
        lines += [json.dumps({"prompt": "x", "tokens": 3, "fault": fault}) for fault in ("drop", "", "cr", "bytes")]
        report, _ = report_of(self.server.url, "--openai", "--prompts", self.prompts(*lines), "-n", 9, "-c", 1)
        errors = errors_of(report)
        for name in classes.values():
            self.assertEqual(errors.pop(name, 0), 1, name)
        self.assertEqual(sum(errors.values()), 1, f"the dropped connection has a class of libcurl's: {errors}")
        self.assertEqual(report["streams"][0]["status"]["ok"], 3)

    def test_without_usage_chunks_are_counted_and_that_is_said(self):
        prompts = self.prompts(json.dumps({"prompt": "x", "tokens": 4, "fault": "no_usage"}))
        report, err = report_of(self.server.url, "--openai", "--prompts", prompts, "-n", 3)
        self.assertEqual(metric(report, "output_tokens")["sum"], 12)
        self.assertIn("3 answers told no usage", err)


class Faults(WithServer):
    def test_a_server_that_is_not_there_is_exit_code_1_with_a_report(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        report, err = report_of(f"http://127.0.0.1:{port}/", "-n", 5, code=1)
        self.assertEqual(errors_of(report), {"connect: Connection refused": 5})
        self.assertIn("first failure", err)

    def test_a_server_that_is_too_slow_is_a_timeout(self):
        report, _ = report_of(self.server.url + "/?200,1500,1", "-n", 2, "-c", 2, "--timeout", "200ms", code=1)
        self.assertEqual(errors_of(report), {"timeout": 2})
        self.assertGreaterEqual(metric(report, "latency")["min"], 199e6)

    def test_a_server_that_dies_leaves_errors_and_a_run_that_ends_in_time(self):
        run = self.start("--rate", "100", "-d", "2s", self.server.url)
        time.sleep(1)
        self.server.die()
        code, report, err = self.end(run)
        self.assertEqual(code, 0, err)
        stream = report["streams"][0]
        self.assertEqual(stream["records"], 200)
        self.assertGreater(stream["status"]["ok"], 0)
        self.assertGreater(stream["status"]["error"], 0)

    def start(self, *arguments):
        run = subprocess.Popen([command_line.MILLRACE, "load", *map(str, arguments), "--format", "json"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)
        self.addCleanup(run.kill)
        return run

    def end(self, run):
        out, err = run.communicate(timeout=60)
        return run.returncode, parse(out.decode()), err.decode()

    def until_busy(self, count):
        deadline = time.monotonic() + 30
        while len(self.server.requests) < count and time.monotonic() < deadline:
            time.sleep(0.02)

    def test_the_first_signal_ends_the_sending_and_waits_for_what_is_under_way(self):
        run = self.start("--rate", "50", "-d", "60s", self.server.url + "/?200,700,1", "-c", 40)
        self.until_busy(10)
        run.send_signal(signal.SIGINT)
        code, report, err = self.end(run)
        self.assertEqual(code, 130, err)
        stream = report["streams"][0]
        self.assertEqual(stream["status"]["ok"], len(self.server.requests), "all that was sent has its answer")
        self.assertTrue(report["interrupted"])

    def test_the_second_signal_abandons_it_and_the_report_is_whole_all_the_same(self):
        run = self.start("-d", "60s", self.server.url + "/?200,20000,1", "-c", 5)
        self.until_busy(5)
        run.send_signal(signal.SIGINT)
        time.sleep(0.5)
        self.assertIsNone(run.poll(), "it waits for what is under way")
        began = time.monotonic()
        run.send_signal(signal.SIGINT)
        code, report, err = self.end(run)
        self.assertEqual(code, 130)
        self.assertIn("once more Ctrl-C abandons it", err)
        self.assertIn("5 connections made", err)
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(errors_of(report), {"abandoned": 5})
        self.assertEqual(report["streams"][0]["status"]["incomplete"], 5)

    def test_grace_bounds_the_end_of_a_run(self):
        began = time.monotonic()
        report, _ = report_of(self.server.url + "/?200,20000,1", "-d", "300ms", "-c", 2, "--grace", "200ms", code=1)
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(errors_of(report), {"abandoned": 2})

    def test_on_a_terminal_a_table_of_live_numbers_overwrites_itself_within_80_columns(self):
        shown, out = self.on_terminal("load", self.server.url, "--rate", 100, "-d", "1500ms", env=ENVIRONMENT)
        blocks = re.split("\x1b\\[\\d+A\x1b\\[J", shown)
        self.assertGreaterEqual(len(blocks), 3)
        last = blocks[-2].splitlines()  # behind it comes the account
        self.assertRegex(last[0], r"^  reqs=\d+  \d+ ok$")
        self.assertRegex(last[1], r"^ +count +mean +p50 +p99 +max$")
        self.assertEqual([line.split()[0] for line in last[2:]],
                         ["latency", "response_time", "time_to_first_byte", "bytes_sent", "bytes_received"])
        self.assertLessEqual(max(len(line) for line in last), 80)
        self.assertNotIn("\x1b", out)

    def test_a_log_replays_to_the_digest_of_the_run(self):
        folder = self.folder / "kept"
        code, out, err = load(self.server.url, "--rate", 200, "-d", "1s", "--log", folder)
        self.assertEqual(code, 0, err)
        digest = re.findall(r"(?m)^digest (\w+)$", out)
        self.assertEqual(len(digest), 1)
        again = millrace("replay", folder)
        self.assertEqual(re.findall(r"(?m)^digest (\w+)$", again[1]), digest)


if __name__ == "__main__":
    command_line.main()
