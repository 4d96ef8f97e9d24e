#include "runs.h"

#include <string.h>

#include "test.h"

static void put_cells(struct buf *b, unsigned cells)
{
    static const char load[] = "{\"open\":true,\"points_millionths\":[[0,10000000],"
                               "[50000000000,10000000]],\"duration\":50000000000}";

    buf_str(b, "\"cells\":[");
    for (unsigned i = 0; i < cells; i++)
        buf_printf(
            b,
            "%s{\"name\":\"model=m%u\",\"model\":\"m%u\",\"keys\":[{\"key\":\"model\","
            "\"text\":\"m%u\"}],\"loads\":[%s,%s]}",
            i ? "," : "", i, i, i, load, load);
    buf_str(b, "],");
}

static void put_trials(struct buf *b, unsigned cells, unsigned rounds)
{
    buf_str(b, "\"trials\":[");
    for (unsigned i = 0; i < cells * rounds; i++) {
        unsigned round = i / cells, place = i % cells;

        buf_printf(b, "%s{\"cell\":%u,\"round\":%u}", i ? "," : "",
                   round % 2 ? cells - 1 - place : place, round);
    }
    buf_str(b, "],");
}

static void put_slos(struct buf *b, const char *slos)
{
    buf_str(b, "\"slos\":[");
    for (const char *s = slos; *s;) {
        size_t n = strcspn(s, ";");

        buf_printf(b, "%s\"%.*s\"", s == slos ? "" : ",", (int)n, s);
        s += n + (s[n] == ';');
    }
    buf_str(b, "],");
}

void runs_make(struct run *run, unsigned cells, unsigned rounds, bool concurrent,
               const char *slos)
{
    struct buf b = { 0 };
    struct err err;

    buf_str(&b, "{\"t\":\"run\",\"schema\":1,\"id\":\"x\",\"name\":\"test\",");
    put_cells(&b, cells);
    put_trials(&b, cells, rounds);
    put_slos(&b, slos);
    buf_printf(&b, "\"concurrent\":%s,", concurrent ? "true" : "false");
    buf_str(&b,
            "\"phases\":[{\"name\":\"warmup\"},{\"name\":\"steady\",\"measured\":true}],"
            "\"scenario\":{}}");
    if (run_read(run, b.p, b.len, &err))
        fail_msg("%s: %s", err.msg, b.p);
    buf_free(&b);
}

ns_t runs_begin(uint32_t trial, uint32_t phase)
{
    return (ns_t)(trial * 2 + phase) * 50 * NS_PER_S;
}

struct record runs_record(const struct run *run, uint32_t trial, uint64_t k, ns_t ttft,
                          const char *region)
{
    struct record r;
    ns_t due = runs_begin(trial, 1) + (ns_t)k * NS_PER_MS;

    record_init(&r);
    r.req = record_req(trial, 1, k);
    r.final = true;
    r.cell = run->trials[trial].cell;
    r.trial = trial;
    r.phase = 1;
    r.at[MOMENT_DUE] = r.at[MOMENT_READY] = r.at[MOMENT_START] = due;
    r.at[MOMENT_FIRST] = due + ttft;
    r.at[MOMENT_END] = due + 2 * ttft;
    r.region = region ? region : "";
    return r;
}

void runs_phase(const struct journal_sink *to, uint32_t trial, uint32_t phase, bool begin)
{
    struct phase_event e = { .at = runs_begin(trial, phase) + (begin ? 0 : 50 * NS_PER_S),
                             .trial = trial,
                             .phase = phase,
                             .begin = begin,
                             .planned = begin ? 0 : 500,
                             .issued = begin ? 0 : 500 };

    to->phase(to->ctx, &e);
}
