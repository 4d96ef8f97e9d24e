#include "reports/compare.h"

#include <math.h>

#include "base/units.h"
#include "reports/figure.h"
#include "reports/json_parts.h"

enum column { FIGURE, CELL, BASE, HEAD, CHANGE, INTERVAL, P, SEES, N_COLUMNS };

static const struct gate_column columns[N_COLUMNS] = {
    [FIGURE] = { "figure", 'l' }, [CELL] = { "cell", 'l' },
    [BASE] = { "base", 'r' },     [HEAD] = { "head", 'r' },
    [CHANGE] = { "change", 'r' }, [INTERVAL] = { "95 % CI", 'l' },
    [P] = { "p", 'r' },           [SEES] = { "sees", 'r' },
};

static const enum gate_verdict verdicts[] = {
    [COMPARE_PASS] = GATE_PASS,
    [COMPARE_FAIL] = GATE_FAIL,
    [COMPARE_INCONCLUSIVE] = GATE_INCONCLUSIVE,
    [COMPARE_NO_DATA] = GATE_NO_DATA,
};

void report_compare_begin(struct gate *g, const char *scenario)
{
    gate_init(g, "compare", columns, N_COLUMNS);
    g->subject = arena_strdup(&g->arena, scenario);
}

void report_side(struct buf *out, const struct compare_side *s)
{
    size_t trials = 0;

    for (size_t i = 0; i < s->n; i++)
        trials += s->runs[i]->n_trials;
    buf_printf(out, "%zu trial%s of ", trials, trials == 1 ? "" : "s");
    if (s->n == 1)
        buf_printf(out, "%s (%s)", s->runs[0]->source,
                   validity_names[s->runs[0]->validity]);
    else if (s->n)
        buf_printf(out, "%zu runs, %s to %s", s->n, s->runs[0]->source,
                   s->runs[s->n - 1]->source);
    else
        buf_str(out, "nothing");
}

/* --- pieces ------------------------------------------------------------------------------
 */

static bool more_is_better(const struct slo *rule)
{
    return rule->is_rate ? rates[rule->rate].more_is_better
                         : metrics[rule->metric].more_is_better;
}

static void put_value(struct buf *b, const struct slo *rule, double v)
{
    if (rule->is_rate)
        figure_rate(b, rates[rule->rate].unit, v);
    else if (metrics[rule->metric].unit == UNIT_NS && v >= (double)HIST_HIGHEST)
        buf_str(b, "∞");
    else
        figure_value(b, metrics[rule->metric].unit, v);
}

/* A ratio as people say it, of the figure itself: worse is + or - by its direction. */
static void put_change(struct buf *b, double ratio)
{
    double percent = (ratio - 1) * 100;

    if (ratio > 100)
        buf_str(b, "> 100 times");
    else if (fabs(percent) < 0.05)
        buf_str(b, "0 %");
    else
        buf_printf(b, fabs(percent) < 9.95 ? "%+.1f %%" : "%+.0f %%", percent);
}

/* Of the worse-ratio that comparing is done with. */
static double natural(const struct slo *rule, double worse)
{
    return more_is_better(rule) ? 1 / worse : worse;
}

static const char *text_of_value(struct gate *g, const struct compare_row *r,
                                 const struct compare_values *v)
{
    struct buf b = { 0 };

    if (r->verdict == COMPARE_NO_DATA)
        buf_str(&b, "–");
    else
        put_value(&b, r->rule, v->median);
    return gate_text(g, &b);
}

static const char *text_of_change(struct gate *g, const struct compare_row *r)
{
    struct buf b = { 0 };

    buf_str(&b, "");
    if (r->has_ratio)
        put_change(&b, r->method == COMPARE_SHARES ? r->ratio : natural(r->rule, r->ratio));
    return gate_text(g, &b);
}

static const char *text_of_interval(struct gate *g, const struct compare_row *r)
{
    struct buf b = { 0 };
    double lo = more_is_better(r->rule) ? r->hi : r->lo;
    double hi = more_is_better(r->rule) ? r->lo : r->hi;

    buf_str(&b, "");
    if (r->has_ratio && r->lo > 0 && r->confidence >= 0.5) {
        put_change(&b, natural(r->rule, lo));
        buf_str(&b, "..");
        put_change(&b, natural(r->rule, hi));
        if (r->confidence < 0.95 - 1e-9)
            buf_printf(&b, " (%.0f %%)", r->confidence * 100);
    }
    return gate_text(g, &b);
}

static void put_p(struct buf *b, double p)
{
    buf_printf(b, p < 0.0001 ? "< 0.0001" : p < 0.1 ? "%.4f" : "%.2f", p);
}

static const char *text_of_p(struct gate *g, const struct compare_row *r)
{
    struct buf b = { 0 };

    buf_str(&b, "");
    if (r->tested)
        put_p(&b, r->adjusted);
    return gate_text(g, &b);
}

static const char *text_of_sees(struct gate *g, const struct compare_row *r)
{
    struct buf b = { 0 };

    buf_str(&b, "");
    if (r->detectable > 0)
        buf_printf(&b, r->detectable < 0.0995 ? "%.1f %%" : "%.0f %%", r->detectable * 100);
    return gate_text(g, &b);
}

