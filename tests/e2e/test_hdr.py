"""HDR logs and distributions, read with the public tools of two languages."""

import collections
import json
import os
import re
import shutil
import subprocess
import unittest

import rig

PYTHON = rig.path("build/peers/hdrhistogram/bin/python")
JAVASCRIPT = rig.path("build/peers/hdr-histogram-js/node_modules/hdr-histogram-js")
LEVELS = (50, 90, 99)


def with_python(log):
    if not os.path.exists(PYTHON):
        raise unittest.SkipTest("no hdrhistogram; scripts/peers.sh hdrhistogram fetches it")
    return [PYTHON, rig.path("tests/e2e/hdr_read.py"), log]


def with_javascript(log):
    if not os.path.exists(JAVASCRIPT) or not shutil.which("node"):
        raise unittest.SkipTest("no hdr-histogram-js, or no node; "
                                "scripts/peers.sh hdr-histogram-js fetches it")
    return ["node", rig.path("tests/e2e/hdr_read.js"), JAVASCRIPT, log]


def read(tool, log):
    """{tag: [count, max, p50, p90, p99]}"""
    out = subprocess.run(tool(log), capture_output=True, text=True, check=True, timeout=60)
    return json.loads(out.stdout)


def values(attempt):
    """What some metrics say of an attempt, worked out anew: (metric, ns)."""
    t = attempt["times"]
    if attempt["outcome"] not in ("ok", "empty"):
        return
    if attempt.get("final") and "first" in t:
        yield "ttft", t["first"] - t["due"]
    if attempt.get("final"):
        yield "e2e", t["end"] - t["due"]
    if "role" in t:
        yield "ttfr", t["role"] - t["start"]
    for gap in attempt.get("gaps", []):
        yield "itl", gap * 1000


def rank(numbers, level):
    """The smallest value with at least that many per cent at or below it."""
    return sorted(numbers)[max(1, -(-len(numbers) * level // 100)) - 1]


def python_s_rank(numbers, level):
    """The same, but for Python's library, which rounds the rank instead of raising it."""
    return sorted(numbers)[max(1, int(len(numbers) * level / 100 + 0.5)) - 1]


class Hdr(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = rig.run(
            {"request": {"body": {"model": None}},
             "matrix": {"model": ["llama-3.1-8b-instant", "openai/gpt-oss-20b"]},
             "load": [{"name": "steady", "rate": "40/s", "duration": "2500ms"}]},
            "--export", "hlog", "--export", "hgrm", "--export",
            "hgrm=" + rig.fresh("itl") + ",metric=itl,cell=1")
        assert cls.run_.code in rig.FINE, cls.run_.err
        cls.want = collections.defaultdict(list)
        for a in cls.run_.attempts:
            cell = cls.run_.head["cells"][a["cell"]]["name"]
            phase = cls.run_.head["phases"][a["phase"]]["name"]
            for metric, v in values(a):
                cls.want[f"{cell}/{a['trial']}/{phase}/{metric}"].append(v)

    def compare(self, tool, at_level):
        for name in "intervals.hlog", "latency.hlog":
            found = read(tool, self.run_.file(name))
            self.assertEqual(len(self.want), 8)
            for tag, numbers in self.want.items():
                count, most, *percentiles = found[tag]
                self.assertEqual(count, len(numbers), tag)
                self.assertLessEqual(abs(most - max(numbers)), max(numbers) / 1000 + 1, tag)
                for level, got in zip(LEVELS, percentiles):
                    exact = at_level(numbers, level)
                    self.assertLessEqual(abs(got - exact), exact / 1000 + 1,
                                         f"{name} {tag} p{level}")

    def test_python_s_library_reads_what_the_journal_holds(self):
        self.compare(with_python, python_s_rank)

    def test_javascript_s_library_reads_what_the_journal_holds(self):
        self.compare(with_javascript, rank)

    def test_both_libraries_count_the_same_and_find_the_same_maximum(self):
        log = self.run_.file("intervals.hlog")
        a, b = read(with_python, log), read(with_javascript, log)
        self.assertEqual({tag: v[:2] for tag, v in a.items()},
                         {tag: v[:2] for tag, v in b.items()})
        self.assertGreater(len(a), 20)

    def test_there_is_a_row_for_each_second(self):
        starts = {float(line.split(",")[1]) for line in
                  self.run_.read("intervals.hlog").decode().splitlines()
                  if line.startswith("Tag=") and "/ttft," in line}
        self.assertGreaterEqual(len(starts), 4)
        self.assertEqual(starts, {round(s) for s in starts})

    def test_a_distribution_holds_all_values_and_the_median(self):
        rows = re.findall(r"(?m)^ *([\d.]+) ([\d.]+) +(\d+)", self.run_.read(
            "distribution.hgrm").decode())
        numbers = [v for tag, of in self.want.items() if tag.endswith("/ttft") for v in of]
        self.assertEqual(int(rows[-1][2]), len(numbers))
        median = next(float(v) for v, level, _ in rows if float(level) >= 0.5)
        self.assertAlmostEqual(median * 1e6, rank(numbers, 50),
                               delta=rank(numbers, 50) / 1000 + 1000)
