"""The truth under a network that delays, loses, reorders and breaks off.

The relay writes down when it let each packet through; put together again, its capture tells
when each frame was there to be read, which is what the client should have seen.
"""

import contextlib
import shutil
import subprocess
import time
import unittest

import joined
import network
import rig
import servers
from test_truth import quantile

ALONE = True  # delays of a network are held against times

MS = 10 ** 6
STEADY = ["--event-tokens", "1", "--burst", "1", "--queue-sigma", "0", "--jitter", "0",
          "--output", "max"]
# Where packets come out of order, a stamp younger than that is not looked into (load/stamp.c).
YOUNG_US = 200


def scenario(sim, changes):
    return rig.merged({
        "target": {"base_url": sim.url, "id_header": True, "plan": "developer"},
        "request": {"body": {"max_completion_tokens": 25}},
        "load": [{"name": "steady", "concurrency": 10, "requests": 40}]}, changes)


def through(net, changes, *sim_flags):
    """A run from b against a simulator in a; and the truth."""
    with contextlib.ExitStack() as stack:
        with net.inside("a"):
            sim = stack.enter_context(rig.Sim("--seed", "5", "--tps", "100", *STEADY, *sim_flags,
                                              address=net.A))
        with net.inside("b"):
            run = rig.run(scenario(sim, changes))
        return run, sim.truth()


def meanwhile(net, changes, after, *told):
    """The same of slower streams, to which something happens on the way.

    (run, truth, when the relay had been told)
    """
    with contextlib.ExitStack() as stack:
        with net.inside("a"):
            sim = stack.enter_context(rig.Sim("--tps", "60", *STEADY, address=net.A))
        out = rig.fresh()
        with net.inside("b"):
            process = rig.start("run", rig.scenario(scenario(sim, changes)), "--out", out)
        stack.callback(process.kill)
        time.sleep(after)
        net.tell(*told)
        done = time.monotonic_ns()
        return rig.Run(out, rig.finish(process)), sim.truth(), done


