#include "data/journal_line.h"

#include <stdlib.h>

#include "base/json.h"
#include "data/journal_fields.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void put_line(struct buf *out, const struct line_fields *fields, const void *object)
{
    struct jsonw w;

    jsonw_init(&w, out, 0);
    fields_put(&w, fields->table, fields->n, object);
    buf_char(out, '\n');
}

void journal_put_record(struct buf *out, const struct record *r)
{
    put_line(out, &line_attempt, r);
}

void journal_put_batch(struct buf *out, const struct batch_event *e)
{
    put_line(out, &line_batch, e);
}

void journal_put_phase(struct buf *out, const struct phase_event *e)
{
    put_line(out, &line_phase, e);
}

void journal_put_health(struct buf *out, const struct health_sample *h)
{
    put_line(out, &line_health, h);
}

void journal_put_end(struct buf *out, const struct run_end *e)
{
    put_line(out, &line_end, e);
}

/* Texts lie one behind the other in lr->text, which was made large enough for the line. */
static const char *keep(void *ctx, struct str raw)
{
    struct line_reader *lr = ctx;
    size_t from = lr->text.len;

    json_unescape(raw, &lr->text);
    buf_char(&lr->text, '\0');
    return lr->text.p + from;
}

static void get_line(struct fields_reader *rd, const struct line_fields *fields,
                     void *object)
{
    fields_get(rd, fields->table, fields->n, object);
}

static bool known(const struct run *run, uint32_t trial, uint32_t ph)
{
    return !run || (trial < run->n_trials && ph < run->n_phases);
}

static bool read_attempt(struct fields_reader *rd, const struct run *run,
                         const struct journal_sink *sink)
{
    struct record r;

    record_init(&r);
    get_line(rd, &line_attempt, &r);
    if (rd->bad || !json_done(&rd->j) || !known(run, r.trial, r.phase) ||
        (run && r.cell != run->trials[r.trial].cell))
        return false;
    if (sink->record)
        sink->record(sink->ctx, &r);
    return true;
}

static bool read_batch(struct fields_reader *rd, const struct run *run,
                       const struct journal_sink *sink)
{
    struct batch_event e;

    batch_event_init(&e);
    get_line(rd, &line_batch, &e);
    if (rd->bad || !json_done(&rd->j) || !known(run, e.trial, e.phase) ||
        (run && e.cell != run->trials[e.trial].cell))
        return false;
    if (sink->batch)
        sink->batch(sink->ctx, &e);
    return true;
}

static bool read_phase(struct fields_reader *rd, const struct run *run,
                       const struct journal_sink *sink)
{
    struct phase_event e = { 0 };

    get_line(rd, &line_phase, &e);
    if (rd->bad || !json_done(&rd->j) || !known(run, e.trial, e.phase))
        return false;
    if (sink->phase)
        sink->phase(sink->ctx, &e);
    return true;
}

static void free_hist(struct hist *h)
{
    if (h)
        hist_free(h);
    free(h);
}

static bool read_health(struct fields_reader *rd, const struct run *run,
                        const struct journal_sink *sink)
{
    struct health_sample h = { .worker = HEALTH_MACHINE };
    bool good;

    get_line(rd, &line_health, &h);
    good = !rd->bad && json_done(&rd->j) && known(run, h.trial, 0);
    if (good && sink->health)
        sink->health(sink->ctx, &h);
    free_hist(h.send_lag);
    free_hist(h.read_lag);
    free_hist(h.stamp_error);
    free_hist(h.turn);
    return good;
}

static bool read_end(struct fields_reader *rd,
                     const struct run *run __attribute__((unused)),
                     const struct journal_sink *sink)
{
    struct run_end e = {
        .detail = "", .cpu = NS_ABSENT, .sim_late_p99 = NS_ABSENT, .sim_cpu = NS_ABSENT
    };

    get_line(rd, &line_end, &e);
    if (rd->bad || !json_done(&rd->j))
        return false;
    if (sink->end)
        sink->end(sink->ctx, &e);
    return true;
}

/* The value of key "t", which our writer puts first. */
static struct str kind_of(const char *p, size_t n)
{
    struct json j;
    struct str key, kind = { "", 0 };

    json_init(&j, p, n);
    if (!json_open_object(&j))
        return kind;
    while (json_key(&j, &key)) {
        if (str_is(key, "t")) {
            json_text(&j, &kind);
            return kind;
        }
        json_skip(&j);
    }
    return kind;
}

static const struct {
    const char *name;
    bool (*read)(struct fields_reader *rd, const struct run *run,
                 const struct journal_sink *sink);
} kinds[] = {
    { "attempt", read_attempt }, { "health", read_health }, { "phase", read_phase },
    { "end", read_end },         { "batch", read_batch },
};

int line_read(struct line_reader *lr, const char *p, size_t n, const struct run *run,
              const struct journal_sink *sink, struct err *err)
{
    struct fields_reader rd = { .keep = keep, .ctx = lr };
    struct str kind = kind_of(p, n);

    /* A text is never longer than its JSON with the quotes. */
    buf_clear(&lr->text);
    buf_room(&lr->text, n);
    json_init(&rd.j, p, n);
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (str_is(kind, kinds[i].name)) {
            if (kinds[i].read(&rd, run, sink))
                return 0;
            return err_set(err, ERR_PARSE, "damaged `%s` line", kinds[i].name);
        }
    return err_set(err, ERR_PARSE, "neither attempt nor phase, health, batch or end");
}

int journal_line(const char *p, size_t n, const struct journal_sink *sink, struct err *err)
{
    struct line_reader lr = { 0 };
    int rc = line_read(&lr, p, n, NULL, sink, err);

    line_reader_free(&lr);
    return rc;
}

void line_reader_free(struct line_reader *lr)
{
    buf_free(&lr->text);
    free(lr->gaps);
    lr->gaps = NULL;
}
