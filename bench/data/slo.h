#ifndef DATA_SLO_H
#define DATA_SLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "data/metric.h"
#include "data/rate.h"

/*
 * One service-level objective, as a scenario writes it:
 *
 *   METRIC STAT OP VALUE     ttft p95 < 400ms      e2e mean <= 2s     stall max < 1s
 *   RATE[SEL] OP VALUE       error_rate < 0.1%     retry_rate[service_tier=flex] < 5%
 *                            [flex] is the same; cache_hit > 60% is cache_token_share > 60%
 *   goodput(METRIC<VALUE,...) OP VALUE             goodput(ttft<300ms,tpot<20ms) > 95%
 *   METRIC STAT +PERCENT     ttft p95 +20%         (regressions)
 */
enum slo_op { SLO_LT, SLO_LE, SLO_GT, SLO_GE };
enum slo_stat { SLO_PERCENTILE, SLO_MEAN, SLO_MAX };

struct slo_bound {
    enum metric_id metric;
    enum slo_op op;
    int64_t value; /* in the metric's unit */
};

struct slo_selector {
    const char *key; /* a matrix key, "phase", "model", "turn"; "region" is not one */
    const char *value;
};

struct slo {
    const char *text; /* as written */
    bool is_rate;
    enum metric_id metric; /* unless is_rate */
    enum slo_stat stat;
    double percentile;
    enum rate_id rate;          /* if is_rate */
    struct slo_bound bounds[8]; /* of goodput */
    size_t n_bounds;
    struct slo_selector selectors[8];
    size_t n_selectors;
    enum slo_op op;
    double value;  /* in the unit of the metric or rate */
    bool relative; /* a regression: value is the allowed worsening in ppm */
};

/* Text into *slo, strings into the arena. -1 with what was expected and the nearest name.
 */
int slo_parse(struct slo *slo, struct str text, struct arena *arena, struct err *err);

/* The figure alone, with no bound: "ttft p50", "error_rate". */
int slo_parse_figure(struct slo *slo, struct str text, struct arena *arena,
                     struct err *err);

/* The turn of its sessions that it is about, from 1; 0: of all; UINT32_MAX: no such.
 */
uint32_t slo_turn(const struct slo *slo);

#endif
