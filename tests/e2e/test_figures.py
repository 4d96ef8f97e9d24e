"""Every figure a run prints, worked out again; every attempt beside what the simulator did."""

import signal
import time
import unittest

import audit
import rig
import servers
from joined import Joined

MODEL = "openai/gpt-oss-20b"
BOTH = ["--plan", "developer", "--regions", "dal:0.6,fra:0.4:5ms", "--cache-min", "64"]
LOAD = [{"name": "warm", "concurrency": 2, "duration": "200ms", "measured": False},
        {"name": "open", "rate": "80/s", "duration": "500ms"},
        {"name": "closed", "concurrency": 4, "requests": 12}]
BASE = rig.merged(rig.BASE, {
    "target": {"sim": BOTH},
    "request": {"body": {"model": MODEL, "max_completion_tokens": 20}},
    "workload": {"input_tokens": 100, "shared_prefix": {"tokens": 80, "pool": 2}},
    "load": LOAD,
})


def run(changes, *flags):
    return rig.run(None, *flags, file=rig.scenario(changes, base=BASE))


class Figures(unittest.TestCase):
    maxDiff = 4000

    def check(self, done, truth=None):
        self.assertIn(done.code, (*rig.FINE, 1, 130), done.err)
        self.assertEqual(audit.Audit(done).differences(), [])
        joined = Joined(done, truth or done.truth())
        self.assertEqual(joined.wrong, [])
        self.assertTrue(joined.pairs)
        return joined

    def test_a_matrix_with_everything(self):
        done = run({
            "target": {"sim": BOTH + ["--fault", "503=0.06", "--tool-share", "0.5",
                                      "--delay", "2ms", "--speed", "4"]},
            # a model that caches and reasons; one without a price
            "matrix": {"model": [MODEL, "moonshotai/kimi-k2-instruct-0905"],
                       "service_tier": ["on_demand", "flex"]},
            "repeat": 2,
            "request": {"body": {"model": None, "max_completion_tokens": 30, "tools": [
                {"type": "function", "function": {"name": "f", "parameters": {
                    "type": "object", "properties": {}}}}]}},
            "workload": {"input_tokens": {"lognormal": {"mean": 200, "cv": 0.4}}},
            "load": [LOAD[0], {"name": "open", "rate": "200/s", "duration": "600ms"}, LOAD[2]],
            "retry": {"policy": "sdk", "max": 1},
            "slo": ["ttft p50 < 10s", "ttft p95 < 1ms", "error_rate < 50%",
                    "error_rate[service_tier=flex] < 0.1%", "e2e[phase=closed] p90 < 10s",
                    "goodput(ttft<100ms,tpot<20ms) > 50%", "tps mean > 1", "itl max < 10s",
                    "ttft p99.9 < 1s"],
        }, "--seed", "5")
        joined = self.check(done)
        self.assertEqual(len(done.json["cells"]), 4)
        seen = {kind: sum(bool(f(a)) for a in done.attempts) for kind, f in {
            "cached": lambda a: a["tokens"].get("cached"),
            "priced": lambda a: "cost" in a,
            "not priced": lambda a: a["outcome"] == "ok" and "cost" not in a,
            "retried": lambda a: a["try"] > 1,
            "failed": lambda a: a.get("status") == 503,
            "reasoned": lambda a: a["tokens"].get("reasoning"),
            "far": lambda a: a.get("region") == "fra"}.items()}
        self.assertNotIn(0, seen.values(), seen)
        self.assertTrue(any(f.kind == "tool" for _, t in joined.pairs for f in t["output"]))

    def test_on_every_way(self):
        ways = {
            "three threads": {"connection": {"threads": 3}},
            "new connections": {"connection": {"policy": "new"}},
            "connected ahead": {"connection": {"policy": "preconnect"}},
            "not streamed": {"request": {"stream": False}},
            "cells at once": {"concurrent": True, "request": {"body": {"model": None}},
                              "matrix": {"model": [MODEL, "llama-3.1-8b-instant"]}},
            "drained for too short": {"target": {"sim": BOTH + ["--tps", "20"]},
                                      "limits": {"drain": "200ms"}, "load": LOAD[:2]},
            "faults": {"target": {"sim": BOTH + ["--fault", "503=0.1,truncated=0.1,reset=0.1,"
                                                 "error=0.1,429:1=0.1,stall:3000=0.05"]},
                       "timeout": {"idle": "300ms"}, "retry": {"policy": "sdk", "max": 1}},
        }
        for way, changes in ways.items():
            with self.subTest(way):
                self.check(run(changes, "--seed", "4"))

    def test_through_tls_and_http_2(self):
        with rig.Sim(*BOTH, "--seed", "4") as sim, servers.nghttpx(sim.port) as (origin, cert):
            done = run({
                "target": {"base_url": f"{origin}/openai/v1", "id_header": True, "sim": None},
                "connection": {"http": "2", "tls": {"ca": cert}},
            })
            self.check(done, sim.truth())
        self.assertEqual({a["http"] for a in done.attempts}, {20})

    def test_interrupted(self):
        for times in 1, 2:
            with self.subTest(times):
                out = rig.fresh()
                process = rig.start("run", rig.scenario({
                    "target": {"sim": BOTH + ["--queue-median", "200ms", "--fault", "503=0.3"]},
                    "retry": {"policy": "sdk"}, "limits": {"in_flight": 10},
                    "load": [{"name": "open", "rate": "100/s", "duration": "20s"}]}, base=BASE),
                    "--out", out)
                time.sleep(1)
                for _ in range(times):
                    process.send_signal(signal.SIGINT)
                    time.sleep(0.05)
                done = rig.Run(out, rig.finish(process))
                self.assertEqual(done.code, 130, done.err)
                self.check(done)
                finals = [a["req"] for a in done.attempts if a.get("final")]
                self.assertEqual(len(finals), len(set(finals)))
                self.assertEqual(set(finals), {a["req"] for a in done.attempts})


class Throughput(unittest.TestCase):
    def test_a_server_that_falls_behind_is_not_as_fast_as_its_load(self):
        """100 a second come for a second; of the 4 at a time each takes 100 ms: 40/s."""
        done = rig.run({
            "target": {"sim": ["--queue-median", "100ms", "--queue-sigma", "0"]},
            "limits": {"in_flight": 4, "drain": "20s"},
            "load": [{"name": "open", "rate": "100/s", "arrival": "even", "duration": "1s"}]})
        phase = done.json["cells"][0]["phases"][0]
        self.assertEqual(phase["counts"]["ok"], 100)
        self.assertLess(phase["rates"]["rps"]["value"], 41_000)
        self.assertEqual(audit.Audit(done).differences(), [])


if __name__ == "__main__":
    unittest.main()
