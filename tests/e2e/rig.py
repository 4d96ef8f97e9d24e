"""What the end-to-end tests share: the program, its simulator, run directories, the truth.

    with rig.Sim("--seed", "1") as sim:
        run = rig.run({"target": {"base_url": sim.url}, "load": [...]})
    run.code, run.out, run.err, run.attempts, run.json, rig.join(run, sim.truth())
"""

import atexit
import concurrent.futures
import contextlib
import copy
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import wave

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.abspath(os.environ.get("TOKDYNO", os.path.join(ROOT, "build", "tokdyno")))
SANITIZED = "/san/" in PROGRAM
# What a run that went well ends in: good, or not valid since the machine had other things to do.
FINE = (0, 3)
NS = 10 ** 9

TEMP = tempfile.mkdtemp(prefix="tokdyno-e2e-")
atexit.register(shutil.rmtree, TEMP, ignore_errors=True)


def path(relative):
    return os.path.join(ROOT, relative)


def fresh(name="run"):
    """A path in the temporary folder that does not exist yet."""
    return os.path.join(tempfile.mkdtemp(dir=TEMP), name)


class Done:
    """A program that has ended."""

    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err


def environment(extra=None):
    """Ours without what could change a run: proxies, keys, colours."""
    kept = {k: v for k, v in os.environ.items()
            if not k.lower().endswith("_proxy") and not k.startswith(("GROQ_", "TOKDYNO"))}
    kept["XDG_CACHE_HOME"] = os.path.join(TEMP, "cache")  # what doctor said of this machine
    kept["ASAN_OPTIONS"] = "detect_leaks=1:exitcode=99"
    kept["UBSAN_OPTIONS"] = "halt_on_error=1:exitcode=99:print_stacktrace=1"
    kept.update(extra or {})
    return kept


def start(*args, env=None, cwd=None, under=(), **more):
    """The program in the background, `under` another one; the caller waits for it."""
    return subprocess.Popen([*under, PROGRAM, *map(str, args)], stdin=subprocess.DEVNULL, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=environment(env), cwd=cwd or ROOT, **more)


def finish(process, timeout=60):
    """Wait for it; a hang is a failure of the test."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"{process.args} hung for {timeout} s\n{out[-2000:]}\n{err[-2000:]}")
    return Done(process.returncode, out, err)


def tokdyno(*args, timeout=60, env=None, cwd=None, **more):
    return finish(start(*args, env=env, cwd=cwd, **more), timeout)


# --- scenarios ---------------------------------------------------------------------------

BASE = {
    "name": "e2e",
    "target": {"base_url": "sim:"},
    "request": {"endpoint": "chat", "stream": True, "include_usage": True,
                "body": {"model": "llama-3.1-8b-instant", "max_completion_tokens": 16}},
    "workload": {"input_tokens": 50},
    "load": [{"name": "steady", "concurrency": 2, "requests": 8}],
    "limits": {"drain": "5s", "pace_to_rate_limits": False},
    "timeout": {"connect": "2s", "first": "5s", "idle": "3s", "total": "10s"},
}


def merged(base, changes):
    """base with changes put over it, object by object; None takes a key away."""
    out = copy.deepcopy(base)
    for key, value in changes.items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = merged(out[key], value)
        else:
            out[key] = copy.deepcopy(value)
    return out


def combined(base, changes):
    """As merged, but a None stays: it is for the scenario that all are put over."""
    return {**base, **{key: combined(base[key], value)
                       if isinstance(value, dict) and isinstance(base.get(key), dict) else value
                       for key, value in changes.items()}}


def scenario(changes=None, base=None):
    """A scenario file (JSON is YAML); its path."""
    file = fresh("scenario.yaml")
    with open(file, "w", encoding="utf-8") as f:
        json.dump(merged(BASE if base is None else base, changes or {}), f, indent=1,
                  ensure_ascii=False)
    return file


def scenario_text(text):
    file = fresh("scenario.yaml")
    with open(file, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    return file


# --- runs --------------------------------------------------------------------------------

def lines_of(file):
    """The JSON lines of a file; a torn last one is left out."""
    with open(file, "rb") as f:
        data = f.read()
    whole = data[:data.rfind(b"\n") + 1]
    return [json.loads(line) for line in whole.splitlines()]


class Run:
    """A run that has ended, and its directory."""

    def __init__(self, directory, done=None):
        self.dir = directory
        self.done = done
        self.code = done and done.code
        self.out = done and done.out
        self.err = done and done.err
        self._lines = None

    def file(self, name):
        return os.path.join(self.dir, name)

    def read(self, name):
        with open(self.file(name), "rb") as f:
            return f.read()

    @property
    def lines(self):
        if self._lines is None:
            self._lines = lines_of(self.file("requests.jsonl"))
        return self._lines

    def of(self, kind):
        return [line for line in self.lines if line["t"] == kind]

    @property
    def head(self):
        return self.lines[0]

    @property
    def attempts(self):
        return self.of("attempt")

    @property
    def json(self):
        return json.loads(self.read("run.json"))

    def truth(self):
        return truth_of(self.file("truth.jsonl"))


def run(changes=None, *flags, timeout=60, env=None, file=None):
    """Run a scenario to its end."""
    directory = fresh()
    done = tokdyno("run", file or scenario(changes), "--out", directory, *flags,
                   timeout=timeout, env=env)
    return Run(directory, done)


def side_by_side(run, items):
    """(item, what gives its result or raises its error) of each, in order, some at the same time."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for item, done in [(item, pool.submit(run, item)) for item in items]:
            yield item, done.result


