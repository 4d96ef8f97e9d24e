"""Searches for the knee: a simulator of known capacity, a client of known limits."""

import json
import unittest

import rig

ALONE = True  # a rate is sought that the simulator carries

# Five tokens at 100 a second: 50 ms of service, four at a time, so 80 requests a second.
SERVICE = ["--queue-median", "0", "--queue-sigma", "0", "--prefill-base", "0", "--prefill-load",
           "0", "--prefill-tps", "1000000", "--tps", "100", "--tps-sigma", "0", "--jitter", "0",
           "--event-tokens", "1", "--burst", "1", "--output", "5"]
CAPACITY = 80
LIMITED = SERVICE + ["--capacity", "4"]
UNLIMITED = SERVICE + ["--capacity", "0"]

SEARCH = {"slo": "ttft p90 < 40ms", "from": "20/s", "to": "320/s", "settle": "300ms"}


def search(sim, changes=None, *flags, **more):
    load = {"duration": "1500ms", "arrival": "even", "search": {**SEARCH, **more}}
    return rig.run(rig.merged({"target": {"sim": sim}, "load": load}, changes or {}), *flags,
                   timeout=180)


def probes(run, n=0):
    return run.json["searches"][n]["probes"]


class Search(unittest.TestCase):
    def not_our_limit(self, run):
        """Whatever else happened: no rate that the server carries was called missed."""
        for probe in probes(run):
            if probe["verdict"] == "missed":
                self.assertGreater(probe["rate_millionths"], CAPACITY * 0.95e6, probe)

    def test_a_search_finds_the_capacity_of_the_simulator(self):
        run = search(LIMITED)
        self.assertIn(run.code, rig.FINE, run.err)
        self.not_our_limit(run)
        found = run.json["searches"][0]
        if found["end"] == "client-limited":
            self.skipTest("the machine was too busy to carry the load")
        self.assertEqual(found["end"], "found", run.out)
        self.assertLess(found["met_millionths"], CAPACITY * 1.08e6, run.out)
        self.assertGreater(found["missed_millionths"], CAPACITY * 0.97e6, run.out)
        capacity = run.json["capacity"][0]
        self.assertAlmostEqual(capacity["rate_millionths"] / 1e6, CAPACITY, delta=CAPACITY * 0.1)

    def test_the_journal_gives_the_same_answer_and_the_first_screen_tells_it(self):
        run = search(LIMITED, None, within="30%")
        again = rig.tokdyno("report", run.dir, "--format", "json")
        self.assertEqual(again.out.encode(), run.read("run.json"))
        self.assertEqual(rig.tokdyno("report", run.dir).out, run.out)
        answer = run.out[run.out.index("Answer: "):].split(":")[1].strip()[:20]
        self.assertIn(answer, rig.tokdyno("report", run.dir, "--format", "md").out)
        screen = run.out.splitlines()[:24]
        self.assertTrue(any(line.startswith("Answer: ") for line in screen), run.out)
        self.assertTrue(any("The curve" in line for line in screen), run.out)

    def test_each_probe_is_a_phase_of_its_own_that_begins_when_the_last_has_drained(self):
        run = search(LIMITED, None, within="30%")
        names = [phase["name"] for phase in run.head["phases"]]
        begins = [e for e in run.of("phase") if e["event"] == "begin"]
        for begin, probe in zip([b for b in begins if not names[b["phase"]].endswith("settle")],
                                probes(run)):
            self.assertEqual(names[begin["phase"]], probe["phase"])
            self.assertEqual(begin["rate_millionths"], probe["rate_millionths"])
            mine = [a for a in run.attempts if a["phase"] == begin["phase"]]
            self.assertAlmostEqual(len(mine), probe["rate_millionths"] / 1e6 * begin["duration"]
                                   / rig.NS, delta=2)
            for a in run.attempts:
                if a["phase"] < begin["phase"] - 1:
                    self.assertLess(a["times"]["end"], begin["at"])

    def test_what_the_client_cannot_carry_is_invalid_and_never_the_servers_limit(self):
        # Two at a time, 50 ms each: no more than 40 a second leave. The server would carry all.
        run = search(UNLIMITED, {"limits": {"in_flight": 2}})
        found = run.json["searches"][0]
        self.assertEqual(run.code, 3, run.err)
        self.assertEqual(found["end"], "client-limited", run.out)
        self.assertIsNone(found["missed_millionths"], run.out)
        self.assertIn("INVALID as a limit of the server", run.out)
        self.assertNotIn("missed", [p["verdict"] for p in probes(run)])
        self.assertLessEqual(found["met_millionths"], 42e6)

    def test_a_server_without_a_limit_is_told_as_that(self):
        run = search(UNLIMITED, None, to="60/s")
        found = run.json["searches"][0]
        if found["end"] == "client-limited":
            self.skipTest("the machine was too busy to carry the load")
        self.assertEqual(found["end"], "above", run.out)
        self.assertIn("no limit was found up to 60/s", run.out)

    def test_a_server_that_is_too_slow_from_the_beginning_is_told_as_that(self):
        run = search(["--queue-median", "200ms", "--queue-sigma", "0"])
        self.assertEqual(run.json["searches"][0]["end"], "below", run.out)

    def test_refusals_are_failures_and_so_misses(self):
        run = search(UNLIMITED + ["--fault", "503=20%"], None, slo="error_rate < 1%", to="40/s")
        self.assertEqual(run.json["searches"][0]["end"], "below", run.out)

    def test_a_budget_stops_a_search_that_tells_what_it_has(self):
        run = search(UNLIMITED, {"budget": {"requests": 150}})
        found = run.json["searches"][0]
        self.assertIn(run.code, (3, 5), run.err)  # 3: the machine was busy
        self.assertEqual(found["end"], "open")
        self.assertEqual(found["probes"][-1]["verdict"], "unfinished")
        again = rig.tokdyno("report", run.dir, "--format", "json")
        self.assertEqual(again.out.encode(), run.read("run.json"))

    def test_the_number_of_probes_is_a_budget(self):
        run = search(LIMITED, None, probes=2)
        self.assertEqual(len(probes(run)), 2)
        self.assertEqual(run.json["searches"][0]["end"], "open")

    def test_cells_and_trials_each_search(self):
        run = search(UNLIMITED, {"repeat": 2, "matrix": {"connection.threads": [1, 2]}},
                     to="40/s", probes=2)
        self.assertEqual(len(run.json["searches"]), 4, run.err)
        self.assertEqual([c["searches"] for c in run.json["capacity"]], [2, 2])

    def test_a_scenario_can_be_run_again_as_it_was_resolved(self):
        run = search(UNLIMITED, None, to="40/s", probes=1)
        again = rig.tokdyno("validate", run.file("scenario.yaml"), "--format", "json")
        self.assertEqual(again.code, 0, again.err)
        self.assertGreater(json.loads(again.out)["requests"], 0)

    def test_check_leaves_the_objectives_of_a_search_to_the_search(self):
        run = search(UNLIMITED, None, to="40/s", probes=1)
        done = rig.tokdyno("check", run.dir, "--slo", "error_rate < 50%", "--format", "json")
        self.assertNotIn("p90", done.out)


if __name__ == "__main__":
    unittest.main()
