"""When requests arrive, as the simulator saw it: Poisson and gamma, for any number of threads."""

import ctypes
import os
import shutil
import socket
import ssl
import struct
import unittest

import arrivals
import rig

RATE = 100
ALARM = 0.001
# Gaps below this are shorter than what two sends in a row take, or than a hiccup of a machine.
WIRE = 0.005 if rig.SANITIZED else 0.001


def drive(spacing, threads, seed=20240601, seconds=8):
    """The run and its pairs; again where the machine was too busy to carry it."""
    for _ in range(3):
        with rig.Sim("--flood") as sim:
            run = rig.run({
                "target": {"base_url": sim.url, "id_header": True},
                "request": {"body": {"max_completion_tokens": 2}},
                "workload": {"input_tokens": 20},
                "load": [{"name": "steady", "rate": f"{RATE}/s", "duration": f"{seconds}s",
                          "arrival": spacing}],
                "connection": {"threads": threads},
            }, "--seed", seed, timeout=60)
            truth = sim.truth()
        if run.code != 3 or rig.SANITIZED:
            return run, rig.join(run, truth)
    raise unittest.SkipTest("this machine is too busy to send in time")


def begin_of(run):
    return min(p["at"] for p in run.of("phase") if p["event"] == "begin")


def arrived(pairs, run):
    """Seconds since the phase began at which the simulator saw each request, in order."""
    begin = run.head["t0_mono_ns"] + begin_of(run)
    return sorted((t["arrival"] - begin) / rig.NS for _, t in pairs)


def planned(run):
    """Which request was due when, since the phase began."""
    begin = begin_of(run)
    return sorted((a["req"], a["times"]["due"] - begin, a["tokens"].get("planned"))
                  for a in run.attempts)


class OnTheWire(unittest.TestCase):
    def check(self, spacing, cdf, dispersion, threads):
        run, pairs = drive(spacing, threads)
        self.assertIn(run.code, rig.FINE, run.err)
        self.assertEqual(len(pairs), len(run.attempts))
        times = arrived(pairs, run)
        gaps = arrivals.gaps_of(times)
        self.assertGreater(arrivals.fit(gaps, cdf, WIRE), ALARM)
        self.assertLess(abs(arrivals.autocorrelation_z(gaps)), 4)
        low, high = dispersion
        self.assertTrue(low < arrivals.dispersion(times, 40)[1] < high,
                        arrivals.dispersion(times, 40))
        return run

    def check_plan(self, run, cdf):
        """What was due, to the nanosecond: no floor."""
        dues = [due / rig.NS for _, due, _ in planned(run)]
        self.assertGreater(arrivals.fit(arrivals.gaps_of(dues), cdf), ALARM)

    def test_poisson_with_one_and_with_three_threads(self):
        cdf = arrivals.exponential_cdf(RATE)
        one = self.check("poisson", cdf, (0.5, 1.7), 1)
        three = self.check("poisson", cdf, (0.5, 1.7), 3)
        self.assertEqual(planned(one), planned(three))
        self.check_plan(one, cdf)
        times = [due / rig.NS for _, due, _ in planned(one)]
        self.assertGreater(arrivals.uniform(times), ALARM)
        x2, _ = arrivals.dispersion(times, 40)
        self.assertGreater(arrivals.chi_square_p(x2, 39), ALARM)

    def test_bursts_with_one_and_with_three_threads(self):
        cdf = arrivals.gamma_cdf(0.25, RATE)
        spacing = {"gamma": {"cv": 2}}
        one = self.check(spacing, cdf, (1.7, 7), 1)
        three = self.check(spacing, cdf, (1.7, 7), 3)
        self.assertEqual(planned(one), planned(three))
        self.check_plan(one, cdf)
        times = [due / rig.NS for _, due, _ in planned(one)]
        self.assertLess(arrivals.fit(arrivals.gaps_of(times), arrivals.exponential_cdf(RATE)),
                        1e-9)

    def test_gamma_more_even_than_poisson(self):
        cdf = arrivals.gamma_cdf(4, RATE)
        run = self.check({"gamma": {"cv": 0.5}}, cdf, (0.1, 0.7), 2)
        self.check_plan(run, cdf)

    def test_another_seed_is_another_plan(self):
        one, _ = drive("poisson", 1, seconds=1)
        other, _ = drive("poisson", 1, seed=5, seconds=1)
        again, _ = drive("poisson", 2, seed=5, seconds=1)
        self.assertNotEqual(planned(one), planned(other))
        self.assertEqual(planned(other), planned(again))

    def test_even_arrivals_are_even(self):
        run, pairs = drive("even", 2, seconds=2)
        gaps = arrivals.gaps_of(arrived(pairs, run))
        self.assertLess(arrivals.mean_and_cv(gaps)[1], 0.9 if rig.SANITIZED else 0.4)
        dues = [t for _, t, _ in planned(run)]
        self.assertEqual(dues, [round((k + 1) * rig.NS / RATE) for k in range(len(dues))])

    def test_a_closed_loop_asks_the_same_requests(self):
        def tokens(threads):
            run = rig.run({"workload": {"input_tokens": {"uniform": {"min": 20, "max": 200}}},
                           "load": [{"name": "steady", "concurrency": 3, "requests": 30}],
                           "connection": {"threads": threads}}, "--seed", "4")
            return sorted((a["req"], a["tokens"]["planned"]) for a in run.attempts)
        self.assertEqual(tokens(1), tokens(3))


