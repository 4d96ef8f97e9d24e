"""Exporters of files: live as afterwards, what they hold, what happens when they cannot write."""

import csv
import functools
import io
import json
import os
import re
import socket
import unittest

import rig
import timeline

KINDS = {"csv": "summary.csv", "attempts": "attempts.csv", "prometheus": "metrics.prom",
         "json": "summary.json", "perfetto": "timeline.json", "hlog": "intervals.hlog",
         "hgrm": "distribution.hgrm"}
CANARY = "gsk_canary0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL"

# Refusals, retries, requests that are held back, several cells: something of everything.
RICH = {
    "target": {"api_key_env": "GROQ_API_KEY", "sim": ["--fault", "429=1/6,500=1/20"]},
    "request": {"body": {"model": None}},
    "matrix": {"model": ["llama-3.1-8b-instant", "openai/gpt-oss-20b"]},
    "retry": {"policy": "sdk"},
    "limits": {"in_flight": 6},
    "load": [{"name": "warmup", "concurrency": 2, "requests": 6, "measured": False},
             {"name": "steady", "rate": "60/s", "duration": "2s"}],
    "slo": ["ttft p50 < 10s", "error_rate < 50%"],
}


@functools.cache
def rich_run():
    live = [f for kind in KINDS for f in ("--export", kind)]
    run = rig.run(RICH, *live, env={"GROQ_API_KEY": CANARY})
    assert run.code in rig.FINE, run.err
    return run


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = rich_run()

    def afterwards(self, kind):
        file = rig.fresh("out")
        done = rig.tokdyno("export", self.run_.dir, f"{kind}={file}")
        self.assertEqual(done.code, 0, done.err)
        with open(file, "rb") as f:
            return f.read()

    def test_a_finished_run_gives_the_same_bytes_as_the_run_did(self):
        for kind, file in KINDS.items():
            with self.subTest(kind):
                self.assertEqual(self.run_.read(file), self.afterwards(kind))

    def test_every_kind_of_file_is_in_the_list(self):
        listed = rig.tokdyno("export", "--list").out
        for kind, file in KINDS.items():
            self.assertRegex(listed, rf"(?m)^{kind} ")
            self.assertIn(file, listed)

    def test_no_file_holds_the_key(self):
        for name in os.listdir(self.run_.dir):
            if os.path.isfile(self.run_.file(name)):
                self.assertNotIn(CANARY.encode(), self.run_.read(name), name)
                self.assertNotIn(b"Authorization", self.run_.read(name), name)

    def test_a_row_of_attempts_says_what_the_journal_says(self):
        rows = list(csv.DictReader(io.StringIO(self.run_.read("attempts.csv").decode(),
                                               newline="")))
        self.assertEqual(len(rows), len(self.run_.attempts))
        for row, attempt in zip(rows, self.run_.attempts):
            for key in ("req", "try", "cell", "trial", "phase", "outcome", "status"):
                self.assertEqual(row[key], str(attempt.get(key, 0)))
            for moment, at in attempt["times"].items():
                self.assertEqual(row[f"times.{moment}"], str(at))
            self.assertEqual(row["error"].lstrip("'"), attempt.get("error", "").lstrip("'"))
            self.assertEqual(row["phase_name"],
                             self.run_.head["phases"][attempt["phase"]]["name"])

    def test_rows_of_attempts_end_as_rfc_4180_wants_it(self):
        data = self.run_.read("attempts.csv")
        self.assertTrue(data.endswith(b"\r\n"))
        widths = {len(row) for row in csv.reader(io.StringIO(data.decode(), newline=""))}
        self.assertEqual(len(widths), 1)

    def test_json_is_the_run_directory_s(self):
        self.assertEqual(self.run_.read("summary.json"), self.run_.read("run.json"))

    def test_the_summary_s_table_says_what_run_json_says(self):
        rows = list(csv.DictReader(io.StringIO(self.run_.read("summary.csv").decode(),
                                               newline="")))
        seen = 0
        for cell in self.run_.json["cells"]:
            for phase in cell["phases"]:
                mine = {r["name"]: r for r in rows
                        if (r["cell"], r["phase"], r["trial"]) ==
                        (cell["name"], phase["name"], "all")}
                for name, m in phase["metrics"].items():
                    row = mine[name]
                    self.assertEqual((row["n"], row["min"], row["max"], row["unit"]),
                                     (str(m["n"]), str(m["min"]), str(m["max"]), m["unit"]))
                    self.assertEqual(row["p50"], str(m["p50"].get("value", "")))
                    seen += 1
                for name, r in phase["rates"].items():
                    self.assertEqual((mine[name]["value"], mine[name]["unit"]),
                                     (str(r["value"]), r["unit"]))
                    seen += 1
        self.assertGreater(seen, 50)

    def test_prometheus_counts_what_the_journal_holds(self):
        page = self.run_.read("metrics.prom").decode()
        total = {}
        for name, value in re.findall(r"(?m)^(tokdyno_\w+)(?:\{.*\})? (\S+)$", page):
            total[name] = total.get(name, 0) + float(value)
        attempts = self.run_.attempts
        done = [a for a in attempts if a["outcome"] in ("ok", "empty")]
        first = [a["times"]["first"] - a["times"]["due"] for a in done
                 if a.get("final") and "first" in a["times"]]
        self.assertEqual(total["tokdyno_attempts_total"], len(attempts))
        self.assertEqual(total["tokdyno_requests_total"],
                         sum(a.get("final", False) for a in attempts))
        self.assertEqual(total["tokdyno_ttft_seconds_count"], len(first))
        self.assertAlmostEqual(total["tokdyno_ttft_seconds_sum"], sum(first) / 1e9, places=6)
        self.assertEqual(total["tokdyno_frames_total"],
                         sum(a.get("frames", 0) for a in attempts))


