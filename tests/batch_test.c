#include "api/batch.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/batches.h"
#include "files.h"
#include "load/batch_file.h"
#include "load/batch_items.h"
#include "test.h"

/* --- the wire ------------------------------------------------------------------------ */

static void read_told(const char *name, struct batch_told *b, struct answer *a)
{
    char path[96];
    char *text;
    size_t n;

    snprintf(path, sizeof(path), "wire/batch/%s", name);
    text = test_file(path, &n);
    assert_true(batch_read((struct str){ text, n }, b, a));
    free(text);
}

TEST(a_batch_object_says_its_state_its_files_and_its_counts)
{
    struct answer a;
    struct batch_told b;

    answer_init(&a);
    read_told("validating.json", &b, &a);
    assert_int_equal(b.state, BATCH_VALIDATING);
    assert_string_equal(b.id, "batch_01jh6xa7reempvjyh6n3yst2zw");
    assert_string_equal(b.input, "file_01jh6x76wtemjr74t1fh0faj5t");
    assert_string_equal(b.output, "");
    assert_int_equal(b.completed_at, -1);
    read_told("completed.json", &b, &a);
    assert_int_equal(b.state, BATCH_COMPLETED);
    assert_string_equal(b.output, "file_01jh6xa97be52b7pg88czwrrwb");
    assert_string_equal(b.errors, "file_01jh6xa9cte52a5xjnmnt5y0je");
    assert_int_equal(b.total, 3);
    assert_int_equal(b.completed, 2);
    assert_int_equal(b.failed, 1);
    assert_int_equal(b.completed_at - b.created_at, 7);
    assert_false(b.bad_id);
    answer_free(&a);
}

TEST(errors_of_a_batch_are_read_in_both_of_their_shapes)
{
    static const char *const names[] = { "failed-array.json", "failed-list.json" };

    for (size_t i = 0; i < COUNT(names); i++) {
        struct answer a;
        struct batch_told b;

        answer_init(&a);
        read_told(names[i], &b, &a);
        assert_int_equal(b.state, BATCH_FAILED);
        assert_string_equal(answer_string(&a.error_code), "invalid_method");
        assert_string_equal(answer_string(&a.error),
                            "Invalid value: 'GET'. Supported values are: 'POST'");
        answer_free(&a);
    }
}

TEST(what_is_no_batch_object_is_told_so)
{
    static const struct {
        const char *text;
        bool good;
        bool bad_id;
    } cases[] = {
        { "", false, false },
        { "[]", false, false },
        { "{}", false, false },
        { "{\"id\":\"batch_1\"}", false, false },
        { "{\"status\":\"completed\"}", false, false },
        { "{\"id\":\"batch_1\",\"status\":\"completed\"", false, false },
        { "{\"id\":\"batch_1\",\"status\":3}", false, false },
        { "{\"id\":\"../files\",\"status\":\"completed\"}", false, true },
        { "{\"id\":\"batch_1\",\"status\":\"completed\",\"output_file_id\":\"a/b\"}", true,
          true },
        { "{\"id\":\"batch_1\",\"status\":\"completed\",\"error_file_id\":\"a?b\"}", true,
          true },
        { "{\"id\":\"batch_1\",\"status\":\"resting\"}", true, false },
        { "{\"id\":\"batch_1\",\"status\":\"completed\",\"errors\":7,\"request_counts\":[]"
          "}",
          true, false },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer a;
        struct batch_told b;

        answer_init(&a);
        assert_int_equal(batch_read(str_of(cases[i].text), &b, &a), cases[i].good);
        if (cases[i].good)
            assert_int_equal(b.bad_id, cases[i].bad_id);
        answer_free(&a);
    }
}

TEST(an_id_holds_nothing_that_a_path_means_something_by)
{
    char longest[BATCH_ID_MAX + 1];

    memset(longest, 'a', sizeof(longest));
    assert_true(batch_id_is_safe(str_of("file_01jh6x76wtemjr74t1fh0faj5t")));
    assert_true(batch_id_is_safe(str_of("batch-A_9")));
    assert_false(batch_id_is_safe(str_of("")));
    assert_false(batch_id_is_safe(str_of("..")));
    assert_false(batch_id_is_safe(str_of("a/b")));
    assert_false(batch_id_is_safe(str_of("a%2fb")));
    assert_false(batch_id_is_safe(str_of("a?b")));
    assert_false(batch_id_is_safe(str_of("a\\u0000")));
    assert_true(batch_id_is_safe((struct str){ longest, BATCH_ID_MAX - 1 }));
    assert_false(batch_id_is_safe((struct str){ longest, BATCH_ID_MAX }));
}

