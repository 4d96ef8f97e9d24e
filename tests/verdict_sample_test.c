#include "verdicts/world.h"

#include "test.h"

/* The whole is `make verdicts`; with fixed seeds these cannot flake. */
TEST(the_gate_neither_cries_wolf_nor_sleeps_in_a_sample_of_worlds)
{
    static const struct {
        double slower;
        unsigned trials, n, least_fail, most_fail;
    } cases[] = {
        { 1.0, 5, 12, 0, 0 },
        { 1.0, 1, 12, 0, 0 },
        { 1.1, 6, 8, 0, 0 },
        { 1.3, 0, 4, 4, 4 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world_count c =
            world_count(&worlds[1], cases[i].n, cases[i].trials, cases[i].slower, 7 + i);

        assert_int_equal(c.no_data + c.untold, 0);
        assert_in_range(c.fail, cases[i].least_fail, cases[i].most_fail);
    }
}
