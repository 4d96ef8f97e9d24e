"""What the tests of OTLP share: a collector that answers as it is told, and messages as Python.

    with otlp.Collector([(503, {"Retry-After": "1"}, b"")]) as c:     then 200 for ever
        rig.tokdyno("export", run.dir, f"otlp={c.url}")
    c.requests[0].path, .headers, .body, .at
"""

import contextlib
import gzip
import re
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
import unittest

import rig

MESSAGES = {"traces": "ExportTraceServiceRequest", "metrics": "ExportMetricsServiceRequest",
            "logs": "ExportLogsServiceRequest"}


# --- messages ----------------------------------------------------------------------------

def protoc(data, message):
    """The text that protoc makes of a message by our schema; it insists on UTF-8."""
    found = shutil.which("protoc")
    if not found:
        raise unittest.SkipTest("protoc is not installed (Debian: protobuf-compiler)")
    done = subprocess.run([found, f"--proto_path={rig.path('exporters')}",
                           f"--decode=otlp.{message}", "otlp.proto"], input=data,
                          capture_output=True, check=False)
    if done.returncode:
        raise AssertionError(f"protoc refuses it: {done.stderr.decode()}")
    return done.stdout.decode()


TOKEN = re.compile(r'\s*(?:(\w+)\s*(:|\{)|(\}))\s*')
VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
ESCAPE = re.compile(rb"\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)")
PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def unescape(text):
    def one(m):
        code = m.group(1)
        if code[:1].isdigit():
            return bytes([int(code, 8)])
        if code[:1] == b"x" and len(code) > 1:
            return bytes([int(code[1:], 16)])
        return PLAIN.get(code, code)
    return ESCAPE.sub(one, text.encode())


def scalar(m):
    if m.group(1) is not None:
        return unescape(m.group(1))
    text = m.group(2)
    with contextlib.suppress(ValueError):
        return int(text)
    with contextlib.suppress(ValueError):
        return float(text)
    return {"true": True, "false": False}.get(text, text)


def parse(text):
    """Text format -> {field: [values]}; strings and bytes are bytes."""
    stack, at = [{}], 0
    while at < len(text):
        m = TOKEN.match(text, at)
        if not m:
            break
        at = m.end()
        if m.group(3):
            stack.pop()
        elif m.group(2) == "{":
            child = {}
            stack[-1].setdefault(m.group(1), []).append(child)
            stack.append(child)
        else:
            v = VALUE.match(text, at)
            stack[-1].setdefault(m.group(1), []).append(scalar(v))
            at = v.end()
    return stack[0]


def decode(data, signal):
    return parse(protoc(data, MESSAGES[signal]))


def value(any_value):
    (kind, (v, *_)), = any_value.items()
    if kind == "array_value":
        return [value(x) for x in v.get("values", [])]
    return v.decode() if kind == "string_value" else v


def attributes(message, field="attributes"):
    return {kv["key"][0].decode(): value(kv["value"][0]) for kv in message.get(field, [])}


def spans(data):
    return [s for r in decode(data, "traces").get("resource_spans", [])
            for scope in r["scope_spans"] for s in scope["spans"]]


def metrics(data):
    """Metrics of all exports, in their order."""
    return [m for r in decode(data, "metrics").get("resource_metrics", [])
            for scope in r["scope_metrics"] for m in scope["metrics"]]


def events(data):
    return [e for r in decode(data, "logs").get("resource_logs", [])
            for scope in r["scope_logs"] for e in scope["log_records"]]


def partial(rejected, message=""):
    """Body of an answer: so many items were rejected."""
    inner = b""
    if rejected:
        inner += b"\x08" + bytes([rejected])
    if message:
        inner += b"\x12" + bytes([len(message)]) + message.encode()
    return b"\x0a" + bytes([len(inner)]) + inner


def status(code, message):
    return b"\x08" + bytes([code]) + b"\x12" + bytes([len(message)]) + message.encode()


# --- a collector -------------------------------------------------------------------------

class Request:
    def __init__(self, path, headers, raw, connection):
        self.at = time.monotonic()
        self.path = path
        self.headers = headers
        self.raw = raw
        self.connection = connection
        gzipped = headers.get("content-encoding") == "gzip"
        self.body = gzip.decompress(raw) if gzipped else raw


STALL, RESET, GARBAGE = "stall", "reset", "garbage"


class Collector:
    """
    Takes what is posted. answers: one a request, the last for all behind it: (status, headers,
    body), or STALL (no answer), RESET (after the request), GARBAGE (no HTTP).
    """

    def __init__(self, answers=(), tls=None, host="127.0.0.1"):
        self.answers = list(answers) or [(200, {}, b"")]
        self.tls = tls
        self.host = host
        self.requests = []
        self.connections = 0
        self.lock = threading.Lock()
        self.over = threading.Event()

    def __enter__(self):
        listening = socket.create_server((self.host, 0))
        self.port = listening.getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"
        self._accepting = rig.Accepting(listening, self._take)
        return self

    def __exit__(self, *_):
        self.over.set()
        self._accepting.stop()

    def _take(self, peer):
        threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        with contextlib.suppress(OSError, ssl.SSLError, ValueError), peer:
            if self.tls:
                peer = self.tls.wrap_socket(peer, server_side=True)
            with self.lock:
                self.connections += 1
                number = self.connections
            with peer.makefile("rwb") as f:
                while self._one(peer, f, number):
                    pass

    def _one(self, peer, f, number):
        line = f.readline().split()
        if not line:
            return False
        headers = {}
        while (header := f.readline().strip()):
            name, _, text = header.decode().partition(":")
            headers[name.lower()] = text.strip()
        raw = f.read(int(headers.get("content-length", 0)))
        with self.lock:
            self.requests.append(Request(line[1].decode(), headers, raw, number))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return self._answer(peer, f, answer)

    def _answer(self, peer, f, answer):
        if answer == STALL:
            self.over.wait(60)
            return False
        if answer == RESET:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if answer == GARBAGE:
            f.write(b"\x00\xff<html>no\r\n\r\n")
            f.flush()
            return False
        code, headers, body = answer
        f.write(b"HTTP/1.1 %d X\r\n" % code)
        for name, text in {"Content-Type": "application/x-protobuf", **headers}.items():
            f.write(f"{name}: {text}\r\n".encode())
        f.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        f.flush()
        return True

    def bodies(self, signal):
        return b"".join(r.body for r in self.requests if r.path == f"/v1/{signal}")
