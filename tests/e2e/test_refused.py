"""Wrong scenario files are answered with their place, and nothing is sent anywhere."""

import json
import os
import re
import unittest

import rig

GOOD = """\
name: mine
target:
  base_url: %s
request:
  endpoint: chat
  body: { model: llama-3.1-8b-instant, max_completion_tokens: 16 }
workload:
  input_tokens: 50
load:
  - { name: steady, rate: 10/s, duration: 1s }
"""

# what is wrong, the text that is replaced, by what, line (and column) of the fault, said
WRONG = [
    ("unknown key", "name: mine", "nmae: mine", (1, 1), r"nmae.*name"),
    ("unknown nested key", "  endpoint: chat", "  endpont: chat", (5, 3), r"endpont.*endpoint"),
    ("wrong type", "input_tokens: 50", "input_tokens: [50]", (8, 17), "input_tokens"),
    ("bad unit", "duration: 1s", "duration: 1parsec", (10, 43), "parsec"),
    ("no unit", "duration: 1s", "duration: 1", (10, 43), "duration"),
    ("bad rate", "rate: 10/s", "rate: 10/fortnight", (10, 27), "fortnight"),
    ("rate of zero", "rate: 10/s", "rate: 0/s", (10, 27), "rate"),
    ("duplicate key", "name: mine", "name: mine\nname: yours", (2, 1), "name"),
    ("empty matrix", "name: mine", "name: mine\nmatrix: { model: [] }", (2, 18), "model"),
    ("unknown endpoint", "endpoint: chat", "endpoint: chta", (5, 13), r"chta.*chat"),
    ("not YAML", "name: mine", "name: [mine", None, "yaml|expected"),
    ("an unknown SLO metric", "name: mine", "name: mine\nslo: [ttfb p95 < 1s]", (2, 7), "ttft"),
    ("aliases in a circle", "name: mine", "name: mine\nmatrix: &m { model: *m }", (2, 21), "itself"),
    ("a dataset that is not there", "input_tokens: 50", "dataset: /nowhere.jsonl", (8, 12),
     "/nowhere.jsonl"),
]


class WrongScenarios(unittest.TestCase):
    def refused(self, text, place, said, *flags, env=None, where=None):
        with rig.Listener() as nobody:
            if isinstance(text, str):
                text = text.replace("%s", nobody.url)
            file = rig.scenario_text(text)
            out = rig.fresh()
            done = rig.tokdyno("run", file, "--out", out, *flags, env=env)
            self.assertEqual(nobody.connections, 0, "something was sent")
        self.assertEqual((done.code, done.out), (2, ""), done.err)
        where = re.escape(where or file)
        if place:
            where += ":%d:%d" % place
        self.assertRegex(done.err, f"(?s){where}.*({said})")
        self.assertFalse(os.path.exists(out), "a run directory was made")

    def test_each_mistake_has_its_place_and_sends_nothing(self):
        for name, old, new, place, said in WRONG:
            with self.subTest(name):
                self.assertIn(old, GOOD)
                self.refused(GOOD.replace(old, new), place, said)

    def test_text_that_is_not_utf_8(self):
        self.refused(b"name: caf\xe9\n", (1, 10), "UTF-8")

    def test_a_file_of_100_mb(self):
        self.refused(b"# " + b"x" * 100_000_000 + b"\nname: mine\n", None, "large|long|MB|MiB")

    def test_a_file_that_is_not_there(self):
        done = rig.tokdyno("run", "/nowhere/at/all.yaml")
        self.assertEqual(done.code, 2)
        self.assertIn("/nowhere/at/all.yaml", done.err)

    def test_a_wrong_row_of_a_dataset(self):
        for row, said in ("{", "JSON"), ('{"messages": []}', "messages"):
            data = rig.scenario_text('{"prompt": "Hi"}\n' + row)
            with self.subTest(row):
                self.refused(GOOD.replace("input_tokens: 50", f"dataset: {data}"), None, said,
                             where=data + ":2")

    def test_a_named_key_variable_that_is_not_set(self):
        text = GOOD.replace("base_url: %s", "base_url: %s\n  api_key_env: NO_SUCH_KEY")
        with rig.Listener() as nobody:
            done = rig.tokdyno("run", rig.scenario_text(text.replace("%s", nobody.url)))
            self.assertEqual(nobody.connections, 0)
        self.assertEqual(done.code, 2)
        self.assertIn("NO_SUCH_KEY", done.err)

    def test_a_wrong_setting_names_the_flag(self):
        done = rig.tokdyno("run", rig.scenario_text(GOOD.replace("%s", "'sim:'")),
                           "--set", "load.steady.rte=5/s")
        self.assertEqual(done.code, 2)
        self.assertRegex(done.err, "--set load.steady.rte(.|\n)*rate")

    def test_several_scenarios_are_checked_before_the_first_is_run(self):
        taken = rig.fresh()
        os.makedirs(os.path.join(taken, "second", "x"))
        with rig.Listener() as nobody:
            first = rig.scenario({"name": "first", "target": {"base_url": nobody.url}})
            second = rig.scenario({"name": "second", "target": {"base_url": nobody.url}})
            no_data = rig.scenario({"name": "third", "target": {"base_url": nobody.url},
                                    "workload": {"input_tokens": None,
                                                 "dataset": os.path.join(taken, "no.jsonl")}})
            no_key = rig.scenario({"name": "third", "target": {"base_url": nobody.url,
                                                               "api_key_env": "NO_SUCH_KEY"}})
            for files, out, said in [([first, first], rig.fresh(), "have the same name"),
                                     ([first, second], taken, "second is not empty"),
                                     ([first, no_data], rig.fresh(), "no.jsonl"),
                                     ([first, no_key], rig.fresh(), "NO_SUCH_KEY")]:
                with self.subTest(said):
                    done = rig.tokdyno("run", *files, "--out", out)
                    self.assertEqual((done.code, done.out), (2, ""), done.err)
                    self.assertIn(said, done.err)
                    self.assertFalse(os.path.exists(os.path.join(out, "first")))
            self.assertEqual(nobody.connections, 0)

    def test_validate_says_the_same(self):
        for name, old, new, place, said in WRONG:
            with self.subTest(name):
                file = rig.scenario_text(GOOD.replace(old, new).replace("%s", "'sim:'"))
                done = rig.tokdyno("validate", file)
                self.assertEqual(done.code, 2)
                self.assertRegex(done.err, f"(?s){re.escape(file)}.*({said})")


class DryRun(unittest.TestCase):
    def test_the_plan_is_shown_and_nothing_sent(self):
        with rig.Listener() as nobody:
            file = rig.scenario({"target": {"base_url": nobody.url}})
            out = rig.fresh()
            done = rig.tokdyno("run", file, "--dry-run", "--out", out)
            self.assertEqual(nobody.connections, 0)
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("8", done.out)
        self.assertFalse(os.path.exists(out))

    def test_the_plan_as_json(self):
        done = rig.tokdyno("validate", rig.scenario(), "--format", "json")
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(json.loads(done.out)["requests"], 8)
