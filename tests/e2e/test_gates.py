"""`check` and `compare`: the verdict, in every format, and in the exit code."""

import json
import os
import unittest
import xml.etree.ElementTree as xml

import rig
import xsd

GOLDEN = "tests/golden/gate"
SINGLE = "tests/golden/report/single.jsonl"
MATRIX = "tests/golden/report/matrix.jsonl"
SUFFIX = {"text": "txt", "md": "md", "json": "json", "junit": "xml", "github": "github"}


def read(name):
    with open(rig.path(os.path.join(GOLDEN, name)), encoding="utf-8") as f:
        return f.read()


def write(text):
    file = rig.fresh("slos")
    with open(file, "w", encoding="utf-8") as f:
        f.write(text)
    return file


def junit_faults(text):
    """What the schema refuses, and counts that are not those of the cases."""
    faults = xsd.Schema(rig.path("tests/schema/junit.xsd")).faults(text)
    for suite in xml.fromstring(text.encode()):
        cases = suite.findall("testcase")
        counts = {"tests": len(cases)}
        for what, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            counts[what] = sum(c.find(tag) is not None for c in cases)
        faults += [f"{suite.get('name')}: {k}" for k, v in counts.items() if int(suite.get(k)) != v]
    return faults


class Check(unittest.TestCase):
    def check(self, *args):
        return rig.tokdyno("check", *args)

    def test_every_format_is_as_it_was_agreed_on(self):
        for kind, suffix in SUFFIX.items():
            done = self.check(MATRIX, "--format", kind)
            with self.subTest(kind):
                self.assertEqual((done.code, done.err), (1, ""))
                self.assertEqual(done.out, read(f"check.{suffix}"))

    def test_text_is_no_wider_than_a_page(self):
        for line in self.check(MATRIX).out.splitlines():
            self.assertLessEqual(len(line), 100, line)

    def test_junit_keeps_to_its_schema(self):
        text = self.check(MATRIX, SINGLE, "--format", "junit").out
        self.assertEqual(junit_faults(text), [])
        schema = xsd.Schema(rig.path("tests/schema/junit.xsd"))
        for old, new in (("testcase name=", "testcase nom="), ('tests="', 'tests="x'), ("<system-out>", "a<system-out>"),
                         ("<testsuites ", "<testsuites id='1' "), ("failure", "fail"),
                         ("<failure ", "<skipped/><failure "), ("<failure ", "<system-out/><failure ")):
            self.assertIn(old, text)
            with self.subTest(new):
                self.assertEqual(bool(schema.faults(text.replace(old, new))), new != "<skipped/><failure ")

    def test_the_exit_code_is_the_verdict(self):
        cases = (
            (0, "pass", "ttft p95 < 400ms"),
            (1, "fail", "ttft p95 < 1ms"),
            (3, "no-data", "ttft p99 < 400ms"),
            (3, "no-data", "ttft p50[model=other] < 1s"),
            (1, "fail", "error_rate < 0.1%"),  # 2 of 81: few, but enough for that
            (3, "no-data", "retry_rate < 0.1%"),  # 1 of 81: it may or may not
            (3, "no-data", "tier_fallback_rate < 1%"),
            (0, "pass", "goodput(ttft<1s) > 90%"),
        )
        for code, verdict, slo in cases:
            done = self.check(SINGLE, "--slo", slo, "--format", "json")
            with self.subTest(slo):
                self.assertEqual((done.code, json.loads(done.out)["verdict"]), (code, verdict), done.out)

    def test_objectives_are_read_as_people_write_them(self):
        for run, slo, verdict in ((MATRIX, "retry_rate[flex] < 5%", "fail"), (MATRIX, "retry_rate[on_demand] < 5%", "no-data"),
                                  (SINGLE, "cache_hit > 60%", "fail"), (SINGLE, "cost_per_1k_tokens < $0.0005", "pass"),
                                  (SINGLE, "goodput(ttft<300ms, tpot<20ms) > 95%", "pass")):
            results = json.loads(self.check(run, "--slo", slo, "--format", "json").out)["results"]
            with self.subTest(slo):
                self.assertEqual({r["name"] for r in results}, {slo})
                self.assertEqual({r["verdict"] for r in results}, {verdict})
                for figures in (r["figures"] for r in results if verdict != "no-data"):
                    self.assertGreater(figures["n"], 0)
                    self.assertIsNotNone(figures["value"])
                    if slo[:4] in ("retr", "good"):
                        self.assertTrue(figures["lo"] <= figures["value"] <= figures["hi"], figures)

    def test_run_report_and_check_say_the_same(self):
        """One rule: of percentiles, of shares, of speeds; where it holds, fails, cannot be told."""
        run = rig.run({"load": [{"name": "steady", "concurrency": 4, "requests": 60}],
                       "target": {"sim": ["--fault", "500=20%"]},
                       "slo": ["ttft p50 < 10s", "ttft p95 < 10s", "ttft p99 < 10s", "ttft p50 < 1us",
                               "error_rate < 50%", "error_rate < 1%", "retry_rate < 5%", "retry_rate < 1%",
                               "goodput(ttft<10s) > 99%", "goodput(ttft<10s) > 50%", "rps > 0/s"]})
        self.assertIn(run.code, (1, 3), run.err)
        told = {s["slo"]: (s["verdict"], s["n"], s["needs"]) for s in run.json["slos"]}
        checked = json.loads(self.check(run.dir, "--format=json").out)["results"]
        self.assertEqual(told, {r["name"]: (r["verdict"].replace("no-data", "no data"),
                                            r["figures"]["n"], r["figures"]["needs"])
                                for r in checked if r["verdict"] != "invalid"})
        self.assertEqual(told["retry_rate < 1%"], ("no data", 60, 299))
        self.assertEqual({v for v, _, _ in told.values()}, {"pass", "fail", "no data"})
        text, page = rig.tokdyno("report", run.dir).out, rig.fresh("page.html")
        rig.tokdyno("report", run.dir, "--format", "html", "--out", page)
        with open(page, encoding="utf-8") as f:
            pages = {"report": text, "run": run.out, "md": rig.tokdyno("report", run.dir, "--format", "md").out,
                     "html": f.read(), "check": self.check(run.dir).out}
        for name, said in pages.items():
            self.assertIn("60 of 299", said, name)
        skipped = [c.get("name") for c in xml.fromstring(self.check(run.dir, "--format=junit").out.encode())
                   .iter("testcase") if c.find("skipped") is not None]
        self.assertEqual(len(skipped), sum(v == "no data" for v, _, _ in told.values()))

    def test_a_failure_is_told_although_other_objectives_lack_data(self):
        done = self.check(SINGLE, "--slo", "ttft p99 < 1s", "--slo", "ttft p50 < 1ms")
        self.assertEqual(done.code, 1)

    def test_objectives_come_from_files_too(self):
        file = write("# ours\nslo:\n  - ttft p95 < 400ms\n\n'e2e p50 < 10s'  # quoted\n")
        done = self.check(SINGLE, "--slo", file, "--format=json")
        self.assertEqual([r["name"] for r in json.loads(done.out)["results"]],
                         ["ttft p95 < 400ms", "e2e p50 < 10s"])

    def test_what_is_wrong_is_2_and_says_where(self):
        wrong = write("ttft p95 < 400ms\nttft p95 << 1s\n")
        cases = (
            (("--slo", wrong), ":2: "),
            (("--slo", "ttft p95 +20%"), "for `compare`"),
            (("--slo", "/nowhere"), "No such file"),
            (("--slo", write("")), "names no objective"),
            (("--format", "yaml"), "expected one of text, md, json, junit, github"),
            (("--format", "md=/nowhere/x"), "cannot write /nowhere/x"),
            (("--fast",), "unknown option --fast"),
        )
        for args, want in cases:
            done = self.check(SINGLE, *args)
            with self.subTest(args):
                self.assertEqual(done.code, 2)
                self.assertIn(want, done.err)

    def test_other_formats_go_to_files(self):
        md, xml_file = rig.fresh("c.md"), rig.fresh("c.xml")
        done = self.check(MATRIX, "--format", f"md={md}", "--format", f"junit={xml_file}")
        self.assertEqual(done.out, read("check.txt"))
        with open(md, encoding="utf-8") as f:
            self.assertEqual(f.read(), read("check.md"))

    def test_a_run_that_is_not_valid_is_3_whatever_it_shows(self):
        with open(rig.path(SINGLE), encoding="utf-8") as f:
            lines = [json.loads(line) for line in f]
        end = lines[-1]
        self.assertEqual(end["t"], "end")
        end["dropped"] = 1
        file = write("".join(json.dumps(line) + "\n" for line in lines))
        for slo in ("ttft p95 < 400ms", "ttft p95 < 1ms"):
            done = self.check(file, "--slo", slo)
            self.assertEqual(done.code, 3)
            self.assertTrue(done.out.startswith("INVALID"), done.out)

    def test_the_error_of_the_instrument_may_turn_a_verdict(self):
        value = json.loads(self.check(SINGLE, "--slo", "ttft p95 < 1s", "--format=json").out)
        value = value["results"][0]["figures"]["value"]
        done = self.check(SINGLE, "--slo", f"ttft p95 <= {value // 1000 + 2}us")
        self.assertEqual(done.code, 3)
        self.assertIn("flips it", done.out)

    def test_each_measured_phase_is_judged(self):
        run = rig.run({"load": [
            {"name": "low", "concurrency": 1, "requests": 8},
            {"name": "high", "concurrency": 4, "requests": 40}]})
        done = self.check(run.dir, "--slo", "ttft p50 < 10s", "--slo", "e2e p50[phase=high] < 10s",
                          "--format", "json")
        phases = [r["figures"]["phase"] for r in json.loads(done.out)["results"]
                  if r["verdict"] != "invalid"]
        self.assertEqual(phases, ["low", "high", "high"])
