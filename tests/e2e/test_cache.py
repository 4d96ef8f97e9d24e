"""The prompt-cache laboratory: hits against misses, the least prefix, the lifetime, warmth unmeant."""

import unittest

import rig

ALONE = True  # times of hits are held against times of misses

MODEL = {"body": {"model": "openai/gpt-oss-120b", "reasoning_effort": "low",
                  "max_completion_tokens": 8}}
ALONE = [{"name": "repeat", "concurrency": 1, "requests": 10}]


def cache(changes, *sim):
    return rig.run(rig.merged({"target": {"plan": "developer", "sim": list(sim)},
                               "request": MODEL, "load": ALONE}, changes), timeout=120)


def metric(cell, name):
    return cell["measured"]["metrics"].get(name)


def warned(run):
    return [w["id"] for w in run.json["warnings"]]


class Cache(unittest.TestCase):
    def test_hits_and_misses_have_their_own_times_as_the_simulator_served_them(self):
        run = cache({"workload": {"input_tokens": 6000,
                                  "shared_prefix": {"tokens": 5800, "pool": 1}}})
        cell = run.json["cells"][0]
        hits = [a for a, t in rig.join(run, run.truth()) if t.get("cached_tokens")]
        self.assertEqual(metric(cell, "ttft_hit")["n"], len(hits))
        self.assertEqual(metric(cell, "ttft_miss")["n"], 10 - len(hits))
        self.assertGreater(len(hits), 7)
        self.assertLess(metric(cell, "prefill_hit")["p50"]["value"],
                        metric(cell, "prefill_miss")["min"] / 2)
        self.assertIn("Prompt cache", run.out)

    def test_the_least_prefix_that_is_cached_is_found(self):
        run = cache({"matrix": {"workload.shared_prefix.tokens": [100, 300, 700, 1500]},
                     "workload": {"input_tokens": {"uniform": {"min": 1, "max": 2}},
                                  "shared_prefix": {"pool": 1}}}, "--cache-min", "512")
        self.assertIn("Least prefix that is cached: between 300 tokens and 700 tokens", run.out)

    def test_the_lifetime_without_use_is_found(self):
        run = cache({"matrix": {"load.pairs.think": ["200ms", "400ms", "2500ms"]},
                     "workload": {"input_tokens": 2200,
                                  "shared_prefix": {"tokens": 2000, "pool": 1}},
                     "load": [{"name": "pairs", "concurrency": 1, "requests": 4,
                               "think": "1s"}]}, "--cache-lifetime", "1200ms")
        self.assertIn("Lifetime without use: between 400 ms and 2.50 s", run.out)

    def test_a_sweep_meant_to_be_cold_that_hits_is_warned_of(self):
        # Cells of a round send the same bytes: the second finds what the first left.
        run = cache({"matrix": {"temperature": [0.1, 0.2]}, "workload": {"input_tokens": 2500}})
        said = [w["message"] for w in run.json["warnings"] if w["id"] == "not_cold"]
        self.assertEqual(len(said), 1)
        self.assertIn("that have nothing in common came from the prompt cache", said[0])

    def test_a_cold_sweep_is_not_warned_of(self):
        run = cache({"workload": {"input_tokens": 2500}})
        self.assertNotIn("not_cold", warned(run))
        run = cache({"workload": {"input_tokens": 2500,
                                  "shared_prefix": {"tokens": 2000, "pool": 1}}})
        self.assertNotIn("not_cold", warned(run))

    def test_a_changed_head_makes_misses_of_a_shared_prefix(self):
        run = cache({"workload": {"input_tokens": 2500, "unique_head": True,
                                  "shared_prefix": {"tokens": 2000, "pool": 1}}})
        cell = run.json["cells"][0]
        self.assertIsNone(metric(cell, "ttft_hit"))
        self.assertEqual(metric(cell, "ttft_miss")["n"], 10)

    def test_a_server_that_says_nothing_of_its_cache_has_neither(self):
        run = cache({"request": {"body": {"model": "llama-3.3-70b-versatile",
                                          "reasoning_effort": None}},
                     "workload": {"input_tokens": 2500,
                                  "shared_prefix": {"tokens": 2000, "pool": 1}}})
        cell = run.json["cells"][0]
        self.assertIsNone(metric(cell, "ttft_hit"))
        self.assertIsNone(metric(cell, "ttft_miss"))


if __name__ == "__main__":
    unittest.main()
