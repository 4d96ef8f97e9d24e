#include "sim/agenda.h"

#include "base/rng.h"
#include "test.h"

enum { N = 500 };

static void expect_in_order(struct agenda *a, size_t n)
{
    ns_t last = -1;

    while (n--) {
        struct agenda_item *first = agenda_first(a);

        assert_non_null(first);
        assert_true(first->at >= last);
        last = first->at;
        agenda_drop(a, first);
        assert_int_equal(first->place, 0);
    }
    assert_null(agenda_first(a));
}

TEST(sim_agenda_gives_the_earliest_first)
{
    struct agenda_item items[N] = { { 0, 0 } };
    struct agenda a = { 0 };
    struct rng r = rng_init(3);

    for (size_t i = 0; i < N; i++)
        agenda_set(&a, &items[i], (ns_t)rng_below(&r, 100));
    expect_in_order(&a, N);
    agenda_free(&a);
}

TEST(sim_agenda_moves_and_drops_items_anywhere)
{
    struct agenda_item items[N] = { { 0, 0 } };
    struct agenda a = { 0 };
    struct rng r = rng_init(4);
    size_t in = 0;

    for (int k = 0; k < 20000; k++) {
        struct agenda_item *item = &items[rng_below(&r, N)];

        in -= item->place ? 1 : 0;
        if (rng_below(&r, 4)) {
            agenda_set(&a, item, (ns_t)rng_below(&r, 1000));
            in++;
        } else {
            agenda_drop(&a, item);
        }
        assert_int_equal(a.n, in);
        for (size_t i = 0; i < a.n; i++)
            assert_true(a.slots[i].item->at >= agenda_first(&a)->at);
    }
    expect_in_order(&a, in);
    agenda_free(&a);
}
