#include "cmd/explain.h"

#include <string.h>

#include "data/health.h"
#include "data/metric.h"
#include "data/metric_peers.h"
#include "data/nearest.h"
#include "data/outcome.h"
#include "data/rate.h"
#include "data/scenario_keys.h"
#include "data/warning.h"

enum { WIDTH = 80, COLUMN = 30 };

/* Words in lines of at most WIDTH, each behind so many spaces; we are at column `at`. */
static void put_wrapped(struct buf *out, const char *text, size_t indent, size_t at)
{
    while (*text) {
        size_t n = strcspn(text, " ");

        if (at > indent && at + 1 + n > WIDTH) {
            buf_printf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            buf_char(out, ' ');
            at++;
        }
        buf_add(out, text, n);
        at += n;
        text += n + strspn(text + n, " ");
    }
    buf_char(out, '\n');
}

static void put_row(struct buf *out, const char *name, const char *help)
{
    size_t n = strlen(name);

    buf_printf(out, "  %s%*s", name, n + 3 < COLUMN ? (int)(COLUMN - 2 - n) : 2, "");
    put_wrapped(out, help, COLUMN, COLUMN);
}

static void put_field(struct buf *out, const char *label, const char *text)
{
    buf_printf(out, "  %-9s ", label);
    put_wrapped(out, text, 12, 12);
}

static void put_choices(struct buf *out, const struct key *k)
{
    buf_printf(out, "  %-9s ", "one of");
    for (const char *const *c = k->choices; *c; c++)
        buf_printf(out, "%s%s", c == k->choices ? "" : ", ", *c);
    buf_char(out, '\n');
}

static void put_key(struct buf *out, const struct key *k)
{
    buf_printf(out, "%s\n  ", k->path);
    put_wrapped(out, k->help, 2, 2);
    if (k->choices)
        put_choices(out, k);
    else
        put_field(out, "expected", k->type->expected);
    if (k->least || k->most)
        buf_printf(out, "  %-9s %s to %s\n", "range", k->least ? k->least : "0",
                   k->most ? k->most : "any");
    if (k->flags & KEY_MUST)
        put_field(out, "default", "none: it has to be there");
    else
        put_field(out, "default",
                  k->fallback    ? k->fallback
                  : k->otherwise ? k->otherwise
                                 : "none");
    buf_printf(out, "  %-9s %s:", "example", key_leaf(k));
    put_wrapped(out, k->example, 12, 12 + strlen(key_leaf(k)) + 1);
}

/* "AIPerf  inter_chunk_latency (ICL): gaps between ..." */
static void put_peers(struct buf *out, bool is_rate, int id)
{
    size_t n = 0;

    for (size_t i = 0; i < n_peer_names; i++) {
        const struct peer_name *p = &peer_names[i];
        struct buf line = { 0 };

        if (p->is_rate != is_rate || id != (is_rate ? (int)p->rate : (int)p->metric))
            continue;
        buf_str(out, n++ ? "" : "  elsewhere\n");
        buf_printf(&line, "%s: %s", p->name, p->formula);
        buf_printf(out, "    %-16s  ", peers[p->peer].name);
        put_wrapped(out, line.p, 22, 22);
        buf_free(&line);
    }
}

static void put_metric(struct buf *out, const struct metric *m)
{
    buf_printf(out, "%s (metric): %s\n  ", m->name, m->title);
    put_wrapped(out, m->help, 2, 2);
    if (m->span)
        put_field(out, "span", m->span);
    put_field(out, "unit", unit_names[m->unit]);
    put_field(out, "of", m->per_request ? "requests, their final attempt" : "attempts");
    put_field(out, "better", m->more_is_better ? "higher" : "lower");
    buf_printf(out, "  %-9s %s %s\n", "objective", m->name, explain_example(m));
    if (m->otel)
        put_field(out, "OTel", m->otel);
    put_peers(out, false, (int)(m - metrics));
}

static void put_rate(struct buf *out, const struct rate *r)
{
    buf_printf(out, "%s (rate): %s\n  ", r->name, r->title);
    put_wrapped(out, r->help, 2, 2);
    put_field(out, "better", r->more_is_better ? "higher" : "lower");
    put_peers(out, true, (int)(r - rates));
}

static void put_outcome(struct buf *out, const struct outcome_row *o)
{
    buf_printf(out, "%s (outcome)\n  ", o->name);
    put_wrapped(out, o->help, 2, 2);
    put_field(out, "retried", o->retry ? "where the policy allows it" : "never");
    put_field(out, "error", o->error ? "yes" : "no");
    put_field(out, "latency", o->latency ? "counts" : "does not count");
}

static void put_one_warning(struct buf *out, const struct warning *w)
{
    buf_printf(out, "%s (warning)\n", w->id);
    put_field(out, "said when", w->when);
    put_field(out, "level", warning_level_names[w->level]);
    put_field(out, "means", w->means);
    put_field(out, "do", w->remedy);
}

