#!/usr/bin/env python3
"""The table of docs/performance.md, made of what `make bench` has measured, so that nobody types a figure.

    page.py BENCH.json docs/performance.md

What stands between the two marks of the page is replaced.
"""
import collections
import json
import re
import statistics
import sys

# A line of the table: the row it is made of, what it says, the aim, the limits that the medians have to
# keep, and texts in which {NAME} stands for the figure NAME. A floor is what the figure is compared with.
Line = collections.namedtuple("Line", "row figure aim limits measured floor")

ERRORS = [
    Line("observation-error", "error of TTFT, %s streams × 50 frames/s" % words,
         "p50 ≤ 30 µs, p99 ≤ 200 µs" if n == 1000 else "",
         {"1000 TTFT p50 us": 30, "1000 TTFT p99 us": 200} if n == 1000 else {},
         "{%d TTFT p50 us} µs, {%d TTFT p99 us} µs" % (n, n),
         "simulator late p99 {%d simulator late p99 us} µs; called {%d called}" % (n, n))
    for n, words in ((10, "10"), (100, "100"), (400, "400"), (1000, "1,000"), (2000, "2,000"))]

FRAMES = [
    Line("observation-error", "error of every frame, %s streams" % words,
         "p50 ≤ 30 µs, p99 ≤ 200 µs" if n == 1000 else "",
         {"1000 frame p50 us": 30, "1000 frame p99 us": 200} if n == 1000 else {},
         "{%d frame p50 us} µs, {%d frame p99 us} µs" % (n, n), "{%d frames} frames" % n)
    for n, words in ((10, "10"), (100, "100"), (400, "400"), (1000, "1,000"), (2000, "2,000"))]

SENDING = [
    Line("send-lateness", "send lateness, open loop, %s requests/s" % words,
         "p50 ≤ 60 µs, p99 ≤ 250 µs" if rate == 2000 else "",
         {"2000 p50 us": 60, "2000 p99 us": 250} if rate == 2000 else {},
         "{%d p50 us} µs, {%d p99 us} µs" % (rate, rate),
         "barest sender {%d bare p50 us} µs, {%d bare p99 us} µs" % (rate, rate))
    for rate, words in ((500, "500"), (1000, "1,000"), (2000, "2,000"))]

LINES = ERRORS + FRAMES + [
    Line("overload", "error of frames, 1,000 streams, two busy loops on the client's core",
         "p99 ≤ 1 ms, or called invalid", {"frame p99 us": 1000}, "{frame p99 us} µs: called {called}",
         "it said {told error us} µs itself"),
    Line("overload-by-load", "error of frames, requests at twice what the client gets done",
         "p99 ≤ 1 ms, or called invalid", {"frame p99 us": 1000}, "{frame p99 us} µs: called {called}",
         "{offered requests/s} requests/s offered; it said {told error us} µs itself"),
] + SENDING + [
    Line("lockstep", "send lateness, closed loop, 1,000 streams that end at the same moments", "", {},
         "p50 {p50 us} µs, p99 {p99 us} µs, p99.9 {p99.9 us} µs", "the server's own p99 {server late p99 us} µs"),
    Line("cost-paced", "CPU per frame, 1,000 paced streams", "≤ 1.3 × a bare libcurl loop", {"x bare loop": 1.3},
         "{us a frame} µs, × {x bare loop}", "bare loop {bare loop us} µs; raw reader {raw reader us} µs"),
    Line("cost-flood", "CPU per frame, flood over 64 streams", "≤ 1.3 × a bare libcurl loop", {"x bare loop": 1.3},
         "{us a frame} µs, × {x bare loop}", "bare loop {bare loop us} µs; raw reader {raw reader us} µs"),
    Line("cost-flood", "frames per second and core, flood", "≥ 150,000", {"frames/s of a core": -150000},
         "{frames/s of a core}", ""),
    Line("threads", "frames per second of CPU, two threads to one", "≥ 0.9", {"two of one": -.9},
         "{2: frames/s of CPU} to {1: frames/s of CPU}, × {two of one}",
         "two raw readers to one, processes that share nothing: × {two readers of one}; of 2 cores the client had "
         "{2: cores used}, and {1: cores used} with one thread"),
    Line("cost-paced", "the look for a kernel stamp, 1,000 paced streams", "", {}, "{stamp us a read} µs a read",
         "raw reader with it {raw reader with stamps us} µs a frame, without {raw reader us} µs"),
    Line("micro", "the look for a kernel stamp, on its own", "", {}, "{ns to look for a stamp} ns", ""),
    Line("streams", "streams at once, one process", "10,000 at ≤ 40 KiB each",
         {"1 KiB a stream": 40, "2 KiB a stream": 40, "streams": -10000, "1 ok": -10000, "2 ok": -10000},
         "{1 most in flight} at {1 KiB a stream} KiB each, {1 ok} ok; with two threads {2 most in flight} at "
         "{2 KiB a stream} KiB, {2 ok} ok", "called {1 called}; {2 called}"),
    Line("start", "start of the program to the first request", "≤ 20 ms", {"ms to the first request": 20},
         "{ms to the first request} ms", ""),
    Line("micro", "recording one value", "≤ 10 ns", {"ns to record a value": 10}, "{ns to record a value} ns", ""),
    Line("micro", "decoding one frame of 250 bytes", "", {}, "{ns to decode a frame} ns", ""),
    Line("report", "`report` of 1,000,000 attempts of 64 gaps", "≤ 10 s, memory that does not grow",
         {"s for 1,000,000 attempts": 10, "MiB": 64}, "{s for 1,000,000 attempts} s, {MiB} MiB", ""),
    Line("page", "the same as a page with its plots", "≤ 10 s, memory that does not grow",
         {"s for 1,000,000 attempts": 10, "MiB": 64}, "{s for 1,000,000 attempts} s, {MiB} MiB", ""),
    Line("spans", "OTLP: spans encoded, by one core", "≥ 100,000/s", {"traces: spans/s of a core": -100000},
         "{traces: spans/s of a core}/s", "with metrics and events {traces+metrics+logs: spans/s of a core}/s"),
    Line("export-cost", "CPU of the sending threads per frame, all spans of 1,000 paced streams exported",
         "≤ 1.02 × without", {"x": 1.02}, "× {x}",
         "{none: us a frame} µs without, {dead collector: us a frame} µs where no collector answers"),
    Line("simulator", "simulator, 1,000 streams × 50 frames/s, its own lateness", "p99 ≤ 200 µs",
         {"1000 late p99 us": 200}, "{1000 late p99 us} µs", "bare server {1000 bare late p99 us} µs"),
    Line("simulator", "simulator, 2,000 streams × 50 frames/s, its own lateness", "p99 ≤ 1 ms",
         {"2000 awake late p99 us": 1000}, "{2000 awake late p99 us} µs",
         "bare server {2000 awake bare late p99 us} µs; where frames have to wake their reader "
         "{2000 late p99 us} and {2000 bare late p99 us} µs"),
    Line("simulator", "simulator, CPU per frame, 1,000 and 2,000 streams", "≤ 1.3 × a bare epoll server",
         {"1000 x bare": 1.3, "2000 x bare": 1.3}, "× {1000 x bare}, × {2000 x bare}",
         "{1000 us a frame} µs to {1000 bare us} µs; {2000 us a frame} µs to {2000 bare us} µs"),
]

