"""`tokdyno probe`: what a target has, by one careful request of each kind."""

import json
import unittest

import rig
import servers
from test_secrets import answer

KEY = "gsk_CanaryKeyCanaryKeyCanaryKey42"


class Probe(unittest.TestCase):
    def probe(self, *args, code=0, **more):
        done = rig.tokdyno("probe", *args, "--format", "json", **more)
        self.assertEqual(done.code, code, done.err)
        return json.loads(done.out)

    def test_the_simulator_tells_all_of_itself(self):
        with rig.Sim("--plan", "developer", "--key", KEY, "--regions", "fra:1:5ms",
                     "--edge", "CDG", "--seed", "3") as sim:
            found = self.probe("--target", sim.url, "--api-key-env", "E2E_KEY",
                               env={"E2E_KEY": KEY})
        self.assertTrue(found["reached"])
        self.assertEqual(found["key"], {"given": True, "good": "yes", "status": 200})
        self.assertGreater(found["models"], 20)
        line = found["connection"]
        self.assertEqual((line["region"], line["edge"], line["http"]), ("fra", "CDG", "HTTP/1.1"))
        self.assertEqual(line["server"], "cloudflare")
        self.assertGreaterEqual(line["round_trip_p50_ns"], line["round_trip_min_ns"])
        self.assertLessEqual(line["clock_offset_min_ns"], 0)  # one machine, one clock
        self.assertGreaterEqual(line["clock_offset_max_ns"], 0)
        self.assertLess(line["clock_offset_max_ns"] - line["clock_offset_min_ns"], 10 ** 9)
        for name in ("chat", "embeddings", "models"):
            self.assertEqual(found["endpoints"][name]["state"], "yes", name)
        features = {name: f["state"] for name, f in found["features"].items()}
        for name in ("stream", "stop", "seed", "prefill", "tools", "json_object", "json_schema",
                     "tier on_demand", "tier flex", "tier auto"):
            self.assertEqual(features[name], "yes", name)
        self.assertEqual(features["logprobs"], "no")
        self.assertEqual(found["limits"]["tokens"]["limit"], 250000)
        self.assertLess(found["limits"]["tokens"]["remaining"], 250000)

    def test_it_is_careful(self):
        with rig.Sim() as sim:
            found = self.probe("--target", sim.url)
            truth = sim.truth()
        self.assertEqual(len(truth), found["requests"])
        self.assertLessEqual(len(truth), 45)
        served = [t for t in truth if "prompt_tokens" in t]
        self.assertEqual(len(served), found["paid"])
        self.assertLess(sum(t["completion_tokens"] for t in served), 500)

    def test_quick_asks_no_model(self):
        with rig.Sim() as sim:
            found = self.probe("--target", sim.url, "--quick")
            self.assertEqual([t for t in sim.truth() if "prompt_tokens" in t], [])
        self.assertEqual((found["paid"], found["features"]), (0, {}))
        self.assertEqual(found["endpoints"]["chat"]["state"], "yes")

    def test_a_free_plan_has_no_flex(self):
        with rig.Sim("--plan", "free") as sim:
            found = self.probe("--target", sim.url, "--model", "llama-3.1-8b-instant")
        self.assertEqual(found["features"]["tier flex"]["state"], "no")
        self.assertIn("not available", found["features"]["tier flex"]["said"])
        self.assertEqual(found["features"]["reasoning_effort"]["state"], "no")

    def test_a_wrong_key_is_4_and_ends_it(self):
        with rig.Sim("--key", "gsk_other") as sim:
            found = self.probe("--target", sim.url, "--api-key-env", "E2E_KEY", code=4,
                               env={"E2E_KEY": KEY})
            done = rig.tokdyno("probe", "--target", sim.url, "--api-key-env", "E2E_KEY",
                               env={"E2E_KEY": KEY})
        self.assertEqual(found["key"]["good"], "refused")
        self.assertEqual(found["ended_early"], "Invalid API Key")
        self.assertEqual((found["endpoints"], found["paid"]), ({}, 0))
        self.assertEqual(done.code, 4)
        self.assertIn("refused (401)", done.out)
        self.assertNotIn(KEY, done.out + done.err)

    def test_a_rate_limit_ends_it(self):
        with rig.Sim("--limit", "rpm=3") as sim:
            found = self.probe("--target", sim.url)
        self.assertIn("Rate limit reached", found["ended_early"])
        self.assertEqual(list(found["features"].values())[-1]["state"], "unclear")

    def test_a_spend_limit_ends_it(self):
        with rig.Sim("--spend-limit", "$0.000001") as sim:
            found = self.probe("--target", sim.url)
        self.assertIn("spend limit", found["ended_early"])
        self.assertLess(len(found["features"]), 3)

    def test_a_server_that_has_one_endpoint_alone(self):
        with rig.Listener(answer(404, b"not found")) as server:
            found = self.probe("--target", server.url)
        self.assertEqual({e["state"] for e in found["endpoints"].values()}, {"no"})
        self.assertEqual(found["key"]["good"], "unclear")
        self.assertNotIn("model", found)

    def test_nobody_there_is_4(self):
        url = f"http://127.0.0.1:{rig.free_port()}/v1"
        found = self.probe("--target", url, code=4)
        self.assertFalse(found["reached"])
        done = rig.tokdyno("probe", "--target", url)
        self.assertEqual(done.code, 4)
        self.assertIn("not reached", done.out)

    def test_the_target_of_a_scenario_and_the_text(self):
        done = rig.tokdyno("probe", "--scenario", "scenarios/quickstart.yaml")
        self.assertEqual(done.code, 0, done.err)
        for want in ("Connection", "Key", "Endpoints", "Features of openai/gpt-oss-20b",
                     "Head-room", "round trip", "its clock"):
            self.assertIn(want, done.out)

    def test_wrong_use_is_2(self):
        for args in ([], ["sim:"], ["--target", "sim:", "--model"], ["--target", "null:"]):
            with self.subTest(args):
                done = rig.tokdyno("probe", *args)
                self.assertEqual((done.code, done.out), (2, ""), done.err)


