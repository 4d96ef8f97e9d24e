#include "net/link.h"

#include "test.h"

enum { N = 2000, MS = 1000000 };

/* What becomes of N packets that come one every ms: when each is passed on, 0: never. */
static void fates(uint64_t seed, const char *const *settings, int64_t out[N])
{
    struct link l;

    link_init(&l, seed);
    for (; *settings; settings++)
        assert_true(link_set(&l, *settings));
    memset(out, 0, N * sizeof(*out));
    for (int64_t now = 0, k = 0; k < N || link_next(&l) >= 0; k++) {
        struct packet *p;
        int64_t next = link_next(&l);

        now = k < N ? k * MS : next;
        while ((next = link_next(&l)) >= 0 && next <= now && (p = link_due(&l, next))) {
            out[p->number] = next;
            link_passed(&l, p, next);
        }
        if (k < N)
            link_take(&l, now, (const unsigned char *)"x", 1);
    }
    assert_int_equal(l.count.late_max_ns, 0);
    assert_int_equal(l.count.passed + l.count.lost + l.count.overflowed, N);
    link_free(&l);
}

TEST(link_does_the_same_with_the_same_seed_and_something_else_with_another)
{
    static const char *const set[] = { "delay_us=20000", "jitter_us=5000", "loss_ppm=20000",
                                       "reorder=1", NULL };
    static int64_t a[N], b[N], c[N];

    fates(1, set, a);
    fates(1, set, b);
    fates(2, set, c);
    assert_memory_equal(a, b, sizeof(a));
    assert_memory_not_equal(a, c, sizeof(a));
}

TEST(link_delays_within_its_bounds_and_loses_its_share)
{
    static const char *const set[] = { "delay_us=20000", "jitter_us=5000", "loss_ppm=20000",
                                       "reorder=1", NULL };
    static int64_t at[N];
    int lost = 0, overtaken = 0;

    fates(3, set, at);
    for (int64_t k = 0; k < N; k++) {
        lost += !at[k];
        overtaken += k && at[k] && at[k] < at[k - 1];
        assert_true(!at[k] || (at[k] - k * MS >= 15 * MS && at[k] - k * MS <= 25 * MS));
    }
    assert_in_range(lost, 20, 65); /* 40 and four times its deviation */
    assert_true(overtaken > N / 10);
}

TEST(link_keeps_the_order_unless_told_otherwise)
{
    static const char *const set[] = { "delay_us=20000", "jitter_us=5000", NULL };
    static int64_t at[N];

    fates(4, set, at);
    for (int k = 1; k < N; k++)
        assert_true(at[k] >= at[k - 1]);
}

TEST(link_takes_time_for_bytes_and_drops_what_its_queue_cannot_hold)
{
    struct link l;
    unsigned char bytes[1000] = { 0 };
    struct packet *p;

    link_init(&l, 1);
    assert_true(link_set(&l, "rate_kbit=8000")); /* 1000 bytes a ms */
    assert_true(link_set(&l, "queue=3"));
    for (int i = 0; i < 5; i++)
        link_take(&l, 0, bytes, sizeof(bytes));
    assert_int_equal(l.count.overflowed, 2);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(link_next(&l), i * MS);
        assert_null(link_due(&l, i * MS - 1));
        p = link_due(&l, i * MS);
        assert_non_null(p);
        link_passed(&l, p, i * MS);
    }
    assert_int_equal(link_next(&l), -1);
    link_free(&l);
}

TEST(link_refuses_what_is_no_setting)
{
    struct link l;

    link_init(&l, 1);
    assert_false(link_set(&l, "delay=5"));
    assert_false(link_set(&l, "delay_us"));
    assert_false(link_set(&l, "delay_us2=5"));
    link_free(&l);
}
