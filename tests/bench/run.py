#!/usr/bin/env python3
"""The figures of docs/performance.md: each row several times, median and range, next to its floor.

    make bench               all rows; about half an hour on an idle machine
    make bench T=error       the rows whose name holds the word
    make bench-page          docs/performance.md from the last whole `make bench`

A row is a function that returns its figures by name; what a figure is compared with is measured in the
same call, at the same load. The simulator is pinned to one core and tokdyno to another.

BENCH_RUNS sets the repetitions (3), BENCH_SECONDS the length of a load (5), BENCH_JSON the file that
is written (build/bench.json).
"""
import datetime
import json
import os
import platform
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import page

TOKDYNO = os.path.abspath(os.environ.get("TOKDYNO", "build/tokdyno"))
TOOLS = os.path.join(os.path.dirname(TOKDYNO), "bench")
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "5"))
INTERLEAVED = 3  # turns within a row that compares two ways of tokdyno
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
        args = ["taskset", "-c", SIM_CORE, TOKDYNO, "sim", "--listen", "127.0.0.1:0", "--quiet", "--child",
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


def percentile(lag, which):
    """Of a histogram in run.json, in us; not a number where there are too few values for it."""
    return lag[which].get("value", float("nan")) / 1e3


def observed(where, sim, *settings):
    """A run against the simulator: its summary, and the errors of first outputs and of all frames."""
    out, summary, _, _ = tokdyno(where, sim.url, *settings)
    sim.stop()
    return (summary, *errors(out, sim.truth))


def concurrent(streams):
    return ["--concurrency", str(streams), "--duration", "%ds" % SECONDS, "--set",
            "limits.in_flight=%d" % streams, *PACED]


def observation_error(where):
    result = {}
    for n in (10, 100, 400, 1000, 2000):
        at = os.path.join(where, str(n))
        os.mkdir(at)
        sim = paced_sim(at, n)
        summary, first, frames = observed(at, sim, *concurrent(n))
        result.update({
            "%d TTFT p50 us" % n: quantile(first, .5), "%d TTFT p99 us" % n: quantile(first, .99),
            "%d frame p50 us" % n: quantile(frames, .5), "%d frame p99 us" % n: quantile(frames, .99),
            "%d frames" % n: len(frames), "%d simulator late p99 us" % n: sim.lateness()["late_p99"] / 1e3,
            "%d called" % n: verdict(summary),
        })
    return result


def overload(where):
    """1,000 streams with two busy loops on the client's core: it gets a third of it."""
    sim = paced_sim(where, 1000)
    hogs = [subprocess.Popen(["taskset", "-c", CLIENT_CORE, "sh", "-c", "while :; do :; done"]) for _ in range(2)]
    try:
        summary, first, frames = observed(where, sim, *concurrent(1000))
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
    return {"TTFT p99 us": quantile(first, .99), "frame p99 us": quantile(frames, .99),
            "told error us": summary["validity"]["instrument_error_ns"] / 1e3, "called": verdict(summary)}


SHORT = ["--set", "workload.input_tokens=20", "--set", "request.body.max_completion_tokens=4"]


def quick_sim(where):
    """Answers of four tokens at once, so that requests are what costs."""
    return Sim(where, "--output", "4", "--capacity", "0", "--flood")


def overload_by_load(where):
    """Requests offered at twice the rate at which a closed loop of this client gets them done."""
    sim = quick_sim(where)
    tokdyno(where, sim.url, "--concurrency", "64", "--duration", "2s", *SHORT, name="closed")
    able = attempts_of(os.path.join(where, "closed")) / 2
    summary, first, frames = observed(where, sim, "--rate", "%d/s" % (2 * able), "--duration", "%ds" % SECONDS,
                                      "--set", "limits.in_flight=1024", *SHORT)
    return {"able requests/s": able, "offered requests/s": 2 * able, "TTFT p99 us": quantile(first, .99),
            "frame p99 us": quantile(frames, .99),
            "told error us": summary["validity"]["instrument_error_ns"] / 1e3, "called": verdict(summary)}


def sender(url, rate):
    """The barest sender's lateness at the same rate, in us."""
    out = subprocess.run(["taskset", "-c", CLIENT_CORE, os.path.join(TOOLS, "sender"), port_of(url), MODEL, str(rate),
                          str(SECONDS), "4"], check=True, capture_output=True, text=True).stdout
    return json.loads(out)


def send_lateness(where):
    result = {}
    for rate in (500, 1000, 2000):
        sim = Sim(where, "--output", "4", "--capacity", "0", truth=False)
        _, summary, _, _ = tokdyno(where, sim.url, "--rate", "%d/s" % rate, "--duration", "%ds" % SECONDS,
                                   "--set", "workload.input_tokens=20", "--set", "limits.in_flight=4096",
                                   name="run%d" % rate)
        bare = sender(sim.url, rate)
        sim.stop()
        lag = summary["health"]["send_lag"]
        result.update({
            "%d p50 us" % rate: percentile(lag, "p50"), "%d p99 us" % rate: percentile(lag, "p99"),
            "%d bare p50 us" % rate: bare["late_p50"] / 1e3, "%d bare p99 us" % rate: bare["late_p99"] / 1e3,
            "%d requests" % rate: lag["n"], "%d called" % rate: verdict(summary),
        })
    return result


def lockstep(where):
    """1,000 streams that get all their frames, and their ends, at the same moments."""
    server, url = bare_server(50, 20, SECONDS + 2, 1, "lockstep")
    _, summary, _, _ = tokdyno(where, url, "--concurrency", "1000", "--duration", "%ds" % SECONDS,
                               "--set", "workload.input_tokens=20", "--set", "limits.in_flight=1000")
    told = json.loads(server.communicate()[0])
    lag = summary["health"]["send_lag"]
    return {"p50 us": percentile(lag, "p50"), "p99 us": percentile(lag, "p99"), "p99.9 us": percentile(lag, "p99.9"),
            "max us": lag["max"] / 1e3, "requests": lag["n"], "server late p99 us": told["late_p99"] / 1e3,
            "called": verdict(summary)}


def floor(url, streams, tokens):
    out = subprocess.run(["taskset", "-c", CLIENT_CORE, os.path.join(TOOLS, "floor"), url + "/chat/completions", MODEL,
                          str(streams), str(SECONDS), str(tokens)], check=True, capture_output=True, text=True).stdout
    return {k: float(v) for k, v in re.findall(r"([\w/]+) ([\d.]+)", out)}


def port_of(url):
    return url.split(":")[2].split("/")[0]


def raw(port, streams, tokens, *how):
    """Reads N streams, finds where frames end, and does nothing else: never in a server's way."""
    out = subprocess.run(["taskset", "-c", CLIENT_CORE, os.path.join(TOOLS, "raw"), port, MODEL, str(streams),
                          str(SECONDS), str(tokens), *how], check=True, capture_output=True, text=True).stdout
    return json.loads(out)


def bare_server(rate, frames, seconds, *more):
    """A server that sends ready-made frames and does nothing else: (process, URL)."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    server = subprocess.Popen(["taskset", "-c", SIM_CORE, os.path.join(TOOLS, "bare"), str(port), str(rate), str(frames),
                               str(seconds), *map(str, more)], stdout=subprocess.PIPE, text=True)
    time.sleep(.2)
    return server, "http://127.0.0.1:%d/openai/v1" % port


def attempts_of(directory):
    return len(journal(directory)[1])


def frames_of(directory):
    _, attempts = journal(directory)
    return sum(a.get("frames", 0) for a in attempts)


def cost(where, streams, sim_flags, settings, tokens):
    """CPU per frame of tokdyno, of the bare loop and of the raw reader, against the same simulator."""
    sim = Sim(where, *sim_flags, truth=False)
    out, summary, cpu, _ = tokdyno(where, sim.url, "--concurrency", str(streams), "--duration", "%ds" % SECONDS, *settings)
    frames = frames_of(out)
    bare = floor(sim.url, streams, tokens)
    plain = raw(port_of(sim.url), streams, tokens)
    stamped = raw(port_of(sim.url), streams, tokens, "stamps")
    sim.stop()

    def each(told, what):
        return told["cpu_ns"] / max(1, told[what]) / 1e3

    return {"us a frame": cpu / frames * 1e6, "bare loop us": bare["ns/frame"] / 1e3,
            "x bare loop": cpu / frames * 1e9 / bare["ns/frame"],
            "raw reader us": each(plain, "frames"), "raw reader with stamps us": each(stamped, "frames"),
            "stamp us a read": each(stamped, "reads") - each(plain, "reads"),
            "frames/s of a core": frames / cpu, "called": verdict(summary)}


def cost_paced(where):
    return cost(where, 1000, paced(50), PACED, 200)


def cost_flood(where):
    return cost(where, 64, ["--flood", "--output", "max"], ["--set", "request.body.max_completion_tokens=2000",
                                                            "--set", "workload.input_tokens=20"], 2000)


def flood_of_threads(where, n):
    """(frames/s of CPU, cores used) of tokdyno with n threads, from a server that costs next to nothing: 32
    ready-made frames a write. Nothing is pinned; the threads and the server have the cores of the machine."""
    server, url = bare_server(20000, 20000, SECONDS + 2, 32)
    os.sched_setaffinity(server.pid, range(os.cpu_count()))
    out = os.path.join(tempfile.mkdtemp(dir=where), "run")
    code, cpu, _ = measured([TOKDYNO, "run", "--target", url, "--model", MODEL, "--out", out, "--quiet",
                             "--concurrency", "32", "--duration", "%ds" % (SECONDS - 1),
                             "--set", "connection.threads=%d" % n, "--set", "limits.drain=1s"])
    server.communicate()
    if code not in (0, 3):
        raise SystemExit("tokdyno run ended with %d" % code)
    return frames_of(out) / cpu, cpu / (SECONDS - 1)


def flood_of_readers(n):
    """The same of n raw readers, each a process of its own that shares nothing: what the machine itself loses."""
    server, url = bare_server(20000, 20000, SECONDS + 2, 32)
    os.sched_setaffinity(server.pid, range(os.cpu_count()))
    readers = [subprocess.Popen([os.path.join(TOOLS, "raw"), port_of(url), MODEL, str(32 // n), str(SECONDS - 1),
                                 "20000"], stdout=subprocess.PIPE, text=True) for _ in range(n)]
    told = [json.loads(r.communicate()[0]) for r in readers]
    server.communicate()
    return sum(t["frames"] for t in told) / sum(t["cpu_ns"] for t in told) * 1e9


def threads(where):
    """One thread and two in turn, three times: what the machine does meanwhile falls on both alike."""
    rate, cores, bare = {1: [], 2: []}, {1: [], 2: []}, {1: [], 2: []}
    for _ in range(INTERLEAVED):
        for n in (1, 2):
            frames, used = flood_of_threads(where, n)
            rate[n].append(frames)
            cores[n].append(used)
            bare[n].append(flood_of_readers(n))
    result = {"%d: frames/s of CPU" % n: statistics.median(rate[n]) for n in rate}
    result.update({"%d: cores used" % n: statistics.median(cores[n]) for n in cores})
    result["two of one"] = result["2: frames/s of CPU"] / result["1: frames/s of CPU"]
    result["two readers of one"] = statistics.median(bare[2]) / statistics.median(bare[1])
    return result


def streams(where):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    n = min(10000, hard - 100 if hard != resource.RLIM_INFINITY else 10000)
    result = {"streams": n}
    for workers in (1, 2):
        at = os.path.join(where, str(workers))
        os.mkdir(at)
        sim = Sim(at, *paced(2), truth=False)
        setting = ["--set", "connection.threads=%d" % workers]
        _, _, _, base = tokdyno(at, sim.url, "--concurrency", "1", "--requests", "1", "--set",
                                "request.body.max_completion_tokens=4", *setting, name="one")
        out, summary, _, rss = tokdyno(at, sim.url, "--concurrency", str(n), "--requests", str(n), "--set",
                                       "limits.in_flight=%d" % n, "--set", "request.body.max_completion_tokens=16",
                                       "--set", "workload.input_tokens=20", *setting, name="many")
        sim.stop()
        attempts = journal(out)[1]
        result.update({"%d KiB a stream" % workers: (rss - base) / n,
                       "%d most in flight" % workers: summary["health"].get("in_flight_max", 0),
                       "%d ok" % workers: sum(a["outcome"] == "ok" for a in attempts),
                       "%d called" % workers: verdict(summary)})
    return result


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


def export_cost(where):
    """CPU of the sending threads per frame: without an export, with all spans to a file, and to nobody who answers;
    in turn, three times."""
    sim = paced_sim(where, 1000, truth_log=False)
    ways = {"none": [], "file": ["--export", "otlp=" + os.path.join(where, "spans")],
            "dead collector": ["--export", "otlp=http://127.0.0.1:9"]}
    seen = {name: [] for name in ways}
    for turn in range(INTERLEAVED):
        for name, export in ways.items():
            out, summary, _, rss = tokdyno(where, sim.url, "--concurrency", "1000", "--duration", "%ds" % SECONDS,
                                           *PACED, *export, name="%s-%d" % (name.replace(" ", "-"), turn))
            seen[name].append((summary["health"]["counters"]["cpu_ns"] / frames_of(out) / 1e3,
                               summary["health"]["send_lag"]["p99"]["value"] / 1e3, rss / 1024, verdict(summary)))
    sim.stop()
    result = {}
    for name, each in seen.items():
        for i, what in enumerate(("us a frame", "send lag p99 us", "MiB")):
            result["%s: %s" % (name, what)] = statistics.median(e[i] for e in each)
        result["%s: validity" % name] = ", ".join(sorted({e[3] for e in each}))
    result["x"] = statistics.median(f[0] / n[0] for f, n in zip(seen["file"], seen["none"]))
    return result


def report(where, *options):
    path = os.path.join(where, "big")
    os.mkdir(path)
    subprocess.run([os.path.join(TOOLS, "million"), os.path.join(path, "requests.jsonl"), "1000000", "64"], check=True)
    began = time.monotonic()
    _, _, rss = measured(["taskset", "-c", CLIENT_CORE, TOKDYNO, "report", path, *options])
    return {"s for 1,000,000 attempts": time.monotonic() - began, "MiB": rss / 1024}


def report_page(where):
    return report(where, "--format", "html")


def bare_cost(streams, *how):
    """The bare server at the same load: CPU us a frame, and how late it is."""
    server, url = bare_server(50, 200, SECONDS + 1)
    raw(port_of(url), streams, 200, *how)
    told = json.loads(server.communicate()[0])
    return told["cpu_ns"] / max(1, told["frames"]) / 1e3, told["late_p99"] / 1e3


def simulator(where):
    """At 2,000 streams also for a reader that never sleeps: a client of so many has no time to."""
    result = {}
    for n, *how in ((1000,), (2000,), (2000, "awake")):
        name = " ".join(map(str, (n, *how)))
        sim = paced_sim(where, n)
        raw(port_of(sim.url), n, 200, *how)
        cpu = sim.stop()
        own = sim.lateness()
        cost = cpu / max(1, own["frames"]) * 1e6
        bare, late = bare_cost(n, *how)
        result.update({name + " late p50 us": own["late_p50"] / 1e3, name + " late p99 us": own["late_p99"] / 1e3,
                       name + " bare late p99 us": late, name + " us a frame": cost, name + " bare us": bare,
                       name + " x bare": cost / bare})
    return result


def peers_tables(where):
    """The loads at which other tools were wrong: truth and what was told, in ms, and the verdict."""
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
    import peers
    loads = [("%d streams" % n, lambda n=n: peers.concurrency(n, 25 * SECONDS, 2)) for n in (10, 50, 100, 400, 1000, 1500)]
    loads += [("100/s, a sixth served", lambda: peers.capped(120 * SECONDS)), ("500 ms stall", lambda: peers.stalled(50, 6))]
    result = {}
    for name, load in loads:
        run, log = load()
        for figure, (true, told) in peers.beside(run, log).items():
            result["%s: %s" % (name, figure)] = "%.2f told %.2f" % (true, told)
        result[name] = run.json["validity"]["verdict"]
    return result


ROWS = [
    ("observation-error", observation_error),
    ("overload", overload),
    ("overload-by-load", overload_by_load),
    ("send-lateness", send_lateness),
    ("lockstep", lockstep),
    ("cost-paced", cost_paced),
    ("cost-flood", cost_flood),
    ("threads", threads),
    ("streams", streams),
    ("start", start_time),
    ("micro", micro),
    ("spans", spans),
    ("export-cost", export_cost),
    ("report", report),
    ("page", report_page),
    ("simulator", simulator),
    ("peers", peers_tables),
]


def first_line(path, pattern):
    with open(path) as f:
        found = re.search(pattern, f.read(), re.M)
    return found[1] if found else "unknown"


def machine():
    """What the figures hold for."""
    libcurl = subprocess.run(["pkg-config", "--modversion", "libcurl"], capture_output=True, text=True, check=False)
    return {
        "date": datetime.date.today().isoformat(),
        "cpu": first_line("/proc/cpuinfo", r"^model name\s*:\s*(.*)$"),
        "virtual": " hypervisor" in first_line("/proc/cpuinfo", r"^(flags\s*:.*)$"),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "system": first_line("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)'),
        "libcurl": libcurl.stdout.strip() or "unknown",
        "runs": RUNS,
        "seconds": SECONDS,
        "load_before": os.getloadavg()[0],
    }


def show(results):
    for key in results[0]:
        values = [r[key] for r in results]
        if isinstance(values[0], str):
            print("    %-28s %s" % (key, ", ".join(values)))
        else:
            print("    %-28s %12.6g   (%.6g .. %.6g)" % (key, statistics.median(values), min(values), max(values)))


def measure(name, row):
    print("%s:" % name, flush=True)
    results = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as where:
            results.append(row(where))
    show(results)
    figures = {key: [r[key] for r in results] for key in results[0]}
    for line in page.LINES:
        if line.row == name and line.limits:
            print("  %s, %s: %s" % (line.figure, line.aim, page.verdict(line, figures)))
    sys.stdout.flush()
    return figures


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    told = machine()
    told["rows"] = {name: measure(name, row) for name, row in ROWS if wanted in name}
    file = os.environ.get("BENCH_JSON", "build/bench.json")
    if wanted and "BENCH_JSON" not in os.environ:
        return
    with open(file, "w") as f:
        json.dump(told, f, indent=1)
    print("written: %s" % file)


main()
