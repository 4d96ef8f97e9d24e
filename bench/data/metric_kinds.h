#ifndef DATA_METRIC_KINDS_H
#define DATA_METRIC_KINDS_H

#include "data/metric.h"

/* Values that only some kinds of answer have: rows of metric.c, see there. */
void metric_embed_tps(const struct record *r, metric_fn *emit, void *ctx);
void metric_executed_tools(const struct record *r, metric_fn *emit, void *ctx);
void metric_tool_time(const struct record *r, metric_fn *emit, void *ctx);
void metric_model_time(const struct record *r, metric_fn *emit, void *ctx);
void metric_beyond_models(const struct record *r, metric_fn *emit, void *ctx);
void metric_score(const struct record *r, metric_fn *emit, void *ctx);

/* Of batches: values of the last item of each. */
void metric_batch_submit(const struct record *r, metric_fn *emit, void *ctx);
void metric_batch_queue(const struct record *r, metric_fn *emit, void *ctx);
void metric_batch_process(const struct record *r, metric_fn *emit, void *ctx);
void metric_batch_retrieve(const struct record *r, metric_fn *emit, void *ctx);
void metric_batch_total(const struct record *r, metric_fn *emit, void *ctx);
void metric_batch_resolution(const struct record *r, metric_fn *emit, void *ctx);
void metric_batch_server(const struct record *r, metric_fn *emit, void *ctx);

#endif