static void note_id(void *ctx, const struct batch_told *b)
{
    char *seen = ctx;

    snprintf(seen + strlen(seen), 200 - strlen(seen), "%s %s;", b->id + 26,
             batch_states[b->state].name);
}

TEST(a_list_gives_its_batches_and_the_cursor_of_the_next_page)
{
    struct buf cursor = { 0 };
    char seen[200] = "";
    size_t n;
    char *text = test_file("wire/batch/list.json", &n);

    assert_true(batch_list_read((struct str){ text, n }, note_id, seen, &cursor));
    assert_string_equal(seen, "yst111 expired;yst222 in_progress;");
    assert_string_equal(cursor.p, "cursor_eyJpZCI6ImJhdGNoXzAxIn0");
    assert_true(batch_list_read(str_of("{\"data\":[],\"paging\":{\"next_cursor\":null}}"),
                                note_id, seen, &cursor));
    assert_string_equal(cursor.p, "");
    assert_true(
        batch_list_read(str_of("{\"data\":[],\"paging\":{\"next_cursor\":\"a&b\"}}"),
                        note_id, seen, &cursor));
    assert_string_equal(cursor.p, "");
    assert_false(batch_list_read(str_of("{\"data\":{}}"), note_id, seen, &cursor));
    buf_free(&cursor);
    free(text);
}

TEST(files_and_what_creates_a_batch_are_as_the_reference_has_them)
{
    struct buf body = { 0 };
    char id[BATCH_ID_MAX];
    size_t n;
    char *text = test_file("wire/batch/file.json", &n);
    char *want = test_file("wire/batch/create.json", NULL);

    assert_true(batch_file_object((struct str){ text, n }, id));
    assert_string_equal(id, "file_01jh6x76wtemjr74t1fh0faj5t");
    assert_false(batch_file_object(str_of("{\"id\":\"../x\"}"), id));
    assert_false(batch_file_object(str_of("{\"object\":\"file\"}"), id));
    batch_create_write(&body, "file_01jh6x76wtemjr74t1fh0faj5t", "/v1/chat/completions",
                       24 * 3600 * NS_PER_S);
    assert_string_equal(body.p, want);
    buf_free(&body);
    free(text);
    free(want);
}

