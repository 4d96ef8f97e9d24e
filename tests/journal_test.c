#include "data/journal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rng.h"
#include "test.h"

/* What a sink was handed, written again as it came. */
struct echo {
    struct buf out;
    uint64_t entries;
    bool begun;
};

static void echo_record(void *ctx, const struct record *r)
{
    struct echo *e = ctx;

    e->entries++;
    journal_put_record(&e->out, r);
}

static void echo_phase(void *ctx, const struct phase_event *ev)
{
    struct echo *e = ctx;

    e->entries++;
    journal_put_phase(&e->out, ev);
}

static void echo_health(void *ctx, const struct health_sample *h)
{
    struct echo *e = ctx;

    e->entries++;
    journal_put_health(&e->out, h);
}

static void echo_batch(void *ctx, const struct batch_event *b)
{
    struct echo *e = ctx;

    e->entries++;
    journal_put_batch(&e->out, b);
}

static void echo_end(void *ctx, const struct run_end *end)
{
    struct echo *e = ctx;

    e->entries++;
    journal_put_end(&e->out, end);
}

static void echo_begin(void *ctx)
{
    ((struct echo *)ctx)->begun = true;
}

static struct journal_sink echo_sink(struct echo *e)
{
    return (struct journal_sink){ echo_record, echo_phase, echo_health,
                                  echo_batch,  echo_end,   e };
}

/* --- random records ---------------------------------------------------------------- */

static int64_t any(struct rng *r, int64_t absent)
{
    switch (rng_below(r, 4)) {
    case 0:
        return absent;
    case 1:
        return 0;
    case 2:
        return (int64_t)rng_below(r, 1000);
    default:
        return (int64_t)rng_below(r, UINT64_C(1) << 50);
    }
}

static const char *const hostile[] = {
    "",
    "dal",
    "\"",
    "\\",
    "\\\"}\n{\"t\":\"end\"",
    "line\nbreak\r\ttab\b\f\x01\x1f\x7f",
    "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80",
    "\xEF\xBF\xBD replaced",
    "\\u0000 \\ud800",
    "</script><!--",
    ("a longer text, as an error of a proxy in front of an API may be, with markup: "
     "<html><head><title>502 Bad Gateway</title></head><body>upstream</body></html>"),
};

static const char *text(struct rng *r)
{
    return hostile[rng_below(r, COUNT(hostile))];
}

static void any_numbers(struct rng *rng, struct record *r)
{
    int64_t *const numbers[] = {
        &r->dns,
        &r->tcp,
        &r->tls,
        &r->tokens.planned,
        &r->tokens.words,
        &r->tokens.prompt,
        &r->tokens.cached,
        &r->tokens.completion,
        &r->tokens.reasoning,
        &r->tokens.total,
        &r->server.queue,
        &r->server.prompt,
        &r->server.completion,
        &r->server.total,
        &r->limit_size,
        &r->retry_after,
        &r->cost_nusd,
        &r->calls,
        &r->images,
        &r->stall,
        &r->session,
        &r->batch.submit,
        &r->batch.queue,
        &r->batch.process,
        &r->batch.retrieve,
        &r->batch.total,
        &r->batch.resolution,
        &r->batch.server,
        &r->batch.items,
        &r->doubts.end,
    };
    ns_t *const doubts[] = { &r->doubts.sent, &r->doubts.first, &r->doubts.answer,
                             &r->doubts.last, &r->doubts.frame };

    for (size_t i = 0; i < COUNT(numbers); i++)
        *numbers[i] = any(rng, -1);
    for (size_t i = 0; i < COUNT(doubts); i++)
        *doubts[i] = any(rng, 0);
}

static struct record any_record(struct rng *rng, uint32_t *gaps, size_t max_gaps)
{
    struct record r;