class Others(unittest.TestCase):
    """Servers nobody here wrote."""

    def probe(self, *args, code=0, **more):
        done = rig.tokdyno("probe", *args, "--format", "json", **more)
        self.assertEqual(done.code, code, done.err + done.out)
        return json.loads(done.out)

    def test_tls_and_http_2_are_told_through_nghttpx(self):
        with rig.Sim() as sim, servers.nghttpx(sim.port) as (origin, cert):
            url = origin + "/openai/v1"
            found = self.probe("--target", url, "--quick", "--set", f"connection.tls.ca={cert}")
            refused = self.probe("--target", url, "--quick", code=4)
            models = rig.tokdyno("models", "--target", url, "--set",
                                 "connection.tls.verify=false")
        line = found["connection"]
        self.assertEqual(line["http"], "HTTP/2")
        self.assertRegex(line["tls"], r"^TLSv1\.[23] / ")
        self.assertGreater(line["tls_ns"], 0)
        self.assertEqual(found["key"]["good"], "no")  # none given, none wanted
        self.assertFalse(refused["reached"])
        self.assertRegex(refused["ended_early"], "(?i)certificate")
        self.assertEqual(models.code, 0, models.err)

    def test_a_server_of_files_has_chat_alone(self):
        with servers.nginx(servers.stream(["ok"])) as origin:
            found = self.probe("--target", origin + "/v1", "--model", "mock")
            models = rig.tokdyno("models", "--target", origin + "/v1")
        states = {name: e["state"] for name, e in found["endpoints"].items()}
        self.assertEqual(states.pop("chat"), "yes")
        self.assertEqual(set(states.values()), {"no"})
        self.assertEqual(found["connection"]["server"][:5], "nginx")
        self.assertNotIn("region", found["connection"])
        self.assertEqual(models.code, 4)
        self.assertIn("(404)", models.err)

    def test_litellm_lists_its_models_and_has_chat(self):
        with servers.litellm() as url:
            env = {"E2E_KEY": "sk-e2e"}
            found = self.probe("--target", url, "--api-key-env", "E2E_KEY", env=env)
            listed = rig.tokdyno("models", "--target", url, "--api-key-env", "E2E_KEY",
                                 "--format", "json", env=env)
        self.assertEqual(found["key"]["good"], "yes")
        self.assertEqual(found["features"]["stream"]["state"], "yes")
        self.assertEqual([m["id"] for m in json.loads(listed.out)["models"]], ["mock"])
