"""Are the figures of a run right, by what the simulator did? If not, the run must say so.

    truth.never_valid_with_wrong_figures(run, sim.truth())     # an AssertionError tells which
    truth.Figures(run, sim.truth()).rows()                     # truth beside what was said

What a figure ought to be is what a client that sends and reads at once would have seen. A
request that left late is the client's doing, so its time is that from due to ready, which is
the plan's, and the server's from when the request was there. That was when the client had
written it, or when the simulator had read it if that is earlier: a server that is late to read
is slow, and a client that is late to look at the clock is not excused.
"""

import contextlib
import math
import os

import rig

MS = 10 ** 6
STATISTICS = (("p50", 50), ("p95", 95), ("p99", 99), ("max", 100))
# What a verdict allows: at least so much, or this share of the figure.
ALLOWED = {"valid": (MS, 0.01), "degraded": (5 * MS, 0.05)}
# A histogram has three digits, a gap whole microseconds.
GRAIN = 0.001
# The simulator stamps before it sends, and after it has been woken to read: what lies between
# its stamps and the kernel's is loopback's work and its own.
SLACK = MS // 4
# A new connection is part of what a user waits for, and the simulator does not know of it: the
# client is believed so much of what it says that took; more is its own lateness.
CONNECTING = MS // 4


def rank(values, p):
    return values[max(0, math.ceil(p / 100 * len(values)) - 1)]


def span(values):
    return [b - a for a, b in zip(values, values[1:])]


class Figures:
    """The figures of a run of one cell, by the truth and as told."""

    def __init__(self, run, truth):
        report = run.json
        self.verdict = report["validity"]["verdict"]
        self.error = report["validity"].get("instrument_error_ns")
        self.figures = report["health"].get("figures", {})
        self.told = report["cells"][0]["measured"]["metrics"]
        measured = [p["measured"] for p in run.head["phases"]]
        self.pairs = [(a, t) for a, t in rig.join(run, truth) if measured[a["phase"]]]
        done = [(a, t) for a, t in self.pairs if a["outcome"] in ("ok", "empty") and t["output"]]
        sent = [[f.sent for f in t["output"]] for _, t in done]
        t0 = run.head["t0_mono_ns"]
        # What to add to a time of the simulator's to get one since due.
        since = [a["times"]["ready"] - a["times"]["due"] -
                 min(t["arrival"], t0 + a["times"]["sent"]) +
                 min(a["times"]["connected"] - a["times"]["start"], CONNECTING) for a, t in done]
        self.true = {
            "ttft": [s[0] + n for s, n in zip(sent, since)],
            "e2e": [t["end"] + n for (_, t), n in zip(done, since)],
            "itl": [g for s in sent for g in span(s)],
            "stall": [max(span(s)) for s in sent if len(s) > 1],
        }
        for values in self.true.values():
            values.sort()

    def rows(self):
        """(metric, statistic, truth, told) of all that is printed."""
        for metric, values in self.true.items():
            told = self.told.get(metric) or {"n": 0}
            assert told["n"] == len(values), (metric, told["n"], len(values))
            for name, p in STATISTICS:
                value = told.get(name)
                if isinstance(value, dict):
                    value = value.get("value")
                if values and value is not None:
                    yield metric, name, rank(values, p), value

    def allowed(self, metric, name, true):
        """Of a greatest value the report may say itself by how much more it is off."""
        least, share = ALLOWED[self.verdict]
        said = self.figures.get(metric, {}).get("error_of_max") if name == "max" else None
        return max(least, share * true) + (said or 0) + GRAIN * true + SLACK

    def wrong(self):
        """What a verdict of valid or degraded does not allow, as texts."""
        if self.verdict not in ALLOWED:
            return []
        out = [f"{metric} {name}: {told / MS:.3f} ms, in truth {true / MS:.3f}"
               for metric, name, true, told in self.rows()
               if abs(told - true) > self.allowed(metric, name, true)]
        for a, t in self.pairs:
            if t["status"] == 200 and t["fault"] == "none" and not t["aborted"] and \
                    a["outcome"] not in ("ok", "empty", "cut"):
                out.append(f"{rig.request_id(a)} was answered and is told as {a['outcome']}")
        return out


def never_valid_with_wrong_figures(run, truth):
    assert run.code in rig.FINE, (run.code, run.err)
    figures = Figures(run, truth)
    wrong = figures.wrong()
    assert not wrong, (f"the run says \"{figures.verdict}\", error "
                       f"{(figures.error or 0) / MS:.3f} ms:\n" + "\n".join(wrong))
    return figures


# --- who gets which core -----------------------------------------------------------------

CORES = sorted(os.sched_getaffinity(0))


@contextlib.contextmanager
def pinned(cores):
    """What is started meanwhile runs on these cores alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def simulator(*flags, **more):
    """A simulator on the first core and, where that may be asked for, ahead of all others there:
    its stamps are then times at which it really wrote."""
    with pinned({CORES[0]}):
        sim = rig.Sim(*flags, **more)
        sim.__enter__()
    try:
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(sim.process.pid, os.SCHED_FIFO, os.sched_param(1))
        yield sim
    finally:
        sim.__exit__()


def client(changes, during=None, before=None, timeout=60):
    """A run on the last core; before() is called in it, during(process, directory) here."""
    out = rig.fresh()
    with pinned({CORES[-1]}):
        process = rig.start("run", rig.scenario(changes), "--out", out, preexec_fn=before)
    try:
        if during:
            during(process, out)
        return rig.Run(out, rig.finish(process, timeout))
    finally:
        process.kill()