/* "+20 %", "< 0.5 %": what was allowed. */
static void put_limit(struct buf *b, const struct compare_row *r)
{
    if (r->rule->relative && r->limit > r->threshold) {
        put_change(b, natural(r->rule, r->limit));
        buf_str(b, ", the noise floor");
    } else if (r->rule->relative) {
        buf_printf(b, "%s%.3g %%", more_is_better(r->rule) ? "-" : "+",
                   r->rule->value / 1e4);
    } else {
        put_value(b, r->rule, r->rule->value);
    }
}

static void put_wanted(struct buf *b, const struct compare_row *r)
{
    size_t have = r->base.n < r->head.n ? r->base.n : r->head.n;
    bool head_only = r->base.n >= r->trials;

    if (!r->trials) {
        buf_str(b, "; more than 200 trials a side would be needed to tell so little");
        return;
    }
    if (r->trials <= have) {
        buf_str(b, "; the change is too near the limit to be sure");
        return;
    }
    have = head_only ? r->head.n : have;
    buf_printf(b, "; not enough data: %zu more trial%s %s would tell ", r->trials - have,
               r->trials - have == 1 ? "" : "s", head_only ? "of HEAD" : "a side");
    put_change(b, natural(r->rule, r->limit));
    buf_str(b, " at 95 %");
}

static const char *sentence(struct gate *g, const struct compare_row *r,
                            const struct gate_row *row)
{
    struct buf b = { 0 };

    buf_str(&b, r->subject);
    if (*r->cell)
        buf_printf(&b, " (%s)", r->cell);
    if (r->verdict == COMPARE_NO_DATA) {
        buf_str(&b, ": no value in every trial");
        if (r->needs > 1) {
            buf_str(&b, "; it takes ");
            units_put_count(&b, r->needs);
            buf_str(&b, " requests in each");
        }
        return gate_text(g, &b);
    }
    buf_printf(&b, " %s → %s", row->cells[BASE], row->cells[HEAD]);
    if (*row->cells[CHANGE])
        buf_printf(&b, ", %s", row->cells[CHANGE]);
    if (*row->cells[INTERVAL])
        buf_printf(&b, " (95 %% CI %s)", row->cells[INTERVAL]);
    if (r->tested) {
        buf_str(&b, ", p ");
        put_p(&b, r->adjusted);
    }
    buf_str(&b, ", limit ");
    put_limit(&b, r);
    if (r->verdict == COMPARE_INCONCLUSIVE && r->method != COMPARE_SHARES)
        put_wanted(&b, r);
    else if (r->verdict == COMPARE_INCONCLUSIVE)
        buf_str(&b, "; may be chance: more requests would tell");
    else if (r->changed)
        buf_str(&b, "; changed for sure, within the limit");
    return gate_text(g, &b);
}

/* --- JSON --------------------------------------------------------------------------------
 */

static void put_double(struct jsonw *w, const char *key, double v, bool known)
{
    jsonw_key(w, key);
    if (known)
        jsonw_double(w, v);
    else
        jsonw_null(w);
}

static void put_side(struct jsonw *w, const char *key, const struct compare_values *v,
                     double factor)
{
    json_begin_object(w, key);
    json_put_count(w, "requests", v->requests);
    put_double(w, "median", v->median * factor, v->n > 0);
    json_begin_array(w, "trials");
    for (size_t i = 0; i < v->n; i++)
        jsonw_double(w, v->p[i] * factor);
    jsonw_end(w);
    jsonw_end(w);
}

static const char *json_of(struct gate *g, const struct compare_row *r)
{
    double factor =
        r->rule->is_rate ? json_rate_units[rates[r->rule->rate].unit].factor : 1;
    struct buf b = { 0 };
    struct jsonw w;

    jsonw_init(&w, &b, 0);
    jsonw_object(&w);
    json_put_text(&w, "rule", r->rule->text);
    json_put_text(&w, "figure", r->subject);
    json_put_text(&w, "cell", r->cell);
    json_put_text(&w, "unit",
                  r->rule->is_rate ? json_rate_units[rates[r->rule->rate].unit].unit
                                   : unit_names[metrics[r->rule->metric].unit]);
    json_put_text(&w, "better", more_is_better(r->rule) ? "higher" : "lower");
    json_put_text(&w, "method", compare_method_names[r->method]);
    put_side(&w, "base", &r->base, factor);
    put_side(&w, "head", &r->head, factor);
    put_double(&w, "worse_ratio", r->ratio, r->has_ratio);
    put_double(&w, "ci_low", r->lo, r->has_ratio && r->lo > 0);
    put_double(&w, "ci_high", r->hi, r->has_ratio && r->hi > 0);
    put_double(&w, "ci_confidence", r->confidence, r->has_ratio && r->lo > 0);
    put_double(&w, "p", r->p, r->tested);
    put_double(&w, "p_adjusted", r->adjusted, r->tested);
    put_double(&w, "threshold", r->threshold, r->rule->relative);
    put_double(&w, "noise_floor", r->floor, r->floor > 0);
    put_double(&w, "limit", r->limit, r->rule->relative);
    put_double(&w, "log_sd", r->log_sd, r->log_sd > 0);
    put_double(&w, "detectable", r->detectable, r->detectable > 0);
    json_put_bool(&w, "changed", r->changed);
    json_put_count(&w, "requests_needed", r->needs);
    json_put_count(&w, "trials_wanted", r->trials);
    jsonw_end(&w);
    return gate_text(g, &b);
}

