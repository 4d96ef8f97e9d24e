"""Each shipped scenario answers its question within the first screen of its report."""

import concurrent.futures
import glob
import os
import re
import shutil
import unittest

import chromium
import rig

SCREEN = 40  # lines
# What answers in sentences that tests of their own hold: searches, limits that are met.
ELSEWHERE = {"knee", "ramp-to-knee", "limits-lab", "rate-limit-wall"}


class Asked:
    """How to run a scenario shortly, the rows that its answer has, and what else is to be read."""

    def __init__(self, *settings, rows=(), holds=(), holes=0, code=rig.FINE):
        self.settings = settings
        self.rows = rows      # where each begins
        self.holds = holds    # patterns
        self.holes = holes    # figures that are "–", since nobody could know them
        self.code = code


def cells(key, *values):
    return tuple(f"{key}={value}" for value in values)


QUICK_BATCHES = ("target.sim=[--plan, developer, --batch-queue, 150ms, --batch-item, 1ms, "
                 "--batch-finalize, 60ms]", "batch.size=60")

SCENARIOS = {
    "batch": Asked(*QUICK_BATCHES, "load.all.requests=120", rows=("",),
                   holds=("Answer: 120 of 120 requests answered, a batch in .* = .* submission",
                          "half of the usual one", "2 of 2 batches completed")),
    "batch-or-not": Asked(*QUICK_BATCHES, "load.all.requests=60",
                          rows=cells("endpoint", "chat", "batch"),
                          holds=("of the price an answer .*, the last one after .* instead of",
                                 "times the first")),
    "burst": Asked("load.calm.duration=2s", "load.burst.duration=1s", "load.recovery.duration=2s",
                   "load.warmup.duration=200ms",
                   rows=("arrival=poisson +calm", "burst", "recovery", "arrival={.*} +calm"),
                   holds=("times calm",), holes=6),
    "cache-lifetime": Asked("matrix.load.pairs.think=[100ms, 1500ms]", "load.pairs.requests=6",
                            "target.sim=[--cache-lifetime, 700ms]",
                            rows=cells("think", "100ms", "1500ms"),
                            holds=("Lifetime without use: between 100 ms and 1.50 s",)),
    "cache-minimum": Asked("matrix.workload.shared_prefix.tokens=[512, 896, 1152]",
                           "load.repeat.requests=6", rows=cells("tokens", 512, 896, 1152),
                           holds=("Least prefix that is cached: between 896 tokens and 1,152",)),
    "cache-stampede": Asked("repeat=1", rows=("stampede +0 %", "later +100 %"),
                            holds=("times stampede",)),
    "cache-warm-cold-poisoned": Asked(
        "load.sequential.requests=6",
        rows=("tokens=0 head=false +0 %", "tokens=0 head=true +0 %",
              r"tokens=2000 head=false +[78]\d\.\d %", "tokens=2000 head=true +0 %"),
        holds=("times the first",)),
    "ci-gate": Asked("repeat=1", "load.steady.duration=2s", rows=("",),
                     holds=("Objectives: ", "tokdyno compare")),
    "compound": Asked("load.steady.requests=12", rows=("groq/compound ", "groq/compound-mini "),
                      holds=("tool_time p50",)),
    "conversation": Asked("load.talk.duration=1s", "workload.session.think=20ms",
                          "workload.session.turns=3", "slo=[error_rate < 1%]",
                          rows=("turn 1", "turn 2", "turn 3"), holds=("times turn 1",)),
    "embeddings": Asked("load.steady.duration=500ms", "load.warmup.duration=100ms",
                        rows=cells("inputs", 1, 8, 32), holds=(r"inputs=32 +[\d,.]+/s",)),
    "flex-498": Asked("load.steady.duration=2s", "load.warmup.duration=200ms",
                      "target.sim=[--plan, developer, --flex-498, \"0.3\"]",
                      rows=cells("policy", "none", "sdk", "respectful"),
                      holds=("first_error_rate", "retry_rate")),
    "guard": Asked("load.steady.rate=30/s", "load.steady.duration=4s", "load.warmup.duration=100ms",
                   rows=tuple(f"(meta-llama/)?llama-{m}"
                              for m in ("guard-4", "prompt-guard-2-22m", "prompt-guard-2-86m"))),
    "lora-cold-start": Asked(rows=("cold", "warm"), holds=("times cold",)),
    "models-x-tiers": Asked("repeat=1", "load.steady.duration=2s", "load.steady.rate=8/s",
                            "load.warmup.duration=100ms",
                            rows=tuple(f"(openai/)?{m} {t}" for m in ("gpt-oss-20b", "gpt-oss-120b",
                                                            "llama-3.3-70b-versatile")
                                       for t in ("on_demand", "flex"))),
    "prefill-and-stop": Asked("load.steady.requests=12", "load.steady.concurrency=6",
                              rows=tuple(f"messages=#{i} stop={s}" for i in (1, 2)
                                         for s in (r"\[\]", r"\[\"```")), holds=(r"times \[\]",)),
    "production-readiness": Asked("load.steady.duration=4s", "load.peak.duration=1s",
                                  "load.warmup.duration=200ms", rows=("on_demand", "flex"),
                                  holds=("Objectives: .*too little data: .*ttft p99 < 2s",
                                         "tokdyno compare"), holes=2),  # it is short here
    "quickstart": Asked("load.steady.duration=1s", rows=("openai/gpt-oss-20b", "openai/gpt-oss-120b"),
                        holds=(r"gpt-oss-120b .*\d %",)),
    "reasoning": Asked("load.steady.duration=1s", "load.steady.rate=12/s",
                       "load.warmup.duration=100ms", "limits.drain=10s",
                       rows=tuple(f"(openai/)?{m} (reasoning_)?effort={e}"
                                  for m in ("gpt-oss-20b", "gpt-oss-120b")
                                  for e in ("low", "medium", "high")), holds=("times low",)),
    "reasoning-format": Asked("load.steady.duration=1s", "load.steady.rate=12/s",
                              "load.warmup.duration=100ms",
                              rows=tuple(f"format={f} effort={e}"
                                         for f in ("parsed", "raw", "hidden")
                                         for e in ("default", "none")),
                              holes=4),  # what is hidden, or not thought, is not seen
    "regions": Asked("load.steady.duration=3s", "load.warmup.duration=100ms",
                     rows=("dal", "fra", "bom"), holds=("times dal",)),
    "replay": Asked("load.morning.speed=40", rows=("",), holds=("Objectives: ", "rps"),
                    holes=1),
    "responses": Asked("repeat=1", "load.steady.duration=2s", "load.warmup.duration=100ms",
                       rows=("endpoint=chat", "endpoint=responses")),
    "speech-to-text": Asked("load.steady.duration=2s", "load.warmup.duration=100ms",
                            "matrix.workload.audio.length=[5s, 30s]",
                            rows=tuple(f"{m} length={s}" for m in ("whisper-large-v3",
                                                                   "whisper-large-v3-turbo")
                                       for s in ("5s", "30s")), holds=("times whisper-large-v3",)),
    "spend-limit": Asked("load.steady.rate=30/s", rows=("",), code=(4,),
                         holds=("The target could not be used: .*spend limit", "error_rate")),
    "structured-outputs": Asked("repeat=1", "load.steady.duration=1s", "load.warmup.duration=100ms",
                                rows=tuple(f"(response_)?format={f} " for f in (
                                    "text", "json_object", "json_schema", "json_schema-4")),
                                holes=2),  # free text is not held against any form
    "text-to-speech": Asked("load.steady.duration=2s", "load.steady.rate=6/s",
                            rows=cells("characters", 50, 180)),
    "tiers": Asked("load.steady.duration=2s", "load.warmup.duration=100ms",
                   "target.sim=[--plan, developer, --limit, \"rpm=20,tpm=10M\"]",
                   rows=("on_demand", "flex", "auto", "performance"),
                   holds=("What tiers promise: .*missed by on_demand", "Service tiers")),
    "tool-turns": Asked("load.steady.duration=1s", "load.steady.rate=20/s", rows=("",),
                        holds=("session p50", "By turn of the session"), holes=1),
    "tools": Asked("load.steady.duration=1s", "load.warmup.duration=100ms",
                   rows=tuple(f"{m} choice={c}" for m in ("llama-3.3-70b-versatile", "gpt-oss-20b")
                              for c in ("auto", "required")), holds=("times auto",)),
    "ttft-vs-prompt-size": Asked("matrix.workload.input_tokens=[100, 1k, 4k]",
                                 "load.single.requests=6",
                                 rows=cells("input_tokens", "100", "1k", "4k"),
                                 holds=("times the first",)),
    "vision": Asked("load.steady.duration=2s", "load.warmup.requests=1",
                    rows=cells("per_request", 0, 1, 5), holes=2),  # without a picture no upload
}


