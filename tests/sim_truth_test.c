#include "sim/truth.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "test.h"

/* A log in a file of its own. */
struct kept {
    char path[32];
    struct truth t;
};

static void begin(struct kept *k)
{
    struct err err = { 0 };

    *k = (struct kept){ .path = "/tmp/tokdyno-truth-XXXXXX" };
    close(mkstemp(k->path));
    assert_int_equal(truth_open(&k->t, k->path, true, 7, &err), 0);
}

/* The lines of the file as an array; the log is over. */
static json_t *finish(struct kept *k)
{
    json_t *lines = json_array();
    struct err err = { 0 };
    char *line = NULL;
    size_t cap = 0;
    FILE *f;

    assert_int_equal(truth_close(&k->t, 0, &err), 0);
    f = fopen(k->path, "re");
    assert_non_null(f);
    while (getline(&line, &cap, f) >= 0) {
        json_t *v = json_loads(line, 0, NULL);

        if (!v)
            fail_msg("not JSON: %s", line);
        json_array_append_new(lines, v);
    }
    free(line);
    fclose(f);
    unlink(k->path);
    return lines;
}

/* An answer of n frames at 10, 20, 30... ns, each sent 3 ns late. */
static struct exchange *answered(struct kept *k, uint64_t n, int frames)
{
    struct exchange *x = mem_alloc(sizeof(*x));

    x->n = n;
    x->fault.fault = &faults[0];
    x->region = "dal";
    memcpy(x->ray, "0123456789abcdef-DFW", 21);
    x->prompt_tokens = x->retry_after_s = -1;
    x->end = 1000;
    for (int i = 1; i <= frames; i++)
        truth_frame(&k->t, x, i * 10, i * 10 + 3, FRAME_CONTENT, true);
    return x;
}

static void expect_frames(const json_t *line, int64_t n, size_t frames)
{
    const json_t *all = json_object_get(line, "frames");

    assert_int_equal(json_integer_value(json_object_get(line, "n")), n);
    assert_int_equal(json_array_size(all), frames);
    for (size_t i = 0; i < frames; i++) {
        const json_t *f = json_array_get(all, i);

        assert_int_equal(json_integer_value(json_array_get(f, 0)), (i + 1) * 10);
        assert_int_equal(json_integer_value(json_array_get(f, 1)), (i + 1) * 10 + 3);
        assert_int_equal(json_integer_value(json_array_get(f, 2)), FRAME_CONTENT);
    }
    assert_int_equal(json_integer_value(json_object_get(line, "end")), 1000);
}

TEST(sim_truth_is_written_in_slices_in_the_order_answers_ended)
{
    static const int frames[] = { 100, 0, 32, 33, 1 };
    struct kept k;
    size_t steps = 0;
    json_t *lines;

    begin(&k);
    for (size_t i = 0; i < COUNT(frames); i++)
        truth_take(&k.t, answered(&k, i + 1, frames[i]));
    for (; truth_waits(&k.t); steps++)
        truth_step(&k.t);
    assert_int_equal(steps, 4 + 1 + 1 + 2 + 1);
    assert_int_equal(k.t.waiting, 0);
    lines = finish(&k);
    assert_int_equal(json_array_size(lines), COUNT(frames) + 2);
    for (size_t i = 0; i < COUNT(frames); i++)
        expect_frames(json_array_get(lines, i + 1), (int64_t)i + 1, (size_t)frames[i]);
    json_decref(lines);
}

TEST(sim_truth_that_waits_is_flushed_wherever_its_line_stands)
{
    for (int steps = 0; steps < 4; steps++) {
        struct kept k;
        json_t *lines;

        begin(&k);
        truth_take(&k.t, answered(&k, 1, 100));
        truth_take(&k.t, answered(&k, 2, 5));
        for (int i = 0; i < steps; i++)
            truth_step(&k.t);
        lines = finish(&k);
        expect_frames(json_array_get(lines, 1), 1, 100);
        expect_frames(json_array_get(lines, 2), 2, 5);
        assert_int_equal(json_array_size(lines), 4);
        json_decref(lines);
    }
}

TEST(sim_truth_of_others_stands_between_whole_lines)
{
    for (int steps = 0; steps < 6; steps++) {
        struct kept k;
        struct buf notes;
        json_t *lines;

        begin(&k);
        buf_init(&notes, 0);
        buf_str(&notes, "{\"t\":\"batch\"}\n{\"t\":\"item\"}\n");
        truth_take(&k.t, answered(&k, 1, 100));
        truth_take(&k.t, answered(&k, 2, 5));
        for (int i = 0; i < steps && truth_waits(&k.t); i++)
            truth_step(&k.t);
        truth_notes(&k.t, &notes);
        assert_int_equal(notes.len, 0);
        lines = finish(&k);
        assert_int_equal(json_array_size(lines), 6);
        json_decref(lines);
        buf_free(&notes);
    }
}

TEST(sim_truth_that_waits_is_bounded)
{
    enum { LONG = 50000, MANY = 24 };
    struct kept k;
    json_t *lines;

    begin(&k);
    for (uint64_t n = 1; n <= MANY; n++) {
        truth_take(&k.t, answered(&k, n, LONG));
        assert_true(k.t.waiting <= 1024 * 1024);
    }
    assert_true(truth_waits(&k.t));
    lines = finish(&k);
    assert_int_equal(json_array_size(lines), MANY + 2);
    expect_frames(json_array_get(lines, MANY), MANY, LONG);
    json_decref(lines);
}
