#include "data/recorder_group.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct group *group_new(const struct run *run, const struct run_load *load)
{
    struct group *g = mem_alloc(sizeof(*g));

    g->begin.at = g->end.at = NS_ABSENT;
    g->duration = load->duration;
    arrivals_init(&g->arrivals, load);
    for (size_t i = 0; i < run->n_slos && !g->good; i++)
        if (run->slos[i].is_rate && run->slos[i].rate == RATE_GOODPUT)
            g->good = mem_array(run->n_slos, sizeof(*g->good));
    return g;
}

void group_free(struct group *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->regions.n; i++)
        if (g->region_hists[i]) {
            hists_free(g->region_hists[i]);
            free(g->region_hists[i]);
        }
    hists_free(&g->hists);
    group_turns_free(g->turns);
    group_series_free(&g->series);
    labels_free(&g->regions);
    arrivals_free(&g->arrivals);
    free(g->good);
    free(g);
}

ns_t group_end(const struct group *g)
{
    if (g->begin.at != NS_ABSENT && g->duration != NS_ABSENT && g->end.at != NS_ABSENT &&
        g->end.at > g->begin.at + g->duration)
        return g->begin.at + g->duration;
    return g->end.at != NS_ABSENT ? g->end.at : g->latest ? g->latest : NS_ABSENT;
}

void group_close(struct group *g, const struct flow *flow)
{
    group_series_close(&g->series, g->arrivals.load, g->begin.at, group_end(g), flow);
    hists_close(&g->hists);
    group_turns_close(g->turns);
    for (size_t i = 0; i < g->regions.n; i++)
        if (g->region_hists[i])
            hists_close(g->region_hists[i]);
    arrivals_rest(&g->arrivals);
}

/* --- values ------------------------------------------------------------------------ */

/* Where the values of one metric of one attempt go. */
struct values {
    enum metric_id m;
    struct hists *into;
    struct hists *region; /* NULL: not apart */
    struct hist *a;
    struct hist *b;
    struct series_values seen;
    uint64_t *clamped;
};

static void value(void *ctx, int64_t v)
{
    struct values *to = ctx;

    if (v < 0 || v > HIST_HIGHEST) {
        ++*to->clamped;
        v = v < 0 ? 0 : HIST_HIGHEST;
    }
    if (!to->a) {
        to->a = hists_get(to->into, to->m);
        to->b = to->region ? hists_get(to->region, to->m) : NULL;
    }
    hist_record(to->a, v, 1);
    if (to->b)
        hist_record(to->b, v, 1);
    to->seen.n++;
    to->seen.sum += (double)v;
    to->seen.squares += (double)v * (double)v;
}

static void values(struct group *g, struct hists *region, const struct record *r)
{
    bool good = outcomes[r->outcome].latency;

    for (int m = 0; m < N_METRICS; m++) {
        bool apart = good && !metrics[m].any_outcome;
        struct values to = { .m = (enum metric_id)m,
                             .into = &g->hists,
                             .region = apart ? region : NULL,
                             .clamped = &g->tally.clamped };

        if (!metric_takes(&metrics[m], r))
            continue;
        metrics[m].values(r, value, &to);
        if (to.seen.n > 0)
            group_series_add(&g->series, to.m, record_k(r), r->at[MOMENT_DUE], &to.seen);
    }
}

/* --- extremes ---------------------------------------------------------------------- */

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void extreme_add(struct extreme *into, const struct extreme *other)
{
    into->most = greater(into->most, other->most);
    into->least_most = greater(into->least_most, other->least_most);
    into->most_most = greater(into->most_most, other->most_most);
}

int64_t extreme_error(const struct extreme *x)
{
    return greater(x->most - x->least_most, x->most_most - x->most);
}

/* An error that is a share makes 1 + it of the value, or that part of it. */
static void see_extreme(struct group *g, enum headline h, const struct record *r)
{
    int64_t v, e;
    struct extreme one;

    if (!headline_value(h, r, &v, &e))
        return;
    one = (struct extreme){ v, v > e ? v - e : 0, headlines[h].both_ways ? v + e : v };
    if (metrics[headlines[h].error].unit == UNIT_PPM) {
        double factor = 1 + (double)e / 1e6;

        one.least_most = (int64_t)((double)v / factor);
        one.most_most = (int64_t)fmin((double)v * factor, 0x1p62);
    }
    extreme_add(&g->extremes[h], &one);
}

/* --- regions ----------------------------------------------------------------------- */

static struct hists *region_hists(struct group *g, size_t slot)
{
    if (!g->region_hists[slot])
        g->region_hists[slot] = mem_alloc(sizeof(*g->region_hists[slot]));
    return g->region_hists[slot];
}

/* Books the attempt for its region; where its values go apart, if they do. */
static struct hists *region(struct group *g, const struct record *r)
{
    size_t slot = labels_slot(&g->regions, r->region);

