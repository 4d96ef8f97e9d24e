"""Service tiers: who answered, who refused, and what may be expected of each."""

import unittest

import rig

TIERS = ["on_demand", "flex", "auto", "performance"]


def tiers(*sim, **changes):
    """120 requests a tier at once; on_demand has a limit of 60 a minute, flex ten times that."""
    return rig.run(rig.merged({
        "target": {"plan": "developer",
                   "sim": ["--plan", "developer", "--limit", "rpm=60,tpm=10M", *sim]},
        "request": {"body": {"model": "openai/gpt-oss-20b", "reasoning_effort": "low"}},
        "matrix": {"service_tier": TIERS},
        "load": [{"name": "steady", "rate": "60/s", "duration": "2s", "arrival": "even"}],
    }, changes))


def by_tier(run):
    return {cell["service_tier"]: cell for cell in run.json["cells"]}


def answered(cell):
    return {label["name"]: label["n"] for label in cell["labels"]["tier"]}


class Tiers(unittest.TestCase):
    def test_each_tier_refuses_falls_back_and_answers_in_its_own_way(self):
        run = tiers("--flex-498", "0.2")
        self.assertIn(run.code, rig.FINE, run.err)
        cells = by_tier(run)

        self.assertEqual(set(answered(cells["on_demand"])), {"on_demand"})
        self.assertGreater(cells["on_demand"]["measured"]["outcomes"]["rate_limited"]["attempts"],
                           40)
        self.assertEqual(set(answered(cells["flex"])), {"flex"})
        self.assertGreater(cells["flex"]["measured"]["outcomes"]["capacity"]["attempts"], 5)
        self.assertNotIn("rate_limited", cells["flex"]["measured"]["outcomes"])
        self.assertIn("flex", answered(cells["auto"]))
        self.assertGreater(cells["auto"]["measured"]["rates"]["tier_fallback_rate"]["value"],
                           300000)
        self.assertEqual(answered(cells["performance"]), {"performance": 120})

    def test_the_truth_log_and_the_journal_agree_on_the_tier_that_answered(self):
        run = tiers()
        for attempt, truth in rig.join(run, run.truth()):
            if attempt["outcome"] == "ok":
                self.assertEqual(attempt["tier"], truth["tier"])

    def test_the_report_holds_each_tier_against_its_targets(self):
        run = tiers("--flex-498", "0.4")
        verdicts = {(tier, t["rate"]): t["verdict"] for tier, cell in by_tier(run).items()
                    for t in cell["tier_targets"]}
        self.assertEqual(verdicts["flex", "first_error_rate"], "alert")
        self.assertEqual(verdicts["on_demand", "error_rate"], "alert")
        self.assertEqual(verdicts["performance", "error_rate"], "no data")  # 120 prove nothing
        section = run.out[run.out.index("Service tiers"):]
        self.assertIn("needed a retry: < 5", section)
        self.assertRegex(section, r"auto +(on_demand|flex) \d")

    def test_retries_repair_a_refusal_and_do_not_hide_it(self):
        run = tiers("--flex-498", "0.3", matrix={"service_tier": ["flex"]},
                    retry={"policy": "respectful"})
        flex = by_tier(run)["flex"]
        rates = flex["measured"]["rates"]
        self.assertGreater(rates["retry_rate"]["value"], 150000)
        self.assertLess(rates["error_rate"]["value"], rates["first_error_rate"]["value"])
        self.assertEqual([t["verdict"] for t in flex["tier_targets"]
                          if t["rate"] == "first_error_rate"], ["alert"])

    def test_a_free_plan_has_no_other_tier(self):
        run = rig.run({"target": {"sim": ["--plan", "free"]},
                       "request": {"body": {"service_tier": "flex"}}})
        self.assertEqual(set(run.json["cells"][0]["measured"]["outcomes"]), {"bad_request"})

    def test_a_run_of_the_ordinary_tier_says_nothing_of_tiers(self):
        run = rig.run()
        self.assertNotIn("Service tiers", run.out)


if __name__ == "__main__":
    unittest.main()