static size_t explain_lags(struct buf *out, const char *name, size_t n)
{
    for (size_t i = 0; i < N_HEALTH_LAGS; i++) {
        const struct health_lag *l = &health_lags[i];

        if (strcmp(name, l->name) != 0)
            continue;
        buf_printf(out, "%s%s (of the instrument)\n  ", n++ ? "\n" : "", l->name);
        put_wrapped(out, l->help, 2, 2);
        put_field(out, "span", l->span);
        put_field(out, "unit", unit_names[UNIT_NS]);
        put_field(out, "of", l->of);
    }
    return n;
}

/* "warnings" is all of them. */
static size_t explain_warnings(struct buf *out, const char *name, size_t n)
{
    for (size_t i = 0; i < n_warnings; i++)
        if (!strcmp(name, "warnings") || !strcmp(name, warnings[i].id)) {
            buf_str(out, n++ ? "\n" : "");
            put_one_warning(out, &warnings[i]);
        }
    return n;
}

/* Is `name` the whole path, the part behind its last dot, or a section above it? */
static bool means(const struct key *k, const char *name)
{
    size_t n = strlen(name);

    return !strcmp(k->path, name) || !strcmp(key_leaf(k), name) || path_key(name) == k ||
           (!strncmp(k->path, name, n) && (k->path[n] == '.' || k->path[n] == '['));
}

void explain_all(struct buf *out)
{
    buf_str(out,
            "Keys of a scenario (`tokdyno explain KEY` tells more; [] is each phase):\n");
    for (size_t i = 0; i < n_scenario_keys; i++)
        put_row(out, scenario_keys[i].path, scenario_keys[i].help);
    buf_str(out, "\nMetrics, for SLOs as `ttft p95 < 400ms`:\n");
    for (size_t i = 0; i < N_METRICS; i++)
        put_row(out, metrics[i].name, metrics[i].help);
    buf_str(out, "\nOf the instrument, under Instrument in a report:\n");
    for (size_t i = 0; i < N_HEALTH_LAGS; i++)
        put_row(out, health_lags[i].name, health_lags[i].help);
    buf_str(out, "\nRates, for SLOs as `error_rate < 0.1%`:\n");
    for (size_t i = 0; i < N_RATES; i++)
        put_row(out, rates[i].name, rates[i].help);
    buf_str(out, "\nOutcomes of an attempt:\n");
    for (size_t i = 0; i < N_OUTCOMES; i++)
        put_row(out, outcomes[i].name, outcomes[i].help);
    buf_str(out, "\nWarnings of a report (`tokdyno explain warnings` tells what to do):\n");
    for (size_t i = 0; i < n_warnings; i++)
        put_row(out, warnings[i].id, warnings[i].when);
}

static int no_such_name(const char *name, struct err *err)
{
    struct nearest near = nearest_to(str_of(name));

    for (size_t i = 0; i < n_scenario_keys; i++) {
        nearest_try(&near, scenario_keys[i].path);
        nearest_try(&near, key_leaf(&scenario_keys[i]));
    }
    for (size_t i = 0; i < N_METRICS; i++)
        nearest_try(&near, metrics[i].name);
    for (size_t i = 0; i < N_HEALTH_LAGS; i++)
        nearest_try(&near, health_lags[i].name);
    for (size_t i = 0; i < N_RATES; i++)
        nearest_try(&near, rates[i].name);
    for (size_t i = 0; i < N_OUTCOMES; i++)
        nearest_try(&near, outcomes[i].name);
    for (size_t i = 0; i < n_warnings; i++)
        nearest_try(&near, warnings[i].id);
    err_set(err, ERR_USAGE,
            "no key, metric, rate, outcome or warning is called \"%.80s\"%s", name,
            near.best ? "" : "; `tokdyno explain` lists them");
    return nearest_hint(&near, err);
}

int explain_name(struct buf *out, const char *name, struct err *err)
{
    size_t before = out->len;
    size_t n = 0;

    for (size_t i = 0; i < n_scenario_keys; i++)
        if (means(&scenario_keys[i], name)) {
            buf_str(out, n++ ? "\n" : "");
            put_key(out, &scenario_keys[i]);
        }
    for (size_t i = 0; i < N_METRICS; i++)
        if (!strcmp(metrics[i].name, name)) {
            buf_str(out, n++ ? "\n" : "");
            put_metric(out, &metrics[i]);
        }
    for (size_t i = 0; i < N_RATES; i++)
        if (!strcmp(rates[i].name, name)) {
            buf_str(out, n++ ? "\n" : "");
            put_rate(out, &rates[i]);
        }
    for (size_t i = 0; i < N_OUTCOMES; i++)
        if (!strcmp(outcomes[i].name, name)) {
            buf_str(out, n++ ? "\n" : "");
            put_outcome(out, &outcomes[i]);
        }
    n = explain_lags(out, name, n);
    n = explain_warnings(out, name, n);
    for (size_t i = 0; i < n_scenario_keys && !n; i++)
        if (!strcmp(scenario_keys[i].type->name, name)) {
            buf_printf(out, "%s (kind of value)\n", name);
            put_field(out, "expected", scenario_keys[i].type->expected);
            n++;
        }
    return out->len > before ? 0 : no_such_name(name, err);
}
