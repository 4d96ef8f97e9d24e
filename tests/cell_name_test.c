#include "data/cell_name.h"

#include "test.h"

TEST(a_cell_is_called_by_what_sets_it_apart)
{
    static const struct {
        struct cell_key first[3];
        struct cell_key second[3];
        size_t n_keys;
        const char *want;
    } cases[] = {
        { { { "model", "a/b", "" }, { "service_tier", "flex", "" } },
          { { "model", "c", "" }, { "service_tier", "flex", "" } },
          2,
          "a/b" },
        { { { "model", "a/b", "" }, { "service_tier", "flex", "" } },
          { { "model", "a/b", "" }, { "service_tier", "auto", "" } },
          2,
          "flex" },
        { { { "model", "a", "" }, { "retry.policy", "sdk", "" }, { "x", "1", "" } },
          { { "model", "b", "" }, { "retry.policy", "none", "" }, { "x", "1", "" } },
          3,
          "a policy=sdk" },
        { { { "", "", "" } }, { { "", "", "" } }, 0, "" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct cell_key *cells[] = { cases[i].first, cases[i].second };
        struct buf b = { 0 };

        cell_name_put(&b, cells, 2, cases[i].n_keys, 0);
        assert_string_equal(b.p, cases[i].want);
        buf_free(&b);
    }
}

TEST(short_names_leave_out_what_tells_cells_apart_least)
{
    static const struct {
        struct cell_key first[2];
        struct cell_key second[2];
        size_t columns;
        const char *want; /* of the second */
    } cases[] = {
        { { { "model", "a/b", "" }, { "x.effort", "low", "" } },
          { { "model", "a/c", "" }, { "x.effort", "high", "" } },
          40,
          "a/c effort=high" },
        { { { "messages", "[{\"content\":\"Write a poem.\"}]", "" }, { "stop", "[]", "" } },
          { { "messages", "[{\"content\":\"Write a novel.\"}]", "" }, { "stop", "x", "" } },
          40,
          "messages=#2 stop=x" },
        { { { "model", "owner/b", "" }, { "effort", "low", "" } },
          { { "model", "owner/c", "" }, { "effort", "high", "" } },
          14,
          "c effort=high" },
        { { { "reasoning_format", "raw", "" }, { "reasoning_effort", "low", "" } },
          { { "reasoning_format", "parsed", "" }, { "reasoning_effort", "none", "" } },
          40,
          "format=parsed effort=none" },
        { { { "model", "a/b", "" }, { "effort", "low", "" } }, /* names stay apart */
          { { "model", "c/b", "" }, { "effort", "low", "" } },
          2,
          "b" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct cell_key *cells[] = { cases[i].first, cases[i].second };
        struct buf b = { 0 };

        cell_name_put_short(&b, cells, 2, 2, 1, cases[i].columns);
        assert_string_equal(b.p, cases[i].want);
        buf_free(&b);
    }
}

TEST(an_only_cell_is_called_by_all_its_keys)
{
    static const struct cell_key keys[] = { { "model", "a", "" }, { "repeat", "2", "" } };
    const struct cell_key *cells[] = { keys };
    struct buf b = { 0 };

    cell_name_put(&b, cells, 1, 2, 0);
    assert_string_equal(b.p, "a repeat=2");
    buf_free(&b);
}
