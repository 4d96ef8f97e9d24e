"""What run.json says against what follows from the journal: every figure of every group.

    audit.Audit(run).differences()       # a list of texts, empty where all is right

The program counts in histograms of three digits, so a percentile is expected to be the upper
edge of the right value's bucket, to the last digit.
"""

import collections
import math

import recompute as of
import rig


class Audit:
    def __init__(self, run):
        self.run = run
        self.json = run.json
        self.head = run.head
        self.attempts = run.attempts
        self.events = run.of("phase")
        self.wrong = []

    def measured(self, phase):
        return bool(self.head["phases"][phase].get("measured"))

    def pick(self, **want):
        return [a for a in self.attempts if all(a[k] == v for k, v in want.items())]

    def expect(self, where, got, want, slack=0):
        if got is None or want is None:
            same = got == want
        elif isinstance(want, (int, float)) and not isinstance(want, bool):
            same = abs(got - want) <= slack
        else:
            same = got == want
        if not same:
            self.wrong.append(f"{where}: run.json says {got}, the journal {want}")

    def worth(self, attempts, name):
        """What the values are worth, summed over trials and phases.

        (effective or None where it is not known, counted, carries)
        """
        known, sums = False, [0, 0, 0]
        for part in {(a["trial"], a["phase"]) for a in attempts}:
            values = of.by_request([a for a in attempts if (a["trial"], a["phase"]) == part], name)
            n = sum(len(own) for _, own in values)
            load = self.load_of(part)
            steady = len({rate for _, rate in load["points_millionths"]}) == 1
            one = (n, n, n)
            if n and name in of.SERIES and (steady or n > sum(bool(own) for _, own in values)):
                known = True
                effective, counted = of.worth(values)
                one = effective, counted, counted if load.get("open") else n
            sums = [x + y for x, y in zip(sums, one)]
        return (sums[0] if known else None, *sums[1:])

    def check_percentile(self, where, told, values, q, counted, carries):
        n = len(values)
        if carries < of.needed(q):
            self.expect(where, told, {"needs": of.needed(q)})
            return
        right = of.nearest_rank(values, q)
        self.expect(where, told.get("value"), of.bucket(right)[1])
        lower, upper = of.limits_of(n, counted, q)
        self.expect(where + " lo", told.get("lo"),
                    of.bucket(values[lower - 1])[0] if lower else None)
        self.expect(where + " hi", told.get("hi"),
                    of.bucket(values[upper - 1])[1] if upper <= n else None)

    def check_metric(self, where, told, values, worth=None):
        if not values:
            self.expect(where, told, None)
            return
        if told is None:
            self.wrong.append(f"{where}: missing, the journal has {len(values)}")
            return
        n, values = len(values), [min(max(v, 0), of.HIGHEST) for v in values]
        effective, counted, carries = worth or (None, n, n)
        self.expect(where + " n", told["n"], n)
        self.expect(where + " n_effective", told.get("n_effective"), effective)
        self.expect(where + " n_counted", told.get("n_counted"),
                    None if effective is None else counted)
        self.expect(where + " min", told["min"], of.bucket(values[0])[0])
        self.expect(where + " max", told["max"], of.bucket(values[-1])[1])
        mean = sum(values) / n
        self.expect(where + " mean", told["mean"], mean, mean / 1000 + 1)
        if n > 1:
            spread = math.sqrt(sum((v - mean) ** 2 for v in values) / n)
            self.expect(where + " stddev", told["stddev"], spread,
                        spread / 100 + mean / 1000 + 1)
        for name, q in of.QUANTILES:
            self.check_percentile(f"{where} {name}", told[name], values, q, counted, carries)

    def check_group(self, where, told, attempts, parts):
        """parts: the (trial, phase) it is made of."""
        tier = self.head["cells"][attempts[0]["cell"]].get("tier") if attempts else None
        for name in of.METRICS:
            self.check_metric(f"{where} {name}", told["metrics"].get(name),
                              of.values_of(attempts, name), self.worth(attempts, name))
        self.check_errors(where, told, attempts)
        counts = of.counts_of(attempts, tier)
        for name, want in counts.items():
            self.expect(f"{where} {name}", told["counts"][name], want)
        self.expect(f"{where} outcomes", told["outcomes"], of.outcomes_of(attempts))
        costs = [a["cost"] for a in attempts if "cost" in a]
        self.expect(f"{where} cost", told["cost_nusd"], sum(costs) if costs else None)
        self.check_rates(where, told, attempts, counts, costs, parts)

    def check_errors(self, where, told, attempts):
        """The error of each figure: p99 of its values, or what so few of them have."""
        for figure, error in of.HEADLINES.items():
            values = of.values_of(attempts, figure)
            errors = of.values_of(attempts, error) if error else []
            got = told["instrument_error"].get(figure)
            if not error:
                want = self.json["health"]["stamp_error_p99_ns"]
                self.expect(f"{where} error of {figure}", got and got["error"],
                            want if values else None)
                continue
            self.expect(f"{where} error of {figure}", got is not None, bool(values and errors))
            if not got:
                continue
            name, q = next(((n, q) for n, q in (("p99", .99), ("p95", .95))
                            if len(errors) >= of.needed(q)), ("p90", .9))
            want = of.bucket(of.nearest_rank(errors, q))[1]
            if figure == "tps":
                middle = of.nearest_rank(values, 0.5) if len(values) >= of.needed(0.5) \
                    else values[-1]
                want = of.bucket(middle)[1] * want // 10 ** 6
            self.expect(f"{where} error of {figure}", (got["of"], got["error"]), (name, want))
            self.expect(f"{where} error of the greatest {figure}", got["of_max"],
                        of.error_of_max(attempts, figure), 1)

    def check_proportion(self, where, told, x, n):
        for name, want in zip(("value", "lo", "hi"), (x / n, *of.clopper_pearson(x, n))):
            self.expect(f"{where} {name}", told[name], 1e6 * want, 2)

    def check_rates(self, where, told, attempts, counts, costs, parts):
        rates = told["rates"]
        judged = [a["judgement"]["flagged"] for a in attempts if "judgement" in a]
        shares = {**of.proportions_of(counts), "flagged_rate": (sum(judged), len(judged))}
        for name, (x, n) in shares.items():
            self.expect(f"{where} {name}", rates.get(name) is not None, n > 0)
            if n and name in rates:
                self.check_proportion(f"{where} {name}", rates[name], x, n)
        spans = [of.seconds_of(self.events, self.attempts, *part) for part in parts]
        length, busy = (sum(column) for column in zip(*spans))
        self.expect(f"{where} span", told["span_ns"], length)
        embedded = [a for a in attempts if a.get("embedding", {}).get("vectors")
                    and a["outcome"] in of.GOOD]
        per_s = {"rps": counts["ok"], "tps_total": counts["completion_tokens"],
                 "vectors_per_s": sum(a["embedding"]["vectors"] for a in embedded),
                 "embedded_tps": sum(a["tokens"].get("prompt", 0) for a in embedded)}
        for name, n in per_s.items():
            if busy and name in rates:
                want = n * 1000 * of.NS / busy
                self.expect(f"{where} {name}", rates[name]["value"], want, want / 1e6 + 1)
        goals = [of.Objective(text) for text in self.head.get("slos", []) if "goodput" in text]
        self.expect(f"{where} goodput", "goodput" in rates, bool(goals and counts["requests"]))
        if "goodput" in rates:
            good = sum(all(g.met_by(a) for g in goals) for a in attempts if a.get("final"))
            self.check_proportion(f"{where} goodput", rates["goodput"], good, counts["requests"])
        if costs and counts["priced_tokens"]:
            self.expect(f"{where} cost_per_1k_tokens", rates["cost_per_1k_tokens"]["value"],
                        sum(costs) * 1000 / counts["priced_tokens"], 1)
        if counts["cached_base"]:
            self.expect(f"{where} cache_token_share", rates["cache_token_share"]["value"],
                        1e6 * counts["cached_tokens"] / counts["cached_base"], 1)

    def check_load(self, where, told, attempts, parts):
        """Arrivals as they left; the asked curve makes the gaps of a steady rate alike."""
        length = sum(of.seconds_of(self.events, self.attempts, *p)[0] for p in parts)
        firsts = [a for a in attempts if a["try"] == 1 and "start" in a["times"]]
        events = [e for e in self.events if (e["trial"], e["phase"]) in parts]
        for name in "planned", "issued":
            self.expect(f"{where} {name}", told[name],
                        sum(e.get(name, 0) for e in events if e["event"] == "end"))
        self.expect(f"{where} issued", told["issued"], len(firsts))
        self.check_in_flight(where, told, attempts, parts)
        if told["loop"] != "open" or told["asked_first"] != told["asked_last"]:
            return
        lasts = self.load_of(parts[0]).get("duration", 1e18)
        inside = [a for a in firsts if a["times"]["start"] -
                  self.begin_of((a["trial"], a["phase"])) <= lasts]
        length += sum(self.beyond(part, inside) for part in parts)
        self.expect(f"{where} arrived", told["arrived_mreq_per_s"],
                    len(inside) * 1000 * of.NS / length, 1)
        self.check_dispersion(where, told, inside, parts)
        gaps = []
        for trial, phase in parts:
            at = {a["req"]: a["times"]["start"] for a in firsts
                  if (a["trial"], a["phase"]) == (trial, phase)}
            gaps += [start - at[req - 1] for req, start in at.items() if req - 1 in at]
        if len(gaps) > 2:
            mean = sum(gaps) / len(gaps)
            cv = math.sqrt(sum((g - mean) ** 2 for g in gaps) / (len(gaps) - 1)) / mean
            self.expect(f"{where} gap cv", told["gap_cv_ppm"], cv * 1e6, 20)

    def begin_of(self, part):
        return next(e["at"] for e in self.events
                    if (e["trial"], e["phase"], e["event"]) == (*part, "begin"))

    def beyond(self, part, attempts):
        """How long after the phase was over the last of its requests left: a cap held it."""
        end = next((e["at"] for e in self.events
                    if (e["trial"], e["phase"], e["event"]) == (*part, "end")), None)
        starts = [a["times"]["start"] for a in attempts if (a["trial"], a["phase"]) == part]
        return max(0, max(starts) - end) if starts and end is not None else 0

    def load_of(self, part):
        cell = self.head["trials"][part[0]]["cell"]
        return self.head["cells"][cell]["loads"][part[1]]

    def check_in_flight(self, where, told, attempts, parts):
        """Mean number under way: to the end of the phase, or of its last attempt if counted."""
        inside = over = 0
        for part in parts:
            begin = self.begin_of(part)
            mine = [a["times"] for a in attempts if (a["trial"], a["phase"]) == part]
            end = max([t["end"] for t in mine] +
                      [begin + of.seconds_of(self.events, attempts, *part)[0]])
            end = min(end, begin + self.load_of(part).get("duration", 1e18))
            inside += sum(max(0, min(end, t["end"]) - t["start"]) for t in mine if "start" in t)
            over += end - begin
        self.expect(f"{where} in flight", told["in_flight_thousandths"],
                    1000 * inside / over, 1 + 20 * inside / over)

    def check_dispersion(self, where, told, firsts, parts):
        """Variance / mean of the counts in windows of ten requests each, over all trials."""
        squares = freedom = 0
        for part in parts:
            load, begin = self.load_of(part), self.begin_of(part)
            windows = int(told["asked"] / 1000 * load.get("duration", 0) / of.NS / 10)
            if windows < 10:
                continue
            width = load["duration"] / windows
            counts = [0] * windows
            for a in firsts:
                at = int((a["times"]["start"] - begin) / width)
                if (a["trial"], a["phase"]) == part and at < windows:
                    counts[at] += 1
            # a phase that was broken off has fewer
            windows = min(windows, int(of.seconds_of(self.events, [], *part)[0] / width))
            counts = counts[:windows]
            if windows < 10:
                continue
            mean = sum(counts) / windows
            squares += sum((c - mean) ** 2 for c in counts) / mean
            freedom += windows - 1
        self.expect(f"{where} dispersion", told["dispersion_ppm"],
                    1e6 * squares / freedom if freedom else None, 20)

    def check_spread(self, where, told, attempts, trials):
        """The least and the greatest median of a trial, where two have one."""
        for name, metric in told["metrics"].items():
            medians = []
            for trial in trials:
                values = of.values_of([a for a in attempts if a["trial"] == trial], name)
                if len(values) >= of.needed(0.5):
                    medians.append(of.bucket(of.nearest_rank(values, 0.5))[1])
            want = {"n": len(medians), "min": min(medians), "max": max(medians)} \
                if len(medians) > 1 else None
            self.expect(f"{where} {name} of trials", metric.get("p50_of_trials"), want)

    def check_steady(self, where, told, attempts, part):
        """Batches and the cut that MSER proposes; the verdict is a matter of steady_test.c."""
        load = self.load_of(part)
        values = of.by_request(attempts, "ttft")
        y = of.batches(values) if any(own for _, own in values) else []
        if len({rate for _, rate in load["points_millionths"]}) > 1:
            y = []
        self.expect(f"{where} batches", told["ttft"]["batches"], len(y))
        self.expect(f"{where} judged", told["ttft"]["verdict"] != "unknown", len(y) >= 10)
        if len(y) >= 10:
            self.expect(f"{where} cut", told["ttft"]["cut"], of.mser(y))
        self.check_flow(where, told["tokens_per_s"], load, part)

    def check_flow(self, where, told, load, part):
        """Tokens a second of the trial, in the whole seconds of the phase."""
        if len({rate for _, rate in load["points_millionths"]}) > 1:
            return
        begins = [e["at"] for e in self.events if e["trial"] == part[0] and e["event"] == "begin"]
        begin = self.begin_of(part)
        end = begin + min(of.seconds_of(self.events, self.attempts, *part)[0],
                          load.get("duration", 1e18))
        y = of.tokens_in_windows(self.pick(trial=part[0]), min(begins), begin, int(end))
        self.expect(f"{where} windows", told["batches"], len(y))
        if len(y) >= 10:
            self.expect(f"{where} windows cut", told["cut"], of.mser(y))
            if told["verdict"] == "steady":
                mean = 1000 * sum(y) / len(y)
                self.expect(f"{where} tokens/s", told["after"], mean, mean / 1e6 + 1)

    def check_regions(self, where, told, attempts):
        by_name = collections.defaultdict(list)
        for a in attempts:
            if a.get("region"):
                by_name[a["region"]].append(a)
        self.expect(f"{where} regions", sorted(r["name"] for r in told), sorted(by_name))
        for r in told:
            mine = by_name[r["name"]]
            self.expect(f"{where} {r['name']}", (r["attempts"], r["errors"]),
                        (len(mine), sum(a["outcome"] in of.ERRORS for a in mine)))
            for name in of.REGION_METRICS:
                n, values = len(of.values_of(attempts, name)), of.values_of(mine, name)
                _, *all_of_them = self.worth(attempts, name)
                share = [len(values) if x == n else math.ceil(x * len(values) / n)
                         for x in all_of_them]
                self.check_metric(f"{where} {r['name']} {name}", r["metrics"].get(name),
                                  values, (None, *share))

    def check_limits(self, where, told, attempts):
        for kind in "requests", "tokens":
            seen = [a for a in attempts if kind in a.get("limits", {})]
            if not seen:
                self.expect(f"{where} limits", told.get(kind), None)
                continue
            newest = max(seen, key=lambda a: a["times"].get("head", a["times"]["end"]))
            lowest = min(a["limits"][kind]["remaining"] for a in seen)
            for name in "limit", "remaining", "reset":
                self.expect(f"{where} {kind} {name}",
                            told[kind][name + "_ns" if name == "reset" else name],
                            newest["limits"][kind].get(name))
            self.expect(f"{where} {kind} lowest", told[kind]["lowest"], lowest)

    def check_costs(self):
        known = of.prices()
        for a in self.attempts:
            want = of.cost_of(known.get(self.head["cells"][a["cell"]].get("model")), a)
            self.expect(f"cost of {rig.request_id(a)}", a.get("cost"), want,
                        0 if want is None else 1)

    def check_slos(self):
        phases = [p["name"] for p in self.head["phases"]]
        told, verdicts = list(self.json["slos"]), set()
        for text in self.head.get("slos", []):
            slo = of.Objective(text)
            for number, cell in enumerate(self.head["cells"]):
                if slo.only.get("service_tier", cell.get("tier")) != cell.get("tier") or \
                        slo.only.get("model", cell.get("model")) != cell.get("model"):
                    continue
                attempts = [a for a in self.pick(cell=number)
                            if (phases[a["phase"]] == slo.only["phase"] if "phase" in slo.only
                                else self.measured(a["phase"]))]
                verdict, value, n = slo.judge(attempts)
                self.check_slo(f"{text} in {cell['name']}", told.pop(0), verdict, value, n)
                verdicts.add(verdict)
        self.expect("objectives", told, [])
        worst = [v for v in ("fail", "no data", "pass") if v in verdicts]
        self.expect("verdict", self.json["verdict"], worst[0] if worst else None)

    def check_slo(self, where, told, verdict, value, n):
        self.expect(where, told["verdict"], verdict)
        self.expect(f"{where} n", told["n"], n)
        self.expect(f"{where} infinite", told["infinite"], value == math.inf)
        if value not in (None, math.inf):
            self.expect(f"{where} value", told["value"], value, value / 500 + 1)

    def check_cell(self, number, told):
        trials = [t for t, row in enumerate(self.head["trials"]) if row["cell"] == number]
        phases = range(len(self.head["phases"]))
        mine = self.pick(cell=number)
        self.check_limits(told["name"], told["limits"], mine)
        parts = [(t, p) for t in trials for p in phases if self.measured(p)]
        measured = [a for a in mine if self.measured(a["phase"])]
        self.check_group(told["name"], told["measured"], measured, parts)
        self.check_regions(told["name"], told["measured"]["regions"], measured)
        for p in phases:
            where, group = f"{told['name']} {told['phases'][p]['name']}", told["phases"][p]
            parts = [(t, p) for t in trials]
            attempts = [a for a in mine if a["phase"] == p]
            self.check_group(where, group, attempts, parts)
            self.check_spread(where, group, attempts, trials)
            self.check_load(where, group["load"], attempts, parts)
            self.check_regions(where, group["regions"], attempts)
        for i, t in enumerate(trials):
            for p in phases:
                group = told["trials"][i]["phases"][p]
                where = f"trial {t} {group['name']}"
                attempts = self.pick(trial=t, phase=p)
                self.check_group(where, group, attempts, [(t, p)])
                self.check_load(where, group["load"], attempts, [(t, p)])
                self.check_steady(where, group["steady"], attempts, (t, p))

    def differences(self):
        self.wrong = []
        self.check_costs()
        self.check_slos()
        for number, told in enumerate(self.json["cells"]):
            self.check_cell(number, told)
        total = [a for a in self.attempts if self.measured(a["phase"])]
        self.expect("total outcomes", self.json["total"]["outcomes"], of.outcomes_of(total))
        want = of.counts_of(total, None)
        for name in want:
            if name != "tier_other":
                self.expect(f"total {name}", self.json["total"]["counts"][name], want[name])
        return self.wrong
