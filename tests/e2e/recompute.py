"""The definitions of all figures, written once more: from attempts, by lists and sums alone.

Nothing here is taken from the program: percentiles come from sorted lists, intervals from
sums of binomial terms. audit.py holds them against what the program says.
"""

import functools
import math
import re

import rig

NS = 10 ** 9
HIGHEST = 86_400 * NS
QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999))

GOOD = {"ok", "empty"}
ERRORS = {"rate_limited", "too_large", "capacity", "overloaded", "server", "generation",
          "bad_request", "auth", "blocked", "partial", "protocol", "timeout_connect",
          "timeout_first", "timeout_idle", "timeout_total", "transport"}


# --- statistics --------------------------------------------------------------------------


def bucket(value):
    """The least and the greatest value that share a bucket of three significant digits."""
    shift = max(0, int(value).bit_length() - 11)
    low = value >> shift << shift
    return low, low + (1 << shift) - 1


def nearest_rank(values, q):
    """The least value with at least a share q of all at or below it; values are sorted."""
    return values[max(1, math.ceil(q * len(values) - 1e-9)) - 1]


def log_choose(n, k):
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def binomial(n, p):
    """P(K = k) for k = 0..n, K the number of successes among n; 0 < p < 1."""
    logs = math.log(p), math.log1p(-p)
    return [math.exp(log_choose(n, k) + k * logs[0] + (n - k) * logs[1])
            for k in range(n + 1)]


def tail(n, p, k, upper):
    """P(K >= k) or P(K <= k)."""
    if p in (0, 1):
        return float((n * p >= k) if upper else (n * p <= k))
    terms = binomial(n, p)
    return math.fsum(terms[k:] if upper else terms[:k + 1])


@functools.lru_cache(maxsize=None)


def rank_limits(n, q):
    """Ranks of the values between which the quantile lies with 95 %.

    The number K of values at or below it is binomial. Lower: the greatest rank l with
    P(K < l) <= 2.5 %, 0 where there is none; upper: the least u with P(K >= u) <= 2.5 %.
    """
    terms = binomial(n, q)
    lower, below = 0, 0.0
    while below + terms[lower] <= 0.025:
        below += terms[lower]
        lower += 1
    upper, above = n + 1, 0.0
    while above + terms[upper - 1] <= 0.025:
        above += terms[upper - 1]
        upper -= 1
    return lower, upper


def needed(q):
    """The least n of which the greatest is a 95 % limit of the quantile: q^n <= 5 %."""
    return math.ceil(math.log(0.05) / math.log(q) - 1e-9)


@functools.lru_cache(maxsize=None)


def clopper_pearson(x, n):
    """The proportions for which x or more, and x or fewer, would be seen with 2.5 %."""
    def solve(f):
        lo, hi = 0.0, 1.0
        for _ in range(30):
            mid = (lo + hi) / 2
            lo, hi = (mid, hi) if f(mid) else (lo, mid)
        return (lo + hi) / 2
    low = solve(lambda p: tail(n, p, x, True) < 0.025) if x else 0.0
    high = solve(lambda p: tail(n, p, x, False) > 0.025) if x < n else 1.0
    return low, high


# --- what values are worth, and steadiness -----------------------------------------------

MOST_BINS = 4096


