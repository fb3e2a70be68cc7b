#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small server with known delays, for tests of `millrace load`: plain answers, and chat completions
streamed as server-sent events.

    with ChatServer() as server: ...  server.url, server.requests

What a request wants is in its JSON body: {"tokens": 5, "first_ms": 30, "gap_ms": 10, "fault": "garbage"}.
Each chunk is written at a time of the server's own clock (CLOCK_MONOTONIC, which is the client's
steady clock on the same machine) and these times are kept: what the client says is held against what the
server did, not against what it was meant to do. Standard library only.
"""
import json
import socket
import threading
import time

FAULTS = ("garbage", "early", "error_event", "drop", "json", "no_usage", "http_503", "stall", "cr", "bytes")


def event(data, end="\n"):
    return f"data: {data}{end}{end}".encode()


def chunk(text):
    return json.dumps({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text},
                                                                        "finish_reason": None}]})


class ChatServer:
    def __init__(self):
        self.requests = []  # {"body", "headers", "line", "writes": [ns], "received": ns}
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.open = set()

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.die()

    def die(self):
        """As a killed process does: nothing is accepted any more, and connections are gone."""
        with self.lock:
            sockets = [self.listener, *self.open]
        for each in sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.open.add(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            stream = connection.makefile("rb")
            while line := stream.readline():
                received = time.monotonic_ns()
                headers = {}
                while (header := stream.readline().strip()):
                    name, _, value = header.decode().partition(":")
                    headers[name.lower()] = value.strip()
                body = stream.read(int(headers.get("content-length", 0)))
                request = {"line": line.decode().strip(), "headers": headers, "body": body, "writes": [],
                           "received": received}
                with self.lock:
                    self.requests.append(request)
                if not self.answer(connection, request):
                    break
        except OSError:
            pass
        finally:
            with self.lock:
                self.open.discard(connection)
            connection.close()

    def answer(self, connection, request):
        """False: the connection ends."""
        if "chat/completions" not in request["line"]:
            return self.plain(connection, request)
        want = json.loads(request["body"])
        fault = want.get("fault", "")
        if fault == "http_503":
            connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy")
            return True
        if fault == "json":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"choices\":[]}")
            return True
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                           b"Transfer-Encoding: chunked\r\n\r\n")
        end = "\r" if fault == "cr" else "\n"

        def write(data):
            for piece in ([bytes([b]) for b in data] if fault == "bytes" else [data]):
                connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))

        tokens = want.get("tokens", 3)
        write(event(json.dumps({"choices": [{"delta": {"role": "assistant", "content": ""}}]}), end))
        for i in range(tokens):
            time.sleep(want.get("gap_ms" if i else "first_ms", 0) / 1000)
            if i == 1 and fault in ("garbage", "error_event", "drop", "early", "stall"):
                if fault == "garbage":
                    write(event('{"choices": [{"del'))
                elif fault == "error_event":
                    write(event('{"error": {"message": "out of tokens", "code": 500}}'))
                elif fault == "stall":
                    time.sleep(want.get("stall_s", 3))
                elif fault == "drop":
                    return False  # in the midst of a chunked body
                connection.sendall(b"0\r\n\r\n")
                return fault != "stall"
            request["writes"].append(time.monotonic_ns())
            write(event(chunk(f"t{i} "), end))
        write(b": a comment" + 2 * end.encode())
        write(event(json.dumps({"choices": [{"delta": {}, "finish_reason": "stop"}]}), end))
        if fault != "no_usage":
            usage = {"prompt_tokens": 7, "completion_tokens": tokens + 100,
                     "prompt_tokens_details": {"cached_tokens": 2}}
            write(event(json.dumps({"choices": [], "usage": usage}), end))
        write(event("[DONE]", end))
        connection.sendall(b"0\r\n\r\n")
        return True

    def plain(self, connection, request):
        """/PATH?CODE,DELAY_MS,BYTES"""
        code, delay_ms, size = (request["line"].split()[1].partition("?")[2] or "200,0,2").split(",")
        time.sleep(int(delay_ms) / 1000)
        request["writes"].append(time.monotonic_ns())
        head = f"HTTP/1.1 {code} Whatever\r\nContent-Length: {size}\r\n\r\n".encode()
        body = b"" if request["line"].startswith("HEAD") else b"x" * int(size)
        connection.sendall(head + body)
        return True
