#include "reports/rank.h"

#include <math.h>

#include "runs.h"
#include "test.h"

TEST(the_front_holds_those_that_no_other_beats)
{
    static const struct {
        struct offer offers[3];
        bool best[3];
    } cases[] = {
        /* one is better in all */
        { { { true, 10, 500, 1 }, { true, 20, 400, 2 }, { true, 30, 300, 3 } },
          { true, false, false } },
        /* each is best at something */
        { { { true, 10, 100, 3 }, { true, 20, 500, 3 }, { true, 30, 100, 1 } },
          { true, true, true } },
        /* alike: neither beats the other */
        { { { true, 10, 100, 1 }, { true, 10, 100, 1 }, { true, 11, 100, 1 } },
          { true, true, false } },
        /* a price that is not known does not count */
        { { { true, 10, 500, NAN }, { true, 20, 400, 1 }, { false, NAN, NAN, 1 } },
          { true, false, false } },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(offer_is_best(cases[i].offers, 3, k), cases[i].best[k]);
}

/* Cells of `rounds` trials of 50 requests; a trial of the second is slower by `more`. */
static enum stand stand_of(unsigned rounds, ns_t more, bool *trials)
{
    struct run run;
    struct recorder *rec;
    struct summary s;
    struct journal_sink to;
    enum stand stand;

    runs_make(&run, 2, rounds, false, "");
    rec = recorder_open(&run);
    to = recorder_sink(rec);
    for (uint32_t t = 0; t < run.n_trials; t++) {
        ns_t own = (ns_t)t * NS_PER_MS / 10 + (run.trials[t].cell ? more : 0);

        runs_phase(&to, t, 1, true);
        for (uint64_t k = 0; k < 50; k++) {
            struct record r = runs_record(
                &run, t, k, 100 * NS_PER_MS + own + (ns_t)(k * 7 % 50) * NS_PER_MS, NULL);

            to.record(to.ctx, &r);
        }
        runs_phase(&to, t, 1, false);
    }
    summary_make(&s, &run, rec);
    stand = rank_apart(&(struct subject){ .run = &run, .summary = &s, .cell = 0 },
                       &(struct subject){ .run = &run, .summary = &s, .cell = 1 },
                       METRIC_TTFT, STAT_P50, trials);
    summary_free(&s);
    recorder_close(rec);
    run_free(&run);
    return stand;
}

TEST(cells_are_told_apart_by_their_trials_where_there_are_four)
{
    static const struct {
        unsigned rounds;
        ns_t more;
        enum stand stand;
        bool trials;
    } cases[] = {
        { 3, 0, STAND_ALIKE, false },
        { 3, 200 * NS_PER_MS, STAND_APART, false },
        { 4, 0, STAND_ALIKE, true },
        { 4, 200 * NS_PER_MS, STAND_APART, true },
        /* too little for the intervals of requests, but every trial is slower */
        { 5, 2 * NS_PER_MS, STAND_APART, true },
        { 3, 2 * NS_PER_MS, STAND_ALIKE, false },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        bool trials;

        assert_int_equal(stand_of(cases[i].rounds, cases[i].more, &trials), cases[i].stand);
        assert_int_equal(trials, cases[i].trials);
    }
}
