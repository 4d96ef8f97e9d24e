"""The simulator as a program: descriptors, signals, profiles, determinism on the wire."""

import http.client
import json
import os
import signal
import subprocess
import time
import unittest

import rig

BODY = {"model": "openai/gpt-oss-20b", "stream": True, "max_completion_tokens": 40,
        "messages": [{"role": "user", "content": "Hi"}]}


def ask(sim, body=None, **headers):
    c = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=20)
    c.request("POST", "/openai/v1/chat/completions", json.dumps(body or BODY),
              {k.replace("_", "-"): v for k, v in headers.items()})
    answer = c.getresponse()
    text = answer.read()
    c.close()
    return answer, text


def last(file):
    return rig.lines_of(file)[-1]


class Simulator(unittest.TestCase):
    def test_it_ends_when_the_descriptor_does_and_closes_the_log(self):
        truth = rig.fresh("truth.jsonl")
        for keep in False, True:  # with an answer under way it ends as well
            port_read, port_write = os.pipe()
            control_read, control_write = os.pipe()
            p = rig.start("sim", "--listen", "127.0.0.1:0", "--quiet", "--port-fd", port_write,
                          "--until-eof-fd", control_read, "--truth", truth,
                          pass_fds=[port_write, control_read])
            os.close(port_write)
            os.close(control_read)
            with os.fdopen(port_read) as f:
                told = f.read()
            self.assertRegex(told, r"^\d+\n$")
            if keep:
                c = http.client.HTTPConnection("127.0.0.1", int(told), timeout=20)
                c.request("POST", "/openai/v1/chat/completions", json.dumps(BODY),
                          {"x-sim-fault": "stall:0"})
                c.getresponse()
            os.close(control_write)
            done = rig.finish(p, timeout=20)
            self.assertEqual((done.code, done.out, done.err), (0, "", ""))
            lines = rig.lines_of(truth)
            self.assertEqual((lines[0]["t"], lines[-1]["t"]), ("sim", "end"))
            self.assertEqual([r["aborted"] for r in lines[1:-1]], [True] if keep else [])

    def test_signals_end_it_well(self):
        for sign in signal.SIGINT, signal.SIGTERM:
            sim = rig.Sim()
            with sim:
                ask(sim)
                sim.process.send_signal(sign)
                sim.done = rig.finish(sim.process, timeout=20)
            self.assertEqual(last(sim.truth_file)["requests"], 1)

    def test_a_child_ends_with_its_parent(self):
        truth = rig.fresh("truth.jsonl")
        script = '"$1" sim --listen 127.0.0.1:0 --quiet --child --port-fd 3 --truth "$2" 3>&1 & ' \
                 'echo $!; sleep 60'
        parent = subprocess.Popen(["sh", "-c", script, "sh", rig.PROGRAM, truth], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  env=rig.environment())
        told = [int(parent.stdout.readline()), int(parent.stdout.readline())]
        parent.kill()
        parent.wait()
        parent.stdout.close()
        end = time.monotonic() + 20
        while last(truth)["t"] != "end" if rig.lines_of(truth) else True:
            self.assertLess(time.monotonic(), end, f"still there: {told}")
            time.sleep(.02)

    def test_it_says_where_it_listens_unless_quiet(self):
        sim = rig.Sim()
        with sim:
            pass
        self.assertIn(f"http://127.0.0.1:{sim.port}/openai/v1", sim.done.err)
        self.assertIn("curl", sim.done.err)

    def test_the_same_seed_gives_the_same_answers(self):
        texts = []
        for seed in 5, 5, 6:
            with rig.Sim("--seed", str(seed)) as sim:
                body = dict(BODY, stream=False)
                answer = json.loads(ask(sim, body, x_tokdyno_id="1.1")[1])
                texts.append((answer["choices"], answer["usage"], answer["id"]))
        self.assertEqual(texts[0], texts[1])
        self.assertNotEqual(texts[0], texts[2])

    def test_a_profile_sets_what_flags_set(self):
        profile = rig.fresh("profile.yaml")
        with open(profile, "w", encoding="utf-8") as f:
            f.write("# free and slow\nplan: free\nregions: [fra:1]\noutput: 7  # tokens\n")
        with rig.Sim("--profile", profile) as sim:
            answer, text = ask(sim, {"model": "llama-3.1-8b-instant", "messages": BODY["messages"]})
        self.assertEqual(answer.headers["x-groq-region"], "fra")
        self.assertEqual(answer.headers["x-ratelimit-limit-requests"], "14400")
        self.assertEqual(json.loads(text)["usage"]["completion_tokens"], 7)

    def test_wrong_settings_are_2_and_say_which(self):
        for flags, part in (["--speed", "0"], "--speed"), (["--fault", "gremlins=1"], "gremlins"), \
                (["--nonsense"], "--nonsense"), (["--listen", "nowhere"], "--listen"), \
                (["--truth", "/nowhere/x"], "/nowhere/x"), (["--until-eof-fd", "999"], "999"), \
                (["--port-fd", "999", "--listen", "127.0.0.1:0"], "--port-fd"), \
                (["--catalogue", "/nowhere/x"], "/nowhere/x"):
            with self.subTest(flags):
                done = rig.tokdyno("sim", *flags)
                self.assertEqual((done.code, done.out), (2, ""))
                self.assertIn(part, done.err)

    def test_models_of_the_catalogue_are_listed(self):
        with rig.Sim() as sim:
            c = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=20)
            c.request("GET", "/openai/v1/models")
            listed = json.loads(c.getresponse().read())["data"]
            c.request("GET", "/openai/v1/models/" + listed[0]["id"])
            one = json.loads(c.getresponse().read())
            c.close()
        self.assertIn("openai/gpt-oss-20b", [m["id"] for m in listed])
        self.assertEqual(one, listed[0])

    def test_no_key_is_in_the_log_or_on_the_terminal(self):
        key = "gsk_canary_5f0c"
        sim = rig.Sim("--key", key, "--limit", "rpm=1")
        with sim:
            for _ in range(2):
                answer, text = ask(sim, Authorization="Bearer " + key)
                self.assertNotIn(key.encode(), text)
            self.assertEqual(answer.status, 429)
        with open(sim.truth_file, "rb") as f:
            self.assertNotIn(key.encode(), f.read())
        self.assertNotIn(key, sim.done.err + sim.done.out)


if __name__ == "__main__":
    unittest.main()
