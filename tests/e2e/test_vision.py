"""Pictures: sent as they are, held against the limits before, their way up apart from TTFT."""

import base64
import contextlib
import json
import os
import struct
import unittest
import zlib

import network
import rig
from joined import Joined

SEES = "qwen/qwen3.6-27b"


def png(width, height, data=None):
    """A picture of one colour, or of noise where data is given."""
    def chunk(kind, payload):
        return (struct.pack(">I", len(payload)) + kind + payload +
                struct.pack(">I", zlib.crc32(kind + payload)))
    rows = data or (b"\0" + b"\x40\x80\xc0" * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


def noise(n):
    """A picture of about n bytes."""
    width = 256
    height = max(1, n // (3 * width + 1))
    return png(width, height, b"".join(b"\0" + os.urandom(3 * width) for _ in range(height)))


class Pictured(unittest.TestCase):
    def picture(self, content, name="a.png"):
        file = rig.fresh(name)
        with open(file, "wb") as f:
            f.write(content)
        return file

    def scenario(self, images, more=None, sim=()):
        out = rig.merged({
            "target": {"sim": ["--seed", "7", *sim]},
            "request": {"body": {"model": SEES, "reasoning_effort": "none",
                                 "max_completion_tokens": 16}},
            "workload": {"input_tokens": 60, "images": images},
            "load": [{"name": "steady", "concurrency": 2, "requests": 12}]}, more or {})
        if "dataset" in out["workload"]:
            out["workload"]["input_tokens"] = None
        return out


class Vision(Pictured):
    def run_sim(self, images, more=None, sim=()):
        run = rig.run(self.scenario(images, more, sim))
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual(Joined(run, run.truth()).wrong, [])
        return run

    def test_files_are_sent_as_they_are_and_addresses_as_written(self):
        contents = [noise(3000), png(3, 2)]
        files = [self.picture(c) for c in contents]
        url = "https://example.com/a.png?x=1&y=2"
        answer = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
                  b'{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},'
                  b'"finish_reason":"stop"}]}')
        with rig.Listener(answer) as server:
            run = rig.run(self.scenario({"files": files, "urls": [url], "per_request": 3}, {
                "target": {"base_url": server.url, "sim": None}, "request": {"stream": False},
                "load": [{"name": "steady", "concurrency": 1, "requests": 2}]}))
            received = list(server.received)
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual(len(received), 2)
        for request, attempt in zip(received, run.attempts):
            body = request.partition(b"\r\n\r\n")[2]
            self.assertEqual(attempt["bytes_up"], len(body))
            self.assertEqual(attempt["images"], 3)
            parts = json.loads(body)["messages"][-1]["content"]
            self.assertEqual([p["type"] for p in parts], ["text"] + ["image_url"] * 3)
            urls = [p["image_url"]["url"] for p in parts[1:]]
            self.assertEqual(urls.count(url), 1)
            inlined = {base64.b64decode(u.removeprefix("data:image/png;base64,"))
                       for u in urls if u != url}
            self.assertEqual(inlined, set(contents))

    def test_up_to_five_in_turn_and_their_tokens_are_counted(self):
        files = [self.picture(png(n, 1)) for n in range(1, 8)]
        plain = self.run_sim({"files": files, "per_request": 0})
        five = self.run_sim({"files": files, "per_request": 5})
        self.assertEqual({a.get("images") for a in plain.attempts}, {None})
        self.assertEqual({a["images"] for a in five.attempts}, {5})
        self.assertEqual(five.json["total"]["counts"]["images"], 60)
        more = (min(a["tokens"]["prompt"] for a in five.attempts) -
                max(a["tokens"]["prompt"] for a in plain.attempts))
        self.assertGreater(more, 5 * 1300)

    def test_the_way_up_is_apart_from_the_first_token(self):
        run = self.run_sim({"files": [self.picture(noise(600000))], "per_request": 2})
        group = run.json["cells"][0]["measured"]
        self.assertEqual({group["metrics"][name]["n"] for name in (
            "upload", "ttft_sent", "request_bytes")}, {12})
        for a, t in rig.join(run, run.truth()):
            times = a["times"]
            self.assertGreater(a["bytes_up"], 1600000)
            self.assertTrue(times["connected"] <= times["sent"] <= times["first"], times)
            arrived = t["received"] - run.head["t0_mono_ns"]
            self.assertLess(times["connected"], arrived)
        self.assertEqual(group["metrics"]["request_bytes"]["unit"], "bytes")
        self.assertIn("pictures: 24", run.out)
        for row in "upload", "ttft_sent":
            self.assertRegex(run.out, rf"(?m)^ +{row} +12 ")

    def test_small_requests_have_no_upload(self):
        run = self.run_sim({"files": [self.picture(png(1, 1))]})
        for name in "upload", "ttft_sent", "request_bytes":
            self.assertNotIn(name, run.json["cells"][0]["measured"]["metrics"])

    def refused(self, images, more=None):
        """Nothing was made and nothing was sent."""
        with rig.Listener() as server:
            file = rig.scenario(self.scenario(images, rig.merged(
                {"target": {"base_url": server.url, "sim": None}}, more or {})))
            out = rig.fresh()
            done = rig.tokdyno("run", file, "--out", out)
            self.assertEqual((done.code, server.connections), (2, 0), done.err)
            self.assertFalse(os.path.exists(out))
            self.assertEqual(rig.tokdyno("validate", file).code, 2)
        return done.err

    def test_what_the_model_does_not_take_is_refused_before_it_is_sent(self):
        large = self.picture(noise(3200000))
        small = self.picture(png(1, 1))
        self.assertIn("4.00 MB at most with pictures sent as base64", self.refused({"files": [large]}))
        self.assertIn("6 pictures in a request", self.refused({"files": [small], "per_request": 6}))
        self.assertIn("33.2 at most", self.refused({"files": [self.picture(png(8192, 4051))]}))
        inside = [{"role": "user", "content": [
            {"type": "text", "text": "a"}, {"type": "image_url", "image_url": {
                "url": "data:image/png;base64," + "A" * 4100000}}]}]
        rows = rig.scenario_text(json.dumps({"messages": inside}) + "\n")
        said = self.refused(None, {"workload": {"images": None, "dataset": rows}})
        self.assertIn("row 1", said)
        self.assertIn("4.00 MB at most", said)

    def test_it_can_be_sent_all_the_same_and_the_server_refuses_it(self):
        run = self.run_sim({"files": [self.picture(noise(3200000))], "oversize": True})
        self.assertEqual({(a["outcome"], a["status"]) for a in run.attempts}, {("too_large", 413)})
        run = self.run_sim({"files": [self.picture(png(1, 1))], "per_request": 6, "oversize": True})
        self.assertEqual({(a["outcome"], a["status"]) for a in run.attempts}, {("bad_request", 400)})

    def test_a_model_that_sees_nothing_refuses_and_the_plan_warns(self):
        more = {"request": {"body": {"model": "llama-3.1-8b-instant", "reasoning_effort": None}}}
        images = {"files": [self.picture(png(1, 1))]}
        run = self.run_sim(images, more)
        self.assertEqual({(a["outcome"], a["status"]) for a in run.attempts}, {("bad_request", 400)})
        done = rig.tokdyno("validate", rig.scenario(self.scenario(images, more)))
        self.assertIn("does not say that llama-3.1-8b-instant takes pictures", done.out)

    def test_wrong_pictures_are_named_with_their_place(self):
        no_picture = self.picture(b"just text", "notes.txt")
        self.assertIn("notes.txt: not a picture", self.refused({"files": [no_picture]}))
        self.assertIn("is no address", self.refused({"urls": ["ftp://example.com/a.png"]}))
        self.assertIn("No such file", self.refused({"files": ["/nowhere/a.png"]}))
        self.assertIn('the endpoint "responses" takes no pictures', self.refused(
            {"files": [self.picture(png(1, 1))]},
            {"request": {"endpoint": "responses"}}))
        rows = rig.scenario_text('{"prompt": "a"}\n')
        self.assertIn("has no place in the rows of a dataset", self.refused(
            {"files": [self.picture(png(1, 1))]},
            {"workload": {"dataset": rows}}))

    def test_pictures_by_address_are_fetched_and_that_is_told_nowhere(self):
        run = self.run_sim({"urls": ["https://example.com/a.png"]},
                           sim=["--image-fetch", "200ms", "--queue-sigma", "0"])
        for a in run.attempts:
            server = a["server"]["queue"] + a["server"]["prompt"]
            self.assertGreaterEqual(a["times"]["first"] - a["times"]["sent"], server + 200000000)

    def test_the_shipped_scenario_answers_its_question(self):
        directory = rig.fresh()
        done = rig.tokdyno("run", rig.path("scenarios/vision.yaml"), "--out", directory,
                           "--set", "load.steady.duration=3s", timeout=90)
        self.assertIn(done.code, rig.FINE, done.err)
        head = done.out[:done.out.index("steady")]
        for said in "What do pictures cost", "upload p50", "ttft_sent p50", "per_request=5":
            self.assertIn(said, head)
        again = rig.fresh()
        done = rig.tokdyno("run", os.path.join(directory, "scenario.yaml"), "--out", again,
                           "--set", "load.steady.duration=1s", timeout=90)
        self.assertIn(done.code, rig.FINE, done.err)


class OnASlowLine(Pictured):
    """8 Mbit/s, 10 ms each way: half a megabyte is half a second under way."""

    def test_sent_means_that_little_is_left_in_the_socket(self):
        images = {"files": [self.picture(noise(500000))]}
        with network.Relay("rate_kbit=8000", "delay_us=10000", "queue=40", seed=4) as net:
            with contextlib.ExitStack() as stack:
                with net.inside("a"):
                    sim = stack.enter_context(rig.Sim("--seed", "5", address=net.A))
                with net.inside("b"):
                    run = rig.run(self.scenario(images, {
                        "target": {"base_url": sim.url, "id_header": True, "sim": None},
                        "timeout": {"first": "20s", "total": "30s"},
                        "load": [{"name": "steady", "concurrency": 1, "requests": 3}]}))
                truth = sim.truth()
        self.assertIn(run.code, rig.FINE, run.err)
        pairs = rig.join(run, truth)
        self.assertEqual(len(pairs), 3)
        for a, t in pairs:
            self.assertEqual(a["outcome"], "ok")
            begin, sent = a["times"]["connected"], a["times"]["sent"]
            arrived = t["received"] - run.head["t0_mono_ns"]
            self.assertLess(sent, arrived)
            self.assertGreater(arrived - begin, 500 * 10 ** 6)
            # without a bound on what waits in the socket it is two thirds
            self.assertGreater((sent - begin) / (arrived - begin), 0.8)


if __name__ == "__main__":
    unittest.main()
