"""What is sent, over which connections, and how long is waited: the wire from the server's side."""

import json
import os
import socket
import unittest

import rig
import servers

OK = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
      + servers.stream(["one", " two"]).encode())


def parts(request):
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return lines[0], headers, json.loads(body)


class Requests(unittest.TestCase):
    def sent(self, changes=None, requests=1, env=None):
        with rig.Listener(OK) as server:
            run = rig.run(rig.merged({
                "target": {"base_url": server.url},
                "load": [{"name": "steady", "concurrency": 1, "requests": requests}],
            }, changes or {}), env=env)
            received = list(server.received)
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual([a["outcome"] for a in run.attempts], ["ok"] * requests)
        return [parts(r) for r in received], run

    def test_the_request_is_what_the_scenario_says(self):
        messages = [{"role": "system", "content": "Be brief. \u00e9\u4e2d\U0001f600"},
                    {"role": "user", "content": "Say \"hi\"\n"}]
        (line, headers, body), = self.sent({
            "workload": {"input_tokens": None, "messages": messages},
            "request": {"body": {"temperature": 0.5, "stop": ["x", "y"], "n": 1}}})[0]
        self.assertEqual(line, "POST /v1/chat/completions HTTP/1.1")
        self.assertEqual(body["messages"], messages)
        self.assertEqual(body["model"], "llama-3.1-8b-instant")
        self.assertEqual((body["temperature"], body["stop"], body["n"]), (0.5, ["x", "y"], 1))
        self.assertIs(body["stream"], True)
        self.assertEqual(body["stream_options"], {"include_usage": True})
        self.assertEqual(headers["content-type"], "application/json")

    def test_headers_are_ours_and_no_more(self):
        (_, headers, _), = self.sent()[0]
        self.assertRegex(headers["user-agent"], r"^tokdyno/\d")
        self.assertEqual(headers["accept-encoding"], "identity")
        for absent in "authorization", "expect", "x-tokdyno-id", "cookie":
            self.assertNotIn(absent, headers)

    def test_the_key_goes_where_it_belongs(self):
        (_, headers, _), = self.sent({"target": {"api_key_env": "E2E_KEY"}},
                                     env={"E2E_KEY": "gsk_x"})[0]
        self.assertEqual(headers["authorization"], "Bearer gsk_x")

    def test_an_id_header_only_where_asked_for(self):
        (_, headers, _), = self.sent({"target": {"id_header": True}})[0]
        self.assertRegex(headers["x-tokdyno-id"], r"^\d+\.1$")

    def test_without_streaming(self):
        answer = json.dumps({"id": "c", "object": "chat.completion", "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "Hi"},
             "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}}).encode()
        head = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n" % len(answer))
        with rig.Listener(head + answer) as server:
            run = rig.run({"target": {"base_url": server.url}, "request": {"stream": False}})
            _, _, body = parts(server.received[0])
        self.assertFalse(body.get("stream", False))
        self.assertNotIn("stream_options", body)
        for a in run.attempts:
            self.assertEqual((a["outcome"], a["tokens"]["completion"]), ("ok", 1))
            for moment in "role", "first", "answer", "last":
                self.assertNotIn(moment, a["times"])

    def test_synthetic_prompts_are_the_same_for_the_same_seed_and_no_other(self):
        def prompts(seed):
            received, _ = self.sent({"seed": seed}, requests=3)
            return [body["messages"] for _, _, body in received]
        one = prompts(1)
        self.assertEqual(one, prompts(1))
        self.assertNotEqual(one, prompts(2))
        self.assertEqual(len({json.dumps(m) for m in one}), 3)

    def test_a_shared_prefix_is_shared_and_a_unique_head_is_not(self):
        shared, _ = self.sent({"workload": {"input_tokens": 200,
                                            "shared_prefix": {"tokens": 100, "pool": 1}}},
                              requests=2)
        first, second = (body["messages"] for _, _, body in shared)
        self.assertEqual(first[0], second[0])
        self.assertNotEqual(first[-1], second[-1])
        heads, _ = self.sent({"workload": {"input_tokens": 100, "unique_head": True}}, requests=2)
        first, second = (body["messages"][0]["content"] for _, _, body in heads)
        self.assertNotEqual(first.split()[0], second.split()[0])

    def test_a_dataset_in_both_forms(self):
        rows = [{"messages": [{"role": "user", "content": "first"}]},
                {"custom_id": "b", "method": "POST", "url": "/v1/chat/completions",
                 "body": {"model": "other", "messages": [{"role": "user", "content": "second"}],
                          "temperature": 0.1}}]
        file = rig.scenario_text("\n".join(json.dumps(r) for r in rows) + "\n")
        received, _ = self.sent({"workload": {"input_tokens": None, "dataset": file}}, requests=4)
        texts = [body["messages"][0]["content"] for _, _, body in received]
        self.assertEqual(sorted(texts), ["first", "first", "second", "second"])
        self.assertNotEqual(texts[0], texts[1])
        for _, _, body in received:
            self.assertEqual(body["model"], "llama-3.1-8b-instant")
            self.assertEqual(body.get("temperature"),
                             0.1 if body["messages"][0]["content"] == "second" else None)


class Connections(unittest.TestCase):
    def reused(self, policy):
        with rig.Sim() as sim:
            run = rig.run({"target": {"base_url": sim.url}, "connection": {"policy": policy},
                           "load": [{"name": "steady", "concurrency": 2, "requests": 8}]})
        self.assertIn(run.code, rig.FINE, run.err)
        for a in run.attempts:
            self.assertEqual("tcp" in a, not a.get("reused"), a)
            if a.get("reused"):
                self.assertEqual(a["times"]["connected"], a["times"]["start"])
        return sum(bool(a.get("reused")) for a in run.attempts)

    def test_new_connects_each_time(self):
        self.assertEqual(self.reused("new"), 0)

    def test_pooled_connects_once_a_slot(self):
        self.assertEqual(self.reused("pooled"), 6)

    def test_preconnect_has_connected_before(self):
        self.assertEqual(self.reused("preconnect"), 8)


class Timeouts(unittest.TestCase):
    def outcome(self, url, **timeouts):
        run = rig.run({"target": {"base_url": url}, "timeout": timeouts,
                       "load": [{"name": "steady", "concurrency": 1, "requests": 1}]})
        (attempt,) = run.attempts
        return attempt["outcome"], (attempt["times"]["end"] - attempt["times"]["start"]) / 1e9

    def test_connect(self):
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            port = full.getsockname()[1]
            fillers = [socket.socket() for _ in range(3)]
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
            outcome, took = self.outcome(f"http://127.0.0.1:{port}/v1", connect="500ms", first="20s", total="30s")
            for filler in fillers:
                filler.close()
        self.assertEqual(outcome, "timeout_connect")
        self.assertTrue(0.45 < took < 8, took)

    def test_first(self):
        with rig.Listener(hold=True) as silent:
            outcome, took = self.outcome(silent.url, first="500ms", connect="20s", total="30s")
        self.assertEqual(outcome, "timeout_first")
        self.assertTrue(0.45 < took < 8, took)

    def test_idle(self):
        with rig.Sim("--fault", "stall=1") as sim:
            outcome, took = self.outcome(sim.url, first="20s", idle="500ms", total="30s")
        self.assertEqual(outcome, "timeout_idle")
        self.assertTrue(0.45 < took < 8, took)

    def test_total(self):
        with rig.Listener(hold=True) as silent:
            outcome, took = self.outcome(silent.url, connect="20s", first="20s", idle="20s", total="600ms")
        self.assertEqual(outcome, "timeout_total")
        self.assertTrue(0.55 < took < 8, took)


class Loads(unittest.TestCase):
    def test_the_cap_holds_requests_back_and_keeps_their_due(self):
        run = rig.run({"target": {"sim": ["--queue-median", "200ms", "--queue-sigma", "0"]},
                       "limits": {"in_flight": 2},
                       "load": [{"name": "steady", "rate": "40/s", "duration": "500ms",
                                 "arrival": "even"}]})
        held = [a["held"]["cap"] for a in run.attempts if a.get("held", {}).get("cap")]
        self.assertGreater(len(held), 10)
        dues = sorted(a["times"]["due"] for a in run.attempts)
        self.assertEqual({round((b - a) / 1e6) for a, b in zip(dues, dues[1:])}, {25})
        for a in run.attempts:
            self.assertEqual(a["times"]["ready"] - a["times"]["due"],
                             sum(a.get("held", {}).values()))
        busy = [(a["times"]["start"], 1) for a in run.attempts]
        busy += [(a["times"]["end"], -1) for a in run.attempts]
        level = most = 0
        for _, step in sorted(busy):
            level += step
            most = max(most, level)
        self.assertLessEqual(most, 2)

    def test_concurrent_cells_run_at_the_same_time(self):
        run = rig.run({"concurrent": True, "request": {"body": {"model": None}},
                       "matrix": {"model": ["llama-3.1-8b-instant", "openai/gpt-oss-20b"]},
                       "load": [{"name": "steady", "rate": "20/s", "duration": "1s"}]})
        self.assertIn(run.code, rig.FINE, run.err)
        spans = []
        for cell in 0, 1:
            starts = [a["times"]["start"] for a in run.attempts if a["cell"] == cell]
            spans.append((min(starts), max(starts)))
        self.assertLess(spans[1][0], spans[0][1])

    def test_a_ramp_speeds_up(self):
        run = rig.run({"load": [{"name": "ramp", "rate": "2/s..60/s", "duration": "2s",
                                 "arrival": "even"}]})
        dues = sorted(a["times"]["due"] for a in run.attempts)
        self.assertAlmostEqual(len(dues), 62, delta=1)
        gaps = [b - a for a, b in zip(dues, dues[1:])]
        self.assertTrue(all(b <= a + 1 for a, b in zip(gaps, gaps[1:])), gaps)

    def test_what_is_left_after_the_drain_is_cut(self):
        run = rig.run({"target": {"sim": ["--fault", "stall=1"]},
                       "limits": {"drain": "300ms"}, "timeout": {"idle": "20s", "total": "30s"},
                       "load": [{"name": "steady", "rate": "10/s", "duration": "500ms"}]})
        self.assertEqual({a["outcome"] for a in run.attempts}, {"cut"})
        self.assertEqual(run.json["total"]["counts"]["request_errors"], 0)

    def test_the_journal_of_a_flood_is_whole(self):
        run = rig.run({"target": {"sim": ["--flood"]},
                       "load": [{"name": "steady", "concurrency": 16, "requests": 2000}],
                       "connection": {"threads": 2}})
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual(len({a["req"] for a in run.attempts}), 2000)
        self.assertEqual({a["outcome"] for a in run.attempts}, {"ok"})
        self.assertEqual(len(run.truth()), 2000)
        self.assertTrue(os.path.getsize(run.file("latency.hlog")))
