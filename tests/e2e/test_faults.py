"""Every fault the simulator can make ends in the right outcome; nothing hangs or breaks."""

import re
import unittest

import rig

# outcome -> faults (NAME[:ARG]); every fault of `tokdyno sim --faults` stands in here once
OUTCOMES = {
    "ok": """none slow-headers:200 drip:20 no-last-chunk until-close short-body early-hints 
             crlf cr mixed-eol no-space data-lines fields id-nul bom comment-first comments
             split chunks group no-done no-blank empty-deltas empty-choices no-choices
             usage-null usage-x-groq usage-top usage-extra usage-none json unknown-keys
             tool-fragments title-case wav-length wav-short exponents floats long-string surrogates nul created fingerprint trailing""",
    "rate_limited": "429:1",
    "too_large": "413",
    "capacity": "498",
    "overloaded": "502 503 503-text 504 522",
    "server": "500 500-empty 500-truncated",
    "generation": "json-failed tool-failed parse-failed error-first error-bare-first",
    "bad_request": "404 422 424 context decommissioned terms",
    "auth": "401 403 403-1010 403-html",
    "blocked": "blocked",
    # stored, not packed: what shines through of the events may look like a few of them
    "partial protocol": "gzip",
    "partial": """reset truncated error error-last error-bare error-string error-x-groq
                  error-server error-overloaded
                  no-finish bad-chunk""",
    "protocol": "garbage bad-status endless-header endless-line",
    "timeout_first": "never stall-head stall-role stall-first",
    "timeout_idle": "stall",
    "transport": "reset-head close-head cut-head",
}
WANT = {fault: outcome for outcome, faults in OUTCOMES.items() for fault in faults.split()}

QUICK = {
    "request": {"body": {"max_completion_tokens": 12}},
    "load": [{"name": "steady", "concurrency": 2, "requests": 3}],
    "limits": {"drain": "6s"},
    "timeout": {"connect": "1s", "first": "1500ms", "idle": "1s", "total": "6s"},
}


def names():
    out = rig.tokdyno("sim", "--faults").out
    return re.findall(r"^ +([a-z0-9-]+)(?: |:|\[|$)", out, re.M)


class Faults(unittest.TestCase):
    def test_the_table_here_holds_every_fault(self):
        self.assertEqual(sorted(f.split(":")[0] for f in WANT), sorted(names()))

    def test_each_ends_in_its_outcome(self):
        with rig.Sim("--seed", "5") as sim:
            for fault, done in rig.side_by_side(lambda fault: self.one(sim, fault), WANT):
                with self.subTest(fault):
                    self.ends_in(done(), WANT[fault])

    def one(self, sim, fault):
        return rig.run(rig.merged(QUICK, {"target": {
            "base_url": sim.url, "headers": [f"x-sim-fault: {fault}"]}}), timeout=30)

    def ends_in(self, run, outcome):
        self.assertIn(run.code, (0, 3, 4), run.err)
        for a in run.attempts:
            self.assertIn(a["outcome"], outcome.split(), a)
        self.assertEqual(run.lines[-1]["t"], "end")

    def test_usage_that_is_not_there_is_absent(self):
        with rig.Sim() as sim:
            run = rig.run(rig.merged(QUICK, {"target": {
                "base_url": sim.url, "headers": ["x-sim-fault: usage-none"]}}))
        for a in run.attempts:
            self.assertNotIn("completion", a.get("tokens", {}))
            self.assertNotIn("queue", a.get("server", {}))
            self.assertNotIn("cost", a)

    def test_usage_is_the_same_wherever_it_stands(self):
        seen = []
        for fault in "none", "usage-x-groq", "usage-top", "usage-extra", "exponents", "floats":
            with rig.Sim("--seed", "3") as sim:
                run = rig.run(rig.merged(QUICK, {
                    "load": [{"name": "steady", "concurrency": 1, "requests": 2}],
                    "target": {"base_url": sim.url, "headers": [f"x-sim-fault: {fault}"]}}),
                    "--seed", "3")
            seen.append([(a["tokens"]["prompt"], a["tokens"]["completion"])
                         for a in run.attempts])
        self.assertEqual(seen, [seen[0]] * len(seen))

    def test_a_share_of_requests_can_fail(self):
        run = rig.run({"target": {"sim": ["--fault", "500=1/4"]},
                       "load": [{"name": "steady", "concurrency": 1, "requests": 16}]})
        self.assertIn(run.code, rig.FINE, run.err)
        counts = [a["outcome"] for a in run.attempts]
        self.assertEqual((counts.count("server"), counts.count("ok")), (4, 12))
        self.assertIn("25", run.out)


class Retries(unittest.TestCase):
    def run_with(self, policy, fault, **more):
        return rig.run(rig.merged({
            "target": {"sim": ["--fault", fault]},
            "retry": {"policy": policy},
            "load": [{"name": "steady", "concurrency": 1, "requests": 6}],
        }, more), timeout=90)

    def test_none_sends_once(self):
        run = self.run_with("none", "500=1/3")
        self.assertEqual([a["try"] for a in run.attempts], [1] * 6)

    def test_sdk_tries_again_and_every_attempt_is_kept(self):
        run = self.run_with("sdk", "500=1/3")
        self.assertIn(run.code, rig.FINE, run.err)
        again = [a for a in run.attempts if a["try"] > 1]
        self.assertTrue(again)
        for a in again:
            first = next(b for b in run.attempts if b["req"] == a["req"] and b["try"] == 1)
            self.assertEqual((first["outcome"], first.get("final", False)), ("server", False))
            self.assertEqual(a["times"]["due"], first["times"]["due"])
            wait = a["times"]["ready"] - first["times"]["end"]
            self.assertGreaterEqual(wait, 370_000_000)  # 0.5 s less a quarter at most
            self.assertEqual(sum(a.get("held", {}).values()), a["times"]["ready"] - a["times"]["due"])

    def test_respectful_waits_as_told(self):
        run = self.run_with("respectful", "429:1=1/3")
        again = [a for a in run.attempts if a["try"] > 1]
        self.assertTrue(again)
        for a in again:
            first = next(b for b in run.attempts if b["req"] == a["req"] and b["try"] == 1)
            self.assertEqual(first["retry_after"], 1_000_000_000)
            wait = a["times"]["ready"] - first["times"]["end"]
            self.assertGreaterEqual(wait, 1_000_000_000)


class Limits(unittest.TestCase):
    """The simulator's rate limits, and holding requests back before they trip."""

    def limited(self, **limits):
        return rig.run({
            "target": {"sim": ["--limit", "rpm=60,rpd=1000,tpm=100k,tpd=1M"], "plan": "free"},
            "load": [{"name": "steady", "rate": "40/s", "duration": "2s"}],
            "limits": dict(limits, drain="2s"),
        })

    def test_without_pacing_the_wall_is_hit(self):
        run = self.limited(pace_to_rate_limits=False)
        refused = [a for a in run.attempts if a["outcome"] == "rate_limited"]
        self.assertTrue(refused)
        self.assertEqual({a["limit_kind"] for a in refused}, {"RPM"})

    def test_with_pacing_nothing_is_refused(self):
        run = self.limited(pace_to_rate_limits=True)
        self.assertNotIn("rate_limited", {a["outcome"] for a in run.attempts})
        self.assertTrue(any(a.get("held", {}).get("pacing", 0) > 0 for a in run.attempts))
