#include <math.h>

#include "data/search_judge.h"
#include "reports/json_parts.h"

/* A rate, or null where there is none. */
static void put_rate(struct jsonw *w, const char *key, int64_t millionths)
{
    json_put_ns(w, key, millionths ? millionths : -1);
}

/* Of the latency, in millionths: microseconds a second. */
static void put_growth(struct jsonw *w, const struct growth *g)
{
    if (!g->known)
        return;
    json_begin_object(w, "growth");
    json_put_int(w, "rate_ppm", llround(g->rate * 1e6));
    json_put_int(w, "least_ppm", llround(g->least * 1e6));
    json_put_int(w, "most_ppm", llround(g->most * 1e6));
    jsonw_end(w);
}

static void put_probe(struct jsonw *w, const struct summary *s,
                      const struct summary_search *of, const struct search_probe *probe)
{
    const struct run *run = s->run;
    const struct summary_slo *values =
        of->values + (size_t)(probe - of->probes) * run->n_search_slos;

    jsonw_object(w);
    json_put_text(w, "phase", run->phases[probe->phase].name);
    json_put_int(w, "rate_millionths", probe->rate);
    json_put_ns(w, "duration_ns", probe->duration);
    json_put_text(w, "verdict", search_verdict_names[probe->verdict]);
    json_put_text(w, "why", probe->why ? search_whys[probe->why] : NULL);
    json_put_ns(w, "instrument_error_ns", probe->e);
    put_rate(w, "arrived_millionths", probe->arrived);
    put_growth(w, &probe->growth);
    json_begin_array(w, "objectives");
    for (uint32_t i = 0; i < run->n_search_slos; i++)
        json_put_slo(w, run, &values[i]);
    jsonw_end(w);
    jsonw_end(w);
}

static void put_search(struct jsonw *w, const struct summary *s,
                       const struct summary_search *of)
{
    jsonw_object(w);
    json_put_text(w, "cell", s->run->cells[of->cell].name);
    json_put_count(w, "trial", of->trial);
    json_put_text(w, "end", search_end_names[of->result.end]);
    put_rate(w, "met_millionths", of->result.lo);
    put_rate(w, "missed_millionths", of->result.hi);
    put_rate(w, "not_carried_millionths", of->result.ceiling);
    put_rate(w, "knee_from_millionths", of->knee_from);
    put_rate(w, "knee_to_millionths", of->knee_to);
    json_put_ns(
        w, "budget_ns",
        s->run->cells[of->cell].search.budget ? s->run->cells[of->cell].search.budget : -1);
    json_begin_array(w, "probes");
    for (size_t i = 0; i < of->n_probes; i++)
        put_probe(w, s, of, &of->probes[i]);
    jsonw_end(w);
    jsonw_end(w);
}

static void put_capacity(struct jsonw *w, const struct summary *s, uint32_t cell)
{
    struct summary_capacity c = summary_capacity(s, cell);

    jsonw_object(w);
    json_put_text(w, "cell", s->run->cells[cell].name);
    put_rate(w, "rate_millionths", c.rate);
    put_rate(w, "error_millionths", c.rate ? c.error : 0);
    put_rate(w, "holds_millionths", c.holds);
    json_put_count(w, "searches", c.searches);
    json_put_count(w, "found", c.found);
    jsonw_end(w);
}

void json_put_searches(struct jsonw *w, const struct summary *s)
{
    if (!s->n_searches)
        return;
    json_begin_array(w, "capacity");
    for (uint32_t c = 0; c < s->run->n_cells; c++)
        put_capacity(w, s, c);
    jsonw_end(w);
    json_begin_array(w, "searches");
    for (size_t i = 0; i < s->n_searches; i++)
        put_search(w, s, &s->searches[i]);
    jsonw_end(w);
}
