"""The Responses API end to end: typed events against the truth log, faults, refusals."""

import functools
import json
import unittest

import rig
import test_faults

OSS, LLAMA = "openai/gpt-oss-20b", "llama-3.1-8b-instant"
TOOLS = [{"type": "function", "name": "get_weather", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}}}]
RESPONSES = {"request": {"endpoint": "responses", "include_usage": None,
                         "body": {"model": LLAMA, "max_completion_tokens": None,
                                  "max_output_tokens": 40}}}

# Where the answer to a fault is not that of a chat stream: what comes behind the event that
# ends a response is not looked at.
OTHERWISE = {"error-last": "ok"}


def with_responses(*changes):
    return functools.reduce(rig.combined, changes, RESPONSES)


class Truth(unittest.TestCase):
    """Two models, one that reasons, streamed; each attempt against what the simulator did."""

    @classmethod
    def setUpClass(cls):
        with rig.Sim("--seed", "12", "--plan", "developer") as sim:
            cls.run_ = rig.run(with_responses({
                "target": {"base_url": sim.url, "id_header": True},
                "matrix": {"model": [LLAMA, OSS]},
                "request": {"body": {"model": None, "max_output_tokens": 4000}},
                "load": [{"name": "steady", "rate": "15/s", "duration": "2s",
                          "arrival": "even"}]}), "--seed", "12")
            cls.truth = sim.truth()
        cls.pairs = rig.join(cls.run_, cls.truth)
        cls.t0 = cls.run_.head["t0_mono_ns"]

    def since(self, frame):
        return frame.sent - self.t0

    def test_every_attempt_is_in_the_truth_and_went_well(self):
        self.assertIn(self.run_.code, rig.FINE, self.run_.err)
        self.assertEqual(len(self.pairs), 60)
        self.assertEqual({a["outcome"] for a, _ in self.pairs}, {"ok"})

    def test_frames_are_those_that_hold_output(self):
        for a, t in self.pairs:
            self.assertEqual(a["frames"], len(t["output"]), (a, t))

    def test_moments_are_those_of_their_frames(self):
        reasoned = 0
        for a, t in self.pairs:
            times, output = a["times"], t["output"]
            thought = [f for f in output if f.kind == "reasoning"]
            text = [f for f in output if f.kind == "content"]
            self.assertGreaterEqual(times["role"], self.since(t["frames"][0]))
            self.assertGreaterEqual(times["first"], self.since(output[0]))
            self.assertGreaterEqual(times["answer"], self.since(text[0]))
            self.assertEqual("reasoning" in times, bool(thought))
            if thought:
                reasoned += 1
                self.assertEqual(times["reasoning"], times["first"])
                self.assertGreaterEqual(times["answer"], times["reasoning"])
            # the frame of the answer is the one behind the thoughts
            at = [times["first"] // 1000]
            for gap in a["gaps"]:
                at.append(at[-1] + gap)
            self.assertEqual(times["answer"] // 1000, at[len(thought)])
        self.assertEqual(reasoned, 30)

    def test_usage_is_what_was_generated_and_tells_no_times(self):
        for a, t in self.pairs:
            for name in "prompt", "cached", "completion":
                self.assertEqual(a["tokens"].get(name), t.get(f"{name}_tokens"))
            self.assertEqual(a["tokens"].get("reasoning", 0), t["reasoning_tokens"])
            self.assertNotIn("server", a)
            self.assertEqual(a["tier"], "default")
            self.assertIn(a["finish"], ("completed", "max_output_tokens"))
            self.assertGreater(a["cost"], 0)

    def test_the_report_tells_the_way_to_the_answer(self):
        self.assertIn("Reasoning, medians", self.run_.out)
        told = self.run_.json["cells"][1]
        self.assertGreater(json.dumps(told).count("ttf_reasoning"), 0)


class Answers(unittest.TestCase):
    def run_with(self, *changes, sim=()):
        run = rig.run(with_responses({"target": {"sim": list(sim)}}, *changes))
        self.assertIn(run.code, rig.FINE, run.err)
        return run.attempts

    def test_in_one_piece(self):
        for a in self.run_with({"request": {"stream": False, "body": {
                "model": OSS, "max_output_tokens": 4000}}}):
            self.assertEqual(a["outcome"], "ok")
            self.assertGreater(a["tokens"]["reasoning"], 0)
            for moment in "role", "first", "reasoning", "answer", "last":
                self.assertNotIn(moment, a["times"])

    def test_calls_of_functions_are_answers(self):
        for stream in True, False:
            with self.subTest(stream=stream):
                for a in self.run_with({"request": {"stream": stream, "body": {
                        "model": OSS, "tools": TOOLS, "tool_choice": "required",
                        "max_output_tokens": 4000}}}):
                    self.assertEqual((a["outcome"], a["finish"]), ("ok", "completed"))
                    self.assertNotIn("answer", a["times"])
                    self.assertEqual("first" in a["times"], stream)

    def test_a_budget_that_ends_within_the_thoughts_is_an_empty_answer(self):
        for a in self.run_with({"request": {"body": {"model": OSS, "max_output_tokens": 6}}}):
            self.assertEqual((a["outcome"], a["finish"]), ("empty", "max_output_tokens"))
            self.assertEqual(a["tokens"]["reasoning"], 6)
            self.assertIn("reasoning", a["times"])
            self.assertNotIn("answer", a["times"])

    def test_streams_may_end_with_the_mark_of_chat(self):
        for a in self.run_with({"request": {"body": {"max_output_tokens": 4000}}},
                               sim=["--response-done"]):
            self.assertEqual((a["outcome"], a["finish"]), ("ok", "completed"))

    def test_the_request_on_the_wire_is_that_of_the_reference(self):
        line, sent = rig.sent_on_the_wire(with_responses({"request": {"body": {
            "model": OSS, "max_output_tokens": 64, "reasoning": {"effort": "low"},
            "store": False}}}))
        self.assertEqual(line, "POST /v1/responses HTTP/1.1")
        self.assertEqual(sent, rig.wire_example("responses/request.json"))

    def test_the_names_of_chat_are_translated(self):
        _, sent = rig.sent_on_the_wire(with_responses({"request": {"body": {
            "model": OSS, "max_output_tokens": None, "max_completion_tokens": 64,
            "reasoning_effort": "low", "store": False}}}))
        self.assertEqual(sent, rig.wire_example("responses/request.json"))

    def test_what_is_not_supported_is_refused_with_400(self):
        for key, value in (("previous_response_id", "resp_1"), ("store", True),
                           ("truncation", "auto"), ("include", ["x"]),
                           ("safety_identifier", "a"), ("prompt_cache_key", "a")):
            with self.subTest(key):
                run = rig.run(with_responses({
                    "request": {"body": {key: value}},
                    "load": [{"name": "steady", "concurrency": 1, "requests": 1}]}))
                a, = run.attempts
                self.assertEqual((a["outcome"], a["status"]), ("bad_request", 400))
                self.assertIn(f"`{key}` is not supported", a["error"])

    def test_the_null_target_answers_it(self):
        for stream in True, False:
            with self.subTest(stream=stream):
                run = rig.run(with_responses({"target": {"base_url": "null:"},
                                              "request": {"stream": stream}}))
                self.assertIn(run.code, rig.FINE, run.err)
                self.assertEqual({a["outcome"] for a in run.attempts}, {"ok"})


class Faults(unittest.TestCase):
    def test_each_ends_in_its_outcome(self):
        self.assertLessEqual(set(OTHERWISE), set(test_faults.WANT))
        with rig.Sim("--seed", "5") as sim:
            want = dict(test_faults.WANT, **OTHERWISE)
            for fault, done in rig.side_by_side(lambda fault: self.one(sim, fault), want):
                with self.subTest(fault):
                    self.ends_in(done(), want[fault])

    def one(self, sim, fault):
        return rig.run(rig.merged(test_faults.QUICK, with_responses({
            "target": {"base_url": sim.url, "headers": [f"x-sim-fault: {fault}"]},
            "request": {"body": {"max_output_tokens": 12}}})), timeout=30)

    def ends_in(self, run, outcome):
        self.assertIn(run.code, (0, 3, 4), run.err)
        for a in run.attempts:
            self.assertIn(a["outcome"], outcome.split(), a)
        self.assertEqual(run.lines[-1]["t"], "end")


class Scenario(unittest.TestCase):
    def test_the_shipped_one_sets_both_endpoints_side_by_side(self):
        run = rig.run(None, "--set", "repeat=1", "--set", "load.warmup.duration=300ms",
                      "--set", "load.steady.duration=3s",
                      file=rig.path("scenarios/responses.yaml"))
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual({a["outcome"] for a in run.attempts}, {"ok"})
        first_screen = "\n".join(run.out.splitlines()[:40])
        self.assertIn("Is the Responses API as fast as chat completions", first_screen)
        self.assertIn("first event", first_screen)
        for endpoint in "chat", "responses":
            self.assertRegex(first_screen, rf"(?m)^ *{endpoint}\b|endpoint={endpoint}")


if __name__ == "__main__":
    unittest.main()
