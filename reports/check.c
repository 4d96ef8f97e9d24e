#include "reports/check.h"

#include <math.h>
#include <string.h>

#include "base/units.h"
#include "reports/figure.h"
#include "reports/json_parts.h"
#include "reports/text.h"

enum column { OBJECTIVE, CELL, PHASE, VALUE, INTERVAL, SAMPLE, ERROR, N_COLUMNS };

static const struct gate_column columns[N_COLUMNS] = {
    [OBJECTIVE] = { "objective", 'l' }, [CELL] = { "cell", 'l' },
    [PHASE] = { "phase", 'l' },         [VALUE] = { "value", 'r' },
    [INTERVAL] = { "95 % CI", 'l' },    [SAMPLE] = { "sample", 'r' },
    [ERROR] = { "instrument", 'r' },
};

static const enum gate_verdict verdicts[N_VERDICTS] = {
    [VERDICT_PASS] = GATE_PASS,
    [VERDICT_FAIL] = GATE_FAIL,
    [VERDICT_NO_DATA] = GATE_NO_DATA,
};

void check_begin(struct gate *g)
{
    gate_init(g, "check", columns, N_COLUMNS);
}

/* --- pieces of a row ------------------------------------------------------------------ */

static void put_value(struct buf *b, const struct slo *slo, double v)
{
    if (slo->is_rate)
        figure_rate(b, rates[slo->rate].unit, v);
    else
        figure_value(b, metrics[slo->metric].unit, v);
}

static const char *phase_of(const struct slo *slo)
{
    for (size_t i = 0; i < slo->n_selectors; i++)
        if (!strcmp(slo->selectors[i].key, "phase"))
            return slo->selectors[i].value;
    return "";
}

static const char *cell_of(struct gate *g, const struct run *run, uint32_t cell)
{
    struct buf b = { 0 };

    buf_str(&b, "");
    if (cell == UINT32_MAX)
        buf_str(&b, "no such cell");
    else
        text_cell_name(&b, run, cell);
    return gate_text(g, &b);
}

static const char *value_text(struct gate *g, const struct slo *slo,
                              const struct summary_slo *v)
{
    struct buf b = { 0 };

    if (!v->has_value)
        buf_str(&b, "–");
    else if (v->infinite)
        buf_str(&b, "∞");
    else
        put_value(&b, slo, v->value);
    return gate_text(g, &b);
}

static const char *interval_text(struct gate *g, const struct slo *slo,
                                 const struct summary_slo *v)
{
    struct buf b = { 0 };

    buf_str(&b, "");
    if (v->interval && !v->infinite) {
        put_value(&b, slo, v->lo);
        buf_str(&b, "..");
        if (v->hi < 0)
            buf_str(&b, "∞");
        else
            put_value(&b, slo, v->hi);
    }
    return gate_text(g, &b);
}

static const char *sample_text(struct gate *g, const struct summary_slo *v)
{
    struct buf b = { 0 };

    units_put_count(&b, v->n);
    if (v->verdict == VERDICT_NO_DATA && v->n < v->needs) {
        buf_str(&b, " of ");
        units_put_count(&b, v->needs);
    }
    return gate_text(g, &b);
}

static const char *error_text(struct gate *g, const struct slo *slo,
                              const struct summary_slo *v)
{
    struct buf b = { 0 };

    buf_str(&b, "");
    if (v->error >= 0) {
        buf_str(&b, "±");
        put_value(&b, slo, v->error);
    }
    if (v->flips)
        buf_str(&b, " flips it");
    return gate_text(g, &b);
}

/* One line that stands alone: for an annotation, or a test that failed. */
static const char *sentence(struct gate *g, const struct gate_row *r,
                            const struct summary_slo *v)
{
    struct buf b = { 0 };

    buf_printf(&b, "%s", r->name);
    if (*r->where)
        buf_printf(&b, " (%s)", r->where);
    if (v->infinite)
        buf_str(&b, ": so many requests failed that it is one of them");
    else if (v->has_value)
        buf_printf(&b, ": %s", r->cells[VALUE]);
    if (*r->cells[INTERVAL])
        buf_printf(&b, ", 95 %% CI %s", r->cells[INTERVAL]);
    if (v->verdict == VERDICT_NO_DATA) {
        buf_printf(&b, "%sno data: ", v->has_value ? "; " : ": ");
        figure_sample(&b, v);
    } else
        buf_printf(&b, ", of %s", r->cells[SAMPLE]);
    if (v->flips)
        buf_printf(&b, "; the error of the instrument, %s, would turn the verdict",
                   r->cells[ERROR]);
    return gate_text(g, &b);
}

