"""Exporters cost the threads that send and read nothing: counted in instructions, by thread."""

import glob
import re
import shutil
import subprocess
import unittest

import rig

KINDS = ("csv", "attempts", "prometheus", "perfetto", "hlog", "hgrm", "json")
REQUESTS, TOKENS = 40, 30


class Thread:
    """What callgrind counted in one thread: instructions, and the source files they are of."""

    def __init__(self, file):
        with open(file, encoding="utf-8") as f:
            text = f.read()
        self.instructions = int(re.search(r"^totals: (\d+)", text, re.M)[1])
        self.sources = set(re.findall(r"^(?:fl|fi|fe)=(.+)$", text, re.M))

    def runs(self, folder):
        return sorted(s for s in self.sources if f"{folder}/" in s and "bench/" not in
                      s[s.rfind(f"{folder}/"):])

    def sends(self):
        return any(s.endswith("load/transfer_record.c") for s in self.sources)


class Cost(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if rig.SANITIZED:
            raise unittest.SkipTest("sanitizers have costs of their own")
        if not shutil.which("valgrind"):
            raise unittest.SkipTest("valgrind is not installed")
        with rig.Sim("--capacity", 0, "--output", "max") as sim:
            cls.without = cls.threads(sim)
            cls.with_all = cls.threads(sim, *[f for kind in KINDS for f in ("--export", kind)],
                                       "--export", f"prometheus=:{rig.free_port()}")

    @staticmethod
    def threads(sim, *flags):
        counts = rig.fresh("callgrind")
        scenario = rig.scenario({
            "target": {"base_url": sim.url}, "timeout": {"total": "60s", "first": "30s"},
            "request": {"body": {"max_completion_tokens": TOKENS}},
            "load": [{"concurrency": 2, "requests": REQUESTS}]})
        done = subprocess.run(
            ["valgrind", "--quiet", "--tool=callgrind", "--separate-threads=yes",
             "--compress-strings=no", f"--callgrind-out-file={counts}", rig.PROGRAM, "run",
             scenario, "--out", rig.fresh(), "--quiet", *flags],
            env=rig.environment(), capture_output=True, text=True, timeout=150, cwd=rig.ROOT)
        assert done.returncode in rig.FINE, done.stderr
        return [Thread(file) for file in glob.glob(f"{counts}-*")]

    def test_the_threads_that_send_run_no_line_of_an_exporter(self):
        senders = [t for t in self.with_all if t.sends()]
        self.assertTrue(senders)
        for t in senders:
            self.assertEqual(t.runs("exporters"), [])

    def test_another_thread_does_run_them(self):
        seen = {s.rsplit("/", 1)[-1] for t in self.with_all for s in t.runs("exporters")}
        self.assertLessEqual({"perfetto.c", "attempts.c", "hlog.c", "prom_counts.c"}, seen)
        self.assertFalse(any(t.runs("exporters") for t in self.without))

    def test_the_threads_that_send_take_as_many_instructions_as_without(self):
        a, b = (sum(t.instructions for t in threads if t.sends())
                for threads in (self.without, self.with_all))
        # How reads are cut and when turns end is chance: frames that come together cost less.
        self.assertLess(abs(b - a) / a, 0.25, (a, b))
