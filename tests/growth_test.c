#include "data/growth.h"

#include <math.h>

#include "base/rng.h"
#include "data/search.h"
#include "test.h"

/* Of how many places whatever: 80 requests a second, whatever anyone measures. */
enum { MOST_PLACES = 16 };
static const double CAPACITY = 80, BLIND = 0.0025;

struct world {
    unsigned places; /* each of them is taken for places / CAPACITY */
    bool poisson;
    double spread; /* of the times of service, log-normal; 0: all alike */
    double noise;  /* median of what else is in a latency, seconds */
    struct rng rng;
};

/* What a probe sees of it. */
struct seen {
    struct series latency;
    uint64_t arrived;
    uint64_t slow; /* beyond the objective */
};

static double gap(struct world *w, double rate)
{
    return (w->poisson ? -log(rng_open(&w->rng)) : 1) / rate;
}

static double served_at(struct world *w, double *free_at, double due)
{
    double *place = free_at, service = w->places / CAPACITY, begin;

    for (unsigned i = 1; i < w->places; i++)
        if (free_at[i] < *place)
            place = free_at + i;
    begin = fmax(due, *place);
    *place = begin + (w->spread > 0 ? rng_lognormal(&w->rng, service, w->spread) /
                                          exp(w->spread * w->spread / 2)
                                    : service);
    return begin;
}

static struct seen probe(struct world *w, double rate, double settle, double length,
                         double objective)
{
    struct seen seen = { 0 };
    double free_at[MOST_PLACES] = { 0 };

    for (double due = gap(w, rate); due < settle + length; due += gap(w, rate)) {
        double y = served_at(w, free_at, due) - due + 0.01;
        struct series_values v = { 1, 0, 0 };

        if (w->noise > 0)
            y += rng_lognormal(&w->rng, w->noise, 0.5);
        v.sum = y * NS_PER_S;
        v.squares = v.sum * v.sum;
        if (due < settle)
            continue;
        series_add(&seen.latency, seen.arrived++, (ns_t)(due * NS_PER_S), &v);
        seen.slow += y > objective;
    }
    return seen;
}

/*
 * In how many of 200 probes at that share of the capacity the queue is said to grow, by
 * more than a search within 5 % takes for nothing.
 */
static unsigned grows(struct world w, double load, double length)
{
    unsigned n = 0;

    for (uint64_t seed = 0; seed < 200; seed++) {
        struct seen seen;
        struct growth g;

        w.rng = rng_stream(seed, "growth", 0);
        seen = probe(&w, load * CAPACITY, length / 10, length, INFINITY);
        g = growth_of(&seen.latency, load * CAPACITY);
        n += g.beyond_doubt && g.rate > BLIND;
        series_free(&seen.latency);
    }
    return n;
}

/* growth.h and docs/search.md tell what they come to. */
TEST(a_queue_that_grows_is_told_from_one_that_only_wanders)
{
    static const struct world even = { .places = 4, .spread = 0.5 };
    static const struct world poisson = { .places = 16, .poisson = true, .noise = 1e-4 };
    static const struct world spread = { .places = 16, .poisson = true, .spread = 0.5 };
    static const struct world one = { .places = 1, .poisson = true, .spread = 0.83 };
    static const struct world all = { 4, true, 0.5, 0.2, { { 0 } } };
    static const struct {
        const char *name;
        const struct world *world;
        double length;
        unsigned least[2]; /* of 200 probes, at 1.1 and at 1.3 of the capacity */
    } cases[] = {
        { "even, times of service spread", &even, 1.5, { 50, 185 } },
        { "even, times of service spread", &even, 4.5, { 120, 190 } },
        { "even, times of service spread", &even, 15, { 180, 198 } },
        { "poisson", &poisson, 1.5, { 150, 195 } },
        { "poisson", &poisson, 4.5, { 190, 198 } },
        { "poisson", &poisson, 15, { 195, 198 } },
        { "poisson, times of service spread", &spread, 1.5, { 40, 175 } },
        { "poisson, times of service spread", &spread, 4.5, { 140, 188 } },
        { "poisson, times of service spread", &spread, 15, { 175, 195 } },
        { "poisson, one at a time, cv 1", &one, 1.5, { 10, 90 } },
        { "poisson, one at a time, cv 1", &one, 4.5, { 50, 165 } },
        { "poisson, one at a time, cv 1", &one, 15, { 120, 190 } },
        { "poisson, all kinds of answers", &all, 1.5, { 0, 70 } },
        { "poisson, all kinds of answers", &all, 4.5, { 95, 195 } },
        { "poisson, all kinds of answers", &all, 15, { 188, 198 } },
    };
    static const struct {
        double load;
        unsigned most;
    } below[] = { { 0.7, 0 }, { 0.9, 4 }, { 0.95, 9 } };
    static const double beyond[] = { 1.1, 1.3 };

    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t k = 0; k < COUNT(below); k++) {
            unsigned n = grows(*cases[i].world, below[k].load, cases[i].length);

            if (n > below[k].most)
                fail_msg("%s, %g s: grows at %g in %u of 200", cases[i].name,
                         cases[i].length, below[k].load, n);
        }
        for (size_t k = 0; k < COUNT(beyond); k++) {
            unsigned n = grows(*cases[i].world, beyond[k], cases[i].length);

            if (n < cases[i].least[k])
                fail_msg("%s, %g s: grows at %g in %u of 200", cases[i].name,
                         cases[i].length, beyond[k], n);
        }
    }
}

