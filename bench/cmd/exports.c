#include "cmd/exports.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exporters/dest.h"
#include "exporters/scrape.h"
#include "reports/report.h"

/* How long the end of a run waits for servers that do not answer. */
#define PATIENCE (5 * NS_PER_S)

struct exporting {
    const struct exporter *kind;
    struct export_config config;
    struct dest *dest;
    struct scrape *scrape;
    void *x;
    struct journal_sink sink;
    pthread_mutex_t lock; /* of x, between entries and a scrape */
};

int exports_read(const char *const *texts, size_t n, struct export_spec **specs,
                 struct arena *arena, struct err *err)
{
    struct export_spec *made = arena_alloc(arena, (n + 1) * sizeof(*made));

    for (size_t i = 0; i < n; i++)
        if (export_spec_read(&made[i], texts[i], arena, err))
            return -1;
    *specs = made;
    return 0;
}

static const char *environment(const char *name)
{
    return getenv(name);
}

static void complain(const char *text)
{
    fprintf(stderr, "warning: %s\n", text);
}

static const char *page(void *ctx, const char *accept, struct buf *out)
{
    struct exporting *e = ctx;
    const char *type;

    pthread_mutex_lock(&e->lock);
    type = e->kind->page(e->x, accept, out);
    pthread_mutex_unlock(&e->lock);
    return type;
}

static void nowhere(void *ctx, const struct export_chunk *chunk)
{
    (void)ctx;
    (void)chunk;
}

static int open_dest(struct exporting *e, const struct export_spec *spec, const char *dir,
                     bool live, struct err *err)
{
    struct dest_config config = { .spec = spec, .export = &e->config, .patient = !live };
    char path[4300];

    if (spec->place == PLACE_SCRAPE)
        return 0;
    snprintf(path, sizeof(path), "%s/%s", dir, e->kind->file ? e->kind->file : "");
    if (spec->place == PLACE_FILE)
        config.path = spec->where;
    else if (e->kind->file)
        config.path = path;
    e->dest = dest_open(&config, err);
    return e->dest ? 0 : -1;
}

static int open_one(struct exporting *e, const struct export_spec *spec, const char *dir,
                    bool live, struct err *err)
{
    struct export_out out = { nowhere, NULL };

    pthread_mutex_init(&e->lock, NULL);
    if (open_dest(e, spec, dir, live, err))
        return -1;
    if (e->dest)
        out = dest_out(e->dest);
    e->x = e->kind->open(&e->config, &out, err);
    if (!e->x)
        return -1;
    e->sink = e->kind->sink(e->x);
    if (spec->place == PLACE_SCRAPE) {
        struct scrape_config config = { spec->where, page, e };

        e->scrape = scrape_open(&config, err);
        return e->scrape ? 0 : err_at(err, "--export %s", e->kind->name);
    }
    return 0;
}

int exports_open(struct exports *x, const struct export_spec *specs, size_t n,
                 const struct run *run, const char *dir, bool live, struct err *err)
{
    x->items = mem_array(n + 1, sizeof(*x->items));
    for (x->n = 0; x->n < n; x->n++) {
        const struct export_spec *spec = &specs[x->n];
        struct exporting *e = &x->items[x->n];

        e->kind = spec->kind;
        e->config = (struct export_config){
            run, environment, complain, spec->settings, spec->n_settings, report_json
        };
        if (open_one(e, spec, dir, live, err)) {
            x->n++;
            exports_close(x, NULL, false);
            return -1;
        }
    }
    return 0;
}

/* Each entry to every exporter, locked against its scrape. */
#define HAND_ON(kind, type)                                                                \
    static void hand_on_##kind(void *ctx, const struct type *entry)                        \
    {                                                                                      \
        struct exports *x = ctx;                                                           \
                                                                                           \
        for (size_t i = 0; i < x->n; i++) {                                                \
            struct exporting *e = &x->items[i];                                            \
                                                                                           \
            if (!e->sink.kind)                                                             \
                continue;                                                                  \
            pthread_mutex_lock(&e->lock);                                                  \
            e->sink.kind(e->sink.ctx, entry);                                              \
            pthread_mutex_unlock(&e->lock);                                                \
        }                                                                                  \
    }

HAND_ON(record, record)
HAND_ON(phase, phase_event)
HAND_ON(health, health_sample)
HAND_ON(batch, batch_event)
HAND_ON(end, run_end)

struct journal_sink exports_sink(struct exports *x)
{
    return (struct journal_sink){ hand_on_record, hand_on_phase, hand_on_health,
                                  hand_on_batch,  hand_on_end,   x };
}

static bool close_one(struct exporting *e, const struct summary *summary, struct buf *told)
{
    bool good = true;

    scrape_close(e->scrape, told);
    if (e->x && summary && e->kind->summary)
        e->kind->summary(e->x, summary);
    if (e->x)
        e->kind->close(e->x);
    if (e->dest)
        good = dest_close(e->dest, PATIENCE, told);
    pthread_mutex_destroy(&e->lock);
    return good;
}

bool exports_close(struct exports *x, const struct summary *summary, bool loud)
{
    struct buf told;
    bool good = true;

    for (size_t i = 0; i < x->n; i++) {
        bool whole;

        buf_init(&told, 0);
        whole = close_one(&x->items[i], summary, &told);
        if (told.len && (loud || (!whole && summary)))
            fputs(told.p, stderr);
        good &= whole;
        buf_free(&told);
    }
    free(x->items);
    *x = (struct exports){ 0 };
    return good;
}
