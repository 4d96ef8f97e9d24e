/* Exporters: whatever a journal holds, none of them comes to harm; nor what a server
 * answers. */
#include <stdlib.h>
#include <string.h>

#include "exporters/kinds.h"
#include "exporters/otlp_env.h"
#include "exporters/otlp_reply.h"
#include "exporters/post.h"
#include "otlp.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char first_line[] =
    "{\"t\":\"run\",\"schema\":1,\"t0_real_ns\":1767225600000000000,\"id\":"
    "\"48363e255b2f5c320b2d7948b0ee6e2b\",\"phases\":[{"
    "\"name\":\"w\"},{\"name\":\"s\",\"measured\":true}],\"cells\":[{\"name\":\"a\","
    "\"loads\":"
    "[{\"points_millionths\":[[0,4000000]]},{\"open\":true,\"points_millionths\":[[0,"
    "5000000],"
    "[9000000000,50000000]],\"duration\":9000000000}]}],\"trials\":[{\"cell\":0},{\"cell\":"
    "0}],"
    "\"slos\":[\"ttft p95 < 400ms\"]}";

struct all {
    struct run run;
    void *x;
    struct journal_sink to;
};

/* What is put out is decoded again: a message that is none would be a mistake of ours. */
static void put(void *ctx, const struct export_chunk *chunk)
{
    const ProtobufCMessageDescriptor *const types[N_EXPORT_SIGNALS] = {
        [EXPORT_TRACES] = &otlp__export_trace_service_request__descriptor,
        [EXPORT_METRICS] = &otlp__export_metrics_service_request__descriptor,
        [EXPORT_LOGS] = &otlp__export_logs_service_request__descriptor,
    };
    ProtobufCMessage *m;

    (void)ctx;
    if (!types[chunk->signal])
        return;
    m = protobuf_c_message_unpack(types[chunk->signal], NULL, chunk->bytes.n,
                                  (const uint8_t *)chunk->bytes.p);
    if (!m || !chunk->items)
        abort();
    protobuf_c_message_free_unpacked(m, NULL);
}

static const char *nothing(const char *name)
{
    (void)name;
    return NULL;
}

static void open_all(struct all *a)
{
    struct export_config config = { .run = &a->run, .env = nothing };
    struct export_out out = { put, NULL };
    struct err err;

    if (run_read(&a->run, first_line, sizeof(first_line) - 1, &err))
        abort();
    a->x = export_otlp.open(&config, &out, &err);
    a->to = export_otlp.sink(a->x);
}

/* As the reader of journals does, entries of what the run does not have are left out. */
static bool known(const struct all *a, uint32_t trial, uint32_t phase, uint32_t cell)
{
    return trial < a->run.n_trials && phase < a->run.n_phases && cell < a->run.n_cells;
}

static void take_record(void *ctx, const struct record *r)
{
    struct all *a = ctx;

    if (known(a, r->trial, r->phase, r->cell))
        a->to.record(a->to.ctx, r);
}

static void take_phase(void *ctx, const struct phase_event *e)
{
    struct all *a = ctx;

    if (known(a, e->trial, e->phase, 0))
        a->to.phase(a->to.ctx, e);
}

static void take_health(void *ctx, const struct health_sample *h)
{
    struct all *a = ctx;

    if (known(a, h->trial, 0, 0))
        a->to.health(a->to.ctx, h);
}

static void take_end(void *ctx, const struct run_end *e)
{
    struct all *a = ctx;

    a->to.end(a->to.ctx, e);
}

static void journal(const char *p, size_t n)
{
    struct all a = { 0 };
    struct journal_sink sink = { take_record, take_phase, take_health, NULL, take_end, &a };
    struct err err;
    bool ended = false;

    open_all(&a);
    while (n && !ended) {
        const char *lf = memchr(p, '\n', n);
        size_t len = lf ? (size_t)(lf - p) : n;

        ended = !journal_line(p, len, &sink, &err) && memmem(p, len, "\"end\"", 5);
        n -= lf ? len + 1 : len;
        p += lf ? len + 1 : len;
    }
    export_otlp.close(a.x);
    run_free(&a.run);
}

static void answers(const char *p, size_t n)
{
    struct arena arena = { 0 };
    struct export_reply reply;
    struct otlp_pair *pairs;
    size_t n_pairs;

    otlp_reply((struct str){ p, n }, true, &reply);
    otlp_reply((struct str){ p, n }, false, &reply);
    if (post_retry_after((struct str){ p, n }, 0) < NS_ABSENT)
        abort();
    otlp_env_pairs(arena_strndup(&arena, p, n), n % 2, &arena, &pairs, &n_pairs);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *own = malloc(size ? size : 1);

    if (size)
        memcpy(own, data, size);
    answers(own, size);
    journal(own, size);
    free(own);
    return 0;
}