# --- the simulator -----------------------------------------------------------------------

class Sim:
    """The simulator on a port of its own, with its truth log."""

    def __init__(self, *flags, env=None, address="127.0.0.1"):
        self.flags = flags
        self.address = address
        self.env = env
        self.done = None
        self.truth_file = fresh("truth.jsonl")

    def __enter__(self):
        ours, theirs = os.pipe()
        self.process = start("sim", "--listen", f"{self.address}:0", "--port-fd", theirs,
                             "--truth", self.truth_file, *self.flags, env=self.env,
                             pass_fds=[theirs])
        os.close(theirs)
        with os.fdopen(ours) as pipe:
            port = pipe.readline().strip()
        if not port:
            done = finish(self.process)
            raise AssertionError(f"the simulator did not start ({done.code}): {done.err}")
        self.port = int(port)
        self.url = f"http://{self.address}:{self.port}/openai/v1"
        return self

    def stop(self):
        """End it, so that all of its log is written; more than once does no harm."""
        if not self.done:
            self.process.send_signal(signal.SIGTERM)
            self.done = finish(self.process, timeout=20)
        return self.done

    def __exit__(self, *_):
        done = self.stop()
        assert done.code == 0, f"the simulator ended with {done.code}: {done.err}"

    def truth(self):
        self.stop()
        return truth_of(self.truth_file)


FRAME_KINDS = ("role", "reasoning", "content", "tool", "finish", "usage", "done", "sound")
OUTPUT = ("reasoning", "content", "tool", "sound")


class Frame:
    """One frame of a stream as the simulator sent it; times are CLOCK_MONOTONIC ns."""

    def __init__(self, row):
        self.planned, self.sent, kind = row
        self.kind = FRAME_KINDS[kind]


def truth_of(file):
    """The requests of a truth log, each with `frames` and those of them that hold `output`."""
    requests = [line for line in lines_of(file) if line["t"] == "request"]
    for r in requests:
        r["frames"] = [Frame(row) for row in r.get("frames", [])]
        r["output"] = [f for f in r["frames"] if f.kind in OUTPUT]
    return requests


def request_id(attempt):
    return f"{attempt['req']}.{attempt['try']}"


def join(run_, truth):
    """Pairs (attempt, what the simulator knows of it), for attempts that reached it."""
    known = {t["id"]: t for t in truth if t.get("id")}
    return [(a, known[request_id(a)]) for a in run_.attempts if request_id(a) in known]


def wav(samples, rate):
    """A WAV file, by Python's own writer: one channel of these 16-bit samples."""
    out = io.BytesIO()
    with wave.open(out, "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(rate)
        w.writeframes(samples)
    return out.getvalue()


# --- other servers -----------------------------------------------------------------------

def free_port(address="127.0.0.1"):
    with socket.socket() as s:
        s.bind((address, 0))
        return s.getsockname()[1]


def wait_for_port(port, seconds, process=None, address="127.0.0.1"):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process is not None and process.poll() is not None:
            return False
        with contextlib.suppress(OSError), socket.create_connection((address, port), 1):
            return True
        time.sleep(0.05)
    return False


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


def sent_on_the_wire(changes):
    """What a scenario that asks "Say hi." sends first: the request line, the JSON of the body."""
    with Listener(OK) as server:
        run(combined({"target": {"base_url": server.url},
                    "workload": {"input_tokens": None,
                                 "messages": [{"role": "user", "content": "Say hi."}]},
                    "load": [{"name": "steady", "concurrency": 1, "requests": 1}]}, changes))
    head, body = server.received[0].split(b"\r\n\r\n", 1)
    return head.split(b"\r\n", 1)[0].decode(), json.loads(body)


def wire_example(name):
    """A file of tests/wire, written from the reference."""
    with open(path(f"tests/wire/{name}"), encoding="utf-8") as f:
        return json.load(f)


class Accepting:
    """A listening socket, and the thread that hands on what it accepts, until stop().

    Closed alone, the thread would go on waiting, and by the number of a descriptor that the next
    server may get: then it answers in that one's place.
    """

    def __init__(self, sock, take):
        self._socket = sock
        self._take = take
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            self._take(peer)

    def stop(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._socket.close()


class Listener:
    """Accepts connections, answers each with the same bytes, and counts them."""

    def __init__(self, answer=b"", hold=False):
        self.answer = answer
        self.hold = hold
        self.connections = 0
        self.received = []
        self._kept = []

    def __enter__(self):
        listening = socket.create_server(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._accepting = Accepting(listening, self._serve)
        return self

    def _serve(self, peer):
        self.connections += 1
        if self.hold:
            self._kept.append(peer)
            return
        with contextlib.suppress(OSError), peer:
            peer.settimeout(5)
            self.received.append(self._request(peer))
            peer.sendall(self.answer)

    @staticmethod
    def _request(peer):
        data = b""
        while b"\r\n\r\n" not in data:
            more = peer.recv(65536)
            if not more:
                return data
            data += more
        head, body = data.split(b"\r\n\r\n", 1)
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
        while len(body) < length:
            more = peer.recv(65536)
            if not more:
                break
            body += more
        return head + b"\r\n\r\n" + body

    def __exit__(self, *_):
        self._accepting.stop()
        for peer in self._kept:
            peer.close()
