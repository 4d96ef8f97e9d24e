#include "reports/report.h"

#include <string.h>

#include "base/units.h"
#include "base/version.h"
#include "data/hlog.h"
#include "data/stats.h"
#include "reports/figure.h"
#include "reports/table.h"

/* Where it ended at what the client carries, its answer is none about the server. */
static bool search_is_ours(const struct summary *s)
{
    for (size_t i = 0; i < s->n_searches; i++)
        if (s->searches[i].result.end == SEARCH_CLIENT)
            return true;
    return false;
}

/* The first that applies; interruption comes before all and is the caller's to know. */
int report_exit_code(const struct summary *s)
{
    enum { GOOD = 0, VERDICT = 1, INVALID = 3, TARGET = 4, BUDGET = 5 };

    if (s->ended && s->end.reason == END_TARGET)
        return TARGET;
    if (!validity_holds(s->health.validity) || search_is_ours(s) ||
        (s->ended && (s->end.reason == END_DISK || s->end.reason == END_FAILED)))
        return INVALID;
    if (s->ended && s->end.reason == END_BUDGET)
        return BUDGET;
    return s->n_slos && s->verdict == VERDICT_FAIL ? VERDICT : GOOD;
}

/* --- HDR log ------------------------------------------------------------------------- */

static void put_row(struct buf *out, const struct run *run, const struct recorder *r,
                    uint32_t trial, uint32_t phase, enum metric_id m, struct hist *h)
{
    struct phase_event begin, end;
    struct buf tag;

    hist_reset(h);
    if (!recorder_hist(r, trial, phase, m, h))
        return;
    recorder_phase(r, trial, phase, &begin, &end);
    buf_init(&tag, 0);
    buf_printf(&tag, "%s/%u/%s/%s", run->cells[run->trials[trial].cell].name, trial,
               run->phases[phase].name, metrics[m].name);
    hlog_put_row(out, (struct str){ tag.p, tag.len }, begin.at == NS_ABSENT ? 0 : begin.at,
                 recorder_tally(r, trial, phase)->span, HLOG_NS_TO_MS, h);
    buf_free(&tag);
}

void report_hlog(struct buf *out, const struct run *run, const struct recorder *r)
{
    struct hist h;

    hist_init_standard(&h);
    hlog_put_header(out,
                    "tokdyno " TOKDYNO_VERSION
                    "; tags: cell/trial/phase/metric\nvalues in ns, maximum in ms",
                    run->t0_real, run->t0_real);
    for (uint32_t t = 0; t < run->n_trials; t++)
        for (uint32_t p = 0; p < run->n_phases; p++)
            for (int m = 0; m < N_METRICS; m++)
                put_row(out, run, r, t, p, (enum metric_id)m, &h);
    hist_free(&h);
}

/* --- live ---------------------------------------------------------------------------- */

static void put_place(struct buf *out, const struct run *run,
                      const struct recorder_live *live)
{
    const struct run_phase *phase = &run->phases[live->phase];

    units_put_duration(out, live->at);
    if (run->n_trials > 1)
        buf_printf(out, "  trial %u/%zu", live->trial + 1, run->n_trials);
    buf_printf(out, "  %s%s", phase->name, phase->measured ? "" : " (not measured)");
}

/* The same honesty as at the end: no percentile from too few values. */
static const double CONFIDENCE = 0.95;

static void put_ttft(struct buf *out, const struct recorder_live *live)
{
    if (live->ttft_p50 == NS_ABSENT ||
        live->ttft_n < (uint64_t)stats_min_sample(0.5, CONFIDENCE))
        return;
    buf_str(out, "  ttft p50 ");
    units_put_duration(out, live->ttft_p50);
    if (live->ttft_n < (uint64_t)stats_min_sample(0.95, CONFIDENCE))
        return;
    buf_str(out, " p95 ");
    units_put_duration(out, live->ttft_p95);
}

static void shorten(struct buf *out, size_t width)
{
    char *p = out->p;
    size_t n = 0;

    for (; *p; p++)
        if (((unsigned char)*p & 0xC0) != 0x80 && n++ == width)
            break;
    out->len = (size_t)(p - out->p);
    *p = '\0';
}

void report_live(struct buf *out, const struct run *run, const struct recorder_live *live,
                 size_t width)
{
    put_place(out, run, live);
    buf_str(out, "  ");
    units_put_count(out, live->requests);
    buf_str(out, " done  ");
    units_put_count(out, live->in_flight);
    buf_str(out, " in flight  ");
    units_put_count(out, live->errors);
    buf_str(out, live->errors == 1 ? " error  " : " errors  ");
    figure_number(out, live->requests_per_s);
    buf_str(out, "/s");
    put_ttft(out, live);
    buf_str(out, "  ");
    figure_number(out, live->tokens_per_s);
    buf_str(out, " tok/s");
    shorten(out, width);
}
