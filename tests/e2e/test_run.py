"""A run from the outside: its directory, its report, its signals, its exit codes."""

import json
import os
import resource
import signal
import subprocess
import time
import unittest

import rig

LONG = {"load": [{"name": "steady", "rate": "50/s", "duration": "30s"}]}


def begun(directory, attempts, process, seconds=20):
    """Wait until so many attempts are in the journal of a run that is under way."""
    journal = os.path.join(directory, "requests.jsonl")
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            if sum(line["t"] == "attempt" for line in rig.lines_of(journal)) >= attempts:
                return
        except FileNotFoundError:
            pass
        time.sleep(0.05)
    raise AssertionError("the run did not get going")


class Directory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = rig.run({
            "matrix": {"model": ["llama-3.1-8b-instant", "openai/gpt-oss-20b"]},
            "repeat": 2,
            "request": {"body": {"model": None}},
            "load": [{"name": "warmup", "concurrency": 1, "requests": 2, "measured": False},
                     {"name": "steady", "rate": "20/s", "duration": "500ms",
                      "arrival": "even"}],
            "slo": ["ttft p50 < 10s", "error_rate < 1%"],
        }, "--seed", "7")

    def test_it_ends_well(self):
        self.assertIn(self.run_.code, rig.FINE, self.run_.err)

    def test_it_holds_every_file(self):
        for name in ("requests.jsonl", "run.json", "latency.hlog", "scenario.yaml", "truth.jsonl"):
            self.assertTrue(os.path.getsize(self.run_.file(name)), name)

    def test_the_journal_holds_integers_only(self):
        def floats(value):
            if isinstance(value, dict):
                return any(floats(v) for k, v in value.items() if k != "scenario")
            if isinstance(value, list):
                return any(map(floats, value))
            return isinstance(value, float)
        self.assertEqual([line for line in self.run_.lines if floats(line)], [])
        self.assertEqual(self.run_.head["t"], "run")
        self.assertEqual(self.run_.lines[-1]["t"], "end")

    def test_trials_go_there_and_back(self):
        order = []
        for a in self.run_.attempts:
            if (a["trial"], a["cell"]) not in order:
                order.append((a["trial"], a["cell"]))
        self.assertEqual(order, [(0, 0), (1, 1), (2, 1), (3, 0)])

    def test_a_phase_begins_before_what_was_recorded_of_it(self):
        begun = set()
        for line in self.run_.lines:
            if line["t"] == "phase" and line["event"] == "begin":
                begun.add((line["trial"], line["phase"]))
            elif line["t"] == "attempt":
                self.assertIn((line["trial"], line["phase"]), begun)

    def test_every_request_has_one_final_attempt(self):
        finals = [a["req"] for a in self.run_.attempts if a.get("final")]
        self.assertEqual(len(finals), len(set(finals)))
        self.assertEqual(set(finals), {a["req"] for a in self.run_.attempts})
        self.assertEqual(len(finals), 4 * (2 + 10))

    def test_report_makes_run_json_from_the_journal_alone(self):
        elsewhere = rig.fresh()
        os.mkdir(elsewhere)
        with open(os.path.join(elsewhere, "requests.jsonl"), "wb") as f:
            f.write(self.run_.read("requests.jsonl"))
        done = rig.tokdyno("report", elsewhere, "--format", "json")
        self.assertIn(done.code, rig.FINE, done.err)
        self.assertEqual(done.out.encode(), self.run_.read("run.json"))

    def test_report_prints_what_run_printed(self):
        done = rig.tokdyno("report", self.run_.dir)
        self.assertEqual(done.out.split("\n"), self.run_.out.split("\n"))

    def test_run_prints_run_json_when_asked(self):
        run = rig.run({}, "--format", "json")
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual(run.out.encode(), run.read("run.json"))

    def test_the_resolved_scenario_repeats_the_run(self):
        again = rig.run(file=self.run_.file("scenario.yaml"))
        self.assertIn(again.code, rig.FINE, again.err)
        def planned(run):
            return [(a["req"], a["cell"], a["tokens"].get("planned"))
                    for a in sorted(run.attempts, key=lambda a: a["req"]) if a["try"] == 1]
        self.assertEqual(planned(again), planned(self.run_))

    def test_run_without_a_file(self):
        with rig.Sim() as sim:
            out = rig.fresh()
            done = rig.tokdyno("run", "--target", sim.url, "--model", "llama-3.1-8b-instant",
                               "--rate", "10/s", "--duration", "1s", "--set", "load.arrival=even",
                               "--out", out)
        self.assertIn(done.code, rig.FINE, done.err)
        self.assertEqual(len(rig.Run(out).attempts), 10)

    def test_a_dataset_may_name_the_models(self):
        models = ["llama-3.1-8b-instant", "openai/gpt-oss-20b"]
        rows = [{"body": {"model": m, "messages": [{"role": "user", "content": "Hi"}]}}
                for m in models]
        data = rig.scenario_text("\n".join(map(json.dumps, rows)))
        run = rig.run({"request": {"body": {"model": None}},
                       "workload": {"input_tokens": None, "dataset": data}})
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual({t["model"] for t in run.truth()}, set(models))

    def test_several_scenarios_go_to_folders_of_their_names(self):
        out = rig.fresh()
        files = [rig.scenario({"name": "one"}), rig.scenario({"name": "two"})]
        done = rig.tokdyno("run", *files, "--out", out)
        self.assertIn(done.code, rig.FINE, done.err)
        self.assertEqual(sorted(os.listdir(out)), ["one", "two"])


