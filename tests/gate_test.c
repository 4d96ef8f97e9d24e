#include "reports/gate.h"

#include <stdlib.h>

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
