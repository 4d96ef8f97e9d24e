"""Searches for the knee: a simulator of known capacity, a client of known limits.

A search waits most of its time, and asks little of the machine: all of them run side by side, and
the tests look at what came of them.
"""

import concurrent.futures
import json
import shutil
import signal
import time
import unittest

import rig

ALONE = True  # a rate is sought that the simulator carries

# Five tokens at 100 a second: 50 ms of service, four at a time, so 80 requests a second.
SERVICE = ["--queue-median", "0", "--queue-sigma", "0", "--prefill-base", "0", "--prefill-load",
           "0", "--prefill-tps", "1000000", "--tps", "100", "--tps-sigma", "0", "--jitter", "0",
           "--event-tokens", "1", "--burst", "1", "--output", "5"]
CAPACITY = 80
LIMITED = SERVICE + ["--capacity", "4"]
# The same from 200 ms and sixteen places: the simulator's own lateness takes less of it.
STEADY = [*SERVICE, "--tps", "25", "--capacity", "16"]
UNLIMITED = SERVICE + ["--capacity", "0"]

SEARCH = {"slo": "ttft p90 < 40ms", "from": "30/s", "to": "240/s", "settle": "200ms"}

# So loose that probes this short would meet it far beyond the capacity: only the growth tells.
LOOSE = {"slo": "ttft p50 < 3s", "from": "70/s", "to": "95/s", "within": "12%"}
SEEDS = [("even", 1), ("poisson", 1), ("poisson", 2), ("poisson", 3)][:2 if rig.SANITIZED else 4]


def scenario(sim, changes=None, duration="1s", arrival="even", **more):
    load = {"duration": duration, "arrival": arrival, "search": {**SEARCH, **more}}
    return rig.merged({"target": {"sim": sim}, "load": load}, changes or {})


def loose(arrival):
    return scenario(STEADY, {"limits": {"drain": "10s"}}, "1500ms", arrival, **LOOSE)


# What is searched: the scenario, and flags of run. The longest first.
SEARCHES = {
    **{f"{arrival} {seed}": (loose(arrival), "--seed", str(seed)) for arrival, seed in SEEDS},
    "limited": (scenario(LIMITED),),
    # Two at a time, 50 ms each: no more than 40 a second leave. The server would carry all.
    "capped": (scenario(UNLIMITED, {"limits": {"in_flight": 2}}, to="60/s", within="25%"),),
    "cells": (scenario(UNLIMITED, {"repeat": 2, "matrix": {"connection.threads": [1, 2]}},
                       to="40/s", probes=2),),
    "no limit": (scenario(UNLIMITED, to="60/s"),),
    "too slow": (scenario(["--queue-median", "200ms", "--queue-sigma", "0"]),),
    "refused": (scenario(UNLIMITED + ["--fault", "503=20%"], slo="error_rate < 1%", to="40/s"),),
    "time": (scenario(LIMITED, budget="6s"),),
    "slow in time": (scenario(SERVICE + ["--capacity", "1"], budget="3500ms", **{"from": "60/s"}),),
    "requests": (scenario(UNLIMITED, {"budget": {"requests": 150}}),),
    "cost": (scenario(UNLIMITED, {"budget": {"cost": "$0.0004"}}),),
    "two probes": (scenario(LIMITED, probes=2),),
    "one probe": (scenario(UNLIMITED, to="40/s", probes=1),),
}
runs = {}


def start(pool, name):
    what, *flags = SEARCHES[name]
    return pool.submit(rig.run, what, *flags, timeout=170)


def setUpModule():
    with concurrent.futures.ThreadPoolExecutor(3 if rig.SANITIZED else 5) as pool:
        runs.update({name: start(pool, name) for name in SEARCHES})
    if rig.SANITIZED:  # a client that slow is disturbed by itself
        return
    with concurrent.futures.ThreadPoolExecutor(1) as alone:
        runs.update({name: start(alone, name) for name in SEARCHES
                     if name != "capped" and disturbed(search(name)[1])})


def search(name):
    """The run, and the search of its first trial."""
    run = runs[name].result()
    return run, run.json["searches"][0]


def disturbed(found):
    """By what else the machine had to do: the client could not carry a probe."""
    return any(p["verdict"] == "invalid" for p in found["probes"])


def words(run):
    """What the report says, however it is broken into lines."""
    return " ".join(run.out.split())