class Interrupted(unittest.TestCase):
    def going(self, changes=None, attempts=20):
        out = rig.fresh()
        process = rig.start("run", rig.scenario(rig.merged(LONG, changes or {})), "--out", out)
        begun(out, attempts, process)
        return process, out

    def test_kill_9_loses_no_more_than_the_last_batch(self):
        process, out = self.going(attempts=60)
        seen = len(rig.Run(out).attempts)
        killed = time.time_ns()
        process.kill()
        rig.finish(process)
        run = rig.Run(out)
        self.assertEqual(run.json["state"], "running")
        self.assertGreaterEqual(len(run.attempts), seen)
        newest = max(a["times"]["end"] for a in run.attempts)
        killed -= run.head["t0_real_ns"]
        self.assertLess(killed - newest, 10 ** 9)  # a batch of 100 ms, and a busy machine
        report = rig.tokdyno("report", out)
        self.assertEqual(report.code, 0, report.err)
        self.assertIn("ttft", report.out.lower())

    def test_a_torn_last_line_is_dropped_with_a_note(self):
        process, out = self.going()
        process.kill()
        rig.finish(process)
        with open(os.path.join(out, "requests.jsonl"), "ab") as f:
            f.write(b'{"t":"attempt","req":1')
        report = rig.tokdyno("report", out)
        self.assertEqual(report.code, 0)
        self.assertRegex(report.err, "last line")

    def test_ctrl_c_reports_and_exits_130(self):
        process, out = self.going()
        process.send_signal(signal.SIGINT)
        done = rig.finish(process, 20)
        run = rig.Run(out)
        self.assertEqual(done.code, 130, done.err)
        self.assertIn("ttft", done.out.lower())
        self.assertNotEqual(run.json["state"], "running")
        self.assertEqual(run.lines[-1]["t"], "end")
        report = rig.tokdyno("report", out, "--format", "json")
        self.assertEqual(report.out.encode(), run.read("run.json"))

    def test_sigterm_exits_143(self):
        process, out = self.going()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(rig.finish(process, 20).code, 143)
        self.assertEqual(rig.Run(out).lines[-1]["t"], "end")

    def test_a_second_ctrl_c_cuts_at_once(self):
        slow = {"target": {"sim": ["--fault", "stall-first=1"]},
                "limits": {"drain": "60s"},
                "timeout": {"first": "60s", "idle": "60s", "total": "60s"}}
        out = rig.fresh()
        process = rig.start("run", rig.scenario(rig.merged(LONG, slow)), "--out", out)
        end = time.monotonic() + 10
        while time.monotonic() < end and not os.path.exists(os.path.join(out, "truth.jsonl")):
            time.sleep(0.05)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        self.assertIsNone(process.poll(), "the first Ctrl-C should let requests drain")
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        done = rig.finish(process, 20)
        self.assertEqual(done.code, 130, done.err)
        self.assertLess(time.monotonic() - began, 5)
        self.assertIn("cut", {a["outcome"] for a in rig.Run(out).attempts})

    def test_the_simulator_does_not_outlive_the_run(self):
        process, out = self.going()
        children = [int(p) for p in os.popen(f"ps -o pid= --ppid {process.pid}").read().split()]
        self.assertEqual(len(children), 1)
        process.kill()
        rig.finish(process)
        end = time.monotonic() + 5
        while time.monotonic() < end and os.path.exists(f"/proc/{children[0]}"):
            time.sleep(0.05)
        self.assertFalse(os.path.exists(f"/proc/{children[0]}"))


