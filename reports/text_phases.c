#include <string.h>

#include "base/units.h"
#include "reports/text.h"

/* --- the table of a phase ------------------------------------------------------------ */

static void take_range(struct table *t, const struct summary_metric *m, enum metric_id id,
                       enum stat_id stat)
{
    const struct summary_stat *s = &m->stats[stat];
    struct buf b = { 0 };

    buf_str(&b, "");
    if (s->present)
        figure_range(&b, metrics[id].unit, s->lo, s->hi);
    table_take(t, STYLE_DIM, &b);
}

/* Rows of the table, where `wanted`; below each its confidence. */
static const struct {
    enum metric_id id;
    const char *name;
} rows[] = {
    { METRIC_TTFT, "ttft" },
    { METRIC_TTFT_API, "ttft_api" },
    { METRIC_TTFA, "ttfa" },
    { METRIC_ITL, "itl" },
    { METRIC_TPS, "tok/s" },
    { METRIC_TOOL_CALL, "tool_call" },
    { METRIC_STALL, "stall" },
    { METRIC_E2E, "e2e" },
    { METRIC_SESSION, "session" },
    { METRIC_UPLOAD, "upload" },
    { METRIC_TTFT_SENT, "ttft_sent" },
    { METRIC_SPEED_FACTOR, "speed" },
    { METRIC_SPEED_FACTOR_SERVER, "  no upload" },
    { METRIC_RTF, "rtf" },
    { METRIC_CHARS_PER_S, "char/s" },
    { METRIC_STARVED, "starved" },
    { METRIC_HELD, "held" },
};

enum { N_COLUMNS = 7 }; /* name, n, p50, p90, p95, p99, max */

/* What was held back makes ttft and ttft_api differ; below a millisecond nobody minds. */
static bool held(const struct summary_group *g)
{
    return g->metrics[METRIC_HELD].max >= NS_PER_MS;
}

static bool wanted(const struct summary_group *g, enum metric_id id)
{
    if (!g->metrics[id].n)
        return false;
    if (id == METRIC_HELD || id == METRIC_TTFT_API)
        return held(g);
    if (id == METRIC_TTFA)
        return g->tally.reasoning_tokens > 0;
    return true;
}

/*
 * "– (n=120, needs 299)", "– (as 3, needs 5)"; where one before it is missing too, or the
 * line below tells as how many the n count, "– (needs 299)".
 */
static void take_missing(struct table *t, const struct summary_metric *m,
                         const struct summary_stat *s, bool first)
{
    bool less = m->carries < m->n;

    if (first && !(less && m->stats[STAT_P50].present))
        table_cell(t, STYLE_DIM, "– (%s%llu, needs %llu)",
                   less ? "as " : "n=", (unsigned long long)m->carries,
                   (unsigned long long)s->needs);
    else
        table_cell(t, STYLE_DIM, "– (needs %llu)", (unsigned long long)s->needs);
}

static void metric_row(struct table *t, const struct summary_metric *m, const char *name,
                       enum metric_id id)
{
    static const enum stat_id stats[] = { STAT_P50, STAT_P90, STAT_P95, STAT_P99 };
    struct buf b = { 0 };
    bool first = true;

    table_cell(t, STYLE_PLAIN, "%s", name);
    units_put_count(&b, m->n);
    table_take(t, STYLE_DIM, &b);
    for (size_t i = 0; i < sizeof(stats) / sizeof(stats[0]); i++) {
        const struct summary_stat *s = &m->stats[stats[i]];

        if (s->present) {
            text_take_stat(t, m, id, stats[i]);
        } else {
            take_missing(t, m, s, first);
            first = false;
        }
    }
    figure_value(&b, metrics[id].unit, (double)m->max);
    table_take(t, STYLE_PLAIN, &b);
}

