"""`compare`, `baseline` and `history`: verdicts on sides whose truth is known, in every format."""

import json
import os
import shutil
import unittest
import xml.etree.ElementTree as xml

import rig
import sides
from test_gates import SUFFIX, junit_faults, read

ALONE = True  # two sides have to meet the same machine


class Sides(unittest.TestCase):
    def setUp(self):
        self.dir = sides.folder()
        self.make("base", sides.BASE)
        self.db = os.path.join(self.dir, "kept.db")

    def make(self, name, factors, **more):
        return sides.write(os.path.join(self.dir, name), factors, run=name.encode().hex(), **more)

    def tokdyno(self, *args, code=None):
        done = rig.tokdyno(*args, cwd=self.dir, env={"TOKDYNO_DB": self.db})
        if code is not None:
            self.assertEqual(done.code, code, done.out + done.err)
        return done

    def compare(self, *args, code=None):
        return self.tokdyno("compare", *args, code=code)

    def verdicts(self, *args):
        done = self.compare(*args, "--format", "json")
        return {r["figures"].get("figure", r["name"]): r["verdict"] for r in json.loads(done.out)["results"]
                if r["gates"]}


class Compare(Sides):
    def test_every_format_is_as_it_was_agreed_on(self):
        self.make("head", sides.HEAD, scale=1.3)
        for kind, suffix in SUFFIX.items():
            done = self.compare("base", "head", "--format", kind, code=1)
            with self.subTest(kind):
                self.assertEqual(done.out, read(f"compare.{suffix}"))
        self.assertEqual(junit_faults(self.compare("base", "head", "--format", "junit").out), [])

    def test_the_same_passes_and_worse_fails(self):
        for scale, code in ((1.0, 0), (0.5, 0), (1.1, 0), (1.3, 1), (3.0, 1)):
            self.make("head", sides.HEAD, scale=scale)
            with self.subTest(scale):
                self.compare("base", "head", code=code)

    def test_the_rules_of_the_scenario_take_the_place_of_the_usual(self):
        self.make("head", sides.HEAD, scale=1.1, scenario={"regression": ["ttft p95 +5%", "tps p50 -50%"]})
        self.assertEqual(self.verdicts("base", "head"), {"ttft p95": "fail", "tps p50": "pass", "error_rate": "pass"})
        self.assertEqual(self.verdicts("base", "head", "--rule", "ttft mean +20%"), {"ttft mean": "pass"})

    def test_too_few_trials_say_how_many_more_would_tell(self):
        self.make("few", sides.BASE[:3])
        self.make("head", sides.HEAD[:3], scale=1.3)
        done = self.compare("few", "head", code=3)
        self.assertRegex(done.out, r"not enough data: [1-9]\d* more trials a side would tell \+20 % at 95 %")

    def test_trials_of_several_runs_are_one_side(self):
        for i in range(3):
            self.make(f"a{i}", sides.BASE[2 * i:2 * i + 2], seed=10 + i)
            self.make(f"b{i}", sides.HEAD[2 * i:2 * i + 2], seed=20 + i, scale=1.3)
        done = self.compare("--base", "a0", "a1", "a2", "--head", "b0", "b1", "b2", code=1)
        self.assertIn("6 trials of 3 runs", done.out)

    def test_a_single_pair_is_compared_and_called_weaker(self):
        self.make("one", sides.BASE[:1])
        for scale, code in ((1.0, 0), (2.0, 1)):
            self.make("head", sides.HEAD[:1], scale=scale)
            self.assertIn("one trial a side", self.compare("one", "head", code=code).out)

    def test_many_trials_of_the_same_seeds_are_compared_in_pairs(self):
        factors = [1 + 0.3 * ((7 * i) % 10 - 5) / 10 for i in range(10)]
        for seed, method in ((1, "pairs"), (2, "ranks")):
            self.make("ten", factors)
            self.make("head", factors, scale=1.01, seed=seed)
            out = json.loads(self.compare("ten", "head", "--format", "json").out)
            methods = {r["figures"]["method"] for r in out["results"] if r["name"].startswith("ttft p50")}
            self.assertEqual(methods, {method})

    def test_failures_count_and_do_not_make_a_side_faster(self):
        self.make("head", sides.HEAD, errors=36)
        verdicts = self.verdicts("base", "head")
        self.assertEqual((verdicts["error_rate"], verdicts["ttft p95"], verdicts["ttft p50"]),
                         ("fail", "fail", "pass"))

    def test_errors_that_the_base_has_as_well_are_not_of_heads_making(self):
        self.make("sick", sides.BASE, errors=5)
        self.make("head", sides.HEAD, errors=5)
        self.assertEqual(self.verdicts("sick", "head")["error_rate"], "pass")

    def test_sides_that_cannot_be_compared_are_3_and_say_why(self):
        self.make("other", sides.HEAD, scenario={"load": [{"rate": "9/s"}]})
        self.make("sick", sides.HEAD, valid=False)
        base = self.make("with", sides.BASE, scenario={"load": [{"rate": "10/s"}]})
        for head, want, anyway in (("other", "`load` of their scenarios", 0), ("sick", "is not valid", 3),
                                   ("with", "is on both sides", 3)):
            with self.subTest(head):
                self.assertIn(want, self.compare(base, head, code=3).out)
                self.compare(base, head, "--anyway", code=anyway)

    def test_noise_floors_of_doctor_raise_the_limit(self):
        self.make("head", sides.HEAD, scale=1.3)
        floor = {"trials_a_side": 5, "figures": [{"cell": "", "figure": "ttft p50", "known": True,
                                                   "log_sd_ppm": 300000, "empirical_ppm": 200000}]}
        file = os.path.join(self.dir, "aa.json")
        with open(file, "w", encoding="utf-8") as f:
            json.dump(floor, f)
        verdicts = self.verdicts("base", "head", "--noise", file)
        self.assertEqual((verdicts["ttft p50"], verdicts["ttft p95"]), ("pass", "fail"))
        self.assertIn("holds no noise floors", self.compare("base", "head", "--noise", "base", code=2).err)

    def test_wrong_use_is_2(self):
        for args in ((), ("base",), ("base", "base", "base"), ("--base", "base"), ("--baseline", "x", "base"),
                     ("base", "base", "--rule", "ttft p95 < 1s"), ("base", "nowhere"), ("base", "base", "--last", "3")):
            with self.subTest(args):
                self.assertTrue(self.compare(*args, code=2).err)


