"""Sessions: what each next request holds, when it is due, and what the server saw of it."""

import json
import os
import signal
import time
import unittest

import joined
import rig
import servers

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
OK = HEAD + servers.stream(["one", " \\\"two\\\"\\n\u00e9"]).encode()  # as in JSON
CALLS = [
    {"index": 0, "id": "call_a", "type": "function",
     "function": {"name": "get_weather", "arguments": ""}},
    {"index": 1, "id": "call_b", "type": "function",
     "function": {"name": "get_time", "arguments": "{}"}},
    {"index": 0, "function": {"arguments": "{\"place\":"}},
    {"index": 0, "function": {"arguments": "\"Lisbon\"}"}},
]
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {
    "type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}}}]


def tool_stream():
    """An answer that calls two tools, the first of them in pieces."""
    deltas = [{"delta": {"role": "assistant"}, "finish_reason": None}]
    deltas += [{"delta": {"tool_calls": [c]}, "finish_reason": None} for c in CALLS]
    deltas += [{"delta": {}, "finish_reason": "tool_calls"}]
    chunks = [{"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, **d}]}
              for d in deltas]
    return HEAD + "".join(f"data: {json.dumps(c)}\n\n" for c in chunks).encode() + \
        b"data: [DONE]\n\n"


def session(**spec):
    return {"workload": {"session": spec}}


def by_session(run):
    """The final attempts of each session, by turn."""
    out = {}
    for a in run.attempts:
        if a.get("final"):
            out.setdefault(a["req"] // 100, {})[a["turn"]] = a
    return out


class OnTheWire(unittest.TestCase):
    def bodies(self, answer, spec, **changes):
        with rig.Listener(answer) as server:
            whole = rig.BASE
            for more in {"target": {"base_url": server.url},
                         "load": [{"name": "steady", "concurrency": 1, "requests": 1}],
                         }, session(**spec), changes:
                whole = rig.merged(whole, more)
            run = rig.run(file=rig.scenario(base=whole))
            received = [r.partition(b"\r\n\r\n")[2] for r in server.received]
        self.assertIn(run.code, rig.FINE, run.err)
        return [json.loads(r) for r in received], run

    def test_each_turn_holds_what_was_asked_and_answered_before(self):
        bodies, run = self.bodies(OK, {"turns": 3, "messages": ["Go on.", "Why \u4e2d?"]},
                                  workload={"input_tokens": None,
                                            "messages": [{"role": "system", "content": "Be brief."},
                                                         {"role": "user", "content": "Hi"}]})
        said = {"role": "assistant", "content": "one \"two\"\n\u00e9"}
        first = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
        second = first + [said, {"role": "user", "content": "Go on."}]
        third = second + [said, {"role": "user", "content": "Why \u4e2d?"}]
        self.assertEqual([b["messages"] for b in bodies], [first, second, third])
        for body in bodies:
            self.assertEqual(body["max_completion_tokens"], 16)
            self.assertIs(body["stream"], True)
        self.assertEqual([a["turn"] for a in run.attempts], [1, 2, 3])
        self.assertEqual([a["req"] for a in run.attempts], [0, 1, 2])

    def test_an_answer_in_one_piece_goes_into_the_history_too(self):
        body = json.dumps({"id": "c", "object": "chat.completion", "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "Hi \u00e9"},
             "finish_reason": "stop"}]}).encode()
        head = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body))
        bodies, _ = self.bodies(head + body, {"turns": 2}, request={"stream": False})
        self.assertEqual(bodies[1]["messages"][1], {"role": "assistant", "content": "Hi \u00e9"})
        self.assertEqual(bodies[1]["messages"][2]["role"], "user")

    def test_calls_of_tools_come_back_with_their_results(self):
        bodies, run = self.bodies(tool_stream(), {"turns": 2, "tool_result": "{\"c\": 18}",
                                                  "tools_only": True},
                                  request={"body": {"tools": TOOLS}})
        call, *results = bodies[1]["messages"][1:]
        self.assertEqual(call, {"role": "assistant", "content": None, "tool_calls": [
            {"id": "call_a", "type": "function",
             "function": {"name": "get_weather", "arguments": "{\"place\":\"Lisbon\"}"}},
            {"id": "call_b", "type": "function",
             "function": {"name": "get_time", "arguments": "{}"}}]})
        self.assertEqual(results, [
            {"role": "tool", "tool_call_id": i, "content": "{\"c\": 18}"}
            for i in ("call_a", "call_b")])
        self.assertEqual(bodies[1]["tools"], TOOLS)
        self.assertIn("session", run.attempts[1])

    def test_a_dataset_row_keeps_its_fields_through_all_turns(self):
        row = {"body": {"model": "m", "temperature": 0.1,
                        "messages": [{"role": "user", "content": "Hi"}]}}
        file = rig.scenario_text(json.dumps(row) + "\n")
        bodies, _ = self.bodies(OK, {"turns": 3}, workload={"input_tokens": None, "dataset": file})
        self.assertEqual([b["temperature"] for b in bodies], [0.1] * 3)

    def test_a_dataset_row_may_be_the_conversation(self):
        row = {"messages": [{"role": "system", "content": "Be brief."},
                            {"role": "user", "content": "first"},
                            {"role": "assistant", "content": "recorded"},
                            {"role": "user", "content": "second"},
                            {"role": "user", "content": [{"type": "text", "text": "third"}]}]}
        file = rig.scenario_text(json.dumps(row) + "\n")
        bodies, run = self.bodies(OK, {"turns": 9, "from_dataset": True},
                                  workload={"input_tokens": None, "dataset": file})
        said = {"role": "assistant", "content": "one \"two\"\n\u00e9"}
        system, first, _, second, third = row["messages"]
        self.assertEqual([b["messages"] for b in bodies], [
            [system, first], [system, first, said, second],
            [system, first, said, second, said, third]])
        self.assertIn("session", run.attempts[-1])

    def test_a_later_turn_is_retried_with_the_same_body(self):
        with rig.Sim("--fault", "503=1/3") as sim:
            run = rig.run(rig.merged(session(turns=3), {
                "target": {"base_url": sim.url, "id_header": True}, "retry": {"policy": "sdk"},
                "load": [{"name": "steady", "concurrency": 1, "requests": 4}]}))
        self.assertIn(run.code, rig.FINE, run.err)
        again = [a for a in run.attempts if a["try"] > 1 and a["turn"] > 1]
        self.assertTrue(again)
        for a in again:
            first = next(b for b in run.attempts if b["req"] == a["req"] and b["try"] == 1)
            self.assertEqual(first["bytes_up"], a["bytes_up"])
            self.assertEqual(first["times"]["due"], a["times"]["due"])


