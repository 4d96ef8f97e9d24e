"""Journals of runs whose figures are known to the last digit, for `compare` and baselines."""

import json
import os

import rig

MS = 1_000_000
REQUESTS = 240  # a trial: enough for a p95, too few for a p99


def lines_of(factors, scale=1.0, errors=0, run="base", seed=1, real=0, scenario=None, valid=True):
    """A run of one cell with a trial for each factor: request k of a trial takes a time that is
    the same in each, times factor times scale; the first `errors` of each trial fail."""
    yield {"t": "run", "schema": 1, "id": f"{run:0<32}"[:32], "name": "chat", "seed": seed,
           "t0_mono_ns": 0, "t0_real_ns": 1_767_225_600 * 10**9 + real * 10**9,
           "digest": f"{abs(hash(str(scenario))) % 10**16:016d}" if scenario else "0123456789abcdef",
           "target": "sim:", "threads": 1,
           "host": {"name": "bench-1", "cpu": "Example CPU 3 GHz", "cores": 2, "kernel": "Linux 6.1.0",
                    "tool": "0.1.0", "libcurl": "7.88.1"},
           "phases": [{"name": "steady", "measured": True}],
           "cells": [{"name": "all", "model": "m", "keys": [],
                      "loads": [{"open": True, "points_millionths": [[0, 20_000_000], [12 * 10**9, 20_000_000]],
                                 "cv_ppm": 0, "duration": 12 * 10**9}]}],
           "trials": [{"cell": 0, "round": i} for i in range(len(factors))],
           "slos": [], "scenario": scenario or {"name": "chat", "seed": seed}}
    for trial, factor in enumerate(factors):
        begin = trial * 20 * 10**9
        yield {"t": "phase", "at": begin, "trial": trial, "phase": 0, "event": "begin"}
        for k in range(REQUESTS):
            due = begin + k * 50 * MS
            ttft = int((100 + (k * 37) % 60) * MS * factor * scale)
            bad = k < errors
            times = {"due": due, "ready": due, "start": due, "connected": due, "sent": due}
            if not bad:
                times.update(first=due + ttft, last=due + 3 * ttft)
            times["end"] = due + 3 * ttft
            yield {"t": "attempt", "req": trial * 10**12 + k, "try": 1, "final": True, "cell": 0,
                   "trial": trial, "phase": 0, "outcome": "server" if bad else "ok",
                   "status": 500 if bad else 200, "times": times, "held": {}, "reused": True, "http": 11,
                   "tokens": {"prompt": 100, "completion": 20, "total": 120}, "cost": 1000, "frames": 20}
        yield {"t": "phase", "at": begin + 12 * 10**9, "trial": trial, "phase": 0, "event": "end",
               "planned": REQUESTS, "issued": REQUESTS}
    yield {"t": "end", "at": len(factors) * 20 * 10**9, "reason": "done", "dropped": 0 if valid else 1}


def write(path, *args, **more):
    with open(path, "w", encoding="utf-8") as f:
        for line in lines_of(*args, **more):
            f.write(json.dumps(line) + "\n")
    return path


BASE = (1.00, 1.02, 0.99, 1.01, 0.98, 1.015)
HEAD = (1.005, 0.985, 1.012, 1.00, 1.018, 0.99)


def folder():
    directory = rig.fresh("sides")
    os.mkdir(directory)
    return directory
