#include "api/members.h"
#include "base/units.h"
#include "reports/answer.h"
#include "reports/text.h"

/* Batches: what became of them and how long each part took; and beside the same requests
 * asked one by one. */

static const struct {
    enum metric_id id;
    const char *name;
} spans[] = {
    { METRIC_BATCH_SUBMIT, "submission" },  { METRIC_BATCH_QUEUE, "queue" },
    { METRIC_BATCH_PROCESS, "processing" }, { METRIC_BATCH_RETRIEVE, "retrieval" },
    { METRIC_BATCH_TOTAL, "in all" },       { METRIC_BATCH_RESOLUTION, "resolution" },
};
enum { N_SPANS = sizeof(spans) / sizeof(spans[0]) };

static bool has_batches(const struct page *p, uint32_t cell)
{
    return p->s->cells[cell].batches.begun > 0;
}

static bool any_batches(const struct page *p)
{
    for (uint32_t c = 0; c < p->s->run->n_cells; c++)
        if (has_batches(p, c))
            return true;
    return false;
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void put_ns(struct buf *b, ns_t t)
{
    figure_value(b, UNIT_NS, (double)t);
}

/* --- what became of them ------------------------------------------------------------- */

static void add_count(struct pieces *l, uint64_t n, const char *one, const char *many)
{
    struct buf *b;

    if (!n)
        return;
    b = pieces_next(l);
    units_put_count(b, n);
    buf_printf(b, " %s", n == 1 ? one : many);
}

static void put_counts(const struct page *p, uint32_t cell)
{
    const struct batches *s = &p->s->cells[cell].batches;
    struct pieces l = { 0 };
    struct buf *b = pieces_next(&l);
    uint64_t over = batches_over(s);

    text_cell_name(b, p->s->run, cell);
    buf_printf(b, "%s%llu of %llu batch%s completed", b->len ? ": " : "",
               (unsigned long long)s->over[BATCH_COMPLETED], (unsigned long long)s->begun,
               s->begun == 1 ? "" : "es");
    for (int i = 0; i < N_BATCH_STATES; i++)
        if (i != BATCH_COMPLETED && s->over[i])
            pieces_add(&l, "%llu %s%s", (unsigned long long)s->over[i],
                       batch_states[i].final ? "" : "last seen ",
                       i == BATCH_NONE ? "in no state: it was not created"
                                       : batch_states[i].name);
    if (s->begun > over)
        pieces_add(&l, "%llu not over", (unsigned long long)(s->begun - over));
    add_count(&l, s->calls[BATCH_POLL], "poll", "polls");
    buf_str(pieces_next(&l), "up ");
    units_put_bytes(&l.text, s->bytes_up);
    buf_str(&l.text, ", down ");
    units_put_bytes(&l.text, s->bytes_down);
    pieces_put(&l, p, 2, STYLE_PLAIN);
}

static void put_oddities(const struct page *p, const struct batches *s)
{
    struct pieces l = { 0 };

    add_count(&l, s->missing, "request without an answer", "requests without an answer");
    add_count(&l, s->repeated, "line for a request that had one",
              "lines for requests that had one");
    add_count(&l, s->strangers, "line for no request of ours",
              "lines for no request of ours");
    add_count(&l, s->damaged, "line that cannot be read", "lines that cannot be read");
    add_count(&l, s->backwards, "state that lay behind", "states that lay behind");
    for (int i = 0; i < N_BATCH_STEPS; i++)
        if (s->failed[i])
            pieces_add(&l, "%llu of %llu %s call%s failed",
                       (unsigned long long)s->failed[i], (unsigned long long)s->calls[i],
                       batch_step_names[i], plural(s->calls[i]));
    pieces_put(&l, p, 4, STYLE_YELLOW);
    if (s->why[0]) {
        struct buf b = { 0 };

        buf_printf(&b, "why: %s", s->why);
        text_paragraph(p, 4, STYLE_YELLOW, b.p);
        buf_free(&b);
    }
}

static void key_variable(struct json *j, void *ctx)
{
    json_text(j, ctx);
}

static void key_target(struct json *j, void *ctx)
{
    static const struct member members[] = { MEMBER("api_key_env", key_variable), NO_MORE };

    members_read(j, members, ctx);
}

/* The header that names the variable of the key, as the scenario does; nothing without. */
static void put_key(struct buf *out, const struct run *run)
{
    static const struct member members[] = { MEMBER("target", key_target), NO_MORE };
    struct str name = { NULL, 0 };
    struct json j;

    json_init(&j, run->scenario, strlen(run->scenario));
    members_read(&j, members, &name);
    if (name.n)
        buf_printf(out, "-H \"Authorization: Bearer $%.*s\" ", (int)name.n, name.p);
}

/* What may still run costs money: who it is, and how it is ended, fit to be copied. */
static void put_left(const struct page *p, const struct batches *s)
{
    for (size_t i = 0; i < s->n_open; i++) {
        struct buf b = { 0 };

        buf_printf(&b, "%s may still run. To cancel it:", s->open[i].id);
        text_paragraph(p, 4, STYLE_RED, b.p);
        buf_free(&b);
        buf_str(p->out, "      curl -X POST ");
        put_key(p->out, p->s->run);
        buf_printf(p->out, "%s/batches/%s/cancel\n", p->s->run->target, s->open[i].id);
    }
    if (s->more_open)
        buf_printf(p->out, "    and %llu more\n", (unsigned long long)s->more_open);
}

static void take_ns(struct table *t, bool there, ns_t v)
{
    struct buf b = { 0 };

    if (there)
        put_ns(&b, v);
    else
        buf_str(&b, "–");
    table_take(t, STYLE_PLAIN, &b);
}

/* Batches are few: mean, least and greatest say all there is to say. */
static void put_spans(const struct page *p)
{
    struct table t;
    bool any = false;

    table_init(&t, "llrrrr");
    table_cell(&t, STYLE_DIM, "%s", "");
    table_cell(&t, STYLE_DIM, "%s", "");
    table_cell(&t, STYLE_DIM, "batches");
    table_cell(&t, STYLE_DIM, "mean");
    table_cell(&t, STYLE_DIM, "min");
    table_cell(&t, STYLE_DIM, "max");
    for (uint32_t c = 0, last = UINT32_MAX; c < p->s->run->n_cells; c++)
        for (size_t i = 0; i < N_SPANS; i++) {
            const struct summary_metric *m = &p->s->cells[c].measured.metrics[spans[i].id];

            if (!m->n)
                continue;
            any = true;
            text_take_cell(&t, p, c, &last);
            table_cell(&t, STYLE_PLAIN, "%s", spans[i].name);
            table_cell(&t, STYLE_PLAIN, "%llu", (unsigned long long)m->n);
            take_ns(&t, true, m->mean);
            take_ns(&t, m->n > 1, m->min);
            take_ns(&t, m->n > 1, m->max);
        }
    if (any)
        table_put(&t, p->out, 2, p->colour);
    table_free(&t);
}

/* --- beside one by one --------------------------------------------------------------- */

static void put_row(struct table *t, const struct page *p, uint32_t cell)
{
    const struct tally *own = &p->s->cells[cell].measured.tally;
    uint32_t none = UINT32_MAX;
    struct buf b = { 0 };

    text_take_cell(t, p, cell, &none);
    table_cell(t, STYLE_PLAIN, "%s", has_batches(p, cell) ? "batch" : "one by one");
    table_cell(t, STYLE_PLAIN, "%llu", (unsigned long long)own->ok);
    table_cell(t, STYLE_PLAIN, "%llu", (unsigned long long)own->request_errors);
    take_ns(t, own->busy > 0, own->busy);
    if (own->busy > 0)
        figure_number(&b, (double)own->ok * NS_PER_S / (double)own->busy);
    else
        buf_str(&b, "–");
    table_take(t, STYLE_PLAIN, &b);
    b = (struct buf){ 0 };
    figure_cost(&b, own);
    table_take(t, STYLE_PLAIN, &b);
    b = (struct buf){ 0 };
    if (answer_cost_each(own) >= 0)
        units_put_money(&b, (int64_t)(answer_cost_each(own) * 1000 + 0.5));
    else
        buf_str(&b, "–");
    table_take(t, STYLE_PLAIN, &b);
}

static void put_comparison(const struct page *p)
{
    static const char *const heads[] = {
        "", "", "answered", "errors", "last answer", "answers/s", "cost", "a thousand"
    };
    struct table t;

    if (answer_one_by_one(p->s) == UINT32_MAX)
        return;
    table_init(&t, "llrrrrrr");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        table_cell(&t, STYLE_DIM, "%s", heads[i]);
    for (uint32_t c = 0; c < p->s->run->n_cells; c++)
        put_row(&t, p, c);
    table_put(&t, p->out, 2, p->colour);
    table_free(&t);
}

void text_batches(const struct page *p)
{
    if (!any_batches(p))
        return;
    text_heading(p, "Batches");
    put_comparison(p);
    for (uint32_t c = 0; c < p->s->run->n_cells; c++) {
        if (!has_batches(p, c))
            continue;
        put_counts(p, c);
        put_oddities(p, &p->s->cells[c].batches);
        put_left(p, &p->s->cells[c].batches);
    }
    put_spans(p);
}
