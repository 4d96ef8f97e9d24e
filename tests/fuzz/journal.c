/* Journals: whatever a file holds, reading and reporting it does no harm. */
#include <stdlib.h>
#include <string.h>

#include "reports/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Read a second time from what the first reading wrote: it must come out the same. */
struct echo {
    struct buf out;
};

static void echo_record(void *ctx, const struct record *r)
{
    journal_put_record(&((struct echo *)ctx)->out, r);
}

static void echo_phase(void *ctx, const struct phase_event *e)
{
    journal_put_phase(&((struct echo *)ctx)->out, e);
}

static void echo_end(void *ctx, const struct run_end *e)
{
    journal_put_end(&((struct echo *)ctx)->out, e);
}

static void line_twice(const char *p, size_t n)
{
    struct echo first = { 0 }, second = { 0 };
    struct journal_sink sink = {
        .record = echo_record, .phase = echo_phase, .end = echo_end, .ctx = &first
    };
    struct err err;

    if (!journal_line(p, n, &sink, &err) && first.out.len) {
        sink.ctx = &second;
        if (journal_line(first.out.p, first.out.len - 1, &sink, &err) ||
            strcmp(first.out.p, second.out.p) != 0)
            abort();
    }
    buf_free(&first.out);
    buf_free(&second.out);
}

/* The run whose first line stands before every input that brings none of its own. */
static const char usual[] =
    "{\"t\":\"run\",\"schema\":1,\"phases\":[{\"name\":\"w\"},{\"name\":\"s\",\"measured\":"
    "true}],"
    "\"cells\":[{\"name\":\"a\",\"loads\":[{\"points_millionths\":[[0,4000000]]},{\"open\":"
    "true,\"points_millionths\":[[0,"
    "5000000],"
    "[9000000000,50000000]],\"duration\":9000000000}]}],\"trials\":[{\"cell\":0},{\"cell\":"
    "0}],"
    "\"slos\":[\"ttft p95 < 400ms\",\"error_rate < 1%\",\"goodput(ttft<1s) > 90%\"]}\n";

struct reading {
    struct run run;
    struct recorder *rec;
};

static void summarise(struct reading *rd)
{
    struct buf out = { 0 };
    struct summary s;

    summary_make(&s, &rd->run, rd->rec);
    report_text(&out, &s, true);
    report_json(&out, &s);
    report_hlog(&out, &rd->run, rd->rec);
    summary_free(&s);
    buf_free(&out);
}

/* Lines into a recorder, as far as they are good. */
static void whole(const char *first, size_t first_n, const char *p, size_t n)
{
    struct reading rd = { 0 };
    struct journal_sink sink;
    struct err err;

    if (run_read(&rd.run, first, first_n, &err))
        return;
    rd.rec = recorder_open(&rd.run);
    sink = recorder_sink(rd.rec);
    while (n) {
        const char *lf = memchr(p, '\n', n);
        size_t len = lf ? (size_t)(lf - p) : n;

        journal_line(p, len, &sink, &err);
        n -= lf ? len + 1 : len;
        p += lf ? len + 1 : len;
    }
    /* A large run takes long to sum up, and nothing is learnt from it. */
    if (rd.run.n_trials * rd.run.n_phases <= 8 && rd.run.n_cells <= 4)
        summarise(&rd);
    recorder_close(rd.rec);
    run_free(&rd.run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *p = (const char *)data;
    const char *lf = size ? memchr(p, '\n', size) : NULL;
    size_t head = lf ? (size_t)(lf - p) : size;

    line_twice(p, head);
    whole(usual, sizeof(usual) - 1, p, size);
    if (lf)
        whole(p, head, lf + 1, size - head - 1);
    return 0;
}
