#!/usr/bin/env python3
"""The figures of docs/performance.md: each row several times, median and spread, next to its target.

    make bench            all rows
    make bench T=error    the rows whose name holds the word

The simulator is pinned to one core and tokdyno to another. BENCH_RUNS sets the repetitions (3),
BENCH_SECONDS the length of a load (5).
"""
import json
import os
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TOKDYNO = os.path.abspath(os.environ.get("TOKDYNO", "build/tokdyno"))
TOOLS = os.path.join(os.path.dirname(TOKDYNO), "bench")
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "5"))
MODEL = "llama-3.1-8b-instant"
SIM_CORE, CLIENT_CORE = "0", "1"


def quantile(values, q):
    """Nearest rank, as everywhere in tokdyno."""
    values = sorted(values)
    rank = max(1, -(-int(q * len(values) * 1000000) // 1000000)) if values else 0
    return values[min(rank, len(values)) - 1] if values else float("nan")


class Sim:
    """A simulator of our own on its core, with its truth log."""

    def __init__(self, where, *flags, truth=True):
        self.truth = os.path.join(where, "truth.jsonl")
        port_read, port_write = os.pipe()
        args = ["taskset", "-c", SIM_CORE, TOKDYNO, "sim", "--listen", "127.0.0.1:0", "--quiet",
                "--port-fd", str(port_write), *flags]
        if truth:
            args += ["--truth", self.truth]
        self.process = subprocess.Popen(args, pass_fds=[port_write], stdout=subprocess.DEVNULL)
        os.close(port_write)
        with os.fdopen(port_read) as f:
            self.url = "http://127.0.0.1:%d/openai/v1" % int(f.read())

    def stop(self):
        """CPU seconds it used."""
        self.process.send_signal(signal.SIGTERM)
        _, _, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = 0
        return usage.ru_utime + usage.ru_stime

    def lateness(self):
        with open(self.truth) as f:
            for line in f:
                pass
        return json.loads(line)


def measured(args):
    """Runs to the end: (exit code, CPU seconds, most KiB resident). ru_maxrss would hold our own size too."""
    process = subprocess.Popen(args, stdout=subprocess.DEVNULL)
    most = 0
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage.ru_utime + usage.ru_stime, most
        with open("/proc/%d/status" % process.pid) as f:
            found = re.search(r"VmHWM:\s+(\d+)", f.read())
        most = max(most, int(found.group(1)) if found else 0)
        time.sleep(.02)


def tokdyno(where, url, *settings, name="run"):
    """Run a load; returns (directory, run.json, CPU seconds, max RSS in KiB)."""
    out = os.path.join(where, name)
    args = ["taskset", "-c", CLIENT_CORE, TOKDYNO, "run", "--target", url, "--model", MODEL, "--out", out,
            "--quiet", "--set", "target.id_header=true", *settings]
    code, cpu, rss = measured(args)
    if code not in (0, 3):
        raise SystemExit("tokdyno run ended with %d" % code)
    with open(os.path.join(out, "run.json")) as f:
        return out, json.load(f), cpu, rss


def journal(directory):
    run, attempts = None, []
    with open(os.path.join(directory, "requests.jsonl")) as f:
        for line in f:
            entry = json.loads(line)
            if entry["t"] == "run":
                run = entry
            elif entry["t"] == "attempt":
                attempts.append(entry)
    return run, attempts


def truth(path):
    requests = {}
    with open(path) as f:
        for line in f:
            entry = json.loads(line)
            if entry["t"] == "request":
                requests[entry["id"]] = entry
    return requests


OUTPUT = (1, 2, 3)  # kinds of frames that are output: reasoning, content, tool call


def errors(directory, truth_path):
    """Observation errors in us: of the first output, and of every output frame."""
    run, attempts = journal(directory)
    sent = truth(truth_path)
    first, frames = [], []
    for a in attempts:
        t = sent.get("%d.%d" % (a["req"], a["try"]))
        if not t or a["outcome"] != "ok":
            continue
        departures = [f[1] for f in t["frames"] if f[2] in OUTPUT]
        seen = a["times"]["first"]
        first.append((seen + run["t0_mono_ns"] - departures[0]) / 1e3)
        at = seen // 1000
        for gap, departure in zip([0] + a.get("gaps", []), departures):
            at += gap
            frames.append(at - (departure - run["t0_mono_ns"]) // 1000)
    return first, frames


PACED = ["--set", "request.body.max_completion_tokens=200", "--set", "workload.input_tokens=20"]


def verdict(summary):
    return summary["validity"]["verdict"]


def paced(rate):
    """One token a frame, one frame a write, streams out of step; no queue grows."""
    return ["--tps", str(rate), "--tps-sigma", "0.05", "--jitter", "0.3", "--event-tokens", "1", "--burst", "1",
            "--capacity", "0", "--output", "max"]


def paced_sim(where, streams, rate=50, truth_log=True):
    return Sim(where, *paced(rate), truth=truth_log)


def observation_error(where):
    sim = paced_sim(where, 1000)
    out, summary, _, _ = tokdyno(where, sim.url, "--concurrency", "1000", "--duration", "%ds" % SECONDS, *PACED)
    sim.stop()
    first, frames = errors(out, sim.truth)
    own = sim.lateness()
    return {
        "TTFT error p50 us": quantile(first, .5), "TTFT error p99 us": quantile(first, .99),
        "frame error p50 us": quantile(frames, .5), "frame error p99 us": quantile(frames, .99),
        "frames": len(frames), "simulator late p99 us": own["late_p99"] / 1e3,
        "validity": verdict(summary),
    }


def overload(where):
    """The same load with two busy loops on the client's core: it gets half of what it needs."""
    sim = paced_sim(where, 1000)
    hogs = [subprocess.Popen(["taskset", "-c", CLIENT_CORE, "sh", "-c", "while :; do :; done"]) for _ in range(2)]
    try:
        out, summary, _, _ = tokdyno(where, sim.url, "--concurrency", "1000", "--duration", "%ds" % SECONDS, *PACED)
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
    sim.stop()
    first, frames = errors(out, sim.truth)
    return {"TTFT error p99 us": quantile(first, .99), "frame error p99 us": quantile(frames, .99),
            "instrument error us": summary["validity"]["instrument_error_ns"] / 1e3, "validity": verdict(summary)}


def send_lateness(where):
    sim = Sim(where, "--output", "4", "--capacity", "0")
    _, summary, _, _ = tokdyno(where, sim.url, "--rate", "2000/s", "--duration", "%ds" % SECONDS,
                               "--set", "workload.input_tokens=20", "--set", "limits.in_flight=4096")
    sim.stop()
    lag = summary["health"]["send_lag"]
    return {"send lag p50 us": lag["p50"]["value"] / 1e3, "send lag p99 us": lag["p99"]["value"] / 1e3,
            "requests": lag["n"], "validity": verdict(summary)}


def floor(url, streams, tokens):
    out = subprocess.run(["taskset", "-c", CLIENT_CORE, os.path.join(TOOLS, "floor"), url + "/chat/completions", MODEL,
                          str(streams), str(SECONDS), str(tokens)], check=True, capture_output=True, text=True).stdout
    return {k: float(v) for k, v in re.findall(r"([\w/]+) ([\d.]+)", out)}


def frames_of(directory):
    _, attempts = journal(directory)
    return sum(a.get("frames", 0) for a in attempts)


def cost(where, streams, sim_flags, settings, tokens):
    """CPU per frame of tokdyno and of the bare loop, against the same simulator, one after the other."""
    sim = Sim(where, *sim_flags, truth=False)
    began = time.monotonic()
    out, summary, cpu, _ = tokdyno(where, sim.url, "--concurrency", str(streams), "--duration", "%ds" % SECONDS, *settings)
    seconds = time.monotonic() - began
    frames = frames_of(out)
    bare = floor(sim.url, streams, tokens)
    sim.stop()
    return {"us a frame": cpu / frames * 1e6, "bare loop us": bare["ns/frame"] / 1e3,
            "ratio": cpu / frames * 1e9 / bare["ns/frame"], "frames/s": frames / seconds,
            "frames/s of a core": frames / cpu, "validity": verdict(summary)}


def cost_paced(where):
    return cost(where, 1000, paced(50), PACED, 200)


def cost_flood(where):
    return cost(where, 64, ["--flood", "--output", "max"], ["--set", "request.body.max_completion_tokens=2000",
                                         "--set", "workload.input_tokens=20"], 2000)


def streams(where):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    n = min(10000, hard - 100 if hard != resource.RLIM_INFINITY else 10000)
    sim = Sim(where, *paced(2), truth=False)
    _, small, _, base = tokdyno(where, sim.url, "--concurrency", "1", "--requests", "1", "--set",
                                "request.body.max_completion_tokens=4", name="one")
    _, summary, _, rss = tokdyno(where, sim.url, "--concurrency", str(n), "--duration", "8s", "--set",
                                 "limits.in_flight=%d" % n, "--set", "request.body.max_completion_tokens=30",
                                 "--set", "workload.input_tokens=20", name="many")
    sim.stop()
    return {"streams": n, "KiB a stream": (rss - base) / n, "most in flight": summary["health"].get("in_flight_max", 0),
            "validity": verdict(summary)}


def start_time(where):
    sim = Sim(where)
    began = time.monotonic_ns()
    out, _, _, _ = tokdyno(where, sim.url, "--concurrency", "1", "--requests", "1")
    sim.stop()
    _, attempts = journal(out)
    run, _ = journal(out)
    return {"ms to the first request": (run["t0_mono_ns"] + attempts[0]["times"]["start"] - began) / 1e6}


def micro(where):
    out = subprocess.run(["taskset", "-c", CLIENT_CORE, os.path.join(TOOLS, "micro")], check=True, capture_output=True,
                         text=True).stdout
    return {k.strip(): float(v) for k, v in re.findall(r"(.+?): ([\d.]+)\n", out)}


def spans(where):
    out = subprocess.run(["taskset", "-c", CLIENT_CORE, os.path.join(TOOLS, "spans")], check=True, capture_output=True,
                         text=True).stdout
    return {k.strip(): float(v) for k, v in re.findall(r"(.+): ([\d.]+)\n", out)}


def report(where):
    path = os.path.join(where, "big")
    os.mkdir(path)
    subprocess.run([os.path.join(TOOLS, "million"), os.path.join(path, "requests.jsonl"), "1000000", "64"], check=True)
    began = time.monotonic()
    _, _, rss = measured(["taskset", "-c", CLIENT_CORE, TOKDYNO, "report", path])
    return {"s for 1,000,000 attempts": time.monotonic() - began, "MiB": rss / 1024}


def drain(port, streams):
    """N streams of 200 tokens read and thrown away: a client that is never in the way."""
    subprocess.run(["taskset", "-c", CLIENT_CORE, os.path.join(TOOLS, "drain"), str(port), MODEL, str(streams),
                    str(SECONDS), "200"], check=True, capture_output=True)


def bare_server(streams):
    """CPU us a frame of a server that sends the same frames and does nothing else."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    server = subprocess.Popen(["taskset", "-c", SIM_CORE, os.path.join(TOOLS, "bare"), str(port), "50", "200",
                               str(SECONDS + 1)], stdout=subprocess.PIPE, text=True)
    time.sleep(.2)
    drain(port, streams)
    told = json.loads(server.communicate()[0])
    return told["cpu_ns"] / max(1, told["frames"]) / 1e3


def simulator(where):
    result = {}
    for n in (1000, 2000):
        sim = paced_sim(where, n)
        drain(sim.url.split(":")[2].split("/")[0], n)
        cpu = sim.stop()
        own = sim.lateness()
        cost = cpu / max(1, own["frames"]) * 1e6
        result["%d streams: late p99 us" % n] = own["late_p99"] / 1e3
        result["%d streams: us a frame" % n] = cost
        result["%d streams: x bare server" % n] = cost / bare_server(n)
    return result


ROWS = [
    # name, what runs, target
    ("observation-error", observation_error, "TTFT and frames, 1,000 streams x 50 frames/s: p50 <= 30 us, p99 <= 200 us"),
    ("overload", overload, "the same, client overloaded: p99 <= 1 ms, or the run is called invalid"),
    ("send-lateness", send_lateness, "2,000 requests/s: p50 <= 60 us, p99 <= 250 us"),
    ("cost-paced", cost_paced, "1,000 streams x 50 frames/s: <= 1.3 x the bare loop"),
    ("cost-flood", cost_flood, "flood: <= 1.3 x the bare loop, >= 150,000 frames/s of a core"),
    ("streams", streams, "10,000 streams, <= 40 KiB each"),
    ("start", start_time, "<= 20 ms to the first request"),
    ("micro", micro, "recording one value <= 10 ns"),
    ("spans", spans, "OTLP: >= 100,000 spans/s encoded by one core"),
    ("report", report, "1,000,000 attempts of 64 gaps: <= 10 s"),
    ("simulator", simulator, "1,000 streams x 50 frames/s: p99 <= 200 us; 2,000: p99 <= 1 ms; <= 1.3 x a bare server"),
]


def show(results):
    for key in results[0]:
        values = [r[key] for r in results]
        if isinstance(values[0], str):
            print("    %-28s %s" % (key, ", ".join(values)))
        else:
            print("    %-28s %12.6g   (%.6g .. %.6g)" % (key, statistics.median(values), min(values), max(values)))


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    for name, row, target in ROWS:
        if wanted not in name:
            continue
        print("%s: %s" % (name, target), flush=True)
        results = []
        for _ in range(RUNS):
            with tempfile.TemporaryDirectory() as where:
                results.append(row(where))
        show(results)
        sys.stdout.flush()


main()