static void interval_row(struct table *t, const struct summary_metric *m, enum metric_id id)
{
    static const enum stat_id stats[] = { STAT_P50, STAT_P90, STAT_P95, STAT_P99 };

    if (!m->stats[STAT_P50].present)
        return;
    table_cell(t, STYLE_DIM, "  95 %% CI");
    if (m->counted < m->n)
        table_cell(t, STYLE_DIM, "as %llu", (unsigned long long)m->counted);
    else
        table_cell(t, STYLE_DIM, "%s", "");
    for (size_t i = 0; i < sizeof(stats) / sizeof(stats[0]); i++)
        take_range(t, m, id, stats[i]);
    table_row(t);
}

static void spread_row(struct table *t, const struct summary_metric *m, enum metric_id id)
{
    struct buf b = { 0 };

    if (m->spread_lo < 0)
        return;
    table_cell(t, STYLE_DIM, "  %u trials", m->trials);
    table_cell(t, STYLE_DIM, "%s", "");
    figure_range(&b, metrics[id].unit, m->spread_lo, m->spread_hi);
    table_take(t, STYLE_DIM, &b);
    table_row(t);
}

static void put_metrics(const struct page *p, const struct summary_group *g)
{
    static const char *const heads[N_COLUMNS] = {
        "", "n", "p50", "p90", "p95", "p99", "max"
    };
    struct table t;

    table_init(&t, "lrrrrrr");
    for (size_t i = 0; i < N_COLUMNS; i++)
        table_cell(&t, STYLE_DIM, "%s", heads[i]);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct summary_metric *m = &g->metrics[rows[i].id];

        if (!wanted(g, rows[i].id))
            continue;
        metric_row(&t, m, rows[i].name, rows[i].id);
        interval_row(&t, m, rows[i].id);
        spread_row(&t, m, rows[i].id);
    }
    if (t.n > N_COLUMNS)
        table_put(&t, p->out, 4, p->colour);
    table_free(&t);
}

/* --- the lines around it ------------------------------------------------------------- */

static void put_asked(struct buf *b, const struct summary_load *l, bool batches)
{
    bool ramp = l->asked_first < l->asked_last || l->asked_first > l->asked_last;

    buf_str(b, "asked ");
    if (ramp) {
        figure_number(b, l->asked_first);
        buf_str(b, "..");
        figure_number(b, l->asked_last);
    } else {
        figure_number(b, l->asked);
    }
    if (batches)
        buf_str(b, l->asked > 1 ? " batches at a time" : " batch at a time");
    else if (l->sessions)
        buf_str(b, l->open ? " sessions/s" : " sessions at a time");
    else
        buf_str(b, l->open ? "/s" : " at a time");
    if (ramp) {
        buf_str(b, " (mean ");
        figure_number(b, l->asked);
        buf_char(b, ')');
    }
}

/* What arrived stands beside what was asked for. */
static void put_load(const struct page *p, const struct summary_group *g)
{
    const struct summary_load *l = &g->load;
    struct pieces line = { 0 };
    struct buf *b = pieces_next(&line);

    buf_str(b, "load: ");
    put_asked(b, l, p->s->cells[g->cell].batches.begun > 0);
    if (l->has_rate) {
        b = pieces_next(&line);
        buf_str(b, "arrived ");
        figure_number(b, l->rate);
        buf_str(b, "/s");
        b = pieces_next(&line);
        buf_str(b, "in flight ");
        figure_number(b, l->concurrency);
    }
    if (l->has_cv)
        pieces_add(&line, "gap CV %.2f (asked %.2f)", l->cv, l->asked_cv);
    if (l->has_dispersion)
        pieces_add(&line, "dispersion %.2f (asked %.2f)", l->dispersion,
                   l->asked_cv * l->asked_cv);
    if (l->planned > l->issued)
        pieces_add(&line, "%llu of %llu due requests never left",
                   (unsigned long long)(l->planned - l->issued),
                   (unsigned long long)l->planned);
    pieces_put(&line, p, 4, STYLE_PLAIN);
}

static void add_share(struct pieces *line, const char *what, const struct summary_rate *r)
{
    struct buf *b;

    if (!r->present)
        return;
    b = pieces_next(line);
    buf_printf(b, "%s ", what);
    figure_share(b, r->value);
}

