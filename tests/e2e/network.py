"""A network that is not loopback: two namespaces joined by tests/net/relay.c.

    with network.Relay("delay_us=20000", "loss_ppm=10000") as net:
        with net.inside("a"):
            sim = rig.Sim(address=net.A)...
        with net.inside("b"):
            run = rig.run(...)
        net.tell("delay_us=60000")
    net.told["a"]["lost"], net.streams()
"""

import contextlib
import ctypes
import json
import os
import re
import struct
import subprocess
import unittest

import rig

RELAY = os.path.join(os.path.dirname(rig.PROGRAM), "net", "relay")
CANNOT = 77
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def namespace(path):
    """What is started and opened meanwhile, by this thread, is in another network namespace."""
    with open("/proc/thread-self/ns/net", "rb") as ours, open(path, "rb") as theirs:
        if libc.setns(theirs.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {path}")
        try:
            yield
        finally:
            if libc.setns(ours.fileno(), CLONE_NEWNET):
                os._exit(1)  # everything from here on would be in the wrong place


class Relay:
    """The relay and its two namespaces; all of it ends with the block."""

    A, B = "192.0.2.1", "192.0.2.2"

    def __init__(self, *settings, seed=1, mtu=1500):
        self.capture = rig.fresh("capture.pcap")
        self.args = [RELAY, str(seed), str(mtu), self.capture, *settings]
        self.told = None

    def __enter__(self):
        if not os.path.exists(RELAY):
            raise unittest.SkipTest("the relay is not built (make e2e builds it)")
        self.process = subprocess.Popen(self.args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        first = self.process.stdout.readline()
        if not first:
            _, said = self.process.communicate()
            if self.process.returncode == CANNOT:
                raise unittest.SkipTest(f"no network of our own here: {said.strip()}")
            raise AssertionError(f"the relay did not start: {said}")
        self.open = json.loads(first)
        return self

    def inside(self, side):
        return namespace(f"/proc/{self.open['pid']}/fd/{self.open[side]}")

    def tell(self, *settings):
        self.process.stdin.write("".join(f"{s}\n" for s in settings))
        self.process.stdin.flush()

    def stop(self):
        """End it; its last words, and the capture, are then there."""
        if self.told is None:
            out, err = self.process.communicate(timeout=20)
            assert self.process.returncode == 0 and not err, err
            self.told = json.loads(out)

    def __exit__(self, *_):
        self.stop()

    def streams(self, source=A):
        """What the relay let through from one side, as Streams by ports of both."""
        self.stop()
        return streams(self.capture, source)


class Stream:
    """One direction of a TCP connection: its bytes, and when each was there to be read."""

    def __init__(self, first_seq):
        self.first = first_seq
        self.segments = []  # (offset, bytes, at)
        self.again = 0      # segments all of whose bytes had been there already

    def add(self, seq, data, at):
        offset = (seq - self.first) & 0xFFFFFFFF
        self.again += any(o <= offset and offset + len(data) <= o + len(d)
                          for o, d, _ in self.segments[-500:])
        self.segments.append((offset, data, at))

    def assembled(self):
        """(bytes, marks): mark (end, at) says that all bytes before end were there at that time."""
        data, marks, waiting = bytearray(), [], {}
        for offset, piece, at in self.segments:
            waiting[offset] = max(waiting.get(offset, b""), piece, key=len)
            while any(o <= len(data) for o in waiting):
                o = min(waiting)
                data += waiting.pop(o)[len(data) - o:]
            if not marks or marks[-1][0] < len(data):
                marks.append((len(data), at))
        return bytes(data), marks

    def requests(self):
        """x-tokdyno-id: the time at which all of the request was there."""
        data, marks = self.assembled()
        out, at = {}, 0
        while (end := data.find(b"\r\n\r\n", at)) >= 0:
            head = data[at:end].lower()
            at = end + 4 + int(re.search(rb"content-length: (\d+)", head)[1])
            name = re.search(rb"x-tokdyno-id: (\S+)", head)[1].decode()
            out[name] = next(when for whole, when in marks if whole >= at)
        return out

    def answers(self):
        """x-request-id: the time at which each event of its answer was complete."""
        data, marks = self.assembled()
        out, current, mark = {}, None, 0
        for found in re.finditer(rb"x-request-id: (\S+)|^data: .*\n\n", data, re.M):
            if found[1]:
                current = out.setdefault(found[1].decode(), [])
                continue
            while marks[mark][0] < found.end():
                mark += 1
            current.append(marks[mark][1])
        return out


def packets(file):
    """(at, bytes) of each packet of a pcap file with nanoseconds."""
    with open(file, "rb") as f:
        data = f.read()
    assert struct.unpack_from("<I", data)[0] == 0xA1B23C4D
    at = 24
    while at + 16 <= len(data):
        s, ns, n, _ = struct.unpack_from("<IIII", data, at)
        yield s * rig.NS + ns, data[at + 16:at + 16 + n]
        at += 16 + n


def streams(file, source):
    """The TCP streams that come from an address, by pair of ports."""
    out = {}
    for at, p in packets(file):
        head = (p[0] & 15) * 4
        if p[9] != 6 or ".".join(map(str, p[12:16])) != source:
            continue
        ports = struct.unpack_from("!HH", p, head)
        seq, = struct.unpack_from("!I", p, head + 4)
        flags = p[head + 13]
        total, = struct.unpack_from("!H", p, 2)
        data = p[head + (p[head + 12] >> 4) * 4:total]
        if flags & 2:
            out[ports] = Stream(seq + 1 & 0xFFFFFFFF)
        elif data and ports in out:
            out[ports].add(seq, data, at)
    return out


def answers(net):
    """x-request-id: when each event of its answer was there to be read."""
    out = {}
    for stream in net.streams().values():
        out.update(stream.answers())
    return out


def requests(net):
    """x-tokdyno-id: when all of a request was there for the server to read."""
    out = {}
    for stream in net.streams(net.B).values():
        out.update(stream.requests())
    return out


class Passed:
    """Every frame of a run on its way: left the simulator, reached b's side, was seen by us.

    Times are whole us since the run began; joined by the truth log and by the request's id.
    """

    def __init__(self, run, truth, net):
        self.t0 = run.head["t0_mono_ns"]
        self.answers = answers(net)
        self.pairs = [(a, t) for a, t in rig.join(run, truth) if "first" in a["times"]]

    def us(self, mono):
        return (mono - self.t0) // 1000

    def frames(self, a, t):
        """[(left, reached, seen)] of the output frames that were seen."""
        reached = self.answers[t["request_id"]]
        out = [(self.us(f.sent), self.us(at)) for f, at in zip(t["frames"], reached)
               if f.kind in rig.OUTPUT]
        seen = [a["times"]["first"] // 1000]
        for gap in a.get("gaps", []):
            seen.append(seen[-1] + gap)
        return [(left, at, s) for (left, at), s in zip(out, seen)]

    def all(self):
        return [f for a, t in self.pairs for f in self.frames(a, t)]
