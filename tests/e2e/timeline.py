"""The rules of the Trace Event Format that Perfetto and chrome://tracing rely on.

check(document) returns what is wrong, one sentence each; nothing: the timeline is sound.
"""

import collections

NAMES = {"process_name", "thread_name", "process_sort_index", "thread_sort_index"}


def _number(v):
    return isinstance(v, (int, float)) and not isinstance(v, bool)


def _shape(e):
    """What is wrong with one event by itself."""
    if not isinstance(e.get("name"), str) or not e["name"]:
        yield "it has no name"
    for key in ("pid", "tid"):
        if not isinstance(e.get(key), int):
            yield f"{key} is no whole number"
    kind = e.get("ph")
    if kind != "M" and not (_number(e.get("ts")) and e["ts"] >= 0):
        yield "ts is no time"
    if kind == "X" and not (_number(e.get("dur")) and e["dur"] >= 0):
        yield "dur is no length of time"
    if kind == "i" and e.get("s") not in ("g", "p", "t"):
        yield "an instant has no scope"
    if kind == "C" and not (e.get("args") and all(map(_number, e["args"].values()))):
        yield "a counter has no numbers"
    if kind == "M" and e.get("name") not in NAMES:
        yield "metadata of an unknown name"
    if kind not in ("M", "X", "i", "C"):
        yield f"phase {kind} is not one that is written here"


def _ns(us):
    return round(us * 1000)


def _nesting(slices):
    """Slices of one track are beside each other or inside one another."""
    open_ = []
    for e in sorted(slices, key=lambda e: (_ns(e["ts"]), -_ns(e["dur"]))):
        begin, end = _ns(e["ts"]), _ns(e["ts"]) + _ns(e["dur"])
        while open_ and open_[-1] <= begin:
            open_.pop()
        if open_ and end > open_[-1]:
            yield f"slice {e['name']} at {e['ts']} reaches out of the one around it"
        open_.append(end)


def _tracks(events):
    """Every track that is drawn on is named, once."""
    named = collections.Counter((e["name"], e["pid"], e["tid"]) for e in events
                                if e["ph"] == "M" and e["name"].endswith("_name"))
    for (name, pid, tid), n in named.items():
        if n > 1:
            yield f"{name} of {pid}/{tid} is given {n} times"
    processes = {pid for name, pid, _ in named if name == "process_name"}
    threads = {(pid, tid) for name, pid, tid in named if name == "thread_name"}
    for e in events:
        if e["pid"] not in processes:
            yield f"process {e['pid']} has no name"
        if e["ph"] in ("X", "i") and (e["pid"], e["tid"]) not in threads:
            yield f"thread {e['pid']}/{e['tid']} has no name"


def check(document):
    events = document.get("traceEvents")
    if not isinstance(events, list):
        return ["there is no list of traceEvents"]
    wrong = [f"event {i}: {what}" for i, e in enumerate(events) for what in _shape(e)]
    if wrong:
        return wrong
    tracks = collections.defaultdict(list)
    for e in events:
        if e["ph"] == "X":
            tracks[e["pid"], e["tid"]].append(e)
    for slices in tracks.values():
        wrong += _nesting(slices)
    return wrong + sorted(set(_tracks(events)))
