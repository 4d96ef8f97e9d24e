#include <string.h>

#include "reports/gate.h"

/* Characters that XML 1.0 has no way to write become question marks. */
static void put_escaped(struct buf *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&':
            buf_str(out, "&amp;");
            break;
        case '<':
            buf_str(out, "&lt;");
            break;
        case '>':
            buf_str(out, "&gt;");
            break;
        case '"':
            buf_str(out, "&quot;");
            break;
        default:
            buf_char(out, (unsigned char)*text < ' ' ? '?' : *text);
        }
}

static void put_attribute(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, " %s=\"", name);
    put_escaped(out, value);
    buf_char(out, '"');
}

/*
 * What did not pass without failing is `skipped`: no tool that reads JUnit takes it for a
 * success, none for a failure; the exit code says the rest. A run that is not valid is an
 * error: the test itself broke.
 */
static const char *const elements[N_GATE_VERDICTS] = {
    [GATE_NO_DATA] = "skipped",
    [GATE_INCONCLUSIVE] = "skipped",
    [GATE_FAIL] = "failure",
    [GATE_INVALID] = "error",
};

static size_t count(const struct gate *g, const char *element, size_t group, bool all)
{
    size_t n = 0;

    for (size_t i = 0; i < g->n_rows; i++) {
        const char *is = elements[g->rows[i].verdict];

        if (!g->rows[i].watched && (all || g->rows[i].group == group))
            n += !element || (is && !strcmp(is, element));
    }
    return n;
}

static void put_counts(struct buf *out, const struct gate *g, size_t group, bool all)
{
    buf_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"",
               count(g, NULL, group, all), count(g, "failure", group, all),
               count(g, "error", group, all));
    if (!all)
        buf_printf(out, " skipped=\"%zu\"", count(g, "skipped", group, all));
}

static void put_case(struct buf *out, const struct gate *g, const struct gate_row *r)
{
    const char *element = elements[r->verdict];
    struct buf name = { 0 };

    buf_str(&name, r->name);
    if (*r->where)
        buf_printf(&name, " [%s]", r->where);
    buf_str(out, "  <testcase");
    put_attribute(out, "name", name.p);
    buf_free(&name);
    put_attribute(out, "classname", *g->subject ? g->subject : g->command);
    buf_str(out, " time=\"0\"");
    if (!element) {
        buf_str(out, ">\n   <system-out>");
        put_escaped(out, r->sentence);
        buf_str(out, "</system-out>\n  </testcase>\n");
        return;
    }
    buf_printf(out, ">\n   <%s", element);
    put_attribute(out, "message", r->sentence);
    if (strcmp(element, "skipped"))
        put_attribute(out, "type", gate_verdicts[r->verdict].name);
    buf_str(out, "/>\n  </testcase>\n");
}

void gate_put_junit(struct buf *out, const struct gate *g, bool colour)
{
    (void)colour;
    buf_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    buf_printf(out, " name=\"tokdyno %s\"", g->command);
    put_counts(out, g, 0, true);
    buf_str(out, ">\n");
    for (size_t i = 0; i < g->n_groups; i++) {
        buf_str(out, " <testsuite");
        put_attribute(out, "name", *g->groups[i].name ? g->groups[i].name : g->subject);
        put_counts(out, g, i, false);
        buf_str(out, " time=\"0\">\n");
        for (size_t k = 0; k < g->n_rows; k++)
            if (g->rows[k].group == i && !g->rows[k].watched)
                put_case(out, g, &g->rows[k]);
        buf_str(out, " </testsuite>\n");
    }
    buf_str(out, "</testsuites>\n");
}
