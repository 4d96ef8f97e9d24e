#include "data/search.h"

#include <math.h>

#include "base/rng.h"
#include "test.h"

/* A server of known knee, and what its probes say. */
struct server {
    double knee;       /* requests a second */
    double fog;        /* within this share of it a probe cannot tell */
    double carries;    /* what the client can put on it; 0: anything */
    unsigned hiccup;   /* this probe, from 1, is missed whatever its rate is */
    uint64_t mistakes; /* per thousand probes; decided by a seed */
    struct rng rng;
};

static enum search_verdict ask(struct server *v, double rate, unsigned number)
{
    if (v->carries > 0 && rate > v->carries)
        return SEARCH_INVALID;
    if (number == v->hiccup)
        return SEARCH_MISSED;
    if (v->mistakes && rng_unit(&v->rng) * 1000 < (double)v->mistakes)
        return rate <= v->knee ? SEARCH_MISSED : SEARCH_MET;
    if (fabs(rate / v->knee - 1) < v->fog)
        return SEARCH_UNSURE;
    return rate <= v->knee ? SEARCH_MET : SEARCH_MISSED;
}

static struct search_range range(double from, double to, double within, unsigned probes)
{
    return (struct search_range){ llround(from * 1e6), llround(to * 1e6),
                                  llround(within * 1e6), probes };
}

static struct search_result find(struct server *v, struct search_range r, struct search *s)
{
    int64_t rate;

    search_init(s, &r);
    while (search_next(s, &rate)) {
        assert_true(rate >= r.from && rate <= r.to);
        search_tell(s, rate, ask(v, (double)rate / 1e6, s->n + 1));
    }
    return search_result(s);
}

TEST(a_search_finds_the_knee_of_a_server_within_what_was_asked)
{
    static const double knees[] = { 1.01, 1.5, 2, 7.3, 40, 41, 99.9, 150, 199 };
    static const double withins[] = { 0.2, 0.05, 0.01 };

    for (size_t i = 0; i < sizeof(knees) / sizeof(knees[0]); i++)
        for (size_t k = 0; k < sizeof(withins) / sizeof(withins[0]); k++) {
            struct server v = { .knee = knees[i] };
            struct search s;
            struct search_result r = find(&v, range(1, 200, withins[k], 30), &s);

            assert_int_equal(r.end, SEARCH_FOUND);
            assert_true((double)r.lo <= knees[i] * 1e6 && (double)r.hi > knees[i] * 1e6);
            assert_true((double)r.hi <= (double)r.lo * (1 + withins[k]));
        }
}

TEST(a_search_probes_both_sides_of_its_answer_twice)
{
    struct server v = { .knee = 33 };
    struct search s;
    struct search_result r = find(&v, range(1, 200, 0.05, 30), &s);

    assert_int_equal(search_tries(&s, r.lo), 2);
    assert_int_equal(search_tries(&s, r.hi), 2);
    assert_true(s.n <= 15);
}

TEST(a_single_hiccup_does_not_make_the_answer)
{
    /* Whenever it strikes, the search comes back to the truth while it has probes. */
    for (unsigned when = 1; when <= 14; when++) {
        struct server v = { .knee = 33, .hiccup = when };
        struct search s;
        struct search_result r = find(&v, range(2, 200, 0.05, 30), &s);

        if (when == 1) { /* `from` itself: nothing is below it */
            assert_int_equal(r.end, SEARCH_FOUND);
        }
        if (r.lo > 33000000 || r.hi <= 33000000)
            fail_msg("hiccup at probe %u: %.3f..%.3f", when, (double)r.lo / 1e6,
                     (double)r.hi / 1e6);
    }
}

