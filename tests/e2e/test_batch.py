"""Batches: against the simulator's truth log, with every fault at every step, and hostile servers."""

import contextlib
import http.server
import json
import os
import re
import signal
import threading
import time
import unittest

import rig
from test_secrets import KEY

NS = 10 ** 9
QUICK = ["--batch-queue", "150ms", "--batch-item", "1ms", "--batch-finalize", "60ms",
         "--batch-cancel", "50ms"]
BASE = rig.merged(rig.BASE, {
    "target": {"plan": "developer", "sim": QUICK},
    "request": {"endpoint": "batch", "stream": None, "include_usage": None,
                "body": {"model": "llama-3.1-8b-instant", "max_completion_tokens": 16}},
    "load": [{"name": "all", "concurrency": 1, "requests": 40}],
    "batch": {"size": 40, "poll": {"from": "10ms", "to": "1s"}},
})


def batch(changes=None, *flags, sim=(), **more):
    changes = rig.combined({"target": {"sim": QUICK + list(sim)}} if sim else {}, changes or {})
    return rig.run(None, *flags, file=rig.scenario(changes, BASE), **more)


def truth(run, kind):
    return [line for line in rig.lines_of(run.file("truth.jsonl")) if line["t"] == kind]


def over(run):
    return [e for e in run.of("batch") if e["step"] == "over"]


def outcomes(run):
    return {o: sum(a["outcome"] == o for a in run.attempts)
            for o in {a["outcome"] for a in run.attempts}}