class Search(unittest.TestCase):
    def carried(self, found):
        if found["end"] == "client-limited":
            self.skipTest("the machine was too busy to carry the load")

    def undisturbed(self, found):
        if disturbed(found):
            self.skipTest("the machine had other things to do as well")

    def same_again(self, run):
        again = rig.tokdyno("report", run.dir, "--format", "json")
        self.assertEqual(again.out.encode(), run.read("run.json"))

    def test_a_search_finds_the_capacity_of_the_simulator(self):
        run, found = search("limited")
        self.assertIn(run.code, rig.FINE, run.err)
        for probe in found["probes"]:  # whatever else happened
            if probe["verdict"] == "missed":
                self.assertGreater(probe["rate_millionths"], CAPACITY * 0.95e6, probe)
        self.carried(found)
        self.assertEqual(found["end"], "found", run.out)
        self.assertLess(found["met_millionths"], CAPACITY * 1.08e6, run.out)
        self.assertGreater(found["missed_millionths"], CAPACITY * 0.97e6, run.out)
        capacity = run.json["capacity"][0]
        self.assertAlmostEqual(capacity["rate_millionths"] / 1e6, CAPACITY, delta=CAPACITY * 0.1)

    def test_a_queue_that_grows_slowly_is_seen_and_the_truth_is_within_the_error_told(self):
        for arrival, seed in SEEDS:
            with self.subTest(arrival=arrival, seed=seed):
                run, found = search(f"{arrival} {seed}")
                self.undisturbed(found)
                self.assertEqual(found["end"], "found", run.out)
                capacity = run.json["capacity"][0]
                self.assertLessEqual(abs(capacity["rate_millionths"] - CAPACITY * 10 ** 6),
                                     capacity["error_millionths"], run.out)
                self.assertLess(capacity["error_millionths"], CAPACITY * 0.15e6, run.out)
                self.assertIn("its queue grew all along", words(run))

    def test_both_sides_of_the_answer_are_probed_again_and_longer(self):
        for name, seconds in (("limited", 1), ("even 1", 1.5)):
            run, found = search(name)
            self.undisturbed(found)
            for side in ("met", "missed"):
                lengths = [p["duration_ns"] for p in found["probes"] if p["verdict"] == side and
                           p["rate_millionths"] == found[f"{side}_millionths"]]
                self.assertEqual(max(lengths), 3 * seconds * rig.NS, run.out)

    def test_the_journal_gives_the_same_answer_and_the_first_screen_tells_it(self):
        for name in ("limited", "poisson 1", "time"):
            self.same_again(search(name)[0])
        run, _ = search("limited")
        self.assertEqual(rig.tokdyno("report", run.dir).out, run.out)
        answer = run.out[run.out.index("Answer: "):].split(":")[1].strip()[:20]
        self.assertIn(answer, rig.tokdyno("report", run.dir, "--format", "md").out)
        screen = run.out.splitlines()[:24]
        self.assertTrue(any(line.startswith("Answer: ") for line in screen), run.out)
        self.assertTrue(any("The curve" in line for line in screen), run.out)

    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
    def test_the_curve_is_drawn_with_the_knee_and_its_error(self):
        for name, knee in (("limited", True), ("too slow", False), ("one probe", False)):
            run, found = search(name)
            self.carried(found)
            where = rig.fresh()
            done = rig.tokdyno("report", run.dir, "--format", "svg", "--out", where)
            self.assertEqual(done.code, 0, done.err)
            with open(f"{where}/knee.svg", encoding="utf-8") as f:
                drawn = f.read()
            self.assertIn("ttft p90, ms", drawn)
            self.assertEqual(" ± " in drawn.replace("\u00a0", " "), knee, name)
            shown = {p["verdict"] for p in found["probes"]}
            for verdict in ("met", "missed", "unsure"):
                self.assertEqual(f">{verdict}<" in drawn, verdict in shown, verdict)

    def test_each_probe_is_a_phase_of_its_own_that_begins_when_the_last_has_drained(self):
        run, found = search("limited")
        names = [phase["name"] for phase in run.head["phases"]]
        begins = [e for e in run.of("phase") if e["event"] == "begin"]
        for begin, probe in zip([b for b in begins if not names[b["phase"]].endswith("settle")],
                                found["probes"]):
            self.assertEqual(names[begin["phase"]], probe["phase"])
            self.assertEqual(begin["rate_millionths"], probe["rate_millionths"])
            mine = [a for a in run.attempts if a["phase"] == begin["phase"]]
            self.assertAlmostEqual(len(mine), probe["rate_millionths"] / 1e6 * begin["duration"]
                                   / rig.NS, delta=2)
            for a in run.attempts:
                if a["phase"] < begin["phase"] - 1:
                    self.assertLess(a["times"]["end"], begin["at"])

    def test_what_the_client_cannot_carry_is_invalid_and_never_the_servers_limit(self):
        run, found = search("capped")
        self.assertEqual(run.code, 3, run.err)
        self.assertEqual(found["end"], "client-limited", run.out)
        self.assertIsNone(found["missed_millionths"], run.out)
        self.assertIn("INVALID as a limit of the server", run.out)
        self.assertNotIn("missed", [p["verdict"] for p in found["probes"]])
        self.assertLessEqual(found["met_millionths"] or 0, 42e6)  # none, on a busy machine

    def test_a_server_without_a_limit_is_told_as_that(self):
        run, found = search("no limit")
        self.carried(found)
        self.assertEqual(found["end"], "above", run.out)
        self.assertIn("no limit was found up to 60/s", run.out)

    def test_a_server_that_is_too_slow_from_the_beginning_is_told_as_that(self):
        run, found = search("too slow")
        self.assertEqual(found["end"], "below", run.out)

    def test_refusals_are_failures_and_so_misses(self):
        run, found = search("refused")
        self.assertEqual(found["end"], "below", run.out)

    def test_a_budget_stops_a_search_that_tells_what_it_has(self):
        for kind in ("requests", "cost"):
            with self.subTest(kind=kind):
                run, found = search(kind)
                self.assertIn(run.code, (3, 5), run.err)  # 3: the machine was busy
                self.assertEqual(found["end"], "open")
                self.assertEqual(found["probes"][-1]["verdict"], "unfinished")
                self.assertIn(f"budget.{kind} was used up", words(run))
                self.same_again(run)

    def test_a_budget_of_time_bounds_the_whole_search(self):
        run, found = search("time")
        begins = [e["at"] for e in run.of("phase") if e["event"] == "begin"]
        ends = [a["times"]["end"] for a in run.attempts]
        self.assertLess(max(ends) - min(begins), 6.05 * rig.NS)
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual(found["end"], "open", run.out)
        # Two where the first could not tell, and was asked again for longer.
        self.assertGreaterEqual(len(found["probes"]), 2, run.out)
        self.assertIn("search.budget of 6.00 s was used up", words(run))

    def test_what_the_budget_of_time_cuts_is_no_verdict_on_the_server(self):
        # One at a time: 20 a second, so that a second of 60 needs two more to drain.
        run, found = search("slow in time")
        self.assertEqual(found["probes"][-1]["verdict"], "unfinished", run.out)
        self.assertIn("search.budget ended before its last answers", words(run))
        begins = [e["at"] for e in run.of("phase") if e["event"] == "begin"]
        ends = [a["times"]["end"] for a in run.attempts]
        self.assertLess(max(ends) - min(begins), 3.55 * rig.NS)

    def test_a_search_with_a_budget_of_time_can_be_interrupted(self):
        where = rig.fresh()
        process = rig.start("run", rig.scenario(scenario(LIMITED, budget="60s")), "--out", where)
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        done = rig.finish(process, 20)
        run = rig.Run(where, done)
        self.assertEqual(done.code, 130, done.err)
        self.assertEqual(run.json["searches"][0]["end"], "open")
        self.assertIn("it was stopped", words(run))
        self.same_again(run)

    def test_the_plan_tells_what_a_budget_of_time_is_good_for(self):
        def plan(**more):
            file = rig.scenario(scenario(LIMITED, **more))
            return (json.loads(rig.tokdyno("validate", file, "--format", "json").out),
                    rig.tokdyno("validate", file).out)

        free, text = plan()
        self.assertFalse(free["search"]["may_stay_open"])
        self.assertNotIn("the search may end", text)
        short, text = plan(budget="8s")
        self.assertTrue(short["search"]["may_stay_open"])
        self.assertLessEqual(short["search"]["time_ns"], 8 * rig.NS)
        self.assertLess(short["search"]["probes_most"], free["search"]["probes_most"])
        self.assertEqual(short["search"]["unbound_time_ns"], free["search"]["time_ns"])
        self.assertLess(short["requests"], free["requests"])
        self.assertIn("the search may end", text)
        # What was foreseen holds.
        run, found = search("limited")
        self.undisturbed(found)
        self.assertLessEqual(len(found["probes"]), free["search"]["probes_most"] + 3, run.out)

    def test_the_number_of_probes_is_a_budget(self):
        run, found = search("two probes")
        self.assertEqual(len(found["probes"]), 2, run.out)
        self.assertEqual(found["end"], "open")

    def test_cells_and_trials_each_search(self):
        run, _ = search("cells")
        self.assertEqual(len(run.json["searches"]), 4, run.err)
        self.assertEqual([c["searches"] for c in run.json["capacity"]], [2, 2])

    def test_a_scenario_can_be_run_again_as_it_was_resolved(self):
        run, _ = search("one probe")
        again = rig.tokdyno("validate", run.file("scenario.yaml"), "--format", "json")
        self.assertEqual(again.code, 0, again.err)
        self.assertGreater(json.loads(again.out)["requests"], 0)

    def test_check_leaves_the_objectives_of_a_search_to_the_search(self):
        run, _ = search("one probe")
        done = rig.tokdyno("check", run.dir, "--slo", "error_rate < 50%", "--format", "json")
        self.assertNotIn("p90", done.out)


if __name__ == "__main__":
    unittest.main()
