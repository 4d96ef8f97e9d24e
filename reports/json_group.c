#include "reports/json_parts.h"

#include <math.h>

#include "data/fields.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* --- small parts --------------------------------------------------------------------- */

void json_put_int(struct jsonw *w, const char *key, int64_t v)
{
    jsonw_key(w, key);
    jsonw_int(w, v);
}

void json_put_count(struct jsonw *w, const char *key, uint64_t v)
{
    jsonw_key(w, key);
    jsonw_uint(w, v);
}

void json_put_bool(struct jsonw *w, const char *key, bool v)
{
    jsonw_key(w, key);
    jsonw_bool(w, v);
}

void json_put_text(struct jsonw *w, const char *key, const char *text)
{
    jsonw_key(w, key);
    if (text)
        jsonw_string(w, text);
    else
        jsonw_null(w);
}

/* Absent is null, never a number that could be taken for one. */
void json_put_ns(struct jsonw *w, const char *key, ns_t v)
{
    jsonw_key(w, key);
    if (v == NS_ABSENT)
        jsonw_null(w);
    else
        jsonw_int(w, v);
}

void json_begin_object(struct jsonw *w, const char *key)
{
    jsonw_key(w, key);
    jsonw_object(w);
}

void json_begin_array(struct jsonw *w, const char *key)
{
    jsonw_key(w, key);
    jsonw_array(w);
}

/* --- metrics ------------------------------------------------------------------------- */

static void put_stat(struct jsonw *w, const char *key, const struct summary_stat *s)
{
    json_begin_object(w, key);
    if (s->present) {
        json_put_int(w, "value", s->value);
        json_put_ns(w, "lo", s->lo);
        json_put_ns(w, "hi", s->hi);
    } else {
        json_put_count(w, "needs", s->needs);
    }
    jsonw_end(w);
}

void json_put_metric(struct jsonw *w, const char *name, enum unit unit,
                     const struct summary_metric *m)
{
    json_begin_object(w, name);
    json_put_text(w, "unit", unit_names[unit]);
    json_put_count(w, "n", m->n);
    if (m->has_effective) {
        json_put_count(w, "n_effective", m->effective);
        json_put_count(w, "n_counted", m->counted);
    }
    json_put_int(w, "min", m->min);
    json_put_int(w, "mean", m->mean);
    json_put_int(w, "max", m->max);
    json_put_int(w, "stddev", m->stddev);
    for (int i = 0; i < N_STATS; i++)
        put_stat(w, stat_rows[i].name, &m->stats[i]);
    if (m->spread_lo >= 0) {
        json_begin_object(w, "p50_of_trials");
        json_put_count(w, "n", m->trials);
        json_put_int(w, "min", m->spread_lo);
        json_put_int(w, "max", m->spread_hi);
        jsonw_end(w);
    }
    jsonw_end(w);
}

static void put_metrics(struct jsonw *w, const struct summary_group *g)
{
    json_begin_object(w, "metrics");
    for (int i = 0; i < N_METRICS; i++)
        if (g->metrics[i].n)
            json_put_metric(w, metrics[i].name, metrics[i].unit, &g->metrics[i]);
    jsonw_end(w);
}

/* --- rates --------------------------------------------------------------------------- */

/* Rates as integers: their unit and how many of it make one of rate_value's. */
const struct json_rate_unit json_rate_units[] = {
    [RATE_UNIT_PPM] = { "ppm", 1 },
    [RATE_UNIT_PER_S] = { "mreq/s", 1e3 },
    [RATE_UNIT_TOKENS_PER_S] = { "mtok/s", 1e3 },
    [RATE_UNIT_NUSD] = { "n$", 1 },
};

static void put_rates(struct jsonw *w, const struct summary_group *g)
{
    json_begin_object(w, "rates");
    for (int i = 0; i < N_RATES; i++) {
        const struct summary_rate *r = &g->rates[i];
        double factor = json_rate_units[rates[i].unit].factor;

        if (!r->present)
            continue;
        json_begin_object(w, rates[i].name);
        json_put_text(w, "unit", json_rate_units[rates[i].unit].unit);
        json_put_int(w, "value", llround(r->value * factor));
        if (r->interval) {
            json_put_int(w, "lo", llround(r->lo * factor));
            json_put_int(w, "hi", llround(r->hi * factor));
        }
        jsonw_end(w);
    }
    jsonw_end(w);
}

/* --- counts -------------------------------------------------------------------------- */

#define TALLY(member) FIELD_INT(#member, U64, struct tally, member, FIELD_ALWAYS)

static const struct field counts[] = {
    TALLY(requests),
    TALLY(request_errors),
    TALLY(first_attempts),
    TALLY(first_errors),
    TALLY(retried),
    TALLY(attempts),
    TALLY(cut),
    TALLY(ok),
    TALLY(prompt_tokens),
    TALLY(cached_tokens),
    TALLY(cached_base),
    TALLY(completion_tokens),
    TALLY(reasoning_tokens),
    TALLY(with_usage),
    TALLY(with_cached),
    TALLY(cache_hits),
    TALLY(priced),
    TALLY(priced_tokens),
    TALLY(unpriced),
    TALLY(tier_named),
    TALLY(tier_other),
    TALLY(frames),
    TALLY(frames_shared),
    TALLY(gaps_lost),
    TALLY(network_clamped),
    TALLY(clamped),
    TALLY(disturbed),
    TALLY(images),
    TALLY(bytes_up),
    TALLY(bytes_down),
};

