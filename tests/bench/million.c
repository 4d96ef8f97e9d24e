/*
 * million FILE ATTEMPTS GAPS: a journal as a run would write it, of that size, for the
 * speed and memory of `tokdyno report`.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "data/journal.h"

static void put_run(struct journal *j)
{
    static const char text[] =
        "name: million\ntarget: { base_url: 'sim:' }\nrequest: { model: m }\nseed: 1\n"
        "load: [{ name: main, rate: 1000/s, duration: 1000s }]\n";
    struct scenario s;
    struct run run;
    struct err err;

    if (scenario_parse(&s, "million.yaml", text, sizeof(text) - 1, NULL, 0, &err)) {
        fprintf(stderr, "%s\n", err.msg);
        exit(1);
    }
    run_plan(&run, &s, 0, 0);
    run_write(&run, journal_buf(j));
    run_free(&run);
    scenario_free(&s);
}

static void make(struct record *r, uint32_t *gaps, size_t n, uint64_t k, struct rng *rng)
{
    ns_t at = (ns_t)k * NS_PER_MS, last;

    record_init(r);
    r->req = record_req(0, 0, k);
    r->final = true;
    r->outcome = OUTCOME_OK;
    r->http_status = 200;
    r->at[MOMENT_DUE] = r->at[MOMENT_READY] = at;
    r->at[MOMENT_START] = r->at[MOMENT_CONNECTED] = at + 20000;
    r->at[MOMENT_SENT] = at + 60000;
    r->at[MOMENT_HEAD] = r->at[MOMENT_ROLE] = at + 30000000;
    r->at[MOMENT_FIRST] = r->at[MOMENT_ANSWER] = last =
        at + (ns_t)rng_lognormal(rng, 60e6, 0.3);
    for (size_t i = 0; i < n; i++) {
        gaps[i] = (uint32_t)rng_lognormal(rng, 5000, 0.5);
        last += gaps[i] * NS_PER_US;
    }
    r->at[MOMENT_LAST] = last;
    r->at[MOMENT_END] = last + 1000;
    r->gaps = gaps;
    r->n_gaps = n;
    r->frames = n + 1;
    r->stall = 20000000;
    r->tokens.prompt = 200;
    r->tokens.completion = (int64_t)n + 1;
    r->tokens.cached = 0;
    r->server.queue = 20000000;
    r->server.prompt = 5000000;
    r->server.completion = 200000000;
    r->request_id = "req_01kh0000000000000000000000";
    r->region = "dal";
    r->edge = "DFW";
    r->tier = "on_demand";
    r->finish = "stop";
}

int main(int argc, char **argv)
{
    struct err err;
    struct rng rng = rng_init(1);
    struct journal *j;
    struct record r;
    uint32_t *gaps;
    size_t n_gaps;
    uint64_t n;

    if (argc != 4) {
        fprintf(stderr, "usage: million FILE ATTEMPTS GAPS\n");
        return 2;
    }
    j = journal_open(argv[1], &err);
    if (!j) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    n = strtoull(argv[2], NULL, 10);
    n_gaps = strtoull(argv[3], NULL, 10);
    gaps = mem_array(n_gaps, sizeof(*gaps));
    put_run(j);
    for (uint64_t k = 0; k < n; k++) {
        make(&r, gaps, n_gaps, k, &rng);
        journal_put_record(journal_buf(j), &r);
        if (journal_flush(j, 0, false, &err))
            return 1;
    }
    journal_put_end(journal_buf(j), &(struct run_end){ .at = (ns_t)n * NS_PER_MS,
                                                       .detail = "",
                                                       .sim_late_p99 = NS_ABSENT,
                                                       .sim_cpu = NS_ABSENT });
    free(gaps);
    return journal_close(j, &err) ? 1 : 0;
}
