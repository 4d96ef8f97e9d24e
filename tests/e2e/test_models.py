"""`tokdyno models`: what a target lists, with what the catalogue knows of each."""

import json
import unittest

import rig
from test_secrets import answer

KEY = "gsk_CanaryKeyCanaryKeyCanaryKey42"


class Models(unittest.TestCase):
    def listed(self, *args, **more):
        done = rig.tokdyno("models", *args, "--format", "json", **more)
        self.assertEqual(done.code, 0, done.err)
        return {m["id"]: m for m in json.loads(done.out)["models"]}

    def test_the_list_of_the_simulator_with_context_price_and_limits(self):
        with rig.Sim() as sim:
            done = rig.tokdyno("models", "--target", sim.url, "--plan", "developer")
            self.assertEqual(done.code, 0, done.err)
            line = next(x for x in done.out.splitlines() if x.startswith("openai/gpt-oss-20b "))
            for want in ("131,072", "65,536", "$0.075", "$0.30", "250,000", "caching"):
                self.assertIn(want, line)
            free = self.listed("--target", sim.url)
        self.assertGreater(len(free), 20)
        self.assertEqual(free["openai/gpt-oss-20b"]["limits"]["tpm"], 8000)
        self.assertEqual(free["openai/gpt-oss-20b"]["price_nusd"],
                         {"input": 75000000, "cached": 37500000, "output": 300000000})
        self.assertEqual(free["whisper-large-v3"]["price_nusd"], {"audio_hour": 111000000})

    def test_a_simulator_of_its_own(self):
        self.assertIn("openai/gpt-oss-120b", self.listed("--target", "sim:"))

    def test_the_target_of_a_scenario(self):
        self.assertIn("openai/gpt-oss-120b",
                      self.listed("--scenario", "scenarios/quickstart.yaml"))

    def test_one_model_by_name_though_it_holds_a_slash(self):
        with rig.Sim() as sim:
            one = self.listed("openai/gpt-oss-20b", "--target", sim.url)
            self.assertEqual(list(one), ["openai/gpt-oss-20b"])
            two = self.listed("openai/gpt-oss-20b", "allam-2-7b", "--target", sim.url)
            self.assertEqual(len(two), 2)
            done = rig.tokdyno("models", "nope", "--target", sim.url)
        self.assertEqual((done.code, done.out), (4, ""))
        self.assertIn("`nope` does not exist", done.err)

    def test_what_only_the_catalogue_has_is_shown_where_asked_for(self):
        body = json.dumps({"object": "list", "data": [{"id": "mine"}]}).encode()
        with rig.Listener(answer(200, body)) as server:
            self.assertEqual(list(self.listed("--target", server.url)), ["mine"])
            every = self.listed("--target", server.url, "--all")
            self.assertIn(b"GET /v1/models HTTP/1.1", server.received[0])
        self.assertTrue(every["mine"]["listed"])
        self.assertFalse(every["allam-2-7b"]["listed"])

    def test_a_target_of_no_use_is_4_and_says_why(self):
        html = b"<html><title>502 Bad gateway</title></html>"
        cases = [(answer(401, b'{"error":{"message":"Invalid API Key"}}'), "Invalid API Key"),
                 (answer(200, html), "no list of models"),
                 (answer(502, html), "502 Bad gateway")]
        for bytes_, said in cases:
            with self.subTest(said), rig.Listener(bytes_) as server:
                done = rig.tokdyno("models", "--target", server.url)
                self.assertEqual((done.code, done.out), (4, ""), done.err)
                self.assertIn(said, done.err)
        done = rig.tokdyno("models", "--target", f"http://127.0.0.1:{rig.free_port()}/v1")
        self.assertEqual(done.code, 4, done.err)

    def test_wrong_use_is_2_and_sends_nothing(self):
        for args, said in [([], "no target"), (["--target", "null:"], "no server"),
                           (["--target", "ftp://x"], "http"), (["--traget", "x"], "no option"),
                           (["--target"], "wants a value"),
                           (["--target", "sim:", "--format", "xml"], "text or json")]:
            with self.subTest(args):
                done = rig.tokdyno("models", *args)
                self.assertEqual((done.code, done.out), (2, ""), done.err)
                self.assertIn(said, done.err)

    def test_the_key_is_sent_and_never_said(self):
        body = b'{"error":{"message":"Incorrect API key provided: %s"}}' % KEY.encode()
        with rig.Listener(answer(401, body)) as server:
            done = rig.tokdyno("models", "--target", server.url, "--api-key-env", "E2E_KEY",
                               env={"E2E_KEY": KEY})
            sent = b"".join(server.received)
        self.assertIn(b"Authorization: Bearer " + KEY.encode(), sent)
        self.assertIn(b"User-Agent: tokdyno/", sent)
        self.assertNotIn(KEY, done.out + done.err)
