"""Tool calls in one turn: counted, checked, and complete when their last piece has come."""

import json
import unittest

import rig
from joined import Joined

TOOLS = [{"type": "function", "function": {
    "name": name, "parameters": {
        "type": "object", "additionalProperties": False, "required": ["city"],
        "properties": {"city": {"type": "string"}}}}} for name in ("get_weather", "get_time")]


def example(name):
    with open(rig.path(f"tests/wire/tools/{name}"), "rb") as f:
        return f.read()


class Tools(unittest.TestCase):
    def run_sim(self, sim, more=None, **body):
        run = rig.run(rig.merged({
            "target": {"sim": ["--seed", "6", *sim]},
            "request": {"body": {"model": "llama-3.3-70b-versatile", "max_completion_tokens": 500,
                                 "tools": TOOLS, **body}},
            "load": [{"name": "steady", "concurrency": 4, "requests": 60}]}, more or {}))
        self.assertIn(run.code, rig.FINE, run.err)
        at_responses = (more or {}).get("request", {}).get("endpoint") == "responses"
        self.assertEqual(Joined(run, run.truth(), at_responses).wrong, [])
        return run

    def measured(self, run):
        return run.json["cells"][0]["measured"]

    def rate(self, run, name):
        return self.measured(run)["rates"].get(name, {}).get("value")

    def test_parallel_calls_are_counted_and_complete_with_the_last(self):
        run = self.run_sim(["--tool-calls", "3"])
        self.assertEqual({a["calls"] for a in run.attempts}, {3})
        self.assertEqual(self.measured(run)["forms"], {"called": 60})
        for a in run.attempts:
            self.assertEqual(a["frames"], 3)
            self.assertEqual(a["times"]["called"], a["times"]["last"])
            self.assertLessEqual(a["times"]["first"], a["times"]["called"])
            self.assertNotIn("answer", a["times"])
        # Frames that came in one segment have one stamp.
        self.assertTrue(any(a["times"]["first"] < a["times"]["called"] for a in run.attempts))
        for absent in "tps", "tpot":  # the first frame is not the first token
            self.assertNotIn(absent, self.measured(run)["metrics"])
        self.assertEqual(self.measured(run)["metrics"]["tool_call"]["n"], 60)
        self.assertEqual(self.measured(run)["metrics"]["tool_calls"]["mean"], 3)
        self.assertIn("median 3, at most 3 in an answer", run.out)

    def test_one_at_a_time_where_the_request_or_the_model_wants_it(self):
        run = self.run_sim(["--tool-calls", "3"], parallel_tool_calls=False)
        self.assertEqual({a["calls"] for a in run.attempts}, {1})
        run = self.run_sim(["--tool-calls", "3"], model="openai/gpt-oss-20b")
        self.assertEqual({a["calls"] for a in run.attempts}, {1})

    def test_calls_in_pieces_are_put_together(self):
        run = rig.run({
            "target": {"sim": ["--tool-calls", "2", "--fault", "tool-fragments=1"]},
            "request": {"body": {"model": "llama-3.3-70b-versatile", "max_completion_tokens": 500,
                                 "tools": TOOLS}},
            "load": [{"name": "steady", "concurrency": 2, "requests": 20}]})
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual(self.measured(run)["forms"], {"called": 20})
        for a, t in rig.join(run, run.truth()):
            self.assertEqual(a["calls"], 2)
            pieces = [f for f in t["output"] if f.kind == "tool"]
            self.assertEqual(a["frames"], len(pieces))
            self.assertGreater(len(pieces), 6)
            self.assertGreaterEqual(a["times"]["called"],
                                    pieces[-1].sent - run.head["t0_mono_ns"])

    def test_the_responses_endpoint_has_them_as_items_of_their_own(self):
        flat = [{"type": "function", **tool["function"]} for tool in TOOLS]
        for stream in True, False:
            with self.subTest(stream=stream):
                run = self.run_sim(["--tool-calls", "3"], {"request": {
                    "endpoint": "responses", "stream": stream}}, tools=flat)
                self.assertEqual({a["calls"] for a in run.attempts}, {3})
                self.assertEqual(self.measured(run)["forms"], {"called": 60})
                self.assertEqual("called" in run.attempts[0]["times"], stream)
                for absent in "tps", "tpot":  # calls come whole here as well
                    self.assertNotIn(absent, self.measured(run)["metrics"])

    def test_calls_in_pieces_are_put_together_at_the_responses_endpoint_too(self):
        flat = [{"type": "function", **tool["function"]} for tool in TOOLS]
        run = rig.run({
            "target": {"sim": ["--tool-calls", "2", "--fault", "tool-fragments=1"]},
            "request": {"endpoint": "responses", "body": {
                "model": "llama-3.3-70b-versatile", "max_output_tokens": 500, "tools": flat}},
            "load": [{"name": "steady", "concurrency": 2, "requests": 20}]})
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual(self.measured(run)["forms"], {"called": 20})
        for a, t in rig.join(run, run.truth()):
            self.assertEqual((a["calls"], a["frames"]), (2, len(t["output"])))
            self.assertGreater(a["frames"], 6)
        self.assertIn("tps", self.measured(run)["metrics"])

    def test_a_model_that_may_choose_answers_in_text_as_well(self):
        run = self.run_sim(["--tool-share", "0.5"])
        forms = self.measured(run)["forms"]
        self.assertEqual(set(forms), {"called", "not_called"})
        self.assertEqual(self.rate(run, "tool_call_share"), round(1e6 * forms["called"] / 60))
        for a in run.attempts:
            self.assertEqual(a["calls"], 1 if a["form"] == "called" else 0)
            self.assertEqual("called" in a["times"], a["form"] == "called")
        run = self.run_sim(["--tool-share", "0.5"], tool_choice="required")
        self.assertEqual(self.measured(run)["forms"], {"called": 60})

    def test_without_streaming_calls_are_counted_and_have_no_moment(self):
        run = self.run_sim(["--tool-calls", "2"], {"request": {"stream": False}})
        self.assertEqual({(a["calls"], a["form"]) for a in run.attempts}, {(2, "called")})
        for a in run.attempts:
            self.assertNotIn("called", a["times"])

    def test_what_the_server_refuses_is_an_error_of_its_own(self):
        run = self.run_sim(["--tool-wrong", "0.5"])
        forms = self.measured(run)["forms"]
        self.assertEqual(set(forms), {"called", "tool_failed"})
        self.assertEqual(self.rate(run, "tool_failed_rate"), round(1e6 * forms["tool_failed"] / 60))
        failed = [a for a in run.attempts if a["form"] == "tool_failed"]
        self.assertEqual({(a["outcome"], a["error_code"]) for a in failed},
                         {("generation", "tool_use_failed")})

    def test_wrong_calls_that_are_let_through_are_found(self):
        run = self.run_sim(["--tool-wrong", "1"], disable_tool_validation=True)
        forms = self.measured(run)["forms"]
        self.assertEqual(set(forms), {"wrong_tool", "wrong_arguments"})
        self.assertEqual(self.rate(run, "tool_invalid_rate"), 10 ** 6)
        self.assertEqual({a["outcome"] for a in run.attempts}, {"ok"})

    def test_answers_of_the_reference_are_what_they_are(self):
        request = json.loads(example("request.json"))
        cases = {"stream.sse": ("called", 1), "parallel.sse": ("called", 2),
                 "fragments.sse": ("called", 2), "undeclared.sse": ("wrong_tool", 1),
                 "arguments.sse": ("wrong_arguments", 1), "text.sse": ("not_called", 0)}
        for name, want in cases.items():
            answer = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                      b"Connection: close\r\n\r\n" + example(name))
            with self.subTest(name), rig.Listener(answer) as server:
                run = rig.run({
                    "target": {"base_url": server.url},
                    "workload": {"input_tokens": None, "messages": request["messages"]},
                    "request": {"body": {"max_completion_tokens": None, **{
                        key: request[key] for key in ("model", "tools", "tool_choice",
                                                      "parallel_tool_calls")}}},
                    "load": [{"name": "steady", "concurrency": 1, "requests": 1}]})
                self.assertEqual([(a["form"], a["calls"]) for a in run.attempts], [want])
                sent = json.loads(server.received[0].partition(b"\r\n\r\n")[2])
                self.assertEqual(sent, request)

    def test_the_shipped_scenario_answers_its_question(self):
        directory = rig.fresh()
        done = rig.tokdyno("run", rig.path("scenarios/tools.yaml"), "--out", directory,
                           "--set", "load.warmup.duration=200ms", "--set", "load.steady.duration=2s",
                           timeout=90)
        self.assertIn(done.code, rig.FINE, done.err)
        head = done.out[:done.out.index("steady")]
        for said in "How long until a tool can be called", "calls complete p50", "tool_use_failed":
            self.assertIn(said, head)
        for cell in rig.Run(directory, done).json["cells"]:
            self.assertGreater(cell["measured"]["metrics"]["tool_call"]["n"], 5)


if __name__ == "__main__":
    unittest.main()
