"""Rate limits, retries, budgets: what was refused, what waited and for what, where it stopped."""

import collections
import unittest

import audit
import rig
from joined import Joined

MS = 10 ** 6
BASE = rig.merged(rig.BASE, {
    "load": [{"name": "steady", "rate": "30/s", "duration": "1s"}],
    "limits": {"drain": "20s"}, "timeout": {"first": "20s", "total": "30s"},
})


def sim(*flags):
    return {"target": {"sim": list(flags)}}


def outcomes(run):
    return collections.Counter(a["outcome"] for a in run.attempts)


class Case(unittest.TestCase):
    def run_of(self, *changes, codes=rig.FINE):
        merged = BASE
        for change in changes:
            merged = rig.merged(merged, change)
        run = rig.run(None, "--seed", "4", file=rig.scenario(base=merged))
        self.assertIn(run.code, codes, run.err)
        self.assertEqual(Joined(run, run.truth()).wrong, [])
        self.assertEqual(audit.Audit(run).differences(), [])
        self.books(run)
        return run

    def books(self, run):
        """due -> ready is the sum of its causes; a retry holds since the first was ready."""
        tries = collections.defaultdict(list)
        for a in sorted(run.attempts, key=lambda a: a["try"]):
            tries[a["req"]].append(a)
            if "ready" in a["times"]:
                self.assertEqual(a["times"]["ready"] - a["times"]["due"],
                                 sum(a.get("held", {}).values()), a)
        for attempts in tries.values():
            self.assertEqual([a["try"] for a in attempts], list(range(1, len(attempts) + 1)))
            self.assertEqual([bool(a.get("final")) for a in attempts],
                             [False] * (len(attempts) - 1) + [True])
            self.assertEqual(len({a["times"]["due"] for a in attempts}), 1)
            self.assertNotIn("retry", attempts[0].get("held", {}))

    def waits(self, run):
        """(the attempt that failed, how long the next one waited behind it)"""
        by_id = {rig.request_id(a): a for a in run.attempts}
        for a in run.attempts:
            nxt = by_id.get(f"{a['req']}.{a['try'] + 1}")
            if nxt and "ready" in nxt["times"]:
                yield a, (nxt["held"]["retry"] - a.get("held", {}).get("retry", 0) -
                          (a["times"]["end"] - a["times"]["ready"]))


class Refused(Case):
    RPM = sim("--limit", "rpm=15", "--speed", "20")

    def test_a_refusal_names_its_limit_and_when_to_come_back(self):
        for kind, flags in (("RPM", ["--limit", "rpm=20"]), ("TPM", ["--limit", "tpm=1000"])):
            run = self.run_of(sim(*flags))
            refused = [a for a in run.attempts if a["outcome"] == "rate_limited"]
            self.assertGreater(len(refused), 3)
            self.assertEqual({a["limit_kind"] for a in refused}, {kind})
            self.assertTrue(all(a["retry_after"] > 0 for a in refused))
            self.assertTrue(all(a.get("final") for a in refused))
            rates = run.json["cells"][0]["measured"]["rates"]
            self.assertEqual(rates["error_rate"], rates["first_error_rate"])
            self.assertEqual(rates["retry_rate"]["value"], 0)

    def test_who_respects_waits_as_long_as_told_and_a_little_more(self):
        run = self.run_of(self.RPM, {"retry": {"policy": "respectful"}})
        waits = list(self.waits(run))
        self.assertTrue(waits)
        for a, wait in waits:
            self.assertGreaterEqual(wait, a["retry_after"])
            self.assertLessEqual(wait, a["retry_after"] * 1.1 + 1)
        rates = run.json["cells"][0]["measured"]["rates"]
        self.assertLess(rates["error_rate"]["value"], rates["first_error_rate"]["value"])

    def test_the_libraries_obey_retry_after_and_give_up_after_two(self):
        run = self.run_of(self.RPM, sim("--limit", "rpm=15", "--speed", "20",
                                        "--fault", "500=0.3"), {"retry": {"policy": "sdk"}})
        kinds = set()
        for a, wait in self.waits(run):
            told = a.get("retry_after", 0)
            kinds.add(bool(told))
            if told:
                self.assertEqual(wait, told)
            else:
                base = 500 * MS * 2 ** (a["try"] - 1)
                self.assertTrue(0.75 * base <= wait <= base, (a, wait))
        self.assertEqual(kinds, {True, False})
        self.assertLessEqual(max(a["try"] for a in run.attempts), 3)

    def test_flex_without_capacity(self):
        flex = sim("--flex-498", "0.4"), {"request": {"body": {"service_tier": "flex"}}}
        run = self.run_of(*flex)
        self.assertEqual(set(outcomes(run)), {"ok", "capacity"})
        self.assertEqual({a["status"] for a in run.attempts if a["outcome"] == "capacity"}, {498})
        run = self.run_of(*flex, {"retry": {"policy": "respectful", "max": 2}})
        rates = run.json["cells"][0]["measured"]["rates"]
        self.assertLess(rates["error_rate"]["value"], rates["first_error_rate"]["value"] / 2)
        self.assertGreater(rates["retry_rate"]["value"], 250_000)