    record_init(&r);
    r.req = rng_below(rng, UINT64_C(1) << 53);
    r.try_no = (uint32_t)rng_below(rng, 5);
    r.final = rng_below(rng, 2);
    r.cell = (uint32_t)rng_below(rng, 3);
    r.trial = (uint32_t)rng_below(rng, 3);
    r.phase = (uint32_t)rng_below(rng, 3);
    r.turn = (uint32_t)rng_below(rng, 3);
    r.outcome = (enum outcome)rng_below(rng, N_OUTCOMES);
    r.form = (enum form)rng_below(rng, N_FORMS);
    r.http_status = (int32_t)rng_below(rng, 600);
    r.http_version = rng_below(rng, 2) ? 11 : 0;
    r.reused = rng_below(rng, 2);
    for (int i = 0; i < N_MOMENTS; i++)
        r.at[i] = any(rng, NS_ABSENT);
    for (int i = 0; i < N_HOLDS; i++)
        r.held[i] = any(rng, 0);
    any_numbers(rng, &r);
    for (int i = 0; i < N_LIMITS; i++)
        r.limits[i] = (struct limit){ any(rng, -1), any(rng, -1), any(rng, NS_ABSENT) };
    r.bytes_up = (uint64_t)any(rng, 0);
    r.bytes_down = (uint64_t)any(rng, 0);
    r.frames = (uint64_t)any(rng, 0);
    r.shared = (uint64_t)any(rng, 0);
    r.gaps_lost = (uint64_t)any(rng, 0);
    r.n_gaps = rng_below(rng, max_gaps + 1);
    for (size_t i = 0; i < r.n_gaps; i++)
        gaps[i] = (uint32_t)rng_next(rng) >> rng_below(rng, 32);
    r.gaps = r.n_gaps ? gaps : NULL;
    r.request_id = text(rng);
    r.region = text(rng);
    r.edge = text(rng);
    r.tier = text(rng);
    r.finish = text(rng);
    r.error_code = text(rng);
    r.limit_kind = text(rng);
    r.error = text(rng);
    r.batch_id = text(rng);
    return r;
}

static void same_text(const char *a, const char *b)
{
    assert_string_equal(a, b);
}

/* Compilers may leave anything between two members. */
static void blank_padding(struct record *r)
{
    static const size_t holes[][2] = {
        { offsetof(struct record, final) + sizeof(bool), offsetof(struct record, cell) },
        { offsetof(struct record, http_status) + sizeof(int32_t),
          offsetof(struct record, at) },
        { offsetof(struct record, reused) + sizeof(bool),
          offsetof(struct record, http_version) },
    };

    for (size_t i = 0; i < COUNT(holes); i++)
        memset((char *)r + holes[i][0], 0, holes[i][1] - holes[i][0]);
}

/* All bytes of both, so that what the table of fields lacks is missed here. */
static void same(const struct record *a, const struct record *b)
{
    struct record left = *a, right = *b;
    const char **texts[][2] = {
        { &left.request_id, &right.request_id },
        { &left.region, &right.region },
        { &left.edge, &right.edge },
        { &left.tier, &right.tier },
        { &left.finish, &right.finish },
        { &left.error_code, &right.error_code },
        { &left.limit_kind, &right.limit_kind },
        { &left.error, &right.error },
        { &left.batch_id, &right.batch_id },
    };

    assert_int_equal(a->n_gaps, b->n_gaps);
    if (a->n_gaps)
        assert_memory_equal(a->gaps, b->gaps, a->n_gaps * sizeof(a->gaps[0]));
    left.gaps = right.gaps = NULL;
    for (size_t i = 0; i < COUNT(texts); i++) {
        same_text(*texts[i][0], *texts[i][1]);
        *texts[i][0] = *texts[i][1] = NULL;
    }
    blank_padding(&left);
    blank_padding(&right);
    assert_memory_equal(&left, &right, sizeof(left));
}

static void keep_copy(void *ctx, const struct record *r)
{
    struct record **copy = ctx;

    assert_null(*copy);
    *copy = record_copy(r);
}

static void there_and_back(const struct record *r)
{
    struct record *copy = NULL;
    struct journal_sink sink = { .record = keep_copy, .ctx = &copy };
    struct buf line;
    struct err err;

    buf_init(&line, 0);
    journal_put_record(&line, r);
    assert_ptr_equal(memchr(line.p, '\n', line.len), line.p + line.len - 1);
    assert_int_equal(journal_line(line.p, line.len - 1, &sink, &err), 0);
    assert_non_null(copy);
    same(r, copy);
    free(copy);
    buf_free(&line);
}

TEST(every_record_is_read_back_as_it_was_written)
{
    struct rng rng = rng_init(1);
    uint32_t gaps[40];
    struct record r;

    memset(&r, 0, sizeof(r)); /* padding too, for the comparison */
    for (int i = 0; i < 3000; i++) {
        r = any_record(&rng, gaps, COUNT(gaps));
        there_and_back(&r);
    }
}

TEST(an_empty_record_and_one_of_the_most_gaps_are_read_back)
{
    uint32_t *gaps = mem_array(RECORD_MAX_GAPS, sizeof(*gaps));
    struct record r;

    record_init(&r);
    there_and_back(&r);
    for (uint32_t i = 0; i < RECORD_MAX_GAPS; i++)
        gaps[i] = UINT32_MAX - i;
    r.gaps = gaps;
    r.n_gaps = RECORD_MAX_GAPS;
    there_and_back(&r);
    free(gaps);
}

