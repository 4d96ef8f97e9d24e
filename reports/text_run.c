#include <string.h>

#include "base/units.h"
#include "reports/doctor.h"
#include "reports/text.h"

/* --- limits -------------------------------------------------------------------------- */

static void take_count(struct table *t, int64_t n)
{
    struct buf b = { 0 };

    if (n < 0)
        buf_str(&b, "–");
    else
        units_put_count(&b, (uint64_t)n);
    table_take(t, STYLE_PLAIN, &b);
}

/* How much of the limit was left when it was lowest. */
static void take_lowest(struct table *t, const struct limit_seen *l)
{
    struct buf b = { 0 };
    double left = l->limit > 0 ? (double)l->lowest / (double)l->limit : 1;

    if (l->lowest < 0)
        buf_str(&b, "–");
    else
        units_put_count(&b, (uint64_t)l->lowest);
    if (l->lowest >= 0 && l->limit > 0)
        buf_printf(&b, " (%.0f %%)", left * 100);
    table_take(t, left < 0.1 ? STYLE_YELLOW : STYLE_PLAIN, &b);
}

static void limit_row(struct table *t, const struct page *p, uint32_t cell,
                      enum limit_kind kind, uint32_t *last)
{
    const struct limit_seen *l = &p->s->cells[cell].limits[kind];
    struct buf b = { 0 };

    text_take_cell(t, p, cell, last);
    table_cell(t, STYLE_PLAIN, "%s", limit_names[kind]);
    take_count(t, l->limit);
    take_count(t, l->remaining);
    take_lowest(t, l);
    if (l->reset == NS_ABSENT)
        buf_str(&b, "–");
    else
        units_put_duration(&b, l->reset);
    table_take(t, STYLE_PLAIN, &b);
}

enum { MAX_LABELS = 6 };