class Timeline(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = rich_run()
        cls.document = json.loads(cls.run_.read("timeline.json"))
        cls.events = cls.document["traceEvents"]

    def test_a_timeline_keeps_the_rules_of_its_format(self):
        self.assertEqual(timeline.check(self.document), [])

    def test_every_attempt_that_left_is_a_slice_as_long_as_it_took(self):
        drawn = {(e["args"]["request"], e["args"]["try"]): e for e in self.events
                 if e["ph"] == "X" and e["name"].startswith("request")}
        sent = [a for a in self.run_.attempts if "start" in a["times"]]
        self.assertEqual(len(drawn), len(sent))
        for a in sent:
            e = drawn[a["req"], a["try"]]
            self.assertEqual(round(e["ts"] * 1000), a["times"]["start"])
            self.assertEqual(round((e["ts"] + e["dur"]) * 1000), a["times"]["end"])

    def test_there_are_as_many_lanes_as_attempts_in_flight_at_once(self):
        for cell in range(2):
            spans = [(a["times"]["start"], a["times"]["end"]) for a in self.run_.attempts
                     if a["cell"] == cell and "start" in a["times"]]
            most = max(sum(b <= begin < e for b, e in spans) for begin, _ in spans)
            lanes = [e for e in self.events if e["ph"] == "M" and e["pid"] == 1000001 + cell and
                     e["name"] == "thread_name" and e["args"]["name"].startswith("lane ")]
            # The journal's order is not quite that of the ends, where several ended at once.
            self.assertIn(len(lanes) - most, (0, 1, 2))

    def test_frames_are_where_the_journal_has_them(self):
        a = next(a for a in self.run_.attempts if len(a.get("gaps", [])) > 5)
        e = next(e for e in self.events if e["ph"] == "X" and
                 e.get("args", {}).get("request") == a["req"] and e["args"]["try"] == a["try"])
        frames = [f["ts"] for f in self.events if f["ph"] == "i" and f["name"] == "frame" and
                  (f["pid"], f["tid"]) == (e["pid"], e["tid"]) and
                  e["ts"] <= f["ts"] <= e["ts"] + e["dur"]]
        at, want = a["times"]["first"] // 1000, []
        for gap in [0] + a["gaps"]:
            at += gap
            want.append(at)
        self.assertEqual([int(f) for f in frames], want)

    def test_what_was_held_back_and_what_failed_can_be_seen(self):
        names = {e["name"] for e in self.events}
        self.assertIn("request: rate_limited", names)
        self.assertIn("held: retry", names)
        for name in ("connect", "send", "wait", "prefill", "generation", "warmup", "steady",
                     "in flight", "requests/s"):
            self.assertIn(name, names)


class TheRules(unittest.TestCase):
    """The check of timelines can fail."""

    NAMES = [{"ph": "M", "name": "process_name", "pid": 1, "tid": 0, "args": {"name": "p"}},
             {"ph": "M", "name": "thread_name", "pid": 1, "tid": 1, "args": {"name": "t"}}]

    def test_what_breaks_a_rule_is_found(self):
        def x(ts, dur, **more):
            return {"ph": "X", "name": "s", "pid": 1, "tid": 1, "ts": ts, "dur": dur, **more}
        cases = [
            ([], None),
            ([x(0, 5), x(1, 2), x(3, 2), x(5, 1)], None),
            ([x(0, 5), x(4, 2)], "reaches out"),
            ([x(0, -1)], "no length"),
            ([x(-1, 1)], "no time"),
            ([x(0, 1, tid=2)], "has no name"),
            ([x(0, 1, pid=2)], "has no name"),
            ([x(0, 1, name="")], "no name"),
            ([{"ph": "i", "name": "f", "pid": 1, "tid": 1, "ts": 1}], "no scope"),
            ([{"ph": "C", "name": "f", "pid": 1, "tid": 0, "ts": 1, "args": {}}], "no numbers"),
            ([{"ph": "B", "name": "f", "pid": 1, "tid": 1, "ts": 1}], "not one"),
            (self.NAMES[:1], "is given 2 times"),
        ]
        for events, want in cases:
            found = timeline.check({"traceEvents": self.NAMES + events})
            with self.subTest(want=want, found=found):
                self.assertEqual(bool(found), want is not None)
                self.assertTrue(want is None or want in found[0])


class Trouble(unittest.TestCase):
    """What goes wrong behind the measurement is said, and changes nothing."""

    def test_a_full_disk_is_said_and_leaves_the_result_alone(self):
        folder = rig.fresh("full")
        os.mkdir(folder)
        os.symlink("/dev/full", os.path.join(folder, "x.csv.partial"))
        run = rig.run(None, "--export", f"attempts={folder}/x.csv", "--export", "csv")
        self.assertIn(run.code, rig.FINE)
        self.assertRegex(run.err, r"export attempts.*No space left on device")
        self.assertFalse(os.path.exists(os.path.join(folder, "x.csv")))
        self.assertEqual(len(run.attempts), 8)
        self.assertEqual(run.json["state"], "done")
        self.assertIn("ttft", run.read("summary.csv").decode())

    def test_a_path_that_cannot_be_written_is_refused_before_anything_is_sent(self):
        with rig.Listener() as server:
            run = rig.run({"target": {"base_url": server.url}},
                          "--export", "csv=/nowhere/at/all/x.csv")
            self.assertEqual(run.code, 2)
            self.assertIn("/nowhere/at/all/x.csv", run.err)
            self.assertEqual(server.connections, 0)

    def test_a_port_that_is_taken_is_refused_before_anything_is_sent(self):
        with rig.Listener() as server, socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            run = rig.run({"target": {"base_url": server.url}},
                          "--export", f"prometheus=:{port}")
            self.assertEqual(run.code, 2)
            self.assertRegex(run.err, f":{port}: Address already in use.*another port")
            self.assertEqual(server.connections, 0)
