#include "data/metric_kinds.h"

static void present(int64_t v, metric_fn *emit, void *ctx)
{
    if (v >= 0)
        emit(ctx, v);
}

/* From when the whole request was written to the end of the answer; 0: it is not known. */
static ns_t served(const struct record *r)
{
    if (r->at[MOMENT_SENT] == NS_ABSENT || r->at[MOMENT_END] <= r->at[MOMENT_SENT])
        return 0;
    return r->at[MOMENT_END] - r->at[MOMENT_SENT];
}

void metric_embed_tps(const struct record *r, metric_fn *emit, void *ctx)
{
    ns_t span = served(r);

    if (r->embedding.vectors > 0 && r->tokens.prompt > 0 && span)
        emit(ctx,
             (int64_t)((double)r->tokens.prompt * 1e3 * NS_PER_S / (double)span + 0.5));
}

void metric_executed_tools(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->compound.tools, emit, ctx);
}

void metric_tool_time(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->compound.tool_time, emit, ctx);
}

void metric_model_time(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->compound.model_time, emit, ctx);
}

void metric_beyond_models(const struct record *r, metric_fn *emit, void *ctx)
{
    ns_t span = served(r);

    if (r->compound.model_time >= 0 && span)
        emit(ctx, span > r->compound.model_time ? span - r->compound.model_time : 0);
}

void metric_score(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->judgement.score, emit, ctx);
}

void metric_batch_submit(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->batch.submit, emit, ctx);
}

void metric_batch_queue(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->batch.queue, emit, ctx);
}

void metric_batch_process(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->batch.process, emit, ctx);
}

void metric_batch_retrieve(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->batch.retrieve, emit, ctx);
}

void metric_batch_total(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->batch.total, emit, ctx);
}

void metric_batch_resolution(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->batch.resolution, emit, ctx);
}

void metric_batch_server(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->batch.server, emit, ctx);
}
