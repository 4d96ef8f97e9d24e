"""Systems: tools that the server runs, the models behind, and what is left between."""

import unittest

import audit
import rig

NS = 10 ** 9
MS = 10 ** 6


def compound(model, changes=None, *flags):
    base = rig.merged(rig.BASE, {
        "target": {"sim": ["--server-tool-time", "60ms", "--queue-median", "5ms",
                           "--output", "10"]},
        "request": {"body": {"model": model, "max_completion_tokens": 32}},
        "load": [{"name": "steady", "concurrency": 4, "requests": 24}]})
    return rig.run(None, *flags, file=rig.scenario(changes, base))


def tool_frames(t):
    return [f.sent for f in t["frames"] if f.kind == "tool"]


class Compound(unittest.TestCase):
    def test_tools_and_their_time_are_those_of_the_simulator(self):
        run = compound("groq/compound")
        self.assertIn(run.code, rig.FINE, run.err)
        pairs = rig.join(run, run.truth())
        self.assertEqual(len(pairs), 24)
        for a, t in pairs:
            self.assertEqual(a["outcome"], "ok")
            sent = tool_frames(t)
            self.assertEqual(a["compound"]["tools"], len(sent) // 2)
            took = sum(end - begin for begin, end in zip(sent[::2], sent[1::2]))
            self.assertAlmostEqual(a["compound"]["tool_time"], took, delta=100 * MS)
            self.assertEqual(a["compound"]["calls"], 2)
            self.assertAlmostEqual(a["compound"]["model_time"],
                                   t["queue"] + t["prefill"] + t["decode"], delta=10)
            self.assertLess(a["times"]["first"], a["times"]["answer"])
        self.assertGreater(max(a["compound"]["tools"] for a in run.attempts), 1)
        self.assertEqual(audit.Audit(run).differences(), [])
        self.assertIn("server's own tools", run.out)

    def test_mini_runs_one_tool_and_is_told_apart_in_the_report(self):
        run = compound("groq/compound-mini", {"request": {"stream": False}})
        for a in run.attempts:
            self.assertEqual(a["compound"]["tools"], 1)
            self.assertNotIn("tool_time", a["compound"])  # not streamed: nobody can tell
        metrics = run.json["cells"][0]["measured"]["metrics"]
        self.assertIn("beyond_models", metrics)
        self.assertEqual(metrics["executed_tools"]["max"], 1)

    def test_plain_chat_knows_nothing_of_it(self):
        run = rig.run()
        self.assertTrue(all("compound" not in a for a in run.attempts))
        self.assertNotIn("own tools", run.out)

    def test_faults_of_a_stream_are_told_apart_within_tools_as_well(self):
        want = {"reset": "partial", "truncated": "partial", "error": "partial",
                "error-bare": "partial", "error-first": "generation", "500": "server",
                "stall-first": "timeout_first", "no-done": "ok", "crlf": "ok", "split": "ok",
                "unknown-keys": "ok", "drip:5": "ok", "json": "ok", "usage-none": "ok"}

        def one(fault):
            return compound("groq/compound", {
                "target": {"headers": [f"x-sim-fault: {fault}"]}, "timeout": {"first": "1s"},
                "load": [{"name": "one", "concurrency": 2, "requests": 2}]})

        for fault, done in rig.side_by_side(one, want):
            with self.subTest(fault):
                run = done()
                self.assertEqual({a["outcome"] for a in run.attempts}, {want[fault]}, run.err)

    def test_the_version_is_sent_as_asked(self):
        with rig.Listener() as server:
            rig.run({"target": {"base_url": server.url,
                                "headers": ["Groq-Model-Version: 2025-07-23"]},
                     "load": [{"name": "one", "concurrency": 1, "requests": 1}]})
            self.assertIn(b"Groq-Model-Version: 2025-07-23", server.received[0])

    def test_the_shipped_scenario_answers_its_question(self):
        run = rig.run(None, "--set", "load.steady.requests=8", "--set", "load.steady.concurrency=8",
                      file="scenarios/compound.yaml")
        self.assertIn(run.code, (0, 1, 3), run.err)
        self.assertEqual(run.out.count("server's own tools"), 2)
        self.assertLess(run.out.index("in tools p50"), run.out.index("steady:"))  # side by side
