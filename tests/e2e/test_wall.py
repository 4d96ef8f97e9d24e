"""The limits laboratory: where the wall is, what gets through behind it, whether retry-after is right."""

import unittest

import rig


def wall(limit, *sim, **changes):
    run = rig.run(rig.merged({
        "target": {"plan": "developer", "sim": ["--limit", limit, "--queue-median", "1ms",
                                                "--output", "2", *sim]},
        "load": [{"name": "wall", "concurrency": 1, "duration": "9s"}],
        "retry": {"policy": "respectful"},
        "timeout": {"total": "60s"},
        "limits": {"drain": "20s"}}, changes), timeout=90)
    return run, run.json["cells"][0].get("wall")


class Wall(unittest.TestCase):
    def test_requests_a_minute_have_a_bucket_a_refill_and_a_right_retry_after(self):
        run, found = wall("rpm=60,tpm=10M")
        self.assertEqual(found["limit"], "RPM", run.out)
        self.assertTrue(60 <= found["requests_before"] <= 66, found)
        self.assertAlmostEqual(found["requests_per_min_after_millionths"] / 1e6, 60, delta=12)
        self.assertEqual(found["announced"], found["refused"])
        self.assertGreater(found["retries"], 3)
        self.assertEqual(found["retries_refused_again"], 0)
        self.assertIn("the wall, RPM: after", run.out)

    def test_tokens_a_minute_are_found_as_well(self):
        run, found = wall("rpm=100k,tpm=6k", workload={"input_tokens": 400})
        self.assertEqual(found["limit"], "TPM", run.out)
        self.assertTrue(5000 <= found["tokens_before"] <= 7500, found)
        self.assertAlmostEqual(found["tokens_per_min_after_millionths"] / 1e6, 6000, delta=2000)

    def test_a_retry_after_that_is_too_short_is_seen(self):
        run, found = wall("rpm=100k,tpm=10M", "--fault", "429:1=70%")
        self.assertGreater(found["retries_refused_again"], 0, run.out)
        self.assertIn("were refused again", run.out)

    def test_the_truth_log_agrees_on_what_was_refused(self):
        run, found = wall("rpm=60,tpm=10M")
        truth = run.truth()
        self.assertEqual(sum(t["status"] == 429 for t in truth), found["refused"])

    def test_a_load_that_is_never_refused_has_no_wall(self):
        run, found = wall("rpm=100k,tpm=10M", load=[{"name": "wall", "concurrency": 1,
                                                     "requests": 5}])
        self.assertIsNone(found)
        self.assertNotIn("the wall", run.out)


if __name__ == "__main__":
    unittest.main()
