#include "data/wall.h"

#include "test.h"

static void add(struct wall *w, ns_t start, enum outcome o, uint32_t try_no)
{
    struct record r;

    record_init(&r);
    r.at[MOMENT_START] = start;
    r.outcome = o;
    r.try_no = try_no;
    r.tokens.prompt = 100;
    r.tokens.completion = 50;
    r.limit_kind = "RPM";
    r.retry_after = o == OUTCOME_RATE_LIMITED ? 2 * NS_PER_S : NS_ABSENT;
    r.limits[0] = (struct limit){ .limit = 30, .remaining = 15 };
    wall_add(w, &r);
}

TEST(a_wall_is_where_the_first_attempt_was_refused)
{
    struct wall w;
    double requests, tokens;

    wall_init(&w, NULL);
    for (int i = 0; i < 30; i++)
        add(&w, i * NS_PER_S / 10, OUTCOME_OK, 1);
    assert_int_equal(w.at, NS_ABSENT);
    add(&w, 3 * NS_PER_S, OUTCOME_RATE_LIMITED, 1);
    assert_int_equal(w.at, 3 * NS_PER_S);
    assert_string_equal(w.kind, "RPM");
    assert_int_equal(w.before, 30);
    add(&w, 2900 * NS_PER_MS, OUTCOME_OK, 1); /* it began before, and ends now */
    assert_int_equal(w.before, 31);
    for (int i = 1; i <= 30; i++) /* one in two seconds gets through */
        add(&w, (3 + i) * NS_PER_S, i % 2 ? OUTCOME_RATE_LIMITED : OUTCOME_OK, 1);
    assert_true(wall_sustained(&w, &requests, &tokens));
    assert_true(requests > 29.9 && requests < 30.1);
    assert_true(tokens > 4490 && tokens < 4510);
    assert_int_equal(w.headroom_ppm, 500000);
}

TEST(a_retry_that_is_refused_again_waited_too_short)
{
    struct wall w;

    wall_init(&w, NULL);
    add(&w, 0, OUTCOME_RATE_LIMITED, 1);
    add(&w, 2 * NS_PER_S, OUTCOME_RATE_LIMITED, 2);
    add(&w, 4 * NS_PER_S, OUTCOME_OK, 3);
    assert_int_equal(w.refused, 2);
    assert_int_equal(w.announced, 2);
    assert_int_equal(w.retries, 2);
    assert_int_equal(w.retries_again, 1);
}

TEST(a_wall_that_was_not_reached_has_no_pace)
{
    struct wall w;
    double requests, tokens;

    wall_init(&w, NULL);
    add(&w, 0, OUTCOME_OK, 1);
    assert_false(wall_sustained(&w, &requests, &tokens));
    add(&w, NS_PER_S, OUTCOME_RATE_LIMITED, 1);
    add(&w, 2 * NS_PER_S, OUTCOME_OK, 1);
    assert_false(wall_sustained(&w, &requests, &tokens)); /* too short a time */
}