def has_ipv6_loopback():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


class Lanes(unittest.TestCase):
    def test_connections_are_used_again_however_many_streams_there_are(self):
        """More than fit into one lane: each stream opens one connection, and keeps it."""
        streams, requests = 100, 500
        for host in ["127.0.0.1"] + ["[::1]"] * has_ipv6_loopback():
            with self.subTest(host), rig.Sim("--output", "3", "--listen", host + ":0") as sim:
                run = rig.run({"target": {"base_url": sim.url.replace("127.0.0.1", host)},
                               "load": [{"name": "steady", "concurrency": streams, "requests": requests}]})
                self.assertEqual([a["outcome"] for a in run.attempts], ["ok"] * requests)
                opened = sum(not a.get("reused", False) for a in run.attempts)
                self.assertLessEqual(opened, streams)


class Opened:
    """How often a file is opened, as the kernel tells."""

    OPEN, CLOSE = 0x20, 0x10  # both are watched: the kernel merges events of one kind in a row

    def __init__(self, file):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK)
        if self.fd < 0 or libc.inotify_add_watch(self.fd, file.encode(), self.OPEN | self.CLOSE) < 0:
            raise unittest.SkipTest("no inotify here")

    def count(self):
        try:
            events = os.read(self.fd, 1 << 16)
        except BlockingIOError:
            return 0
        masks = [struct.unpack_from("iI", events, i)[1] for i in range(0, len(events), 16)]
        return sum(bool(mask & self.OPEN) for mask in masks)


class Authorities(unittest.TestCase):
    def test_they_are_read_once_and_before_the_load_not_with_each_connection(self):
        bundle = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
        if not os.path.exists(bundle):
            self.skipTest("no bundle of authorities here")
        copy = rig.fresh("authorities.pem")
        shutil.copy(bundle, copy)
        with rig.Listener(hold=True) as server:
            opened = Opened(copy)
            run = rig.run({"target": {"base_url": server.url.replace("http:", "https:")},
                           "connection": {"policy": "new", "tls": {"ca": copy}},
                           "timeout": {"connect": "200ms"},
                           "load": [{"name": "steady", "concurrency": 1, "requests": 4}]})
            self.assertEqual(server.connections, 4)
        self.assertEqual([a["outcome"] for a in run.attempts], ["timeout_connect"] * 4)
        self.assertEqual(opened.count(), 1)
