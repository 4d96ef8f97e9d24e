"""run.json fits docs/run.schema.json, and all that stands in it is described there."""

import copy
import json
import unittest

import rig
import schema

with open(rig.path("docs/run.schema.json"), encoding="utf-8") as f:
    SCHEMA = json.load(f)

RUNS = {
    "plain": {},
    "matrix, retries, objectives": {
        "target": {"sim": ["--fault", "503=1/6,500=1/20"]},
        "request": {"body": {"model": None}},
        "matrix": {"model": ["llama-3.1-8b-instant", "openai/gpt-oss-20b"]},
        "repeat": 2, "retry": {"policy": "sdk"},
        "load": [{"name": "warmup", "concurrency": 2, "requests": 4, "measured": False},
                 {"name": "steady", "rate": "60/s", "duration": "400ms"}],
        "slo": ["ttft p50 < 10s", "ttft p99 < 1ms", "error_rate < 50%", "tps p50 > 1",
                "goodput(ttft < 5s) > 10%"],
    },
    "limits": {
        "target": {"sim": ["--limit", "rpm=600,rpd=1000,tpm=100k,tpd=1M"], "plan": "free"},
    },
    "a limit that is met": {
        "target": {"sim": ["--limit", "rpm=3,tpm=5k", "--announce", "tpm=9k"], "plan": "free"},
    },
    "a limit that is foreseen": {
        "target": {"sim": ["--limit", "rpm=600"], "plan": "free"},
        "load": [{"name": "steady", "concurrency": 4, "requests": 40}],
    },
    "sessions": {"workload": {"session": {"turns": 3, "think": "5ms"}}},
    "not streamed": {"request": {"stream": False, "include_usage": None}},
    "over budget": {"budget": {"requests": 5}},
    "batches": {
        "target": {"plan": "developer", "sim": ["--batch-queue", "50ms", "--batch-item", "1ms",
                                                "--batch-finalize", "10ms"]},
        "request": {"endpoint": "batch", "stream": None, "include_usage": None},
        "batch": {"size": 4, "poll": {"from": "10ms"}},
    },
    "nobody there": {"target": {"base_url": "http://127.0.0.1:9/v1"}},
}


class RunJson(unittest.TestCase):
    def fits(self, document, name):
        self.assertEqual(schema.wrong(SCHEMA, document), [], name)
        self.assertEqual(schema.undescribed(SCHEMA, document), [],
                         f"{name}: describe these in docs/run.schema.json")

    def test_real_runs_fit_the_schema_and_are_described_by_it(self):
        for name, changes in RUNS.items():
            with self.subTest(name):
                run = rig.run(changes)
                self.assertIn(run.code, (0, 1, 3, 4, 5), run.err)
                self.fits(run.json, name)

    def test_a_run_under_way_fits_it_too(self):
        out = rig.fresh()
        process = rig.start("run", rig.scenario({"load": [
            {"name": "steady", "rate": "5/s", "duration": "2s"}]}), "--out", out)
        while not (head := process.stderr.readline()) and process.poll() is None:
            pass
        self.assertTrue(head)
        document = rig.Run(out).json
        rig.finish(process)
        self.assertEqual(document["state"], "running")
        self.fits(document, "running")

    def test_golden_documents_fit_it(self):
        with open(rig.path("tests/golden/report/single.json"), encoding="utf-8") as f:
            self.fits(json.load(f), "single.json")

    def test_what_does_not_fit_is_found(self):
        with open(rig.path("tests/golden/report/single.json"), encoding="utf-8") as f:
            good = json.load(f)
        cases = [
            (lambda d: d.update(schema=2), "$.schema is 2"),
            (lambda d: d.update(state="running?"), "$.state"),
            (lambda d: d.pop("health"), "$ fits 0 of 2"),
            (lambda d: d["run"].pop("id"), "$.run lacks id"),
            (lambda d: d["run"].update(id="x"), "$.run.id"),
            (lambda d: d["run"].update(seed=-1), "$.run.seed is -1"),
            (lambda d: d["run"].update(seed=1.5), "$.run.seed is no integer"),
            (lambda d: d["run"].update(seed=True), "$.run.seed is no integer"),
            (lambda d: d["cells"][0]["measured"]["metrics"]["ttft"].update(p50={}), "p50 fits 0"),
            (lambda d: d["cells"][0]["measured"]["metrics"]["ttft"].update(unit="s"), "unit"),
        ]
        for change, want in cases:
            bad = copy.deepcopy(good)
            change(bad)
            found = schema.wrong(SCHEMA, bad)
            with self.subTest(want=want, found=found[:3]):
                self.assertTrue(any(want in f for f in found))
        good["new"] = 1
        self.assertEqual(schema.undescribed(SCHEMA, good), ["$.new"])