TEST(text_that_is_not_utf_8_is_written_so_that_it_stays_the_same_from_then_on)
{
    struct echo e = { 0 };
    struct journal_sink sink = echo_sink(&e);
    struct buf line;
    struct record r;
    struct err err;

    buf_init(&line, 0);
    record_init(&r);
    r.region = "\xFF\xC0\x80\xED\xA0\x80 d\xE2\x82";
    journal_put_record(&line, &r);
    assert_int_equal(journal_line(line.p, line.len - 1, &sink, &err), 0);
    assert_string_equal(e.out.p, line.p);
    buf_free(&line);
    buf_free(&e.out);
}

static void hist_of(struct hist *h, int64_t first)
{
    hist_init_standard(h);
    for (int64_t i = 0; i < 50; i++)
        hist_record(h, first * (i + 1), 1);
}

/* Every step, and an end with all its counts. */
static void put_batch_events(struct buf *out)
{
    struct batch_event e;

    for (int step = 0; step < N_BATCH_STEPS; step++) {
        batch_event_init(&e);
        e.step = (enum batch_step)step;
        e.trial = 1;
        e.batch = 7;
        e.call = (uint64_t)step;
        e.try_no = 2;
        e.outcome = OUTCOME_OVERLOADED;
        e.http_status = 503;
        e.start = 11;
        e.end = 19;
        e.state = (enum batch_state)step;
        e.id = "batch_01";
        e.error = "over \"capacity\"";
        e.left = e.step == BATCH_OVER;
        e.items = e.answered = e.missing = e.repeated = (uint64_t)step;
        e.strangers = e.damaged = e.backwards = e.polls = (uint64_t)step;
        journal_put_batch(out, &e);
    }
}

static void put_others(struct buf *out)
{
    const struct phase_event begin = {
        .at = 5, .trial = 1, .begin = true, .words_per_token = 0.734512
    };
    const struct phase_event ended = { .at = 9, .phase = 1, .planned = 200, .issued = 198 };
    const struct run_end end = {
        77, END_BUDGET, "cost reached \"$5\"", 4, 3, NS_ABSENT, 0
    };
    struct hist lag, read, stamp, turn;
    struct health_sample h = { .at = 6,
                               .worker = 2,
                               .in_flight = 12,
                               .freeze = { 1, 300 * NS_PER_MS },
                               .send_lag = &lag,
                               .read_lag = &read,
                               .stamp_error = &stamp,
                               .turn = &turn };

    hist_of(&lag, 1000);
    hist_of(&read, 333);
    hist_of(&stamp, 22);
    hist_of(&turn, 77777);
    for (uint64_t i = 0; i < N_HEALTH_COUNTERS; i++)
        h.counters[i] = i * 1000;
    journal_put_phase(out, &begin);
    journal_put_health(out, &h);
    journal_put_phase(out, &ended);
    put_batch_events(out);
    journal_put_end(out, &end);
    hist_free(&lag);
    hist_free(&read);
    hist_free(&stamp);
    hist_free(&turn);
}

TEST(phases_health_batches_and_the_end_are_read_back_as_they_were_written)
{
    struct echo e = { 0 };
    struct journal_sink sink = echo_sink(&e);
    struct buf lines;
    struct err err;

    buf_init(&lines, 0);
    put_others(&lines);
    for (char *p = lines.p; *p;) {
        size_t n = strcspn(p, "\n");

        assert_int_equal(journal_line(p, n, &sink, &err), 0);
        p += n + 1;
    }
    assert_int_equal(e.entries, 4 + N_BATCH_STEPS);
    assert_string_equal(e.out.p, lines.p);
    buf_free(&lines);
    buf_free(&e.out);
}

TEST(a_line_cut_anywhere_is_damaged_and_reaches_no_sink)
{
    struct echo e = { 0 };
    struct journal_sink sink = echo_sink(&e);
    struct rng rng = rng_init(2);
    uint32_t gaps[4];
    struct record r = any_record(&rng, gaps, COUNT(gaps));
    struct buf line;
    struct err err;

    buf_init(&line, 0);
    journal_put_record(&line, &r);
    for (size_t n = 0; n + 1 < line.len; n++)
        assert_int_equal(journal_line(line.p, n, &sink, &err), -1);
    assert_int_equal(e.entries, 0);
    buf_free(&line);
}

