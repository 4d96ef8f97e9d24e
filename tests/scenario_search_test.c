#include "data/scenario.h"

#include <stdio.h>

#include "test.h"

/* A scenario with this load; the caller frees *s where it is read. */
static int parse(struct scenario *s, const char *load, struct err *err)
{
    char text[1024];

    snprintf(text, sizeof(text),
             "target: { base_url: \"sim:\" }\nrequest: { model: m }\nload: %s\n", load);
    return scenario_parse(s, "x.yaml", text, strlen(text), NULL, 0, err);
}

#define SEARCH "search: { slo: ttft p95 < 400ms, from: 1/s, to: 200/s"

TEST(a_search_becomes_a_phase_for_each_probe_and_one_in_which_it_settles)
{
    struct scenario s;
    struct err err;
    const struct cell *c;

    assert_int_equal(parse(&s,
                           "[{ name: warm, rate: 1/s, duration: 1s }, { name: knee, "
                           "duration: 5s, arrival: even, " SEARCH ", probes: 3 } }]",
                           &err),
                     0);
    c = &s.cells[0];
    assert_int_equal(c->n_phases, 7);
    assert_int_equal(c->search.first, 1);
    assert_string_equal(c->phases[1].name, "knee1-settle");
    assert_false(c->phases[1].measured);
    assert_int_equal(c->phases[1].duration, 2 * NS_PER_S);
    assert_string_equal(c->phases[2].name, "knee1");
    assert_true(c->phases[2].measured && c->phases[2].searched && c->phases[2].open);
    assert_true(c->phases[2].cv <= 0);
    assert_string_equal(c->phases[6].name, "knee3");
    assert_int_equal(s.n_slos, 1);
    assert_int_equal(s.n_search_slos, 1);
    scenario_free(&s);
}

TEST(a_search_alone_is_called_probe_and_has_its_defaults)
{
    struct scenario s;
    struct err err;
    const struct search_spec *spec;

    assert_int_equal(parse(&s, "{ " SEARCH " } }", &err), 0);
    spec = &s.cells[0].search;
    assert_string_equal(s.cells[0].phases[1].name, "probe1");
    assert_int_equal(spec->range.from, 1000000);
    assert_int_equal(spec->range.to, 200000000);
    assert_int_equal(spec->range.within_ppm, 50000);
    assert_int_equal(spec->range.probes, 20);
    assert_int_equal(spec->duration, 20 * NS_PER_S);
    assert_int_equal(spec->least,
                     90); /* 72 values give a p95 both ends, and a quarter more */
    scenario_free(&s);
}

TEST(a_search_without_settling_has_one_phase_a_probe)
{
    struct scenario s;
    struct err err;

    assert_int_equal(parse(&s, "{ " SEARCH ", settle: 0, probes: 4 } }", &err), 0);
    assert_int_equal(s.cells[0].n_phases, 4);
    scenario_free(&s);
}

TEST(a_scenario_with_a_search_resolves_to_itself)
{
    struct scenario s, again;
    struct err err;

    assert_int_equal(parse(&s, "{ " SEARCH " } }", &err), 0);
    assert_int_equal(
        scenario_parse(&again, "x.yaml", s.resolved, strlen(s.resolved), NULL, 0, &err), 0);
    assert_string_equal(s.resolved, again.resolved);
    assert_string_equal(again.cells[0].phases[1].name, "probe1");
    scenario_free(&again);
    scenario_free(&s);
}

TEST(settings_reach_into_a_search)
{
    static const struct setting settings[] = { { "load.search.to", "50/s", NULL },
                                               { "load.probe.search.probes", "2", NULL } };
    static const char text[] = "target: { base_url: \"sim:\" }\nrequest: { model: m }\n"
                               "load: { " SEARCH " } }\n";
    struct scenario s;
    struct err err = { 0 };

    if (scenario_parse(&s, "x.yaml", text, strlen(text), settings, 2, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(s.cells[0].search.range.to, 50000000);
    assert_int_equal(s.cells[0].search.range.probes, 2);
    scenario_free(&s);
}

TEST(a_search_that_makes_no_sense_is_refused_with_its_place)
{
    static const struct {
        const char *load;
        const char *want;
    } cases[] = {
        { "{ search: { from: 1/s, to: 2/s } }", "has no slo; expected search: {" },
        { "{ search: { slo: ttft p95 < 1s, to: 2/s } }", "has no from" },
        { "{ search: { slo: ttft p95 < 1s, from: 2/s } }", "has no to" },
        { "{ search: { slo: ttft p95 < 1s, from: 2/s, to: 2/s } }",
          "search.to is not above search.from" },
        { "{ search: { slo: [], from: 1/s, to: 2/s } }", "search.slo is empty" },
        { "{ search: { slo: \"ttft p95[model=m] < 1s\", from: 1/s, to: 2/s } }",
          "expected it without [...]" },
        { "{ rate: 1/s, " SEARCH " } }",
          "searches for its rate; expected it without rate" },
        { "{ concurrency: 1, " SEARCH " } }", "expected it without concurrency" },
        { "{ requests: 9, " SEARCH " } }", "expected it without requests" },
        { "{ measured: false, " SEARCH " } }", "expected it without measured: false" },
        { "[{ " SEARCH " } }, { rate: 1/s, duration: 1s }]",
          "expected that of the last phase alone" },
        { "[{ name: probe2, rate: 1/s, duration: 1s }, { " SEARCH " } }]",
          "that is the name of a probe" },
        { "{ " SEARCH ", within: 0% } }", "out of range; expected 0.1% to 100%" },
        { "{ " SEARCH ", within: 5 } }", "load.probe.search.within" },
        { "{ " SEARCH ", probes: 31 } }", "expected 1 to 30" },
        { "{ " SEARCH ", budget: 80s } }", "too short for a probe at search.from" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct scenario s;
        struct err err = { 0 };

        if (!parse(&s, cases[i].load, &err))
            fail_msg("%s was read", cases[i].load);
        if (!strstr(err.msg, cases[i].want) || strncmp(err.msg, "x.yaml:", 7) != 0)
            fail_msg("%s\n  said: %s\n  not:  %s", cases[i].load, err.msg, cases[i].want);
    }
}
