"""Figures held against those of R on random data: quantiles, rank tests, shifts, Holm, Fisher, bootstrap."""

import json
import math
import os
import random
import shutil
import subprocess
import unittest

import rig
import sides


def r(program):
    """The numbers that an R program prints."""
    done = subprocess.run(["Rscript", "--vanilla", "-e", program], capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise AssertionError(done.stderr)
    return [float(word) for word in done.stdout.split()]


def c(values):
    return "c(" + ",".join(map(repr, values)) + ")"


def show(expression):
    return f"cat(format({expression}, digits=15), '')\n"


@unittest.skipUnless(shutil.which("Rscript"), "R is not installed (Debian: apt-get install r-base-core)")
class AsInR(unittest.TestCase):
    def setUp(self):
        self.dir = sides.folder()
        self.draw = random.Random(11)

    def make(self, name, factors, **more):
        return sides.write(os.path.join(self.dir, name), factors, run=name.encode().hex(), **more)

    def factors(self, n, mean=0.0, sd=0.05, digits=None):
        values = [math.exp(self.draw.gauss(mean, sd)) for _ in range(n)]
        return values if digits is None else [round(v, digits) for v in values]

    def compare(self, *args):
        done = rig.tokdyno("compare", "a", "b", *args, "--format", "json", cwd=self.dir)
        self.assertIn(done.code, (0, 1, 3), done.err)
        return [row["figures"] for row in json.loads(done.out)["results"]]

    def near(self, got, want, relative=1e-9):
        for mine, theirs in zip(got, want, strict=True):
            self.assertTrue(math.isclose(mine, theirs, rel_tol=relative, abs_tol=1e-12), (got, want))

    def test_shift_interval_and_p_are_those_of_wilcox_test(self):
        for n, m in ((5, 7), (8, 8), (12, 6), (4, 4), (20, 15)):
            apart = [math.exp(0.005 * k) for k in self.draw.sample(range(-40, 40), n + m)]  # no ties in a histogram
            self.make("a", apart[:n])
            self.make("b", [1.003 * f for f in apart[n:]], seed=2)
            got = self.compare("--rule", "e2e p50 +20%")[0]
            logs = [f"log({c(got[side]['trials'])})" for side in ("head", "base")]
            with self.subTest(n=n, m=m):
                self.assertEqual(got["method"], "ranks")
                self.near([got["p"], got["worse_ratio"], got["ci_low"], got["ci_high"]],
                          r(f"w <- wilcox.test({logs[0]}, {logs[1]}, exact=TRUE, conf.int=TRUE)\n"
                            + show("c(w$p.value, exp(w$estimate), exp(w$conf.int))")))

    def test_many_trials_with_ties_have_the_p_of_the_normal_form(self):
        self.make("a", self.factors(30, digits=2))
        self.make("b", self.factors(28, 0.02, digits=2), seed=2)
        got = self.compare("--rule", "e2e p50 +20%")[0]
        head, base = (c(got[side]["trials"]) for side in ("head", "base"))
        self.assertLess(len(set(got["head"]["trials"])), 28)
        self.near([got["p"]], r(show(f"wilcox.test({head}, {base}, exact=FALSE, correct=TRUE)$p.value")))

    def test_pairs_of_the_same_seeds_have_the_p_of_the_signed_ranks(self):
        base = self.factors(12, sd=0.2)
        self.make("a", base)
        self.make("b", [f * g for f, g in zip(base, self.factors(12, 0.02, 0.02))])
        got = self.compare("--rule", "e2e p50 +20%")[0]
        self.assertEqual(got["method"], "pairs")
        d = f"log({c(got['head']['trials'])}) - log({c(got['base']['trials'])})"
        self.near([got["p"], got["worse_ratio"], got["ci_low"], got["ci_high"]],
                  r(f"w <- wilcox.test({d}, exact=TRUE, conf.int=TRUE)\n"
                    + show("c(w$p.value, exp(w$estimate), exp(w$conf.int))")))

    def test_p_is_adjusted_as_by_holm(self):
        self.make("a", self.factors(9))
        self.make("b", self.factors(8, 0.06), seed=2)
        rows = [row for row in self.compare() if row["p"] is not None]
        self.assertGreaterEqual(len(rows), 4)
        self.near([row["p_adjusted"] for row in rows], r(show(f"p.adjust({c([row['p'] for row in rows])}, 'holm')")))

    def test_shares_are_compared_as_by_fisher(self):
        for a, b in ((0, 2), (3, 9), (5, 6)):
            self.make("a", self.factors(6), errors=a)
            self.make("b", self.factors(6), errors=b, seed=2)
            got = self.compare("--rule", "error_rate < 0.5%")[0]
            n = sides.REQUESTS * 6
            want = r(show(f"fisher.test(matrix(c({6 * b}, {n - 6 * b}, {6 * a}, {n - 6 * a}), 2), "
                          "alternative='greater')$p.value"))
            with self.subTest(a=a, b=b):
                self.near([got["p"]], want, 1e-7)

    def test_percentiles_are_the_quantiles_of_type_1_within_a_bucket(self):
        run = self.make("a", self.factors(3, sd=0.2))
        with open(run, encoding="utf-8") as f:
            times = [e["times"] for e in map(json.loads, f) if e["t"] == "attempt"]
        metrics = json.loads(rig.tokdyno("report", run, "--format", "json").out)["cells"][0]["measured"]["metrics"]
        for name, start, end in (("ttft", "due", "first"), ("e2e", "due", "end")):
            values = [t[end] - t[start] for t in times]
            stats = {k: v["value"] for k, v in metrics[name].items() if k[0] == "p" and "value" in v}
            self.assertGreaterEqual(len(stats), 4)
            want = r(show(f"quantile({c(values)}, {c([float(k[1:]) / 100 for k in stats])}, type=1, names=FALSE)"))
            for (k, mine), theirs in zip(stats.items(), want, strict=True):
                self.assertTrue(theirs <= mine <= theirs * 1.001, (name, k, mine, theirs))

    def test_two_single_trials_have_the_interval_of_the_bootstrap(self):
        """R draws 20,000 resamples; the tool reckons what an endless number of them comes to."""
        paths = [self.make(name, [1.0 if name == "a" else 1.03], seed=ord(name)) for name in "ab"]
        got = self.compare("--rule", "e2e p90 +20%")[0]
        self.assertEqual(got["method"], "single")
        samples = []
        for path in paths:
            with open(path, encoding="utf-8") as f:
                samples.append([e["times"]["end"] - e["times"]["due"] for e in map(json.loads, f) if e["t"] == "attempt"])
        want = r(f"""a <- {c(samples[0])}; b <- {c(samples[1])}
            set.seed(3); q <- function(x) quantile(x, 0.9, type=1, names=FALSE)
            if (requireNamespace('boot', quietly=TRUE)) {{
              d <- data.frame(v=c(a, b), side=rep(1:2, c(length(a), length(b))))
              f <- function(d, i) {{ e <- d[i, ]; q(e$v[e$side == 2]) / q(e$v[e$side == 1]) }}
              draws <- boot::boot(d, f, 20000, strata=d$side)$t[, 1]
            }} else draws <- replicate(20000, q(sample(b, replace=TRUE)) / q(sample(a, replace=TRUE)))
            """ + show("c(q(b) / q(a), quantile(draws, c(0.025, 0.975), type=1, names=FALSE))"))
        self.near([got["worse_ratio"], got["ci_low"], got["ci_high"]], want, 0.012)


if __name__ == "__main__":
    unittest.main()
