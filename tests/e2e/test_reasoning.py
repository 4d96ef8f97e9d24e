"""Reasoning end to end: wherever the thoughts go, the answer is told apart from them."""

import statistics
import unittest

import rig

OSS, QWEN = "openai/gpt-oss-20b", "qwen/qwen3.6-27b"

# model, fields of the body, are there thoughts, can they be seen
SHAPES = {
    "gpt-oss": (OSS, {}, True, True),
    "gpt-oss, not included": (OSS, {"include_reasoning": False}, True, False),
    "parsed": (QWEN, {"reasoning_format": "parsed"}, True, True),
    "raw": (QWEN, {"reasoning_format": "raw"}, True, True),
    "raw unless said": (QWEN, {}, True, True),
    "hidden": (QWEN, {"reasoning_format": "hidden"}, True, False),
    "no effort": (QWEN, {"reasoning_effort": "none"}, False, False),
}


def metric(run, name, cell=0):
    """A metric of the measured phases of a cell, as run.json tells it."""
    return run.json["cells"][cell]["measured"]["metrics"].get(name)


class Shapes(unittest.TestCase):
    def run_with(self, model, body, stream=True, **more):
        with rig.Sim("--seed", "4") as sim:
            run = rig.run(rig.merged({
                "target": {"base_url": sim.url, "id_header": True},
                "request": {"stream": stream,
                            "body": dict(body, model=model, max_completion_tokens=2000)},
                "load": [{"name": "steady", "concurrency": 2, "requests": 6}]}, more),
                "--seed", "4")
            truth = sim.truth()
        self.assertIn(run.code, rig.FINE, run.err)
        pairs = rig.join(run, truth)
        self.assertEqual(len(pairs), 6)
        return run, pairs

    def test_the_answer_begins_behind_the_last_thought(self):
        for name, done in rig.side_by_side(lambda name: self.run_with(*SHAPES[name][:2]), SHAPES):
            with self.subTest(name):
                run, pairs = done()
                _, _, thinks, seen = SHAPES[name]
                for a, t in pairs:
                    self.one(run, a, t, thinks, seen)

    def one(self, run, a, t, thinks, seen):
        times = a["times"]
        thoughts = [f for f in t["output"] if f.kind == "reasoning"]
        self.assertEqual(a["outcome"], "ok", a)
        self.assertEqual(a["tokens"]["reasoning"], t["reasoning_tokens"])
        self.assertEqual(a["tokens"]["reasoning"] > 0, thinks)
        self.assertEqual(bool(thoughts), seen)
        self.assertEqual("reasoning" in times, seen, a)
        if seen:
            self.assertEqual(times["reasoning"], times["first"])
        at = [times["first"] // 1000]
        for gap in a.get("gaps", []):
            at.append(at[-1] + gap)
        self.assertEqual(times["answer"] // 1000, at[len(thoughts)])
        said = next(f for f in t["output"] if f.kind == "content")
        self.assertGreaterEqual(times["answer"], said.sent - run.head["t0_mono_ns"])

    def test_requests_on_the_wire_are_those_of_the_reference(self):
        for name, body in {
                "gpt-oss": {"model": OSS, "reasoning_effort": "low", "include_reasoning": False,
                            "max_completion_tokens": 64},
                "qwen": {"model": "qwen/qwen3-32b", "reasoning_effort": "default",
                         "reasoning_format": "raw", "temperature": 0.6,
                         "max_completion_tokens": None}}.items():
            with self.subTest(name):
                line, sent = rig.sent_on_the_wire({"request": {"body": body}})
                self.assertEqual(line, "POST /v1/chat/completions HTTP/1.1")
                self.assertEqual(sent, rig.wire_example(f"reasoning/request-{name}.json"))

    def test_bodies_in_one_piece_have_tokens_and_no_moments(self):
        for name in "gpt-oss", "raw", "hidden":
            model, body, _, _ = SHAPES[name]
            with self.subTest(name):
                for a, t in self.run_with(model, body, stream=False)[1]:
                    self.assertEqual(a["outcome"], "ok")
                    self.assertEqual(a["tokens"]["reasoning"], t["reasoning_tokens"])
                    self.assertNotIn("reasoning", a["times"])

    def test_a_budget_that_ends_within_the_thoughts_is_an_empty_answer(self):
        for name in "gpt-oss", "raw", "hidden":
            model, body, _, seen = SHAPES[name]
            with self.subTest(name):
                run, pairs = self.run_with(model, body, request={
                    "body": {"max_completion_tokens": 8}})
                for a, _ in pairs:
                    self.assertEqual((a["outcome"], a["finish"]), ("empty", "length"))
                    self.assertEqual("reasoning" in a["times"], seen)
                    self.assertNotIn("answer", a["times"])
                self.assertIn("6 empty", run.out)


class Metrics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = rig.run(None, "--seed", "7", "--set", "matrix.model=[openai/gpt-oss-20b]",
                           "--set", "load.warmup.duration=300ms",
                           "--set", "load.steady.duration=4s",
                           file=rig.path("scenarios/reasoning.yaml"))

    def test_the_shipped_scenario_answers_on_its_first_screen(self):
        self.assertIn(self.run_.code, rig.FINE + (1,), self.run_.err)
        first_screen = "\n".join(self.run_.out.splitlines()[:40])
        self.assertIn("What does thinking cost", first_screen)
        self.assertIn("Reasoning, medians", first_screen)
        for word in "first event", "thinks for", "share", "tokens thought":
            self.assertIn(word, first_screen)

    def attempts(self, cell):
        measured = [i for i, p in enumerate(self.run_.head["phases"]) if p.get("measured")]
        return [a for a in self.run_.attempts if a["cell"] == cell and a["phase"] in measured]

    def test_more_effort_is_more_thought_and_a_later_answer(self):
        shares, waits, first = [], [], []
        for cell in range(3):
            good = [a for a in self.attempts(cell) if a["outcome"] == "ok"]
            shares.append(statistics.mean(a["tokens"]["reasoning"] / a["tokens"]["completion"]
                                          for a in good))
            waits.append(statistics.median(a["times"]["answer"] - a["times"]["reasoning"]
                                           for a in good))
        self.assertEqual(shares, sorted(shares))
        self.assertEqual(waits, sorted(waits))
        self.assertLess(shares[0] + 0.2, shares[2])

    def test_figures_of_the_report_are_those_of_the_attempts(self):
        for cell in range(3):
            good = [a for a in self.attempts(cell) if a["outcome"] == "ok"]
            told = metric(self.run_, "reasoning_tokens", cell)
            self.assertEqual(told["n"], len(good))
            self.assertAlmostEqual(told["mean"], statistics.mean(
                a["tokens"]["reasoning"] for a in good), delta=1 + told["mean"] / 500)
            told = metric(self.run_, "reasoning_time", cell)
            self.assertAlmostEqual(told["mean"], statistics.mean(
                a["times"]["answer"] - a["times"]["reasoning"] for a in good),
                delta=told["mean"] / 500)


class Formats(unittest.TestCase):
    def test_the_shipped_scenario_shows_the_silent_gap(self):
        run = rig.run(None, "--seed", "7", "--set", "load.warmup.duration=300ms",
                      "--set", "load.steady.duration=2s",
                      "--set", "matrix.reasoning_effort=[default]",
                      file=rig.path("scenarios/reasoning-format.yaml"))
        self.assertIn(run.code, rig.FINE, run.err)
        waits = []
        for cell in range(3):
            mine = [a for a in run.attempts if a["cell"] == cell and a["outcome"] == "ok"]
            waits.append(statistics.median(a["times"]["first"] - a["times"]["role"] for a in mine))
        parsed, raw, hidden = waits
        self.assertGreater(hidden, 10 * max(parsed, raw))


if __name__ == "__main__":
    unittest.main()
