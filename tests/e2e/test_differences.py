"""docs/why-figures-differ.md: what it shows comes out, with its own commands made shorter."""

import re
import shlex
import unittest

import audit
import rig

ALONE = True  # times of ours are held against those of others

MS = 10 ** 6


def commands():
    """The flags of each `tokdyno run` on the page."""
    with open(rig.path("docs/why-figures-differ.md"), encoding="utf-8") as f:
        blocks = re.findall(r"```sh\ntokdyno run (.*?)```", f.read(), re.S)
    return [shlex.split(b.replace("\\\n", " ")) for b in blocks]


class Page(unittest.TestCase):
    def run_page(self, number):
        flags = commands()[number]
        flags[flags.index("--duration") + 1] = "3s"
        out = rig.fresh()
        done = rig.Run(out, rig.tokdyno("run", *flags, "--out", out, "--set", "limits.drain=4s"))
        self.assertIn(done.code, rig.FINE, done.err)
        self.assertEqual(audit.Audit(done).differences(), [])
        group = done.json["cells"][0]["measured"]
        return done, group, {name: {q: m[q].get("value", 0) / MS for q in ("p50", "p95", "p99")}
                             for name, m in group["metrics"].items()}

    def test_waiting_on_our_side_is_in_ttft_and_not_in_ttft_api(self):
        done, _, ms = self.run_page(0)
        self.assertLess(ms["ttft_api"]["p50"], 1200)
        self.assertGreater(ms["ttft"]["p50"], 2 * ms["ttft_api"]["p50"])
        self.assertIn("no steady state: ttft is", done.out)
        steady = done.json["cells"][0]["trials"][0]["phases"][0]["steady"]
        self.assertEqual(steady["ttft"]["verdict"], "drift")

    def test_one_stall_in_every_stream_is_in_stall_and_hardly_in_itl(self):
        _, group, ms = self.run_page(1)
        self.assertGreater(ms["stall"]["p50"], 499)
        self.assertLess(ms["itl"]["p95"], 100)
        self.assertGreater(ms["itl"]["p99"], 499)
        self.assertLess(ms["tpot"]["p50"], 20)
        frames = group["metrics"]["itl"]
        self.assertLessEqual(frames["n_counted"], frames["n"])

    def test_a_429_is_an_error_and_no_latency(self):
        done, group, _ = self.run_page(2)
        self.assertEqual(group["metrics"]["ttft"]["n"], group["counts"]["ok"])
        self.assertEqual(group["counts"]["ok"] + group["counts"]["request_errors"],
                         group["counts"]["requests"])


if __name__ == "__main__":
    unittest.main()
