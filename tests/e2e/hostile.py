"""A server that lies in every way a server can: the first part of the path names the lie.

    with hostile.Server() as server:
        rig.run({"target": {"base_url": server.url("endless-headers")}, ...})

Each lie is a function of a Peer, which has read the request already; it may answer whatever it
likes and then closes, or returns True to keep the connection for the next request.
"""

import contextlib
import gzip
import json
import os
import socket
import struct
import threading
import time

import rig

LIES = {}


def lie(function):
    LIES[function.__name__.replace("_", "-")] = function
    return function


# --- what a good server would say --------------------------------------------------------

def event(value):
    return b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"


def text(words, **more):
    return event({"choices": [{"index": 0, "delta": {"content": words}}], **more})


FINISH = event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 50, "completion_tokens": 2, "total_tokens": 52}


def end(usage=None):
    return FINISH + event({"choices": [], "usage": usage or USAGE}) + DONE


GOOD = text("one") + text(" two") + end()


def head(*lines, status="200 OK", kind="text/event-stream"):
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {kind}", *lines, "", ""]).encode(
        "utf-8", "surrogateescape")


def chunk(data, extension=b""):
    return b"%x%b\r\n%b\r\n" % (len(data), extension, data)


LAST = b"0\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked"


def whole(body, *lines, **more):
    return head(f"Content-Length: {len(body)}", *lines, **more) + body


def refusal(status, message, *lines, **more):
    body = json.dumps({"error": {"message": message, **more}}).encode()
    return whole(body, *lines, status=status, kind="application/json")


