#include "test.h"

#include <time.h>

#include "base/clock.h"

TEST(clock_that_is_stepped_tells_what_it_is_told)
{
    ns_t at = 5 * NS_PER_S;
    struct clock c = clock_stepped(&at);

    assert_int_equal(clock_now(&c), 5 * NS_PER_S);
    assert_int_equal(c.real(c.ctx), 5 * NS_PER_S);
    at += 3;
    assert_int_equal(clock_now(&c), 5 * NS_PER_S + 3);
}

TEST(clock_of_the_system_never_goes_back)
{
    ns_t before = clock_now(&clock_system);

    for (int i = 0; i < 10000; i++) {
        ns_t now = clock_now(&clock_system);

        assert_true(now >= before);
        before = now;
    }
}

TEST(clock_of_the_system_is_the_kernels)
{
    struct timespec before, after;
    ns_t mono, real;

    clock_gettime(CLOCK_MONOTONIC, &before);
    mono = clock_now(&clock_system);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(mono >= before.tv_sec * NS_PER_S + before.tv_nsec);
    assert_true(mono <= after.tv_sec * NS_PER_S + after.tv_nsec);
    real = clock_system.real(clock_system.ctx);
    assert_true(real > 1600000000 * NS_PER_S); /* 2020 */
}

TEST(clock_of_the_cpu_counts_work)
{
    ns_t before = clock_cpu();
    volatile uint64_t x = 1;

    for (int i = 0; i < 10000000; i++)
        x = x * 3 + 1;
    assert_true(clock_cpu() > before);
}