    g->regions.items[slot].n++;
    g->region_errors[slot] += outcomes[r->outcome].error;
    if (!outcomes[r->outcome].latency)
        return NULL;
    if (!g->has_region) {
        g->has_region = true;
        g->only_region = slot;
    }
    if (!g->split && slot != g->only_region) {
        g->split = true;
        hists_copy(region_hists(g, g->only_region), &g->hists);
    }
    return g->split ? region_hists(g, slot) : NULL;
}

bool group_region_hist(const struct group *g, size_t slot, enum metric_id m, struct hist *h)
{
    if (g->split)
        return g->region_hists[slot] && hists_add(g->region_hists[slot], m, h);
    return g->has_region && slot == g->only_region && hists_add(&g->hists, m, h);
}

/* --- counts ------------------------------------------------------------------------ */

static int64_t capped_sum(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

/* Audio that went up and text that was spoken are paid for, though no answer says so. */
static bool has_audio_price(const struct record *r)
{
    return outcomes[r->outcome].latency && (r->audio.sent >= 0 || r->characters >= 0);
}

static void count_tokens(struct tally *t, const struct record *r)
{
    uint64_t prompt = r->tokens.prompt > 0 ? (uint64_t)r->tokens.prompt : 0;
    uint64_t completion = r->tokens.completion > 0 ? (uint64_t)r->tokens.completion : 0;
    bool usage = r->tokens.prompt >= 0 || r->tokens.completion >= 0;

    t->with_usage += usage;
    t->prompt_tokens += prompt;
    t->completion_tokens += completion;
    t->reasoning_tokens += r->tokens.reasoning > 0 ? (uint64_t)r->tokens.reasoning : 0;
    if (r->tokens.cached >= 0 && r->tokens.prompt >= 0) {
        t->with_cached++;
        t->cache_hits += r->tokens.cached > 0;
        t->cached_tokens += (uint64_t)r->tokens.cached;
        t->cached_base += prompt;
    }
    if (r->cost_nusd >= 0) {
        t->priced++;
        t->priced_tokens += prompt + completion;
        t->cost_nusd = capped_sum(t->cost_nusd, r->cost_nusd);
    } else if (usage || has_audio_price(r)) {
        t->unpriced++;
    }
}

/* What only answers of some endpoints hold. */
static void count_kinds(struct tally *t, const struct record *r)
{
    if (r->embedding.vectors > 0 && outcomes[r->outcome].latency) {
        t->tokenless++;
        t->vectors += (uint64_t)r->embedding.vectors;
        t->embedded_tokens += r->tokens.prompt > 0 ? (uint64_t)r->tokens.prompt : 0;
    }
    t->judged += r->judgement.flagged >= 0;
    t->flagged += r->judgement.flagged > 0;
}

/* `auto` asks for on_demand and falls back to flex; who asks for nothing gets no other. */
static bool other_tier(const char *asked, const char *got)
{
    if (!asked)
        return false;
    return strcmp(got, !strcmp(asked, "auto") ? "on_demand" : asked) != 0;
}

static void count_request(struct tally *t, const struct record *r)
{
    bool error = outcomes[r->outcome].error;

    t->attempts++;
    if (r->outcome != OUTCOME_CUT && r->try_no == 1) {
        t->first_attempts++;
        t->first_errors += error;
    }
    if (!r->final)
        return;
    if (r->outcome == OUTCOME_CUT) {
        t->cut++;
        return;
    }
    t->requests++;
    t->request_errors += error;
    t->retried += r->try_no > 1;
    t->ok += outcomes[r->outcome].latency;
}

/* Did it leave late, or was anything of it stamped late, by as much as a freeze? */
static bool disturbed(const struct record *r)
{
    const struct doubts *d = &r->doubts;
    ns_t late = 0;

    if (r->at[MOMENT_READY] != NS_ABSENT && r->at[MOMENT_START] != NS_ABSENT)
        late = r->at[MOMENT_START] - r->at[MOMENT_READY];
    return late + d->sent > HEALTH_FREEZE || d->frame > HEALTH_FREEZE ||
           d->end > HEALTH_FREEZE;
}

static void count(struct group *g, const struct run *run, const struct record *r)
{
    struct tally *t = &g->tally;

    count_request(t, r);
    count_tokens(t, r);
    count_kinds(t, r);
    if (*r->tier) {
        t->tier_named++;
        t->tier_other += other_tier(run->cells[r->cell].tier, r->tier);
    }
    if (r->form != FORM_NONE)
        t->forms[r->form]++;
    if (r->images > 0 && r->at[MOMENT_SENT] != NS_ABSENT)
        t->images += (uint64_t)r->images;
    t->frames += r->frames;
    t->frames_shared += r->shared;
    t->gaps_lost += r->gaps_lost;
    t->disturbed += disturbed(r);
    t->bytes_up += r->bytes_up;
    t->bytes_down += r->bytes_down;
    g->outcomes.all[r->outcome]++;
    if (r->final)
        g->outcomes.final[r->outcome]++;
}

/* --- goodput ----------------------------------------------------------------------- */

struct bound_check {
    const struct slo_bound *bound;
    bool seen;
    bool broken;
};

static void check_bound(void *ctx, int64_t v)
{
    struct bound_check *c = ctx;

    c->seen = true;
    switch (c->bound->op) {
    case SLO_LT:
        c->broken |= v >= c->bound->value;
        return;
    case SLO_LE:
        c->broken |= v > c->bound->value;
        return;
    case SLO_GT:
        c->broken |= v <= c->bound->value;
        return;
    case SLO_GE:
        c->broken |= v < c->bound->value;
        return;
    }
}

/* What needs two tokens is not missed in an answer of one. */
static bool between_tokens(enum metric_id m)
{
    return m == METRIC_ITL || m == METRIC_TPOT || m == METRIC_TPS || m == METRIC_STALL;
}

/* A value that is absent keeps no bound, but for the above. */
static bool met(const struct slo *s, const struct record *r)
{
    for (size_t i = 0; i < s->n_bounds; i++) {
        struct bound_check c = { .bound = &s->bounds[i] };
        enum metric_id m = s->bounds[i].metric;

        metrics[m].values(r, check_bound, &c);
        if (c.broken || (!c.seen && !between_tokens(m)))
            return false;
    }
    return true;
}

static void goodput(struct group *g, const struct run *run, const struct record *r)
{
    bool all = true;

    if (!g->good || !r->final || !outcomes[r->outcome].latency)
        return;
    for (size_t i = 0; i < run->n_slos; i++) {
        bool is_goodput = run->slos[i].is_rate && run->slos[i].rate == RATE_GOODPUT;

        if (is_goodput && met(&run->slos[i], r))
            g->good[i]++;
        else if (is_goodput)
            all = false;
    }
    g->tally.good += all;
}

/* --- entries ----------------------------------------------------------------------- */

static void set_span(struct group *g)
{
    ns_t end = g->end.at != NS_ABSENT ? g->end.at : g->latest;

    if (g->begin.at == NS_ABSENT || end <= g->begin.at)
        return;
    g->tally.span = end - g->begin.at;
    g->tally.busy = (end > g->answered ? end : g->answered) - g->begin.at;
}

/* What is still under way when the phase ends is not part of its load from then on. */
static ns_t within_phase(const struct group *g, ns_t end)
{
    if (g->begin.at == NS_ABSENT || g->duration == NS_ABSENT)
        return end;
    return end < g->begin.at + g->duration ? end : g->begin.at + g->duration;
}

ns_t group_under_way(const struct group *g)
{
    ns_t end = g->begin.at + g->tally.span;

    return g->tally.span ? within_phase(g, g->latest > end ? g->latest : end) - g->begin.at
                         : 0;
}

void group_record(struct group *g, const struct run *run, const struct record *r)
{
    ns_t start = r->at[MOMENT_START], end = r->at[MOMENT_END];

    count(g, run, r);
    goodput(g, run, r);
    if (metric_takes(&metrics[METRIC_NETWORK], r))
        g->tally.network_clamped += metric_network_clamped(r);
    values(g, region(g, r), r);
    for (int h = 0; h < N_HEADLINES; h++)
        see_extreme(g, (enum headline)h, r);
    group_turns_record(&g->turns, r);
    /* What the plan asks for is when sessions begin. */
    if (start != NS_ABSENT && r->try_no == 1 && r->turn <= 1)
        arrivals_add(&g->arrivals, record_k(r), start);
    if (start != NS_ABSENT && within_phase(g, end) > start)
        g->in_flight = capped_sum(g->in_flight, within_phase(g, end) - start);
    if (end > g->latest)
        g->latest = end;
    if (outcomes[r->outcome].latency && end > g->answered)
        g->answered = end;
    set_span(g);
}

/* A rate that was not known before: the load of the run line is a guess. */
static void take_load(struct group *g, const struct phase_event *e)
{
    g->told = *g->arrivals.load;
    g->told_points[0] = (struct run_point){ 0, e->rate };
    g->told_points[1] = (struct run_point){ e->duration, e->rate };
    g->told.points = g->told_points;
    g->told.n_points = 2;
    g->told.duration = g->duration = e->duration;
    arrivals_free(&g->arrivals);
    arrivals_init(&g->arrivals, &g->told);
}

void group_phase(struct group *g, const struct phase_event *e)
{
    if (e->begin && e->rate)
        take_load(g, e);
    *(e->begin ? &g->begin : &g->end) = *e;
    if (e->begin)
        arrivals_begin(&g->arrivals, e->at);
    set_span(g);
}
