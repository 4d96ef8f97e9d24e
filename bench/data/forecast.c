#include "data/forecast.h"

#include <math.h>

#include "data/recorder.h"

#define SIZE(kind, name) FIELD_INT(name, I64, struct forecast, sizes[kind], -1)

const struct field forecast_fields[N_FORECAST_FIELDS] = {
    FIELD_TEXT("limit", struct forecast, limit),
    FIELD_INT("size", I64, struct forecast, size, -1),
    FIELD_INT("after", I64, struct forecast, after, NS_ABSENT),
    FIELD_INT("requests", I64, struct forecast, requests, -1),
    FIELD_INT("tokens", I64, struct forecast, tokens, -1),
    FIELD_INT("audio_s", I64, struct forecast, audio_s, -1),
    FIELD_BOOL("paced", struct forecast, paced),
    SIZE(0, "rpm"),
    SIZE(1, "rpd"),
    SIZE(2, "tpm"),
    SIZE(3, "tpd"),
    SIZE(4, "ash"),
    SIZE(5, "asd"),
};

const struct forecast forecast_none = FORECAST_NONE;

const char *const forecast_end_names[N_FORECAST_ENDS] = {
    [FORECAST_SILENT] = "none",           [FORECAST_MET] = "met",
    [FORECAST_OTHER] = "another limit",   [FORECAST_UNFORESEEN] = "unforeseen",
    [FORECAST_UNNAMED] = "unnamed limit", [FORECAST_EARLY] = "not reached",
    [FORECAST_PACED] = "paced",           [FORECAST_BEYOND] = "not enforced",
};

const char *const announced_names[N_ANNOUNCED] = {
    [ANNOUNCED_NOTHING] = "no",
    [ANNOUNCED_RIGHT] = "yes",
    [ANNOUNCED_WRONG] = "another",
};

/* --- forecast against met --------------------------------------------------------------
 */

/* Until the wall, or in all where there was none; in what a limit counts. */
static double got_through(const struct wall *w, enum limit_kind counts)
{
    switch (counts) {
    case LIMIT_REQUESTS:
        return (double)(w->before + w->after);
    case LIMIT_TOKENS:
        return (double)(w->tokens_before + w->tokens_after);
    case LIMIT_AUDIO_SECONDS:
        return (double)(w->audio_before + w->audio_after);
    case N_LIMITS:
        break;
    }
    return 0;
}

static struct wall until_refused(const struct wall *w)
{
    struct wall before = *w;

    if (w->at != NS_ABSENT)
        before.after = 0, before.tokens_after = 0, before.audio_after = 0;
    return before;
}

static double foreseen(const struct forecast *f, enum limit_kind counts)
{
    switch (counts) {
    case LIMIT_REQUESTS:
        return (double)f->requests;
    case LIMIT_TOKENS:
        return (double)f->tokens;
    case LIMIT_AUDIO_SECONDS:
        return (double)f->audio_s;
    case N_LIMITS:
        break;
    }
    return -1;
}

static enum forecast_end end_of(const struct forecast *f, const struct wall *w, int met,
                                int64_t reached_ppm)
{
    if (w->at != NS_ABSENT)
        return met < 0                            ? FORECAST_UNNAMED
               : !*f->limit                       ? FORECAST_UNFORESEEN
               : rate_limit_find(f->limit) != met ? FORECAST_OTHER
                                                  : FORECAST_MET;
    if (!*f->limit)
        return FORECAST_SILENT;
    return f->paced                ? FORECAST_PACED
           : reached_ppm < 1000000 ? FORECAST_EARLY
                                   : FORECAST_BEYOND;
}

static void compare(struct forecast_met *m, const struct forecast *f, const struct wall *w)
{
    struct wall before = until_refused(w);
    int known = rate_limit_find(f->limit);
    bool same = m->kind < 0 ? w->at == NS_ABSENT : m->kind == known;
    enum limit_kind counts =
        known >= 0 && same ? rate_limit_kinds[known].header : LIMIT_REQUESTS;
    double want = foreseen(f, counts);

    if (known < 0 || want <= 0)
        return;
    m->compared = true;
    m->reached_ppm = llround(got_through(&before, counts) / want * 1e6);
}

/* --- what is enforced, and what was announced -------------------------------------------
 */

/*
 * A bucket of size S that refills at S / window lets S * (1 + t / window) through in t; the
 * one that it refused, of mean size, did not fit any more.
 */
static void measure(struct forecast_met *m, const struct wall *w)
{
    const struct rate_limit_kind *k = &rate_limit_kinds[m->kind];
    struct wall before = until_refused(w);
    double x = got_through(&before, k->header);
    double refill = 1 + (double)(w->at - w->first) / (double)k->window;

    if (!w->before)
        return;
    m->enforced_lo = x / refill;
    m->enforced_hi = (x + x / (double)w->before) / refill;
}

static bool is_about(int kind, const struct limit *l)
{
    const struct rate_limit_kind *k = &rate_limit_kinds[kind];
    ns_t told = rate_limit_window(l);

    return l->limit > 0 && k->window == (told ? told : rate_limit_usual[k->header]);
}

/*
 * The words of a refusal are believed first, then its headers, then our own count. That
 * more got through than was announced says nothing: not every token need count (cached
 * ones).
 */
static void hear(struct forecast_met *m, const struct wall *w)
{
    const struct limit *told = &w->told[rate_limit_kinds[m->kind].header];
    double one = m->enforced_hi - m->enforced_lo;
    bool room;

    if (!is_about(m->kind, told))
        return;
    m->announced_size = told->limit;
    m->announced_left = w->told_by_refusal ? told->remaining : -1;
    room = (double)m->announced_left > fmax(2 * one, (double)told->limit / 10);
    if (w->named_size > 0)
        m->announced = w->named_size != told->limit ? ANNOUNCED_WRONG : ANNOUNCED_RIGHT;
    else if (room || (m->enforced_lo > 0 && m->enforced_hi * 1.5 < (double)told->limit))
        m->announced = ANNOUNCED_WRONG;
    else
        m->announced = ANNOUNCED_RIGHT;
}

/* --- head-room ---------------------------------------------------------------------------
 */

static struct headroom room_of(int kind, const struct forecast *f, const struct wall *w,
                               const struct limit_seen *limits)
{
    const struct limit_seen *l = &limits[rate_limit_kinds[kind].header];
    struct limit told = { l->limit, l->remaining, l->reset };

    if (l->at != NS_ABSENT && l->lowest >= 0 && is_about(kind, &told))
        return (struct headroom){ l->limit, l->lowest, false };
    if (f->sizes[kind] <= 0 || w->first == NS_ABSENT)
        return (struct headroom){ -1, -1, false };
    return (struct headroom){ f->sizes[kind],
                              llround(floor(fmax(0, w->books[kind].lowest))), true };
}

void forecast_judge(struct forecast_met *m, const struct forecast *f, const struct wall *w,
                    const struct limit_seen *limits)
{
    *m = (struct forecast_met){ .kind = w->at != NS_ABSENT ? rate_limit_find(w->kind) : -1,
                                .announced_size = -1,
                                .announced_left = -1 };
    compare(m, f, w);
    m->end = end_of(f, w, m->kind, m->reached_ppm);
    if (m->kind >= 0) {
        measure(m, w);
        hear(m, w);
    }
    for (int i = 0; i < N_RATE_LIMITS; i++)
        m->rooms[i] = room_of(i, f, w, limits);
}
