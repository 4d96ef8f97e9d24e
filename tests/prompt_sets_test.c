#include "load/prompt_sets.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "test.h"

#define ROW(model)                                                                         \
    "{\"body\":{" model "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}}\n"

static int open_sets(struct prompt_sets *ps, struct cell *cells, size_t n, const char *rows,
                     struct err *err)
{
    struct scenario s = { .cells = cells, .n_cells = n, .seed = 1 };
    char path[] = "/tmp/prompt-sets-test-XXXXXX";
    FILE *f = fdopen(mkstemp(path), "w");
    int rc;

    fputs(rows, f);
    fclose(f);
    for (size_t i = 0; i < n; i++)
        if (!cells[i].workload.messages)
            cells[i].workload.dataset = path;
    rc = prompt_sets_open(ps, &s, err);
    unlink(path);
    return rc;
}

TEST(prompt_sets_hold_the_rows_that_cells_share_once)
{
    struct cell cells[] = {
        { .request = { .model = "a", .body = "{\"service_tier\":\"flex\"}" } },
        { .request = { .model = "b", .body = "{\"service_tier\":\"on_demand\"}" } },
        { .request = { .model = "a", .body = "{\"temperature\":1}" } },
        { .request = { .model = "a", .body = "{}" }, .workload = { .messages = "[]" } },
    };
    struct prompt_sets ps;
    struct err err;

    assert_int_equal(open_sets(&ps, cells, COUNT(cells), ROW(""), &err), 0);
    assert_ptr_equal(ps.of_cell[0], ps.of_cell[1]);
    assert_ptr_not_equal(ps.of_cell[0], ps.of_cell[2]);
    assert_ptr_not_equal(ps.of_cell[2], ps.of_cell[3]);
    prompt_sets_close(&ps);
    prompt_sets_close(&ps);
}

TEST(prompt_sets_want_a_model_from_the_scenario_or_from_every_row)
{
    static const struct {
        const char *model;
        const char *rows;
        int rc;
    } cases[] = {
        { "a", ROW(""), 0 },
        { NULL, ROW("\"model\":\"b\",") ROW("\"model\":\"c\","), 0 },
        { NULL, ROW("\"model\":\"b\",") ROW(""), -1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cell cell = { .request = { .model = cases[i].model, .body = "{}" } };
        struct prompt_sets ps;
        struct err err;

        assert_int_equal(open_sets(&ps, &cell, 1, cases[i].rows, &err), cases[i].rc);
        if (cases[i].rc)
            assert_non_null(strstr(err.msg, "not every row names a model"));
        prompt_sets_close(&ps);
    }
}

TEST(prompt_sets_tell_the_row_that_is_wrong)
{
    struct cell cells[] = { { .request = { .model = "a", .body = "{}" } },
                            { .request = { .model = "b", .body = "{\"n\":1}" } } };
    struct prompt_sets ps;
    struct err err;

    assert_int_equal(open_sets(&ps, cells, 2, ROW("") "{}\n", &err), -1);
    assert_non_null(strstr(err.msg, ":2: "));
    prompt_sets_close(&ps);
}
