"""Guard models: the verdict is read, what is none is not taken for one."""

import unittest

import audit
import rig

GUARDS = ("meta-llama/llama-guard-4-12b", "meta-llama/llama-prompt-guard-2-22m",
          "meta-llama/llama-prompt-guard-2-86m")


def guard(model, changes=None):
    base = rig.merged(rig.BASE, {
        "request": {"endpoint": "guard", "body": {"model": model, "max_completion_tokens": 16}},
        "load": [{"name": "steady", "concurrency": 4, "requests": 60}]})
    return rig.run(None, "--seed", "9", file=rig.scenario(changes, base))


class Guard(unittest.TestCase):
    def test_verdicts_and_scores_of_each_guard_streamed_and_not(self):
        for model in GUARDS:
            for stream in True, False:
                with self.subTest(model=model, stream=stream):
                    run = guard(model, {"request": {"stream": stream}})
                    self.assertIn(run.code, rig.FINE, run.err)
                    self.assertEqual({a["outcome"] for a in run.attempts}, {"ok"})
                    flagged = [a["judgement"].get("flagged", 0) for a in run.attempts]
                    self.assertEqual(set(flagged), {0, 1})
                    scores = {a["judgement"].get("score") for a in run.attempts}
                    self.assertEqual(scores, {427, 998700} if "prompt" in model else {None})
                    rate = run.json["cells"][0]["measured"]["rates"]["flagged_rate"]["value"]
                    self.assertAlmostEqual(rate, 1e6 * sum(flagged) / 60, delta=1)
                    self.assertEqual(audit.Audit(run).differences(), [])
                    self.assertIn("flagged of 60", run.out)

    def test_a_model_that_talks_is_no_guard(self):
        run = guard("llama-3.1-8b-instant")
        self.assertEqual({a["outcome"] for a in run.attempts}, {"protocol"})
        self.assertIn("the answer is no verdict", run.attempts[0]["error"])
        self.assertNotIn("judgement", run.attempts[0])

    def test_prompt_guards_take_512_tokens(self):
        run = guard(GUARDS[1], {"workload": {"input_tokens": 800},
                                "load": [{"name": "one", "concurrency": 1, "requests": 2}]})
        self.assertEqual({a["error_code"] for a in run.attempts}, {"context_length_exceeded"})

    def test_the_shipped_scenario_answers_its_question(self):
        run = rig.run(None, "--set", "load.steady.duration=2s", "--set",
                      "load.warmup.duration=200ms", file="scenarios/guard.yaml")
        self.assertIn(run.code, (0, 1, 3), run.err)
        self.assertEqual(run.out.count("flagged of"), 3)
