"""`doctor`: its figures against its own loads, what runs make of them, --aa, and the null target."""

import itertools
import json
import math
import os
import shutil
import signal
import statistics
import time
import unittest

import rig

ALONE = True  # the machine itself is measured

OUTPUT = (1, 2, 3)  # kinds of frames that are output: reasoning, content, tool call
T_3 = 3.182446305284263  # Student's t with 3 degrees of freedom, 0.975
DIGITS = 1e-3  # of a histogram


def nearest_rank(values, percent):
    values = sorted(values)
    return values[max(1, math.ceil(percent * len(values) / 100)) - 1]


def errors_of(directory, truth_file):
    """Errors in ns of the first output, and of every output frame, by the journal and the truth log."""
    run = rig.Run(directory)
    truth = {t["id"]: t for t in rig.lines_of(truth_file) if t["t"] == "request"}
    first, frames = [], []
    for a in run.attempts:
        sent = [f[1] - run.head["t0_mono_ns"] for f in truth[rig.request_id(a)]["frames"] if f[2] in OUTPUT]
        first.append(a["times"]["first"] - sent[0])
        at = a["times"]["first"] // 1000
        for gap, departure in zip([0] + a.get("gaps", []), sent):
            at += gap
            frames.append((at - departure // 1000) * 1000)
    return first, frames


def left_over():
    where = os.environ.get("TMPDIR", "/tmp")
    return {n for n in os.listdir(where) if n.startswith("tokdyno-doctor-")}


class Doctor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """One result for all who only look at it, with what it was made of."""
        cls.keep = rig.fresh("kept")
        cls.first_cache = rig.fresh("cache")
        cls.done = rig.tokdyno("doctor", "--quick", "--quiet", "--format", "json", "--keep", cls.keep,
                               env={"XDG_CACHE_HOME": cls.first_cache})
        if cls.done.code not in rig.FINE:
            raise AssertionError(cls.done.err)

    def setUp(self):
        self.cache = rig.fresh("cache")
        self.env = {"XDG_CACHE_HOME": self.cache}
        self.cached = os.path.join(self.cache, "tokdyno", "doctor.json")
        self.found = json.loads(self.done.out)

    def doctor(self, *flags, **more):
        return rig.tokdyno("doctor", *flags, env=self.env, **more)

    def put(self, document):
        os.makedirs(os.path.dirname(self.cached), mode=0o700, exist_ok=True)
        with open(self.cached, "w", encoding="utf-8") as f:
            f.write(document if isinstance(document, str) else json.dumps(document))

    def run_null(self, *flags):
        out = rig.fresh()
        done = rig.tokdyno("run", "--target", "null:", "--concurrency", 1, "--requests", 5, "--out", out, *flags,
                           env=self.env)
        self.assertIn(done.code, rig.FINE, done.err)
        return rig.Run(out, done)

    # --- the figures -----------------------------------------------------------------------

    def same(self, spread, values, what):
        self.assertEqual(spread["n"], len(values), what)
        for name, want, needs in (("p50_ns", nearest_rank(values, 50), 5), ("p99_ns", nearest_rank(values, 99), 299),
                                  ("max_ns", max(values), 1)):
            if len(values) < needs:
                self.assertNotIn(name, spread, what)
                continue
            self.assertLessEqual(abs(spread[name] - max(0, want)), max(1, DIGITS * want), f"{what} {name}")
            for limit, of in ((name.replace("_", "_lo_"), -1), (name.replace("_", "_hi_"), 1)):
                self.assertGreaterEqual((spread.get(limit, spread[name]) - spread[name]) * of, 0, f"{what} {limit}")

    def check_rung(self, rung, kind, asked):
        """It is one of its tries."""
        tries = [os.path.join(self.keep, f"{kind}-{asked}-{i + 1}") for i in range(rung["tries"])]
        found = [e for e in (errors_of(t, t + ".truth.jsonl") for t in tries)
                 if abs(rung["ttft_error"]["max_ns"] - max(e[0])) <= DIGITS * max(e[0])]
        self.assertTrue(found, (rung, tries))
        self.same(rung["ttft_error"], found[0][0], f"{kind} {asked} ttft")
        self.same(rung["frame_error"], found[0][1], f"{kind} {asked} frames")
        self.assertEqual(rung["matched"], rung["requests"])
        self.assertEqual(rung["requests"], len(found[0][0]))

    def test_its_errors_are_those_of_journal_and_truth_log(self):
        for rung in self.found["streams"]:
            self.check_rung(rung, "streams", rung["streams"])
        for rung in self.found["rates"]:
            self.check_rung(rung, "rate", rung["rate_per_s"])
        self.check_result(self.found)
        self.assertEqual(self.done.code, 0 if self.found["result"]["streams"] else 3)
        self.assertEqual(self.done.err, "")

    def check_result(self, found):
        """Valid up to the highest rung that is; not so the one above it."""
        result, rungs = found["result"], found["streams"]
        valid = [i for i, rung in enumerate(rungs) if rung["valid"]]
        self.assertEqual(result["streams"], rungs[valid[-1]]["streams"] if valid else 0)
        beyond = rungs[valid[-1] + 1 if valid else 0:]
        self.assertEqual(result.get("streams_not_valid"), beyond[0]["streams"] if beyond else None)
        if valid:
            for what in "frame_error", "ttft_error":
                for which in "p99_ns", "max_ns":
                    self.assertEqual(result.get(f"{what}_{which}"), rungs[valid[-1]][what].get(which))

    def test_it_knows_the_machine(self):
        machine = self.found["machine"]
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as f:
            self.assertEqual(machine["boot_id"], f.read().strip())
        self.assertEqual(machine["host"], os.uname().nodename)
        self.assertEqual(machine["cores"], os.cpu_count())
        wait = 1 if machine["tcp_tw_reuse"] == 1 else 60
        self.assertEqual(machine["new_connections_per_s"], machine["ports"] // wait)
        if len(os.sched_getaffinity(0)) > 1:
            self.assertNotEqual(machine["client_core"], machine["simulator_core"])

    def test_the_text_says_the_answer_first_and_keeps_to_100_columns(self):
        done = rig.tokdyno("doctor", "--quick", env={"XDG_CACHE_HOME": "/proc/nowhere"})
        self.assertIn(done.code, rig.FINE, done.err)
        self.assertIn("the result is not kept for runs: cannot make /proc/nowhere", done.err)
        lines = done.out.splitlines()
        self.assertRegex(lines[0], r"^tokdyno doctor: this machine carries ")
        self.assertLessEqual(max(map(len, lines)), 100)
        self.assertNotIn("\x1b", done.out)

    def test_where_one_core_is_allowed_both_share_it(self):
        if not shutil.which("taskset"):
            self.skipTest("no taskset")
        core = min(os.sched_getaffinity(0))
        done = self.doctor("--quick", "--format", "json",
                           preexec_fn=lambda: os.sched_setaffinity(0, {core}))
        self.assertIn(done.code, rig.FINE, done.err)
        self.assertNotIn("client_core", json.loads(done.out)["machine"])

    # --- what runs make of it --------------------------------------------------------------

    def test_the_runs_that_follow_carry_it(self):
        self.env = {"XDG_CACHE_HOME": self.first_cache}
        cached = os.path.join(self.first_cache, "tokdyno", "doctor.json")
        with open(cached, encoding="utf-8") as f:
            self.assertEqual(json.load(f), self.found)
        self.assertEqual(os.stat(cached).st_mode & 0o777, 0o600)
        run = self.run_null()
        told = run.json["doctor"]
        self.assertLess(told.pop("age_s"), 600)
        self.assertEqual(told, self.found["result"])
        if told["streams"]:
            self.assertRegex(run.out, r"doctor, \d+ (s|min) ago: error (p99|at most) [\d.]+ [mu]?s up to ")
        again = rig.tokdyno("report", "--format", "json", run.dir, env={"XDG_CACHE_HOME": "/nowhere"})
        self.assertEqual(again.out.encode(), run.read("run.json"))

    def known(self, **result):
        """A result of this machine, with other figures."""
        found = self.found
        found["result"] = {"streams": 10, "frames_per_s": 50, "frame_error_p99_ns": 5000, "rate_per_s": 100, **result}
        return found

    def test_a_load_beyond_it_is_warned_of_before_the_run(self):
        found = self.known(streams_not_valid=20, rate_not_valid=300)
        self.put(found)
        self.assertNotIn("doctor", self.run_null("--set", "load.concurrency=10").err)
        self.assertIn("warning: 11 streams at a time are more than `tokdyno doctor` found out about on this machine "
                      "(10)\n", self.run_null("--set", "load.concurrency=11").err)
        self.assertIn("found valid on this machine (10): expect an invalid run",
                      self.run_null("--set", "load.concurrency=20").err)
        out = rig.fresh()
        done = rig.tokdyno("run", "--target", "null:", "--rate", "301/s", "--requests", 5, "--out", out, env=self.env)
        self.assertIn("warning: 301 requests/s are more than `tokdyno doctor` found valid", done.err)

    def test_one_that_is_old_or_of_elsewhere_is_left_out_in_silence(self):
        found = self.known()
        week = 7 * 86400 * rig.NS
        for change in ({"made_real_ns": found["made_real_ns"] - week - rig.NS},
                       {"made_real_ns": found["made_real_ns"] + 3600 * rig.NS}, {"tokdyno": "0.0.1"}, {"schema": 99},
                       {"machine": {**found["machine"], "host": "elsewhere"}},
                       {"machine": {**found["machine"], "boot_id": "another"}}):
            self.put({**found, **change})
            run = self.run_null()
            self.assertNotIn("doctor", run.json, change)
            self.assertNotIn("doctor", run.err, change)
        self.put(found)
        self.assertEqual(self.run_null().json["doctor"]["streams"], 10)

    def test_one_that_is_hostile_is_left_out_with_a_note(self):
        found = self.known()
        for text in ("", "{", "\x00" * 100, "[" * 100000, json.dumps(found)[:-3], '{"schema":"\\u001b[31m"}',
                     json.dumps(found) + " " * (300 << 10)):
            self.put(text)
            run = self.run_null()
            self.assertNotIn("doctor", run.json)
            self.assertIn("doctor.json", run.err)
            self.assertIn("ignored", run.err)
            self.assertNotIn("\x1b", run.err)
        self.put(found)
        os.chmod(self.cached, 0o666)
        self.assertIn("may be written by others; ignored", self.run_null().err)
        os.unlink(self.cached)
        os.mkfifo(self.cached)
        self.assertIn("is no file; ignored", self.run_null().err)
        os.unlink(self.cached)
        os.symlink("/etc/passwd", self.cached)
        self.assertIn("ignored", self.run_null().err)

    # --- ends -------------------------------------------------------------------------------

    def interrupted(self, number, *flags):
        before = left_over()
        process = rig.start("doctor", *flags, env=self.env)
        deadline = time.monotonic() + 20
        while not left_over() - before and time.monotonic() < deadline:
            time.sleep(.01)
        time.sleep(.5)
        process.send_signal(number)
        done = rig.finish(process, 20)
        self.assertEqual(left_over() - before, set())
        self.assertEqual(done.out, "")
        self.assertFalse(os.path.exists(self.cached))
        return done.code

    def test_ctrl_c_ends_it_and_leaves_nothing_behind(self):
        self.assertEqual(self.interrupted(signal.SIGINT), 130)
        self.assertEqual(self.interrupted(signal.SIGTERM, "--aa"), 143)

    def test_wrong_use_is_2_and_says_how(self):
        for flags, words in ((["--nope"], "no option --nope"), (["--format", "xml"], "expected text or json"),
                             (["--trials", "5"], "for --aa only"), (["--aa", "--trials", "1"], "expected 2 to 100"),
                             (["--aa", "a.yaml", "b.yaml"], "one scenario"), (["--keep"], "a new directory"), (["--aa", "--quick"], "--quick is not for --aa"),
                             (["--keep", "/"], "cannot make /"),
                             (["--aa", "/no/such.yaml"], "No such file")):
            done = self.doctor(*flags)
            self.assertEqual(done.code, 2, flags)
            self.assertIn(words, done.err)
        done = self.doctor("-h")
        self.assertEqual(done.code, 0)
        self.assertIn("examples:", done.out)

    def test_no_place_for_its_files_is_2(self):
        done = rig.tokdyno("doctor", "--quick", env={**self.env, "TMPDIR": "/nowhere"})
        self.assertEqual(done.code, 2)
        self.assertIn("TMPDIR names another place", done.err)


class Noise(unittest.TestCase):
    def floor(self, a, b):
        logs = [math.log(v) for v in a + b]
        sd = statistics.stdev(logs)
        formula = math.expm1(T_3 * sd * math.sqrt(2 / len(a)))
        total = sum(logs)
        apart = []
        for half in itertools.combinations(range(len(logs)), len(logs) // 2):
            mine = sum(logs[i] for i in half)
            apart.append(abs(mine / len(half) - (total - mine) / (len(logs) - len(half))))
        splits = math.expm1(nearest_rank(apart, 95))
        distance = math.expm1(abs(statistics.mean(logs[:len(a)]) - statistics.mean(logs[len(a):])))
        return sd, formula, splits, distance

    def test_the_floor_is_that_of_its_trials(self):
        scenario = rig.scenario({"name": "twice", "load": [{"name": "steady", "rate": "100/s", "duration": "700ms"}]})
        done = rig.tokdyno("doctor", "--aa", scenario, "--trials", 2, "--format", "json")
        self.assertIn(done.code, rig.FINE, done.err)
        self.assertEqual([line.split(", side ")[1] for line in done.err.splitlines()], ["A", "B", "B", "A"])
        told = json.loads(done.out)
        self.assertEqual((told["scenario"], told["trials_a_side"]), ("twice", 2))
        known = [f for f in told["figures"] if f["known"]]
        self.assertIn("ttft p50", [f["figure"] for f in known])
        self.assertNotIn("ttft p99", [f["figure"] for f in known])  # 70 answers have none
        for f in known:
            sd, formula, splits, distance = self.floor(f["a"], f["b"])
            for name, want in (("log_sd_ppm", sd), ("parametric_ppm", formula), ("empirical_ppm", splits),
                               ("distance_ppm", distance), ("floor_ppm", max(formula, splits))):
                self.assertLessEqual(abs(f[name] - want * 1e6), 2 + want * 1e3, (f, name))
            self.assertEqual(f["differs"], f["distance_ppm"] > f["floor_ppm"])

    def test_where_nothing_is_answered_there_is_no_floor(self):
        scenario = rig.scenario({"target": {"sim": ["--fault", "503=1"]}})
        done = rig.tokdyno("doctor", "--aa", scenario, "--trials", 2, "--quiet")
        self.assertEqual((done.code, done.err), (3, ""), done.out)
        self.assertIn("too few answers for any figure", done.out)


class Null(unittest.TestCase):
    def run_null(self, *flags):
        out = rig.fresh()
        done = rig.tokdyno("run", "--target", "null:", "--out", out, *flags)
        self.assertIn(done.code, rig.FINE, done.err)
        return rig.Run(out, done)

    def test_it_runs_without_a_network_and_says_so(self):
        run = self.run_null("--concurrency", 2, "--requests", 200, "--set", "target.canned.frames=7")
        self.assertIn("A null test: no network", run.out.splitlines()[1])
        self.assertNotIn("warning", run.err)
        self.assertEqual(len(run.attempts), 200)
        for a in run.attempts:
            self.assertEqual((a["outcome"], a["tokens"]["completion"], len(a["gaps"])), ("ok", 7, 6))
        self.assertEqual(run.json["run"]["target"], "null:")
        self.assertFalse(os.path.exists(run.file("truth.jsonl")))

    def test_it_keeps_the_times_it_is_given(self):
        run = self.run_null("--concurrency", 1, "--requests", 5, "--set", "target.canned.first=20ms", "--set",
                            "target.canned.gap=5ms", "--set", "target.canned.frames=3")
        for a in run.attempts:
            times = a["times"]
            self.assertGreaterEqual(times["first"] - times["start"], 20 * 10 ** 6)
            self.assertGreaterEqual(times["last"] - times["start"], 30 * 10 ** 6)
        again = rig.tokdyno("run", run.file("scenario.yaml"), "--out", rig.fresh(), "--dry-run")
        self.assertEqual(again.code, 0, again.err)

    def test_it_takes_a_rate_threads_and_no_stream(self):
        run = self.run_null("--rate", "500/s", "--requests", 100, "--threads", 2, "--set", "request.stream=false")
        self.assertEqual({a["outcome"] for a in run.attempts}, {"ok"})
        self.assertTrue(all("first" not in a["times"] for a in run.attempts))


if __name__ == "__main__":
    unittest.main()
