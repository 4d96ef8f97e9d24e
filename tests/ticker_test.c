#include "test.h"

#include <sys/resource.h>
#include <unistd.h>

#include "base/ticker.h"

struct ticks {
    struct loop *loop;
    struct ticker *ticker;
    int n;
    int stop_at;
};

static void on_tick(void *ctx)
{
    struct ticks *t = ctx;

    if (++t->n == t->stop_at)
        ticker_stop(t->ticker);
}

static void enough(void *ctx)
{
    struct ticks *t = ctx;

    loop_stop(t->loop);
}

/* Started twice; each time it is stopped with the third tick. */
static void play(bool no_descriptor)
{
    struct ticks t = { .stop_at = 3 };
    struct rlimit before, few;
    struct loop_timer *end;
    struct err err;

    t.loop = loop_open(&clock_system, &err);
    assert_non_null(t.loop);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 3;
    if (no_descriptor)
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    t.ticker = ticker_new(t.loop, NS_PER_MS, on_tick, &t);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    end = loop_timer_new(t.loop, enough, &t);
    for (int round = 1; round <= 2; round++) {
        t.stop_at = 3 * round;
        ticker_start(t.ticker);
        do {
            loop_timer_at(end, clock_now(&clock_system) + 20 * NS_PER_MS);
            loop_run(t.loop);
        } while (t.n < t.stop_at);
        assert_int_equal(t.n, 3 * round);
    }
    loop_timer_free(end);
    ticker_free(t.ticker);
    loop_close(t.loop);
}

TEST(ticker_ticks_until_it_is_stopped_and_again_when_started_again)
{
    play(false);
}

TEST(ticker_ticks_where_no_descriptor_is_left_as_well)
{
    play(true);
}