class Peer:
    """One connection; sends as long as the other side takes it."""

    def __init__(self, sock, server):
        self.sock = sock
        self.server = server
        self.requests = 0

    def send(self, *pieces):
        for piece in pieces:
            self.sock.sendall(piece)

    def forever(self, piece, pause=0.0):
        if not pause:
            piece *= max(1, 65536 // len(piece))
        while not self.server.closed:
            self.sock.sendall(piece)
            if pause:
                time.sleep(pause)

    def slowly(self, data, pause):
        for i in range(len(data)):
            self.sock.sendall(data[i:i + 1])
            time.sleep(pause)

    def wait(self, seconds):
        """Until the other side goes away."""
        self.sock.settimeout(seconds)
        with contextlib.suppress(OSError):
            while self.sock.recv(65536):
                pass

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


# --- heads -------------------------------------------------------------------------------

@lie
def endless_headers(p):
    p.send(b"HTTP/1.1 200 OK\r\n")
    p.forever(b"x-y: z\r\n")


@lie
def endless_header_line(p):
    p.send(b"HTTP/1.1 200 OK\r\nx-y: ")
    p.forever(b"a" * 4096)


@lie
def endless_status_line(p):
    p.send(b"HTTP/1.1 200 ")
    p.forever(b"O" * 4096)


@lie
def header_bomb(p):
    p.send(b"HTTP/1.1 200 OK\r\n" + b"a:b\r\n" * 1000000 + b"\r\n" + GOOD)


@lie
def endless_continue(p):
    p.forever(b"HTTP/1.1 100 Continue\r\n\r\n")


@lie
def early_hints(p):
    p.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nretry-after: 7\r\n\r\n" * 5, whole(GOOD))
    return True


@lie
def status_of_many_digits(p):
    p.send(b"HTTP/1.1 999999999999 x\r\n\r\n" + GOOD)


@lie
def status_negative(p):
    p.send(b"HTTP/1.1 -200 x\r\n\r\n" + GOOD)


@lie
def status_999(p):
    p.send(whole(GOOD, status="999 x"))
    return True


@lie
def status_000(p):
    p.send(whole(GOOD, status="000 x"))
    return True


@lie
def status_204(p):
    p.send(b"HTTP/1.1 204 No Content\r\n\r\n")
    return True


@lie
def status_101(p):
    p.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
    p.wait(5)


@lie
def header_that_looks_like_a_status(p):
    p.send(b"HTTP/1.1 200 OK\r\nHTTP/1.1 500 x: y\r\n"
           b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD)
    return True


@lie
def trailer_that_looks_like_a_status(p):
    p.send(head(CHUNKED), chunk(GOOD), b"0\r\nHTTP/1.1 500: x\r\nx-groq-region: late\r\n\r\n")
    return True


@lie
def length_negative(p):
    p.send(head("Content-Length: -5"), GOOD)


@lie
def length_of_many_digits(p):
    p.send(head("Content-Length: 99999999999999999999999"), GOOD)


@lie
def length_beyond_the_body(p):
    p.send(head("Content-Length: 9223372036854775807"), GOOD)


@lie
def length_of_words(p):
    p.send(head("Content-Length: many"), GOOD)


@lie
def length_twice(p):
    p.send(head("Content-Length: 7", f"Content-Length: {len(GOOD)}"), GOOD)
    return True


@lie
def length_and_chunks(p):
    p.send(head("Content-Length: 7", CHUNKED), chunk(GOOD), LAST)
    return True


@lie
def cookies(p):
    p.send(whole(GOOD, *(f"Set-Cookie: c{i}={'x' * 50}; Path=/" for i in range(500))))
    return True


@lie
def no_status_line(p):
    p.send(b"data: hello\n\n" + GOOD)


@lie
def http2_preface(p):
    p.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0" * 9)


@lie
def http2_frames(p):
    p.send(b"\0\0\0\4\0\0\0\0\0\0\0\4\x03\0\0\0\1\0\0\0\0")
    p.wait(0.3)


@lie
def http_7(p):
    p.send(b"HTTP/7.3 200 OK\r\n\r\n" + GOOD)


@lie
def bare_line_feeds(p):
    p.send(b"HTTP/1.1 200 OK\nContent-Type: text/event-stream\n\n" + GOOD)


@lie
def nul_in_the_head(p):
    p.send(b"HTTP/1.1 200 OK\r\nx-groq-region: d\0al\r\n\r\n" + GOOD)


# --- chunks ------------------------------------------------------------------------------

@lie
def chunk_of_all_ones(p):
    p.send(head(CHUNKED), b"ffffffffffffffff\r\n" + GOOD)


@lie
def chunk_of_many_digits(p):
    p.send(head(CHUNKED), b"f" * 100 + b"\r\n" + GOOD)


@lie
def chunk_negative(p):
    p.send(head(CHUNKED), b"-5\r\n" + GOOD)


@lie
def chunk_extensions(p):
    p.send(head(CHUNKED), chunk(GOOD, b";a=b;c=\"d\""), LAST)
    return True


@lie
def chunk_extension_without_end(p):
    p.send(head(CHUNKED), chunk(text("x")), b"5;a=")
    p.forever(b"b" * 4096)


@lie
def chunks_of_one_byte(p):
    p.send(head(CHUNKED), b"".join(chunk(GOOD[i:i + 1]) for i in range(len(GOOD))), LAST)
    return True


@lie
def trailers(p):
    p.send(head(CHUNKED), chunk(GOOD), b"0\r\nx-one: 1\r\nx-two: 2\r\n\r\n")
    return True


@lie
def endless_trailers(p):
    p.send(head(CHUNKED), chunk(GOOD), b"0\r\n")
    p.forever(b"x-one: 1\r\n")


# --- events ------------------------------------------------------------------------------

@lie
def endless_line(p):
    p.send(head(), b"data: ")
    p.forever(b"a" * 4096)


@lie
def endless_event(p):
    p.send(head())
    p.forever(b"data: a\n")


@lie
def endless_name(p):
    p.send(head(), b"event: ")
    p.forever(b"a" * 4096)


@lie
def million_empty_events(p):
    p.send(head(), b"data\n\n" * 500000 + b"data:\n\n" * 500000, GOOD)


@lie
def endless_comments(p):
    p.send(head())
    p.forever(b": there is nothing to see here, yet\n\n")


@lie
def endless_comments_behind_output(p):
    p.send(head(), text("one"))
    p.forever(b":\n", 0.02)


@lie
def frames_without_end(p):
    p.send(head())
    p.forever(text("x"), 0.01)


@lie
def flood_of_frames_without_end(p):
    p.send(head())
    p.forever(text("x"))


@lie
def nuls(p):
    p.send(head(), b"\0" * 100000 + b"\n\n\0data: x\n\n", GOOD)


@lie
def nul_in_data(p):
    p.send(head(), b"data: {\"choices\":\0[]}\n\n", GOOD)


@lie
def deep_json(p):
    p.send(head(), b"data: " + b"[" * 1000000 + b"\n\n", GOOD)


@lie
def deep_json_in_a_member(p):
    p.send(head(), b'data: {"choices":' + b'[{"x":' * 100000 + b"\n\n", GOOD)


@lie
def long_text(p):
    p.send(head(), text("word " * 500000), end())


@lie
def many_tokens_in_a_frame(p):
    p.send(head(), text("word " * 20000),
           end({"prompt_tokens": 50, "completion_tokens": 20000, "total_tokens": 20050}))


@lie
def many_frames(p):
    p.send(head(), text("x") * 20000, end({"prompt_tokens": 50, "completion_tokens": 20000}))


@lie
def bytes_of_no_text(p):
    p.send(head(), os.urandom(300000))


@lie
def broken_utf8(p):
    p.send(head(), b'data: {"choices":[{"delta":{"content":"\xff\xfe\xc3"}}]}\n\n' + end())


@lie
def zipped(p):
    p.send(whole(gzip.compress(GOOD), "Content-Encoding: gzip"))
    return True


BOMB = gzip.compress(b"data: " + b"0" * 30000000, 1)


@lie
def zip_bomb(p):
    p.send(whole(BOMB, "Content-Encoding: gzip"))
    return True


# --- refusals ----------------------------------------------------------------------------

@lie
def large_error(p):
    p.send(refusal("500 x", "The first words. " + "a" * 10000000, code="internal_server_error"))
    return True


@lie
def large_page(p):
    p.send(whole(b"<html><title>Bad \x1b[31mgateway\x07</title>" + b"<p>x</p>" * 1000000,
                 status="502 x", kind="text/html"))
    return True


@lie
def endless_error(p):
    p.send(head(status="429 x", kind="text/plain"))
    p.forever(b"slow down! ")


@lie
def error_with_escapes(p):
    p.send(refusal("400 x", "\x1b]0;owned\x07\x9b31m\u202e\u2028red\x7f<b>&\"'\ud800",
                   code="\x1b[2J"))
    return True


@lie
def error_with_raw_escapes(p):
    p.send(whole(b"\x1b[2J\x9b31m\xc2\x9b31m\xff\xfe gone \xe2\x80\xae txt", status="503 x",
                 kind="text/plain"))
    return True


@lie
def error_of_wrong_types(p):
    p.send(whole(b'{"error":[[[{"message":{"message":[1e999,{}]},"code":[]}]]],"x":1e999}',
                 status="500 x", kind="application/json"))
    return True


@lie
def endless_body(p):
    p.send(head(kind="application/json"), b'{"choices":[{"message":{"content":"')
    p.forever(b"a" * 4096)


@lie
def redirect(p):
    p.server.count("redirected")
    p.send(whole(b"", f"Location: {p.server.url('redirect')}/chat/completions",
                 status="307 x", kind="text/plain"))
    return True


# --- the connection ----------------------------------------------------------------------

@lie
def answer_then_reset(p):
    p.send(head(CHUNKED), chunk(GOOD))
    time.sleep(0.1)
    p.reset()


@lie
def reset_in_the_middle(p):
    p.send(head(CHUNKED), chunk(text("one")))
    time.sleep(0.1)
    p.reset()


@lie
def half_close(p):
    p.sock.shutdown(socket.SHUT_WR)
    p.wait(5)


@lie
def slow_head(p):
    p.slowly(head(CHUNKED), 0.1)


@lie
def slow_body(p):
    p.send(head())
    p.slowly(text("one") * 20, 0.05)


@lie
def smuggled(p):
    """Behind the first answer lies another one, for whoever asks next."""
    p.requests += 1
    p.send(whole(GOOD, f"x-request-id: own-{p.requests}") +
           whole(text("wrong") + end(), "x-request-id: smuggled"))
    return True


@lie
def said_twice(p):
    """The answer comes again when nobody asks any more."""
    p.requests += 1
    p.send(whole(GOOD, f"x-request-id: own-{p.requests}"))
    time.sleep(0.05)
    p.send(whole(text("wrong") + end(), "x-request-id: smuggled"))
    return True


@lie
def answers_once(p):
    """Closes instead of answering a second request, which it has taken."""
    p.requests += 1
    if p.requests == 1:
        p.send(whole(GOOD))
    return p.requests == 1


# --- figures -----------------------------------------------------------------------------

FIGURES = ["1e308", "-5", str(2 ** 70), str(2 ** 63 - 1), '"7"', "1e300", "-1e300", "0.1",
           "1e999", "null", "[]", "9" * 400, "1e-400", str(2 ** 62)]


@lie
def absurd_usage(p):
    value = FIGURES[p.server.count("usage") % len(FIGURES)]
    usage = ",".join(f'"{k}":{value}' for k in (
        "prompt_tokens", "completion_tokens", "total_tokens", "queue_time", "prompt_time",
        "completion_time", "total_time"))
    body = (text("one") + text("two") + FINISH +
            f'data: {{"choices":[],"usage":{{{usage},"prompt_tokens_details":'
            f'{{"cached_tokens":{value}}}}}}}\n\n'.encode() + DONE)
    p.send(whole(body))
    return True


@lie
def more_cached_than_asked(p):
    p.send(whole(text("one") + text("two") + end(dict(USAGE, prompt_tokens_details={
        "cached_tokens": 10 ** 9}))))
    return True


LIMITS = ["0", "-1", str(9 * 10 ** 18), "9" * 40, "1e300", "NaN", "", "x", "1", "60"]


@lie
def absurd_limits(p):
    n = p.server.count("limits")
    a, b, c = (LIMITS[(n * step) % len(LIMITS)] for step in (1, 3, 5))
    told = {"limit": a, "remaining": b, "reset": c + "s"}
    p.send(whole(GOOD, *(f"x-ratelimit-{what}-{kind}: {value}" for what, value in told.items()
                         for kind in ("requests", "tokens", "audio-seconds"))))
    return True


WAITS = ["1000000000000000000", "-1", "NaN", "1e18", "9" * 60, "",
         "Fri, 31 Dec 1999 23:59:59 GMT"]


@lie
def absurd_waits(p):
    value = WAITS[p.server.count("waits") % len(WAITS)]
    body = b'{"error":{"message":"Please try again in 99999999999h.","type":"tokens"}}'
    p.send(whole(body, f"retry-after: {value}", f"retry-after-ms: {value}", status="429 x",
                 kind="application/json"))
    return True


NAMES = [b"dal", b"\x1b[31mred\x1b]0;t\x07", b"\xff\xfe\x80", b"a,b c\td", b'"quoted"\\',
         b"<script>alert(1)</script>", b"x" * 50000, b"\xc2\x9b31m",
         "\u202eladnu\u2028".encode(), b"\xe2\x82", b"=1+1", b"-", b"#", b"Tag=x,y"]


@lie
def odd_names(p):
    name = NAMES[p.server.count("names") % len(NAMES)]
    body = text("one", service_tier="\x1b[5m\x9b,t", x_groq={"id": "\x1b[0m"}) + end()
    p.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nx-groq-region: %b\r\nx-request-id: %b\r\n"
           b"cf-ray: 1-%b\r\n\r\n" % (len(body), name, name, name) + body)
    return True