TEST(a_custom_id_is_read_back_and_nothing_else_is_one)
{
    static const struct {
        const char *id;
        bool good;
        uint64_t number;
    } cases[] = {
        { "q-0", true, 0 },   { "q-49999", true, 49999 },
        { "q-", false, 0 },   { "q-01", false, 0 },
        { "q--1", false, 0 }, { "q-1 ", false, 0 },
        { "r-1", false, 0 },  { "q-99999999999999999999", false, 0 },
        { "", false, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t number = 0;

        assert_int_equal(batch_number(str_of(cases[i].id), &number), cases[i].good);
        assert_int_equal(number, cases[i].number);
    }
}

/* --- the file and its answers -------------------------------------------------------- */

/* A batch of the first n requests of a scenario, and the records that come of it. */
struct bench {
    struct scenario s;
    struct prompts *prompts;
    struct model model;
    struct budget_state budget;
    struct mailbox mailbox;
    struct engine_config config;
    struct buf head, tail;
    struct batch_file file;
    struct batch_items items;
};

static void open_bench(struct bench *b, uint64_t n)
{
    static const char text[] =
        "target: { base_url: \"sim:\" }\n"
        "request: { endpoint: batch, model: llama-3.1-8b-instant, body: { "
        "max_completion_tokens: 32 } }\n"
        "workload: { messages: [ { role: user, content: Say hi. } ] }\n"
        "load: [ { concurrency: 1, requests: 8 } ]\n";
    struct err err = { 0 };
    const struct cell *cell;

    memset(b, 0, sizeof(*b));
    if (scenario_parse(&b->s, "x.yaml", text, sizeof(text) - 1, NULL, 0, &err))
        fail_msg("%s", err.msg);
    cell = &b->s.cells[0];
    b->prompts =
        prompts_open(&cell->workload, PROMPT_MESSAGES, cell->request.body, 1, &err);
    assert_non_null(b->prompts);
    b->model = (struct model){
        .id = "m", .input_nusd = 1000000000, .cached_nusd = 1, .output_nusd = 2000000000
    };
    budget_init(&b->budget, &b->s.budget);
    mailbox_init(&b->mailbox);
    b->config = (struct engine_config){ .clock = &clock_system,
                                        .cell = cell,
                                        .endpoint = &endpoint_batch,
                                        .model = &b->model,
                                        .prompts = b->prompts,
                                        .budget = &b->budget,
                                        .mailbox = &b->mailbox,
                                        .words_per_token = 1 };
    assert_false(endpoint_batch.prepare(&cell->request, &b->head, &b->tail, &err));
    batch_file_init(&b->file, &b->config, &b->head, &b->tail);
    batch_items_init(&b->items, &b->file, (struct str){ NULL, 0 });
    batch_file_begin(&b->file, 0, 0, n);
    batch_items_begin(&b->items, 5);
}

static void close_bench(struct bench *b)
{
    batch_items_free(&b->items);
    batch_file_free(&b->file);
    mailbox_free(&b->mailbox);
    budget_free(&b->budget);
    prompts_close(b->prompts);
    buf_free(&b->head);
    buf_free(&b->tail);
    scenario_free(&b->s);
}

TEST(an_upload_is_as_long_as_it_said_however_it_is_read_and_the_same_each_time)
{
    struct buf whole = { 0 };

    for (size_t room = 1; room < 400; room += 37) {
        struct bench b;
        struct buf got = { 0 };
        char piece[400];
        size_t n;

        open_bench(&b, 3);
        batch_file_read(&b.file, piece, 10);
        batch_file_rewind(&b.file);
        while ((n = batch_file_read(&b.file, piece, room)))
            buf_add(&got, piece, n);
        assert_int_equal(got.len, b.file.size);
        assert_true(b.file.sent != NS_ABSENT);
        if (whole.len)
            assert_string_equal(got.p, whole.p);
        else
            buf_add(&whole, got.p, got.len);
        buf_free(&got);
        close_bench(&b);
    }
    buf_free(&whole);
}

TEST(a_line_of_the_file_is_the_request_that_the_reference_shows)
{
    char *want = test_file("wire/batch/input.jsonl", NULL);
    struct bench b;
    struct buf got = { 0 };
    char piece[4096];
    size_t n;
    json_t *a, *line;
    char *from;

    open_bench(&b, 1);
    while ((n = batch_file_read(&b.file, piece, sizeof(piece))))
        buf_add(&got, piece, n);
    assert_non_null(strstr(got.p, "name=\"purpose\"\r\n\r\nbatch\r\n"));
    assert_non_null(strstr(got.p, "name=\"file\"; filename=\"batch.jsonl\"\r\n"
                                  "Content-Type: application/jsonl\r\n\r\n{"));
    from = strstr(got.p, "{\"custom_id\"");
    assert_non_null(from);
    *strchr(from, '\n') = '\0';
    a = json_loads(want, 0, NULL);
    line = json_loads(from, 0, NULL);
    assert_non_null(a);
    assert_true(json_equal(a, line));
    json_decref(a);
    json_decref(line);
    buf_free(&got);
    free(want);
    close_bench(&b);
}

/* "0 ok 30t 1016n$ req_..; ..." in the order of the records. */
static void tell_records(struct bench *b, char *out, size_t size)
{
    struct message *m = mailbox_take(&b->mailbox);

    *out = '\0';
    while (m) {
        struct message *next = m->next;
        const struct record *r = m->record;

        snprintf(out + strlen(out), size - strlen(out), "%d %s %d %lldt %lldn$ %s;",
                 (int)r->req, outcomes[r->outcome].name, r->http_status,
                 (long long)r->tokens.completion, (long long)r->cost_nusd, r->error_code);
        message_free(m);
        m = next;
    }
}

static void feed_file(struct bench *b, const char *name, size_t cut)
{
    size_t n;
    char *text = test_file(name, &n);

    cut = cut < n ? cut : n;
    batch_items_feed(&b->items, (struct str){ text, cut });
    batch_items_feed(&b->items, (struct str){ text + cut, n - cut });
    batch_items_file_end(&b->items);
    free(text);
}

TEST(answers_find_their_requests_in_any_order_wherever_two_reads_cut_them)
{
    static const struct batch_figures figures = { 1, 2, 3, 4, 5, 6, 7, 6 };

    for (size_t cut = 0; cut < 1600; cut += 7) {
        struct bench b;
        char told[1000];

        open_bench(&b, 6);
        feed_file(&b, "wire/batch/output.jsonl", cut);
        feed_file(&b, "wire/batch/errors.jsonl", cut);
        batch_items_rest(&b.items, OUTCOME_PROTOCOL, 0, "batch_missing", "none");
        batch_items_last(&b.items, &figures);
        tell_records(&b, told, sizeof(told));
        assert_string_equal(told, "1 ok 200 76t 103500n$ ;"
                                  "0 ok 200 30t 1033000n$ ;"
                                  "2 bad_request 400 -1t -1n$ context_length_exceeded;"
                                  "3 timeout_total 0 -1t -1n$ batch_expired;"
                                  "4 server 0 -1t -1n$ internal_server_error;"
                                  "5 protocol 0 -1t -1n$ batch_missing;");
        assert_int_equal(b.items.answered, 5);
        assert_int_equal(b.items.missing, 1);
        close_bench(&b);
    }
}

TEST(every_request_has_one_record_whatever_the_lines_are)
{
    static const struct {
        const char *lines;
        const char *want;
        uint64_t repeated, strangers, damaged, missing;
    } cases[] = {
        { "\n\n\r\n", "0 protocol 0 -1t -1n$ x;", 0, 0, 0, 1 },
        { "{\"custom_id\":\"q-0\",\"response\":null,\"error\":null}\n",
          "0 protocol 0 -1t -1n$ ;", 0, 0, 0, 0 },
        { "{\"custom_id\":\"q-1\"}\n{\"custom_id\":\"nobody\"}\n{}\n{\"custom_id\":7}\n",
          "0 protocol 0 -1t -1n$ x;", 0, 4, 0, 1 },
        { "{\"custom_id\":\"q-0\",\"error\":{\"code\":\"a\"}}\n"
          "{\"custom_id\":\"q-0\",\"error\":{\"code\":\"b\"}}\n",
          "0 server 0 -1t -1n$ a;", 1, 0, 0, 0 },
        { "{\"custom_id\":\"q-0\",\"response\":{\"status_co\n", "0 protocol 0 -1t -1n$ ;",
          0, 0, 1, 0 },
        { "not json\n[]\n", "0 protocol 0 -1t -1n$ x;", 0, 1, 1, 1 },
        { "{\"custom_id\":\"q-0\",\"response\":{\"status_code\":503,\"body\":\"<html>\"}}",
          "0 overloaded 503 -1t -1n$ ;", 0, 0, 0, 0 },
        { "{\"custom_id\":\"q-0\",\"response\":{\"status_code\":200,\"body\":{}}}\n",
          "0 protocol 200 -1t -1n$ ;", 0, 0, 0, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench b;
        char told[400];

        open_bench(&b, 1);
        batch_items_feed(&b.items, str_of(cases[i].lines));
        batch_items_file_end(&b.items);
        batch_items_rest(&b.items, OUTCOME_PROTOCOL, 0, "x", "none");
        batch_items_last(&b.items, &batch_figures_none);
        tell_records(&b, told, sizeof(told));
        assert_string_equal(told, cases[i].want);
        assert_int_equal(b.items.repeated, cases[i].repeated);
        assert_int_equal(b.items.strangers, cases[i].strangers);
        assert_int_equal(b.items.damaged, cases[i].damaged);
        assert_int_equal(b.items.missing, cases[i].missing);
        close_bench(&b);
    }
}

TEST(a_file_that_is_fetched_again_goes_on_where_it_broke_off)
{
    size_t n;
    char *text = test_file("wire/batch/output.jsonl", &n);

    for (size_t broken = 0; broken < n; broken += 11) {
        struct bench b;
        char told[400];

        open_bench(&b, 2);
        batch_items_feed(&b.items, (struct str){ text, broken });
        batch_items_again(&b.items);
        batch_items_feed(&b.items, (struct str){ text, n / 3 });
        batch_items_feed(&b.items, (struct str){ text + n / 3, n - n / 3 });
        batch_items_file_end(&b.items);
        batch_items_last(&b.items, &batch_figures_none);
        tell_records(&b, told, sizeof(told));
        assert_string_equal(told, "1 ok 200 76t 103500n$ ;0 ok 200 30t 1033000n$ ;");
        assert_int_equal(b.items.repeated + b.items.damaged, 0);
        close_bench(&b);
    }
    free(text);
}

TEST(a_line_of_100_mb_is_passed_over_in_bounded_memory_and_its_request_is_told)
{
    static char filler[1 << 16];
    struct bench b;
    char told[400];

    memset(filler, 'x', sizeof(filler));
    open_bench(&b, 2);
    batch_items_feed(&b.items, str_of("{\"custom_id\":\"q-0\",\"padding\":\""));
    for (size_t i = 0; i < (100 << 20) / sizeof(filler); i++)
        batch_items_feed(&b.items, (struct str){ filler, sizeof(filler) });
    assert_true(b.items.line.cap <= 2 * BATCH_MAX_LINE);
    batch_items_feed(&b.items,
                     str_of("\"}\n{\"custom_id\":\"q-1\",\"error\":{\"code\":\"z\"}}\n"));
    batch_items_file_end(&b.items);
    batch_items_last(&b.items, &batch_figures_none);
    tell_records(&b, told, sizeof(told));
    assert_string_equal(told, "0 protocol 0 -1t -1n$ ;1 server 0 -1t -1n$ z;");
    assert_int_equal(b.items.damaged, 1);
    close_bench(&b);
}

/* --- what they came to --------------------------------------------------------------- */

static void add_event(struct batches *s, enum batch_step step, uint64_t batch,
                      enum batch_state state, bool left)
{
    static const char *const ids[] = { "batch_a", "batch_b", "batch_c" };
    struct batch_event e;

    batch_event_init(&e);
    e.step = step;
    e.batch = batch;
    e.call = step == BATCH_UPLOAD ? 0 : 1;
    e.try_no = 1;
    e.state = state;
    e.id = step == BATCH_UPLOAD ? "" : ids[batch];
    e.left = left;
    batches_add(s, &e);
}

TEST(a_batch_that_nobody_saw_end_is_named)
{
    struct batches s = { 0 };

    for (uint64_t i = 0; i < 3; i++) {
        add_event(&s, BATCH_UPLOAD, i, BATCH_NONE, false);
        add_event(&s, BATCH_CREATE, i, BATCH_VALIDATING, false);
    }
    assert_int_equal(s.begun, 3);
    assert_int_equal(s.n_open, 3);
    add_event(&s, BATCH_OVER, 0, BATCH_COMPLETED, false);
    add_event(&s, BATCH_OVER, 2, BATCH_IN_PROGRESS, true);
    assert_int_equal(s.n_open, 2);
    assert_int_equal(batches_over(&s), 2);
    assert_true(!strcmp(s.open[0].id, "batch_c") || !strcmp(s.open[1].id, "batch_c"));
    assert_true(!strcmp(s.open[0].id, "batch_b") || !strcmp(s.open[1].id, "batch_b"));
}

TEST(a_batch_costs_half_and_nothing_less_for_what_was_cached)
{
    struct model m = { .input_nusd = 1000000000,
                       .cached_nusd = 500000000,
                       .output_nusd = 4000000000 };

    assert_int_equal(catalogue_batch_cost(&m, 1000, 100),
                     catalogue_cost(&m, 1000, 0, 100) / 2);
    assert_int_equal(catalogue_batch_cost(&m, -1, 100), -1);
    m.output_nusd = -1;
    assert_int_equal(catalogue_batch_cost(&m, 1000, 100), -1);
}
