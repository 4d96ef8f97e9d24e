#include <math.h>

#include "base/units.h"
#include "reports/text.h"

/* --- intervals ----------------------------------------------------------------------- */

void text_take_width(struct table *t, const struct summary_metric *m, enum stat_id stat)
{
    const struct summary_stat *s = &m->stats[stat];
    double value = (double)s->value, up, down;
    struct buf b = { 0 };

    buf_str(&b, "");
    if (s->present && value > 0) {
        up = s->hi < 0 ? INFINITY : (double)s->hi / value - 1;
        down = s->lo < 0 ? 1 : 1 - (double)s->lo / value;
        buf_str(&b, "±");
        if (isinf(up))
            buf_str(&b, "∞");
        else
            figure_share(&b, fmax(up, down) * 1e6);
    }
    table_take(t, STYLE_DIM, &b);
}

/* --- what the n count as ------------------------------------------------------------- */

static bool counts_less(const struct summary_group *g)
{
    for (int i = 0; i < N_SERIES; i++)
        if (g->metrics[series_metrics[i]].counted < g->metrics[series_metrics[i]].n)
            return true;
    return false;
}

/* --- steadiness ---------------------------------------------------------------------- */

/* What one series says in all trials of a phase. */
struct said {
    unsigned trials; /* in which it says anything */
    unsigned times[N_STEADY];
    ns_t cut;      /* the longest warm-up */
    double change; /* the greatest of that verdict, as a share */
};

static const struct steady *series_of(const struct steady_seen *s, bool tokens, ns_t *cut)
{
    *cut = tokens ? s->tokens_cut : s->ttft_cut;
    return tokens ? &s->tokens : &s->ttft;
}

static double change(const struct steady *s)
{
    if (s->verdict == STEADY_WARM_UP)
        return s->after != 0 ? s->before / s->after - 1 : 0;
    return s->before != 0 ? s->after / s->before - 1 : 0;
}

static struct said listen(const struct page *p, const struct summary_group *g, bool tokens,
                          enum steadiness what)
{
    const struct run *run = p->s->run;
    struct said said = { 0 };

    for (size_t t = 0; t < run->n_trials; t++) {
        const struct summary_group *one = &p->s->trials[t * run->n_phases + g->phase];
        ns_t cut;
        const struct steady *s = series_of(&one->steady, tokens, &cut);

        if (run->trials[t].cell != g->cell || s->verdict == STEADY_UNKNOWN)
            continue;
        said.trials++;
        said.times[s->verdict]++;
        if (s->verdict != what)
            continue;
        said.cut = cut > said.cut ? cut : said.cut;
        if (fabs(change(s)) > fabs(said.change))
            said.change = change(s);
    }
    return said;
}

/* One trial in five may be chance or a neighbour. */
static bool mostly(const struct said *s, enum steadiness what)
{
    return s->times[what] && 2 * s->times[what] >= s->trials;
}

static void add_change(struct pieces *line, const char *what, const struct said *said,
                       const char *how)
{
    struct buf *b = pieces_next(line);

    buf_printf(b, "%s %.0f %% %s", what, fabs(said->change) * 100,
               said->change > 0 ? "higher" : "lower");
    buf_str(b, how);
}

static void put_drift(const struct page *p, const struct said *ttft,
                      const struct said *tokens)
{
    static const char how[] = " in the second half than in the first";
    struct pieces line = { 0 };

    buf_str(pieces_next(&line), "no steady state: ");
    if (mostly(ttft, STEADY_DRIFT))
        buf_printf(&line.text, "ttft is %.0f %% %s", fabs(ttft->change) * 100,
                   ttft->change > 0 ? "higher" : "lower");
    if (mostly(tokens, STEADY_DRIFT))
        buf_printf(&line.text, "%stok/s is %.0f %% %s",
                   mostly(ttft, STEADY_DRIFT) ? ", " : "", fabs(tokens->change) * 100,
                   tokens->change > 0 ? "higher" : "lower");
    buf_str(&line.text, how);
    pieces_add(&line, "it drifts, or the phase is too short");
    pieces_put(&line, p, 4, STYLE_YELLOW);
}

static void put_warm_up(const struct page *p, const struct said *ttft,
                        const struct said *tokens)
{
    ns_t cut = 0;
    struct pieces line = { 0 };

    if (mostly(ttft, STEADY_WARM_UP))
        cut = ttft->cut;
    if (mostly(tokens, STEADY_WARM_UP) && tokens->cut > cut)
        cut = tokens->cut;
    buf_str(pieces_next(&line), "the first ");
    units_put_duration(&line.text, cut);
    buf_str(&line.text, " look like warm-up");
    if (mostly(ttft, STEADY_WARM_UP))
        add_change(&line, "the mean ttft is", ttft, " with them");
    if (mostly(tokens, STEADY_WARM_UP))
        add_change(&line, "tok/s is", tokens, " with them");
    pieces_add(&line, "make them a phase of their own with measured: false");
    pieces_put(&line, p, 4, STYLE_YELLOW);
}

void text_sample(const struct page *p, const struct summary_group *g)
{
    struct said ttft = listen(p, g, false, STEADY_DRIFT);
    struct said tokens = listen(p, g, true, STEADY_DRIFT);

    if (counts_less(g)) {
        buf_printf(p->out, "%*s", 4, "");
        style_put(p->out, STYLE_DIM, p->colour,
                  "as N: neighbours are alike, so that the n tell as much as N independent "
                  "ones");
        buf_char(p->out, '\n');
    }
    if (mostly(&ttft, STEADY_DRIFT) || mostly(&tokens, STEADY_DRIFT)) {
        put_drift(p, &ttft, &tokens);
        return;
    }
    ttft = listen(p, g, false, STEADY_WARM_UP);
    tokens = listen(p, g, true, STEADY_WARM_UP);
    if (mostly(&ttft, STEADY_WARM_UP) || mostly(&tokens, STEADY_WARM_UP))
        put_warm_up(p, &ttft, &tokens);
}