def binned(values):
    """[(k, values of request k)] as bins of 2^shift requests: {bin: (n, sum)}, 2^shift."""
    width = 1
    while max(k for k, _ in values) // width >= MOST_BINS:
        width *= 2
    bins = {}
    for k, own in values:
        n, total = bins.get(k // width, (0, 0))
        bins[k // width] = n + len(own), total + sum(own)
    return bins, width


def autocovariance(x, lag):
    mean = sum(x) / len(x)
    return sum((a - mean) * (b - mean) for a, b in zip(x, x[lag:]))


def correlation_time(x):
    """Initial positive sequence: sums of pairs of autocorrelations, up to the first <= 0."""
    tau, own = -1, autocovariance(x, 0)
    for lag in range(0, len(x) - 1, 2):
        pair = (autocovariance(x, lag) + autocovariance(x, lag + 1)) / own
        if pair <= 0:
            break
        tau += 2 * pair
    return max(1, tau)


def worth(values):
    """(as how many independent values they tell, as how many they count)."""
    values = [(k, own) for k, own in values if own]
    flat = [v for _, own in values for v in own]
    n, mean = len(flat), sum(flat) / len(flat)
    effective = counted = n
    variance = sum((v - mean) ** 2 for v in flat) / n
    if n > 1 and variance > 1e-12 * mean ** 2:
        bins = sorted(binned(values)[0].items())
        at = sum(m * b for b, (m, _) in bins) / n
        spread_at = sum(m * (b - at) ** 2 for b, (m, _) in bins)
        slope = sum(total * (b - at) for b, (_, total) in bins) / spread_at if spread_at else 0
        off = [total - m * (mean + slope * (b - at)) for b, (m, total) in bins]
        spread = sum(d * d for d in off) / (variance * n)
        if spread > 1e-20:
            tau = correlation_time(off)
            effective = min(n, max(1, int(n / (tau * spread) + 1e-9)))
            neighbours = autocovariance(off, 1) / autocovariance(off, 0) * math.sqrt(len(off))
            clustered = 1 + 3 * math.sqrt(2 * sum(m * m for _, (m, _) in bins)) / n
            if neighbours > 3:
                counted = effective
            elif spread > clustered:
                counted = max(1, int(n / spread + 1e-9))
            if counted >= 0.8 * n:
                counted = n
    if n > len(values) and len(values) < 20:
        counted = min(counted, len(values))
    return effective, counted


def limits_of(n, counted, q):
    """rank_limits among so many, each of which stands for its share of the n."""
    lower, upper = rank_limits(counted, q)
    return ((lower - 1) * n // counted + 1 if lower else 0,
            -(-upper * n // counted) if upper <= counted else n + 1)


def mser(y):
    """Where to cut so that the squared standard error of the mean of the rest is least."""
    def error(d):
        rest = y[d:]
        mean = sum(rest) / len(rest)
        return sum((v - mean) ** 2 for v in rest) / len(rest) ** 2
    return min(range(len(y) // 2 + 1), key=error)


def batches(values):
    """Means of the values of every five or more requests, by their number."""
    bins, width = binned([(k, own) for k, own in values if own])
    per = max(1, -(-5 // width))
    rows = [bins[b] for b in sorted(bins)]
    return [sum(t for _, t in rows[i:i + per]) / sum(n for n, _ in rows[i:i + per])
            for i in range(0, len(rows) - per + 1, per)]


def tokens_in_windows(attempts, origin, begin, end):
    """Tokens of each whole second of begin..end, seconds counted from origin.

    Those of an answer are spread evenly from its first to its last output.
    """
    first, most = -(-(begin - origin) // NS), (end - origin) // NS
    out = [0.0] * max(0, most - first)
    for a in attempts:
        n, t = a.get("tokens", {}).get("completion") or 0, a["times"]
        start, stop = (t["first"], t["last"]) if "first" in t else (t["end"], t["end"])
        for i in range(len(out)):
            low = origin + (first + i) * NS
            if start == stop:
                out[i] += n * (low <= start < low + NS)
            else:
                out[i] += n * max(0, min(stop, low + NS) - max(start, low)) / (stop - start)
    return out


# --- metrics of one attempt --------------------------------------------------------------


def span(a, start, end):
    t = a["times"]
    return [t[end] - t[start]] if start in t and end in t else []


def tokens(a, name):
    return a.get("tokens", {}).get(name)


def hidden(a):
    """Tokens of thoughts that were never shown: the first output is the answer."""
    t, thought = a["times"], tokens(a, "reasoning") or 0
    apart = "reasoning" in t or "first" not in t or t["first"] != t.get("answer")
    return 0 if apart or thought > (tokens(a, "completion") or 0) else thought


def generation(a):
    """Seconds in which all shown tokens but the first came, and their number."""
    n, t = tokens(a, "completion"), a["times"]
    n = n and n - hidden(a)
    if 0 < a.get("calls", 0) >= a.get("frames", 0) - a.get("shared", 0):
        return None  # all that came together is a whole call
    if n is None or n < 2 or "first" not in t or t["last"] == t["first"]:
        return None
    return t["last"] - t["first"], n - 1


def tpot(a):
    g = generation(a)
    return [round(g[0] / g[1])] if g else []


def tps(a):
    g = generation(a)
    return [round(g[1] * 1000 * NS / g[0])] if g else []


def network(a):
    server, t = a.get("server", {}), a["times"]
    if not {"queue", "prompt", "completion"} <= server.keys() or \
            not {"first", "sent"} <= t.keys():
        return []
    one = server["completion"] // max(1, tokens(a, "completion")) * (hidden(a) + 1)
    return [t["first"] - t["sent"] - (server["queue"] + server["prompt"] + one)]


def cache_hit(a):
    cached, prompt = tokens(a, "cached"), tokens(a, "prompt")
    return [round(cached * 10 ** 6 / prompt)] if cached is not None and prompt else []


def new_connection(name):
    return lambda a: [a[name]] if name in a and not a.get("reused") else []


def server_time(name):
    return lambda a: [v for v in [a.get("server", {}).get(name)] if v is not None]


def token_count(name):
    return lambda a: [v for v in [tokens(a, name)] if v is not None]


def held(cause):
    return lambda a: [a.get("held", {}).get(cause, 0)] if "ready" in a["times"] else []


def doubt(a, name):
    return a["doubt"].get(name, 0)


def late_to_leave(a):
    return a["times"]["start"] - a["times"]["ready"] + doubt(a, "sent")


def error(moment, of):
    """of(a), where the journal knows how far off the moments of an attempt may be."""
    return lambda a: [of(a)] if "end" in a.get("doubt", {}) and moment in a["times"] else []


def tps_error(a):
    g = generation(a)
    if not g or "end" not in a.get("doubt", {}):
        return []
    e = max(doubt(a, "first"), doubt(a, "last"))
    return [round(min(10 ** 9, e * 1e6 / (g[0] - e))) if e < g[0] else 10 ** 9]


def reasoning_share(a):
    tokens = a.get("tokens", {})
    if not tokens.get("completion") or "reasoning" not in tokens:
        return []
    return [int(tokens["reasoning"] * 1e6 / tokens["completion"] + 0.5)]


def answer_tokens(a):
    tokens = a.get("tokens", {})
    if "completion" not in tokens or "reasoning" not in tokens:
        return []
    return [tokens["completion"] - tokens["reasoning"]]


def embed_tps(a):
    took = span(a, "sent", "end")
    if not a.get("embedding", {}).get("vectors") or not tokens(a, "prompt") or not took:
        return []
    return [int(tokens(a, "prompt") * 1000 * NS / took[0] + 0.5)] if took[0] > 0 else []


def kind(part, name):
    return lambda a: [a[part][name]] if name in a.get(part, {}) else []


def beyond_models(a):
    took, models = span(a, "sent", "end"), a.get("compound", {}).get("model_time")
    return [max(0, took[0] - models)] if models is not None and took and took[0] > 0 else []


def speed(of, start):
    """Thousandths of what an attempt did in a second, from that moment to its end."""
    return lambda a: [round(of(a) * 1000 / (a["times"]["end"] - a["times"][start]))] \
        if of(a) is not None and start in a["times"] and \
        a["times"]["end"] > a["times"][start] else []


def audio(name):
    return lambda a: a.get("audio", {}).get(name)


def spoken(a):
    return a["characters"] * NS if "characters" in a else None


def present(of):
    return lambda a: [v for v in [of(a)] if v is not None]


def of_hits(hit, values):
    """Of answers that told of the prompt cache and had cached tokens, or had none."""
    return lambda a: values(a) if (tokens(a, "cached") is not None
                                   and (tokens(a, "cached") > 0) == hit) else []


UPLOADS = 16 << 10  # bytes of a request whose way up is worth measuring


def of_upload(values):
    return lambda a: values(a) if a.get("bytes_up", 0) >= UPLOADS else []


# name: (of final attempts only, of failed ones as well, values of an attempt)
METRICS = {
    "ttft": (True, False, lambda a: span(a, "due", "first")),
    "ttft_api": (False, False, lambda a: span(a, "start", "first")),
    "ttfr": (False, False, lambda a: span(a, "start", "role")),
    "ttfa": (True, False, lambda a: span(a, "due", "answer")),
    "itl": (False, False, lambda a: [g * 1000 for g in a.get("gaps", [])]),
    "tpot": (False, False, tpot),
    "tps": (False, False, tps),
    "stall": (False, False, lambda a: [a["stall"]] if "stall" in a else []),
    "e2e": (True, False, lambda a: span(a, "due", "end")),
    "e2e_api": (False, False, lambda a: span(a, "start", "end")),
    "queue": (False, False, server_time("queue")),
    "prefill": (False, False, server_time("prompt")),
    "decode": (False, False, server_time("completion")),
    "network": (False, False, lambda a: [max(0, v) for v in network(a)]),
    "upload": (False, False, lambda a: span(a, "connected", "sent")
               if a.get("bytes_up", 0) >= 16 << 10 else []),
    "dns": (False, False, new_connection("dns")),
    "tcp": (False, False, new_connection("tcp")),
    "tls": (False, False, new_connection("tls")),
    "cache_hit": (False, False, cache_hit),
    "embed_tps": (False, False, embed_tps),
    "executed_tools": (False, False, kind("compound", "tools")),
    "tool_time": (False, False, kind("compound", "tool_time")),
    "model_time": (False, False, kind("compound", "model_time")),
    "beyond_models": (False, False, beyond_models),
    "score": (False, False, kind("judgement", "score")),
    "cost": (False, True, lambda a: [a["cost"]] if "cost" in a else []),
    "held": (True, True, lambda a: span(a, "due", "ready")),
    "held_cap": (True, True, held("cap")),
    "held_pacing": (True, True, held("pacing")),
    "held_retry": (True, True, held("retry")),
    "send_lag": (False, True, lambda a: span(a, "ready", "start")),
    "ttft_error": (True, False, error("first", lambda a: late_to_leave(a) + doubt(a, "first"))),
    "ttft_api_error": (False, False,
                       error("first", lambda a: doubt(a, "sent") + doubt(a, "first"))),
    "ttfa_error": (True, False, error("answer", lambda a: late_to_leave(a) + doubt(a, "answer"))),
    "tps_error": (False, False, tps_error),
    "stall_error": (False, False,
                    lambda a: error("first", lambda b: doubt(b, "frame"))(a) if "stall" in a
                    else []),
    "e2e_error": (True, False, error("end", lambda a: late_to_leave(a) + doubt(a, "end"))),
    "planned_tokens": (False, False, token_count("planned")),
    "prompt_tokens": (False, False, token_count("prompt")),
    "completion_tokens": (False, False, token_count("completion")),
    "ttf_reasoning": (True, False, lambda a: span(a, "due", "reasoning")),
    "reasoning_time": (False, False, lambda a: span(a, "reasoning", "answer")),
    "reasoning_share": (False, False, reasoning_share),
    "reasoning_tokens": (False, False, token_count("reasoning")),
    "answer_tokens": (False, False, answer_tokens),
    "speed_factor": (False, False, speed(audio("sent"), "start")),
    "speed_factor_server": (False, False, speed(audio("sent"), "sent")),
    "rtf": (False, False, speed(audio("received"), "start")),
    "chars_per_s": (False, False, speed(spoken, "start")),
    "starved": (False, False, present(audio("starved"))),
    "audio_in": (False, True, present(audio("sent"))),
    "audio_out": (False, True, present(audio("received"))),
    "ttft_hit": (False, False, of_hits(True, lambda a: span(a, "start", "first"))),
    "ttft_miss": (False, False, of_hits(False, lambda a: span(a, "start", "first"))),
    "prefill_hit": (False, False, of_hits(True, server_time("prompt"))),
    "prefill_miss": (False, False, of_hits(False, server_time("prompt"))),
    "tool_call": (True, False, lambda a: span(a, "due", "called")),
    "tool_calls": (False, False, lambda a: [a["calls"]] if "calls" in a else []),
    "ttft_sent": (False, False, of_upload(lambda a: span(a, "sent", "first"))),
    "request_bytes": (False, False, of_upload(lambda a: [a["bytes_up"]])),
}
SERIES = ("ttft", "ttft_api", "ttfr", "ttfa", "itl", "tpot", "tps", "stall", "e2e", "e2e_api")
# figure: (its error, how the greatest value of one attempt may be off: times downwards only)
HEADLINES = {"ttft": "ttft_error", "ttft_api": "ttft_api_error", "ttfa": "ttfa_error",
             "itl": None, "tps": "tps_error", "stall": "stall_error", "e2e": "e2e_error"}
BOTH_WAYS = ("tps", "stall")
FREEZE = 5 * 10 ** 6
REGION_METRICS = ("ttft_api", "network", "tps", "e2e_api")


def values_of(attempts, metric):
    final, failed, of = METRICS[metric]
    return sorted(v for a in attempts
                  if (a.get("final") or not final) and (failed or a["outcome"] in GOOD)
                  for v in of(a))


def by_request(attempts, metric):
    """[(number of the request in its phase, its values)], one entry an attempt."""
    final, failed, of = METRICS[metric]
    return [(a["req"] % 10 ** 10, [min(max(v, 0), HIGHEST) for v in of(a)]) for a in attempts
            if (a.get("final") or not final) and (failed or a["outcome"] in GOOD)]


def error_of_max(attempts, figure):
    """How far off the greatest value may be where each value is off by its own error."""
    values, least, most = [0], [0], [0]
    for a in attempts:
        v, e = (values_of([a], name) for name in (figure, HEADLINES[figure]))
        if v and e:
            values += v
            if figure == "tps":
                least.append(int(v[0] / (1 + e[0] / 1e6)))
                most.append(int(v[0] * (1 + e[0] / 1e6)))
            else:
                least.append(max(0, v[0] - e[0]))
                most.append(v[0] + e[0] if figure in BOTH_WAYS else v[0])
    return max(max(values) - max(least), max(most) - max(values))


def disturbed(a):
    d, late = a.get("doubt", {}), 0
    if {"ready", "start"} <= a["times"].keys():
        late = a["times"]["start"] - a["times"]["ready"]
    return max(late + d.get("sent", 0), d.get("frame", 0), d.get("end", 0)) > FREEZE


# --- counts and rates --------------------------------------------------------------------


def counts_of(attempts, tier):
    finals = [a for a in attempts if a.get("final") and a["outcome"] != "cut"]
    firsts = [a for a in attempts if a["try"] == 1 and a["outcome"] != "cut"]
    usage = [a for a in attempts if {"prompt", "completion"} & a.get("tokens", {}).keys()]
    told = [a for a in usage if tokens(a, "cached") is not None]
    priced = [a for a in attempts if "cost" in a]
    total = lambda group, name: sum(tokens(a, name) or 0 for a in group)
    asked = "on_demand" if tier == "auto" else tier
    return {
        "requests": len(finals),
        "request_errors": sum(a["outcome"] in ERRORS for a in finals),
        "first_attempts": len(firsts),
        "first_errors": sum(a["outcome"] in ERRORS for a in firsts),
        "retried": sum(a["try"] > 1 for a in finals),
        "attempts": len(attempts),
        "cut": sum(a["outcome"] == "cut" for a in attempts if a.get("final")),
        "ok": sum(a["outcome"] in GOOD for a in finals),
        "prompt_tokens": total(usage, "prompt"),
        "cached_tokens": total(told, "cached"),
        "cached_base": total(told, "prompt"),
        "completion_tokens": total(usage, "completion"),
        "reasoning_tokens": total(usage, "reasoning"),
        "with_usage": len(usage),
        "with_cached": len(told),
        "cache_hits": sum(tokens(a, "cached") > 0 for a in told),
        "priced": len(priced),
        "priced_tokens": total(priced, "prompt") + total(priced, "completion"),
        "unpriced": len([a for a in attempts if "cost" not in a and (a in usage or (
            a["outcome"] in GOOD and (audio("sent")(a) is not None or "characters" in a)))]),
        "tier_named": sum("tier" in a for a in attempts),
        "tier_other": sum("tier" in a and asked is not None and a["tier"] != asked
                          for a in attempts),
        "frames": sum(a.get("frames", 0) for a in attempts),
        "frames_shared": sum(a.get("shared", 0) for a in attempts),
        "gaps_lost": sum(a.get("gaps_lost", 0) for a in attempts),
        "network_clamped": sum(v < 0 for a in attempts if a["outcome"] in GOOD
                               for v in network(a)),
        "disturbed": sum(map(disturbed, attempts)),
        "images": sum(a.get("images", 0) for a in attempts if "sent" in a["times"]),
        "bytes_up": sum(a.get("bytes_up", 0) for a in attempts),
        "bytes_down": sum(a.get("bytes_down", 0) for a in attempts),
    }


JSON_BAD = ("not_json", "off_schema", "cut_off")
CALLS_BAD = ("wrong_tool", "wrong_arguments")


def forms_of(attempts):
    out = {}
    for a in attempts:
        if "form" in a:
            out[a["form"]] = out.get(a["form"], 0) + 1
    return out


def form_proportions_of(forms):
    """name: (x, n) of what requests asked of the form of their outputs"""
    n = lambda *names: sum(forms.get(name, 0) for name in names)
    called = n("called", *CALLS_BAD)
    return {
        "json_invalid_rate": (n(*JSON_BAD), n("valid", *JSON_BAD)),
        "json_failed_rate": (n("json_failed"),
                             n("valid", "unchecked", "json_failed", *JSON_BAD)),
        "tool_call_share": (called, called + n("not_called")),
        "tool_invalid_rate": (n(*CALLS_BAD), called),
        "tool_failed_rate": (n("tool_failed"), called + n("not_called", "tool_failed")),
    }


def proportions_of(c):
    """name: (x, n)"""
    return {
        "error_rate": (c["request_errors"], c["requests"]),
        "first_error_rate": (c["first_errors"], c["first_attempts"]),
        "retry_rate": (c["retried"], c["requests"]),
        "cache_request_share": (c["cache_hits"], c["with_cached"]),
        "cache_known_share": (c["with_cached"], c["with_usage"]),
        "tier_fallback_rate": (c["tier_other"], c["tier_named"]),
    }


def outcomes_of(attempts):
    out = {}
    for a in attempts:
        o = out.setdefault(a["outcome"], {"requests": 0, "attempts": 0,
                                          "error": a["outcome"] in ERRORS})
        o["attempts"] += 1
        o["requests"] += bool(a.get("final"))
    return out


def seconds_of(events, attempts, trial, phase):
    """Length of a phase of a trial, and the time until its last good answer."""
    begin, end = (next((e["at"] for e in events if (e["trial"], e["phase"], e["event"]) ==
                        (trial, phase, what)), None) for what in ("begin", "end"))
    if begin is None:
        return 0, 0
    mine = [a for a in attempts if (a["trial"], a["phase"]) == (trial, phase)]
    if end is None:
        end = max([a["times"]["end"] for a in mine], default=begin)
    good = [a["times"]["end"] for a in mine if a["outcome"] in GOOD]
    return end - begin, max([end] + good) - begin


def cost_of_audio(price, a):
    if "characters" in price:
        return round(a["characters"] * price["characters"] * 1000)
    sent = audio("sent")(a)
    return None if sent is None else round(max(sent, 10 * NS) * price["audio"] / 3600)


def cost_of(price, a):
    """In billionths of a dollar, by the catalogue's dollars for 1M tokens (or characters, or an
    hour of audio, of which a clip has ten seconds at least); None: unknown."""
    if price and ("audio" in price or "characters" in price):
        return cost_of_audio(price, a) if a["outcome"] in GOOD else None
    prompt, completion = tokens(a, "prompt"), tokens(a, "completion")
    if price is None or prompt is None or completion is None:
        return None
    cached = tokens(a, "cached") or 0
    dollars = ((prompt - cached) * price["input"] + completion * price["output"] +
               cached * price.get("cached", price["input"]))
    return round(dollars * 1000)


def prices():
    """model: {input, cached, output}, from the catalogue's text."""
    out, model = {}, None
    with open(rig.path("scenarios/catalogue/groq.yaml"), encoding="utf-8") as f:
        for line in f:
            if line.startswith("  ") and line[2] not in " #" and line.rstrip().endswith(":"):
                model = line.strip()[:-1].strip('"')
            elif line.startswith("    price:"):
                inside = line.split("{")[1].split("}")[0]
                pairs = (item.split(":") for item in inside.split(","))
                out[model] = {k.strip(): float(v.strip().lstrip("$")) for k, v in pairs}
    return out


# --- objectives --------------------------------------------------------------------------

HOLDS = {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
         ">": lambda a, b: a > b, ">=": lambda a, b: a >= b}
SPANS = {"us": 1000, "ms": 10 ** 6, "s": NS}
TIMES = ("ttft", "ttft_api", "ttfr", "ttfa", "itl", "tpot", "stall", "e2e", "e2e_api")
OF_SEVERAL_TOKENS = ("itl", "tpot", "tps", "stall")


def amount(text):
    """In the metric's unit: ns, ppm, or thousandths."""
    number, unit = re.fullmatch(r"([\d.]+) ?([a-z/%]*)", text.strip()).groups()
    if unit == "%":
        return float(number) * 10 ** 4
    return float(number) * (SPANS[unit] if unit in SPANS else 1000)


class Objective:
    """ttft p95 < 400ms, error_rate[service_tier=flex] < 5%, goodput(ttft<1s) > 90%."""

    FORM = re.compile(r"(\w+)(?:\((.*?)\))?(?:\[(.*?)\])? ?(p[\d.]+|mean|max)? *([<>]=?) *(.+)")
    BOUND = re.compile(r"(\w+)([<>]=?)(.+)")

    def __init__(self, text):
        self.name, bounds, only, self.stat, self.op, limit = self.FORM.fullmatch(text).groups()
        self.limit = amount(limit)
        self.only = dict(pair.split("=") for pair in only.split(",")) if only else {}
        self.bounds = [self.BOUND.fullmatch(b.strip()).groups() for b in bounds.split(",")] \
            if bounds else []

    def met_by(self, a):
        """Goodput: does this request keep every bound? One that failed keeps none."""
        def keeps(name, op, limit):
            values = METRICS[name][2](a)
            return all(HOLDS[op](v, amount(limit)) for v in values) and \
                (values or name in OF_SEVERAL_TOKENS)
        return a["outcome"] in GOOD and all(keeps(*b) for b in self.bounds)

    def proportion(self, attempts):
        if self.name == "goodput":
            finals = [a for a in attempts if a.get("final") and a["outcome"] != "cut"]
            return sum(map(self.met_by, finals)), len(finals)
        return proportions_of(counts_of(attempts, None))[self.name]

    def metric(self, attempts):
        """The value, and how many it is of: what failed would never have come."""
        final = METRICS[self.name][0]
        values = values_of(attempts, self.name)
        failed = sum(a["outcome"] in ERRORS for a in attempts if a.get("final") or not final)
        never = [math.inf] * failed if self.name in TIMES else []
        if self.name == "tps":
            values = [0] * failed + values
        values += never
        if not values or (self.stat[0] == "p" and len(values) < needed(float(self.stat[1:]) / 100)):
            return None, len(values)
        if self.stat == "mean":
            return sum(values) / len(values), len(values)
        return (values[-1] if self.stat == "max"
                else nearest_rank(values, float(self.stat[1:]) / 100)), len(values)

    def borne(self, x, n):
        """Could n show the share, if all were good, or does it show that it does not hold?"""
        below = "<" in self.op
        lo, hi = (1e6 * p for p in clopper_pearson(x, n))
        good = 1 - self.limit / 1e6 if below else self.limit / 1e6
        return not 0 < good < 1 or n >= needed(good) or \
            (lo > self.limit if below else hi < self.limit)

    def judge(self, attempts):
        """(verdict, value, n)"""
        if self.stat:
            value, n = self.metric(attempts)
        else:
            x, n = self.proportion(attempts)
            value = 1e6 * x / n if n else None
        if value is None:
            return "no data", None, n
        if not self.stat and not self.borne(x, n):
            return "no data", value, n
        return "pass" if HOLDS[self.op](value, self.limit) else "fail", value, n
