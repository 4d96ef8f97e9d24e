#include "data/observed.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "data/truth_line.h"
#include "test.h"

#define SIM "{\"t\":\"sim\",\"seed\":1,\"version\":\"x\"}\n"
#define END "{\"t\":\"end\",\"requests\":2,\"late_p99\":5}\n"
#define ONE                                                                                \
    "{\"t\":\"request\",\"id\":\"7.1\",\"n\":0,\"status\":200,\"arrival\":1004000,"        \
    "\"frames\":[[1,1009000,0],[2,1010000,2],[3,1020500,2],[4,1030900,4]],"                \
    "\"end\":1040000,\"aborted\":false}\n"
#define TWO                                                                                \
    "{\"t\":\"request\",\"id\":\"8.2\",\"arrival\":1001000,\"frames\":"                    \
    "[[1,1050000,1],[2,1060000,3],[3,1070000,2]],\"end\":1080000,\"aborted\":false}\n"

enum { T0 = 1000000 };

static struct record record_of(uint64_t req, uint32_t try_no, ns_t first,
                               const uint32_t *gaps, size_t n_gaps)
{
    struct record r;

    record_init(&r);
    r.req = req;
    r.try_no = try_no;
    r.outcome = OUTCOME_OK;
    r.at[MOMENT_DUE] = 1000;
    r.at[MOMENT_FIRST] = first;
    r.gaps = gaps;
    r.n_gaps = n_gaps;
    return r;
}

static const uint32_t gaps_one[] = { 11 }, gaps_two[] = { 10, 10 };

/* A truth log on disk; removed by the caller's `unlink`. */
static void write_log(char path[64], const char *text, size_t n)
{
    FILE *f;

    strcpy(path, "/tmp/tokdyno-observed-XXXXXX");
    f = fdopen(mkstemp(path), "w");
    assert_int_equal(fwrite(text, 1, n, f), n);
    fclose(f);
}

static struct observer *open_log(const char *text, size_t n)
{
    char path[64];
    struct observer *o;
    struct err err;

    write_log(path, text, n);
    o = observer_open(path, T0, &err);
    unlink(path);
    assert_non_null(o);
    return o;
}

static void put_one(struct observer *o)
{
    struct record r = record_of(7, 1, 12500, gaps_one, 1);

    observer_record(o, &r);
}

static void put_two(struct observer *o)
{
    struct record r = record_of(8, 2, 51000, gaps_two, 2);

    observer_record(o, &r);
}

TEST(observed_errors_are_what_was_seen_less_what_was_sent)
{
    static const char text[] = SIM ONE TWO END;
    struct observer *o = open_log(text, sizeof(text) - 1);
    const struct observed *s = observer_seen(o);

    observer_window(o, 20000, 60000);
    put_one(o);
    assert_int_equal(s->matched, 1);
    assert_int_equal(hist_count_between(&s->first, 2500, 2500), 1);
    assert_int_equal(hist_count_between(&s->frames, 2000, 2000), 1); /* 12 - 10 us */
    assert_int_equal(hist_count_between(&s->frames, 3000, 3000), 1); /* 23 - 20 us */
    assert_int_equal(s->frames.total, 2);
    assert_int_equal(hist_count_between(&s->arrival, 3000, 3000), 1);
    assert_int_equal(s->frames_then, 1);
    put_two(o);
    assert_int_equal(s->matched, 2);
    assert_int_equal(s->frames.total, 5);
    assert_int_equal(s->frames_then, 2);
    assert_int_equal(s->arrival.total, 1); /* a second try was not due then */
    assert_int_equal(s->uneven, 0);
    assert_int_equal(s->early, 0);
    observer_close(o);
}

TEST(observed_records_find_their_lines_in_any_order)
{
    static const char text[] = SIM ONE TWO END;
    struct observer *o = open_log(text, sizeof(text) - 1);

    put_two(o);
    put_one(o);
    put_one(o); /* a line has one record */
    assert_int_equal(observer_seen(o)->attempts, 3);
    assert_int_equal(observer_seen(o)->matched, 2);
    observer_close(o);
}

