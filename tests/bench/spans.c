/*
 * What exporting costs: records of streamed answers to spans in packed requests, and the
 * same with metrics and events, all of it on one core and thrown away.
 *
 *     spans [REQUESTS]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/run.h"
#include "exporters/kinds.h"

enum { GAPS = 50 };

static const char run_line[] =
    "{\"t\":\"run\",\"schema\":1,\"id\":\"48363e255b2f5c320b2d7948b0ee6e2b\",\"name\":"
    "\"bench\","
    "\"t0_real_ns\":1767225600000000000,\"target\":\"https://api.groq.com/openai/v1\","
    "\"phases\":[{\"name\":\"steady\",\"measured\":true}],\"cells\":[{\"name\":\"all\","
    "\"model\":"
    "\"openai/"
    "gpt-oss-20b\",\"keys\":[],\"loads\":[{\"open\":true,\"points_millionths\":[[0,"
    "1000000000],"
    "[1000000000000,1000000000]],\"duration\":1000000000000}]}],\"trials\":[{\"cell\":0,"
    "\"round\":0}],"
    "\"slos\":[],\"scenario\":{\"request\":{\"endpoint\":\"chat\",\"stream\":true}}}";

struct counted {
    uint64_t items[N_EXPORT_SIGNALS];
    uint64_t bytes;
};

static void count(void *ctx, const struct export_chunk *chunk)
{
    struct counted *c = ctx;

    c->items[chunk->signal] += chunk->items;
    c->bytes += chunk->bytes.n;
}

static const char *nothing(const char *name)
{
    (void)name;
    return NULL;
}

static void fill(struct record *r, uint64_t k, uint32_t *gaps)
{
    ns_t at = (ns_t)k * NS_PER_MS;

    record_init(r);
    r->req = record_req(0, 0, k);
    r->final = true;
    r->at[MOMENT_DUE] = r->at[MOMENT_READY] = at;
    r->at[MOMENT_START] = at + 30000;
    r->at[MOMENT_CONNECTED] = at + 8000000;
    r->at[MOMENT_SENT] = at + 8100000;
    r->at[MOMENT_HEAD] = at + 90000000;
    r->at[MOMENT_ROLE] = at + 90100000;
    r->at[MOMENT_FIRST] = r->at[MOMENT_ANSWER] = at + 95000000 + (ns_t)(k % 977) * 31000;
    for (int i = 0; i < GAPS; i++)
        gaps[i] = 1500 + (uint32_t)((k * 7 + (uint64_t)i * 31) % 900);
    r->at[MOMENT_LAST] = r->at[MOMENT_FIRST] + 100000000;
    r->at[MOMENT_END] = r->at[MOMENT_LAST] + 20000;
    r->dns = 400000;
    r->tcp = 2000000;
    r->tls = 5000000;
    r->http_status = 200;
    r->http_version = 11;
    r->tokens.prompt = 300;
    r->tokens.cached = 128;
    r->tokens.completion = GAPS + 1;
    r->server.queue = 1000000;
    r->server.prompt = 4000000;
    r->server.completion = 90000000;
    r->server.total = 94000000;
    r->frames = GAPS + 1;
    r->gaps = gaps;
    r->n_gaps = GAPS;
    r->stall = 2400000;
    r->request_id = "req_01m89yfryjnxdeb6564b5wez1c";
    r->region = "dal";
    r->edge = "DFW";
    r->tier = "on_demand";
    r->finish = "stop";
}

static void measure(const struct run *run, const char *signals, uint64_t requests)
{
    struct export_setting setting = { "signals", signals };
    struct export_config config = {
        .run = run, .env = nothing, .settings = &setting, .n_settings = 1
    };
    struct counted c = { 0 };
    struct export_out out = { count, &c };
    struct run_end end = { .at = (ns_t)requests * NS_PER_MS + NS_PER_S, .detail = "" };
    struct journal_sink sink;
    struct err err;
    uint32_t gaps[GAPS];
    ns_t took = clock_cpu();
    void *x = export_otlp.open(&config, &out, &err);

    if (!x) {
        fprintf(stderr, "spans: %s\n", err.msg);
        exit(1);
    }
    sink = export_otlp.sink(x);
    for (uint64_t k = 0; k < requests; k++) {
        struct record r;

        fill(&r, k, gaps);
        sink.record(sink.ctx, &r);
    }
    sink.end(sink.ctx, &end);
    export_otlp.close(x);
    took = clock_cpu() - took;
    printf("%s: requests/s of a core: %.0f\n", signals,
           (double)requests * NS_PER_S / (double)took);
    if (c.items[EXPORT_TRACES])
        printf("%s: spans/s of a core: %.0f\n", signals,
               (double)c.items[EXPORT_TRACES] * NS_PER_S / (double)took);
    printf("%s: bytes a request: %.0f\n", signals, (double)c.bytes / (double)requests);
}

int main(int argc, char **argv)
{
    uint64_t requests = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000;
    struct run run;
    struct err err;

    if (run_read(&run, run_line, sizeof(run_line) - 1, &err)) {
        fprintf(stderr, "spans: %s\n", err.msg);
        return 1;
    }
    measure(&run, "traces", requests);
    measure(&run, "metrics", requests);
    measure(&run, "traces+metrics+logs", requests);
    run_free(&run);
    return 0;
}