class Tables(Sides):
    def test_every_row_of_a_markdown_table_has_as_many_cells_as_its_head(self):
        self.make("head", sides.HEAD, scale=1.3, scenario={"name": "a|b", "regression": ["ttft p95 +5%"]})
        for args in (("compare", "base", "head"), ("check", "base", "--slo", "ttft p95[phase=steady] < 1s")):
            rows = [line for line in self.tokdyno(*args, "--format", "md").out.splitlines()
                    if line.startswith("|")]
            cells = {len(row.replace("\\|", "").split("|")) for row in rows}
            self.assertGreater(len(rows), 2)
            self.assertEqual(len(cells), 1, rows)


class Baselines(Sides):
    def keep(self, name, count, scale=lambda i: 1.0, pin=()):
        for i in range(count):
            run = self.make(f"r{i}", sides.BASE, seed=100 + i, real=i * 3600, scale=scale(i))
            self.tokdyno("baseline", "save", name, run, "--rev", f"rev{i}", *(["--pin"] if i in pin else []), code=0)

    def test_a_kept_run_is_as_good_as_its_directory(self):
        self.make("head", sides.HEAD, scale=1.3)
        self.tokdyno("baseline", "save", "main", "base", "--rev", "abc", code=0)
        kept, direct = (json.loads(self.compare(*args, "--format", "json", code=1).out)["results"]
                        for args in (("--baseline", "main", "head"), ("base", "head")))
        self.assertEqual(kept, direct)

    def test_list_show_and_rm(self):
        self.keep("main", 3, pin=(0,))
        listed = self.tokdyno("baseline", "list", code=0).out
        self.assertEqual((listed.count("rev"), listed.count("pinned")), (4, 1))  # one is the heading
        self.assertIn("trial 6", self.tokdyno("baseline", "show", "main", "--last", "1", code=0).out)
        self.tokdyno("baseline", "rm", "main", code=2)
        self.tokdyno("baseline", "rm", "main", "--rev", "rev1", code=0)
        self.tokdyno("baseline", "rm", "main", "--rev", "rev1", code=2)
        self.assertEqual(self.tokdyno("baseline", "list", "main").out.count("main"), 2)
        self.tokdyno("baseline", "rm", "main", "--all", code=0)

    def test_saving_again_keeps_one(self):
        for _ in range(2):
            self.tokdyno("baseline", "save", "main", "base", "--rev", "x", code=0)
        self.assertEqual(self.tokdyno("baseline", "list").out.count("main"), 1)

    def test_a_run_that_is_not_valid_is_not_kept(self):
        self.make("sick", sides.BASE, valid=False)
        self.tokdyno("baseline", "save", "main", "sick", code=3)
        self.assertNotIn("main", self.tokdyno("baseline", "list").out)

    def test_a_jump_fails_against_the_latest_runs(self):
        self.keep("main", 5)
        self.make("head", sides.HEAD, scale=1.4, seed=9)
        self.compare("--baseline", "main", "head", code=1)

    def test_slow_drift_fails_against_the_pinned_reference(self):
        self.keep("main", 12, scale=lambda i: 1.025 ** i, pin=(0,))
        self.make("head", sides.HEAD, scale=1.025 ** 12, seed=9)
        done = self.compare("--baseline", "main", "--last", "3", "head", "--format", "json", code=1)
        failed = {r["group"].split(" ")[2] for r in json.loads(done.out)["results"] if r["verdict"] == "fail"}
        self.assertEqual(failed, {"pinned"})

    def history(self, *args, code=0):
        return json.loads(self.tokdyno("history", *args, "--format", "json", code=code).out)["histories"][0]

    def test_history_marks_where_the_level_changed(self):
        self.keep("main", 12, scale=lambda i: 1.0 if i < 7 else 1.15)
        got = self.history("ttft p95", "main")
        self.assertEqual([p["revision"] for p in got["points"] if p["new_level"]], ["rev7"])
        self.assertEqual(got["drift"], 0)
        text = self.tokdyno("history", "ttft p95", code=0).out
        self.assertIn("its level changed once, by +15.0 % at rev7", text)

    def test_history_sees_a_drift_and_holds_it_against_a_bound_that_does_not_move(self):
        self.keep("main", 12, scale=lambda i: 1.02 ** i, pin=(1,))
        got = self.history("ttft p95 +20%", "main", code=1)
        self.assertAlmostEqual(got["drift"], 0.02, places=2)
        self.assertEqual(got["reference"], "rev1")
        self.assertEqual([p["revision"] for p in got["points"] if p["beyond"]], ["rev11"])
        self.assertIn("the latest run is beyond it, 1 of 12 are",
                      self.tokdyno("history", "ttft p95 +20%", code=1).out)
        bound = got["points"][11]["value"] // 1_000_000 + 8  # ms: 4 % above
        text = self.tokdyno("history", f"ttft p95 < {bound}ms", code=0).out
        self.assertIn("it drifts by +2 % a run", text)
        self.assertIn("kept by all; at this drift passed in some 2 runs", text)

    def test_history_is_as_it_was_agreed_on(self):
        self.keep("main", 12, scale=lambda i: 1.0 if i < 7 else 1.3, pin=(0,))
        for kind, file in (("text", "history.txt"), ("json", "history.json")):
            with self.subTest(kind):
                done = self.tokdyno("history", "ttft p95 +20%", "main", "--format", kind, code=1)
                self.assertEqual(done.out, read(file))

    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
    def test_history_is_drawn_with_its_levels_its_bound_and_the_names_of_runs(self):
        self.keep("main", 12, scale=lambda i: 1.0 if i < 7 else 1.3, pin=(0,))
        svg, png, pdf = (os.path.join(self.dir, "trend." + kind) for kind in ("svg", "png", "pdf"))
        for file, start in ((svg, b"<?xml"), (png, b"\x89PNG"), (pdf, b"%PDF-")):
            done = self.tokdyno("history", "ttft p95 +20%", "--plot", file, code=1)
            self.assertEqual(done.err, file + "\n")
            with open(file, "rb") as f:
                self.assertTrue(f.read(8).startswith(start))
        texts = [t.strip() for t in xml.parse(svg).getroot().itertext() if t.strip()]
        for text in ("ttft p95, ms", "kept run, by revision", "rev1", "rev11", "+29.9%", "bound", "level", "run",
                     "pinned", "beyond"):
            self.assertIn(text, texts)
        self.assertIn(".svg, .png or .pdf", self.tokdyno("history", "ttft p95", "--plot", "x.gif", code=2).err)

    def test_history_of_a_steady_series_has_no_change(self):
        self.keep("main", 12, scale=lambda i: 1 + 0.01 * ((i * 7) % 5))
        self.assertIn("no change of its level", self.tokdyno("history", "ttft p95", code=0).out)

    def test_what_is_no_store_is_2_and_stays_as_it_was(self):
        with open(self.db, "w", encoding="utf-8") as f:
            f.write("this is not a database, but a file of somebody\n" * 50)
        before = os.path.getsize(self.db)
        for args in (("baseline", "list"), ("baseline", "save", "m", "base"), ("history", "ttft p95")):
            self.assertIn("not a database", self.tokdyno(*args, code=2).err)
        self.assertEqual(os.path.getsize(self.db), before)
        self.assertIn("is not there", rig.tokdyno("baseline", "list", cwd=self.dir).err)
