"""The command line itself: help, version, wrong use."""

import os
import re
import unittest

import rig


class Usage(unittest.TestCase):
    def test_version_is_the_one_of_the_header(self):
        with open(rig.path("bench/base/version.h"), encoding="utf-8") as f:
            want = re.search(r'TOKDYNO_VERSION "([^"]+)"', f.read()).group(1)
        done = rig.tokdyno("--version")
        self.assertEqual((done.code, done.out), (0, f"tokdyno {want}\n"))

    def test_help_goes_to_stdout_and_ends_in_examples(self):
        done = rig.tokdyno("-h")
        self.assertEqual(done.code, 0)
        self.assertIn("examples:", done.out)
        self.assertEqual(done.err, "")

    def test_every_command_has_help(self):
        listed = re.findall(r"^  ([a-z]+) +[a-z]", rig.tokdyno("-h").out, re.M)
        commands = [c for c in listed if c != "tokdyno"]
        self.assertIn("run", commands)
        for command in commands:
            with self.subTest(command):
                done = rig.tokdyno(command, "-h")
                self.assertEqual(done.code, 0, done.err)
                self.assertIn("example", done.out)

    def test_a_misspelt_command_gets_the_nearest_one(self):
        done = rig.tokdyno("rnu")
        self.assertRegex(done.err, '^tokdyno: no command "rnu"; .*did you mean "run"')
        self.assertEqual(done.err.count("\n"), 1)

    def test_an_option_is_no_value_of_another(self):
        out = rig.fresh()
        done = rig.tokdyno("run", rig.scenario(), "--out", "--dry-run", cwd=rig.TEMP)
        self.assertEqual((done.code, done.out), (2, ""))
        self.assertIn("--out wants a value; --dry-run looks like an option", done.err)
        self.assertFalse(os.path.exists(out))

    def test_a_scenario_that_comes_with_the_program_is_found_by_its_name(self):
        done = rig.tokdyno("validate", "quickstart", cwd=rig.TEMP)
        self.assertEqual(done.code, 2)
        self.assertRegex(done.err, "did you mean /.*/scenarios/quickstart.yaml")

    def test_no_port_above_65535(self):
        done = rig.tokdyno("sim", "--listen", "127.0.0.1:65536")
        self.assertEqual((done.code, done.out), (2, ""))

    def test_wrong_use_is_2_and_says_so_on_stderr(self):
        for args in [], ["rnu"], ["run", "--no-such-flag"], ["report"], ["report", "/nowhere"]:
            with self.subTest(args):
                done = rig.tokdyno(*args)
                self.assertEqual((done.code, done.out), (2, ""))
                self.assertNotEqual(done.err, "")
