"""What was measured against what the simulator did: request by request, by the truth log."""

import math
import unittest

import rig

ALONE = True  # times are held against the simulator's

NS = 10 ** 9


def quantile(values, p):
    """The value at rank ceil(p n): what a histogram that counts tells, up to its width."""
    values = sorted(values)
    return values[max(0, math.ceil(p / 100 * len(values)) - 1)]


class Truth(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with rig.Sim("--seed", "11", "--cache-min", "128", "--plan", "developer",
                     "--regions", "dal:0.7,fra:0.3") as sim:
            cls.run_ = rig.run({
                "target": {"base_url": sim.url, "id_header": True},
                "matrix": {"model": ["llama-3.1-8b-instant", "openai/gpt-oss-20b"]},
                "request": {"body": {"model": None, "max_completion_tokens": 40}},
                "workload": {"input_tokens": 600, "shared_prefix": {"tokens": 400, "pool": 2}},
                "load": [{"name": "steady", "rate": "30/s", "duration": "3s",
                          "arrival": "even"}],
            }, "--seed", "11")
            cls.truth = sim.truth()
        cls.pairs = rig.join(cls.run_, cls.truth)
        cls.t0 = cls.run_.head["t0_mono_ns"]

    def since(self, mono):
        return mono - self.t0

    def test_every_attempt_is_in_the_truth(self):
        self.assertIn(self.run_.code, rig.FINE, self.run_.err)
        self.assertEqual(len(self.run_.attempts), 180)
        self.assertEqual(len(self.pairs), 180)

    def test_same_frames(self):
        for a, t in self.pairs:
            frames = t["output"]
            self.assertEqual(a["frames"], len(frames), (a, t))

    def test_nothing_is_observed_before_it_happened(self):
        for a, t in self.pairs:
            times = a["times"]
            frames = t["output"]
            self.assertLessEqual(times["start"], self.since(t["arrival"]))
            self.assertGreaterEqual(times["head"], self.since(t["head"]))
            self.assertGreaterEqual(times["role"], self.since(t["frames"][0].sent))
            self.assertGreaterEqual(times["first"], self.since(frames[0].sent))
            self.assertGreaterEqual(times["last"], self.since(frames[-1].sent))
            self.assertGreaterEqual(times["end"], self.since(t["frames"][-1].sent))

    def test_observed_soon_after(self):
        late = []
        for a, t in self.pairs:
            frames = t["output"]
            late.append(a["times"]["first"] - self.since(frames[0].sent))
        bound = 50_000_000 if rig.SANITIZED else 5_000_000
        self.assertLess(quantile(late, 50), bound)

    def test_gaps_are_those_of_the_frames(self):
        for a, t in self.pairs:
            sent = [f.sent for f in t["output"]]
            gaps = a.get("gaps", [])
            self.assertEqual(len(gaps), len(sent) - 1)
            total = a["times"]["last"] - a["times"]["first"]
            self.assertLessEqual(abs(sum(gaps) * 1000 - total), 1000 * len(gaps))

    def test_no_frame_is_observed_before_it_was_sent(self):
        """Gaps are kept in whole microseconds, cut downwards: frame i may seem i us early."""
        for a, t in self.pairs:
            at = a["times"]["first"]
            for i, (gap, frame) in enumerate(zip([0] + a.get("gaps", []), t["output"])):
                at += gap * 1000
                self.assertGreaterEqual(at + 1000 * i, self.since(frame.sent))

    def test_what_the_server_says_is_taken_over_exactly(self):
        for a, t in self.pairs:
            self.assertEqual(a["server"]["queue"], t["queue"])
            self.assertEqual(a["server"]["prompt"], t["prefill"])
            self.assertEqual(a["server"]["completion"], t["decode"])
            self.assertEqual(a["tokens"]["prompt"], t["prompt_tokens"])
            self.assertEqual(a["tokens"]["completion"], t["completion_tokens"])
            self.assertEqual(a["tokens"].get("cached"), t.get("cached_tokens"))
            self.assertEqual(a["request_id"], t["request_id"])
            self.assertEqual(a["region"], t["region"])

    def test_some_prompts_were_cached_and_some_models_do_not_say(self):
        cached = [a["tokens"].get("cached") for a, _ in self.pairs]
        self.assertIn(None, cached)
        self.assertTrue(any(c for c in cached if c))

    def test_limits_are_those_of_the_headers(self):
        for a, t in self.pairs:
            for kind in "requests", "tokens":
                self.assertEqual(a["limits"][kind], t["limits"][kind])

    def per_request(self, metric, cell):
        out = []
        for a, _ in self.pairs:
            if a["cell"] != cell or not a.get("final") or a["outcome"] not in ("ok", "empty"):
                continue
            times = a["times"]
            if metric == "ttft":
                out.append(times["first"] - times["due"])
            elif metric == "e2e":
                out.append(times["end"] - times["due"])
            elif metric == "tps":
                n = a["tokens"]["completion"]
                out.append((n - 1) * 1000 * NS / (times["last"] - times["first"]))
        return out

    def test_percentiles_agree_with_the_journal(self):
        for cell, group in enumerate(self.run_.json["cells"]):
            for metric in "ttft", "e2e", "tps":
                values = self.per_request(metric, cell)
                told = group["measured"]["metrics"][metric]
                self.assertEqual(told["n"], len(values))
                for p in 50, 90, 95:
                    want = quantile(values, p)
                    self.assertLessEqual(abs(told[f"p{p}"]["value"] - want), want / 1000 + 1, metric)