class Paced(Case):
    PACED = {"limits": {"pace_to_rate_limits": True, "drain": "3s"}}

    def paced(self, *changes):
        run = self.run_of(self.PACED, *changes)
        self.assertLessEqual(outcomes(run)["rate_limited"], 1)
        held = [a["held"]["pacing"] for a in run.attempts if "pacing" in a.get("held", {})]
        self.assertGreater(sum(held), 100 * MS)
        self.assertGreater(run.json["cells"][0]["measured"]["metrics"]["held_pacing"]["max"], 0)
        return run

    def test_by_the_catalogue(self):
        self.paced(sim("--plan", "free"), {
            "target": {"plan": "free"},
            "load": [{"name": "steady", "rate": "60/s", "duration": "1s"}]})

    def test_by_what_the_headers_say_when_it_is_less_for_any_number_of_threads(self):
        """The first 300 find 20k tokens, then these come back at 333 a second: for 5 more."""
        for threads in 1, 2:
            run = self.paced(sim("--limit", "tpm=20k,rpm=100k,rpd=100k"), {
                "target": {"plan": "developer"}, "connection": {"threads": threads},
                "load": [{"name": "steady", "rate": "300/s", "duration": "1200ms"}],
                "limits": {"drain": "1500ms"}})
            self.assertGreater(outcomes(run)["cut"], 20)


class Budget(Case):
    def test_it_stops_in_time_whatever_is_under_way(self):
        hard = {"connection": {"threads": 3}, "retry": {"policy": "sdk"}}, \
            sim("--fault", "503=0.2")
        for budget, spent in (({"requests": 17}, lambda run, sent: len(sent)),
                              ({"tokens": 1000}, lambda run, sent: sum(
                                  a["tokens"].get("total", 0) for a in sent)),
                              ({"cost": "$0.0001"}, lambda run, sent: sum(
                                  a.get("cost", 0) for a in sent))):
            for changes in ((), hard):
                with self.subTest(budget=budget, threads=3 if changes else 1):
                    run = self.run_of({"budget": budget}, *changes, codes=[5, 3])
                    self.assertEqual(run.json["state"], "budget")
                    self.assertEqual(run.json["end"]["detail"], list(budget)[0])
                    self.assertIn("ttft", run.out.lower())
                    sent = [a for a in run.attempts if "start" in a["times"]]
                    most = 100_000 if "cost" in budget else list(budget.values())[0]
                    self.assertLessEqual(spent(run, sent), most)
                    self.assertGreater(spent(run, sent), most * 0.75)
                    if "requests" in budget:
                        self.assertEqual(spent(run, sent), most)


if __name__ == "__main__":
    unittest.main()