/* --- all ---------------------------------------------------------------------------------
 */

static void add_row(struct gate *g, const struct compare_row *r, bool blocked)
{
    struct gate_row *row = gate_add_row(g);

    row->verdict = verdicts[r->verdict];
    row->watched = r->watched || blocked;
    row->name = arena_strdup(&g->arena, r->rule->text);
    row->where = row->cells[CELL] = arena_strdup(&g->arena, r->cell);
    row->cells[FIGURE] = arena_strdup(&g->arena, r->subject);
    row->cells[BASE] = text_of_value(g, r, &r->base);
    row->cells[HEAD] = text_of_value(g, r, &r->head);
    row->cells[CHANGE] = text_of_change(g, r);
    row->cells[INTERVAL] = text_of_interval(g, r);
    row->cells[P] = text_of_p(g, r);
    row->cells[SEES] = text_of_sees(g, r);
    row->sentence = sentence(g, r, row);
    row->json = json_of(g, r);
}

/* Is a verdict forbidden? */
static bool add_remarks(struct gate *g, const struct compare *c, bool anyway)
{
    bool blocked = false;

    for (size_t i = 0; i < c->n_remarks; i++) {
        const struct compare_remark *r = &c->remarks[i];
        struct gate_row *row;

        gate_note(g, "%s", r->text);
        if (r->weight == COMPARE_TOLD || (anyway && r->weight == COMPARE_YIELDS))
            continue;
        row = gate_add_row(g);
        row->verdict = GATE_INVALID;
        row->name = row->cells[FIGURE] = "the sides can be compared";
        row->sentence = arena_strdup(&g->arena, r->text);
        blocked = true;
    }
    return blocked;
}

/* The figure that wants the most trials speaks for all. */
static void add_wanted(struct gate *g, const struct compare *c)
{
    const struct compare_row *most = NULL;
    struct buf b = { 0 };
    size_t n = 0;

    for (size_t i = 0; i < c->n_rows; i++) {
        const struct compare_row *r = &c->rows[i];

        if (r->verdict != COMPARE_INCONCLUSIVE || r->watched || r->method == COMPARE_SHARES)
            continue;
        n++;
        if (!most || (most->trials && (!r->trials || r->trials > most->trials)))
            most = r;
    }
    if (n < 2)
        return;
    put_wanted(&b, most);
    gate_note(g, "%zu figures are open; %s wants the most: %s", n, most->subject, b.p + 2);
    buf_free(&b);
}

static void add_method(struct gate *g, const struct compare *c)
{
    if (c->paired)
        gate_note(g, "trials are compared in pairs: both sides asked the same at the same "
                     "times");
    if (c->single)
        gate_note(g,
                  "one trial a side: this says that the two trials differ, not that what "
                  "was tested does; `repeat: 5` tells");
}

void report_compare_add(struct gate *g, const struct compare *c, const char *title,
                        const char *base, const char *head, bool anyway)
{
    size_t group = gate_add_group(g, title);
    bool blocked;

    g->groups[group].line = arena_printf(&g->arena, "base: %s · head: %s", base, head);
    blocked = add_remarks(g, c, anyway);
    for (size_t i = 0; i < c->n_rows; i++)
        add_row(g, &c->rows[i], blocked);
    if (!blocked)
        add_wanted(g, c);
    add_method(g, c);
}

/* The row of that verdict that is farthest off: rows are in the order of the rules. */
static const struct gate_row *first_of(const struct gate *g, enum gate_verdict v)
{
    for (size_t i = 0; i < g->n_rows; i++)
        if (g->rows[i].verdict == v && !g->rows[i].watched)
            return &g->rows[i];
    return NULL;
}

static void add_headline(struct gate *g)
{
    const struct gate_row *row = first_of(g, g->verdict);
    size_t n = gate_count(g, g->verdict);
    struct buf b = { 0 };

    buf_printf(&b, "%s: ", g->subject);
    if (g->verdict == GATE_PASS)
        buf_printf(&b, "none of %zu figures is worse than allowed", n);
    else if (!row)
        buf_str(&b, "no figure has enough data to be compared");
    else
        buf_str(&b, row->sentence);
    if (row && n > 1 && g->verdict != GATE_PASS)
        buf_printf(&b, "; and %zu more", n - 1);
    g->headline = gate_text(g, &b);
}

void report_compare_end(struct gate *g)
{
    g->verdict = gate_worst(g);
    if (g->verdict == GATE_PASS && !gate_count(g, GATE_PASS))
        g->verdict = GATE_NO_DATA;
    add_headline(g);
}