TEST(lines_of_wrong_values_are_damaged)
{
    static const char *const cases[] = {
        "",
        "{}",
        "[]",
        "{\"t\":\"run\",\"schema\":1}",
        "{\"t\":\"attempt\",\"outcome\":\"splendid\"}",
        "{\"t\":\"attempt\",\"req\":-1}",
        "{\"t\":\"attempt\",\"req\":\"1\"}",
        "{\"t\":\"attempt\",\"cell\":4294967296}",
        "{\"t\":\"attempt\",\"times\":{\"due\":9223372036854775807}}",
        "{\"t\":\"attempt\",\"times\":[1]}",
        "{\"t\":\"attempt\",\"gaps\":3}",
        "{\"t\":\"attempt\",\"gaps\":[4294967296]}",
        "{\"t\":\"attempt\",\"region\":7}",
        "{\"t\":\"attempt\",\"final\":1}",
        "{\"t\":\"attempt\"} {\"t\":\"attempt\"}",
        "{\"t\":\"phase\",\"event\":\"middle\"}",
        "{\"t\":\"health\",\"send_lag\":\"HISTnonsense\"}",
        "{\"t\":\"health\",\"send_lag\":5}",
        "{\"t\":\"end\",\"reason\":\"tired\"}",
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct echo e = { 0 };
        struct journal_sink sink = echo_sink(&e);
        struct err err;

        if (!journal_line(cases[i], strlen(cases[i]), &sink, &err) || e.entries)
            fail_msg("taken: %s", cases[i]);
    }
}

/* --- files ------------------------------------------------------------------------- */

static const char first_line[] =
    "{\"t\":\"run\",\"schema\":1,\"id\":\"x\",\"phases\":[{\"name\":\"p\"},{}],"
    "\"cells\":[{\"loads\":[{},{}]}],\"trials\":[{\"cell\":0},{\"cell\":0}]}\n";

struct file {
    char path[64];
};

static struct file file_of(const char *p, size_t n)
{
    struct file f = { "/tmp/tokdyno-journal-XXXXXX" };
    int fd = mkstemp(f.path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), (ssize_t)n);
    close(fd);
    return f;
}

static int read_text(const char *p, size_t n, struct echo *e, struct journal_notes *notes,
                     struct err *err)
{
    struct file f = file_of(p, n);
    struct journal_sink sink = echo_sink(e);
    struct run run;
    int rc = journal_read(f.path, &run, echo_begin, &sink, notes, err);

    unlink(f.path);
    if (!rc)
        run_free(&run);
    return rc;
}

TEST(a_journal_torn_anywhere_gives_all_whole_lines)
{
    struct buf text;
    size_t head = sizeof(first_line) - 1;

    buf_init(&text, 0);
    buf_str(&text, first_line);
    buf_str(&text, "{\"t\":\"phase\",\"event\":\"begin\",\"at\":1}\n");
    buf_str(&text, "{\"t\":\"attempt\",\"req\":1}\n");
    buf_str(&text, "{\"t\":\"end\",\"reason\":\"done\"}\n");
    for (size_t n = head; n <= text.len; n++) {
        struct echo e = { 0 };
        struct journal_notes notes = { 0 };
        struct err err;
        uint64_t whole = 0;

        for (size_t i = head; i < n; i++)
            whole += text.p[i] == '\n';
        assert_int_equal(read_text(text.p, n, &e, &notes, &err), 0);
        assert_true(e.begun);
        assert_int_equal(e.entries, whole);
        assert_int_equal(notes.lines, whole + 1);
        assert_int_equal(notes.bad_lines, 0);
        assert_int_equal(notes.torn, text.p[n - 1] != '\n');
        assert_int_equal(notes.ended, n == text.len);
        buf_free(&e.out);
    }
    buf_free(&text);
}

TEST(damaged_and_foreign_lines_are_counted_and_skipped)
{
    static const char *const bad[] = {
        "rubbish",
        "",
        "{\"t\":\"attempt\",\"trial\":2}",
        "{\"t\":\"attempt\",\"phase\":2}",
        "{\"t\":\"attempt\",\"cell\":1}",
        "{\"t\":\"phase\",\"event\":\"end\",\"trial\":9}",
        "{\"t\":\"run\",\"schema\":1}",
    };
    struct echo e = { 0 };
    struct journal_notes notes = { 0 };
    struct err err;
    struct buf text;

    buf_init(&text, 0);
    buf_str(&text, first_line);
    for (size_t i = 0; i < COUNT(bad); i++)
        buf_printf(&text, "%s\n{\"t\":\"attempt\",\"trial\":1,\"phase\":1}\n", bad[i]);
    assert_int_equal(read_text(text.p, text.len, &e, &notes, &err), 0);
    assert_int_equal(e.entries, COUNT(bad));
    assert_int_equal(notes.bad_lines, COUNT(bad));
    assert_false(notes.torn || notes.ended);
    buf_free(&e.out);
    buf_free(&text);
}

