#include "data/search_judge.h"

#include <math.h>
#include <string.h>

#include "data/stats.h"
#include "data/verdict.h"

const char *const search_whys[N_SEARCH_WHYS] = {
    [SEARCH_WHY_NONE] = "",
    [SEARCH_WHY_LATE] = "the client was late",
    [SEARCH_WHY_UNSENT] = "the client had no descriptor or port",
    [SEARCH_WHY_CAP] = "limits.in_flight held requests back",
    [SEARCH_WHY_PACING] = "pacing held requests back",
    [SEARCH_WHY_FLIPS] = "within the error of the instrument",
    [SEARCH_WHY_SAMPLE] = "within what the sample can tell",
    [SEARCH_WHY_GROWS] = "its queue grew all along",
    [SEARCH_WHY_STOPPED] = "stopped on the way",
    [SEARCH_WHY_TIME] = "search.budget ended before its last answers",
};

#define CONFIDENCE 0.95

/* Of requests: what may be held back without anybody noticing. */
#define HELD_SHARE 0.01

/* A probe, and what is needed to judge it. */
struct judging {
    const struct run *run;
    const struct recorder *r;
    uint32_t trial;
    ns_t deadline; /* of the search; NS_ABSENT: none */
    struct search_probe *probe;
    struct hist hist; /* scratch */
    struct health_facts facts;
};

/* --- the client ------------------------------------------------------------------------
 */

static const struct hist *values_of(struct judging *k, enum metric_id m)
{
    hist_reset(&k->hist);
    recorder_hist(k->r, k->trial, k->probe->phase, m, &k->hist);
    return &k->hist;
}

/* p99, or the highest percentile that so few values have, the p90 at least. */
static int64_t high(const struct hist *h)
{
    static const double falling[] = { 99, 95 };

    if (!h->total)
        return -1;
    for (size_t i = 0; i < sizeof(falling) / sizeof(falling[0]); i++)
        if (h->total >= stats_min_sample(falling[i] / 100, CONFIDENCE))
            return hist_percentile(h, falling[i]);
    return hist_percentile(h, 90);
}

static int64_t median(const struct hist *h)
{
    return h->total ? hist_percentile(h, 50) : -1;
}

static void see_figure(struct judging *k, enum headline h)
{
    struct health_figure *f = &k->facts.figures[h];
    bool share =
        headlines[h].error < N_METRICS && metrics[headlines[h].error].unit == UNIT_PPM;

    *f = (struct health_figure){ -1, -1, -1 };
    if (headlines[h].error == N_METRICS)
        return;
    f->median = median(values_of(k, headlines[h].of));
    if (f->median < 0)
        return;
    f->error = high(values_of(k, headlines[h].error));
    if (share && f->error >= 0)
        f->error = (int64_t)((double)f->median * (double)f->error / 1e6);
}

/* The instrument as it was during this probe: the rule of health.h for what is known of it.
 */
static enum validity judge_client(struct judging *k)
{
    k->facts = (struct health_facts){
        .stamp_error_p99 = NS_ABSENT,
        .sim_late_p99 = NS_ABSENT,
        .unsent = recorder_unsent(k->r, k->trial, k->probe->phase),
    };
    k->facts.send_lag_p99 = high(values_of(k, METRIC_SEND_LAG));
    k->facts.ttft_api_median = median(values_of(k, METRIC_TTFT_API));
    for (int h = 0; h < N_HEADLINES; h++)
        see_figure(k, (enum headline)h);
    return health_judge(&k->facts, &k->probe->e);
}

/* The share of requests that was held back by more than a moment. */
static double held(struct judging *k, enum metric_id m)
{
    double n = (double)recorder_tally(k->r, k->trial, k->probe->phase)->requests;
    double share = 0;
    const struct hist *h = values_of(k, m);

    for (size_t i = hist_next(h, 0); i < h->len && n > 0; i = hist_next(h, i + 1))
        if (hist_value(h, i) >= NS_PER_MS)
            share += (double)h->counts[i] / n;
    return share;
}

/* --- the server ------------------------------------------------------------------------
 */

/* What was cut never came: that is a failure here, and not nothing. */
static void hold_against(struct judging *k, const struct slo *slo, uint32_t slo_no,
                         struct summary_slo *v)
{
    struct verdict_subject of = { 0 };

    hist_init_standard(&of.hist);
    verdict_gather(&of, k->run, k->r, slo_no, k->trial, k->probe->phase);
    if (!slo->is_rate && slo->metric != k->run->slos[slo_no].metric) {
        hist_reset(&of.hist);
        recorder_hist(k->r, k->trial, k->probe->phase, slo->metric, &of.hist);
        of.counted = (uint64_t)of.hist.total;
    }
    of.tally.request_errors += of.tally.cut;
    of.tally.requests += of.tally.cut;
    of.attempt_errors += of.tally.cut;
    *v = (struct summary_slo){ .slo = slo_no, .cell = k->run->trials[k->trial].cell };
    verdict_judge(v, slo, &of, &k->facts, k->probe->e);
    hist_free(&of.hist);
}

