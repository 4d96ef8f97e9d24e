#include "reports/gate.h"

#include <stdlib.h>

#include "data/summary.h"
#include "test.h"

static const struct gate_column columns[] = { { "name", 'l' }, { "value", 'r' } };

static struct gate gate_of(const char *name, enum gate_verdict v)
{
    struct gate g;
    struct gate_row *r;

    gate_init(&g, "check", columns, COUNT(columns));
    gate_add_group(&g, "run");
    r = gate_add_row(&g);
    r->verdict = v;
    r->name = r->cells[0] = r->sentence = name;
    g.subject = "scenario";
    g.headline = name;
    g.verdict = gate_worst(&g);
    return g;
}

TEST(gate_formats_let_no_name_out_of_its_place)
{
    static const char hostile[] = "a|b\n::error::x%0A<!-- & \"]]>\x1b[31m";
    static const struct {
        const char *format;
        const char *never;
    } cases[] = {
        { "md", "\n::" },    { "md", "<!--" },     { "md", "\x1b" },
        { "md", "a|b" },     { "github", "x%0A" }, { "github", "\n::error::x" },
        { "junit", "<!--" }, { "junit", "& " },    { "junit", "\x1b" },
        { "text", "\x1b" },  { "json", "\x1b" },   { "json", "b\n" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct gate g = gate_of(hostile, GATE_FAIL);
        struct buf b = { 0 };

        gate_format_find(cases[i].format, strlen(cases[i].format))->put(&b, &g, false);
        if (strstr(b.p, cases[i].never))
            fail_msg("%s holds what it must not:\n%s", cases[i].format, b.p);
        buf_free(&b);
        gate_free(&g);
    }
}

TEST(the_worst_row_is_the_verdict_and_nothing_at_all_is_no_pass)
{
    struct gate g;

    gate_init(&g, "check", columns, COUNT(columns));
    assert_int_equal(gate_worst(&g), GATE_NO_DATA);
    gate_add_group(&g, "");
    for (int v = GATE_PASS; v < N_GATE_VERDICTS; v++) {
        gate_add_row(&g)->verdict = (enum gate_verdict)v;
        assert_int_equal(gate_worst(&g), v);
    }
    gate_free(&g);
}

TEST(what_is_only_watched_does_not_gate)
{
    struct gate g = gate_of("x", GATE_PASS);
    struct gate_row *r = gate_add_row(&g);

    r->verdict = GATE_FAIL;
    r->watched = true;
    assert_int_equal(gate_worst(&g), GATE_PASS);
    gate_free(&g);
}

TEST(a_share_is_judged_only_by_a_sample_that_can_bear_the_claim)
{
    static const struct {
        enum slo_op op;
        double bound, value, lo, hi;
        uint64_t n;
        enum verdict judged, want;
        uint64_t needs;
    } cases[] = {
        { SLO_LT, 1000, 0, 0, 1229, 2995, VERDICT_PASS, VERDICT_PASS, 2995 },
        { SLO_LT, 1000, 0, 0, 1230, 2994, VERDICT_PASS, VERDICT_NO_DATA, 2995 },
        { SLO_LT, 1000, 10000, 253, 54459, 100, VERDICT_FAIL, VERDICT_NO_DATA, 2995 },
        { SLO_LT, 1000, 20000, 2431, 70384, 100, VERDICT_FAIL, VERDICT_FAIL, 2995 },
        { SLO_GT, 950000, 1e6, 939000, 1e6, 59, VERDICT_PASS, VERDICT_PASS, 59 },
        { SLO_GT, 950000, 1e6, 938000, 1e6, 58, VERDICT_PASS, VERDICT_NO_DATA, 59 },
        { SLO_GE, 950000, 5e5, 187000, 812000, 10, VERDICT_FAIL, VERDICT_FAIL, 59 },
        { SLO_LE, 0, 0, 0, 308000, 10, VERDICT_PASS, VERDICT_PASS, 1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slo slo = {
            .is_rate = true, .rate = RATE_ERROR, .op = cases[i].op, .value = cases[i].bound
        };
        struct summary_slo v = { .verdict = cases[i].judged,
                                 .has_value = true,
                                 .value = cases[i].value,
                                 .interval = true,
                                 .lo = cases[i].lo,
                                 .hi = cases[i].hi,
                                 .n = cases[i].n };
        uint64_t needs;

        if (summary_slo_borne(&slo, &v, &needs) != cases[i].want)
            fail_msg("row %zu", i);
        assert_int_equal(needs, cases[i].needs);
    }
}
