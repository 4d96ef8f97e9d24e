#include "load/budget.h"

#include <stdatomic.h>

#include "test.h"

TEST(a_budget_is_exhausted_by_the_first_attempt_that_would_pass_it)
{
    static const struct {
        struct budget limits;
        int64_t tokens;
        int64_t cost;
        int taken; /* of ten */
        enum budget_kind out;
    } cases[] = {
        { { 0, 0, 0 }, 1000, 1000, 10, N_BUDGETS },
        { { 10, 0, 0 }, 1000, 1000, 10, N_BUDGETS },
        { { 3, 0, 0 }, 0, 0, 3, BUDGET_REQUESTS },
        { { 0, 5000, 0 }, 1000, 0, 5, BUDGET_TOKENS },
        { { 0, 4999, 0 }, 1000, 0, 4, BUDGET_TOKENS },
        { { 0, 0, 700 }, 1000, 100, 7, BUDGET_COST },
        { { 9, 8000, 700 }, 1000, 100, 7, BUDGET_COST },
        { { 0, 0, 700 }, -1, -1, 10, N_BUDGETS },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct budget_state b;
        int taken = 0;

        budget_init(&b, &cases[i].limits);
        for (int k = 0; k < 10; k++)
            taken += budget_take(&b, cases[i].tokens, cases[i].cost);
        assert_int_equal(taken, cases[i].taken);
        assert_int_equal(budget_exhausted(&b), cases[i].out);
        budget_free(&b);
    }
}

TEST(an_attempt_that_used_less_than_expected_gives_the_rest_back)
{
    struct budget limits = { .tokens = 1000, .cost_nusd = 1000 };
    struct budget_state b;

    budget_init(&b, &limits);
    assert_true(budget_take(&b, 600, 600));
    budget_settle(&b, 600, 600, 100, 50);
    assert_true(budget_take(&b, 900, 950));
    budget_settle(&b, 900, 950, 900, 950);
    assert_int_equal(budget_exhausted(&b), N_BUDGETS);
    assert_false(budget_take(&b, 1, 0));
    assert_int_equal(budget_exhausted(&b), BUDGET_TOKENS);
    budget_free(&b);
}

TEST(what_an_answer_does_not_tell_is_booked_as_expected)
{
    struct budget limits = { .tokens = 1000, .cost_nusd = 1000 };
    struct budget_state b;

    budget_init(&b, &limits);
    assert_true(budget_take(&b, 600, 600));
    budget_settle(&b, 600, 600, -1, -1);
    assert_false(budget_take(&b, 600, 600));
    assert_int_equal(budget_exhausted(&b), BUDGET_TOKENS);
    budget_free(&b);
}

TEST(an_attempt_without_usage_costs_what_was_expected)
{
    struct budget limits = { .cost_nusd = 1000 };
    struct budget_state b;

    budget_init(&b, &limits);
    assert_true(budget_take(&b, 10, 600));
    budget_settle(&b, 10, 600, -1, -1); /* cut: it may have cost all of that */
    assert_false(budget_take(&b, 10, 600));
    assert_int_equal(budget_exhausted(&b), BUDGET_COST);
    budget_free(&b);
}

TEST(expectations_that_were_too_low_are_raised_for_all)
{
    struct budget limits = { .tokens = 1000 };
    struct budget_state b;
    int n = 0;

    budget_init(&b, &limits);
    assert_true(budget_take(&b, 100, 0));
    budget_settle(&b, 100, 0, 125, -1);
    while (budget_take(&b, 100, 0)) /* all at once: each will use 125 as well */
        n++;
    assert_int_equal(n, 7);
    budget_free(&b);
}

TEST(once_exhausted_a_budget_stays_so)
{
    struct budget limits = { .tokens = 1000 };
    struct budget_state b;

    budget_init(&b, &limits);
    assert_true(budget_take(&b, 600, 0));
    assert_false(budget_take(&b, 600, 0));
    budget_settle(&b, 600, 0, 0, 0);
    assert_false(budget_take(&b, 1, 0));
    budget_free(&b);
}

struct shared {
    struct budget_state b;
    _Atomic int taken;
};

static void *take_many(void *ctx)
{
    struct shared *s = ctx;

    for (int i = 0; i < 2000; i++)
        if (budget_take(&s->b, 10, 1)) {
            s->taken++;
            budget_settle(&s->b, 10, 1, 10, 1);
        }
    return NULL;
}

TEST(workers_never_pass_a_budget_together)
{
    struct budget limits = { .requests = 5000, .tokens = 33333 };
    struct shared s = { .taken = 0 };
    pthread_t threads[4];

    budget_init(&s.b, &limits);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_many, &s), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(s.taken, 3333);
    assert_int_equal(budget_exhausted(&s.b), BUDGET_TOKENS);
    budget_free(&s.b);
}
