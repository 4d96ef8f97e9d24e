#ifndef REPORTS_JSON_PARTS_H
#define REPORTS_JSON_PARTS_H

#include "base/json.h"
#include "data/summary.h"

/* Parts of run.json, for report_json.c. Each puts a key and its value, or several. */
void json_put_int(struct jsonw *w, const char *key, int64_t v);
void json_put_count(struct jsonw *w, const char *key, uint64_t v);
void json_put_bool(struct jsonw *w, const char *key, bool v);
void json_put_text(struct jsonw *w, const char *key, const char *text); /* NULL: null */
void json_put_ns(struct jsonw *w, const char *key, ns_t v);             /* -1: null */
void json_begin_object(struct jsonw *w, const char *key);
void json_begin_array(struct jsonw *w, const char *key);

void json_put_metric(struct jsonw *w, const char *name, enum unit unit,
                     const struct summary_metric *m);
void json_put_counts(struct jsonw *w, const struct tally *t);
void json_put_outcomes(struct jsonw *w, const struct outcome_counts *o);
void json_put_load(struct jsonw *w, const struct summary_load *l);
void json_put_steady(struct jsonw *w, const struct steady_seen *s);
void json_put_regions(struct jsonw *w, const struct summary_group *g);
void json_put_turns(struct jsonw *w, const struct summary_group *g); /* if there are any */

/* Of a cell that has any. */
void json_put_batches(struct jsonw *w, const struct batches *b);

/* Counts, outcomes, rates and metrics of a group. */
void json_put_group(struct jsonw *w, const struct summary_group *g);

void json_put_errors(struct jsonw *w, const struct summary *s,
                     const struct summary_group *g);
void json_put_warnings(struct jsonw *w, const struct summary *s);
void json_put_health(struct jsonw *w, const struct summary *s);
void json_put_slo(struct jsonw *w, const struct run *run, const struct summary_slo *v);

/* Of a run that searches; of another nothing. */
void json_put_searches(struct jsonw *w, const struct summary *s);
void json_put_validity(struct jsonw *w, const struct summary_health *h);

/* Rates as integers: their unit, and how many of it make one of rate_value's. */
struct json_rate_unit {
    const char *unit;
    double factor;
};
extern const struct json_rate_unit json_rate_units[];

#endif