TEST(observed_lines_of_a_log_cut_anywhere_are_whole_or_not_there)
{
    static const char text[] = SIM ONE TWO END;
    size_t one = sizeof(SIM ONE) - 1, two = sizeof(SIM ONE TWO) - 1;

    for (size_t n = 0; n < sizeof(text); n++) {
        struct observer *o = open_log(text, n);

        put_one(o);
        put_two(o);
        assert_int_equal(observer_seen(o)->matched, (n >= one) + (n >= two));
        observer_close(o);
    }
}

TEST(observed_frames_that_are_too_many_too_few_or_too_early_are_counted)
{
    static const char text[] = SIM ONE TWO END;
    struct observer *o = open_log(text, sizeof(text) - 1);
    struct record r = record_of(7, 1, 9000, gaps_two, 2); /* sent at 10 and 20.5 us */

    observer_record(o, &r);
    assert_int_equal(observer_seen(o)->uneven, 1);
    assert_int_equal(observer_seen(o)->early, 3);
    assert_int_equal(hist_max(&observer_seen(o)->frames), 0);
    r = record_of(8, 2, NS_ABSENT, NULL, 0);
    observer_record(o, &r);
    assert_int_equal(observer_seen(o)->uneven, 2);
    r.outcome = OUTCOME_TRANSPORT;
    observer_record(o, &r);
    assert_int_equal(observer_seen(o)->attempts, 2);
    observer_close(o);
}

TEST(observed_lines_that_wait_in_vain_are_forgotten)
{
    struct buf text = { 0 };
    struct observer *o;
    struct record r;

    for (int i = 0; i < OBSERVED_WAITING + OBSERVED_AHEAD + 10; i++)
        buf_printf(&text,
                   "{\"t\":\"request\",\"id\":\"%d.1\",\"arrival\":1,\"frames\":[]}\n", i);
    o = open_log(text.p, text.len);
    for (int i = 0; i < 10; i++) {
        r = record_of(1000000, 1, NS_ABSENT, NULL, 0); /* each reads on by its share */
        observer_record(o, &r);
    }
    assert_int_equal(observer_seen(o)->matched, 0);
    r = record_of(1, 1, NS_ABSENT, NULL, 0);
    observer_record(o, &r);
    assert_int_equal(observer_seen(o)->matched, 0);
    r = record_of(OBSERVED_AHEAD + 100, 1, NS_ABSENT, NULL, 0);
    observer_record(o, &r);
    assert_int_equal(observer_seen(o)->matched, 1);
    observer_close(o);
    buf_free(&text);
}

TEST(truth_lines_that_are_damaged_or_of_others_are_none)
{
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "{\"t\":\"end\"}",
        "{\"t\":\"request\"}",
        "{\"t\":\"request\",\"id\":\"\"}",
        "{\"t\":\"request\",\"id\":\"7\"}",
        "{\"t\":\"request\",\"id\":\"7.\"}",
        "{\"t\":\"request\",\"id\":\".1\"}",
        "{\"t\":\"request\",\"id\":\"7.1x\"}",
        "{\"t\":\"request\",\"id\":\"99999999999999999999.1\"}",
        "{\"t\":\"request\",\"id\":\"7.99999999999\"}",
        "{\"t\":\"request\",\"id\":\"7.1\",\"arrival\":-4}",
        "{\"t\":\"request\",\"id\":\"7.1\",\"arrival\":\"4\"}",
        "{\"t\":\"request\",\"id\":\"7.1\",\"frames\":[1]}",
        "{\"t\":\"request\",\"id\":\"7.1\",\"frames\":[[1,2]]}",
        "{\"t\":\"request\",\"id\":\"7.1\",\"frames\":[[1,2,2,2]]}",
        "{\"t\":\"request\",\"id\":\"7.1\",\"frames\":[[1,-2,2]]}",
        "{\"t\":\"request\",\"id\":\"7.1\"} {",
    };
    struct truth_line t = { 0 };

    for (size_t i = 0; i < COUNT(bad); i++)
        if (truth_line_read(&t, bad[i], strlen(bad[i])))
            fail_msg("taken: %s", bad[i]);
    assert_true(truth_line_read(&t, ONE, sizeof(ONE) - 2));
    assert_int_equal(t.n_frames, 2);
    for (size_t n = 0; n < sizeof(ONE) - 2; n++)
        assert_false(truth_line_read(&t, ONE, n));
    truth_line_free(&t);
}