BEGIN, END = "<!-- figures: made by `make bench-page` -->", "<!-- end of figures -->"


def number(v):
    """Three digits, as people write them."""
    if v != v:
        return "–"
    if abs(v) >= 1000:
        return format(int(float("%.3g" % v)) if abs(v) < 1e15 else v, ",")
    return "%.3g" % v


def figure(values, bold):
    if isinstance(values[0], str):
        return ", ".join(sorted(set(values)))
    middle, low, high = (number(f(values)) for f in (statistics.median, min, max))
    middle = "**%s**" % middle if bold else middle
    return middle if low == high else "%s (%s..%s)" % (middle, low, high)


def verdict(line, figures):
    """"met" or "missed"; a negative limit is one from below. "" where there is no aim. What was called
    invalid every time need not be right: that is the aim of the overloads."""
    if not line.limits:
        return ""
    if "called invalid" in line.aim and all(v.lower().startswith("invalid") for v in figures["called"]):
        return "met"
    for name, limit in line.limits.items():
        middle = statistics.median(figures[name])
        if not (middle >= -limit if limit < 0 else middle <= limit):
            return "missed"
    return "met"


def fill(text, figures, bold=False):
    return re.sub(r"\{([^}]+)\}", lambda m: figure(figures[m[1]], bold), text)


def table(told):
    yield "| figure | aim | measured | beside it |"
    yield "|---|---|---|---|"
    for line in LINES:
        figures = told["rows"].get(line.row)
        if figures:
            missed = ": *missed*" if verdict(line, figures) == "missed" else ""
            yield "| %s | %s | %s%s | %s |" % (line.figure, line.aim, fill(line.measured, figures, True), missed,
                                              fill(line.floor, figures))


def text(told):
    yield BEGIN
    yield ""
    yield ("Measured with `make bench` on %s: %d runs of %d s each, median and range. %s, %d cores%s, Linux %s, %s, "
           "libcurl %s." % (told["date"], told["runs"], told["seconds"], told["cpu"], told["cores"],
                            " of a virtual machine" if told["virtual"] else "", told["kernel"], told["system"],
                            told["libcurl"]))
    yield ""
    yield from table(told)
    yield ""
    yield END


def main():
    with open(sys.argv[1]) as f:
        told = json.load(f)
    with open(sys.argv[2], encoding="utf-8") as f:
        page = f.read()
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    with open(sys.argv[2], "w", encoding="utf-8") as f:
        f.write(before + "\n".join(text(told)) + after)


if __name__ == "__main__":
    main()
