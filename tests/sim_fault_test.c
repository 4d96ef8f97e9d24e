#include "sim/fault.h"

#include <stdio.h>

#include <zlib.h>

#include "sim_play.h"
#include "test.h"

#define BODY                                                                               \
    "{\"model\":\"openai/gpt-oss-20b\",\"max_completion_tokens\":60,\"messages\":[{"       \
    "\"role\":\"user\",\"content\":\"Hi\"}]"

static void with_fault(struct played *p, const char *fault, const char *more)
{
    char headers[128];
    char body[1024];
    struct sim sim;

    snprintf(headers, sizeof(headers), "x-tokdyno-id: 1.1\r\nx-sim-fault: %s\r\n", fault);
    snprintf(body, sizeof(body), "%s%s}", BODY, more);
    sim_open(&sim, "--quiet");
    sim_chat(&sim, p, headers, body);
    sim_close(&sim);
}

TEST(sim_faults_are_chosen_by_name_and_argument)
{
    static const struct {
        const char *text;
        const char *name; /* NULL: refused */
        int64_t arg;
    } cases[] = {
        { "none", "none", 0 },    { "stall:500", "stall", 500 },
        { "split", "split", 1 },  { "split:7", "split", 7 },
        { "429:9", "429", 9 },    { "502", "502", 0 },
        { "nothing", NULL, 0 },   { "", NULL, 0 },
        { "split:", NULL, 0 },    { "split:x", NULL, 0 },
        { "bom:1", NULL, 0 },     { "stall:-1", NULL, 0 },
        { "stall:1e9", NULL, 0 }, { "stal", NULL, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fault_choice c;
        struct err err = { 0 };
        int rc = fault_parse(str_of(cases[i].text), &c, &err);

        assert_int_equal(rc, cases[i].name ? 0 : -1);
        if (rc) {
            assert_true(err.msg[0]);
            continue;
        }
        assert_string_equal(c.fault->name, cases[i].name);
        assert_int_equal(c.arg, cases[i].arg);
    }
}

TEST(sim_faults_hit_the_share_they_are_given)
{
    static const struct {
        const char *text;
        int from, to; /* of 1000 requests */
    } cases[] = {
        { "503=0.1", 70, 130 }, { "503=10%", 70, 130 },  { "503=1/10", 100, 100 },
        { "503=0", 0, 0 },      { "503=1", 1000, 1000 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fault_share s;
        struct err err;
        int hits = 0;

        assert_int_equal(fault_share_parse(str_of(cases[i].text), &s, &err), 0);
        for (uint64_t n = 1; n <= 1000; n++)
            hits += fault_draw(&s, 1, n, 3, n).fault->refusal == REFUSAL_OVERLOADED;
        assert_in_range(hits, cases[i].from, cases[i].to);
    }
}

TEST(sim_fault_shares_that_are_wrong_are_refused)
{
    static const char *const cases[] = { "503",     "503=",     "503=2",    "503=-1",
                                         "503=1/0", "503=1/x",  "503=x",    "no=0.1",
                                         "=0.1",    "503=101%", "503=0.1x", "503=nan" };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fault_share s;
        struct err err = { 0 };

        assert_int_equal(fault_share_parse(str_of(cases[i]), &s, &err), -1);
        assert_true(err.msg[0]);
    }
}

/* Whatever the fault: the script ends, or says that it never will, and leaks nothing. */
TEST(sim_every_fault_can_be_played_streamed_and_not)
{
    for (size_t i = 0; i < n_faults; i++) {
        struct played p;

        with_fault(&p, faults[i].name, ",\"stream\":true");
        assert_string_equal(p.x->fault.fault->name, faults[i].name);
        played_free(&p);
        with_fault(&p, faults[i].name, "");
        played_free(&p);
    }
}

/* Ways to say the same: a client has to understand each of them. */
TEST(sim_habits_change_the_bytes_but_not_the_answer)
{
    static const char *const names[] = {
        "crlf",          "cr",          "mixed-eol",     "no-space",
        "data-lines",    "fields",      "id-nul",        "bom",
        "comment-first", "comments",    "split",         "split:7",
        "chunks",        "chunks:100",  "group",         "group:3",
        "no-done",       "no-blank",    "empty-deltas",  "empty-choices",
        "no-choices",    "usage-null",  "usage-x-groq",  "usage-top",
        "unknown-keys",  "exponents",   "floats",        "long-string",
        "created",       "fingerprint", "trailing",      "until-close",
        "early-hints",   "drip",        "slow-headers",  "title-case",
        "no-last-chunk", "stall:5",     "stall-first:5", "stall-role:5",
        "stall-head:5",
    };
    struct played good;

    with_fault(&good, "none", ",\"stream\":true");
    for (size_t i = 0; i < COUNT(names); i++) {
        struct played p;

        with_fault(&p, names[i], ",\"stream\":true");
        assert_int_equal(p.status, 200);
        assert_string_equal(p.content.p ? p.content.p : "",
                            good.content.p ? good.content.p : "");
        assert_string_equal(p.reasoning.p, good.reasoning.p);
        assert_string_equal(p.finish, good.finish);
        assert_int_equal(p.errors, 0);
        assert_non_null(p.usage);
        assert_true(json_number_value(json_object_get(p.usage, "completion_tokens")) == 60);
        if (strcmp(names[i], "early-hints") && strcmp(names[i], "slow-headers") &&
            strncmp(names[i], "stall", 5) && strncmp(names[i], "split", 5) &&
            strcmp(names[i], "drip"))
            assert_true(p.wire.len != good.wire.len ||
                        memcmp(p.wire.p, good.wire.p, p.wire.len) != 0);
        played_free(&p);
    }
    played_free(&good);
}

TEST(sim_breaks_end_where_they_say)
{
    static const struct {
        const char *name;
        int status;
        enum then then;
        bool whole; /* the body ended properly */
        bool done;
        bool finish;
        size_t errors;
    } cases[] = {
        { "never", 0, THEN_MORE, false, false, false, 0 },
        { "stall:0", 200, THEN_MORE, false, false, false, 0 },
        { "reset-head", 0, THEN_RESET, false, false, false, 0 },
        { "close-head", 0, THEN_CLOSE, false, false, false, 0 },
        { "cut-head", 200, THEN_CLOSE, false, false, false, 0 },
        { "garbage", 0, THEN_CLOSE, false, false, false, 0 },
        { "endless-header", 0, THEN_MORE, false, false, false, 0 },
        { "endless-line", 200, THEN_MORE, false, false, false, 0 },
        { "reset", 200, THEN_RESET, false, false, false, 0 },
        { "truncated", 200, THEN_CLOSE, false, false, false, 0 },
        { "truncated:0", 200, THEN_CLOSE, false, false, false, 0 },
        { "bad-chunk", 200, THEN_CLOSE, false, false, false, 0 },
        { "short-body", 200, THEN_CLOSE, false, true, true, 0 },
        { "no-last-chunk", 200, THEN_CLOSE, false, true, true, 0 },
        { "until-close", 200, THEN_CLOSE, false, true, true, 0 },
        { "no-done", 200, THEN_DONE, true, false, true, 0 },
        { "no-finish", 200, THEN_DONE, true, false, false, 0 },
        { "error-first", 200, THEN_DONE, true, false, false, 1 },
        { "error", 200, THEN_DONE, true, false, false, 1 },
        { "error-last", 200, THEN_DONE, true, false, true, 1 },
        { "error-bare", 200, THEN_DONE, true, false, false, 1 },
        { "error-bare-first", 200, THEN_DONE, true, false, false, 1 },
        { "error-string", 200, THEN_DONE, true, false, false, 1 },
        { "error-x-groq", 200, THEN_DONE, true, false, false, 1 },
        { "error-server", 200, THEN_DONE, true, false, false, 1 },
        { "error-overloaded", 200, THEN_DONE, true, false, false, 1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct played p;

        with_fault(&p, cases[i].name, ",\"stream\":true");
        if (cases[i].status && strcmp(cases[i].name, "cut-head") != 0)
            assert_int_equal(p.status, cases[i].status);
        assert_int_equal(p.then, cases[i].then);
        assert_int_equal(p.whole, cases[i].whole);
        assert_int_equal(p.done, cases[i].done);
        assert_int_equal(p.finish[0] != '\0', cases[i].finish);
        assert_int_equal(p.errors, cases[i].errors);
        if (!strncmp(cases[i].name, "error", 5))
            assert_int_equal(strstr(p.body.p, "event: error\n") != NULL,
                             !strstr(cases[i].name, "-bare") &&
                                 strcmp(cases[i].name, "error-string") != 0 &&
                                 strcmp(cases[i].name, "error-x-groq") != 0);
        played_free(&p);
    }
}

TEST(sim_refusals_by_fault_have_their_status_and_body)
{
    static const struct {
        const char *name;
        int status;
        const char *type;
        const char *code;
        const char *content;
    } cases[] = {
        { "401", 401, "invalid_request_error", "invalid_api_key", "application/json" },
        { "403", 403, "permissions_error", "model_permission_blocked_project",
          "application/json" },
        { "403-1010", 403, "", "", "text/plain; charset=UTF-8" },
        { "403-html", 403, "", "", "text/html; charset=UTF-8" },
        { "404", 404, "invalid_request_error", "model_not_found", "application/json" },
        { "413", 413, "invalid_request_error", "request_too_large", "application/json" },
        { "422", 422, "invalid_request_error", "", "application/json" },
        { "424", 424, "failed_dependency", "", "application/json" },
        { "429", 429, "requests", "rate_limit_exceeded", "application/json" },
        { "498", 498, "capacity_exceeded", "capacity_exceeded", "application/json" },
        { "500", 500, "internal_server_error", "", "application/json" },
        { "500-empty", 500, "", "", "text/plain; charset=UTF-8" },
        { "502", 502, "", "", "text/html; charset=UTF-8" },
        { "503", 503, "internal_server_error", "", "application/json" },
        { "503-text", 503, "", "", "text/plain; charset=UTF-8" },
        { "504", 504, "", "", "text/html; charset=UTF-8" },
        { "522", 522, "", "", "text/html; charset=UTF-8" },
        { "json-failed", 400, "invalid_request_error", "json_validate_failed",
          "application/json" },
        { "tool-failed", 400, "invalid_request_error", "tool_use_failed",
          "application/json" },
        { "parse-failed", 400, "invalid_request_error", "output_parse_failed",
          "application/json" },
        { "context", 400, "invalid_request_error", "context_length_exceeded",
          "application/json" },
        { "decommissioned", 400, "invalid_request_error", "model_decommissioned",
          "application/json" },
        { "terms", 400, "invalid_request_error", "model_terms_required",
          "application/json" },
        { "blocked", 400, "invalid_request_error", "blocked_api_access",
          "application/json" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct played p;
        bool edge;

        with_fault(&p, cases[i].name, ",\"stream\":true");
        edge = p.status != 500 && strcmp(cases[i].content, "application/json") != 0;
        assert_int_equal(p.status, cases[i].status);
        assert_string_equal(played_header(&p, "content-type"), cases[i].content);
        assert_string_equal(played_error(&p, "type"), cases[i].type);
        assert_string_equal(played_error(&p, "code"), cases[i].code);
        assert_string_equal(played_header(&p, "x-request-id"), edge ? "" : p.x->request_id);
        assert_int_equal(p.n_frames, 0);
        assert_true(p.whole);
        played_free(&p);
    }
}

TEST(sim_429_by_fault_says_how_long_to_wait)
{
    struct played p;

    with_fault(&p, "429:7", "");
    assert_string_equal(played_header(&p, "retry-after"), "7");
    assert_non_null(strstr(played_error(&p, "message"),
                           "(RPM): Limit 30, Used 30, "
                           "Requested 1. Please try again in 7s."));
    played_free(&p);
}

/* Generated, then found wrong: it took the time and the tokens. */
TEST(sim_failed_generations_take_their_time)
{
    struct played p;

    with_fault(&p, "json-failed", "");
    assert_true(p.x->end - p.x->received >= p.x->timing.decode);
    assert_true(p.x->timing.decode > 0);
    assert_true(*played_error(&p, "failed_generation"));
    played_free(&p);
}

TEST(sim_stalls_move_all_that_follows)
{
    struct played good;
    struct played p;

    with_fault(&good, "none", ",\"stream\":true");
    with_fault(&p, "stall:500", ",\"stream\":true");
    assert_int_equal(p.n_frames, good.n_frames);
    assert_int_equal(p.frames[1].planned, good.frames[1].planned);
    assert_int_equal(p.frames[p.n_frames - 1].planned,
                     good.frames[good.n_frames - 1].planned + 500 * NS_PER_MS);
    played_free(&p);
    played_free(&good);
}

TEST(sim_texts_with_surrogates_and_nul_are_sent_as_escapes)
{
    struct played p;

    with_fault(&p, "surrogates", ",\"stream\":true");
    assert_non_null(strstr(p.body.p, "\\ud83d "));
    assert_true(p.done);
    played_free(&p);
    with_fault(&p, "nul", ",\"stream\":true");
    assert_non_null(strstr(p.body.p, "\\u0000"));
    played_free(&p);
    with_fault(&p, "long-string", ",\"stream\":true");
    assert_true(p.body.len > 100 * 1024);
    played_free(&p);
}

TEST(sim_gzip_bodies_unpack_to_the_stream)
{
    struct played good;
    struct played p;
    z_stream z = { 0 };
    char *out = test_malloc(1 << 20);

    with_fault(&good, "none", ",\"stream\":true");
    with_fault(&p, "gzip", ",\"stream\":true");
    assert_string_equal(played_header(&p, "content-encoding"), "gzip");
    assert_int_equal(inflateInit2(&z, 16 + MAX_WBITS), Z_OK);
    z.next_in = (Bytef *)p.body.p;
    z.avail_in = (uInt)p.body.len;
    z.next_out = (Bytef *)out;
    z.avail_out = 1 << 20;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, good.body.len);
    assert_memory_equal(out, good.body.p, good.body.len);
    inflateEnd(&z);
    test_free(out);
    played_free(&p);
    played_free(&good);
}

TEST(sim_json_instead_of_a_stream_holds_the_answer)
{
    struct played good;
    struct played p;

    with_fault(&good, "none", ",\"stream\":true");
    with_fault(&p, "json", ",\"stream\":true");
    assert_string_equal(played_header(&p, "content-type"), "application/json");
    assert_string_equal(p.reasoning.p, good.reasoning.p);
    played_free(&p);
    played_free(&good);
}

TEST(sim_usage_can_be_in_one_place_or_none)
{
    static const struct {
        const char *name;
        const char *there; /* NULL: no usage anywhere */
        const char *absent;
    } cases[] = {
        { "usage-x-groq", "\"x_groq\":{\"id\":\"", "]},\"usage\"" },
        { "usage-top", "},\"usage\":{", ",\"usage\":{\"queue_time\":0.1}}" },
        { "usage-extra", "\"choices\":[],\"usage\":{", "stop\"}],\"x_groq\":{\"usage\"" },
        { "usage-none", NULL, "\"usage\"" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct played p;

        with_fault(&p, cases[i].name, ",\"stream\":true");
        assert_int_equal(p.usage != NULL, cases[i].there != NULL);
        if (cases[i].there)
            assert_non_null(strstr(p.body.p, cases[i].there));
        assert_null(strstr(p.body.p, cases[i].absent));
        played_free(&p);
    }
}

TEST(sim_tool_calls_can_come_in_fragments)
{
    static const char tools[] =
        ",\"stream\":true,\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","
        "\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}"
        ","
        "\"country\":{\"type\":\"string\"}}}}}],\"reasoning_effort\":\"low\"";
    struct played good;
    struct played p;

    with_fault(&good, "none", tools);
    with_fault(&p, "tool-fragments", tools);
    assert_string_equal(p.tool.p, good.tool.p);
    assert_true(p.n_frames > good.n_frames + 2);
    played_free(&p);
    played_free(&good);
}

TEST(sim_faults_that_nobody_knows_are_refused)
{
    struct played p;

    with_fault(&p, "gremlins", "");
    assert_int_equal(p.status, 400);
    assert_non_null(strstr(played_error(&p, "message"), "gremlins"));
    played_free(&p);
}
