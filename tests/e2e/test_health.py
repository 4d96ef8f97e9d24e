"""A run that the client or the simulator could not carry says so; a slow server is no reason."""

import bisect
import os
import random
import signal
import subprocess
import time
import unittest

import audit
import rig
import servers

ALONE = True  # a neighbour's bursts are a client that was late

INVALID = 3
CALM = {"target": {"sim": ["--tps", "50", "--output", "max"]},
        "request": {"body": {"max_completion_tokens": 150}}}
OPEN = [{"name": "steady", "rate": "30/s", "duration": "2500ms"}]
STREAMS = [{"name": "steady", "concurrency": 40, "requests": 40}]
FROZEN = 0.3


# Some 130 requests, of which a short freeze finds three under way, and less than 1 % of all frames.
LONG = {"target": {"sim": ["--tps", "200", "--output", "max"]},
        "request": {"body": {"max_completion_tokens": 60}},
        "load": [{"name": "steady", "concurrency": 3, "duration": "14s"}]}
RARE = {"request": {"body": {"max_completion_tokens": 4}},
        "load": [{"name": "steady", "rate": "1/s", "arrival": "even", "duration": "2s"}]}
MS = 10 ** 6
PROXY = 10 * MS
TRUSTED = 5 * MS  # a shorter oversleep than that may go unnoticed, see bench/load/doubt.h


def child_of(pid):
    return int(subprocess.check_output(["ps", "-o", "pid=", "--ppid", str(pid)]).split()[0])


def frozen(changes, who, seconds=FROZEN):
    """The run, of which the client or its simulator stood still for a while."""
    out = rig.fresh()
    process = rig.start("run", rig.scenario(rig.merged(CALM, changes)), "--out", out)
    while process.poll() is None and not os.path.exists(os.path.join(out, "requests.jsonl")):
        time.sleep(0.01)
    time.sleep(0.5)
    pid = process.pid if who == "client" else child_of(process.pid)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)
    return rig.Run(out, rig.finish(process))


def stopped_often(changes):
    """The run, whose client stands still for tens of milliseconds again and again."""
    lengths, out = random.Random(1), rig.fresh()
    process = rig.start("run", rig.scenario(rig.merged(CALM, changes)), "--out", out)
    while process.poll() is None:
        time.sleep(lengths.uniform(0.03, 0.08))
        process.send_signal(signal.SIGSTOP)
        time.sleep(lengths.uniform(0.01, 0.06))
        process.send_signal(signal.SIGCONT)
    return rig.Run(out, rig.finish(process))


def moments_of(a, output, end):
    """(name, what the client says, when it was sent, how far off the client may be)."""
    doubt, times = a["doubt"], a["times"]
    moments = [("first", output[0].sent), ("last", output[-1].sent), ("end", end)]
    # Else text that could have been a tag came first, in a frame of its own.
    if times.get("answer") == times["first"] and doubt.get("answer") == doubt.get("first"):
        moments.append(("answer", output[0].sent))
    for name, sent in moments:
        yield name, times[name], sent, doubt.get(name, 0)
    at = times["first"] // 1000
    for gap, frame in zip([0] + a.get("gaps", []), output):
        at += gap
        yield "frame", at * 1000, frame.sent, doubt.get("frame", 0)


def off_by_more_than_said(run):
    """
    Moments that were stamped later than their bounds allow. What the simulator sent was there
    at its next stamp at the latest: it does one thing after the other.
    """
    t0, wrong, truth = run.head["t0_mono_ns"], [], run.truth()
    pairs = [(a, t) for a, t in rig.join(run, truth) if a["outcome"] == "ok"]
    stamps = sorted(s for t in truth for s in [t["end"]] + [f.sent for f in t["frames"]])

    def there(sent):
        after = bisect.bisect_right(stamps, sent)
        return (stamps[after] if after < len(stamps) else sent) - t0

    for a, t in pairs:
        late = [(name, said - there(sent) - doubt)
                for name, said, sent, doubt in moments_of(a, t["output"], t["end"])]
        wrong += [(rig.request_id(a), *one) for one in late if one[1] > TRUSTED]
    assert len(pairs) > 1
    return wrong


def off_behind_a_proxy(run, truth):
    """Moments before their time, and those later than their bounds and a proxy's work allow."""
    t0, early, late = run.head["t0_mono_ns"], [], []
    pairs = [(a, t) for a, t in rig.join(run, truth) if a["outcome"] == "ok"]
    for a, t in pairs:
        for name, said, sent, doubt in moments_of(a, t["output"], t["end"]):
            off = said + t0 - sent
            early += [(rig.request_id(a), name, off)] if off < -MS else []
            late += [(rig.request_id(a), name, off)] if off - doubt > TRUSTED + PROXY else []
    assert len(pairs) > 1
    return early, late