class Delayed(unittest.TestCase):
    """20 ms -+ 5 ms each way."""

    LEAST, MOST = 15 * MS, 25 * MS

    @classmethod
    def setUpClass(cls):
        with network.Relay("delay_us=20000", "jitter_us=5000", seed=3) as cls.net:
            cls.run_, cls.truth = through(cls.net, {"load": [
                {"name": "steady", "rate": "30/s", "arrival": "even", "duration": "2s"}]})
        cls.passed = network.Passed(cls.run_, cls.truth, cls.net)
        cls.metrics = cls.run_.json["cells"][0]["measured"]["metrics"]
        cls.late = max(cls.net.told[side]["late_max_ns"] for side in "ab")

    def test_the_relay_keeps_its_word(self):
        for side in "ab":
            told = self.net.told[side]
            self.assertEqual((told["lost"], told["overflowed"], told["overtaken"]), (0, 0, 0))
            self.assertEqual(told["passed"] + told["waiting"], told["packets"])
            self.assertGreaterEqual(told["added_min_ns"], self.LEAST)
            self.assertLessEqual(told["added_max_ns"], self.MOST + told["late_max_ns"])

    def test_every_answer_is_whole_and_nothing_is_early(self):
        both = joined.Joined(self.run_, self.truth)
        self.assertEqual(both.wrong, [])
        self.assertEqual(len(both.pairs), 60)
        self.assertEqual({a["outcome"] for a in self.run_.attempts}, {"ok"})

    def test_no_frame_is_seen_before_it_can_have_come(self):
        for left, reached, seen in self.passed.all():
            self.assertGreaterEqual(reached - left, self.LEAST // 1000)
            self.assertGreaterEqual(seen, reached)

    def test_and_where_the_run_is_valid_soon_after(self):
        if not self.run_.json["validity"]["valid"]:
            self.skipTest("the machine is too busy for a valid run")
        errors = [seen - reached for _, reached, seen in self.passed.all()]
        self.assertLessEqual(quantile(errors, 99), 1000)

    def test_connecting_takes_a_round_trip(self):
        self.assertGreaterEqual(self.metrics["tcp"]["min"], 2 * self.LEAST)
        if self.run_.json["validity"]["valid"]:
            self.assertLessEqual(self.metrics["tcp"]["p50"]["value"],
                                 2 * self.MOST + 2 * self.late + 5 * MS)

    def test_network_is_the_way_there_and_back(self):
        told = self.metrics["network"]
        self.assertEqual(told["n"], 60)
        self.assertGreaterEqual(told["min"], 2 * self.LEAST - MS // 10)
        if self.run_.json["validity"]["valid"]:
            self.assertLessEqual(told["p50"]["value"], 2 * self.MOST + 2 * self.late + 5 * MS)

    def test_the_first_token_comes_later_by_the_way(self):
        for a, t in self.passed.pairs:
            times = a["times"]
            self.assertGreaterEqual(self.passed.us(t["arrival"]) * 1000,
                                    times["start"] + self.LEAST)
            self.assertGreaterEqual(times["first"] - times["due"],
                                    t["output"][0].sent - t["received"] + 2 * self.LEAST)

    def test_a_request_left_when_it_is_said_to_have(self):
        reached = network.requests(self.net)
        self.assertEqual(len(reached), 60)
        off = []
        for a, t in self.passed.pairs:
            there = reached[rig.request_id(a)] - self.passed.t0
            self.assertGreaterEqual(t["received"] - self.passed.t0, there)
            self.assertLessEqual(a["times"]["start"] + self.LEAST, there)
            off.append(there - a["times"]["sent"])
        if self.run_.json["validity"]["valid"]:
            self.assertGreaterEqual(quantile(off, 10), self.LEAST - MS)
            self.assertLessEqual(quantile(off, 99), self.MOST + self.late + MS)

    def test_the_report_says_where_the_stamps_are_from(self):
        kernel = self.run_.json["health"]["counters"]["kernel_stamps"]
        self.assertRegex(self.run_.out, "stamps: (kernel|mixed)|stamped by the kernel"
                         if kernel else "stamps: read")


class OutOfOrder(unittest.TestCase):
    """Nothing is lost or doubled, and no frame has the stamp of bytes that waited for others."""

    def check(self, net, changes=None, *sim_flags):
        run, truth = through(net, changes or {}, *sim_flags)
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual({a["outcome"] for a in run.attempts}, {"ok"})
        self.assertEqual(joined.Joined(run, truth).wrong, [])
        passed = network.Passed(run, truth, net)
        errors = sorted(seen - reached for _, reached, seen in passed.all())
        self.assertGreaterEqual(errors[0], -YOUNG_US)
        self.not_blamed_for_the_network(run, errors)
        return run, passed

    def not_blamed_for_the_network(self, run, errors):
        """A client that saw all in time and sent all in time is valid, whatever was lost."""
        health = run.json["health"]
        sent_in_time = run.json["cells"][0]["measured"]["metrics"]["send_lag"]["max"] < MS // 2
        simulator = (health["simulator_late_p99_ns"] or 0) < MS // 2
        read_in_time = health["read_lag"]["max"] < MS
        if errors[-1] < 300 and read_in_time and sent_in_time and simulator and health["turn"]["max"] < MS:
            self.assertTrue(run.json["validity"]["valid"], run.json["validity"])

    def test_two_of_a_hundred_packets_are_lost(self):
        with network.Relay("delay_us=10000", "loss_ppm=20000", seed=7) as net:
            run, passed = self.check(net)
        self.assertGreater(net.told["a"]["lost"], 5)
        waits, off = [], []
        for a, t in passed.pairs:
            reached = [at for _, at, _ in passed.frames(a, t)]
            waits.append(max(b - a for a, b in zip(reached, reached[1:])))
            off.append(abs(a["stall"] // 1000 - waits[-1]))
        if run.json["validity"]["valid"]:
            self.assertLessEqual(quantile(off, 50), 1000)
        # What had to be sent again came a round trip later, and is seen as a stall.
        self.assertGreater(max(waits), 30_000)
        self.assertGreater(run.json["cells"][0]["measured"]["metrics"]["stall"]["max"], 30 * MS)

    def test_packets_overtake_one_another_and_frames_span_them(self):
        with network.Relay("delay_us=10000", "jitter_us=5000", "reorder=1", seed=8,
                           mtu=296) as net:
            self.check(net, {"request": {"body": {"max_completion_tokens": 200}}},
                       "--event-tokens", "4", "--tps", "1000")
        self.assertGreater(net.told["a"]["overtaken"], 20)
        segments = sum(len(s.segments) for s in net.streams().values())
        self.assertGreater(segments, 1.5 * sum(map(len, network.answers(net).values())))

    def test_a_wire_that_is_too_thin(self):
        """Frames queue up in front of it: that is the network's time, and ttft shows it."""
        with network.Relay("delay_us=5000", "rate_kbit=2000", seed=9) as net:
            run, passed = self.check(net, {"load": [
                {"name": "steady", "concurrency": 10, "requests": 30}]})
        self.assertGreater(net.told["a"]["queue_max"], 5)
        way = [reached - left for left, reached, _ in passed.all()]
        self.assertGreater(max(way), 8000)


class Broken(unittest.TestCase):
    def black_hole(self, timeout):
        """Five streams of 5 s, and after their first frames nothing gets through any more."""
        with network.Relay("delay_us=5000") as net:
            run, _, told = meanwhile(net, {
                "request": {"body": {"max_completion_tokens": 300}},
                "load": [{"name": "steady", "concurrency": 5, "requests": 5}],
                "timeout": timeout}, 1, "loss_ppm=1000000")
        for a in run.attempts:
            self.assertLess(a["frames"], 300)
            self.assertLess(a["times"]["last"], told + rig.NS - run.head["t0_mono_ns"])
        return run

    def test_a_black_hole_is_an_idle_timeout(self):
        run = self.black_hole({"idle": "600ms", "total": "20s"})
        self.assertEqual([a["outcome"] for a in run.attempts], ["timeout_idle"] * 5)
        for a in run.attempts:
            self.assertGreaterEqual(a["times"]["end"] - a["times"]["last"], 600 * MS)

    def test_or_a_total_timeout(self):
        run = self.black_hole({"idle": "20s", "total": "2s"})
        self.assertEqual([a["outcome"] for a in run.attempts], ["timeout_total"] * 5)
        for a in run.attempts:
            self.assertGreaterEqual(a["times"]["end"] - a["times"]["start"], 2000 * MS)

    def test_a_way_that_grows_longer_is_seen_when_it_does(self):
        """From 10 to 60 ms in mid-stream: the frame that is on its way then comes 50 ms late."""
        with network.Relay("delay_us=10000") as net:
            run, log, done = meanwhile(net, {
                "request": {"body": {"max_completion_tokens": 120}},
                "load": [{"name": "steady", "concurrency": 6, "requests": 6}]},
                1.2, "delay_us=60000")
        passed = network.Passed(run, log, net)
        self.assertEqual([a["outcome"] for a in run.attempts], ["ok"] * 6)
        self.assertEqual(len(passed.pairs), 6)
        settled = passed.us(done) + 100_000  # when the relay has surely read the line
        for a, t in passed.pairs:
            frames = passed.frames(a, t)
            self.assertGreaterEqual(min(seen - left for left, _, seen in frames), 10_000)
            self.assertGreaterEqual(min(seen - left for left, _, seen in frames
                                        if left > settled), 60_000)
            self.assertGreaterEqual(a["stall"], 50 * MS)


class Secure(unittest.TestCase):
    def test_http_2_and_tls_over_a_long_way(self):
        """nghttpx stands beside the simulator; the handshake takes round trips of its own."""
        with network.Relay("delay_us=20000", "jitter_us=2000", seed=4) as net, \
                contextlib.ExitStack() as stack:
            with net.inside("a"):
                sim = stack.enter_context(rig.Sim("--seed", "5", "--tps", "100", *STEADY,
                                                  address=net.A))
                origin, cert = stack.enter_context(servers.nghttpx(sim.port, net.A))
            with net.inside("b"):
                run = rig.run(scenario(sim, {
                    "target": {"base_url": f"{origin}/openai/v1"},
                    "connection": {"http": "2", "tls": {"ca": cert}}}))
            truth = sim.truth()
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual({(a["outcome"], a["http"]) for a in run.attempts}, {("ok", 20)})
        self.assertEqual(joined.Joined(run, truth).wrong, [])
        for a, t in rig.join(run, truth):
            at = a["times"]["first"]
            for gap, frame in zip([0] + a["gaps"], t["output"]):
                at += gap * 1000
                self.assertGreaterEqual(at + 1000 * len(a["gaps"]),
                                        frame.sent - run.head["t0_mono_ns"] + 18 * MS)
        metrics = run.json["cells"][0]["measured"]["metrics"]
        self.assertGreaterEqual(metrics["tls"]["min"], 36 * MS)


def tool(name):
    found = shutil.which(name, path="/usr/sbin:/sbin:/usr/bin:/bin")
    if not found:
        raise unittest.SkipTest(f"{name} is not installed (Debian: iproute2)")
    return found


class Netem(unittest.TestCase):
    def test_the_kernels_own_delay(self):
        """The same namespaces, joined by a veth pair whose far end delays by 20 ms."""
        ip, tc = tool("ip"), tool("tc")
        with network.Relay() as net, contextlib.ExitStack() as stack:
            for command in ([ip, "link", "add", "far", "type", "veth", "peer", "name", "near",
                             "netns", f"/proc/{net.open['pid']}/fd/{net.open['b']}"],
                            [ip, "address", "add", "198.51.100.1/24", "dev", "far"],
                            [ip, "link", "set", "far", "up"],
                            [tc, "qdisc", "add", "dev", "far", "root", "netem", "delay", "20ms"]):
                with net.inside("a"):
                    self.need(command)
            for command in ([ip, "address", "add", "198.51.100.2/24", "dev", "near"],
                            [ip, "link", "set", "near", "up"]):
                with net.inside("b"):
                    self.need(command)
            with net.inside("a"):
                sim = stack.enter_context(rig.Sim("--seed", "5", "--tps", "100", *STEADY,
                                                  address="198.51.100.1"))
            with net.inside("b"):
                run = rig.run(scenario(sim, {}))
            truth = sim.truth()
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual(joined.Joined(run, truth).wrong, [])
        for a, t in rig.join(run, truth):
            self.assertGreaterEqual(a["times"]["first"], t["output"][0].sent + 19 * MS -
                                    run.head["t0_mono_ns"])

    def need(self, command):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            self.skipTest(f"{' '.join(command[:3])} … {command[-3]}: {done.stderr.strip()}")


if __name__ == "__main__":
    unittest.main()
