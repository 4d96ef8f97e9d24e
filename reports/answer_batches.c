#include "base/units.h"
#include "reports/answer.h"
#include "reports/figure.h"

/* What batches took and cost, as a sentence: alone, or beside the same asked one by one. */

static const struct {
    enum metric_id id;
    const char *name;
} parts[] = {
    { METRIC_BATCH_SUBMIT, "submission" },
    { METRIC_BATCH_QUEUE, "queue" },
    { METRIC_BATCH_PROCESS, "processing" },
    { METRIC_BATCH_RETRIEVE, "retrieval" },
};

uint32_t answer_one_by_one(const struct summary *s)
{
    for (uint32_t c = 0; c < s->run->n_cells; c++)
        if (!s->cells[c].batches.begun && s->cells[c].measured.tally.ok)
            return c;
    return UINT32_MAX;
}

double answer_cost_each(const struct tally *t)
{
    return t->priced && t->ok ? (double)t->cost_nusd / (double)t->ok : -1;
}

static void put_ns(struct buf *b, ns_t t)
{
    figure_value(b, UNIT_NS, (double)t);
}

static void put_course(struct buf *b, const struct summary_group *g)
{
    const char *between = "";

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct summary_metric *m = &g->metrics[parts[i].id];

        if (!m->n)
            continue;
        buf_str(b, between);
        put_ns(b, (ns_t)m->mean);
        buf_printf(b, " %s", parts[i].name);
        between = " + ";
    }
}

static void put_alone(struct buf *b, const struct summary_group *g)
{
    const struct summary_metric *all = &g->metrics[METRIC_BATCH_TOTAL];

    buf_printf(b, "%llu of %llu requests answered", (unsigned long long)g->tally.ok,
               (unsigned long long)g->tally.requests);
    if (all->n) {
        buf_str(b, all->n > 1 ? ", a batch in " : " in ");
        put_ns(b, all->mean);
        buf_str(b, " = ");
        put_course(b, g);
        buf_str(b, " (polls saw changes at most ");
        put_ns(b, g->metrics[METRIC_BATCH_RESOLUTION].max);
        buf_str(b, " late)");
    }
    if (g->tally.priced) {
        buf_str(b, "; ");
        figure_cost(b, &g->tally);
        buf_str(b, " by the price of batches, half of the usual one");
    }
}

static void put_beside(struct buf *b, const struct tally *t, const struct tally *other)
{
    double own = answer_cost_each(t), their = answer_cost_each(other);

    if (own >= 0 && their > 0) {
        figure_share(b, own / their * 1e6);
        buf_str(b, " of the price an answer (");
        units_put_money(b, (int64_t)(own * 1000 + 0.5));
        buf_str(b, " instead of ");
        units_put_money(b, (int64_t)(their * 1000 + 0.5));
        buf_str(b, " a thousand), ");
    }
    buf_str(b, "the last one after ");
    put_ns(b, t->busy);
    buf_str(b, " instead of ");
    put_ns(b, other->busy);
    if (t->busy > 0 && other->busy > 0) {
        buf_str(b, ", ");
        figure_number(b, (double)t->ok * NS_PER_S / (double)t->busy);
        buf_str(b, " answers/s instead of ");
        figure_number(b, (double)other->ok * NS_PER_S / (double)other->busy);
    }
}

void answer_batches(struct buf *out, const struct summary *s, uint32_t cell)
{
    const struct summary_group *g = &s->cells[cell].measured;
    uint32_t other = answer_one_by_one(s);

    if (!s->cells[cell].batches.begun || !g->tally.requests)
        return;
    answer_begin(out, s, cell);
    if (other != UINT32_MAX && g->tally.ok)
        put_beside(out, &g->tally, &s->cells[other].measured.tally);
    else
        put_alone(out, g);
    buf_char(out, '.');
}
