#include "reports/rank.h"

#include <math.h>

#include "test.h"

TEST(the_front_holds_those_that_no_other_beats)
{
    static const struct {
        struct offer offers[3];
        bool best[3];
    } cases[] = {
        /* one is better in all */
        { { { true, 10, 500, 1 }, { true, 20, 400, 2 }, { true, 30, 300, 3 } },
          { true, false, false } },
        /* each is best at something */
        { { { true, 10, 100, 3 }, { true, 20, 500, 3 }, { true, 30, 100, 1 } },
          { true, true, true } },
        /* alike: neither beats the other */
        { { { true, 10, 100, 1 }, { true, 10, 100, 1 }, { true, 11, 100, 1 } },
          { true, true, false } },
        /* a price that is not known does not count */
        { { { true, 10, 500, NAN }, { true, 20, 400, 1 }, { false, NAN, NAN, 1 } },
          { true, false, false } },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(offer_is_best(cases[i].offers, 3, k), cases[i].best[k]);
}
