"""The beginning of an answer given, and stop sequences; adapters; regions."""

import json
import unittest

import rig
from test_secrets import answer

MODEL = "llama-3.3-70b-versatile"
MS = 10 ** 6


def cells(run):
    return [c["measured"]["metrics"] for c in run.json["cells"]]


class Prefill(unittest.TestCase):
    def test_what_is_sent_is_what_the_reference_shows(self):
        with open(rig.path("tests/wire/prefill/request.json"), encoding="utf-8") as f:
            want = json.load(f)
        with rig.Listener(answer(500, b"{}")) as server:
            rig.run({"target": {"base_url": server.url},
                     "request": {"body": {"model": MODEL, "max_completion_tokens": None,
                                          "stop": want["stop"], "temperature": 0}},
                     "workload": {"input_tokens": None, "messages": want["messages"]},
                     "load": [{"name": "one", "concurrency": 1, "requests": 1}]})
            sent = json.loads(server.received[0].split(b"\r\n\r\n", 1)[1])
        self.assertEqual(sent, want)

    def test_a_stop_sequence_ends_the_answer_early(self):
        run = rig.run({"matrix": {"stop": [["zebra"], ["."]]},
                       "request": {"body": {"model": MODEL, "max_completion_tokens": 400}},
                       "load": [{"name": "steady", "concurrency": 8, "requests": 24}]})
        self.assertIn(run.code, rig.FINE, run.err)
        whole, short = cells(run)
        self.assertLess(short["completion_tokens"]["mean"],
                        whole["completion_tokens"]["mean"] / 2)
        self.assertEqual({a.get("finish") for a in run.attempts if a["cell"] == 1}, {"stop"})

    def test_a_given_beginning_is_read_and_gone_on_with(self):
        user = {"role": "user", "content": "Hi"}
        run = rig.run({"matrix": {"workload.messages": [
            [user], [user, {"role": "assistant", "content": "```python"}]]},
            "workload": {"input_tokens": None}})
        self.assertIn(run.code, rig.FINE, run.err)
        plain, begun = cells(run)
        self.assertGreater(begun["prompt_tokens"]["mean"], plain["prompt_tokens"]["mean"])
        self.assertEqual({a["outcome"] for a in run.attempts}, {"ok"})

    def test_the_shipped_scenario_answers_its_question(self):
        run = rig.run(None, "--set", "load.steady.requests=8", "--set",
                      "load.steady.concurrency=8", file="scenarios/prefill-and-stop.yaml")
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual(len(run.json["cells"]), 4)


class Adapters(unittest.TestCase):
    def test_the_first_call_and_the_first_after_a_pause_wait(self):
        run = rig.run(None, "--set", "load.cold.requests=3", "--set", "load.warm.requests=12",
                      file="scenarios/lora-cold-start.yaml")
        self.assertIn(run.code, rig.FINE, run.err)
        queue = {p: [a["server"]["queue"] for a in run.attempts if a["phase"] == p]
                 for p in (0, 2)}
        self.assertGreater(min(queue[0]), 900 * MS)
        self.assertLess(max(queue[2]), 900 * MS)
        self.assertEqual({a["outcome"] for a in run.attempts}, {"ok"})

    def test_an_adapter_that_is_not_there(self):
        run = rig.run({"request": {"body": {"model": "ft:nope:org_01/x-1"}},
                       "load": [{"name": "one", "concurrency": 1, "requests": 1}]})
        self.assertEqual(run.attempts[0]["error_code"], "model_not_found")


class Regions(unittest.TestCase):
    def test_hosts_of_two_regions_are_compared_side_by_side(self):
        with rig.Sim("--regions", "us-central1:1:2ms") as near, \
                rig.Sim("--regions", "me-central2:1:60ms") as far:
            run = rig.run({"matrix": {"target.base_url": [near.url, far.url]}})
        self.assertIn(run.code, rig.FINE, run.err)
        regions = {a["cell"]: a["region"] for a in run.attempts}
        self.assertEqual(regions, {0: "us-central1", 1: "me-central2"})
        for a in run.attempts:
            if a["cell"] == 1:
                self.assertGreater(a["times"]["first"] - a["times"]["start"], 60 * MS)

    def test_the_shipped_scenario_answers_its_question(self):
        run = rig.run(None, "--set", "load.steady.duration=2s", "--set",
                      "load.warmup.duration=200ms", file="scenarios/regions.yaml")
        self.assertIn(run.code, rig.FINE, run.err)
        for region in ("dal", "fra"):
            self.assertIn(region, run.out)


class Spending(unittest.TestCase):
    def test_a_spend_limit_stops_the_run_at_once_and_says_so(self):
        run = rig.run(None, file="scenarios/spend-limit.yaml", timeout=60)
        self.assertEqual(run.code, 4, run.err)
        self.assertIn("The target could not be used", run.out)
        self.assertIn("spend limit", run.out)
        blocked = [a for a in run.attempts if a["outcome"] == "blocked"]
        self.assertTrue(blocked)
        self.assertTrue(all(a.get("final") for a in blocked))  # no retry helps
        first = min(a["times"]["end"] for a in blocked)
        late = [a for a in run.attempts if a["times"].get("start", 0) > first + 300 * MS]
        self.assertEqual(late, [])
        self.assertGreater(sum(a["outcome"] == "ok" for a in run.attempts), 5)
        self.assertEqual(run.of("end")[0]["reason"], "target")

    def test_the_words_of_the_reference_are_understood(self):
        with open(rig.path("tests/wire/blocked/400.json"), "rb") as f:
            body = f.read().strip()
        with rig.Listener(answer(400, body)) as server:
            run = rig.run({"target": {"base_url": server.url}})
        self.assertEqual(run.code, 4, run.err)
        self.assertIn("API access is blocked", run.out)
        self.assertNotIn("org_01kh", run.out)
