#include "data/offset.h"

#include "test.h"

/* The server's clock is `ahead` of ours; a request takes 10 ms each way. */
static void ask(struct offset *o, ns_t at, ns_t ahead)
{
    enum { WAY = 10 * NS_PER_MS };

    offset_add(o, at, at + 2 * WAY, (at + WAY + ahead) / NS_PER_S);
}

TEST(offset_narrows_to_the_way_of_a_request_in_a_few_samples)
{
    static const ns_t aheads[] = {
        0, 1, -1, 400 * NS_PER_MS, -730 * NS_PER_MS, 90 * NS_PER_S + 5, -3600 * NS_PER_S,
    };

    for (size_t i = 0; i < COUNT(aheads); i++) {
        struct offset o = offset_none;
        ns_t now = 1770000000 * NS_PER_S + 123456789;

        assert_false(offset_known(&o));
        for (int k = 0; k < 6; k++) {
            ask(&o, now, aheads[i]);
            now = offset_next(&o, now + 25 * NS_PER_MS);
        }
        assert_true(offset_known(&o));
        assert_true(o.least <= aheads[i] && aheads[i] <= o.most);
        assert_true(o.most - o.least < 90 * NS_PER_MS);
        assert_true(now < 1770000000 * NS_PER_S + 8 * NS_PER_S);
    }
}

TEST(offset_says_when_the_dates_contradict_each_other)
{
    struct offset o = offset_none;

    ask(&o, 1000 * NS_PER_S, 0);
    ask(&o, 1001 * NS_PER_S, 60 * NS_PER_S);
    assert_true(o.torn);
    assert_false(offset_known(&o));
}

TEST(offset_ignores_what_is_no_date)
{
    struct offset o = offset_none;

    offset_add(&o, 5, 6, -1);
    offset_add(&o, 6, 5, 1);
    offset_add(&o, 5, 6, INT64_MAX);
    assert_int_equal(o.samples, 0);
    assert_int_equal(offset_next(&o, 77), 77);
}
