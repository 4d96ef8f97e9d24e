"""docs/ci.md, as a user would try it: its script, taken from the page."""

import os
import re
import unittest

import rig


def script():
    with open(rig.path("docs/ci.md"), encoding="utf-8") as f:
        return re.search(r"test_ci.py -->\n```sh\n(.*?)```", f.read(), re.S).group(1)


class Page(unittest.TestCase):
    def setUp(self):
        self.dir = rig.fresh("ci")
        os.mkdir(self.dir)
        with open(os.path.join(self.dir, "tokdyno-gate.sh"), "w", encoding="utf-8") as f:
            f.write(script())
        self.scenario = rig.path("scenarios/ci-gate.yaml")

    def gate(self, *args, env=None):
        path = os.path.dirname(rig.PROGRAM) + ":" + os.environ["PATH"]
        process = rig.subprocess.Popen(
            ["sh", "tokdyno-gate.sh", self.scenario, "--set", "repeat=2", "--set", "load.steady.duration=500ms",
             "--set", "load.warmup.duration=100ms", *args],
            cwd=self.dir, env=rig.environment({"PATH": path, **(env or {})}), stdin=rig.subprocess.DEVNULL,
            stdout=rig.subprocess.PIPE, stderr=rig.subprocess.PIPE, text=True)
        return rig.finish(process)

    def made(self, name):
        return os.path.exists(os.path.join(self.dir, name))

    def test_the_script_keeps_the_first_run_and_compares_the_second(self):
        first = self.gate("--seed", "1", env={"BRANCH": "main", "REVISION": "one"})
        if first.code == 3:
            self.skipTest("the machine is too busy for a valid run")
        self.assertEqual(first.code, 0, first.out + first.err)
        self.assertIn("no baseline yet", first.out)
        self.assertTrue(self.made("tokdyno.db") and self.made("check.xml") and self.made("check.md"))
        second = self.gate("--seed", "2")
        self.assertIn(second.code, rig.FINE, second.out + second.err)
        if second.code == 0:
            self.assertIn("base: 2 trials of main@one", second.out)
            self.assertIn("not enough data", second.out)
            self.assertTrue(self.made("compare.xml") and self.made("compare.md"))

    def test_a_broken_promise_stops_the_pipeline_and_keeps_nothing(self):
        done = self.gate("--set", "slo=[ttft p50 < 1us]", env={"BRANCH": "main"})
        self.assertIn(done.code, (1, 3), done.out + done.err)
        self.assertTrue(done.code == 3 or self.made("check.xml"))
        self.assertFalse(self.made("tokdyno.db"))

    def test_a_target_that_cannot_be_used_stops_it(self):
        self.assertEqual(self.gate("--target", "http://127.0.0.1:1/v1").code, 4)