static void put_labels(const struct page *p, const char *what,
                       const struct summary_labels *l, uint32_t cell)
{
    size_t shown = l->n < MAX_LABELS ? l->n : MAX_LABELS;
    struct pieces line = { 0 };
    struct buf *b = pieces_next(&line);

    if (!l->n)
        return;
    text_cell_name(b, p->s->run, cell);
    buf_printf(b, "%s%s ", b->len ? " " : "", what);
    for (size_t i = 0; i < shown; i++) {
        buf_printf(b, "%s%s ", i ? ", " : "", figure_or_dash(l->items[i].name));
        units_put_count(b, l->items[i].n);
    }
    if (shown < l->n)
        buf_printf(b, " and %zu more", l->n - shown);
    pieces_put(&line, p, 2, STYLE_PLAIN);
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void add_sustained(struct pieces *line, const struct wall *w)
{
    double requests, tokens;
    struct buf *b;

    if (!wall_sustained(w, &requests, &tokens))
        return;
    b = pieces_next(line);
    buf_str(b, "from then on ");
    figure_number(b, requests);
    buf_str(b, " requests and ");
    figure_number(b, tokens);
    buf_str(b, " tokens a minute got through");
}

/* Retries come when the server said, so one that is refused again was told too early. */
static void add_announced(struct pieces *line, const struct wall *w)
{
    struct buf *b = pieces_next(line);

    if (!w->announced)
        buf_str(b, "no refusal said when to come again");
    else if (w->announced < w->refused)
        buf_printf(b, "%llu of %llu refusals said when to come again",
                   (unsigned long long)w->announced, (unsigned long long)w->refused);
    else
        buf_str(b, "every refusal said when to come again");
    if (w->retries)
        pieces_add(line, "%llu of %llu retr%s refused again",
                   (unsigned long long)w->retries_again, (unsigned long long)w->retries,
                   w->retries == 1 ? "y was" : "ies were");
}

/* Where it was met, and how it behaves. */
static void put_wall(const struct page *p, uint32_t cell)
{
    const struct wall *w = &p->s->cells[cell].wall;
    struct pieces line = { 0 };
    struct buf *b;

    if (w->at == NS_ABSENT)
        return;
    b = pieces_next(&line);
    text_cell_name(b, p->s->run, cell);
    buf_printf(b, "%sthe wall%s%s: after ", b->len ? ": " : "", *w->kind ? ", " : "",
               w->kind);
    units_put_count(b, w->before);
    buf_printf(b, " request%s and ", plural(w->before));
    units_put_count(b, (uint64_t)w->tokens_before);
    buf_str(b, " tokens in ");
    units_put_duration(b, w->at - w->first);
    add_sustained(&line, w);
    add_announced(&line, w);
    pieces_put(&line, p, 2, STYLE_PLAIN);
}

void text_walls(const struct page *p)
{
    bool any = false;

    for (uint32_t c = 0; c < p->s->run->n_cells; c++)
        any |= p->s->cells[c].wall.at != NS_ABSENT;
    if (any)
        text_heading(p, "Rate limits met");
    for (uint32_t c = 0; c < p->s->run->n_cells; c++)
        put_wall(p, c);
}

void text_limits(const struct page *p)
{
    static const char *const heads[] = { "", "", "limit", "left", "lowest", "full in" };
    uint32_t last = UINT32_MAX;
    size_t head;
    struct table t;

    table_init(&t, "llrrrr");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        table_cell(&t, STYLE_DIM, "%s", heads[i]);
    head = t.n;
    for (uint32_t c = 0; c < p->s->run->n_cells; c++)
        for (int k = 0; k < N_LIMITS; k++)
            if (p->s->cells[c].limits[k].at != NS_ABSENT)
                limit_row(&t, p, c, (enum limit_kind)k, &last);
    if (t.n > head) {
        text_heading(p, "Limits seen");
        table_put(&t, p->out, 2, p->colour);
        for (uint32_t c = 0; c < p->s->run->n_cells; c++)
            put_labels(p, "refused by", &p->s->cells[c].labels[LABEL_LIMIT_KIND], c);
    }
    table_free(&t);
}

/* --- regions, tiers ------------------------------------------------------------------ */

static void take_median(struct table *t, const struct summary_metric *m, enum unit unit,
                        enum stat_id stat)
{
    struct buf b = { 0 };

    if (m->stats[stat].present)
        figure_value(&b, unit, (double)m->stats[stat].value);
    else
        buf_str(&b, "–");
    table_take(t, STYLE_PLAIN, &b);
}

static void region_intervals(struct table *t, const struct summary_region *r)
{
    if (!r->metrics[0].stats[STAT_P50].present)
        return;
    table_cell(t, STYLE_DIM, "%s", "");
    table_cell(t, STYLE_DIM, "  95 %% CI");
    table_cell(t, STYLE_DIM, "%s", "");
    table_cell(t, STYLE_DIM, "%s", "");
    text_take_width(t, &r->metrics[0], STAT_P50);
    text_take_width(t, &r->metrics[0], STAT_P95);
    text_take_width(t, &r->metrics[1], STAT_P50);
    text_take_width(t, &r->metrics[2], STAT_P50);
    table_row(t);
}

static void region_row(struct table *t, const struct page *p, uint32_t cell,
                       const struct summary_region *r, uint32_t *last)
{
    struct buf b = { 0 };

    text_take_cell(t, p, cell, last);
    table_cell(t, STYLE_PLAIN, "%s", r->name);
    units_put_count(&b, r->attempts);
    table_take(t, STYLE_PLAIN, &b);
    units_put_count(&b, r->errors);
    table_take(t, r->errors ? STYLE_RED : STYLE_PLAIN, &b);
    take_median(t, &r->metrics[0], metrics[region_metrics[0]].unit, STAT_P50);
    take_median(t, &r->metrics[0], metrics[region_metrics[0]].unit, STAT_P95);
    take_median(t, &r->metrics[1], metrics[region_metrics[1]].unit, STAT_P50);
    take_median(t, &r->metrics[2], metrics[region_metrics[2]].unit, STAT_P50);
    region_intervals(t, r);
}

/* Answers of one tier, the one asked for, go without saying. */
static bool tells_tiers(const struct page *p, uint32_t cell)
{
    const struct summary_labels *l = &p->s->cells[cell].labels[LABEL_TIER];
    const char *asked = p->s->run->cells[cell].tier;

    return l->n > 1 || (l->n && asked && strcmp(l->items[0].name, asked) != 0) ||
           (l->n && p->s->run->n_cells == 1);
}

static void put_tiers(const struct page *p)
{
    for (uint32_t c = 0; c < p->s->run->n_cells; c++)
        if (tells_tiers(p, c))
            put_labels(p, "answered by tier", &p->s->cells[c].labels[LABEL_TIER], c);
    for (uint32_t c = 0; c < p->s->run->n_cells; c++)
        if (p->s->cells[c].labels[LABEL_EDGE].n > 1)
            put_labels(p, "through edge", &p->s->cells[c].labels[LABEL_EDGE], c);
}

void text_regions(const struct page *p)
{
    static const char *const heads[] = {
        "", "", "attempts", "errors", "ttft_api p50", "p95", "network p50", "tok/s p50"
    };
    uint32_t last = UINT32_MAX;
    struct table t;
    size_t head;

    table_init(&t, "llrrrrrr");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        table_cell(&t, STYLE_DIM, "%s", heads[i]);
    head = t.n;
    for (uint32_t c = 0; c < p->s->run->n_cells; c++) {
        const struct summary_group *g = &p->s->cells[c].measured;

        for (size_t i = 0; i < g->n_regions; i++)
            region_row(&t, p, c, &g->regions[i], &last);
    }
    if (t.n > head) {
        text_heading(p, "Regions");
        table_put(&t, p->out, 2, p->colour);
        put_tiers(p);
    }
    table_free(&t);
}

/* --- objectives ---------------------------------------------------------------------- */

static const struct {
    const char *mark;
    enum style style;
} verdict_marks[N_VERDICTS] = {
    [VERDICT_PASS] = { "✓", STYLE_GREEN },
    [VERDICT_FAIL] = { "✗", STYLE_RED },
    [VERDICT_NO_DATA] = { "–", STYLE_YELLOW },
};

static void put_slo_value(struct buf *b, const struct slo *slo, double v)
{
    if (slo->is_rate)
        figure_rate(b, rates[slo->rate].unit, v);
    else
        figure_value(b, metrics[slo->metric].unit, v);
}

static void take_slo_value(struct table *t, const struct slo *slo,
                           const struct summary_slo *v)
{
    struct buf b = { 0 };

    if (!v->has_value)
        buf_str(&b, "no data");
    else if (v->infinite)
        buf_str(&b, "∞: too many failed");
    else
        put_slo_value(&b, slo, v->value);
    table_take(t, v->verdict == VERDICT_FAIL ? STYLE_RED : STYLE_PLAIN, &b);
}

static void take_slo_interval(struct table *t, const struct slo *slo,
                              const struct summary_slo *v)
{
    struct buf b = { 0 };

    buf_str(&b, "");
    if (v->interval && !v->infinite) {
        put_slo_value(&b, slo, v->lo);
        buf_str(&b, "..");
        if (v->hi < 0)
            buf_str(&b, "∞");
        else
            put_slo_value(&b, slo, v->hi);
    }
    if (v->flips)
        buf_printf(&b, "%swithin the error of the instrument", b.len ? ", " : "");
    if (v->verdict == VERDICT_NO_DATA && v->n < v->needs) {
        buf_str(&b, b.len ? ", no data: " : v->has_value ? "no data: " : "");
        figure_sample(&b, v);
    }
    table_take(t, STYLE_DIM, &b);
}

void text_objectives(const struct page *p)
{
    const struct run *run = p->s->run;
    const struct slo *above = NULL;
    struct table t;

    if (!p->s->n_slos)
        return;
    text_heading(p, "Objectives (with 95 % CI)");
    table_init(&t, "lllll");
    for (size_t i = 0; i < p->s->n_slos; i++) {
        const struct summary_slo *v = &p->s->slos[i];
        const struct slo *slo = &run->slos[v->slo];
        uint32_t none = UINT32_MAX;

        table_cell(&t, verdict_marks[v->verdict].style, "%s",
                   verdict_marks[v->verdict].mark);
        table_cell(&t, STYLE_PLAIN, "%s", slo == above ? "" : slo->text);
        text_take_cell(&t, p, v->cell, &none);
        above = slo;
        take_slo_value(&t, slo, v);
        take_slo_interval(&t, slo, v);
    }
    table_put(&t, p->out, 2, p->colour);
    table_free(&t);
}

/* --- instrument ---------------------------------------------------------------------- */

/* Where the sample is too small for a p99 its maximum stands there. */
static void add_lag(struct pieces *line, const char *what, const struct summary_metric *m)
{
    const struct summary_stat *p50 = &m->stats[STAT_P50], *p99 = &m->stats[STAT_P99];
    struct buf *b;

    if (!m->n)
        return;
    b = pieces_next(line);
    buf_str(b, what);
    if (p50->present) {
        buf_str(b, " p50 ");
        figure_stat(b, UNIT_NS, p50);
    }
    buf_str(b, p99->present ? " p99 " : " max ");
    if (p99->present)
        figure_stat(b, UNIT_NS, p99);
    else
        figure_value(b, UNIT_NS, (double)m->max);
}

static void add_stamps(struct pieces *line, const struct summary *s)
{
    const uint64_t *counters = s->health.counters;
    struct buf *b;

    switch (summary_stamps_used(s)) {
    case STAMPS_KERNEL:
        pieces_add(line, "stamps: kernel");
        break;
    case STAMPS_READ:
        pieces_add(line, "stamps: read (%s)",
                   summary_stamps_asked(s) == STAMPS_READ ? "as asked"
                                                          : "the system gave no other");
        break;
    case STAMPS_MIXED:
        b = pieces_next(line);
        buf_str(b, "stamps: mixed, ");
        figure_share(b, (double)counters[HEALTH_KERNEL_STAMPS] /
                            (double)counters[HEALTH_READS] * 1e6);
        buf_str(b, " of reads by the kernel");
        break;
    case STAMPS_NONE:
    case N_STAMPS:
        break;
    }
}

static void put_work(const struct page *p)
{
    const struct summary_health *h = &p->s->health;
    const struct run_end *e = &p->s->end;
    struct pieces line = { 0 };
    struct buf *b;

    if (e->cpu != NS_ABSENT && e->at > 0) {
        b = pieces_next(&line);
        figure_share(b, (double)e->cpu / (double)e->at * 1e6);
        buf_str(b, " of a core");
        if (p->s->all.frames) {
            buf_str(b, ", ");
            units_put_duration(b, e->cpu / (ns_t)p->s->all.frames);
            buf_str(b, " a frame");
        }
    }
    if (h->in_flight_max)
        pieces_add(&line, "at most %llu in flight", (unsigned long long)h->in_flight_max);
    add_stamps(&line, p->s);
    if (p->s->all.frames_shared) {
        b = pieces_next(&line);
        figure_share(b, (double)p->s->all.frames_shared / (double)p->s->all.frames * 1e6);
        buf_str(b, " of frames share a stamp");
    }
    pieces_put(&line, p, 2, STYLE_PLAIN);
}

static void put_doctor(const struct page *p)
{
    const struct doctor_figures *f = &p->s->run->doctor;
    struct pieces line = { 0 };
    struct buf *b;

    if (f->streams < 0)
        return;
    b = pieces_next(&line);
    buf_str(b, "doctor, ");
    report_doctor_age(b, f->age_s);
    buf_str(b, " ago: ");
    report_doctor_figures(b, f);
    buf_str(b, " on this machine");
    pieces_put(&line, p, 2, STYLE_PLAIN);
}

static void put_oddities(const struct page *p)
{
    const struct tally *t = &p->s->all;
    const struct {
        uint64_t n;
        const char *what;
    } counts[] = {
        { t->network_clamped, "network times clamped at 0" },
        { t->clamped, "values out of range" },
        { t->gaps_lost, "gaps beyond the journal's most" },
    };
    struct pieces line = { 0 };

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        if (counts[i].n) {
            struct buf *b = pieces_next(&line);

            units_put_count(b, counts[i].n);
            buf_printf(b, " %s", counts[i].what);
        }
    pieces_put(&line, p, 2, STYLE_PLAIN);
}

void text_instrument(const struct page *p)
{
    const struct summary_health *h = &p->s->health;
    struct pieces line = { 0 };
    struct buf *b;

    text_heading(p, "Instrument");
    add_lag(&line, "send lag", &h->send_lag);
    add_lag(&line, "read lag", &h->read_lag);
    add_lag(&line, "stamp error", &h->stamp_error);
    add_lag(&line, "loop turn", &h->turn);
    if (p->s->end.sim_late_p99 != NS_ABSENT) {
        b = pieces_next(&line);
        buf_str(b, "simulator late p99 ");
        units_put_duration(b, p->s->end.sim_late_p99);
    }
    if (!line.text.len)
        pieces_add(&line, "no health samples");
    pieces_put(&line, p, 2, STYLE_PLAIN);
    put_work(p);
    put_doctor(p);
    put_oddities(p);
    text_warnings(p, false);
}
