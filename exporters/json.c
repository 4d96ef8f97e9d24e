#include <stdlib.h>

#include "base/mem.h"
#include "exporters/kinds.h"

/* run.json once more, for somewhere else; docs/run.schema.json is its schema. */
struct json_copy {
    struct export_out out;
    void (*put)(struct buf *out, const struct summary *s);
};

static void json_copy_summary(void *ctx, const struct summary *s)
{
    struct json_copy *x = ctx;
    struct export_chunk chunk = { .signal = EXPORT_FILE, .items = 1 };
    struct buf b;

    buf_init(&b, 0);
    x->put(&b, s);
    chunk.bytes = (struct str){ b.p, b.len };
    x->out.put(x->out.ctx, &chunk);
    buf_free(&b);
}

static void *json_copy_open(const struct export_config *config,
                            const struct export_out *out,
                            struct err *err __attribute__((unused)))
{
    struct json_copy *x = mem_alloc(sizeof(*x));

    x->out = *out;
    x->put = config->json;
    return x;
}

static struct journal_sink json_copy_sink(void *ctx)
{
    return (struct journal_sink){ .ctx = ctx };
}

const struct exporter export_json = {
    .name = "json",
    .help = "what run.json holds, for somewhere else (schema: docs/run.schema.json)",
    .file = "summary.json",
    .mime = "application/json",
    .open = json_copy_open,
    .sink = json_copy_sink,
    .summary = json_copy_summary,
    .close = free,
};