@lie
def many_names(p):
    p.send(whole(GOOD, f"x-groq-region: r{p.server.count('names')}"))
    return True


@lie
def good(p):
    p.send(whole(GOOD))
    return True


# --- the server --------------------------------------------------------------------------

# Lies told before, or without, reading the request.
def reset_on_accept(p):
    p.reset()


def never_read(p):
    time.sleep(0.05)
    while not p.server.closed:
        time.sleep(0.05)


def answer_early(p):
    p.send(whole(GOOD, "Connection: close"))
    p.wait(5)


def refuse_early(p):
    p.send(refusal("413 x", "Request too large", "Connection: close"))
    p.wait(5)


def garbage(p):
    p.send(os.urandom(200) + b"\r\n\r\n")


def tls_alert(p):
    p.send(b"\x15\x03\x03\x00\x02\x02\x28")


class Server:
    """Tells the lies; `blind` is one told without reading a request."""

    def __init__(self, blind=None, family=socket.AF_INET, tls=None):
        self.blind = blind
        self.tls = tls
        self.family = family
        self.closed = False
        self.connections = 0
        self.counts = {}
        self.lock = threading.Lock()
        self.requests = []

    def __enter__(self):
        host = "127.0.0.1" if self.family == socket.AF_INET else "::1"
        listening = socket.create_server((host, 0), family=self.family, backlog=64)
        self.port = listening.getsockname()[1]
        self.origin = "127.0.0.1" if self.family == socket.AF_INET else "[::1]"
        self._accepting = rig.Accepting(listening, self._take)
        return self

    def __exit__(self, *_):
        self.closed = True
        self._accepting.stop()

    def url(self, name="good", scheme=None):
        scheme = scheme or ("https" if self.tls else "http")
        return f"{scheme}://{self.origin}:{self.port}/{name}"

    def count(self, name):
        with self.lock:
            self.counts[name] = self.counts.get(name, -1) + 1
            return self.counts[name]

    def _take(self, sock):
        self.connections += 1
        threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with contextlib.suppress(OSError), sock:
            sock.settimeout(20)
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
            peer = Peer(sock, self)
            if self.blind:
                self.blind(peer)
                return
            name = self._request(sock)
            while name and LIES.get(name, http2_frames)(peer):
                name = self._request(sock)

    def _request(self, sock):
        """Reads a whole request; the name of the lie it asks for."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = sock.recv(65536)
            if not more:
                return None
            data += more
        top, body = data.split(b"\r\n\r\n", 1)
        fields = dict(line.split(b": ", 1) for line in top.split(b"\r\n")[1:] if b": " in line)
        length = int({k.lower(): v for k, v in fields.items()}.get(b"content-length", 0))
        while len(body) < length:
            more = sock.recv(65536)
            if not more:
                return None
            body += more
        self.requests.append(top)
        return (top.split(b" ")[1].decode() + "/").split("/")[1] or "good"
