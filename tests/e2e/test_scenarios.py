"""Scenarios on the command line: validate, explain, and what `run` refuses."""

import glob
import json
import os
import tempfile
import unittest

import rig

GOOD = """# Does it read?
target: { base_url: "sim:" }
request: { model: openai/gpt-oss-20b }
load: { rate: 5/s, duration: 2s }
"""


class Scenarios(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, text, name="x.yaml"):
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        return path

    def test_shipped_scenarios_validate_as_text_and_as_json(self):
        for path in sorted(glob.glob(rig.path("scenarios/*.yaml"))):
            with self.subTest(path):
                done = rig.tokdyno("validate", path)
                self.assertEqual(done.code, 0, done.err)
                self.assertIn("Rate limits:", done.out)
                self.assertNotIn(": slo ", done.out, "its load is too small for an objective")
                done = rig.tokdyno("validate", path, "--format", "json")
                self.assertGreater(json.loads(done.out)["requests"], 0)

    def test_every_file_is_checked_and_one_wrong_is_2(self):
        wrong = self.write(GOOD.replace("load:", "laod:"), "wrong.yaml")
        done = rig.tokdyno("validate", wrong, self.write(GOOD))
        self.assertEqual(done.code, 2)
        self.assertEqual(done.err, f"tokdyno validate: {wrong}:4:1: unknown key \"laod\"; "
                                   "did you mean \"load\"?\n")
        self.assertIn("x: 1 cell", done.out)

    def test_a_wrong_scenario_is_2_with_its_place_and_nothing_is_made(self):
        cases = [
            ("cycle", GOOD + "slo: &a [*a]\n", ":5:10: *a stands inside of &a itself"),
            ("utf8", GOOD.encode() + b"name: \xff\n", ":5:7: byte 0xff is not UTF-8"),
            ("dataset", GOOD + "workload: { dataset: none.jsonl }\n",
             "/none.jsonl: No such file or directory"),
            ("matrix", GOOD + "matrix: {}\n", ":5:9: matrix is empty"),
            ("rate", GOOD.replace("5/s", "0/s"), ":4:15: load.phase1.rate: a rate of 0 sends "
                                                 "nothing"),
            ("endpoint", GOOD.replace("model:", "endpoint: chta, model:"),
             ":3:22: request.endpoint: no endpoint \"chta\"; did you mean \"chat\"?"),
            ("large", b"#" * (2 << 20), ": more than 1 MiB"),
            ("secret", GOOD.replace('"sim:"', "https://me:canary@host/v1"), "a user name"),
        ]
        for name, text, want in cases:
            with self.subTest(name):
                path = self.write(text)
                out = os.path.join(self.folder.name, "out")
                done = rig.tokdyno("run", path, "--out", out)
                self.assertEqual((done.code, done.out), (2, ""))
                self.assertIn(want, done.err)
                self.assertNotIn("canary", done.err)
                self.assertFalse(os.path.exists(out))
                self.assertEqual(rig.tokdyno("validate", path).code, 2)

    def test_settings_change_what_the_file_says(self):
        path = self.write(GOOD)
        done = rig.tokdyno("validate", path, "--set", "load.rate=10/s", "--set", "repeat=3",
                           "--set", "matrix.service_tier=[on_demand, flex]", "--format", "json")
        plan = json.loads(done.out)
        self.assertEqual((len(plan["cells"]), plan["trials"], plan["requests"]), (2, 6, 120))
        done = rig.tokdyno("validate", path, "--set", "load.rate=fast")
        self.assertEqual(done.code, 2)
        self.assertIn("--set load.rate: load.phase1.rate: \"fast\" is not a rate", done.err)

    def test_a_user_can_bring_a_catalogue(self):
        catalogue = self.write("models:\n  openai/gpt-oss-20b: { price: { input: $1000, "
                               "output: $1 } }\n", "c.yaml")
        path = self.write(GOOD)
        done = rig.tokdyno("validate", path, "--catalogue", catalogue, "--format", "json")
        self.assertEqual(done.code, 0, done.err)
        self.assertGreater(json.loads(done.out)["cost_nusd"], 10**9)

    def test_explain_finds_keys_and_metrics_and_the_nearest_name(self):
        done = rig.tokdyno("explain", "load.steady.rate", "ttft")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("load[].rate\n", done.out)
        self.assertIn("ttft (metric)", done.out)
        done = rig.tokdyno("explain", "limits.drian")
        self.assertEqual((done.code, done.out), (2, ""))
        self.assertIn("did you mean \"limits.drain\"?", done.err)

    def test_explain_makes_the_page_and_the_schema(self):
        for flag, path in ("--markdown", "docs/scenario.md"), ("--schema",
                                                               "docs/scenario.schema.json"):
            with open(rig.path(path), encoding="utf-8") as f:
                self.assertEqual(rig.tokdyno("explain", flag).out, f.read(), path)
