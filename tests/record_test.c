#include "data/record.h"

#include <stdlib.h>

#include "test.h"

TEST(a_new_record_is_absent_in_every_part)
{
    struct record r;

    record_init(&r);
    for (int i = 0; i < N_MOMENTS; i++)
        assert_int_equal(r.at[i], NS_ABSENT);
    for (int i = 0; i < N_LIMITS; i++)
        assert_int_equal(r.limits[i].limit, -1);
    assert_int_equal(r.tokens.cached, -1);
    assert_int_equal(r.server.queue, NS_ABSENT);
    assert_int_equal(r.cost_nusd, -1);
    assert_string_equal(r.request_id, "");
    assert_string_equal(r.error, "");
}

TEST(a_copy_shares_nothing_with_the_record)
{
    char region[] = "dal", error[] = "reset";
    uint32_t gaps[] = { 1, 2, 3 };
    struct record r;
    struct record *copy;

    record_init(&r);
    r.req = 7;
    r.region = region;
    r.error = error;
    r.gaps = gaps;
    r.n_gaps = COUNT(gaps);
    copy = record_copy(&r);
    memset(region, 'x', sizeof(region) - 1);
    memset(error, 'x', sizeof(error) - 1);
    memset(gaps, 0, sizeof(gaps));
    assert_int_equal(copy->req, 7);
    assert_string_equal(copy->region, "dal");
    assert_string_equal(copy->error, "reset");
    assert_string_equal(copy->request_id, "");
    assert_int_equal(copy->gaps[2], 3);
    free(copy);
}