def shortly(name):
    asked = SCENARIOS[name]
    return rig.run(None, "--seed", "5", *(part for s in asked.settings for part in ("--set", s)),
                   file=rig.path(f"scenarios/{name}.yaml"), timeout=120)


def figures_of(run):
    return run.head["answer"]["figures"]


def values_in(line):
    """The columns of a line, which are two spaces apart."""
    return [part for part in re.split(r" {2,}", line.strip()) if part]


class FirstScreen(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            cls.runs = dict(zip(SCENARIOS, pool.map(shortly, SCENARIOS)))

    def each(self, look):
        for name, asked in SCENARIOS.items():
            with self.subTest(name):
                run = self.runs[name]
                self.assertIn(run.code, (*asked.code, 1), run.err)
                look(asked, run)

    def test_every_shipped_scenario_is_looked_at(self):
        shipped = {os.path.basename(p)[:-len(".yaml")]
                   for p in glob.glob(rig.path("scenarios/*.yaml"))}
        self.assertEqual(shipped - ELSEWHERE, set(SCENARIOS))

    def test_the_figures_that_answer_stand_in_it_with_values(self):
        def look(asked, run):
            lines = run.out.splitlines()[:SCREEN]
            figures = figures_of(run)
            heads = [i for i, line in enumerate(lines) if values_in(line) == figures]
            self.assertEqual(len(heads), 1, run.out[:4000])
            end = next(i for i, line in enumerate(lines)
                       if line.startswith(("  With 95 % CI", "  No answer")))
            table, holes = lines[heads[0] + 1:end], 0
            for begin in asked.rows:
                row = next((r for r in table if re.match(rf" *{begin}", r)), None)
                self.assertIsNotNone(row, f"no row {begin}\n" + "\n".join(lines))
                values = values_in(row)[-len(figures):]
                holes += sum(not re.match(r"[\d$]", v) for v in values)
            if run.code != 3:  # what the client could not carry has fewer values
                self.assertLessEqual(holes, asked.holes, "\n".join(lines))
        self.each(look)

    def test_it_holds_what_a_scenario_is_about(self):
        def look(asked, run):
            screen = "\n".join(run.out.splitlines()[:SCREEN])
            for pattern in asked.holds:
                self.assertRegex(re.sub(r"\n {2,4}(?=\S)", " ", screen), pattern)
        self.each(look)

    def test_the_page_for_a_comment_has_the_same_before_all_tables(self):
        def look(_, run):
            done = rig.tokdyno("report", run.dir, "--format", "md")
            self.assertEqual(done.code, 0, done.err)
            head = next(line for line in done.out.splitlines() if line.startswith("| "))
            for figure in figures_of(run):
                self.assertIn(figure.replace("_", r"\_"), head)
        self.each(look)

    def test_a_browser_shows_it_without_scrolling(self):
        if not shutil.which("gnuplot"):
            self.skipTest("gnuplot is not installed")
        with chromium.Chromium() as browser:
            for name in "tools", "reasoning", "burst":
                run = self.runs[name]
                done = rig.tokdyno("report", run.dir, "--format", "html")
                self.assertEqual(done.code, 0, done.err)
                page = browser.open("file://" + os.path.join(run.dir, "report.html"))
                page.call("Emulation.setDeviceMetricsOverride", width=1280, height=800,
                          deviceScaleFactor=1, mobile=False)
                end = page.evaluate("document.querySelector('header table')"
                                    ".getBoundingClientRect().bottom")
                self.assertLessEqual(end, 800, name)


if __name__ == "__main__":
    unittest.main()
