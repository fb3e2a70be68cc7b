#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`millrace load` against nginx: HTTP/1.1, HTTP/2 with and without TLS, certificates, files of known sizes.

    MILLRACE_BIN=build/tools/millrace tests/load_nginx_test.py [unittest arguments]

Skipped where nginx or openssl is not there. Standard library only.
"""
import shutil
import socket
import subprocess
import sys
import time
import unittest

import command_line
from command_line import Case
from load_cli_test import load, metric, report_of

CONFIG = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
  access_log {folder}/access.log; default_type text/plain; keepalive_requests 1000000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{http1}; root {folder}; }}
  server {{ listen 127.0.0.1:{http2} http2; root {folder}; }}
  server {{ listen 127.0.0.1:{tls1} ssl; root {folder}; ssl_certificate {folder}/c.pem; ssl_certificate_key {folder}/k.pem; }}
  server {{ listen 127.0.0.1:{tls2} ssl http2; root {folder}; ssl_certificate {folder}/c.pem; ssl_certificate_key {folder}/k.pem; }}
}}
"""


def free_ports(names):
    sockets = {name: socket.create_server(("127.0.0.1", 0)) for name in names}
    ports = {name: s.getsockname()[1] for name, s in sockets.items()}
    for s in sockets.values():
        s.close()
    return ports


def nginx():
    return shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")


class WithNginx(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-keyout", cls.folder / "k.pem", "-out", cls.folder / "c.pem"], check=True, capture_output=True)
        (cls.folder / "k.pem").chmod(0o644)
        (cls.folder / "file").write_bytes(b"x" * 10_000)
        cls.ports = free_ports(("http1", "http2", "tls1", "tls2"))
        config = cls.folder / "nginx.conf"
        config.write_text(CONFIG.format(folder=cls.folder, **cls.ports))
        cls.process = subprocess.Popen([nginx(), "-c", config, "-p", cls.folder, "-e", cls.folder / "error.log"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.end)
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", cls.ports["tls2"]), 1).close()
                break
            except OSError:
                if cls.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError((cls.folder / "error.log").read_text()) from None
                time.sleep(0.05)

    @classmethod
    def end(cls):
        cls.process.terminate()
        cls.process.wait()

    def url(self, name, path="/file"):
        return f"http{'s' if name.startswith('tls') else ''}://127.0.0.1:{self.ports[name]}{path}"


NEEDS_NGINX = unittest.skipUnless(nginx() and shutil.which("openssl"), "nginx and openssl are not both here")


@NEEDS_NGINX
class Nginx(WithNginx):
    def checked(self, name, *arguments):
        """500 requests of 10,000 bytes each; what nginx logged is the truth."""
        before = len((self.folder / "access.log").read_text().splitlines())
        report, err = report_of(self.url(name), "-n", 500, "-c", 8, "-k", *arguments)
        stream = report["streams"][0]
        self.assertEqual(stream["status"], {"ok": 500, "error": 0, "incomplete": 0}, err)
        self.assertEqual(metric(report, "bytes_received")["sum"], 5_000_000)
        self.assertGreaterEqual(metric(report, "latency")["min"], metric(report, "time_to_first_byte")["min"])
        deadline = time.monotonic() + 10
        while (logged := (self.folder / "access.log").read_text().splitlines()[before:]) and len(logged) < 500:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertEqual(len(logged), 500)
        print(err.splitlines()[-1], file=sys.stderr)
        return err, " ".join(logged)

    def test_http_1_1(self):
        err, logged = self.checked("http1")
        self.assertIn("8 connections made; 500 answers by HTTP/1", err)
        self.assertIn("HTTP/1.1", logged)

    def test_http_2_with_prior_knowledge(self):
        err, logged = self.checked("http2", "--http2", "--no-keep-alive")
        self.assertIn("500 connections made; 500 answers by HTTP/2", err)
        self.assertNotIn("HTTP/1.1", logged)
        # With kept connections it is served, or refused: by a libcurl whose second request would fail.
        code, out, err = load(self.url("http2"), "--http2", "-n", 50, "-c", 1, "--format", "json")
        if code == 2:
            self.assertIn("curl issue 10634", err)
        else:
            self.assertEqual(command_line.parse(out)["streams"][0]["status"]["ok"], 50, err)

    def test_tls_and_http_2_by_its_negotiation(self):
        self.assertIn("500 answers by HTTP/2", self.checked("tls2")[0])
        self.assertIn("500 answers by HTTP/1", self.checked("tls2", "--http1")[0])
        self.assertIn("500 answers by HTTP/1", self.checked("tls1")[0])

    def test_a_server_without_http_2_is_told(self):
        self.assertIn("the server does not speak HTTP/2", self.checked("tls1", "--http2")[0])

    def test_streams_share_a_connection(self):
        report, err = report_of(self.url("tls2"), "-k", "-n", 500, "-c", 2, "--http2", "--streams", 8, "-t", 1)
        self.assertEqual(report["streams"][0]["status"]["ok"], 500)
        made = int(err.split(" connections made")[0].split()[-1])
        self.assertLessEqual(made, 2, err)
        self.assertIn("500 answers by HTTP/2", err)

    def test_an_unknown_certificate_is_an_error_unless_it_was_said_to_be_insecure(self):
        report, err = report_of(self.url("tls1"), "-n", 3, code=1)
        self.assertEqual(report["streams"][0]["status"]["error"], 3)
        self.assertIn("certificate", err)

    def test_an_open_loop_keeps_its_rate_and_misses_nothing(self):
        report, err = report_of(self.url("http1"), "--rate", "500", "--arrival", "poisson", "-d", "2s", "-c", 50)
        stream = report["streams"][0]
        self.assertEqual(stream["status"]["ok"], stream["records"])
        self.assertAlmostEqual(stream["records"], 1000, delta=5 * 1000 ** 0.5)  # five deviations
        self.assertEqual(metric(report, "response_time")["count"], stream["records"])

    def test_a_missing_page_is_http_404(self):
        code, out, _ = load(self.url("http1", "/nothing"), "-n", 4)
        self.assertEqual(code, 0)
        self.assertRegex(out, r"(?m)^http 404 +4$")


@NEEDS_NGINX
class NginxThatDies(WithNginx):
    def test_under_way_over_tls_leaves_errors_and_a_report(self):
        run = subprocess.Popen([command_line.MILLRACE, "load", self.url("tls2"), "-k", "--rate", "300", "-d", "2s", "--format", "json"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(run.kill)
        time.sleep(1)
        self.process.kill()
        out, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 0, err)
        status = command_line.parse(out.decode())["streams"][0]["status"]
        self.assertEqual(sum(status.values()), 600)
        self.assertGreater(status["ok"], 0)
        self.assertGreater(status["error"], 0)


if __name__ == "__main__":
    command_line.main()
