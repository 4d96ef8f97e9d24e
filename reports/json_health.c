#include "reports/json_parts.h"

/* The error of the instrument in each headline figure of a group. */
void json_put_errors(struct jsonw *w, const struct summary *s,
                     const struct summary_group *g)
{
    json_begin_object(w, "instrument_error");
    for (int i = 0; i < N_HEADLINES; i++) {
        const struct metric *of = &metrics[headlines[i].of];
        enum stat_id stat;
        int64_t error;

        if (!summary_error(s, g, (enum headline)i, &error, &stat))
            continue;
        json_begin_object(w, of->name);
        json_put_text(w, "unit", unit_names[of->unit]);
        json_put_int(w, "error", error);
        json_put_text(w, "of", stat_rows[stat].name);
        if (headlines[i].error != N_METRICS)
            json_put_int(w, "of_max", extreme_error(&g->extremes[i]));
        jsonw_end(w);
    }
    jsonw_end(w);
}

static void put_freeze(struct jsonw *w, const struct summary_health *h)
{
    json_begin_object(w, "longest_freeze");
    json_put_ns(w, "at_ns", h->freeze.length ? h->freeze.at : NS_ABSENT);
    json_put_int(w, "length_ns", h->freeze.length);
    jsonw_end(w);
}

/* What the figures were judged by, over all cells. */
static void put_figures(struct jsonw *w, const struct health_facts *f)
{
    json_begin_object(w, "figures");
    for (int i = 0; i < N_HEADLINES; i++) {
        const struct health_figure *fig = &f->figures[i];

        if (fig->median < 0)
            continue;
        json_begin_object(w, metrics[headlines[i].of].name);
        json_put_text(w, "unit", unit_names[metrics[headlines[i].of].unit]);
        json_put_int(w, "median", fig->median);
        json_put_ns(w, "error", fig->error);
        json_put_ns(w, "error_of_max", fig->max_error);
        json_put_text(w, "verdict",
                      validity_names[health_judge_figure(f, (enum headline)i)]);
        jsonw_end(w);
    }
    jsonw_end(w);
}

static void put_stamps(struct jsonw *w, const struct summary *s)
{
    json_begin_object(w, "stamps");
    json_put_text(w, "asked", stamps_names[summary_stamps_asked(s)]);
    json_put_text(w, "used", stamps_names[summary_stamps_used(s)]);
    jsonw_end(w);
}

void json_put_warnings(struct jsonw *w, const struct summary *s)
{
    json_begin_array(w, "warnings");
    for (size_t i = 0; i < s->n_warnings; i++) {
        const struct summary_warning *one = &s->warnings[i];

        jsonw_object(w);
        json_put_text(w, "id", one->row->id);
        json_put_text(w, "level", warning_level_names[one->row->level]);
        json_put_text(w, "message", one->text);
        json_put_text(w, "means", one->row->means);
        json_put_text(w, "do", one->row->remedy);
        jsonw_end(w);
    }
    jsonw_end(w);
}

void json_put_health(struct jsonw *w, const struct summary *s)
{
    const struct summary_health *h = &s->health;

    json_begin_object(w, "health");
    json_put_ns(w, "send_lag_p99_ns", h->facts.send_lag_p99);
    json_put_ns(w, "stamp_error_p99_ns", h->facts.stamp_error_p99);
    json_put_ns(w, "ttft_api_median_ns", h->facts.ttft_api_median);
    json_put_ns(w, "simulator_late_p99_ns", h->facts.sim_late_p99);
    json_put_count(w, "dropped", h->facts.dropped);
    json_put_bool(w, "flips_verdict", h->facts.flips_verdict);
    json_put_count(w, "samples", h->samples);
    json_put_count(w, "in_flight_max", h->in_flight_max);
    json_put_int(w, "busiest_thread_ppm", h->busiest_ppm);
    put_stamps(w, s);
    put_freeze(w, h);
    put_figures(w, &h->facts);
    json_begin_object(w, "counters");
    for (int i = 0; i < N_HEALTH_COUNTERS; i++)
        json_put_count(w, health_counter_names[i], h->counters[i]);
    jsonw_end(w);
    json_put_metric(w, "send_lag", UNIT_NS, &h->send_lag);
    json_put_metric(w, "read_lag", UNIT_NS, &h->read_lag);
    json_put_metric(w, "stamp_error", UNIT_NS, &h->stamp_error);
    json_put_metric(w, "turn", UNIT_NS, &h->turn);
    jsonw_end(w);
}

void json_put_validity(struct jsonw *w, const struct summary_health *h)
{
    json_begin_object(w, "validity");
    json_put_text(w, "verdict", validity_names[h->validity]);
    json_put_bool(w, "valid",
                  h->validity == VALIDITY_VALID || h->validity == VALIDITY_DEGRADED);
    json_put_ns(w, "instrument_error_ns", h->e);
    jsonw_end(w);
}
