"""Embeddings: not streamed, vectors and tokens a second, the price of what was read."""

import json
import unittest

import audit
import rig
from test_secrets import answer

NS = 10 ** 9
MODEL = {"model": "nomic-embed-text-v1_5", "max_completion_tokens": None}
REQUEST = {"endpoint": "embeddings", "stream": False, "include_usage": None, "body": MODEL}


def embed(changes=None, *flags, **more):
    base = rig.merged(rig.BASE, {"request": REQUEST})
    return rig.run(None, *flags, file=rig.scenario(changes, base), **more)


class Embeddings(unittest.TestCase):
    def test_vectors_and_tokens_are_counted_and_agree_with_the_simulator(self):
        run = embed({"request": {"inputs": 4}, "workload": {"input_tokens": 400},
                     "load": [{"name": "steady", "concurrency": 3, "requests": 60}]})
        self.assertIn(run.code, rig.FINE, run.err)
        pairs = rig.join(run, run.truth())
        self.assertEqual(len(pairs), 60)
        for a, t in pairs:
            self.assertEqual(a["outcome"], "ok")
            self.assertEqual(a["embedding"], {"vectors": 4, "dimensions": 768})
            self.assertEqual(a["tokens"]["prompt"], t["prompt_tokens"])
            self.assertNotIn("completion", a["tokens"])
            self.assertNotIn("first", a["times"])
        self.assertEqual(audit.Audit(run).differences(), [])

    def test_the_rates_are_what_the_journal_says(self):
        run = embed({"load": [{"name": "steady", "concurrency": 2, "requests": 40}]})
        measured = run.json["cells"][0]["measured"]
        phases = {p["event"]: p["at"] for p in run.of("phase")}
        end = max(a["times"]["end"] for a in run.attempts)
        seconds = (end - phases["begin"]) / NS
        vectors = sum(a["embedding"]["vectors"] for a in run.attempts)
        tokens = sum(a["tokens"]["prompt"] for a in run.attempts)
        rates = {k: v["value"] for k, v in measured["rates"].items() if v.get("value")}
        self.assertAlmostEqual(rates["vectors_per_s"] / 1000, vectors / seconds,
                               delta=0.02 * vectors / seconds)
        self.assertAlmostEqual(rates["embedded_tps"] / 1000, tokens / seconds,
                               delta=0.02 * tokens / seconds)
        self.assertIn("vectors/s", run.out)
        self.assertNotIn("\n    ttft", run.out)

    def test_tokens_are_priced_by_what_was_read(self):
        catalogue = rig.fresh("c.yaml")
        with open(catalogue, "w", encoding="utf-8") as f:
            f.write("models:\n  nomic-embed-text-v1_5: { kind: embedding, price: { input: $10 } }\n")
        run = embed({"target": {"catalogue": catalogue}})
        for a in run.attempts:
            self.assertEqual(a["cost"], a["tokens"]["prompt"] * 10_000)

    def test_what_is_sent_is_what_the_reference_shows(self):
        want = json.load(open(rig.path("tests/wire/embeddings/request.json"), encoding="utf-8"))
        body = json.dumps({"object": "list", "data": [{"index": 0, "embedding": [1, 0]},
                                                      {"index": 1, "embedding": [0, 1]}],
                           "usage": {"prompt_tokens": 9, "total_tokens": 9}}).encode()
        messages = [{"role": "user", "content": text} for text in want["input"]]
        with rig.Listener(answer(200, body)) as server:
            run = embed({"target": {"base_url": server.url},
                         "request": {"body": {"encoding_format": "float", "user": "tests"}},
                         "workload": {"input_tokens": None, "messages": messages},
                         "load": [{"name": "one", "concurrency": 1, "requests": 1}]})
            head, sent = server.received[0].split(b"\r\n\r\n", 1)
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertTrue(head.startswith(b"POST /v1/embeddings HTTP/1.1\r\n"), head)
        self.assertIn(b"Content-Type: application/json", head)
        self.assertEqual(json.loads(sent), want)
        self.assertEqual(run.attempts[0]["embedding"]["vectors"], 2)

    def test_faults_are_told_apart(self):
        want = {"429:1": "rate_limited", "500": "server", "401": "auth", "blocked": "blocked",
                "500-truncated": "server", "502": "overloaded", "413": "too_large",
                "reset": "transport", "truncated": "transport", "reset-head": "transport",
                "garbage": "protocol", "never": "timeout_first", "until-close": "ok",
                "drip:5": "ok", "split:7": "ok", "title-case": "ok"}

        def one(fault):
            return embed({"target": {"headers": [f"x-sim-fault: {fault}"]},
                          "timeout": {"first": "1s"},
                          "load": [{"name": "one", "concurrency": 1, "requests": 2}]})

        for fault, done in rig.side_by_side(one, want):
            with self.subTest(fault):
                run = done()
                self.assertEqual({a["outcome"] for a in run.attempts}, {want[fault]}, run.err)

    def test_a_stream_is_refused_before_anything_is_sent(self):
        run = embed({"request": {"stream": True}})
        self.assertEqual(run.code, 2)
        self.assertIn("request.stream: false", run.err)
        done = rig.tokdyno("validate", rig.scenario({"request": {"inputs": 3}}))
        self.assertEqual(done.code, 2)
        self.assertIn("request.inputs", done.err)

    def test_the_shipped_scenario_answers_its_question(self):
        run = rig.run(None, "--set", "load.steady.duration=1s", "--set",
                      "load.warmup.duration=200ms", file="scenarios/embeddings.yaml")
        self.assertIn(run.code, (0, 1, 3), run.err)
        self.assertIn("How many texts a second", run.out)
        self.assertEqual(run.out.count(" vectors/s"), 4)  # a cell each, and side by side
        self.assertLess(run.out.index("vectors/s"), run.out.index("steady:"))  # side by side
