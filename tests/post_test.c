#include "exporters/post.h"

#include "test.h"

enum { NOTHING = 0 };

static struct post_answer answered(int status, ns_t retry_after)
{
    return (struct post_answer){ POST_ANSWERED, status, retry_after };
}

TEST(a_post_is_sent_again_only_where_otlp_allows_it)
{
    static const struct {
        enum post_result result;
        int status;
        enum post_verdict verdict;
    } rows[] = {
        { POST_ANSWERED, 200, POST_TAKEN },    { POST_ANSWERED, 202, POST_TAKEN },
        { POST_ANSWERED, 204, POST_TAKEN },    { POST_ANSWERED, 301, POST_NEVER },
        { POST_ANSWERED, 307, POST_NEVER },    { POST_ANSWERED, 400, POST_NEVER },
        { POST_ANSWERED, 401, POST_NEVER },    { POST_ANSWERED, 403, POST_NEVER },
        { POST_ANSWERED, 404, POST_NEVER },    { POST_ANSWERED, 408, POST_NEVER },
        { POST_ANSWERED, 413, POST_NEVER },    { POST_ANSWERED, 415, POST_NEVER },
        { POST_ANSWERED, 429, POST_LATER },    { POST_ANSWERED, 500, POST_NEVER },
        { POST_ANSWERED, 501, POST_NEVER },    { POST_ANSWERED, 502, POST_LATER },
        { POST_ANSWERED, 503, POST_LATER },    { POST_ANSWERED, 504, POST_LATER },
        { POST_ANSWERED, 505, POST_NEVER },    { POST_ANSWERED, 100, POST_NEVER },
        { POST_NO_CONNECTION, 0, POST_LATER }, { POST_NO_ANSWER, 0, POST_LATER },
        { POST_TIMED_OUT, 0, POST_LATER },     { POST_TOO_LARGE, 200, POST_NEVER },
        { POST_NO_TRUST, 0, POST_NEVER },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct post_answer a = { rows[i].result, rows[i].status, NS_ABSENT };
        struct rng rng = rng_init(1);
        struct post p;
        ns_t wait = NOTHING;

        post_begin(&p, 0, 10 * NS_PER_S, 5 * NS_PER_S);
        assert_int_equal(post_again(&p, &a, 0, &rng, &wait), rows[i].verdict);
    }
}

TEST(waits_of_a_post_double_and_scatter_up_to_the_longest)
{
    static const ns_t middle[] = { 1, 2, 4, 5, 5, 5 };
    ns_t least[COUNT(middle)], most[COUNT(middle)];

    for (size_t k = 0; k < COUNT(middle); k++) {
        least[k] = INT64_MAX;
        most[k] = 0;
    }
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct post_answer a = answered(503, NS_ABSENT);
        struct rng rng = rng_init(seed);
        struct post p;

        post_begin(&p, 0, NS_ABSENT, 5 * NS_PER_S);
        for (size_t k = 0; k < COUNT(middle); k++) {
            ns_t wait = 0;

            assert_int_equal(post_again(&p, &a, 0, &rng, &wait), POST_LATER);
            assert_in_range(wait, middle[k] * NS_PER_S / 2, middle[k] * NS_PER_S * 3 / 2);
            least[k] = wait < least[k] ? wait : least[k];
            most[k] = wait > most[k] ? wait : most[k];
        }
    }
    for (size_t k = 0; k < COUNT(middle); k++) {
        assert_true(least[k] < middle[k] * NS_PER_S * 6 / 10);
        assert_true(most[k] > middle[k] * NS_PER_S * 14 / 10);
    }
}

TEST(a_post_ends_inside_its_timeout_however_often_it_is_refused)
{
    struct post_answer a = answered(503, NS_ABSENT);
    struct rng rng = rng_init(7);
    struct post p;
    ns_t now = 100, wait = 0;
    int attempts = 1;

    post_begin(&p, now, 10 * NS_PER_S, 5 * NS_PER_S);
    while (post_again(&p, &a, now, &rng, &wait) == POST_LATER) {
        now += wait;
        attempts++;
    }
    assert_true(now < 100 + 10 * NS_PER_S);
    assert_in_range(attempts, 3, 6);
}

TEST(a_wait_that_the_server_asks_for_is_obeyed_or_not_at_all)
{
    static const struct {
        ns_t asked;
        enum post_verdict verdict;
    } rows[] = {
        { 0, POST_LATER },
        { NS_PER_S, POST_LATER },
        { 9 * NS_PER_S, POST_LATER },
        { 10 * NS_PER_S, POST_NEVER },
        { 3600 * NS_PER_S, POST_NEVER },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct post_answer a = answered(429, rows[i].asked);
        struct rng rng = rng_init(1);
        struct post p;
        ns_t wait = -5;

        post_begin(&p, 50, 10 * NS_PER_S, 5 * NS_PER_S);
        assert_int_equal(post_again(&p, &a, 50, &rng, &wait), rows[i].verdict);
        assert_int_equal(wait, rows[i].asked);
    }
}

TEST(retry_after_is_seconds_or_a_date)
{
    static const struct {
        const char *text;
        ns_t wait; /* in seconds, at 1994-11-06 08:49:30; -1: none */
    } rows[] = {
        { "0", 0 },
        { "1", 1 },
        { " 120 ", 120 },
        { "99999999999999999999", 1000000000 },
        { "Sun, 06 Nov 1994 08:49:37 GMT", 7 },
        { "Sun, 06 Nov 1994 08:49:29 GMT", 0 },
        { "Mon, 07 Nov 1994 08:49:30 GMT", 86400 },
        { "Thu, 29 Feb 1996 00:00:00 GMT", 41440230 },
        { "Sun, 06 Nov 1994 08:49:37 CET", -1 },
        { "Sun, 06 Xxx 1994 08:49:37 GMT", -1 },
        { "Sun, 0a Nov 1994 08:49:37 GMT", -1 },
        { "Sun, 06 Nov 1994 28:49:37 GMT", -1 },
        { "Sunday, 06-Nov-94 08:49:37 GMT", -1 },
        { "1.5", -1 },
        { "-1", -1 },
        { "soon", -1 },
        { "", -1 },
    };
    const ns_t real = 784111770 * NS_PER_S;

    for (size_t i = 0; i < COUNT(rows); i++) {
        ns_t wait = post_retry_after(str_of(rows[i].text), real);

        assert_int_equal(wait, rows[i].wait < 0 ? NS_ABSENT : rows[i].wait * NS_PER_S);
    }
}