class ExitCodes(unittest.TestCase):
    def carried(self, changes):
        """A run that the machine was not too busy for; else "not valid" comes before the rest."""
        for _ in range(5):
            run = rig.run(changes)
            if run.code != 3:
                return run
        self.skipTest("this machine is too busy for a valid run")

    def test_1_a_verdict_failed(self):
        run = self.carried({"slo": ["ttft p50 < 1us"]})
        self.assertEqual(run.code, 1, run.err)

    def test_0_a_verdict_without_data_says_so(self):
        run = self.carried({"slo": ["ttft p99.9 < 10s"]})
        self.assertEqual(run.code, 0, run.err)
        self.assertIn("no data  8 of 2,995 needed", run.out)

    def test_0_a_share_that_so_few_cannot_show(self):
        run = self.carried({"slo": ["error_rate < 5%"]})
        self.assertEqual(run.code, 0, run.err)
        self.assertRegex(run.out, r"0 %  .*, no data: 8 of 59 needed")

    def test_2_output_that_cannot_be_written(self):
        folder = rig.fresh()
        os.mkdir(folder)
        with open(os.path.join(folder, "there"), "w", encoding="utf-8"):
            pass
        file = rig.scenario()
        for out in folder, os.path.join(folder, "there", "below"), "/proc/nowhere/run":
            with self.subTest(out):
                done = rig.tokdyno("run", file, "--out", out)
                self.assertEqual((done.code, done.out), (2, ""), done.err)
                self.assertIn(os.path.dirname(out), done.err)

    def test_2_an_empty_output_directory_is_taken(self):
        folder = rig.fresh()
        os.mkdir(folder)
        done = rig.tokdyno("run", rig.scenario(), "--out", folder)
        self.assertIn(done.code, rig.FINE, done.err)

    def test_4_nobody_listens(self):
        run = rig.run({"target": {"base_url": f"http://127.0.0.1:{rig.free_port()}/v1"}})
        self.assertEqual(run.code, 4, run.err)

    def test_4_no_such_host(self):
        run = rig.run({"target": {"base_url": "http://no-such-host.invalid/v1"}})
        self.assertEqual(run.code, 4, run.err)

    def test_4_wrong_key(self):
        with rig.Sim("--key", "gsk_right") as sim:
            run = rig.run({"target": {"base_url": sim.url, "api_key_env": "E2E_KEY"}},
                          env={"E2E_KEY": "gsk_wrong"})
            good = rig.run({"target": {"base_url": sim.url, "api_key_env": "E2E_KEY"}},
                           env={"E2E_KEY": "gsk_right"})
        self.assertEqual(run.code, 4, run.err)
        self.assertEqual({a["outcome"] for a in run.attempts}, {"auth"})
        self.assertIn(good.code, rig.FINE, good.err)

    def test_5_budget_of_requests(self):
        run = self.carried({"budget": {"requests": 5}})
        self.assertEqual(run.code, 5, run.err)
        self.assertEqual(sum("start" in a["times"] for a in run.attempts), 5)
        self.assertIn("budget", run.out + run.err)
        self.assertIn("ttft", run.out.lower())

    def test_5_budget_of_tokens_and_money(self):
        for budget in {"tokens": 200}, {"cost": "$0.00001"}:
            with self.subTest(budget):
                run = self.carried({"budget": budget})
                self.assertEqual(run.code, 5, run.err)
                self.assertLess(len(run.attempts), 8)

    def test_3_disk_full_on_the_way(self):
        folder = rig.fresh("disk")
        os.mkdir(folder)
        if os.system(f"mount -t tmpfs -o size=128k tokdyno {folder} 2>/dev/null"):
            self.skipTest("needs the right to mount a small tmpfs")
        try:
            out = os.path.join(folder, "run")
            done = rig.tokdyno("run", rig.scenario({
                "target": {"sim": ["--flood"]},
                "load": [{"name": "steady", "concurrency": 4, "requests": 3000}]}), "--out", out)
        finally:
            os.system(f"umount {folder}")
        self.assertEqual(done.code, 3, done.err)
        self.assertIn("INVALID", done.out)
        self.assertRegex(done.err, "[Nn]o space")

    def test_with_stdout_closed_the_summary_goes_nowhere_and_not_into_the_journal(self):
        out = rig.fresh()
        done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", rig.PROGRAM, "run",
                               rig.scenario(), "--out", out], stderr=subprocess.PIPE,
                              text=True, env=rig.environment(), timeout=60)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("cannot write the summary", done.stderr)
        with open(os.path.join(out, "requests.jsonl"), encoding="utf-8") as f:
            self.assertTrue(all(line.startswith('{"t":') for line in f))

    def test_runs_that_begin_in_the_same_second_have_their_own_directories(self):
        cwd = rig.fresh("cwd")
        os.mkdir(cwd)
        runs = [rig.start("run", rig.scenario({"name": "twin"}), cwd=cwd) for _ in range(3)]
        for p in runs:
            done = rig.finish(p)
            self.assertIn(done.code, rig.FINE, done.err)
        made = os.listdir(os.path.join(cwd, "runs"))
        self.assertEqual(len(made), 3, made)

    def test_3_a_trial_that_could_not_be_started(self):
        """The second of two at once finds no descriptors; what the first measured is told."""
        def few_descriptors():
            resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))

        with rig.Sim() as sim:
            out = rig.fresh()
            done = rig.tokdyno("run", rig.scenario({
                "target": {"base_url": sim.url}, "concurrent": True,
                "matrix": {"request.body.seed": [1, 2]}, "connection": {"threads": 8},
                "load": [{"name": "steady", "concurrency": 8, "duration": "30s"}]}),
                "--out", out, preexec_fn=few_descriptors)
        run = rig.Run(out, done)
        self.assertEqual(run.code, 3, run.err)
        self.assertEqual(run.json["state"], "failed")
        self.assertIn("ulimit", run.out)
        self.assertIn("INVALID", run.out)

    def test_too_few_files_are_said_before_anything_is_sent(self):
        """The soft limit the program raises itself; beyond the hard one it does not begin."""
        def files(soft, hard):
            return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

        with rig.Sim("--output", "4") as sim:
            file = rig.scenario({"target": {"base_url": sim.url},
                                 "load": [{"concurrency": 200, "requests": 200}]})
            out = rig.fresh()
            for command in (["run", file, "--out", out], ["run", file, "--dry-run"],
                            ["validate", file]):
                done = rig.tokdyno(*command, preexec_fn=files(100, 150))
                self.assertEqual(done.code, 2, done.err)
                self.assertIn("a concurrency of 200 needs 264 open files, 150 are allowed", done.err)
                self.assertIn("`ulimit -n 264`", done.err)
            self.assertFalse(os.path.exists(out))
            done = rig.tokdyno("run", file, "--out", out, preexec_fn=files(100, 300))
            self.assertIn(done.code, rig.FINE, done.err)
        run = rig.Run(out, done)
        self.assertEqual([a["outcome"] for a in run.attempts], ["ok"] * 200)

    def test_ports_that_run_out_are_foreseen(self):
        """In a network of its own, with 200 ports: a connection for each of 120 requests a second."""
        def network(reuse):
            return ("unshare", "-n", "sh", "-c", "ip link set lo up && cd /proc/sys/net/ipv4 && "
                    f"echo 40000 40199 >ip_local_port_range && echo {reuse} >tcp_tw_reuse && "
                    f"cd {rig.ROOT} && exec \"$0\" \"$@\"")

        if subprocess.run([*network(0), "true"], stderr=subprocess.DEVNULL, check=False).returncode:
            self.skipTest("no network namespaces here")
        file = rig.scenario({"target": {"sim": ["--output", "4", "--capacity", "0"]},
                             "connection": {"policy": "new"},
                             "load": [{"rate": "120/s", "duration": "3s"}]})
        for reuse, runs_out in ((0, True), (2, False)):
            out = rig.fresh()
            done = rig.tokdyno("run", file, "--out", out, under=network(reuse))
            run = rig.Run(out, done)
            failed = [a["times"]["due"] for a in run.attempts if a["outcome"] == "transport"]
            self.assertEqual("connections fail" in run.err, runs_out, run.err)
            self.assertEqual(bool(failed), runs_out, run.out)
            if runs_out:
                self.assertGreater(min(failed), 0.8 * rig.NS)

    def test_a_proxy_variable_is_ignored_with_a_warning(self):
        with rig.Listener() as proxy, rig.Sim() as sim:
            run = rig.run({"target": {"base_url": sim.url}},
                          env={"http_proxy": f"http://127.0.0.1:{proxy.port}"})
            self.assertEqual(proxy.connections, 0)
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertIn("http_proxy", run.err)
