#include "api/bucket.h"

#include "test.h"

enum { TPM = 60, RPM = 60, ASPH = 3600, DAY = 86400 };

static struct bucket holding(int64_t limit, ns_t window_s, int64_t remaining)
{
    struct bucket b;

    bucket_init(&b, (double)limit, window_s * NS_PER_S, 0);
    bucket_learn(&b, limit, remaining, 0);
    return b;
}

TEST(bucket_is_full_again_when_the_reset_header_says)
{
    static const struct {
        int64_t limit, window_s, remaining;
        ns_t reset;
    } cases[] = {
        { 14400, DAY, 14399, 6000000000 },  { 14400, DAY, 14398, 12000000000 },
        { 14400, DAY, 14397, 18000000000 }, { 1000, DAY, 999, 86400000000 },
        { 1000, DAY, 998, 172800000000 },   { 2000, DAY, 1999, 43200000000 },
        { 2000, DAY, 1997, 129600000000 },  { 500000, DAY, 499999, 172800000 },
        { 6000, TPM, 5963, 370000000 },     { 12000, TPM, 11963, 185000000 },
        { 6000, TPM, 4838, 11620000000 },   { 15000, TPM, 14792, 832000000 },
        { 15000, TPM, 14585, 1660000000 },  { 15000, TPM, 14413, 2348000000 },
        { 6000, TPM, 5499, 5010000000 },    { 8000, TPM, 3164, 36270000000 },
        { 7200, ASPH, 7198, 1000000000 },   { 7200, ASPH, 7190, 5000000000 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bucket b = holding(cases[i].limit, cases[i].window_s, cases[i].remaining);
        double full = (double)cases[i].limit;

        assert_int_equal(bucket_wait(&b, full, 0), cases[i].reset);
        assert_true(bucket_wait(&b, full, cases[i].reset - NS_PER_MS) > 0);
        assert_int_equal(bucket_wait(&b, full, cases[i].reset), 0);
    }
}

TEST(bucket_waits_until_the_request_fits)
{
    static const struct {
        int64_t limit, window_s, used, requested;
        ns_t wait;
        int64_t retry_after_s;
    } cases[] = {
        { 8000, TPM, 6644, 2931, 11812500000, 12 },
        { 8000, TPM, 6670, 5883, 34147500000, 35 },
        { 8000, TPM, 7274, 7590, 51480000000, 52 },
        { 12000, TPM, 7174, 7540, 13570000000, 14 },
        { 100000, DAY, 96604, 9985, 5692896000000, 5693 },
        { 200000, DAY, 199754, 2679, 1051056000000, 1052 },
        { 100000, DAY, 99552, 1533, 937440000000, 938 },
        { 30, RPM, 30, 1, 2000000000, 2 },
        { 7200, ASPH, 5956, 2336, 546000000000, 546 },
        { 7200, ASPH, 6445, 1601, 423000000000, 423 },
        { 28800, DAY, 28596, 600, 1188000000000, 1188 },
        { 8000, TPM, 0, 8000, 0, 0 },
        { 8000, TPM, 5000, 3000, 0, 0 },
        { 8000, TPM, 5000, 3001, 7500000, 1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t left = cases[i].limit - cases[i].used;
        struct bucket b = holding(cases[i].limit, cases[i].window_s, left);
        double need = (double)cases[i].requested;
        ns_t wait = bucket_wait(&b, need, 0);

        assert_int_equal(wait, cases[i].wait);
        assert_int_equal((wait + NS_PER_S - 1) / NS_PER_S, cases[i].retry_after_s);
        assert_int_equal(bucket_wait(&b, need, wait), 0);
        if (wait)
            assert_true(bucket_wait(&b, need, wait - NS_PER_MS) > 0);
    }
}

TEST(bucket_of_an_unknown_limit_lets_everything_pass)
{
    struct bucket b;

    bucket_init(&b, 0, 60 * NS_PER_S, 0);
    assert_int_equal(bucket_wait(&b, 1e12, 0), 0);
    bucket_take(&b, 1e12, 0);
    bucket_settle(&b, 1e12, 5, 1);
    assert_int_equal(bucket_wait(&b, 1e12, 2), 0);
    bucket_learn(&b, -1, 7, 3);
    assert_int_equal(bucket_wait(&b, 1e12, 3), 0);
}

TEST(bucket_asked_for_more_than_it_holds_waits_until_it_is_full)
{
    struct bucket b = holding(6000, TPM, 3000);

    assert_int_equal(bucket_wait(&b, 9000, 0), 30 * NS_PER_S);
    assert_int_equal(bucket_wait(&b, 9000, 30 * NS_PER_S), 0);
}

TEST(bucket_refills_steadily_up_to_its_limit)
{
    struct bucket b = holding(6000, TPM, 6000);

    bucket_take(&b, 6000, 0);
    assert_int_equal(bucket_wait(&b, 100, 0), NS_PER_S);
    assert_int_equal(bucket_wait(&b, 100, NS_PER_S / 2), NS_PER_S / 2);
    assert_int_equal(bucket_wait(&b, 100, NS_PER_S), 0);
    assert_int_equal(bucket_wait(&b, 6000, 60 * NS_PER_S), 0);
    bucket_take(&b, 6000, 3600 * NS_PER_S);
    assert_int_equal(bucket_wait(&b, 100, 3600 * NS_PER_S), NS_PER_S);
}

TEST(bucket_that_was_overdrawn_waits_longer)
{
    struct bucket b = holding(60, RPM, 0);

    bucket_take(&b, 2, 0);
    assert_int_equal(bucket_wait(&b, 1, 0), 3 * NS_PER_S);
}

TEST(bucket_gives_back_what_was_not_used)
{
    struct bucket b = holding(6000, TPM, 6000);

    bucket_take(&b, 5000, 0);
    assert_int_equal(bucket_wait(&b, 3000, 0), 20 * NS_PER_S);
    bucket_settle(&b, 5000, 1000, 0);
    assert_int_equal(bucket_wait(&b, 5000, 0), 0);
    assert_int_equal(bucket_wait(&b, 6000, 0), 10 * NS_PER_S);
    assert_true(b.pending == 0);
    bucket_take(&b, 100, 0);
    bucket_settle(&b, 100, 0, 60 * NS_PER_S);
    assert_int_equal(bucket_wait(&b, 6000, 60 * NS_PER_S), 0);
    assert_true(b.level <= 6000);
}

TEST(bucket_believes_the_header_less_what_is_under_way)
{
    struct bucket b = holding(6000, TPM, 6000);

    bucket_take(&b, 1000, 0);
    bucket_take(&b, 2000, 0);
    /* the first answers: its prompt of 300 is in `remaining`, its 700 to come are not */
    bucket_settle(&b, 1000, 0, NS_PER_S);
    bucket_learn(&b, 6000, 5500, NS_PER_S);
    bucket_take(&b, 700, NS_PER_S);
    assert_true(b.pending == 2700);
    assert_int_equal(bucket_wait(&b, 2800, NS_PER_S), 0);
    assert_int_equal(bucket_wait(&b, 2900, NS_PER_S), NS_PER_S);
    bucket_settle(&b, 700, 100, NS_PER_S);
    assert_int_equal(bucket_wait(&b, 3400, NS_PER_S), 0);
    assert_int_equal(bucket_wait(&b, 3500, NS_PER_S), NS_PER_S);
}

TEST(bucket_learns_a_limit_that_it_did_not_know)
{
    struct bucket b;

    bucket_init(&b, 0, 60 * NS_PER_S, 0);
    bucket_take(&b, 1000, 0);
    bucket_learn(&b, 6000, -1, 9 * NS_PER_S);
    assert_int_equal(bucket_wait(&b, 5000, 9 * NS_PER_S), 0);
    assert_int_equal(bucket_wait(&b, 5100, 9 * NS_PER_S), NS_PER_S);
}

TEST(bucket_follows_a_limit_that_changes)
{
    struct bucket b = holding(6000, TPM, 6000);

    bucket_learn(&b, 600, -1, 0);
    assert_int_equal(bucket_wait(&b, 600, 0), 0);
    bucket_take(&b, 600, 0);
    assert_int_equal(bucket_wait(&b, 10, 0), NS_PER_S);
    bucket_learn(&b, 600, 9999, 0);
    assert_int_equal(bucket_wait(&b, 10, 0), NS_PER_S);
}

TEST(bucket_does_not_run_backwards)
{
    struct bucket b = holding(6000, TPM, 0);

    bucket_take(&b, 0, 10 * NS_PER_S);
    assert_int_equal(bucket_wait(&b, 1000, 5 * NS_PER_S), 0);
    bucket_take(&b, 0, 5 * NS_PER_S);
    assert_int_equal(b.at, 10 * NS_PER_S);
}