/* What requests asked of the form of their outputs; nothing where none asked. */
static void put_forms(struct jsonw *w, const struct tally *t)
{
    bool any = false;

    for (int f = 0; f < N_FORMS; f++)
        any |= t->forms[f] > 0;
    if (!any)
        return;
    json_begin_object(w, "forms");
    for (int f = 0; f < N_FORMS; f++)
        if (t->forms[f])
            json_put_count(w, forms[f].name, t->forms[f]);
    jsonw_end(w);
}

/* A cost of which nothing is known is null. */
void json_put_counts(struct jsonw *w, const struct tally *t)
{
    json_put_ns(w, "span_ns", t->span);
    json_put_ns(w, "busy_ns", t->busy);
    json_put_ns(w, "cost_nusd", t->priced ? t->cost_nusd : -1);
    jsonw_key(w, "counts");
    fields_put(w, counts, COUNT(counts), t);
    put_forms(w, t);
}

void json_put_outcomes(struct jsonw *w, const struct outcome_counts *o)
{
    json_begin_object(w, "outcomes");
    for (int i = 0; i < N_OUTCOMES; i++)
        if (o->all[i]) {
            json_begin_object(w, outcomes[i].name);
            json_put_count(w, "requests", o->final[i]);
            json_put_count(w, "attempts", o->all[i]);
            json_put_bool(w, "error", outcomes[i].error);
            jsonw_end(w);
        }
    jsonw_end(w);
}

/* --- groups -------------------------------------------------------------------------- */

static void put_thousandths(struct jsonw *w, const char *key, bool there, double v)
{
    jsonw_key(w, key);
    if (there)
        jsonw_int(w, llround(v * 1e3));
    else
        jsonw_null(w);
}

static void put_ppm(struct jsonw *w, const char *key, bool there, double v)
{
    jsonw_key(w, key);
    if (there)
        jsonw_int(w, llround(v * 1e6));
    else
        jsonw_null(w);
}

/* A rate is in thousandths of a request per second, a concurrency in thousandths of one. */
void json_put_load(struct jsonw *w, const struct summary_load *l)
{
    json_begin_object(w, "load");
    json_put_text(w, "loop", l->open ? "open" : "closed");
    json_put_text(w, "asked_unit", l->open ? "mreq/s" : "thousandths in flight");
    put_thousandths(w, "asked", true, l->asked);
    put_thousandths(w, "asked_first", true, l->asked_first);
    put_thousandths(w, "asked_last", true, l->asked_last);
    json_put_count(w, "planned", l->planned);
    json_put_count(w, "issued", l->issued);
    put_thousandths(w, "arrived_mreq_per_s", l->has_rate, l->rate);
    put_thousandths(w, "in_flight_thousandths", l->has_rate, l->concurrency);
    put_ppm(w, "asked_gap_cv_ppm", l->open, l->asked_cv);
    put_ppm(w, "gap_cv_ppm", l->has_cv, l->cv);
    put_ppm(w, "asked_dispersion_ppm", l->open && !l->replay, l->asked_cv * l->asked_cv);
    put_ppm(w, "dispersion_ppm", l->has_dispersion, l->dispersion);
    jsonw_end(w);
}

void json_put_regions(struct jsonw *w, const struct summary_group *g)
{
    json_begin_array(w, "regions");
    for (size_t i = 0; i < g->n_regions; i++) {
        const struct summary_region *r = &g->regions[i];

        jsonw_object(w);
        json_put_text(w, "name", r->name);
        json_put_count(w, "attempts", r->attempts);
        json_put_count(w, "errors", r->errors);
        json_begin_object(w, "metrics");
        for (int m = 0; m < N_REGION_METRICS; m++)
            if (r->metrics[m].n)
                json_put_metric(w, metrics[region_metrics[m]].name,
                                metrics[region_metrics[m]].unit, &r->metrics[m]);
        jsonw_end(w);
        jsonw_end(w);
    }
    jsonw_end(w);
}

void json_put_turns(struct jsonw *w, const struct summary_group *g)
{
    if (!g->n_turns)
        return;
    json_begin_array(w, "turns");
    for (size_t i = 0; i < g->n_turns; i++) {
        const struct summary_turn *t = &g->turns[i];

        jsonw_object(w);
        json_put_count(w, "turn", t->turn);
        json_put_count(w, "requests", t->requests);
        json_put_count(w, "errors", t->errors);
        json_begin_object(w, "metrics");
        for (int m = 0; m < N_TURN_METRICS; m++)
            if (t->metrics[m].n)
                json_put_metric(w, metrics[turn_metrics[m]].name,
                                metrics[turn_metrics[m]].unit, &t->metrics[m]);
        jsonw_end(w);
        jsonw_end(w);
    }
    jsonw_end(w);
}

void json_put_group(struct jsonw *w, const struct summary_group *g)
{
    json_put_counts(w, &g->tally);
    json_put_outcomes(w, &g->outcomes);
    put_rates(w, g);
    put_metrics(w, g);
}