static void put_tokens(const struct page *p, const struct summary_group *g)
{
    const struct summary_metric *asked = &g->metrics[METRIC_PLANNED_TOKENS];
    const struct summary_metric *got = &g->metrics[METRIC_PROMPT_TOKENS];
    const struct summary_rate *total = &g->rates[RATE_TPS_TOTAL];
    struct pieces line = { 0 };
    struct buf *b;

    if (!got->n)
        return;
    b = pieces_next(&line);
    buf_str(b, "tokens: prompt ");
    figure_number(b, (double)got->mean);
    if (asked->n) {
        buf_str(b, " (asked ");
        figure_number(b, (double)asked->mean);
        buf_char(b, ')');
    }
    if (g->metrics[METRIC_COMPLETION_TOKENS].n) {
        b = pieces_next(&line);
        buf_str(b, "answer ");
        figure_number(b, (double)g->metrics[METRIC_COMPLETION_TOKENS].mean);
    }
    if (total->present && g->metrics[METRIC_COMPLETION_TOKENS].n) {
        b = pieces_next(&line);
        figure_number(b, total->value);
        buf_str(b, "/s in all");
    }
    pieces_put(&line, p, 4, STYLE_PLAIN);
}

/* "audio: 30 s a clip · 3 h 20 min in all · 4.2 MB up" */
static void put_audio(const struct page *p, const struct summary_group *g)
{
    const struct summary_metric *in = &g->metrics[METRIC_AUDIO_IN];
    const struct summary_metric *out = &g->metrics[METRIC_AUDIO_OUT];
    struct pieces line = { 0 };
    struct buf *b;

    if (!in->n && !out->n)
        return;
    if (in->n) {
        b = pieces_next(&line);
        buf_str(b, "audio: clips of ");
        figure_value(b, UNIT_NS, (double)in->mean);
        b = pieces_next(&line);
        units_put_bytes(b, g->tally.bytes_up);
        buf_str(b, " sent");
    }
    if (out->n) {
        b = pieces_next(&line);
        buf_str(b, "audio: answers of ");
        figure_value(b, UNIT_NS, (double)out->mean);
        b = pieces_next(&line);
        units_put_bytes(b, g->tally.bytes_down);
        buf_str(b, " received");
    }
    pieces_put(&line, p, 4, STYLE_PLAIN);
}

/* "cache hits: 83 % of prompt tokens · 100 % of requests"; nothing where none told. */
static void put_cache(const struct page *p, const struct summary_group *g)
{
    static const struct {
        enum rate_id id;
        const char *of;
    } parts[] = { { RATE_CACHE_TOKENS, "of prompt tokens" },
                  { RATE_CACHE_REQUESTS, "of requests" },
                  { RATE_CACHE_KNOWN, "of answers tell" } };
    bool all_tell = g->tally.with_cached == g->tally.with_usage;
    struct pieces line = { 0 };

    if (!g->tally.with_cached)
        return;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct buf *b;

        if (!g->rates[parts[i].id].present || (parts[i].id == RATE_CACHE_KNOWN && all_tell))
            continue;
        b = pieces_next(&line);
        buf_str(b, b->len ? "" : "cache hits: ");
        figure_share(b, g->rates[parts[i].id].value);
        buf_printf(b, " %s", parts[i].of);
    }
    pieces_put(&line, p, 4, STYLE_PLAIN);
}

static void put_cost(const struct page *p, const struct summary_group *g)
{
    struct pieces line = { 0 };
    struct buf *b = pieces_next(&line);

    if (!g->tally.priced && !g->tally.unpriced)
        return;
    buf_str(b, "cost: ");
    figure_cost(b, &g->tally);
    if (g->rates[RATE_COST_PER_1K].present) {
        b = pieces_next(&line);
        units_put_money(b, (int64_t)(g->rates[RATE_COST_PER_1K].value + 0.5));
        buf_str(b, " per 1,000 tokens");
    }
    pieces_put(&line, p, 4, STYLE_PLAIN);
}

