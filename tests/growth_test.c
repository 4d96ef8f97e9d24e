#include "data/growth.h"

#include <math.h>

#include "base/rng.h"
#include "data/search.h"
#include "test.h"

/* Four places, each taken for 50 ms: 80 requests a second, whatever anyone measures. */
enum { PLACES = 4 };
static const double SERVICE = 0.05, CAPACITY = 80;

struct world {
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
    double *place = free_at, begin;

    for (int i = 1; i < PLACES; i++)
        if (free_at[i] < *place)
            place = free_at + i;
    begin = fmax(due, *place);
    *place = begin + (w->spread > 0 ? rng_lognormal(&w->rng, SERVICE, w->spread) /
                                          exp(w->spread * w->spread / 2)
                                    : SERVICE);
    return begin;
}

static struct seen probe(struct world *w, double rate, double settle, double length,
                         double objective)
{
    struct seen seen = { 0 };
    double free_at[PLACES] = { 0 };

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

/* In how many of 200 probes at that share of the capacity the queue is said to grow. */
static unsigned grows(struct world w, double load, double length)
{
    unsigned n = 0;

    for (uint64_t seed = 0; seed < 200; seed++) {
        struct seen seen;

        w.rng = rng_stream(seed, "growth", 0);
        seen = probe(&w, load * CAPACITY, 1, length, INFINITY);
        n += growth_of(&seen.latency, load * CAPACITY).beyond_doubt;
        series_free(&seen.latency);
    }
    return n;
}

TEST(a_queue_that_grows_is_told_from_one_that_only_wanders)
{
    static const struct {
        const char *name;
        struct world world;
        double load;
        double length;
        unsigned least; /* of 200 probes */
        unsigned most;
    } cases[] = {
        { "even, half full", { 0 }, 0.5, 3, 0, 0 },
        { "even, full", { 0 }, 1, 10, 0, 0 },
        { "even, 0.5 % too much", { 0 }, 1.005, 3, 200, 200 },
        { "even, twice too much", { 0 }, 2, 3, 200, 200 },
        { "poisson, half full", { .poisson = true }, 0.5, 10, 0, 1 },
        { "poisson, 90 %", { .poisson = true }, 0.9, 10, 0, 4 },
        { "poisson, 95 %", { .poisson = true }, 0.95, 30, 0, 10 },
        { "poisson, 2 % too much", { .poisson = true }, 1.02, 10, 110, 200 },
        { "poisson, 5 % too much", { .poisson = true }, 1.05, 10, 170, 200 },
        { "poisson, 5 % too much, longer", { .poisson = true }, 1.05, 30, 195, 200 },
        { "all kinds of answers, 90 %", { true, 0.5, 0.2, { { 0 } } }, 0.9, 10, 0, 4 },
        { "all kinds of answers, 5 % too much",
          { true, 0.5, 0.2, { { 0 } } },
          1.05,
          30,
          180,
          200 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned n = grows(cases[i].world, cases[i].load, cases[i].length);

        if (n < cases[i].least || n > cases[i].most)
            fail_msg("%s: %u of 200", cases[i].name, n);
    }
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
static const double OBJECTIVE = 3, BLIND = 0.0025;

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
        { { 0 }, 200 },
        { { .poisson = true }, 190 },
        { { true, 0.5, 0.2, { { 0 } } }, 180 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned n = right(cases[i].world);

        if (n < cases[i].least)
            fail_msg("world %zu: %u of 200 right", i, n);
    }
}
