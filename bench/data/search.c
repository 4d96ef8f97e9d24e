#include "data/search.h"

#include <assert.h>
#include <math.h>

const char *const search_verdict_names[N_SEARCH_VERDICTS] = {
    [SEARCH_MET] = "met",
    [SEARCH_MISSED] = "missed",
    [SEARCH_UNSURE] = "unsure",
    [SEARCH_INVALID] = "invalid",
    [SEARCH_UNFINISHED] = "unfinished",
};

const char *const search_end_names[N_SEARCH_ENDS] = {
    [SEARCH_FOUND] = "found",           [SEARCH_BELOW] = "below", [SEARCH_ABOVE] = "above",
    [SEARCH_CLIENT] = "client-limited", [SEARCH_OPEN] = "open",
};

/* Of a rate: valid probes that decide it, and those of ours that are enough to give up. */
enum { VOTES = 2, MOST_VOTES = 3, MOST_INVALID = 2 };

/* A second probe at a rate has to see more than the first. */
enum { LONGER = 3 };

uint32_t search_phase(const struct search_spec *spec, unsigned i)
{
    return spec->first + (spec->settle ? 2 * i + 1 : i);
}

bool search_has_phase(const struct search_spec *spec, uint32_t phase)
{
    return spec->range.probes && phase >= spec->first &&
           phase <= search_phase(spec, spec->range.probes - 1);
}

ns_t search_duration(const struct search_spec *spec, int64_t rate, unsigned n)
{
    double enough = (double)spec->least * 1e6 / (double)rate * NS_PER_S;
    ns_t once = enough > (double)spec->duration ? llround(enough) : spec->duration;

    return n > 1 ? LONGER * once : once;
}

/* Of a probe's length: what it needs to drain. */
enum { TAIL_PART = 4 };

ns_t search_fit(const struct search_spec *spec, int64_t rate, unsigned n, ns_t left)
{
    ns_t whole = search_duration(spec, rate, n), once = search_duration(spec, rate, 1);
    ns_t tail = once / TAIL_PART < spec->drain ? once / TAIL_PART : spec->drain;
    ns_t room = left - spec->settle - tail;

    if (!spec->budget || whole <= room)
        return whole;
    return once <= room ? room : 0;
}

int64_t search_blind_ppm(const struct search_range *range)
{
    return range->within_ppm / 20;
}

void search_init(struct search *s, const struct search_range *range)
{
    *s = (struct search){ .range = *range };
}

void search_tell(struct search *s, int64_t rate, enum search_verdict verdict)
{
    assert(s->n < SEARCH_MAX_PROBES && verdict < SEARCH_UNFINISHED);
    s->steps[s->n++] = (struct search_step){ rate, verdict };
}

/* --- what is known of a rate -----------------------------------------------------------
 */

struct votes {
    unsigned of[N_SEARCH_VERDICTS];
    unsigned valid;
};

static struct votes votes_of(const struct search *s, int64_t rate)
{
    struct votes v = { 0 };

    for (unsigned i = 0; i < s->n; i++)
        if (s->steps[i].rate == rate) {
            v.of[s->steps[i].verdict]++;
            v.valid += s->steps[i].verdict != SEARCH_INVALID;
        }
    return v;
}

unsigned search_tries(const struct search *s, int64_t rate)
{
    struct votes v = votes_of(s, rate);

    return v.valid + v.of[SEARCH_INVALID];
}

/* The majority of its probes; false where another one could still turn it. */
static bool settled(const struct search *s, int64_t rate, enum search_verdict *verdict)
{
    struct votes v = votes_of(s, rate);
    unsigned met = v.of[SEARCH_MET], missed = v.of[SEARCH_MISSED];

    *verdict = SEARCH_INVALID;
    if (v.of[SEARCH_INVALID] >= MOST_INVALID && v.valid < VOTES)
        return true;
    *verdict = SEARCH_UNSURE;
    if (met != missed) {
        *verdict = met > missed ? SEARCH_MET : SEARCH_MISSED;
        return true;
    }
    return v.valid >= (met ? MOST_VOTES : VOTES);
}

/* --- where the knee can be -------------------------------------------------------------
 */

/* 0: there is none of the kind. */
struct bracket {
    int64_t lo; /* highest met, below hi */
    int64_t hi; /* lowest missed */
    int64_t ceiling;
    int64_t unsure_from; /* lowest and highest unsure between them */
    int64_t unsure_to;
};