static void put_server(const struct page *p, const struct summary_group *g)
{
    static const struct {
        enum metric_id id;
        const char *name;
    } parts[] = {
        { METRIC_QUEUE, "queue" },
        { METRIC_PREFILL, "prefill" },
        { METRIC_DECODE, "decode" },
        { METRIC_NETWORK, "network and edge" },
    };
    struct pieces line = { 0 };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct summary_stat *s = &g->metrics[parts[i].id].stats[STAT_P50];
        struct buf *b;

        if (!s->present)
            continue;
        b = pieces_next(&line);
        buf_printf(b, "%s%s ", b->len ? "" : "server, medians: ", parts[i].name);
        figure_stat(b, UNIT_NS, s);
    }
    pieces_put(&line, p, 4, STYLE_PLAIN);
}

static void add_count(struct pieces *line, const char *what, uint64_t n)
{
    struct buf *b;

    if (!n)
        return;
    b = pieces_next(line);
    units_put_count(b, n);
    buf_printf(b, " %s", what);
}

static void put_errors(const struct page *p, const struct summary_group *g)
{
    struct pieces line = { 0 };
    bool more = g->tally.attempts > g->tally.requests + g->tally.cut;

    for (int o = 0; o < N_OUTCOMES; o++)
        if (outcomes[o].error)
            add_count(&line, outcomes[o].name, g->outcomes.final[o]);
    if (line.text.len) {
        buf_str(p->out, "    ");
        style_put(p->out, STYLE_RED, p->colour, "errors: ");
        pieces_put(&line, p, 0, STYLE_PLAIN);
    }
    if (!more)
        return;
    add_share(&line, "retried:", &g->rates[RATE_RETRY]);
    add_share(&line, "errors at the first attempt", &g->rates[RATE_FIRST_ERROR]);
    add_share(&line, "errors in the end", &g->rates[RATE_ERROR]);
    pieces_put(&line, p, 4, STYLE_PLAIN);
}

static void put_heading(const struct page *p, const struct summary_group *g)
{
    const struct run *run = p->s->run;
    struct pieces line = { 0 };
    struct buf *b;

    buf_str(p->out, "  ");
    style_put(p->out, STYLE_BOLD, p->colour, run->phases[g->phase].name);
    add_count(&line, g->tally.requests == 1 ? "request" : "requests", g->tally.requests);
    if (!g->tally.requests)
        pieces_add(&line, "no request ended");
    b = pieces_next(&line);
    units_put_count(b, g->tally.request_errors);
    buf_printf(b, " error%s", g->tally.request_errors == 1 ? "" : "s");
    add_count(&line, "empty", g->outcomes.final[OUTCOME_EMPTY]);
    add_count(&line, "cut", g->tally.cut);
    if (g->tally.span)
        units_put_duration(pieces_next(&line), g->tally.span);
    if (!g->measured)
        pieces_add(&line, "not measured");
    buf_str(p->out, ": ");
    pieces_put(&line, p, 0, STYLE_PLAIN);
}

/* What is not measured is told in one line. */
static void put_phase(const struct page *p, const struct summary_group *g)
{
    put_heading(p, g);
    put_errors(p, g);
    if (!g->measured)
        return;
    put_metrics(p, g);
    text_sample(p, g);
    text_errors(p, g);
    put_tokens(p, g);
    text_forms(p, g);
    text_kinds(p, g);
    put_audio(p, g);
    put_cache(p, g);
    put_cost(p, g);
    put_server(p, g);
    put_load(p, g);
}

void text_phases(const struct page *p)
{
    const struct run *run = p->s->run;

    for (uint32_t c = 0; c < run->n_cells; c++) {
        struct buf name = { 0 };

        if (search_has_phase(&run->cells[c].search, 0))
            continue; /* all that there is are its probes */
        text_cell_name(&name, run, c);
        if (name.len)
            text_heading(p, name.p);
        else
            buf_char(p->out, '\n');
        buf_free(&name);
        for (uint32_t i = 0; i < run->n_phases; i++)
            if (p->s->groups[c * run->n_phases + i].begun &&
                !search_has_phase(&run->cells[c].search, i))
                put_phase(p, &p->s->groups[c * run->n_phases + i]);
    }
}
