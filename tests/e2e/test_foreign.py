"""Servers nobody here wrote: what generic ones leave out is absent, not zero."""

import unittest

import rig
import servers

MS = 10 ** 6


def plain(url, model="mock", **more):
    """A scenario for a server that is not Groq and not ours."""
    return rig.merged({
        "target": {"base_url": url},
        "request": {"body": {"model": model}},
        "workload": {"input_tokens": None, "messages": [{"role": "user", "content": "Hello"}]},
        "load": [{"name": "steady", "concurrency": 2, "requests": 6}],
    }, more)


class Foreign(unittest.TestCase):
    def all_ok(self, run, n=6):
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual([a["outcome"] for a in run.attempts], ["ok"] * n, run.attempts)
        for a in run.attempts:
            times = a["times"]
            order = [times[m] for m in ("due", "ready", "start", "sent", "head", "first",
                                        "last", "end") if m in times]
            self.assertEqual(order, sorted(order), times)
            self.assertNotIn("queue", a.get("server", {}))

    def test_nginx_with_a_canned_stream(self):
        with servers.nginx(servers.stream(["one", " two", " three"])) as origin:
            run = rig.run(plain(origin + "/v1"))
        self.all_ok(run)
        for a in run.attempts:
            self.assertEqual(a["frames"], 3)
            self.assertEqual(a["tokens"]["prompt"], 9)
            self.assertEqual(a["tokens"]["completion"], 3)
            self.assertNotIn("cached", a["tokens"])

    def test_nginx_stream_without_usage_and_end_mark(self):
        with servers.nginx(servers.stream(["one", " two"], done=False, usage=False)) as origin:
            run = rig.run(plain(origin + "/v1"))
        self.all_ok(run)
        for a in run.attempts:
            self.assertEqual(a["frames"], 2)
            self.assertNotIn("completion", a.get("tokens", {}))

    def test_nginx_502_page_is_overloaded(self):
        with servers.nginx("") as origin:
            run = rig.run(plain(origin + "/html"))
        self.assertEqual({a["outcome"] for a in run.attempts}, {"overloaded"})
        self.assertEqual({a.get("status") for a in run.attempts}, {502})

    def through_nghttpx(self, http, tls, trust=True):
        with rig.Sim("--seed", "1") as sim, servers.nghttpx(sim.port) as (origin, cert):
            if trust:
                tls = dict(tls, ca=cert)
            run = rig.run({
                "target": {"base_url": origin + "/openai/v1", "id_header": True},
                "connection": {"http": http, "tls": tls},
            })
            truth = sim.truth()
        return run, truth

    def test_tls_and_http_2_through_nghttpx(self):
        run, truth = self.through_nghttpx("2", {})
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual({a["outcome"] for a in run.attempts}, {"ok"})
        self.assertEqual({a.get("http") for a in run.attempts}, {20})
        self.assertEqual(len(rig.join(run, truth)), len(run.attempts))
        counters = run.json["health"]["counters"]  # what is handed over in the turn behind a read has its stamp
        self.assertGreater(counters["kernel_stamps"], counters["reads"] / 2)
        fresh = [a for a in run.attempts if not a.get("reused")]
        self.assertTrue(fresh and all(a["tls"] > 0 for a in fresh), fresh)

    def test_tls_and_http_1_1_through_nghttpx(self):
        run, _ = self.through_nghttpx("1.1", {})
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual({a.get("http") for a in run.attempts}, {11})

    def test_a_certificate_nobody_signed_is_refused(self):
        run, truth = self.through_nghttpx("1.1", {}, trust=False)
        self.assertEqual(run.code, 4, run.err)
        self.assertEqual({a["outcome"] for a in run.attempts} | {"transport"}, {"transport"})
        self.assertEqual(truth, [])

    def test_unless_the_scenario_says_not_to_verify(self):
        run, _ = self.through_nghttpx("1.1", {"verify": False}, trust=False)
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual({a["outcome"] for a in run.attempts}, {"ok"})

    def test_litellm(self):
        with servers.litellm() as url:
            run = rig.run(plain(url, target={"api_key_env": "E2E_KEY"}),
                          env={"E2E_KEY": "sk-e2e"})
        self.all_ok(run)
        for a in run.attempts:
            self.assertGreater(a["frames"], 5)
            self.assertGreater(a["tokens"]["completion"], 5)

    def of_aimock(self, flags=(), sound=b"", n=6, **changes):
        """The attempts of a run against it, all answered."""
        with servers.aimock(*flags, sound=sound) as url:
            run = rig.run(plain(url, **changes))
        self.all_ok(run, n)
        return run.attempts

    def ask(self, text):
        return {"messages": [{"role": "user", "content": text}]}

    def test_aimock_streams_chat_with_times_of_its_own(self):
        for a in self.of_aimock():
            self.assertEqual(a["frames"], 4)
            self.assertGreaterEqual(a["times"]["first"] - a["times"]["start"], 40 * MS)
            self.assertGreater(a["times"]["last"], a["times"]["first"])

    def test_aimock_thinks_before_it_answers(self):
        for endpoint in "chat", "responses":
            for a in self.of_aimock(workload=self.ask("Think"), request={"endpoint": endpoint}):
                self.assertLessEqual(a["times"]["reasoning"], a["times"]["answer"], endpoint)

    def test_aimock_speaks_the_responses_api(self):
        for stream in True, False:
            for a in self.of_aimock(request={"endpoint": "responses", "stream": stream, "include_usage": None}):
                self.assertEqual(a.get("frames", 0), 4 if stream else 0)
                self.assertEqual(a["finish"], "completed")
                self.assertEqual("first" in a["times"], stream)

    def test_aimock_calls_a_tool_and_goes_on_from_its_result(self):
        """Its second answer takes a request in which it finds the call and what came of it."""
        parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
        tools = {"chat": [{"type": "function", "function": {"name": "get_weather", "parameters": parameters}}],
                 "responses": [{"type": "function", "name": "get_weather", "parameters": parameters}]}
        for endpoint in tools:
            attempts = self.of_aimock(
                n=8, request={"endpoint": endpoint, "body": {"tools": tools[endpoint]}},
                workload={**self.ask("The weather in Oslo?"),
                          "session": {"turns": 3, "tool_result": '{"c": 18}', "tools_only": True}},
                load=[{"name": "steady", "concurrency": 2, "requests": 4}])
            for a in attempts:
                with self.subTest(endpoint, turn=a["turn"]):
                    self.assertEqual(a["calls"], 1 if a["turn"] == 1 else 0)
                    self.assertEqual(a.get("form"), "called" if a["turn"] == 1 else "not_called")
            self.assertEqual(sorted(a["turn"] for a in attempts), [1] * 4 + [2] * 4)

    def test_aimock_embeds(self):
        for a in self.of_aimock(request={"endpoint": "embeddings", "inputs": 3, "stream": False,
                                         "include_usage": None, "body": {"max_completion_tokens": None}},
                                workload={"messages": None, "input_tokens": 20}):
            self.assertEqual(a["embedding"], {"vectors": 3, "dimensions": 3})

    def test_aimock_hears(self):
        for audio in {"length": "1s"}, {"url": "https://example.org/clip.wav"}:
            for a in self.of_aimock(request={"endpoint": "transcription",
                                             "body": {"max_completion_tokens": None, "response_format": "verbose_json"}},
                                    workload={"messages": None, "audio": audio}):
                self.assertEqual(a["audio"]["sent"], 1000 * MS if "length" in audio else 2500 * MS)

    def test_aimock_speaks(self):
        for a in self.of_aimock(sound=rig.wav(bytes(32000), 16000),
                                request={"endpoint": "speech", "body": {"voice": "x", "max_completion_tokens": None}},
                                workload={"messages": None, "text": "Hello"}):
            self.assertEqual(a["audio"]["received"], 1000 * MS)
            self.assertEqual(a["characters"], 5)

    def test_aimock_refuses_and_says_when_to_come_again(self):
        with servers.aimock("--chaos-ratelimit", "1") as url:
            run = rig.run(plain(url))
        self.assertEqual({a["outcome"] for a in run.attempts}, {"rate_limited"})
        for a in run.attempts:
            self.assertGreater(a["retry_after"], 0)
        self.assertIn("a limit that the refusal did not name", " ".join(run.out.split()))

    def test_guidellm(self):
        with servers.guidellm(ttft_ms=30, itl_ms=5) as url:
            run = rig.run(plain(url, request={"body": {"max_completion_tokens": 12}}))
        self.all_ok(run)
        for a in run.attempts:
            self.assertGreaterEqual(a["times"]["first"] - a["times"]["start"], 30_000_000)
            self.assertEqual(a["tokens"]["completion"], 12)