static int64_t lower(int64_t a, int64_t b)
{
    if (!a || !b)
        return a ? a : b;
    return a < b ? a : b;
}

/* The lower of what is missed and what we cannot carry. */
static int64_t top_of(const struct bracket *b)
{
    return lower(b->hi, b->ceiling);
}

static void place(struct bracket *b, int64_t rate, enum search_verdict verdict)
{
    bool below = !top_of(b) || rate < top_of(b);

    if (verdict == SEARCH_MET && below && rate > b->lo)
        b->lo = rate;
    if (verdict == SEARCH_UNSURE && below) {
        b->unsure_from = lower(b->unsure_from, rate);
        b->unsure_to = rate > b->unsure_to ? rate : b->unsure_to;
    }
}

static struct bracket bracket_of(const struct search *s)
{
    struct bracket b = { 0 };
    enum search_verdict v;

    for (unsigned i = 0; i < s->n; i++)
        if (settled(s, s->steps[i].rate, &v)) {
            if (v == SEARCH_MISSED)
                b.hi = lower(b.hi, s->steps[i].rate);
            if (v == SEARCH_INVALID)
                b.ceiling = lower(b.ceiling, s->steps[i].rate);
        }
    for (unsigned i = 0; i < s->n; i++)
        if (settled(s, s->steps[i].rate, &v))
            place(&b, s->steps[i].rate, v);
    if (b.unsure_to < b.lo)
        b.unsure_from = b.unsure_to = 0;
    else if (b.unsure_from && b.unsure_from < b.lo)
        b.unsure_from = b.unsure_to;
    return b;
}

/* --- the next rate ---------------------------------------------------------------------
 */

/* The geometric middle, in thousandths of a request per second where those are fine enough.
 */
static int64_t middle(int64_t a, int64_t b)
{
    int64_t exact = llround(sqrt((double)a * (double)b));
    int64_t round = (exact + 500) / 1000 * 1000;

    return round > a && round < b ? round : exact;
}

static bool split(const struct search *s, int64_t a, int64_t b, int64_t *rate)
{
    double room = (double)a * (1 + (double)s->range.within_ppm / 1e6);

    *rate = middle(a, b);
    return (double)b > room && *rate > a && *rate < b;
}

/* Nothing above is known: twice as much, as far as one may. */
static bool climb(const struct search *s, int64_t from, int64_t *rate)
{
    *rate = from < s->range.to / 2 ? from * 2 : s->range.to;
    return from < s->range.to;
}

/* Within the bracket, below and above what is unsure. */
static bool narrow(const struct search *s, const struct bracket *b, int64_t *rate)
{
    int64_t top = top_of(b), floor = b->unsure_to ? b->unsure_to : b->lo;

    if (b->unsure_from && split(s, b->lo, b->unsure_from, rate))
        return true;
    return top ? split(s, floor, top, rate) : climb(s, floor, rate);
}

/* A probe that could not tell confirms nothing: two that do, or as many as there may be. */
static bool again(const struct search *s, int64_t rate)
{
    struct votes v = votes_of(s, rate);

    return rate && v.of[SEARCH_MET] + v.of[SEARCH_MISSED] < VOTES && v.valid < MOST_VOTES;
}

bool search_next(const struct search *s, int64_t *rate)
{
    struct bracket b = bracket_of(s);
    enum search_verdict v;

    *rate = s->range.from;
    if (s->n >= s->range.probes)
        return false;
    if (!s->n)
        return true;
    for (unsigned i = 0; i < s->n; i++) {
        *rate = s->steps[i].rate;
        if (!settled(s, *rate, &v))
            return true;
    }
    if (b.lo && narrow(s, &b, rate))
        return true;
    *rate = b.lo;
    if (again(s, b.lo))
        return true;
    *rate = b.hi;
    return again(s, b.hi);
}

struct search_result search_result(const struct search *s)
{
    struct bracket b = bracket_of(s);
    struct search_result r = { SEARCH_FOUND, b.lo, b.hi, b.ceiling };
    struct search more = *s;
    int64_t rate;

    more.range.probes = SEARCH_MAX_PROBES + 1;
    if (search_next(&more, &rate))
        r.end = SEARCH_OPEN;
    else if (!b.lo)
        r.end = b.ceiling && !b.hi ? SEARCH_CLIENT : SEARCH_BELOW;
    else if (!b.hi)
        r.end = b.ceiling ? SEARCH_CLIENT : SEARCH_ABOVE;
    return r;
}