/* Nor does a hiccup after a probe that could not tell, which is no second opinion. */
TEST(a_miss_is_confirmed_by_a_probe_that_could_tell)
{
    static const struct {
        enum search_verdict third;
        enum search_end end;
        int64_t hi;
    } cases[] = {
        { SEARCH_MISSED, SEARCH_BELOW, 70000000 },
        { SEARCH_UNSURE, SEARCH_BELOW, 70000000 },
        { SEARCH_MET, SEARCH_BELOW, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct search_range r = range(70, 95, 0.12, 30);
        struct search_result result;
        struct search s;
        int64_t rate;

        search_init(&s, &r);
        search_tell(&s, 70000000, SEARCH_UNSURE);
        search_tell(&s, 70000000, SEARCH_MISSED);
        assert_true(search_next(&s, &rate));
        assert_int_equal(rate, 70000000);
        assert_int_equal(search_result(&s).end, SEARCH_OPEN);
        search_tell(&s, rate, cases[i].third);
        assert_false(search_next(&s, &rate));
        result = search_result(&s);
        assert_int_equal(result.end, cases[i].end);
        assert_int_equal(result.hi, cases[i].hi);
    }
}

TEST(what_probes_cannot_tell_widens_the_answer_and_never_moves_it)
{
    for (int percent = 1; percent <= 30; percent++) {
        struct server v = { .knee = 50, .fog = percent / 100.0 };
        struct search s;
        struct search_result r = find(&v, range(1, 200, 0.02, 30), &s);

        assert_int_equal(r.end, SEARCH_FOUND);
        assert_true((double)r.lo <= 50e6 * (1 - v.fog) + 1);
        assert_true((double)r.hi >= 50e6 * (1 + v.fog) - 1);
        assert_true((double)r.lo >= 50e6 * (1 - v.fog) * 0.97);
        assert_true((double)r.hi <= 50e6 * (1 + v.fog) * 1.03);
    }
}

TEST(a_rate_the_client_cannot_carry_is_never_the_limit_of_the_server)
{
    static const double carried[] = { 1.5, 3, 10, 31, 32, 33, 60 };

    for (size_t i = 0; i < sizeof(carried) / sizeof(carried[0]); i++) {
        struct server v = { .knee = 100, .carries = carried[i] };
        struct search s;
        struct search_result r = find(&v, range(1, 200, 0.05, 30), &s);

        assert_int_equal(r.end, SEARCH_CLIENT);
        assert_int_equal(r.hi, 0);
        assert_true((double)r.lo <= carried[i] * 1e6 &&
                    (double)r.ceiling > carried[i] * 1e6);
        assert_true((double)r.lo >= carried[i] * 0.95e6);
    }
}

/* A client at its limit carries a rate now and then. */
TEST(a_rate_that_the_client_carries_only_sometimes_ends_the_search_all_the_same)
{
    struct search_range r = range(20, 320, 0.05, 30);
    unsigned at_40 = 0;
    struct search s;
    int64_t rate;

    search_init(&s, &r);
    while (search_next(&s, &rate)) {
        bool carried = rate < 40000000 || (rate == 40000000 && !at_40++);

        search_tell(&s, rate, carried ? SEARCH_MET : SEARCH_INVALID);
    }
    assert_int_equal(search_result(&s).end, SEARCH_CLIENT);
    assert_int_equal(search_result(&s).ceiling, 40000000);
    assert_true(search_result(&s).lo >= 38000000);
    assert_true(s.n < 30);
}

TEST(a_knee_below_what_the_client_carries_is_found_all_the_same)
{
    struct server v = { .knee = 40, .carries = 45 };
    struct search s;
    struct search_result r = find(&v, range(1, 200, 0.05, 30), &s);

    assert_int_equal(r.end, SEARCH_FOUND);
    assert_true(r.lo <= 40000000 && r.hi > 40000000);
}

TEST(a_client_that_carries_nothing_finds_nothing)
{
    struct server v = { .knee = 40, .carries = 0.5 };
    struct search s;
    struct search_result r = find(&v, range(1, 200, 0.05, 30), &s);

    assert_int_equal(r.end, SEARCH_CLIENT);
    assert_int_equal(r.lo, 0);
    assert_int_equal(s.n, 2);
}

TEST(a_search_says_when_the_knee_lies_outside)
{
    struct server low = { .knee = 0.5 }, high = { .knee = 500 };
    struct search s;
    struct search_result r = find(&low, range(1, 200, 0.05, 30), &s);

    assert_int_equal(r.end, SEARCH_BELOW);
    assert_int_equal(r.lo, 0);
    assert_int_equal(r.hi, 1000000);
    r = find(&high, range(1, 200, 0.05, 30), &s);
    assert_int_equal(r.end, SEARCH_ABOVE);
    assert_int_equal(r.lo, 200000000);
    assert_int_equal(r.hi, 0);
}

TEST(a_search_keeps_its_budget_and_says_that_it_is_open)
{
    for (unsigned probes = 1; probes <= 12; probes++) {
        struct server v = { .knee = 77.7 };
        struct search s;
        struct search_result r = find(&v, range(1, 200, 0.01, probes), &s);

        assert_int_equal(s.n, probes);
        assert_int_equal(r.end, SEARCH_OPEN);
        assert_true(!r.lo || r.lo <= 77700000);
        assert_true(!r.hi || r.hi > 77700000);
    }
}

/* Each verdict is wrong with probability 2.5 %, as that of a 95 % interval may be. */
TEST(a_search_is_right_far_more_often_than_its_probes)
{
    unsigned wrong = 0;

    for (uint64_t seed = 0; seed < 1000; seed++) {
        struct server v = { .knee = 33,
                            .mistakes = 25,
                            .rng = rng_stream(seed, "test", 0) };
        struct search s;
        struct search_result r = find(&v, range(2, 200, 0.05, 30), &s);

        wrong += r.end != SEARCH_FOUND || r.lo > 33000000 || r.hi <= 33000000;
    }
    assert_true(wrong <= 60);
}

TEST(a_probe_lasts_until_its_sample_is_large_enough)
{
    struct search_spec spec = { .duration = 20 * NS_PER_S, .least = 100 };

    assert_int_equal(search_duration(&spec, 10000000, 1), 20 * NS_PER_S);
    assert_int_equal(search_duration(&spec, 1000000, 1), 100 * NS_PER_S);
    assert_int_equal(search_duration(&spec, 10000000, 2), 60 * NS_PER_S);
}

TEST(a_probe_is_a_phase_and_settles_in_the_one_before)
{
    struct search_spec spec = { .first = 2 };

    assert_int_equal(search_phase(&spec, 0), 2);
    assert_int_equal(search_phase(&spec, 3), 5);
    spec.settle = NS_PER_S;
    assert_int_equal(search_phase(&spec, 0), 3);
    assert_int_equal(search_phase(&spec, 3), 9);
}