class Truth(unittest.TestCase):
    def test_every_item_has_the_outcome_and_the_tokens_that_the_simulator_wrote_down(self):
        run = batch(sim=["--batch-item-fault", "500=1/7,json-failed=1/9"])
        self.assertIn(run.code, rig.FINE, run.err)
        items = {line["custom_id"]: line for line in truth(run, "item")}
        self.assertEqual(len(items), 40)
        self.assertEqual(len(run.attempts), 40)
        for a in run.attempts:
            t = items[f"q-{a['req'] % 10 ** 10}"]
            want = {200: "ok", 500: "server", 400: "generation"}[t["status"]]
            self.assertEqual((a["outcome"], a["status"]), (want, t["status"]))
            self.assertEqual(a["request_id"], t["request_id"])
            if want == "ok":
                self.assertEqual(a["tokens"]["prompt"], t["prompt_tokens"])
                self.assertEqual(a["tokens"]["completion"], t["completion_tokens"])
        self.assertGreater(outcomes(run)["server"], 3)
        self.assertGreater(outcomes(run)["generation"], 2)
        self.assertEqual([over(run)[0][k] for k in ("answered", "items")], [40, 40])

    def test_queue_and_processing_are_the_truth_within_the_resolution_that_is_told(self):
        run = batch({"load": [{"name": "all", "concurrency": 1, "requests": 80}]})
        self.assertIn(run.code, rig.FINE, run.err)
        t0 = run.head["t0_mono_ns"]
        figures = [a["batch"] for a in run.attempts if "batch" in a]
        batches = truth(run, "batch")
        self.assertEqual((len(figures), len(batches)), (2, 2))
        for f, t in zip(figures, batches):
            created = [e for e in run.of("batch") if e["step"] == "create" and e["id"] == t["id"]]
            # The simulator made it while the call was under way, so these two bound it.
            slack = created[0]["end"] - created[0]["start"]
            self.assertGreater(f["resolution"], 0)
            true_queue = t["in_progress"] - t["created"]
            self.assertLessEqual(f["queue"], true_queue + f["resolution"] + slack)
            self.assertGreaterEqual(f["queue"], true_queue - slack)
            true_end = t["completed"] - t0
            end = created[0]["end"] + f["queue"] + f["process"]
            self.assertLessEqual(end, true_end + f["resolution"])
            self.assertGreaterEqual(end, true_end)
            self.assertEqual(f["total"], f["submit"] + f["queue"] + f["process"] + f["retrieve"])
            self.assertEqual(f["items"], 40)

    def test_calls_are_joined_with_the_requests_that_the_simulator_saw(self):
        run = batch()
        seen = {t["id"]: t for t in run.truth() if t["id"].startswith("batch-0-0-0-")}
        calls = [e for e in run.of("batch") if e["step"] != "over"]
        self.assertEqual(len(calls), len(seen))
        t0 = run.head["t0_mono_ns"]
        for e in calls:
            t = seen[f"batch-0-0-0-{e.get('call', 0)}-{e['step']}.{e['try']}"]
            self.assertEqual(e["status"], t["status"])
            self.assertLessEqual(e["start"] + t0, t["arrival"])
            self.assertGreaterEqual(e["end"] + t0, t["head"])

    def test_the_price_is_half_and_only_of_what_was_done(self):
        catalogue = rig.fresh("c.yaml")
        with open(catalogue, "w", encoding="utf-8") as f:
            f.write("models:\n  m: { price: { input: $10, cached: $1, output: $20 } }\n")
        run = batch({"target": {"catalogue": catalogue},
                     "request": {"body": {"model": "m", "max_completion_tokens": 16}}},
                    sim=["--batch-item-fault", "500=1/4"])
        for a in run.attempts:
            if a["outcome"] != "ok":
                self.assertNotIn("cost", a)
                continue
            full = a["tokens"]["prompt"] * 10_000 + a["tokens"]["completion"] * 20_000
            self.assertEqual(a["cost"], (full + 1) // 2)

    def test_the_same_requests_one_by_one_and_as_a_batch_are_the_same_bytes(self):
        run = rig.run(None, "--set", "load.all.requests=40", "--set", "batch.size=40", "--set",
                      "target.sim=[" + ",".join(QUICK) + "]", file="scenarios/batch-or-not.yaml")
        self.assertIn(run.code, (0, 1, 3), run.err)
        cells = [{a["req"] % 10 ** 10: a for a in run.attempts if a["cell"] == c} for c in (0, 1)]
        self.assertEqual(set(cells[0]), set(cells[1]))
        for k, one in cells[0].items():
            self.assertEqual(one["tokens"]["prompt"], cells[1][k]["tokens"]["prompt"])
            self.assertAlmostEqual(one["cost"], 2 * cells[1][k]["cost"], delta=one["cost"])
        self.assertIn("What does it save", run.out)
        first = run.out[:run.out.index("\nBatches\n")]
        self.assertRegex(first, r"of the price an answer \(\$[0-9.]+ instead of \$[0-9.]+ a thousand\)")
        self.assertRegex(first, r"the last\s+one\s+after .* instead\s+of .* answers/s instead of")
        tallies = [c["measured"]["counts"] for c in run.json["cells"]]
        self.assertTrue(all(t["ok"] == 40 for t in tallies), tallies)

    def test_the_shipped_scenario_answers_its_question_and_report_says_the_same(self):
        run = rig.run(None, "--set", "load.all.requests=60", "--set", "batch.size=20", "--set",
                      "target.sim=[" + ",".join(QUICK) + "]", file="scenarios/batch.yaml")
        self.assertIn(run.code, (0, 1, 3), run.err)
        first = run.out[:run.out.index("\nBatches\n")]
        self.assertIn("How long does a batch take", first)
        self.assertRegex(first, r"requests answered, a batch in .* = .* submission \+ .* queue \+")
        self.assertIn("3 of 3 batches completed", run.out)
        again = rig.tokdyno("report", run.dir)
        self.assertEqual(again.out, run.out)
        again = rig.tokdyno("report", run.dir, "--format", "json")
        self.assertEqual(again.out.encode(), run.read("run.json"))
        seen = run.json["cells"][0]["batches"]
        self.assertEqual((seen["begun"], seen["states"], seen["left"]), (3, {"completed": 3}, []))
        check = rig.tokdyno("check", run.dir)
        self.assertIn("batch_total max", check.out)
        csv = rig.tokdyno("export", run.dir, "attempts=-")
        self.assertIn("batch.resolution", csv.out.splitlines()[0])


class Faults(unittest.TestCase):
    STEPS = {"upload": "upload", "create": "create", "poll": "poll", "output": "content",
             "delete": "delete"}

    def test_http_faults_at_each_step_are_told_and_end_where_they_must(self):
        for step, sim_step in self.STEPS.items():
            for fault, outcome in [("503", "overloaded"), ("429:1", "rate_limited"),
                                   ("401", "auth"), ("reset-head", "transport"),
                                   ("garbage", "protocol"), ("truncated", "transport"),
                                   ("500-truncated", "server")]:
                with self.subTest(step=step, fault=fault):
                    run = batch({"load": [{"name": "all", "concurrency": 1, "requests": 4}]},
                                sim=["--batch-step-fault", f"{sim_step}={fault}"])
                    first = [e for e in run.of("batch") if e["step"] == step][0]
                    self.assertEqual(first["outcome"], outcome, first)
                    self.assertEqual(len(run.attempts), 4)
                    # What was created all the same is found, and what was paid for is fetched.
                    found = step == "create" and fault in ("reset-head", "garbage", "truncated")
                    lost = step == "upload" or (step == "create" and not found)
                    want = outcome if lost else "ok"
                    if step == "output" and fault == "401":
                        want = "protocol"
                    self.assertEqual(outcomes(run), {want: 4}, run.err)
                    looked = [e for e in run.of("batch") if e["step"] == "find"]
                    self.assertEqual(bool(looked), step == "create" and fault not in
                                     ("401", "429:1"))

    def test_faults_while_it_is_cancelled_or_looked_for(self):
        for fault in ("503", "reset-head", "garbage", "truncated"):
            run = batch({"batch": {"wait": "400ms"}, "retry": {"policy": "none"}},
                        sim=["--batch-odd", "stuck", "--batch-step-fault", f"cancel={fault}"])
            calls = [e["outcome"] for e in run.of("batch") if e["step"] == "cancel"]
            self.assertGreaterEqual(len(calls), 2, calls)
            self.assertEqual(over(run)[0]["state"], "cancelled")
            run = batch(sim=["--batch-odd", "no-answer", "--batch-step-fault", f"list={fault}"])
            self.assertEqual(outcomes(run), {"ok": 40}, run.err)

    def test_a_server_that_never_answers_a_step_is_waited_for_no_longer_than_the_scenario_says(self):
        for step, sim_step in self.STEPS.items():
            with self.subTest(step):
                run = batch({"timeout": {"first": "1s"},
                             "load": [{"name": "all", "concurrency": 1, "requests": 4}]},
                            sim=["--batch-step-fault", f"{sim_step}=never"])
                first = [e for e in run.of("batch") if e["step"] == step][0]
                self.assertEqual(first["outcome"], "timeout_first", first)
                want = "timeout_first" if step == "upload" else "ok"
                self.assertEqual(outcomes(run), {want: 4}, run.err)

    def test_a_target_that_lets_nobody_in_ends_the_run_as_such(self):
        for fault in ("401", "blocked"):
            run = batch(sim=["--batch-step-fault", f"upload={fault}"])
            self.assertEqual(run.code, 4, run.out)
        run = batch({"target": {"base_url": f"http://127.0.0.1:{rig.free_port()}/v1", "sim": None}})
        self.assertEqual(run.code, 4, run.out)
        self.assertEqual(outcomes(run), {"transport": 40})

    def test_rows_of_a_dataset_go_up_with_what_they_say(self):
        dataset = rig.fresh("rows.jsonl")
        with open(dataset, "w", encoding="utf-8") as f:
            for n in (1, 3, 5):
                f.write(json.dumps({"custom_id": "mine", "method": "POST", "url": "/v1/chat/completions",
                                    "body": {"model": "llama-3.1-8b-instant", "max_completion_tokens": n,
                                             "messages": [{"role": "user", "content": "Hi"}]}}) + "\n")
        run = batch({"request": {"body": None}, "workload": {"input_tokens": None, "dataset": dataset},
                     "load": [{"name": "all", "concurrency": 1, "requests": 3}]})
        self.assertEqual(sorted(a["tokens"]["completion"] for a in run.attempts), [1, 3, 5], run.err)

    def test_batches_begin_until_the_phase_is_over_and_as_many_at_once_as_it_says(self):
        run = batch({"load": [{"name": "first", "concurrency": 2, "requests": 60},
                              {"name": "second", "concurrency": 1, "duration": "500ms"}],
                     "batch": {"size": 20}})
        phases = {(p["phase"], p["event"]): p["at"] for p in run.of("phase")}
        first = [e for e in over(run) if e["phase"] == 0]
        second = [e for e in over(run) if e["phase"] == 1]
        self.assertEqual(sorted(e["batch"] for e in first), [0, 1, 2])
        self.assertLess(sorted(e["start"] for e in first)[1], min(e["end"] for e in first))
        self.assertGreaterEqual(min(e["start"] for e in second), max(e["end"] for e in first))
        self.assertGreaterEqual(len(second), 2)
        self.assertLess(max(e["start"] for e in second), phases[1, "begin"] + NS // 2 + NS // 10)
        self.assertEqual(len({a["req"] for a in run.attempts}), 60 + 20 * len(second))

    def test_a_retry_policy_takes_uploads_up_again(self):
        run = batch({"retry": {"policy": "sdk"}}, sim=["--batch-step-fault", "upload=503"])
        uploads = [e for e in run.of("batch") if e["step"] == "upload"]
        self.assertEqual([(e["try"], e["outcome"]) for e in uploads],
                         [(1, "overloaded"), (2, "ok")])
        self.assertEqual(outcomes(run), {"ok": 40})

    def test_a_batch_whose_creation_got_no_answer_is_found_in_the_list_and_not_made_twice(self):
        for policy in ("none", "sdk"):
            with self.subTest(policy), rig.Sim(*QUICK, "--batch-page", "2",
                                               "--batch-odd", "no-answer") as sim:
                run = batch({"target": {"base_url": sim.url, "sim": None, "id_header": True},
                             "retry": {"policy": policy}})
                made = [line for line in rig.lines_of(sim.truth_file) if line["t"] == "batch"]
                steps = [e["step"] for e in run.of("batch")]
                self.assertIn("find", steps)
                self.assertEqual(steps.count("create"), 1)
                self.assertEqual(outcomes(run), {"ok": 40}, run.err)
            self.assertEqual(len([line for line in rig.lines_of(sim.truth_file)
                                  if line["t"] == "batch"]), 1, made)

    def test_a_file_that_breaks_off_is_fetched_again(self):
        run = batch(sim=["--batch-step-fault", "content=truncated"])
        fetched = [e for e in run.of("batch") if e["step"] == "output"]
        self.assertEqual([e["outcome"] for e in fetched], ["transport", "ok"])
        self.assertEqual(outcomes(run), {"ok": 40})
        self.assertNotIn("repeated", over(run)[0])

    def test_whole_batches_that_fail_or_expire(self):
        run = batch(sim=["--batch-odd", "fail"])
        self.assertEqual(outcomes(run), {"bad_request": 40})
        self.assertEqual(over(run)[0]["state"], "failed")
        self.assertEqual({a["error_code"] for a in run.attempts}, {"invalid_file"})
        self.assertIn("The input file cannot be used.", run.out)
        run = batch(sim=["--batch-item", "20ms", "--batch-expires", "500ms"])
        self.assertEqual(over(run)[0]["state"], "expired")
        self.assertEqual(set(outcomes(run)), {"ok", "timeout_total"})
        self.assertEqual(sum(t["status"] == 200 for t in truth(run, "item")), outcomes(run)["ok"])
        self.assertNotIn("total", run.attempts[-1].get("batch", {}))
        self.assertIn("1 expired", run.out)

    def test_what_the_lines_of_a_server_may_be(self):
        for odd, counted in [("repeated", "repeated"), ("strangers", "strangers"),
                             ("missing", "missing"), ("bad-line", "damaged"),
                             ("cut-line", "damaged"), ("long-line", "damaged")]:
            with self.subTest(odd):
                run = batch(sim=["--batch-odd", odd])
                self.assertGreater(over(run)[0][counted], 0)
                self.assertEqual(len(run.attempts), 40)
                self.assertEqual(len({a["req"] for a in run.attempts}), 40)
                bad = {a["outcome"] for a in run.attempts} - {"ok"}
                self.assertEqual(bad, set() if odd in ("repeated", "strangers") else {"protocol"})

    def test_states_that_go_backwards_and_ids_that_change(self):
        run = batch(sim=["--batch-odd", "backwards"])
        self.assertGreater(over(run)[0]["backwards"], 0)
        self.assertEqual(outcomes(run), {"ok": 40})
        run = batch({"batch": {"wait": "1s"}, "limits": {"drain": "500ms"}},
                    sim=["--batch-odd", "other-id"])
        self.assertEqual(outcomes(run), {"timeout_total": 40})
        self.assertTrue(over(run)[0]["left"])
        self.assertRegex(run.out, r"may still run. To cancel it:\n +curl -X POST ")

    def test_a_batch_that_never_ends_is_cancelled_when_the_wait_is_over(self):
        run = batch({"batch": {"wait": "700ms"}}, sim=["--batch-odd", "stuck"])
        self.assertEqual(over(run)[0]["state"], "cancelled")
        self.assertEqual(truth(run, "batch")[0]["state"], "cancelled")
        self.assertEqual(outcomes(run), {"ok": 20, "timeout_total": 20})

    def test_a_budget_with_no_room_for_a_batch_stops_the_run_before_it(self):
        run = batch({"budget": {"requests": 60},
                     "load": [{"name": "all", "concurrency": 1, "requests": 120}]})
        self.assertEqual(run.code, 5, run.err)
        self.assertEqual(len(run.attempts), 40)

    def test_what_cannot_be_a_batch_is_refused_before_anything_is_sent(self):
        for changes, words in [({"load": [{"name": "x", "rate": "1/s", "duration": "1s"}]},
                                "takes its requests in batches"),
                               ({"batch": {"window": "1h"}}, "batch.window"),
                               ({"batch": {"size": 60000}}, "batch.size"),
                               ({"target": {"base_url": "null:", "sim": None}}, "no canned")]:
            with self.subTest(words):
                run = batch(changes)
                self.assertEqual(run.code, 2)
                self.assertIn(words, run.err)


class Interrupted(unittest.TestCase):
    SLOW = {"target": {"sim": QUICK + ["--batch-item", "200ms"]}, "batch": {"poll": {"to": "50ms"}}}

    def begin(self, url=None, changes=None):
        directory = rig.fresh()
        changes = rig.combined(self.SLOW, changes or {})
        if url:
            changes = rig.combined(changes, {"target": {"base_url": url, "sim": None}})
        process = rig.start("run", rig.scenario(changes, BASE), "--out", directory)
        journal = os.path.join(directory, "requests.jsonl")
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if '"in_progress"' in open(journal, encoding="utf-8").read():
                    return process, directory
            time.sleep(0.02)
        process.kill()
        raise AssertionError("the batch never began")

    def test_an_interrupt_cancels_the_batch_and_fetches_what_was_done(self):
        process, directory = self.begin()
        time.sleep(0.6)
        process.send_signal(signal.SIGINT)
        run = rig.Run(directory, rig.finish(process))
        self.assertEqual(run.code, 130, run.err)
        self.assertEqual(over(run)[0]["state"], "cancelled")
        self.assertEqual(truth(run, "batch")[0]["state"], "cancelled")
        done = [t for t in truth(run, "item") if t["status"] == 200]
        self.assertEqual(outcomes(run).get("ok", 0), len(done))
        self.assertEqual(outcomes(run)["cut"], 40 - len(done))
        self.assertNotIn("may still run", run.out)

    def test_a_second_interrupt_leaves_it_and_says_which(self):
        with rig.Sim(*QUICK, "--batch-item", "200ms", "--batch-cancel", "10s") as sim:
            process, directory = self.begin(sim.url)
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            run = rig.Run(directory, rig.finish(process))
        self.assertEqual(run.code, 130, run.err)
        left = run.json["cells"][0]["batches"]["left"]
        self.assertEqual(len(left), 1)
        self.assertIn(f"{left[0]} may still run", " ".join(run.out.split()))
        self.assertIn(f"curl -X POST {sim.url}/batches/{left[0]}/cancel\n", run.out)

    def test_a_run_that_was_killed_tells_of_its_batch(self):
        with rig.Sim(*QUICK, "--batch-item", "200ms") as sim:
            process, directory = self.begin(sim.url)
            process.kill()
            process.wait()
            process.communicate()
            done = rig.tokdyno("report", directory)
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("The run did not end", done.out)
        self.assertIn("may still run", " ".join(done.out.split()))


class Hostile(http.server.BaseHTTPRequestHandler):
    """A server whose answers are the class's."""

    protocol_version = "HTTP/1.1"
    batch = {"id": "batch_1", "status": "completed"}
    output = b""
    asked = None

    def log_message(self, *_):
        pass

    def _answer(self, body):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.asked.append(("POST", self.path, self.headers.get("authorization")))
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self._answer({"id": "file_1"} if self.path.endswith("/files") else
                     {"id": "batch_1", "status": "validating"})

    def do_GET(self):
        self.asked.append(("GET", self.path, self.headers.get("authorization")))
        self._answer(self.output if "/files/" in self.path else self.batch)

    def do_DELETE(self):
        self.asked.append(("DELETE", self.path, self.headers.get("authorization")))
        self._answer({"deleted": True})


def hostile(**what):
    class Handler(Hostile):
        asked = []
    for key, value in what.items():
        setattr(Handler, key, value)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, Handler


class Servers(unittest.TestCase):
    SHORT = {"limits": {"drain": "300ms"}, "batch": {"wait": "500ms"},
             "load": [{"name": "all", "concurrency": 1, "requests": 3}]}

    def ask(self, env=None, **what):
        server, handler = hostile(**what)
        try:
            target = {"base_url": f"http://127.0.0.1:{server.server_port}/v1", "sim": None}
            if env:
                target["api_key_env"] = "HOSTILE_KEY"
            return batch(rig.combined(self.SHORT, {"target": target}), env=env), handler.asked
        finally:
            server.shutdown()

    def test_an_id_with_pieces_of_a_path_is_never_asked_for(self):
        for name in ("output_file_id", "error_file_id", "id"):
            with self.subTest(name):
                run, asked = self.ask(batch={"id": "batch_1", "status": "completed",
                                             name: "../../admin?x=1#"})
                self.assertFalse([a for a in asked if "admin" in a[1]], asked)
                self.assertEqual({a["outcome"] for a in run.attempts}, {"timeout_total"})

    def test_a_line_of_100_mb_and_a_poll_that_is_no_batch(self):
        good = json.dumps({"custom_id": "q-1", "response": None,
                           "error": {"code": "x", "message": "y"}}).encode()
        run, _ = self.ask(batch={"id": "batch_1", "status": "completed", "output_file_id": "file_2"},
                          output=b'{"custom_id":"q-0","pad":"' + b"x" * (100 << 20) + b'"}\n' + good)
        self.assertEqual([a["outcome"] for a in sorted(run.attempts, key=lambda a: a["req"])],
                         ["protocol", "server", "protocol"])
        self.assertEqual(over(run)[0]["damaged"], 1)
        run, _ = self.ask(batch=["not", "a", "batch"])
        self.assertEqual({a["outcome"] for a in run.attempts}, {"timeout_total"})
        self.assertTrue(over(run)[0]["left"])

    def test_the_key_is_sent_to_every_step_and_written_nowhere(self):
        leak = {"custom_id": "q-0", "response": None,
                "error": {"code": "c", "message": f"your key {KEY} is bad"}}
        run, asked = self.ask(env={"HOSTILE_KEY": KEY},
                              batch={"id": "batch_1", "status": "completed",
                                     "output_file_id": "file_2"},
                              output=json.dumps(leak).encode() + b"\n")
        self.assertTrue(all(a[2] == f"Bearer {KEY}" for a in asked), asked)
        for name in os.listdir(run.dir):
            self.assertNotIn(KEY.encode(), run.read(name), name)
        self.assertNotIn(KEY, run.out + run.err)

    def test_the_command_that_cancels_names_the_variable_of_the_key_and_not_the_key(self):
        run, _ = self.ask(env={"HOSTILE_KEY": KEY}, batch={"id": "batch_1", "status": "in_progress"})
        self.assertTrue(over(run)[0]["left"])
        self.assertIn('curl -X POST -H "Authorization: Bearer $HOSTILE_KEY" http://', run.out)
        run, _ = self.ask(batch={"id": "batch_1", "status": "in_progress"})
        self.assertIn("curl -X POST http://", run.out)

    def test_files_are_deleted_unless_they_are_to_be_kept(self):
        told = {"id": "batch_1", "status": "completed", "output_file_id": "file_2"}
        _, asked = self.ask(batch=told)
        self.assertEqual([a[1] for a in asked if a[0] == "DELETE"],
                         ["/v1/files/file_1", "/v1/files/file_2"])
        self.SHORT["batch"]["keep_files"] = True
        try:
            _, asked = self.ask(batch=told)
        finally:
            del self.SHORT["batch"]["keep_files"]
        self.assertFalse([a for a in asked if a[0] == "DELETE"])


class Wire(unittest.TestCase):
    def test_what_is_sent_is_what_the_reference_shows(self):
        with rig.Listener(rig.OK) as server:
            batch({"target": {"base_url": server.url, "sim": None},
                   "request": {"body": {"max_completion_tokens": 32}},
                   "workload": {"input_tokens": None,
                                "messages": [{"role": "user", "content": "Say hi."}]},
                   "load": [{"name": "all", "concurrency": 1, "requests": 1}]})
            head, body = server.received[0].split(b"\r\n\r\n", 1)
        self.assertTrue(head.startswith(b"POST /v1/files HTTP/1.1\r\n"), head)
        boundary = re.search(rb"multipart/form-data; boundary=(\S+)", head).group(1)
        parts = body.split(b"--" + boundary)
        self.assertEqual(parts[-1], b"--\r\n")
        self.assertIn(b'name="purpose"\r\n\r\nbatch\r\n', parts[1])
        line = json.loads(parts[2].split(b"\r\n\r\n", 1)[1])
        self.assertEqual(line, rig.wire_example("batch/input.jsonl"))


class Simulator(unittest.TestCase):
    """What a client of any kind sees of the simulator's files and batches."""

    def call(self, sim, method, path, body=None, kind="application/json"):
        import urllib.error
        import urllib.request
        request = urllib.request.Request(sim.url + path, data=body, method=method,
                                         headers={"content-type": kind})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as e:
            return e.code, e.read()

    def upload(self, sim, lines, name="in.jsonl"):
        body = (b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--b\r\n'
                b'Content-Disposition: form-data; name="file"; filename="' + name.encode() +
                b'"\r\n\r\n' + lines + b"\r\n--b--\r\n")
        status, answer = self.call(sim, "POST", "/files", body, "multipart/form-data; boundary=b")
        self.assertEqual(status, 200, answer)
        return json.loads(answer)

    def create(self, sim, file_id, **more):
        return self.call(sim, "POST", "/batches", json.dumps(
            {"input_file_id": file_id, "endpoint": "/v1/chat/completions",
             "completion_window": "24h", **more}).encode())

    LINE = (b'{"custom_id":"%s","method":"POST","url":"/v1/chat/completions","body":{"model":'
            b'"llama-3.1-8b-instant","messages":[{"role":"user","content":"Hi"}]}}\n')

    def test_files_and_batches_are_listed_page_by_page_and_by_id(self):
        with rig.Sim(*QUICK, "--batch-page", "2") as sim:
            made = self.upload(sim, self.LINE % b"a")
            self.assertEqual(made["object"], "file")
            self.assertEqual(made["bytes"], len(self.LINE % b"a"))
            ids = [json.loads(self.create(sim, made["id"])[1])["id"] for _ in range(5)]
            seen, path = [], "/batches"
            while path:
                page = json.loads(self.call(sim, "GET", path)[1])
                seen += [b["id"] for b in page["data"]]
                cursor = page["paging"].get("next_cursor")
                path = cursor and f"/batches?cursor={cursor}"
            self.assertEqual(seen, ids[::-1])
            page = json.loads(self.call(sim, "GET", f"/batches?id={ids[1]}&id={ids[3]}")[1])
            self.assertEqual([b["id"] for b in page["data"]], [ids[1], ids[3]])
            files = json.loads(self.call(sim, "GET", "/files")[1])["data"]
            self.assertIn(made["id"], [f["id"] for f in files])
            self.assertEqual(self.call(sim, "GET", f"/files/{made['id']}/content")[1],
                             self.LINE % b"a")
            self.assertTrue(json.loads(self.call(sim, "DELETE", f"/files/{made['id']}")[1])["deleted"])
            self.assertEqual(self.call(sim, "GET", f"/files/{made['id']}")[0], 404)
            self.assertEqual(self.call(sim, "GET", "/batches/batch_none")[0], 404)
            self.assertEqual(self.call(sim, "PUT", "/batches")[0], 405)

    def test_what_is_wrong_with_a_file_fails_the_whole_batch(self):
        for lines, code in [(b"not json\n", "invalid_json_line"), (b"", "empty_file"),
                            (self.LINE % b"a" + self.LINE % b"a", "duplicate_custom_id"),
                            ((self.LINE % b"a").replace(b"POST", b"GET"), "invalid_method"),
                            ((self.LINE % b"a").replace(b"/v1/chat", b"/v1/x"),
                             "mismatched_endpoint")]:
            with self.subTest(code), rig.Sim("--batch-queue", "0") as sim:
                made = self.upload(sim, lines)
                made = json.loads(self.create(sim, made["id"])[1])
                time.sleep(0.05)
                told = json.loads(self.call(sim, "GET", f"/batches/{made['id']}")[1])
                self.assertEqual(told["status"], "failed")
                self.assertEqual(told["errors"][0]["code"], code)

    def test_what_is_no_batch_is_refused(self):
        with rig.Sim() as sim:
            made = self.upload(sim, self.LINE % b"a")
            self.assertEqual(self.create(sim, "file_none")[0], 404)
            self.assertEqual(self.create(sim, made["id"], completion_window="1h")[0], 400)
            self.assertEqual(self.create(sim, made["id"], endpoint="/v1/x")[0], 400)
            self.assertEqual(self.call(sim, "POST", "/batches", b"no")[0], 400)
            self.assertEqual(self.call(sim, "POST", "/files", b"x")[0], 400)
        with rig.Sim("--plan", "free") as sim:
            self.assertEqual(self.create(sim, "file_none")[0], 403)


if __name__ == "__main__":
    unittest.main()
