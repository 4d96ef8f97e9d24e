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

TEST(the_spans_of_a_connection_are_told_where_its_moments_are_in_order)
{
    static const struct {
        ns_t dns, tcp, tls; /* moments */
        ns_t want[3];       /* spans */
    } cases[] = {
        { 7, 30, 90, { 7, 23, 60 } },
        { 0, 30, 0, { 0, 30, NS_ABSENT } },
        { 7, 0, 0, { NS_ABSENT, NS_ABSENT, NS_ABSENT } },
        { 168, 160, 0, { NS_ABSENT, NS_ABSENT, NS_ABSENT } },
        { 168, 160, 150, { NS_ABSENT, NS_ABSENT, NS_ABSENT } },
        { 7, 30, 20, { 7, 23, NS_ABSENT } },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct record r;

        record_init(&r);
        record_tell_connection(&r, cases[i].dns, cases[i].tcp, cases[i].tls);
        assert_int_equal(r.dns, cases[i].want[0]);
        assert_int_equal(r.tcp, cases[i].want[1]);
        assert_int_equal(r.tls, cases[i].want[2]);
    }
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
