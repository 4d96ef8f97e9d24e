#include "exporters/exposition.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static const char *const type_names[] = {
    [EXPOSITION_COUNTER] = "counter",
    [EXPOSITION_GAUGE] = "gauge",
    [EXPOSITION_HISTOGRAM] = "histogram",
};

void exposition_number(struct buf *out, double v)
{
    char text[40];

    if (isnan(v)) {
        buf_str(out, "NaN");
        return;
    }
    if (isinf(v)) {
        buf_str(out, v < 0 ? "-Inf" : "+Inf");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    buf_str(out, text);
}

/* OpenMetrics wants a bound to be a float that is told from an integer: "1.0". */
static void put_bound(const struct exposition *e, double v)
{
    size_t from = e->out->len;

    exposition_number(e->out, v);
    if (e->openmetrics && !isinf(v) && !strpbrk(e->out->p + from, ".e"))
        buf_str(e->out, ".0");
}

/*
 * What would end the text, or the line, is escaped; bytes that are not UTF-8, which make a
 * reader refuse the whole page, become U+FFFD. Quotes stay as they are in help of 0.0.4.
 */
static void put_escaped(struct buf *out, const char *text, bool quotes)
{
    size_t n = strlen(text);

    for (size_t i = 0; i < n;) {
        size_t len = utf8_length((const unsigned char *)text + i, n - i);

        if (!len) {
            buf_str(out, "\xEF\xBF\xBD");
            i++;
            continue;
        }
        if (text[i] == '\\')
            buf_str(out, "\\\\");
        else if (text[i] == '\n')
            buf_str(out, "\\n");
        else if (text[i] == '"' && quotes)
            buf_str(out, "\\\"");
        else
            buf_add(out, text + i, len);
        i += len;
    }
}

/* Returns whether anything stands between the braces, which are put by the caller. */
static bool put_labels(struct buf *out, const struct exposition_label *labels, unsigned n)
{
    bool any = false;

    for (unsigned i = 0; i < n; i++) {
        if (!labels[i].value || !*labels[i].value)
            continue;
        buf_str(out, any ? "," : "{");
        buf_str(out, labels[i].name);
        buf_str(out, "=\"");
        put_escaped(out, labels[i].value, true);
        buf_char(out, '"');
        any = true;
    }
    return any;
}

void exposition_family(struct exposition *e, const char *name, enum exposition_type type,
                       const char *unit, const char *help)
{
    /* In the old format a counter's family is called like its samples. */
    const char *suffix = type == EXPOSITION_COUNTER && !e->openmetrics ? "_total" : "";

    e->family = name;
    buf_printf(e->out, "# HELP %s%s ", name, suffix);
    put_escaped(e->out, help, e->openmetrics);
    buf_printf(e->out, "\n# TYPE %s%s %s\n", name, suffix, type_names[type]);
    if (unit && e->openmetrics)
        buf_printf(e->out, "# UNIT %s %s\n", name, unit);
}

void exposition_sample(struct exposition *e, const char *suffix,
                       const struct exposition_label *labels, unsigned n, double value)
{
    buf_str(e->out, e->family);
    buf_str(e->out, suffix);
    if (put_labels(e->out, labels, n))
        buf_char(e->out, '}');
    buf_char(e->out, ' ');
    exposition_number(e->out, value);
    buf_char(e->out, '\n');
}

static void put_exemplar(struct buf *out, const struct exposition_exemplar *x)
{
    int64_t ms = x->at_ns / 1000000;

    buf_str(out, " # ");
    if (!put_labels(out, x->labels, x->n_labels))
        buf_char(out, '{');
    buf_str(out, "} ");
    exposition_number(out, x->value);
    buf_printf(out, " %" PRId64 ".%03" PRId64, ms / 1000, ms % 1000);
}

void exposition_bucket(struct exposition *e, const struct exposition_label *labels,
                       unsigned n, double upto, uint64_t count,
                       const struct exposition_exemplar *exemplar)
{
    buf_printf(e->out, "%s_bucket", e->family);
    buf_str(e->out, put_labels(e->out, labels, n) ? ",le=\"" : "{le=\"");
    put_bound(e, upto);
    buf_printf(e->out, "\"} %" PRIu64, count);
    if (exemplar && e->openmetrics)
        put_exemplar(e->out, exemplar);
    buf_char(e->out, '\n');
}

void exposition_end(struct exposition *e)
{
    if (e->openmetrics)
        buf_str(e->out, "# EOF\n");
}