static const char *json_of(struct gate *g, const struct run *run, const struct slo *slo,
                           const struct summary_slo *v)
{
    double factor = slo->is_rate ? json_rate_units[rates[slo->rate].unit].factor : 1;
    struct buf b = { 0 };
    struct jsonw w;

    jsonw_init(&w, &b, 0);
    jsonw_object(&w);
    json_put_text(&w, "slo", slo->text);
    json_put_text(&w, "cell", v->cell == UINT32_MAX ? NULL : run->cells[v->cell].name);
    json_put_text(&w, "phase", *phase_of(slo) ? phase_of(slo) : NULL);
    json_put_text(&w, "unit",
                  slo->is_rate ? json_rate_units[rates[slo->rate].unit].unit
                               : unit_names[metrics[slo->metric].unit]);
    json_put_int(&w, "bound", llround(slo->value * factor));
    json_put_ns(&w, "value",
                v->has_value && !v->infinite ? llround(v->value * factor) : NS_ABSENT);
    json_put_bool(&w, "infinite", v->infinite);
    json_put_ns(&w, "lo", v->interval ? llround(v->lo * factor) : NS_ABSENT);
    json_put_ns(&w, "hi", v->interval && v->hi >= 0 ? llround(v->hi * factor) : NS_ABSENT);
    json_put_count(&w, "n", v->n);
    json_put_count(&w, "needs", v->needs);
    json_put_ns(&w, "instrument_error", v->error >= 0 ? llround(v->error) : NS_ABSENT);
    json_put_bool(&w, "within_instrument_error", v->flips);
    jsonw_end(&w);
    return gate_text(g, &b);
}

static void add_row(struct gate *g, const struct summary *s, const struct summary_slo *v)
{
    const struct slo *slo = &s->run->slos[v->slo];
    struct gate_row *r = gate_add_row(g);
    const char *phase = phase_of(slo), *cell = cell_of(g, s->run, v->cell);

    r->verdict = verdicts[v->verdict];
    r->where = *cell && *phase ? arena_printf(&g->arena, "%s, %s", cell, phase)
                               : arena_strdup(&g->arena, *cell ? cell : phase);
    r->cells[OBJECTIVE] = arena_strdup(&g->arena, slo->text);
    r->name = r->cells[OBJECTIVE];
    r->cells[CELL] = cell;
    r->cells[PHASE] = arena_strdup(&g->arena, phase);
    r->cells[VALUE] = value_text(g, slo, v);
    r->cells[INTERVAL] = interval_text(g, slo, v);
    r->cells[SAMPLE] = sample_text(g, v);
    r->cells[ERROR] = error_text(g, slo, v);
    r->sentence = sentence(g, r, v);
    r->json = json_of(g, s->run, slo, v);
}

/* --- a run ---------------------------------------------------------------------------- */

static bool is_invalid(const struct summary *s)
{
    return s->health.validity > VALIDITY_DEGRADED ||
           (s->ended && (s->end.reason == END_DISK || s->end.reason == END_FAILED));
}

static const char *group_line(struct gate *g, const struct summary *s)
{
    struct buf b = { 0 };

    buf_str(&b, validity_names[s->health.validity]);
    if (s->health.e != NS_ABSENT) {
        buf_str(&b, ", error of the instrument ±");
        units_put_duration(&b, s->health.e);
    }
    buf_str(&b, ", ");
    units_put_count(&b, s->total.requests);
    buf_str(&b, " requests");
    if (!s->ended || s->end.reason != END_DONE)
        buf_printf(&b, ", %s", s->ended ? end_reason_names[s->end.reason] : "did not end");
    return gate_text(g, &b);
}

/* Nothing that such a run shows is about the API: no objective of it passes or fails. */
static void add_invalid(struct gate *g, const struct summary *s)
{
    struct gate_row *r = gate_add_row(g);

    r->verdict = GATE_INVALID;
    r->name = r->cells[OBJECTIVE] = "the run is valid";
    r->cells[VALUE] = "no";
    r->sentence = arena_printf(&g->arena, "the run is not valid (%s): %s",
                               validity_names[s->health.validity],
                               s->n_warnings    ? s->warnings[0].text
                               : *s->end.detail ? s->end.detail
                                                : "`tokdyno report` says why");
    gate_note(g, "%s", r->sentence);
}

void check_add(struct gate *g, const struct summary *s, const char *path)
{
    size_t group = gate_add_group(g, path);

    g->subject = arena_strdup(&g->arena, s->run->name);
    g->groups[group].line = group_line(g, s);
    if (is_invalid(s))
        add_invalid(g, s);
    for (size_t i = 0; i < s->n_slos; i++)
        add_row(g, s, &s->slos[i]);
    if (!s->n_slos)
        gate_note(g, "%s has no objectives: give its scenario `slo:`, or --slo", path);
}

/* --- all ------------------------------------------------------------------------------ */

static const struct gate_row *first_of(const struct gate *g, enum gate_verdict v)
{
    for (size_t i = 0; i < g->n_rows; i++)
        if (g->rows[i].verdict == v)
            return &g->rows[i];
    return NULL;
}

void check_end(struct gate *g)
{
    const struct gate_row *worst;
    struct buf b = { 0 };
    size_t n = g->n_rows - gate_count(g, GATE_INVALID);

    g->verdict = gate_worst(g);
    worst = first_of(g, g->verdict);
    buf_printf(&b, "%s: ", g->subject);
    if (g->verdict == GATE_PASS)
        buf_printf(&b, n == 1 ? "the objective is met" : "all %zu objectives are met", n);
    else if (!worst)
        buf_str(&b, "no objective to check");
    else if (g->verdict == GATE_INVALID)
        buf_str(&b, worst->sentence);
    else
        buf_printf(&b, "%zu of %zu objectives %s: %s", gate_count(g, g->verdict), n,
                   g->verdict == GATE_FAIL ? "not met" : "cannot be judged",
                   worst->sentence);
    g->headline = gate_text(g, &b);
}