TEST(an_endless_line_is_passed_over_in_bounded_memory)
{
    struct echo e = { 0 };
    struct journal_notes notes = { 0 };
    struct err err;
    struct buf text;
    size_t endless = (66u << 20);

    buf_init(&text, 0);
    buf_str(&text, first_line);
    memset(buf_room(&text, endless), 'x', endless);
    text.len += endless;
    buf_str(&text, "\n{\"t\":\"attempt\"}\n");
    assert_int_equal(read_text(text.p, text.len, &e, &notes, &err), 0);
    assert_int_equal(notes.bad_lines, 1);
    assert_int_equal(e.entries, 1);
    buf_free(&e.out);
    buf_free(&text);
}

TEST(what_is_no_journal_is_refused_with_its_path)
{
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        { "", "empty" },
        { "{\"t\":\"run\"", "no end" },
        { "hello\n", "no `run` line" },
        { "{\"t\":\"run\",\"schema\":99}\n", "schema 99" },
    };
    struct journal_sink none = { 0 };
    struct journal_notes notes = { 0 };
    struct run run;
    struct err err;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct echo e = { 0 };

        assert_int_equal(read_text(cases[i].text, strlen(cases[i].text), &e, &notes, &err),
                         -1);
        assert_non_null(strstr(err.msg, cases[i].want));
        assert_non_null(strstr(err.msg, "/tmp/tokdyno-journal-"));
    }
    assert_int_equal(journal_read("/nowhere/j", &run, NULL, &none, &notes, &err), -1);
    assert_string_equal(err.msg, "/nowhere/j: No such file or directory");
}

static off_t size_of(const char *path)
{
    FILE *f = fopen(path, "r");
    long n;

    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    n = ftell(f);
    fclose(f);
    return n;
}

TEST(lines_are_written_when_64_kib_or_100_ms_have_gathered)
{
    struct file f = file_of("", 0);
    struct journal *j;
    struct err err;

    assert_null(journal_open(f.path, &err)); /* there is one already */
    unlink(f.path);
    j = journal_open(f.path, &err);
    assert_non_null(j);
    journal_flush(j, NS_PER_S, true, &err);
    buf_str(journal_buf(j), "a\n");
    assert_int_equal(journal_flush(j, NS_PER_S, false, &err), 0);
    assert_int_equal(size_of(f.path), 2); /* the first batch has waited for long */
    buf_str(journal_buf(j), "b\n");
    assert_int_equal(journal_flush(j, NS_PER_S + 99 * NS_PER_MS, false, &err), 0);
    assert_int_equal(size_of(f.path), 2);
    assert_int_equal(journal_flush(j, NS_PER_S + 100 * NS_PER_MS, false, &err), 0);
    assert_int_equal(size_of(f.path), 4);
    for (int i = 0; i < 1 << 15; i++)
        buf_str(journal_buf(j), "c\n");
    assert_int_equal(journal_flush(j, NS_PER_S + 101 * NS_PER_MS, false, &err), 0);
    assert_int_equal(size_of(f.path), 4 + (2 << 15));
    buf_str(journal_buf(j), "d\n");
    assert_int_equal(journal_close(j, &err), 0);
    assert_int_equal(size_of(f.path), 6 + (2 << 15));
    unlink(f.path);
}

TEST(a_full_disk_is_told_and_what_was_not_written_waits)
{
    struct file f = file_of("", 0);
    struct rlimit before, small;
    struct journal *j;
    struct err err;

    unlink(f.path);
    j = journal_open(f.path, &err);
    assert_non_null(j);
    getrlimit(RLIMIT_FSIZE, &before);
    small = (struct rlimit){ 5, before.rlim_max };
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    buf_str(journal_buf(j), "a line\n");
    assert_int_equal(journal_flush(j, 0, true, &err), -1);
    assert_non_null(strstr(err.msg, f.path));
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(size_of(f.path), 5);
    assert_int_equal(journal_close(j, &err), 0);
    assert_int_equal(size_of(f.path), 7);
    unlink(f.path);
}
