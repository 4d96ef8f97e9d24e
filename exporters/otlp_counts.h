#ifndef EXPORTERS_OTLP_COUNTS_H
#define EXPORTERS_OTLP_COUNTS_H

#include "data/metric.h"
#include "data/outcome.h"
#include "exporters/otlp_series.h"

/* What is counted of one cell in one phase. */
enum count_id {
    COUNT_RESENDS,
    COUNT_FRAMES,
    COUNT_INPUT,
    COUNT_OUTPUT,
    COUNT_CACHE_HIT, /* input tokens, of answers that said how many were cached */
    COUNT_CACHE_MISS,
    COUNT_COST,
    N_COUNTS
};

/* Histograms of the conventions that are split by how it ended: a label and a series. */
enum { MAX_SPLITS = 24 };

struct split {
    char error[65]; /* error.type; "" on success */
    int status;     /* of HTTP; 0: none, or not part of it */
    int version;
    struct otlp_series *series;
};

struct splits {
    struct split items[MAX_SPLITS];
    size_t n;
};

struct otlp_group {
    struct otlp_series *ours[N_METRICS]; /* NULL: no value yet */
    struct otlp_series *chunk;           /* time per output chunk */
    struct otlp_series *first;           /* time to first chunk */
    struct otlp_series *input;           /* tokens */
    struct otlp_series *output;
    struct splits operations;
    struct splits attempts;
    uint64_t by_outcome[2][N_OUTCOMES]; /* final attempts, all attempts */
    uint64_t counts[N_COUNTS];
};

/* exponential: the conventional histograms as well. */
void otlp_group_record(struct otlp_group *g, const struct record *r, bool exponential,
                       bool exemplars);
void otlp_group_reset(struct otlp_group *g); /* what was counted, not what there is */
void otlp_group_forget_exemplars(struct otlp_group *g);
void otlp_group_free(struct otlp_group *g);

#endif