TEST(a_queue_that_grows_ever_so_slowly_is_seen_where_nothing_else_moves_it)
{
    struct world even = { .places = 4 };

    assert_int_equal(grows(even, 1, 10), 0);
    assert_int_equal(grows(even, 1.005, 3), 200);
    assert_int_equal(grows(even, 2, 3), 200);
}

TEST(of_too_few_requests_no_growth_is_known)
{
    struct series s = { 0 };

    for (uint64_t k = 0; k < 39; k++) {
        struct series_values v = { 1, (double)k, (double)(k * k) };

        assert_false(growth_of(&s, 1).known);
        series_add(&s, k, (ns_t)k * NS_PER_S, &v);
    }
    assert_false(growth_of(&s, 1).known);
    series_free(&s);
}

/* --- a whole search ---------------------------------------------------------------------
 */

/* An objective so loose that short probes keep it far above the capacity. */
static const double OBJECTIVE = 3;

/* *surely: what the server has by that probe, if it met: summary_search.c has the rule. */
static enum search_verdict ask(struct world *w, double rate, double length, double *surely)
{
    struct seen seen = probe(w, rate, 1, length, OBJECTIVE);
    struct growth g = growth_of(&seen.latency, rate);
    bool slow = (double)seen.slow > 0.1 * (double)seen.arrived;

    series_free(&seen.latency);
    *surely = fmin(rate, (double)(seen.arrived + 1) / length) / (1 + fmax(0, g.most));
    return slow || (g.beyond_doubt && g.rate > BLIND) ? SEARCH_MISSED : SEARCH_MET;
}

/* Is the truth within what the search says? */
static bool finds_it(struct world *w, struct search *s)
{
    static const struct search_spec spec = {
        .range = { 20000000, 320000000, 50000, SEARCH_MAX_PROBES },
        .duration = 5 * NS_PER_S,
    };
    double surely[SEARCH_MAX_PROBES], from = 0;
    struct search_result r;
    int64_t rate;

    search_init(s, &spec.range);
    while (search_next(s, &rate)) {
        ns_t length = search_duration(&spec, rate, search_tries(s, rate) + 1);
        double *one = &surely[s->n];

        search_tell(s, rate, ask(w, (double)rate / 1e6, (double)length / NS_PER_S, one));
    }
    r = search_result(s);
    for (unsigned i = 0; i < s->n; i++)
        if (s->steps[i].rate == r.lo && s->steps[i].verdict == SEARCH_MET)
            from = fmax(from, surely[i]);
    return r.end == SEARCH_FOUND && from <= CAPACITY && (double)r.hi / 1e6 >= CAPACITY;
}

static unsigned right(struct world w)
{
    unsigned n = 0;

    for (uint64_t seed = 0; seed < 200; seed++) {
        struct search s;

        w.rng = rng_stream(seed, "search", 0);
        n += finds_it(&w, &s);
    }
    return n;
}

/* Beyond capacity a queue of five seconds' probes would stay below three until 1.6 of it.
 */
TEST(a_search_with_a_loose_objective_finds_where_the_queue_begins_to_grow)
{
    static const struct {
        struct world world;
        unsigned least;
    } cases[] = {
        { { .places = 4 }, 200 },
        { { .places = 4, .poisson = true }, 198 },
        { { 4, true, 0.5, 0.2, { { 0 } } }, 192 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned n = right(cases[i].world);

        if (n < cases[i].least)
            fail_msg("world %zu: %u of 200 right", i, n);
    }
}
