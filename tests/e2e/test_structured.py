"""JSON mode and schemas: what comes is checked, what fails is told apart, and nothing is kept."""

import json
import unittest

import rig
from joined import Joined

SCHEMA = {"type": "object", "additionalProperties": False, "required": ["city", "celsius"],
          "properties": {"city": {"type": "string", "minLength": 1},
                         "celsius": {"type": "number", "minimum": -90},
                         "sky": {"enum": ["clear", "cloud"]}}}


def by_schema(strict=False, schema=None):
    return {"type": "json_schema",
            "json_schema": {"name": "weather", "strict": strict, "schema": schema or SCHEMA}}


def example(name):
    with open(rig.path(f"tests/wire/structured/{name}"), "rb") as f:
        return f.read()


class Structured(unittest.TestCase):
    def run_sim(self, sim, response_format, more=None, codes=rig.FINE, **request):
        run = rig.run(rig.merged({
            "target": {"sim": ["--seed", "5", "--output-median", "40", *sim]},
            "request": {"body": {"model": "openai/gpt-oss-20b", "max_completion_tokens": 2000,
                                 "reasoning_effort": "low", "response_format": response_format},
                        **request},
            "load": [{"name": "steady", "concurrency": 8, "requests": 60}]}, more or {}))
        self.assertIn(run.code, codes, run.err)
        at_responses = (more or {}).get("request", {}).get("endpoint") == "responses"
        self.assertEqual(Joined(run, run.truth(), at_responses).wrong, [])
        return run

    def rate(self, run, name):
        return run.json["cells"][0]["measured"]["rates"].get(name, {}).get("value")

    def forms(self, run):
        return run.json["cells"][0]["measured"].get("forms")

    def test_answers_that_fit_are_valid_streamed_and_not(self):
        for stream in True, False:
            for response_format in {"type": "json_object"}, by_schema():
                with self.subTest(stream=stream, format=response_format["type"]):
                    run = self.run_sim([], response_format, stream=stream)
                    self.assertEqual(self.forms(run), {"valid": 60})
                    self.assertEqual(self.rate(run, "json_invalid_rate"), 0)
                    self.assertEqual(self.rate(run, "json_failed_rate"), 0)

    def test_the_responses_endpoint_asks_for_it_in_words_of_its_own(self):
        words = {"request": {"endpoint": "responses", "body": {
            "response_format": None,
            "text": {"format": {"type": "json_schema", "name": "weather", "schema": SCHEMA}}}}}
        run = self.run_sim(["--json-invalid", "0.5"], None, words)
        forms = self.forms(run)
        self.assertEqual(set(forms), {"valid", "not_json", "off_schema"})
        run = self.run_sim([], None, rig.merged(words, {
            "request": {"body": {"max_completion_tokens": 30}}}))
        self.assertTrue(self.forms(run)["cut_off"])

    def test_answers_that_do_not_fit_are_no_errors_but_are_counted(self):
        run = self.run_sim(["--json-invalid", "0.5"], by_schema())
        forms = self.forms(run)
        bad = forms.get("not_json", 0) + forms.get("off_schema", 0)
        self.assertEqual(bad + forms["valid"], 60)
        self.assertTrue(forms["not_json"] and forms["off_schema"], forms)
        self.assertTrue(12 <= bad <= 48, forms)
        self.assertEqual(self.rate(run, "json_invalid_rate"), round(1e6 * bad / 60))
        self.assertEqual({a["outcome"] for a in run.attempts}, {"ok"})
        self.assertEqual([a["form"] == "valid" for a in run.attempts].count(False), bad)

    def test_strict_decoding_cannot_leave_the_schema(self):
        run = self.run_sim(["--json-invalid", "1", "--json-failed", "1"], by_schema(strict=True))
        self.assertEqual(self.forms(run), {"valid": 60})

    def test_what_the_server_refuses_is_an_error_streamed_and_not(self):
        for stream, outcome in (True, "partial"), (False, "generation"):
            with self.subTest(stream=stream):
                run = self.run_sim(["--json-failed", "0.5"], by_schema(), stream=stream)
                forms = self.forms(run)
                self.assertEqual(set(forms), {"valid", "json_failed"})
                self.assertTrue(12 <= forms["json_failed"] <= 48, forms)
                self.assertEqual(self.rate(run, "json_failed_rate"),
                                 round(1e6 * forms["json_failed"] / 60))
                failed = [a for a in run.attempts if a["form"] == "json_failed"]
                self.assertEqual({a["outcome"] for a in failed}, {outcome})
                self.assertEqual({a["error_code"] for a in failed}, {"json_validate_failed"})
                self.assertIn("json_validate_failed", run.out)

    def test_a_budget_that_ends_first_is_told_apart(self):
        run = self.run_sim([], by_schema(), {"request": {"body": {"max_completion_tokens": 8}}})
        self.assertEqual(self.forms(run), {"cut_off": 60})

    def test_free_text_is_asked_nothing(self):
        run = self.run_sim([], {"type": "text"})
        self.assertIsNone(self.forms(run))
        for a in run.attempts:
            self.assertNotIn("form", a)
        self.assertNotIn("JSON:", run.out)

    def test_answers_of_the_reference_are_what_they_are(self):
        request = json.loads(example("request.json"))
        cases = {"stream.sse": "valid", "off-schema.sse": "off_schema", "not-json.sse": "not_json",
                 "cut-off.sse": "cut_off", "failed.sse": "json_failed", "whole.json": "valid"}
        for name, form in cases.items():
            kind = b"text/event-stream" if name.endswith(".sse") else b"application/json"
            answer = (b"HTTP/1.1 200 OK\r\nContent-Type: " + kind +
                      b"\r\nConnection: close\r\n\r\n" + example(name))
            with self.subTest(name), rig.Listener(answer) as server:
                run = rig.run({
                    "target": {"base_url": server.url},
                    "workload": {"input_tokens": None, "messages": request["messages"]},
                    "request": {"body": {"model": request["model"], "max_completion_tokens": 256,
                                         "response_format": request["response_format"]}},
                    "load": [{"name": "steady", "concurrency": 1, "requests": 1}]})
                self.assertEqual([a["form"] for a in run.attempts], [form])
                sent = json.loads(server.received[0].partition(b"\r\n\r\n")[2])
                self.assertEqual(sent, request)
                for kept in "requests.jsonl", "run.json":
                    self.assertNotIn("<ZH>".encode(), run.read(kept))

    def test_a_keyword_that_nobody_checks_is_named_before_the_run(self):
        schema = rig.merged(SCHEMA, {"properties": {"city": {"pattern": "^[A-Z]"}}})
        file = rig.scenario({"request": {"body": {"response_format": by_schema(schema=schema)}}})
        done = rig.tokdyno("validate", file)
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("not checked for what the schema says with pattern", done.out)
        file = rig.scenario({"request": {"body": {"response_format": by_schema()}}})
        self.assertNotIn("not checked", rig.tokdyno("validate", file).out)

    def test_an_objective_can_hold_the_rates(self):
        run = self.run_sim(["--json-invalid", "1"], by_schema(),
                           {"slo": ["json_invalid_rate < 5%", "json_failed_rate < 50%"]},
                           codes=(1, 3))
        self.assertEqual([s["verdict"] for s in run.json["slos"]], ["fail", "pass"])

    def test_the_shipped_scenario_compares_the_constraint_with_free_text(self):
        directory = rig.fresh()
        done = rig.tokdyno("run", rig.path("scenarios/structured-outputs.yaml"), "--out", directory,
                           "--set", "load.warmup.duration=200ms", "--set", "load.steady.duration=2s",
                           "--set", "repeat=1", "--seed", "11", timeout=90)
        self.assertIn(done.code, rig.FINE, done.err)
        run = rig.Run(directory, done)
        cells = {c["name"]: c["measured"] for c in run.json["cells"]}
        self.assertEqual(set(cells), {f"response_format={name}" for name in (
            "text", "json_object", "json_schema", "json_schema-4")})
        self.assertNotIn("forms", cells["response_format=text"])
        self.assertEqual(set(cells["response_format=json_schema-4"]["forms"]), {"valid"})
        head = done.out[:done.out.index("steady")]
        for said in "What does it cost", "bad JSON", "json_validate_failed", "json_schema-4":
            self.assertIn(said, head)
        decode = {}
        for a in run.attempts:
            if a["outcome"] == "ok":
                decode.setdefault(a["cell"], []).append(
                    a["server"]["completion"] / a["tokens"]["completion"])
        mean = {cell: sum(v) / len(v) for cell, v in decode.items()}
        for cell in 1, 2, 3:  # nine tenths of the speed
            self.assertAlmostEqual(mean[cell] / mean[0], 1 / 0.9, delta=0.06)


if __name__ == "__main__":
    unittest.main()
