#include "sim/timing.h"

#include <math.h>
#include <stdlib.h>

#include "test.h"

static const struct timing_params base = {
    .queue_median = 0.02,
    .queue_sigma = 0.6,
    .capacity = 10,
    .prefill_base = 0.002,
    .prefill_tps = 10000,
    .tps = 500,
    .tps_sigma = 0.05,
    .jitter = 0.3,
    .event_tokens = 1.1,
    .burst = 1.3,
    .speed = 1,
};

static struct timing draw(const struct timing_params *p, uint64_t key, uint32_t in_service,
                          uint32_t uncached, uint32_t completion)
{
    struct timing t;

    timing_draw(&t, p, 7, key, in_service, uncached, completion);
    return t;
}

TEST(sim_timing_is_a_function_of_seed_and_key)
{
    struct timing a = draw(&base, 1, 0, 100, 50);
    struct timing b = draw(&base, 1, 0, 100, 50);
    struct timing other = draw(&base, 2, 0, 100, 50);

    assert_memory_equal(&a, &b, sizeof(a));
    assert_true(a.queue != other.queue);
    assert_true(a.decode != other.decode);
    timing_draw(&b, &base, 8, 1, 0, 100, 50);
    assert_true(a.queue != b.queue);
}

TEST(sim_prefill_is_linear_in_the_tokens_that_are_not_cached)
{
    static const struct {
        uint32_t uncached;
        ns_t prefill;
    } cases[] = {
        { 0, 2000000 }, { 1, 2100000 }, { 1000, 102000000 }, { 100000, 10002000000 }
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(draw(&base, 1, 0, cases[i].uncached, 1).prefill, cases[i].prefill);
}

TEST(sim_prefill_of_large_models_grows_faster_than_the_prompt)
{
    struct timing_params p = base;

    p.prefill_quadratic = 1e-9;
    assert_int_equal(draw(&p, 1, 0, 10000, 1).prefill, 1102000000);
    assert_int_equal(draw(&p, 1, 0, 20000, 1).prefill, 2402000000);
}

/* Below the capacity nobody waits for others; above it each excess request costs the same.
 */
TEST(sim_load_makes_queue_and_prefill_longer)
{
    struct timing_params p = base;
    ns_t alone = draw(&p, 1, 0, 0, 500).queue;
    ns_t step;

    p.tps_sigma = 0;
    p.prefill_load = 0.5;
    assert_int_equal(draw(&p, 1, 9, 0, 500).queue, alone);
    step = draw(&p, 1, 10, 0, 500).queue - alone;
    assert_in_range(step, 100300000 - 1, 100300000 + 1); /* (1 s + 3 ms) / 10 */
    assert_in_range(draw(&p, 1, 19, 0, 500).queue - alone, 10 * step - 10, 10 * step + 10);
    assert_int_equal(draw(&p, 1, 0, 0, 1).prefill, 2000000);
    assert_int_equal(draw(&p, 1, 5, 0, 1).prefill, 2500000);
    assert_int_equal(draw(&p, 1, 1000, 0, 1).prefill, 3000000);
    p.capacity = 0;
    assert_int_equal(draw(&p, 1, 1000, 0, 1).prefill, 2000000);
    assert_int_equal(draw(&p, 1, 1000, 0, 500).queue, alone);
}

static int by_value(const void *a, const void *b)
{
    ns_t x = *(const ns_t *)a;
    ns_t y = *(const ns_t *)b;

    return (x > y) - (x < y);
}

TEST(sim_queue_times_are_lognormal_around_their_median)
{
    enum { N = 4001 };
    static ns_t queue[N];

    for (uint64_t k = 0; k < N; k++)
        queue[k] = draw(&base, k, 0, 0, 1).queue;
    qsort(queue, N, sizeof(queue[0]), by_value);
    assert_in_range(queue[N / 2], 19000000, 21000000);
    /* one standard deviation up: 20 ms * e^0.6 = 36.4 ms */
    assert_in_range(queue[(int)(N * 0.8413)], 34500000, 38500000);
}

TEST(sim_time_can_run_faster)
{
    struct timing_params p = base;
    struct timing slow = draw(&p, 3, 20, 1000, 100);
    struct timing fast;

    p.speed = 10;
    fast = draw(&p, 3, 20, 1000, 100);
    assert_in_range(slow.queue - 10 * fast.queue + 20, 0, 40);
    assert_in_range(slow.prefill - 10 * fast.prefill + 20, 0, 40);
    assert_in_range(slow.decode - 10 * fast.decode + 20, 0, 40);
}

/* Every token is written once, none before it was generated, writes in order of time. */
TEST(sim_cadence_writes_every_token_after_it_was_generated)
{
    for (uint64_t key = 0; key < 50; key++) {
        struct timing t = draw(&base, key, 0, 10, 300);
        struct cadence c = cadence_init(&t, &base, 7, key);
        uint32_t done = 0;
        ns_t last = 0;

        while (done < 300) {
            struct volley v;

            cadence_next(&c, 300 - done, &v);
            assert_true(v.n >= 1);
            for (uint32_t i = 0; i < v.n; i++)
                done += v.tokens[i];
            assert_true(v.at >= last);
            assert_true((double)v.at >= done * t.token_ns - 1);
            assert_true((double)v.at <= (done + base.jitter) * t.token_ns + 1);
            last = v.at;
        }
        assert_int_equal(done, 300);
        assert_in_range(last, t.decode - 1, t.decode + (ns_t)t.token_ns);
    }
}

TEST(sim_cadence_has_the_bursts_that_were_asked_for)
{
    struct timing_params p = base;
    struct timing t = draw(&p, 1, 0, 10, 20000);
    struct cadence c;
    double events = 0;
    double writes = 0;

    p.event_tokens = 1.5;
    p.burst = 2;
    c = cadence_init(&t, &p, 7, 1);
    for (uint32_t done = 0; done < 20000;) {
        struct volley v;

        cadence_next(&c, 20000 - done, &v);
        for (uint32_t i = 0; i < v.n; i++)
            done += v.tokens[i];
        events += v.n;
        writes++;
    }
    assert_true(fabs(20000 / events - 1.5) < 0.05);
    assert_true(fabs(events / writes - 2) < 0.1);
}

TEST(sim_cadence_without_jitter_and_bursts_is_even)
{
    struct timing_params p = base;
    struct timing t;
    struct cadence c;

    p.tps_sigma = p.jitter = 0;
    p.event_tokens = p.burst = 1;
    p.tps = 50;
    t = draw(&p, 1, 0, 10, 100);
    c = cadence_init(&t, &p, 7, 1);
    for (int i = 1; i <= 100; i++) {
        struct volley v;

        cadence_next(&c, 100, &v);
        assert_int_equal(v.n, 1);
        assert_int_equal(v.at, i * 20000000);
    }
}
