"""The loads at which other tools were seen to be wrong without saying so, one function each.

Every one returns (run, truth log); truth.Figures holds them against one another. Used by
test_peers_tables.py, and by `make bench T=peers` at length.
"""

import rig
import truth

PACED = ["--event-tokens", "1", "--burst", "1", "--capacity", "0", "--output", "max",
         "--tps-sigma", "0", "--jitter", "0"]
GAP = 20 * truth.MS


def measured(changes, *flags, **more):
    with truth.simulator("--seed", "7", *PACED, *flags) as sim:
        run = truth.client(rig.merged({
            "target": {"base_url": sim.url, "id_header": True, "plan": "developer"},
            "limits": {"in_flight": 4096, "drain": "30s"},
            "timeout": {"connect": "10s", "first": "30s", "idle": "10s", "total": "60s"},
        }, changes), **more)
        return run, sim.truth()


def concurrency(streams, tokens, rounds):
    """So many streams at a time, a frame each 20 ms."""
    return measured({"request": {"body": {"max_completion_tokens": tokens}},
                     "workload": {"input_tokens": 20},
                     "load": [{"name": "steady", "concurrency": streams,
                               "requests": streams * rounds}]}, "--tps", "50")


def capped(requests):
    """100 requests/s are offered; with 20 in flight for 1.2 s each, a sixth of that is served."""
    return measured({"request": {"body": {"max_completion_tokens": 2}},
                     "limits": {"in_flight": 20},
                     "load": [{"name": "steady", "rate": "100/s", "arrival": "even",
                               "requests": requests}]},
                    "--tps", "100", "--queue-median", "1178ms", "--queue-sigma", "0")


def stalled(streams, rounds):
    """Every stream stands still for 500 ms in its middle."""
    return measured({"request": {"body": {"max_completion_tokens": 20}},
                     "load": [{"name": "steady", "concurrency": streams,
                               "requests": streams * rounds}]},
                    "--tps", "100", "--fault", "stall:500=1")


def arriving(spacing, rate, seconds):
    return measured({"request": {"body": {"max_completion_tokens": 2}},
                     "workload": {"input_tokens": 20},
                     "load": [{"name": "steady", "rate": f"{rate}/s", "arrival": spacing,
                               "duration": f"{seconds}s"}]}, "--tps", "1000")


def lateness(run, log):
    """ns from when each request was due to when the simulator had it."""
    t0 = run.head["t0_mono_ns"]
    return sorted(t["arrival"] - t0 - a["times"]["due"] for a, t in rig.join(run, log))


def beside(run, log):
    """{figure: (truth, told)} in ms, of what people look at first."""
    return {f"{metric} {name}": (true / truth.MS, told / truth.MS)
            for metric, name, true, told in truth.Figures(run, log).rows()
            if name in ("p50", "p99") and metric != "e2e"}
