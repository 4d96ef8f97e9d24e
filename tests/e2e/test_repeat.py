"""The same seed is the same load: numbers, moments and bytes; and trials keep their order."""

import http.server
import json
import threading
import unittest

import rig

ALONE = True  # trials are held against each other

ANSWER = (b'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}],'
          b'"usage":{"prompt_tokens":9,"completion_tokens":1}}\n\ndata: [DONE]\n\n')
TRIAL = 10 ** 12
PHASE = 10 ** 10


class Recorder(http.server.ThreadingHTTPServer):
    """Answers every request alike, and keeps the body of each under its number."""

    daemon_threads = True
    request_queue_size = 64

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # head and body in one write

        def log_message(self, *_):
            pass

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            self.server.bodies[self.headers["x-tokdyno-id"]] = body
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("content-length", str(len(ANSWER)))
            self.end_headers()
            self.wfile.write(ANSWER)

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.bodies = {}
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        super().__exit__()


SCENARIO = rig.merged(rig.BASE, {
    "target": {"base_url": "http://127.0.0.1:1/v1", "id_header": True},
    "matrix": {"model": ["a", "b"]},
    "repeat": 2,
    "request": {"body": {"model": None}},
    "workload": {"input_tokens": {"lognormal": {"mean": 60, "cv": 0.5}},
                 "shared_prefix": {"tokens": 20, "pool": 3}},
    "load": [{"name": "warm", "concurrency": 2, "requests": 8, "measured": False},
             {"name": "steady", "rate": "150/s", "duration": "200ms"},
             {"name": "ramp", "rate": "50/s..300/s", "duration": "150ms",
              "arrival": {"gamma": {"cv": 2}}},
             {"name": "closed", "concurrency": 3, "requests": 10}],
})
OPEN = (1, 2)


def record(*flags, changes=None, file=None):
    """The run, and what was sent: {REQ.TRY: body}."""
    with Recorder() as server:
        run = rig.run(None, "--set", f"target.base_url={server.url}", *flags,
                      file=file or rig.scenario(changes, base=SCENARIO))
    assert run.code in rig.FINE, run.err
    return run, server.bodies


def dues(run):
    """{REQ: due since its phase began} of the open loops."""
    begins = {(e["trial"], e["phase"]): e["at"] for e in run.of("phase") if e["event"] == "begin"}
    return {a["req"]: a["times"]["due"] - begins[a["trial"], a["phase"]]
            for a in run.attempts if a["phase"] in OPEN}


class Repeat(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_, cls.bodies = record("--seed", "9")

    def of_trial(self, trial):
        """{number within the trial: body without its model}"""
        return {int(i.split(".")[0]) % TRIAL: json.dumps({**json.loads(b), "model": "?"})
                for i, b in self.bodies.items() if int(i.split(".")[0]) // TRIAL == trial}

    def test_any_number_of_threads_sends_the_same(self):
        for threads in 2, 3:
            run, bodies = record("--seed", "9", changes={"connection": {"threads": threads}})
            self.assertEqual(bodies, self.bodies)
            self.assertEqual(dues(run), dues(self.run_))

    def test_every_request_is_sent_once_and_is_like_no_other_of_its_trial(self):
        self.assertEqual(len(self.bodies), len(self.run_.attempts))
        for trial in range(4):
            bodies = list(self.of_trial(trial).values())
            self.assertEqual(len(set(bodies)), len(bodies))

    def test_cells_of_a_round_get_the_same_and_rounds_do_not(self):
        first, second, third, fourth = map(self.of_trial, range(4))
        self.assertEqual(first, second)
        self.assertEqual(third, fourth)
        for k in first.keys() & third.keys():
            self.assertNotEqual(first[k], third[k])
        due = dues(self.run_)
        of = [{r % TRIAL: at for r, at in due.items() if r // TRIAL == t} for t in range(4)]
        self.assertEqual(of[0], of[1])
        self.assertEqual(of[2], of[3])
        self.assertNotEqual(of[0], of[2])

    def test_another_seed_sends_other_bytes_at_other_moments(self):
        run, bodies = record("--seed", "10")
        for i in bodies.keys() & self.bodies.keys():
            self.assertNotEqual(bodies[i], self.bodies[i])
        self.assertFalse(set(dues(run).values()) & set(dues(self.run_).values()))

    def test_a_seed_that_was_drawn_is_written_down_and_repeats_the_run(self):
        run, bodies = record()
        again, same = record(file=run.file("scenario.yaml"))
        self.assertEqual(again.head["seed"], run.head["seed"])
        self.assertNotEqual(run.head["seed"], self.run_.head["seed"])
        self.assertEqual(same, bodies)
        self.assertEqual(dues(again), dues(run))


class Order(unittest.TestCase):
    def trials(self, run):
        out = {}
        for a in run.attempts:
            times = a["times"]
            low, high = out.get(a["trial"], (times["due"], 0))
            out[a["trial"]] = min(low, times["due"]), max(high, times["end"])
        return out

    def run_of(self, **changes):
        run = rig.run({**{
            "matrix": {"model": ["llama-3.1-8b-instant", "openai/gpt-oss-20b"]}, "repeat": 2,
            "request": {"body": {"model": None}},
            "load": [{"name": "warm", "concurrency": 2, "duration": "100ms", "measured": False},
                     {"name": "steady", "rate": "100/s", "duration": "200ms"},
                     {"name": "more", "rate": "50/s", "requests": 10}]}, **changes}, "--seed", "3")
        self.assertIn(run.code, rig.FINE, run.err)
        return run

    def test_trials_go_there_and_back_and_never_overlap(self):
        run = self.run_of()
        self.assertEqual([t["cell"] for t in run.head["trials"]], [0, 1, 1, 0])
        spans = self.trials(run)
        for trial in 1, 2, 3:
            self.assertGreater(spans[trial][0], spans[trial - 1][1])

    def test_a_mixed_load_runs_the_cells_of_a_round_at_once(self):
        spans = self.trials(self.run_of(concurrent=True))
        for low in 0, 2:
            self.assertLess(spans[low + 1][0], spans[low][1])
            self.assertLess(spans[low][0], spans[low + 1][1])
        self.assertGreater(min(spans[2][0], spans[3][0]), max(spans[0][1], spans[1][1]))

    def test_phases_follow_at_once_and_own_what_falls_due_in_them(self):
        run = self.run_of()
        at = {(e["trial"], e["phase"], e["event"]): e["at"] for e in run.of("phase")}
        for trial in range(4):
            for phase in range(2):
                self.assertEqual(at[trial, phase, "end"], at[trial, phase + 1, "begin"])
            self.assertEqual(at[trial, 0, "end"] - at[trial, 0, "begin"], 100 * 10 ** 6)
            self.assertEqual(at[trial, 1, "end"] - at[trial, 1, "begin"], 200 * 10 ** 6)
        for a in run.attempts:
            due = a["times"]["due"]
            self.assertLessEqual(at[a["trial"], a["phase"], "begin"], due)
            self.assertLessEqual(due, at[a["trial"], a["phase"], "end"])
            self.assertEqual(a["req"] // PHASE, a["trial"] * 100 + a["phase"])


if __name__ == "__main__":
    unittest.main()
