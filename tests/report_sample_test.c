#include <stdlib.h>

#include "base/rng.h"
#include "reports/report.h"
#include "runs.h"
#include "test.h"

enum { REQUESTS = 400 };

/* What one trial's ttft does: n of the first take longer, or all climb. */
struct course {
    uint64_t warm;
    double climb;
};

static void tell(const struct run *run, const struct journal_sink *to, uint32_t trial,
                 const struct course *c)
{
    struct rng r = rng_stream(3, "course", trial);

    runs_phase(to, trial, 1, true);
    for (uint64_t k = 0; k < REQUESTS; k++) {
        double ttft = rng_lognormal(&r, k < c->warm ? 180e6 : 60e6, 0.2);
        struct record one =
            runs_record(run, trial, k, (ns_t)(ttft * (1 + c->climb * (double)k)), NULL);

        to->record(to->ctx, &one);
    }
    runs_phase(to, trial, 1, false);
}

static char *report_of(const struct course *courses, unsigned trials)
{
    struct run run;
    struct recorder *rec;
    struct journal_sink to;
    struct summary s;
    struct buf text = { 0 };

    runs_make(&run, 1, trials, false, "");
    rec = recorder_open(&run);
    to = recorder_sink(rec);
    for (uint32_t t = 0; t < trials; t++)
        tell(&run, &to, t, &courses[t]);
    summary_make(&s, &run, rec);
    report_text(&text, &s, false);
    summary_free(&s);
    recorder_close(rec);
    run_free(&run);
    return buf_take(&text);
}

TEST(a_report_tells_of_a_warm_up_or_a_drift_that_half_of_the_trials_have)
{
    static const struct course warm = { .warm = 80 }, climbs = { .climb = 0.01 },
                               even = { 0 };
    static const char warm_up[] = "ms look like warm-up · the mean ttft is ",
                      drift[] = "no steady state: ttft is 1";
    const struct {
        unsigned trials;
        struct course courses[3];
        const char *has;
    } rows[] = {
        { 1, { warm }, warm_up },
        { 1, { climbs }, drift },
        { 1, { even }, NULL },
        { 2, { even, warm }, warm_up },
        { 3, { even, warm, even }, NULL },
        { 3, { climbs, warm, climbs }, drift },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char *text = report_of(rows[i].courses, rows[i].trials);
        bool tells = strstr(text, "look like warm-up") || strstr(text, "no steady state");

        if (tells != (rows[i].has != NULL) || (rows[i].has && !strstr(text, rows[i].has)))
            fail_msg("row %zu:\n%s", i, text);
        free(text);
    }
}
