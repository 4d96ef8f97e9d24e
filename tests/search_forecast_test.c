#include "data/search_forecast.h"

#include "test.h"

/* 1/s to 200/s within 5 %, probes of 10 s that settle for 2 s. */
static struct search_spec spec_of(ns_t budget)
{
    return (struct search_spec){
        .range = { 1000000, 200000000, 50000, SEARCH_MAX_PROBES },
        .duration = 10 * NS_PER_S,
        .settle = 2 * NS_PER_S,
        .budget = budget,
        .drain = 30 * NS_PER_S,
    };
}

TEST(a_search_that_has_the_time_finds_every_knee_as_narrow_as_was_asked)
{
    struct search_spec spec = spec_of(0);
    struct search_forecast f = search_forecast(&spec, NS_PER_S);

    assert_int_equal(f.open, 0);
    assert_true(f.width_ppm > 0 && f.width_ppm <= 50000);
    assert_true(f.fewest >= 5 && f.most <= 18 && f.fewest < f.most);
    assert_true(f.longest > 200 * NS_PER_S && f.longest < 600 * NS_PER_S);
}

TEST(a_budget_of_time_bounds_what_a_search_takes_and_what_it_comes_to)
{
    int64_t width = 0;
    unsigned probes = SEARCH_MAX_PROBES;

    for (ns_t budget = 400 * NS_PER_S; budget >= 60 * NS_PER_S; budget -= 20 * NS_PER_S) {
        struct search_spec spec = spec_of(budget);
        struct search_forecast f = search_forecast(&spec, NS_PER_S);

        assert_true(f.longest <= budget);
        assert_true(f.most <= probes);
        assert_true(f.width_ppm < 0 || f.width_ppm >= width);
        probes = f.most;
        width = f.width_ppm < 0 ? INT64_MAX : f.width_ppm;
    }
    assert_int_equal(width, INT64_MAX); /* a minute is too little for some knees */
}

TEST(a_search_with_few_probes_is_foreseen_to_stay_open)
{
    struct search_spec spec = spec_of(0);

    spec.range.probes = 4;
    assert_int_equal(search_forecast(&spec, 0).most, 4);
    assert_true(search_forecast(&spec, 0).open > SEARCH_KNEES / 2);
}

TEST(a_probe_is_begun_only_where_it_fits_into_what_is_left)
{
    static const struct {
        ns_t left; /* seconds */
        unsigned n;
        ns_t want;
    } cases[] = {
        { 400, 1, 10 }, { 400, 2, 30 }, { 35, 2, 30 }, { 30, 2, 25 }, /* shortened: 2 s to
                                                                         settle and some to
                                                                         drain */
        { 15, 2, 10 },  { 15, 1, 10 },  { 14, 2, 0 },  { 14, 1, 0 },  { -3, 1, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct search_spec spec = spec_of(500 * NS_PER_S);
        ns_t got = search_fit(&spec, 50000000, cases[i].n, cases[i].left * NS_PER_S);

        if (got / NS_PER_S != cases[i].want)
            fail_msg("case %zu: %lld ns", i, (long long)got);
    }
}

TEST(without_a_budget_every_probe_fits)
{
    struct search_spec spec = spec_of(0);

    assert_int_equal(search_fit(&spec, 50000000, 1, 0), 10 * NS_PER_S);
    assert_int_equal(search_fit(&spec, 50000000, 2, -1), 30 * NS_PER_S);
}
