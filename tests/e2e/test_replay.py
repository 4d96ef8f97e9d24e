"""Replay of traces: requests leave when and as large as the rows say."""

import json
import unittest

import joined
import rig

ROWS = [(0.0, 40, 5), (0.05, 300, 12), (0.05, 25, 1), (0.2, 120, 30), (0.45, 60, 8),
        (0.9, 500, 3)]


def mooncake(rows, blocks=None):
    return "".join(json.dumps({"timestamp": 27_000 + round(t * 1000), "input_length": i,
                               "output_length": o,
                               **({"hash_ids": blocks[n]} if blocks else {})}) + "\n"
                   for n, (t, i, o) in enumerate(rows))


def azure(rows):
    return "TIMESTAMP,ContextTokens,GeneratedTokens\n" + "".join(
        f"2023-11-16 23:59:{58 + t:012.9f},{i},{o}\n" for t, i, o in rows)


def burstgpt(rows):
    return "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n" + "".join(
        f"{5 + t},ChatGPT,{i},{o},{i + o},Conversation log\n" for t, i, o in rows)


def replay(text, **phase):
    file = rig.fresh("trace")
    with open(file, "w", encoding="utf-8") as f:
        f.write(text)
    return {"workload": {"input_tokens": None, "words_per_token": 0.75},
            "request": {"body": {"max_completion_tokens": None}},
            "target": {"sim": ["--output", "max", "--seed", "1"]},
            "load": [{"name": "replay", "replay": file, **phase}]}


def ordered(run):
    return sorted((a for a in run.attempts if a["final"]), key=lambda a: a["req"])


class Replay(unittest.TestCase):
    def check(self, run, rows, speed):
        self.assertIn(run.code, rig.FINE, run.err)
        begin = next(p["at"] for p in run.of("phase") if p["event"] == "begin")
        sent = ordered(run)
        self.assertEqual([a["times"]["due"] - begin for a in sent],
                         [round(t * 1e9 / speed) for t, _, _ in rows])
        self.assertEqual([a["tokens"]["completion"] for a in sent], [o for _, _, o in rows])
        for a, (_, tokens, _) in zip(sent, rows):
            self.assertEqual(a["tokens"]["planned"], max(tokens, 11))
        truth = run.truth()
        self.assertEqual(joined.Joined(run, truth).wrong, [])
        t0 = run.head["t0_mono_ns"]
        for a, t in rig.join(run, truth):
            self.assertGreaterEqual(t["arrival"], t0 + a["times"]["due"])
            self.assertEqual(t["completion_tokens"], a["tokens"]["completion"])

    def test_every_public_shape_is_replayed_as_it_was_recorded(self):
        for write in mooncake, azure, burstgpt:
            with self.subTest(write.__name__):
                self.check(rig.run(replay(write(ROWS))), ROWS, 1)

    def test_faster_and_on_several_threads_it_is_the_same(self):
        for threads in 1, 3:
            with self.subTest(threads):
                run = rig.run(rig.merged(replay(burstgpt(ROWS), speed=4),
                                         {"connection": {"threads": threads}}))
                self.check(run, ROWS, 4)

    def test_a_part_of_a_trace(self):
        self.check(rig.run(replay(mooncake(ROWS), requests=4)), ROWS[:4], 1)
        self.check(rig.run(replay(mooncake(ROWS), duration="300ms")), ROWS[:4], 1)

    def test_equal_blocks_are_equal_words_and_hit_the_cache(self):
        rows = [(0.0, 1300, 4), (0.6, 1400, 4), (1.2, 1300, 4)]
        blocks = [[1, 2, 3], [1, 2, 4], [7, 8, 9]]
        run = rig.run(rig.merged(replay(mooncake(rows, blocks)), {
            "request": {"body": {"model": "openai/gpt-oss-20b"}}}))
        self.check(run, rows, 1)
        cached = [a["tokens"].get("cached", 0) for a in ordered(run)]
        self.assertEqual((cached[0], cached[2]), (0, 0))
        self.assertGreaterEqual(cached[1], 512)

    def test_the_scenario_may_bound_answers_itself(self):
        changes = replay(burstgpt(ROWS))
        changes["request"]["body"]["max_completion_tokens"] = 7
        run = rig.run(changes)
        self.assertEqual([a["tokens"]["completion"] for a in ordered(run)], [7] * len(ROWS))

    def test_a_trace_can_begin_conversations(self):
        run = rig.run(rig.merged(replay(burstgpt(ROWS)), {
            "workload": {"session": {"turns": 2}}}))
        self.assertIn(run.code, rig.FINE, run.err)
        begin = next(p["at"] for p in run.of("phase") if p["event"] == "begin")
        firsts = [a for a in ordered(run) if a["turn"] == 1]
        self.assertEqual([a["times"]["due"] - begin for a in firsts],
                         [round(t * 1e9) for t, _, _ in ROWS])
        self.assertEqual(len(run.attempts), 2 * len(ROWS))

    def test_the_budget_stops_it(self):
        run = rig.run(rig.merged(replay(burstgpt(ROWS)), {"budget": {"requests": 3}}))
        self.assertIn(run.code, (5, 3), run.err)
        self.assertEqual(sum("start" in a["times"] for a in run.attempts), 3)

    def test_a_run_can_be_repeated_from_its_resolved_scenario(self):
        run = rig.run(replay(burstgpt(ROWS)))
        again = rig.run(file=run.file("scenario.yaml"))
        self.check(again, ROWS, 1)

    def test_the_plan_counts_its_rows(self):
        done = rig.tokdyno("validate", rig.scenario(replay(burstgpt(ROWS))), "--format", "json")
        plan = json.loads(done.out)
        self.assertEqual(plan["requests"], len(ROWS))
        mean = round(sum(i for _, i, _ in ROWS) / len(ROWS))
        self.assertEqual(plan["tokens_in"], mean * len(ROWS))


class Refused(unittest.TestCase):
    def test_what_is_wrong_is_told_with_its_place(self):
        good = burstgpt(ROWS)
        cases = [
            (good + "9,x,many,1,1,y\n", {}, "trace:8:5: Request tokens: \"many\" is no count"),
            (good + "9,x\n", {}, "trace:8:4: no field 3; expected Request tokens there"),
            ("a,b\n1,2\n", {}, "trace:1:1: no trace by its columns; expected timestamp,"),
            (good, {"rate": "1/s"}, "has both replay and rate; expected one of them"),
            (good, {"arrival": "even"}, "arrival goes with a rate"),
            (good, {"think": "1s"}, "think goes with a concurrency"),
            (good, {"speed": 0}, "speed: 0 is out of range; expected 0.001 to 100000"),
        ]
        for text, phase, want in cases:
            with self.subTest(want):
                done = rig.tokdyno("validate", rig.scenario(replay(text, **phase)))
                self.assertEqual(done.code, 2)
                self.assertIn(want, done.err)
        done = rig.tokdyno("validate", rig.scenario({"load": [
            {"name": "steady", "rate": "1/s", "duration": "1s", "speed": 2}]}))
        self.assertIn("has no replay; speed goes with one", done.err)
