#include "data/verdict.h"

#include "test.h"

TEST(a_share_is_judged_only_by_a_sample_that_can_bear_the_claim)
{
    static const struct {
        enum slo_op op;
        double bound, value, lo, hi;
        uint64_t n;
        enum verdict judged, want;
        uint64_t needs;
    } cases[] = {
        { SLO_LT, 1000, 0, 0, 1229, 2995, VERDICT_PASS, VERDICT_PASS, 2995 },
        { SLO_LT, 1000, 0, 0, 1230, 2994, VERDICT_PASS, VERDICT_NO_DATA, 2995 },
        { SLO_LT, 1000, 10000, 253, 54459, 100, VERDICT_FAIL, VERDICT_NO_DATA, 2995 },
        { SLO_LT, 1000, 20000, 2431, 70384, 100, VERDICT_FAIL, VERDICT_FAIL, 2995 },
        { SLO_GT, 950000, 1e6, 939000, 1e6, 59, VERDICT_PASS, VERDICT_PASS, 59 },
        { SLO_GT, 950000, 1e6, 938000, 1e6, 58, VERDICT_PASS, VERDICT_NO_DATA, 59 },
        { SLO_GE, 950000, 5e5, 187000, 812000, 10, VERDICT_FAIL, VERDICT_FAIL, 59 },
        { SLO_LE, 0, 0, 0, 308000, 10, VERDICT_PASS, VERDICT_PASS, 1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slo slo = {
            .is_rate = true, .rate = RATE_ERROR, .op = cases[i].op, .value = cases[i].bound
        };
        struct summary_slo v = { .verdict = cases[i].judged,
                                 .has_value = true,
                                 .value = cases[i].value,
                                 .interval = true,
                                 .lo = cases[i].lo,
                                 .hi = cases[i].hi,
                                 .n = cases[i].n };

        verdict_bear(&v, &slo);
        if (v.verdict != cases[i].want)
            fail_msg("row %zu: %s", i, verdict_names[v.verdict]);
        assert_int_equal(v.needs, cases[i].needs);
    }
}

TEST(what_is_no_share_bears_its_verdict)
{
    struct slo speed = { .is_rate = true, .rate = RATE_RPS, .op = SLO_GT, .value = 1 };
    struct slo time = { .metric = METRIC_TTFT, .percentile = 95, .value = 1e9 };
    struct summary_slo v = { .verdict = VERDICT_PASS, .has_value = true, .n = 10 };

    verdict_bear(&v, &speed);
    assert_int_equal(v.verdict, VERDICT_PASS);
    verdict_bear(&v, &time);
    assert_int_equal(v.verdict, VERDICT_PASS);
    assert_int_equal(v.needs, 0);
}