def on_one_core(changes):
    """Client and simulator together on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        return rig.run(changes)
    finally:
        os.sched_setaffinity(0, before)


class Health(unittest.TestCase):
    def invalid(self, run, by):
        self.assertEqual(run.code, INVALID, run.err)
        self.assertFalse(run.json["validity"]["valid"])
        self.assertIn(by, run.json["validity"]["verdict"])
        self.assertIn("INVALID", run.out.split("\n")[0])

    def test_a_client_that_stood_still_is_invalid_whatever_it_was_doing(self):
        for load in OPEN, STREAMS:  # late to send; late to read
            with self.subTest(load):
                run = frozen({"load": load}, "client")
                self.invalid(run, "client-limited")
                self.assertGreater(run.json["validity"]["instrument_error_ns"], 10 ** 8)

    def test_a_freeze_in_a_long_run_is_told_with_what_it_spoils(self):
        run = frozen(LONG, "client", seconds=0.12)
        doubtful = sum(a.get("doubt", {}).get("frame", 0) > 50 * MS for a in run.attempts)
        self.assertTrue(1 <= doubtful <= len(run.attempts) / 20, doubtful)
        self.assertLess(run.json["validity"]["instrument_error_ns"], 100 * MS)  # p99 sees no freeze
        self.assertNotEqual(run.json["validity"]["verdict"], "valid")
        said = next(w for w in run.json["warnings"] if w["id"] == "freeze")
        self.assertIn("greatest", said["message"])
        self.assertIn("stall ±", said["message"])
        self.assertIn(said["message"], " ".join(run.out.split()))
        self.assertLess(run.out.index("stood still"), run.out.index("Instrument"))
        told = run.json["cells"][0]["measured"]["instrument_error"]["stall"]
        self.assertGreater(told["of_max"], 50 * MS)
        self.assertGreater(run.json["health"]["longest_freeze"]["length_ns"], 50 * MS)
        self.assertEqual(audit.Audit(run).differences(), [])

    def test_a_client_that_stood_still_while_nothing_was_due_and_nothing_came_is_not_blamed(self):
        run = frozen(RARE, "client")
        self.assertEqual(len(run.attempts), 2)
        self.assertLess(run.json["health"]["longest_freeze"]["length_ns"], 10 ** 8)
        self.assertLess(run.json["validity"]["instrument_error_ns"], 10 ** 8)
        for figure in run.json["health"]["figures"].values():
            self.assertLess(figure["error_of_max"], 10 ** 8)
        if run.json["health"]["simulator_late_p99_ns"] < MS:  # else others stood in its way too
            self.assertNotIn("freeze", [w["id"] for w in run.json["warnings"]])
        late = [run.json["health"]["simulator_late_p99_ns"],
                run.json["validity"]["instrument_error_ns"],
                *(figure["error"] for figure in run.json["health"]["figures"].values()
                  if figure["unit"] == "ns")]
        if max(late) < MS:  # else the machine, or a launch under the sanitizers, is slow
            self.assertEqual(run.json["validity"]["verdict"], "valid", run.json["health"])

    def test_no_moment_is_stamped_later_than_its_bound_says(self):
        read = {"connection": {"stamps": "read"}}
        fast = {"target": {"sim": ["--tps", "500", "--output", "max"]},
                "load": [{"name": "steady", "concurrency": 20, "duration": "1500ms"}]}
        single = rig.merged(fast, {"load": [{"name": "steady", "concurrency": 1,
                                             "duration": "2s"}]})
        for name, changes in {"late to read": {"load": STREAMS}, "late to send": {"load": OPEN},
                              "fast": fast, "a single stream": single,
                              "new connections": {"load": OPEN, "connection": {"policy": "new"}},
                              "read": {"load": STREAMS, **read},
                              "read, fast": rig.merged(fast, read)}.items():
            with self.subTest(name):
                run = frozen(changes, "client")
                self.assertEqual(off_by_more_than_said(run), [])

    def test_no_moment_is_stamped_later_than_its_bound_says_by_a_client_that_often_stands_still(self):
        load = {"load": [{"name": "steady", "rate": "30/s", "duration": "8s"}]}
        for name, changes in {"new connections": {"connection": {"policy": "new"}}, "pooled": {},
                              "read": {"connection": {"stamps": "read"}}}.items():
            with self.subTest(name):
                run = stopped_often(rig.merged(load, changes))
                self.invalid(run, "client-limited")
                self.assertEqual(off_by_more_than_said(run), [])

    def behind_a_proxy(self, connection):
        with rig.Sim("--tps", "50", "--output", "max") as sim, \
                servers.nghttpx(sim.port) as (origin, cert):
            run = stopped_often({
                "target": {"base_url": origin + "/openai/v1", "sim": None, "id_header": True},
                "connection": {"tls": {"ca": cert}, **connection},
                "load": [{"name": "steady", "rate": "30/s", "duration": "8s"}]})
            self.invalid(run, "client-limited")
            return off_behind_a_proxy(run, sim.truth())

    def test_nor_over_tls_of_which_a_read_takes_only_a_part(self):
        for connection in {}, {"policy": "new"}, {"stamps": "read"}:
            with self.subTest(connection):
                self.assertEqual(self.behind_a_proxy(connection), ([], []))

    def test_nor_before_its_time_where_libcurl_reads_another_connection_as_well(self):
        for connection in {}, {"policy": "new"}:
            with self.subTest(connection):
                early, _ = self.behind_a_proxy({"http": "2", **connection})
                self.assertEqual(early, [])

    def test_overload_with_stamps_of_reads_is_invalid_and_told_so(self):
        run = on_one_core({"target": {"sim": ["--tps", "400", "--output", "max"]},
                           "request": {"body": {"max_completion_tokens": 100}},
                           "connection": {"stamps": "read"}, "limits": {"in_flight": 5000},
                           "load": [{"name": "burst", "rate": "1M/s", "requests": 1500}]})
        self.invalid(run, "client-limited")
        self.assertEqual(run.json["health"]["stamps"], {"asked": "read", "used": "read"})
        self.assertIn("stamps: read (as asked)", run.out)
        # on one core that all fight for, the kernel itself delivers a few late
        self.assertLess(len(off_by_more_than_said(run)), len(run.attempts) / 50)

    def test_a_simulator_that_stood_still_is_invalid(self):
        run = frozen({"load": STREAMS}, "simulator")
        self.assertEqual(run.code, INVALID, run.err)
        self.assertGreater(run.json["health"]["simulator_late_p99_ns"], 10 ** 8)
        if run.json["validity"]["instrument_error_ns"] < 5 * 10 ** 6:  # else the machine is busy
            self.invalid(run, "simulator-limited")

    def test_more_than_the_client_can_send_is_invalid(self):
        for load in ({"name": "flood", "rate": "8000/s", "duration": "500ms"},
                     {"name": "burst", "rate": "1M/s", "requests": 3000}):
            with self.subTest(load["name"]):
                run = on_one_core({"target": {"sim": ["--flood"]}, "load": [load],
                                   "limits": {"in_flight": 5000}})
                self.invalid(run, "client-limited")
                self.assertEqual(sum(bool(a.get("final")) for a in run.attempts),
                                 run.json["cells"][0]["phases"][0]["load"]["planned"])

    def test_a_slow_server_is_measured_not_blamed_on_the_client(self):
        run = rig.run({"target": {"sim": ["--queue-median", "800ms", "--queue-sigma", "0"]},
                       "load": OPEN})
        self.assertIn(run.code, rig.FINE, run.err)
        health = run.json["health"]
        self.assertGreater(health["ttft_api_median_ns"], 8 * 10 ** 8)
        if not rig.SANITIZED and health["send_lag_p99_ns"] < 8 * 10 ** 6:
            self.assertTrue(run.json["validity"]["valid"], run.json["validity"])

    def test_a_cap_and_a_slow_server_cannot_hide_the_waiting(self):
        """20 a second come, one every 100 ms is served: the last waits for about a second."""
        run = rig.run({
            "target": {"sim": ["--queue-median", "90ms", "--queue-sigma", "0", "--tps", "1000"]},
            "limits": {"in_flight": 1, "drain": "20s"},
            "load": [{"name": "steady", "rate": "20/s", "arrival": "even", "duration": "1s"}]})
        attempts = sorted(run.attempts, key=lambda a: a["req"])
        self.assertEqual(len(attempts), 20)
        begin = next(e["at"] for e in run.of("phase") if e["event"] == "begin")
        for k, a in enumerate(attempts):
            times = a["times"]
            self.assertEqual(times["due"] - begin, (k + 1) * 50_000_000)
            self.assertEqual(times["ready"] - times["due"], a.get("held", {}).get("cap", 0))
            if k:
                before = attempts[k - 1]["times"]["end"]
                self.assertEqual(times["ready"], max(times["due"], before))
        metrics = run.json["cells"][0]["measured"]["metrics"]
        waited = max(a["held"]["cap"] for a in attempts[1:])
        self.assertGreater(waited, 800_000_000)
        self.assertGreater(metrics["ttft"]["max"], waited)
        self.assertGreater(metrics["ttft"]["p50"]["value"], 2 * metrics["ttft_api"]["p50"]["value"])
        # the instrument did not make them wait
        self.assertLess(metrics["send_lag"]["max"], waited / 2)


if __name__ == "__main__":
    unittest.main()
