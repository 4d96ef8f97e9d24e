"""A run that the client or the simulator could not carry says so; a slow server is no reason."""

import os
import signal
import subprocess
import time
import unittest

import rig

INVALID = 3
CALM = {"target": {"sim": ["--tps", "50", "--output", "max"]},
        "request": {"body": {"max_completion_tokens": 150}}}
OPEN = [{"name": "steady", "rate": "30/s", "duration": "2500ms"}]
STREAMS = [{"name": "steady", "concurrency": 40, "requests": 40}]
FROZEN = 0.3


def child_of(pid):
    return int(subprocess.check_output(["ps", "-o", "pid=", "--ppid", str(pid)]).split()[0])


def frozen(changes, who):
    """The run, of which the client or its simulator stood still for a while."""
    out = rig.fresh()
    process = rig.start("run", rig.scenario(rig.merged(CALM, changes)), "--out", out)
    while process.poll() is None and not os.path.exists(os.path.join(out, "requests.jsonl")):
        time.sleep(0.01)
    time.sleep(0.5)
    pid = process.pid if who == "client" else child_of(process.pid)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(FROZEN)
    os.kill(pid, signal.SIGCONT)
    return rig.Run(out, rig.finish(process))


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