/* Does the whole interval keep the bound, or none of it? */
static enum search_verdict surely(const struct slo *slo, const struct summary_slo *v)
{
    bool below = slo->op == SLO_LT || slo->op == SLO_LE;
    bool worst_known = below ? v->hi >= 0 : v->interval;
    bool best_known = below ? v->interval : v->hi >= 0;
    double worst = below ? v->hi : v->lo, best = below ? v->lo : v->hi;

    if (!v->has_value)
        return SEARCH_UNSURE;
    if (slo->is_rate && v->verdict == VERDICT_PASS)
        return SEARCH_MET;
    if ((slo->is_rate && !v->interval) || (!slo->is_rate && slo->stat != SLO_PERCENTILE))
        return v->verdict == VERDICT_PASS ? SEARCH_MET : SEARCH_MISSED;
    if (worst_known && verdict_holds(slo->op, worst, slo->value))
        return SEARCH_MET;
    if (best_known ? !verdict_holds(slo->op, best, slo->value) : v->infinite)
        return SEARCH_MISSED; /* unknown: even the better end is a failure */
    return SEARCH_UNSURE;
}

/*
 * The cap made requests wait, which is ours. It was the server's doing all the same where
 * it missed the objective by its own times.
 */
static bool slow_by_itself(struct judging *k, const struct slo *slo, uint32_t slo_no)
{
    static const enum metric_id own[][2] = { { METRIC_TTFT, METRIC_TTFT_API },
                                             { METRIC_E2E, METRIC_E2E_API } };
    struct slo api = *slo;
    struct summary_slo v;

    if (slo->is_rate)
        return true;
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (api.metric == own[i][0])
            api.metric = own[i][1];
    if (api.metric == slo->metric && metrics[slo->metric].per_request)
        return false;
    hold_against(k, &api, slo_no, &v);
    return surely(&api, &v) == SEARCH_MISSED;
}

/* How near the bound is, for the one to show: 1 is at it, above it is beyond. */
static double nearness(const struct slo *slo, const struct summary_slo *v)
{
    double share;

    if (!v->has_value || slo->value <= 0)
        return 0;
    share = v->infinite ? 1e9 : v->value / slo->value;
    return slo->op == SLO_LT || slo->op == SLO_LE ? share : share > 0 ? 1 / share : 1e9;
}

static bool worse(enum search_verdict a, enum search_verdict b)
{
    static const int rank[N_SEARCH_VERDICTS] = { [SEARCH_UNSURE] = 1, [SEARCH_MISSED] = 2 };

    return rank[a] > rank[b];
}

/* All objectives; values, where not NULL, get what each said. */
static void judge_server(struct judging *k, struct summary_slo *values)
{
    struct search_probe *p = k->probe;
    bool capped = held(k, METRIC_HELD_CAP) > HELD_SHARE, decided = false;
    double nearest = -1;

    p->verdict = SEARCH_MET;
    for (uint32_t i = 0; i < k->run->n_search_slos; i++) {
        uint32_t no = (uint32_t)k->run->n_slos - k->run->n_search_slos + i;
        const struct slo *slo = &k->run->slos[no];
        struct summary_slo v;
        enum search_verdict one;

        hold_against(k, slo, no, &v);
        one = surely(slo, &v);
        if (values)
            values[i] = v;
        if (one != SEARCH_MET && capped && !slow_by_itself(k, slo, no)) {
            p->verdict = SEARCH_INVALID;
            p->why = SEARCH_WHY_CAP;
            p->decides = i;
            decided = true;
        } else if (one != SEARCH_MET && v.flips)
            one = SEARCH_UNSURE;
        if (decided)
            continue;
        if (worse(one, p->verdict) || (one == p->verdict && nearness(slo, &v) > nearest)) {
            p->decides = i;
            nearest = nearness(slo, &v);
        }
        if (worse(one, p->verdict)) {
            p->verdict = one;
            p->why = one != SEARCH_UNSURE ? SEARCH_WHY_NONE
                     : v.flips            ? SEARCH_WHY_FLIPS
                                          : SEARCH_WHY_SAMPLE;
        }
    }
}

/*
 * However loose the objectives are, a rate at which the queue grows does not hold. Where
 * the cap made requests wait it is the server's queue if it grows by its own times as well.
 */
