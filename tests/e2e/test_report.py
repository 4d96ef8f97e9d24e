"""`report`: finished, torn, damaged and foreign journals; the live result made again."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import audit
import rig

GOLDEN = rig.path("tests/golden/report")


def read(name):
    with open(os.path.join(GOLDEN, name), encoding="utf-8") as f:
        return f.read()


class Report(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="tokdyno-report-")
        self.addCleanup(shutil.rmtree, self.dir)

    def file(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def run_dir(self, name, *flags):
        out = os.path.join(self.dir, name)
        done = rig.tokdyno("run", "--target", "sim:", "--model", "llama-3.1-8b-instant", "--seed", 3,
                           "--out", out, *flags)
        self.assertIn(done.code, rig.FINE, done.err)
        return out, done

    def test_a_journal_file_is_reported_as_text_and_json(self):
        text = rig.tokdyno("report", os.path.join(GOLDEN, "single.jsonl"))
        self.assertEqual((text.code, text.out, text.err), (0, read("single.txt"), ""))
        machine = rig.tokdyno("report", "--format", "json", os.path.join(GOLDEN, "single.jsonl"))
        self.assertEqual(machine.out, read("single.json"))
        self.assertEqual(json.loads(machine.out)["schema"], 1)

    def test_requests_that_are_like_their_neighbours_count_for_fewer(self):
        """A journal of which ttft has a correlation of 0.37, worked out again in Python."""
        class Golden(rig.Run):
            lines = rig.lines_of(os.path.join(GOLDEN, "single.jsonl"))
            json = json.loads(read("single.json"))
        self.assertEqual(audit.Audit(Golden(None)).differences(), [])
        ttft = Golden.json["cells"][0]["measured"]["metrics"]["ttft"]
        self.assertEqual((ttft["n"], ttft["n_counted"], ttft["p95"]), (79, 30, {"needs": 59}))

    def test_several_runs_come_one_after_the_other(self):
        a, b = (os.path.join(GOLDEN, n) for n in ("single.jsonl", "matrix.jsonl"))
        done = rig.tokdyno("report", a, b)
        self.assertEqual(done.out, read("single.txt") + "\n" + read("matrix.txt"))

    def test_a_torn_journal_is_reported_with_a_note(self):
        done = rig.tokdyno("report", os.path.join(GOLDEN, "torn.jsonl"))
        self.assertEqual((done.code, done.out), (0, read("torn.txt")))
        self.assertIn("1 of 45 lines were damaged", done.err)
        self.assertIn("last line was torn", done.err)
        self.assertIn("did not end", done.err)

    def test_what_is_no_run_is_2_with_its_name(self):
        empty = self.file("empty", "")
        cases = {
            self.dir: "no requests.jsonl",
            empty: "is empty",
            self.file("foreign", "hello\n"): "not a journal",
            self.file("newer", '{"t":"run","schema":99}\n'): "schema 99",
            self.file("cut", read("single.jsonl")[:700]): "has no end",
            self.file("holes", '{"t":"run","schema":1}\n'): "damaged",
            os.path.join(self.dir, "nowhere"): "No such file",
        }
        for path, want in cases.items():
            with self.subTest(want):
                done = rig.tokdyno("report", path)
                self.assertEqual((done.code, done.out), (2, ""))
                self.assertIn(want, done.err)
                self.assertIn(path, done.err)

    def test_wrong_options_are_2(self):
        for args in ["--format", "xml", "x"], ["--format"], ["--nonsense", "x"], []:
            with self.subTest(args):
                done = rig.tokdyno("report", *args)
                self.assertEqual((done.code, done.out), (2, ""))

    def test_the_report_of_a_run_is_what_the_run_printed(self):
        out, done = self.run_dir("live", "--rate", "30/s", "--duration", "2s")
        with open(os.path.join(out, "run.json"), encoding="utf-8") as f:
            stored = f.read()
        self.assertEqual(rig.tokdyno("report", out, "--format", "json").out, stored)
        self.assertEqual(rig.tokdyno("report", out).out, done.out)
        self.assertNotIn(out, stored)
        moved = os.path.join(self.dir, "moved")
        os.rename(out, moved)
        self.assertEqual(rig.tokdyno("report", moved, "--format", "json").out, stored)

    def test_a_killed_run_loses_at_most_its_last_batch(self):
        out = os.path.join(self.dir, "killed")
        p = subprocess.Popen([rig.PROGRAM, "run", "--target", "sim:", "--model", "llama-3.1-8b-instant",
                              "--rate", "50/s", "--duration", "60s", "--out", out],
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, env=rig.environment())
        journal = os.path.join(out, "requests.jsonl")
        deadline = time.monotonic() + 30
        lines = 0
        while lines < 60 and time.monotonic() < deadline:
            time.sleep(0.05)
            if os.path.exists(journal):
                with open(journal, "rb") as f:
                    lines = f.read().count(b'\n{"t":"attempt"')
        p.send_signal(signal.SIGKILL)
        p.wait()
        self.assertGreaterEqual(lines, 60)
        done = rig.tokdyno("report", out, "--format", "json")
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("did not end", done.err)
        result = json.loads(done.out)
        self.assertEqual(result["state"], "unfinished")
        self.assertGreaterEqual(result["total"]["counts"]["attempts"], lines)

    def test_where_all_failed_the_failure_is_explained_and_nobody_is_told_to_run_longer(self):
        _, done = self.run_dir("failed", "--requests", 4, "--concurrency", 1,
                               "--set", "target.sim=[--fault,503=1]")
        self.assertIn("4 requests · 4 errors (100 %)", done.out)
        self.assertRegex(done.out, r"(?s)Requests failed as overloaded.*over\s+capacity")
        self.assertNotIn("run it longer", done.out)

    def test_where_nothing_was_due_the_report_says_so(self):
        _, done = self.run_dir("nothing", "--rate", "0.001/s", "--duration", "50ms")
        self.assertIn("0 requests", done.out)
        self.assertIn("No request was due", done.out)
        self.assertNotIn("run it longer", done.out)

    def test_one_request_shows_how_long_it_took(self):
        _, done = self.run_dir("one", "--requests", 1, "--concurrency", 1)
        self.assertRegex(done.out, r"(?m)^ +e2e +1  – \(n=1, needs 5\) .* \d+ ms$")


if __name__ == "__main__":
    unittest.main()