class AgainstTheTruth(unittest.TestCase):
    CHANGES = rig.merged(session(turns={"uniform": {"min": 2, "max": 5}}, think="20ms",
                                 think_cv=1, input_tokens=40),
                         {"seed": 5, "workload": {"input_tokens": 200, "words_per_token": 0.75},
                          "target": {"sim": ["--seed", "3"]},
                          "load": [{"name": "talk", "concurrency": 4, "requests": 12}]})

    def test_every_turn_is_seen_once_after_the_answer_before_and_larger_than_it(self):
        run = rig.run(self.CHANGES)
        self.assertIn(run.code, rig.FINE, run.err)
        truth = run.truth()
        self.assertEqual(joined.Joined(run, truth).wrong, [])
        known = {t["id"]: t for t in truth}
        sessions = by_session(run)
        self.assertEqual(len(sessions), 12)
        lengths = set()
        for turns in sessions.values():
            lengths.add(len(turns))
            self.assertEqual(sorted(turns), list(range(1, len(turns) + 1)))
            for n in range(2, len(turns) + 1):
                before, a = turns[n - 1], turns[n]
                seen, earlier = known[rig.request_id(a)], known[rig.request_id(before)]
                self.assertGreater(a["times"]["due"], before["times"]["end"])
                self.assertGreater(seen["arrival"], earlier["end"])
                self.assertGreaterEqual(
                    seen["prompt_tokens"],
                    earlier["prompt_tokens"] + earlier["completion_tokens"] // 2)
            last = turns[len(turns)]
            self.assertEqual(last["session"], last["times"]["end"] - turns[1]["times"]["due"])
        self.assertTrue(lengths <= {2, 3, 4, 5} and len(lengths) > 1, lengths)

    def test_the_number_of_threads_changes_no_request(self):
        said = []
        for threads in 1, 3:
            run = rig.run(rig.merged(self.CHANGES, {"connection": {"threads": threads}}))
            self.assertIn(run.code, rig.FINE, run.err)
            said.append(sorted((t["id"], t["prompt_tokens"], t["completion_tokens"])
                               for t in run.truth()))
        self.assertEqual(said[0], said[1])

    def test_an_open_loop_asks_for_the_beginnings_of_sessions(self):
        run = rig.run(rig.merged(session(turns=3, think="10ms"), {
            "load": [{"name": "steady", "rate": "40/s", "arrival": "even", "requests": 20}]}))
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual(len(run.attempts), 60)
        begin = next(p["at"] for p in run.of("phase") if p["event"] == "begin")
        dues = sorted(a["times"]["due"] - begin for a in run.attempts if a["turn"] == 1)
        self.assertEqual(dues, [25_000_000 * (k + 1) for k in range(20)])
        end = next(p for p in run.of("phase") if p["event"] == "end")
        self.assertEqual((end["planned"], end["issued"]), (60, 60))
        self.assertTrue(all(a["times"]["due"] <= end["at"] for a in run.attempts))

    def test_a_history_is_found_in_the_prompt_cache(self):
        run = rig.run(rig.merged(session(turns=4, input_tokens=30), {
            "request": {"body": {"model": "openai/gpt-oss-20b", "max_completion_tokens": 200}},
            "workload": {"input_tokens": 1300},
            "load": [{"name": "talk", "concurrency": 2, "requests": 4}]}))
        for turns in by_session(run).values():
            for n in range(2, 5):
                self.assertGreater(turns[n]["tokens"]["cached"], 0)
                self.assertGreaterEqual(turns[n]["tokens"]["cached"],
                                        turns[n - 1]["tokens"].get("cached", 0))


class Figures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = rig.run(rig.merged(
            session(turns=2, tool_result="{\"c\": 18}", tool_time="10ms", tools_only=True),
            {"request": {"body": {"max_completion_tokens": 100, "tools": TOOLS}},
             "load": [{"name": "steady", "concurrency": 4, "requests": 30}]}))

    def test_a_call_and_the_answer_that_uses_it_are_turns_of_one_session(self):
        run = self.run_
        self.assertIn(run.code, rig.FINE, run.err)
        for turns in by_session(run).values():
            self.assertEqual([turns[n]["finish"] for n in sorted(turns)][0], "tool_calls")
            self.assertEqual(sorted(turns), [1, 2])
            self.assertNotEqual(turns[2]["finish"], "tool_calls")
            self.assertEqual(turns[2]["times"]["due"] - turns[1]["times"]["end"], 10_000_000)

    def test_turns_and_sessions_have_figures_of_their_own(self):
        measured = self.run_.json["cells"][0]["measured"]
        turns = measured["turns"]
        self.assertEqual([(t["turn"], t["requests"], t["errors"]) for t in turns],
                         [(1, 30, 0), (2, 30, 0)])
        for n, t in enumerate(turns, 1):
            e2e = sorted(a["times"]["end"] - a["times"]["due"] for a in self.run_.attempts
                         if a["turn"] == n)
            self.assertEqual(t["metrics"]["e2e"]["n"], 30)
            self.assertTrue(abs(t["metrics"]["e2e"]["max"] / e2e[-1] - 1) < 0.002)
        whole = sorted(a["session"] for a in self.run_.attempts if "session" in a)
        self.assertEqual(measured["metrics"]["session"]["n"], len(whole))
        self.assertTrue(abs(measured["metrics"]["session"]["max"] / whole[-1] - 1) < 0.002)
        self.assertIn("By turn of the session", self.run_.out)

    def test_objectives_may_be_about_one_turn(self):
        run = rig.run(rig.merged(session(turns=3), {
            "load": [{"name": "talk", "concurrency": 4, "requests": 20}],
            "slo": ["e2e max[turn=2] < 10s", "prompt_tokens p50[turn=1] < 120",
                    "prompt_tokens p50[turn=3] < 120", "error_rate[turn=3] < 30%"]}))
        turns = run.json["cells"][0]["measured"]["turns"]
        got = run.json["slos"]
        self.assertEqual([o["verdict"] for o in got], ["pass", "pass", "fail", "pass"])
        self.assertEqual([o["n"] for o in got], [20, 20, 20, 20])
        self.assertEqual(got[0]["value"], turns[1]["metrics"]["e2e"]["max"])
        for turn in "99", "x", "0":
            done = rig.tokdyno("check", run.dir, "--slo", f"ttft p50[turn={turn}] < 1s")
            self.assertEqual(done.code, 3, done.out + done.err)

    def test_the_journal_alone_tells_the_same(self):
        done = rig.tokdyno("report", self.run_.dir, "--format", "json")
        self.assertEqual(done.out.encode(), self.run_.read("run.json"))

    def test_the_page_has_a_row_for_each_turn(self):
        done = rig.tokdyno("report", self.run_.dir, "--format", "html")
        self.assertEqual(done.code, 0, done.err)
        with open(self.run_.file("report.html"), encoding="utf-8") as f:
            page = f.read()
        table = page[page.index("<h3>By turn of the session</h3>"):]
        table = table[:table.index("</table>")]
        self.assertEqual(table.count("<tr>") - table.count("<tr><th"), 2, table)

    def test_requests_that_stand_alone_have_no_turns(self):
        run = rig.run()
        self.assertTrue(all("turn" not in a for a in run.attempts))
        self.assertNotIn("turns", run.json["cells"][0]["measured"])
        self.assertNotIn("By turn", run.out)


class Held(unittest.TestCase):
    """What holds for a first request holds for those that follow it."""

    def test_pacing_holds_later_turns_back_before_the_limit_refuses_them(self):
        run = rig.run(rig.merged(session(turns=40), {
            "target": {"plan": "developer", "sim": ["--limit", "rpm=60,rpd=100k,tpm=10M"]},
            "limits": {"pace_to_rate_limits": True, "drain": "1s"},
            "load": [{"name": "talk", "concurrency": 4, "duration": "4s"}]}))
        refused = sum(a["outcome"] == "rate_limited" for a in run.attempts)
        self.assertLess(refused, len(run.attempts) / 10)
        held = [a for a in run.attempts if a["turn"] > 1 and a.get("held", {}).get("pacing")]
        self.assertTrue(held)
        for a in held:
            self.assertGreaterEqual(a["times"].get("ready", a["times"]["end"]),
                                    a["times"]["due"] + a["held"]["pacing"])

    def test_an_interrupted_run_asks_nothing_more(self):
        out = rig.fresh()
        process = rig.start("run", rig.scenario(rig.merged(session(turns=3, think="60s"), {
            "load": [{"name": "talk", "concurrency": 3, "requests": 3}]})), "--out", out)
        journal = os.path.join(out, "requests.jsonl")
        end = time.monotonic() + 20
        while time.monotonic() < end and not (
                os.path.exists(journal) and
                sum(line["t"] == "attempt" for line in rig.lines_of(journal)) == 3):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        done = rig.finish(process, 20)
        run = rig.Run(out)
        self.assertEqual(done.code, 130, done.err)
        self.assertEqual([(a["turn"], a["outcome"]) for a in run.attempts], [(1, "ok")] * 3)
        self.assertNotIn("session", run.json["cells"][0]["measured"]["metrics"])

    def test_what_is_left_of_a_turn_after_the_drain_is_cut(self):
        run = rig.run(rig.merged(session(turns=3), {
            "target": {"sim": ["--fault", "stall=1/3"]},
            "limits": {"drain": "300ms"}, "timeout": {"idle": "20s", "total": "30s"},
            "load": [{"name": "talk", "concurrency": 1, "duration": "2s"}]}))
        last = max(run.attempts, key=lambda a: a["times"]["due"])
        self.assertEqual((last["turn"], last["outcome"]), (3, "cut"))


class Responses(unittest.TestCase):
    """The same over the Responses API: its items in place of messages."""

    def run_of(self, stream, **changes):
        whole = rig.merged(rig.BASE, session(turns=2, tool_result="{\"c\": 18}", input_tokens=20))
        whole = rig.merged(whole, {
            "request": {"endpoint": "responses", "stream": stream, "include_usage": None,
                        "body": {"max_completion_tokens": None, "max_output_tokens": 100}},
            "load": [{"name": "talk", "concurrency": 2, "requests": 4}]})
        run = rig.run(file=rig.scenario(changes, base=whole))
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual({a["outcome"] for a in run.attempts}, {"ok"}, run.attempts[-1])
        self.assertEqual(sorted(a["turn"] for a in run.attempts), [1] * 4 + [2] * 4)
        known = {t["id"]: t for t in run.truth()}
        for turns in by_session(run).values():
            first, second = (known[rig.request_id(turns[n])] for n in (1, 2))
            self.assertGreater(second["prompt_tokens"], first["prompt_tokens"])
        return run

    def test_a_conversation(self):
        for stream in True, False:
            with self.subTest(stream):
                self.run_of(stream)

    def test_a_tool_that_answers(self):
        tool = dict(TOOLS[0]["function"], type="function")
        for stream in True, False:
            with self.subTest(stream):
                run = self.run_of(stream, request={"body": {"tools": [tool]}})
                kinds = {}
                for t in run.truth():
                    turn = 1 + int(t["id"].split(".")[0]) % 100
                    kinds.setdefault(turn, set()).update(f.kind for f in t["output"])
                if stream:
                    self.assertIn("tool", kinds[1])
                    self.assertNotIn("tool", kinds[2])


class Refused(unittest.TestCase):
    def test_what_makes_no_sense_is_told_with_its_place(self):
        cases = [
            ({"think": "1s"}, "workload.session.think is of sessions; expected "
                              "workload.session.turns as well"),
            ({"turns": 2, "tool_time": "1s"}, "workload.session.tool_time is of tools; expected "
                                              "workload.session.tool_result as well"),
            ({"turns": 2, "messages": ["a"], "input_tokens": 3},
             "workload.session.messages and workload.session.input_tokens are both there"),
            ({"turns": 101}, "workload.session.turns: 101 is out of range; expected 1 to 100"),
        ]
        for spec, want in cases:
            with self.subTest(want):
                done = rig.tokdyno("validate", rig.scenario(session(**spec)))
                self.assertEqual(done.code, 2)
                self.assertRegex(done.err, r"scenario\.yaml:\d+:\d+: ")
                self.assertIn(want, done.err)

    def test_objectives_about_turns_that_cannot_be(self):
        cases = [
            ("ttft p50[turn=1] < 1s", None, "requests stand alone"),
            ("ttft p50[turn=17] < 1s", 3, "no such turn; expected 1 to 16"),
            ("ttft p50[turn=x] < 1s", 3, "no such turn; expected 1 to 16"),
            ("itl p50[turn=1] < 1s", 3, "not kept by turn; expected ttft, e2e"),
        ]
        for slo, turns, want in cases:
            with self.subTest(slo):
                changes = rig.merged(session(turns=turns) if turns else {}, {"slo": [slo]})
                done = rig.tokdyno("validate", rig.scenario(changes))
                self.assertEqual(done.code, 2)
                self.assertIn(want, done.err)

    def test_the_plan_counts_all_turns(self):
        done = rig.tokdyno("validate", rig.scenario(rig.merged(session(turns=5), {
            "load": [{"name": "steady", "rate": "10/s", "duration": "10s"}]})),
            "--format", "json")
        self.assertEqual(done.code, 0, done.err)
        plan = json.loads(done.out)
        self.assertEqual(plan["requests"], 500)
        # 50 at first, and before each turn two answers of 16 and two messages of 50 in the mean
        self.assertEqual(plan["tokens_in"], 500 * (50 + 2 * (16 + 50)))