static void judge_growth(struct judging *k)
{
    static const enum growth_id own[] = {
        [GROWTH_TTFT] = GROWTH_TTFT_API, [GROWTH_E2E] = GROWTH_E2E_API
    };
    struct search_probe *p = k->probe;
    const struct search_range *range =
        &k->run->cells[k->run->trials[k->trial].cell].search.range;
    double blind = (double)search_blind_ppm(range) / 1e6;

    for (int i = GROWTH_TTFT; i <= GROWTH_E2E; i++) {
        struct growth g = recorder_growth(k->r, k->trial, p->phase, (enum growth_id)i);
        struct growth api = recorder_growth(k->r, k->trial, p->phase, own[i]);
        bool ours = held(k, METRIC_HELD_CAP) > HELD_SHARE &&
                    !(api.beyond_doubt && api.rate > blind);

        if (i == GROWTH_TTFT || g.rate > p->growth.rate)
            p->growth = g;
        if (!g.beyond_doubt || g.rate <= blind || p->verdict == SEARCH_MISSED ||
            p->verdict == SEARCH_INVALID)
            continue;
        p->verdict = ours ? SEARCH_INVALID : SEARCH_MISSED;
        p->why = ours ? SEARCH_WHY_CAP : SEARCH_WHY_GROWS;
    }
}

static int64_t arrived(const struct judging *k)
{
    const struct search_probe *p = k->probe;
    struct arrivals_seen seen = recorder_arrivals(k->r, k->trial, p->phase);

    return p->duration > 0
               ? llround((double)seen.started * 1e6 * NS_PER_S / (double)p->duration)
               : 0;
}

/* --- a probe ---------------------------------------------------------------------------
 */

/* Told to stop before its time, or while the last of its requests were under way. */
static bool stopped(const struct judging *k, const struct phase_event *begin,
                    const struct phase_event *end)
{
    const struct tally *t = recorder_tally(k->r, k->trial, k->probe->phase);
    struct run_end run_end;

    recorder_end(k->r, &run_end);
    return end->at == NS_ABSENT || end->at < begin->at + begin->duration ||
           (t->cut && run_end.reason != END_DONE);
}

/* There was less time to drain than the server may take: what was cut says nothing of it.
 */
static bool out_of_time(const struct judging *k, const struct phase_event *begin)
{
    const struct tally *t = recorder_tally(k->r, k->trial, k->probe->phase);
    ns_t drain = k->run->cells[k->run->trials[k->trial].cell].search.drain;

    return k->deadline != NS_ABSENT && t->cut &&
           begin->at + begin->duration + drain > k->deadline;
}

static void judge(struct judging *k, const struct phase_event *begin,
                  const struct phase_event *end, struct summary_slo *values)
{
    struct search_probe *p = k->probe;
    enum validity client = judge_client(k);

    p->arrived = arrived(k);
    judge_server(k, values);
    judge_growth(k);
    if (stopped(k, begin, end)) {
        p->verdict = SEARCH_UNFINISHED;
        p->why = SEARCH_WHY_STOPPED;
    } else if (out_of_time(k, begin)) {
        p->verdict = SEARCH_UNFINISHED;
        p->why = SEARCH_WHY_TIME;
    } else if (k->facts.unsent) {
        p->verdict = SEARCH_INVALID;
        p->why = SEARCH_WHY_UNSENT;
    } else if (held(k, METRIC_HELD_PACING) > HELD_SHARE) {
        p->verdict = SEARCH_INVALID;
        p->why = SEARCH_WHY_PACING;
    } else if (client == VALIDITY_CLIENT_LIMITED) {
        p->verdict = SEARCH_INVALID;
        p->why = SEARCH_WHY_LATE;
    }
}

ns_t search_deadline(const struct run *run, const struct recorder *r, uint32_t trial)
{
    const struct search_spec *spec = &run->cells[run->trials[trial].cell].search;
    struct phase_event begin, end;

    recorder_phase(r, trial, spec->first, &begin, &end);
    return spec->budget && begin.at != NS_ABSENT ? begin.at + spec->budget : NS_ABSENT;
}

unsigned search_replay(struct search *s, struct search_probe probes[SEARCH_MAX_PROBES],
                       struct summary_slo *values, const struct run *run,
                       const struct recorder *r, uint32_t trial)
{
    const struct search_spec *spec = &run->cells[run->trials[trial].cell].search;
    struct judging k = {
        .run = run, .r = r, .trial = trial, .deadline = search_deadline(run, r, trial)
    };
    unsigned n = 0;

    search_init(s, &spec->range);
    hist_init_standard(&k.hist);
    for (; n < spec->range.probes; n++) {
        struct phase_event begin, end;
        uint32_t phase = search_phase(spec, n);

        recorder_phase(r, trial, phase, &begin, &end);
        if (begin.at == NS_ABSENT || begin.rate <= 0)
            break;
        probes[n] = (struct search_probe){ .phase = phase,
                                           .rate = begin.rate,
                                           .duration = begin.duration };
        k.probe = &probes[n];
        judge(&k, &begin, &end, values ? values + (size_t)n * run->n_search_slos : NULL);
        if (probes[n].verdict != SEARCH_UNFINISHED)
            search_tell(s, begin.rate, probes[n].verdict);
    }
    hist_free(&k.hist);
    return n;
}
