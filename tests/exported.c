#include "exported.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "reports/report.h"
#include "test.h"

struct exporting {
    struct run run;
    struct export_spec spec;
    struct export_config config;
    struct recorder *recorder;
    struct journal_sink to[2]; /* recorder, exporter */
    void *x;
    struct buf *out;
};

static void put(void *ctx, const struct export_chunk *chunk)
{
    assert_int_equal(chunk->signal, EXPORT_FILE);
    buf_add(ctx, chunk->bytes.p, chunk->bytes.n);
}

static void begin(void *ctx)
{
    struct exporting *e = ctx;
    struct export_out out = { put, e->out };
    struct err err;

    e->config = (struct export_config){ .run = &e->run,
                                        .json = report_json,
                                        .settings = e->spec.settings,
                                        .n_settings = e->spec.n_settings };
    e->recorder = recorder_open(&e->run);
    e->to[0] = recorder_sink(e->recorder);
    e->x = e->spec.kind->open(&e->config, &out, &err);
    if (!e->x)
        fail_msg("%s", err.msg);
    e->to[1] = e->spec.kind->sink(e->x);
}

#define HAND_ON(kind, type)                                                                \
    static void hand_on_##kind(void *ctx, const struct type *entry)                        \
    {                                                                                      \
        struct exporting *e = ctx;                                                         \
                                                                                           \
        for (int i = 0; i < 2; i++)                                                        \
            if (e->to[i].kind)                                                             \
                e->to[i].kind(e->to[i].ctx, entry);                                        \
    }

HAND_ON(record, record)
HAND_ON(phase, phase_event)
HAND_ON(health, health_sample)
HAND_ON(end, run_end)

static void read_into(struct exporting *e, const char *kind, const char *settings,
                      const char *journal, struct arena *arena)
{
    struct journal_sink sink = { .record = hand_on_record,
                                 .phase = hand_on_phase,
                                 .health = hand_on_health,
                                 .end = hand_on_end,
                                 .ctx = e };
    const char *text =
        arena_printf(arena, "%s%s%s", kind, settings ? "," : "", settings ? settings : "");
    struct journal_notes notes = { 0 };
    struct err err;

    if (export_spec_read(&e->spec, text, arena, &err) ||
        journal_read(test_path(journal), &e->run, begin, &sink, &notes, &err))
        fail_msg("%s", err.msg);
}

static void close_all(struct exporting *e, struct arena *arena)
{
    e->spec.kind->close(e->x);
    recorder_close(e->recorder);
    run_free(&e->run);
    arena_free(arena);
}

void exported(struct buf *out, const char *kind, const char *settings, const char *journal)
{
    struct exporting e = { .out = out };
    struct arena arena = { 0 };
    struct summary s;

    read_into(&e, kind, settings, journal, &arena);
    summary_make(&s, &e.run, e.recorder);
    if (e.spec.kind->summary)
        e.spec.kind->summary(e.x, &s);
    summary_free(&s);
    close_all(&e, &arena);
}

void exported_page(struct buf *out, const char *kind, const char *journal,
                   const char *accept, const char **type)
{
    struct exporting e = { .out = out };
    struct arena arena = { 0 };
    const char *is;

    read_into(&e, kind, NULL, journal, &arena);
    is = e.spec.kind->page(e.x, accept, out);
    if (type)
        *type = is;
    close_all(&e, &arena);
}

void expect_golden_file(const char *name, const struct buf *got)
{
    const char *mode = getenv("TOKDYNO_GOLDEN");
    char *want;

    if (mode && !strcmp(mode, "write")) {
        FILE *f = fopen(test_path(name), "w");

        assert_non_null(f);
        fwrite(got->p, 1, got->len, f);
        fclose(f);
    }
    want = test_file(name, NULL);
    if (strcmp(got->p, want) != 0)
        fail_msg("%s differs; TOKDYNO_GOLDEN=write makes it anew. Got:\n%s", name, got->p);
    free(want);
}
