#include <stdio.h>
#include <stdlib.h>

#include "data/trace_id.h"
#include "otlp_sink.h"
#include "runs.h"
#include "test.h"

static const struct export_setting nested[] = { { "traces", "nested" } };
static const struct export_setting attempts[] = { { "spans", "attempt" } };
static const struct export_setting requests[] = { { "spans", "request" } };
static const struct export_setting tenth[] = { { "sample", "10%" } };
static const struct export_setting none[] = { { "sample", "0" } };

/* A streamed answer over a new connection: all moments differ. */
static struct record whole(const struct run *run, uint64_t k)
{
    static const uint32_t gaps[] = { 5000, 250000, 3000 };
    struct record r = runs_record(run, 0, k, 100 * NS_PER_MS, "dal");
    ns_t at = r.at[MOMENT_DUE];

    r.at[MOMENT_READY] = at + 1 * NS_PER_MS;
    r.at[MOMENT_START] = at + 2 * NS_PER_MS;
    r.at[MOMENT_CONNECTED] = at + 12 * NS_PER_MS;
    r.at[MOMENT_SENT] = at + 13 * NS_PER_MS;
    r.at[MOMENT_HEAD] = at + 50 * NS_PER_MS;
    r.at[MOMENT_ROLE] = at + 60 * NS_PER_MS;
    r.at[MOMENT_FIRST] = at + 100 * NS_PER_MS;
    r.at[MOMENT_ANSWER] = at + 105 * NS_PER_MS;
    r.at[MOMENT_LAST] = at + 358 * NS_PER_MS;
    r.at[MOMENT_END] = at + 360 * NS_PER_MS;
    r.dns = 2 * NS_PER_MS;
    r.tcp = 3 * NS_PER_MS;
    r.tls = 90 * NS_PER_MS; /* as libcurl might say: more than there was time for */
    r.http_status = 200;
    r.http_version = 11;
    r.gaps = gaps;
    r.n_gaps = COUNT(gaps);
    r.stall = 250 * NS_PER_MS;
    r.frames = 4;
    r.tokens.prompt = 300;
    r.tokens.completion = 4;
    r.tokens.cached = 0;
    r.request_id = "req_1";
    r.finish = "stop";
    return r;
}

static struct record failed(const struct run *run, uint64_t k)
{
    struct record r = runs_record(run, 0, k, 10 * NS_PER_MS, NULL);

    r.outcome = OUTCOME_RATE_LIMITED;
    r.at[MOMENT_FIRST] = NS_ABSENT;
    r.http_status = 429;
    r.error_code = "rate_limit_exceeded";
    r.error = "slow down";
    return r;
}

static void feed(struct otlp_sink *s, const struct record *r)
{
    s->sink.record(s->sink.ctx, r);
}

static void end(struct otlp_sink *s)
{
    struct run_end e = { .at = 200 * NS_PER_S, .detail = "" };

    s->sink.end(s->sink.ctx, &e);
    otlp_sink_close(s, NULL);
}

static const char *value(const Otlp__Span *s, const char *key)
{
    return otlp_value(s->attributes, s->n_attributes, key);
}

static bool same(ProtobufCBinaryData a, ProtobufCBinaryData b)
{
    return a.len == b.len && a.len && !memcmp(a.data, b.data, a.len);
}

static Otlp__Span *parent_of(const struct otlp_sink *s, const Otlp__Span *child)
{
    for (size_t i = 0; i < s->n_spans; i++)
        if (same(s->spans[i]->span_id, child->parent_span_id))
            return s->spans[i];
    return NULL;
}

/* All that holds for every span, whatever it is about. */
static void check_all(const struct otlp_sink *s)
{
    for (size_t i = 0; i < s->n_spans; i++) {
        const Otlp__Span *c = s->spans[i];
        const Otlp__Span *p;

        assert_int_equal(c->trace_id.len, 16);
        assert_int_equal(c->span_id.len, 8);
        assert_true(*c->name);
        assert_true(c->kind != OTLP__SPAN_KIND__SPAN_KIND_UNSPECIFIED);
        assert_true(c->end_time_unix_nano >= c->start_time_unix_nano);
        assert_int_equal(c->flags, 0x101);
        for (size_t k = 0; k < i; k++)
            assert_false(same(c->span_id, s->spans[k]->span_id));
        for (size_t k = 0; k < c->n_attributes; k++)
            for (size_t m = 0; m < k; m++)
                assert_string_not_equal(c->attributes[k]->key, c->attributes[m]->key);
        if (!c->parent_span_id.len)
            continue;
        p = parent_of(s, c);
        assert_non_null(p);
        assert_true(same(p->trace_id, c->trace_id));
        assert_true(p->start_time_unix_nano <= c->start_time_unix_nano);
        assert_true(p->end_time_unix_nano >= c->end_time_unix_nano);
    }
}

static void open(struct otlp_sink *s, struct run *run, const struct export_setting *set,
                 size_t n)
{
    runs_make(run, 1, 1, false, "");
    otlp_sink_open(s, run, set, n, otlp_sink_none);
    runs_phase(&s->sink, 0, 1, true);
}

static void close(struct otlp_sink *s, struct run *run)
{
    otlp_sink_free(s);
    run_free(run);
}

TEST(a_request_is_a_tree_of_spans_each_inside_its_parent)
{
    static const struct {
        const char *name;
        const char *parent;
        int from_ms; /* since due */
        int to_ms;
    } rows[] = {
        { "tokdyno.phase steady", "tokdyno.run test", -10, 50000 },
        { "tokdyno.held", "tokdyno.phase steady", 0, 2 },
        { "chat m0", "tokdyno.phase steady", 2, 360 },
        { "POST", "chat m0", 2, 360 },
        { "HTTP connection_setup ", "POST", 2, 12 },
        { "DNS lookup ", "HTTP connection_setup ", 2, 4 },
        { "socket connect ", "HTTP connection_setup ", 4, 7 },
        { "TLS client handshake ", "HTTP connection_setup ", 7, 12 },
        { "tokdyno.send", "POST", 12, 13 },
        { "tokdyno.wait", "POST", 13, 50 },
        { "tokdyno.prefill", "POST", 13, 100 },
        { "tokdyno.generation", "POST", 100, 358 },
        { "tokdyno.receive", "POST", 50, 360 },
    };
    struct otlp_sink s;
    struct run run;
    struct record r;

    open(&s, &run, nested, 1);
    r = whole(&run, 10);
    feed(&s, &r);
    runs_phase(&s.sink, 0, 1, false);
    end(&s);
    check_all(&s);
    assert_int_equal(s.n_spans, COUNT(rows) + 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char name[100];
        Otlp__Span *c = NULL;

        for (size_t k = 0; k < s.n_spans; k++) {
            size_t n = strlen(rows[i].name);

            snprintf(name, sizeof(name), "%s", s.spans[k]->name);
            if (!strncmp(name, rows[i].name, n))
                c = s.spans[k];
        }
        assert_non_null(c);
        assert_int_equal(
            strncmp(parent_of(&s, c)->name, rows[i].parent, strlen(rows[i].parent)), 0);
        assert_int_equal((ns_t)c->start_time_unix_nano - run.t0_real,
                         r.at[MOMENT_DUE] + rows[i].from_ms * NS_PER_MS);
        if (rows[i].to_ms < 1000)
            assert_int_equal((ns_t)c->end_time_unix_nano - run.t0_real,
                             r.at[MOMENT_DUE] + rows[i].to_ms * NS_PER_MS);
    }
    close(&s, &run);
}

TEST(a_request_tells_what_happened_when)
{
    static const struct {
        const char *name;
        ns_t at; /* since due */
    } rows[] = {
        { "tokdyno.role", 60 * NS_PER_MS },
        { "tokdyno.first_token", 100 * NS_PER_MS },
        { "tokdyno.first_answer", 105 * NS_PER_MS },
        { "tokdyno.stall", 355 * NS_PER_MS },
        { "tokdyno.finish", 358 * NS_PER_MS },
    };
    struct otlp_sink s;
    struct run run;
    struct record r;
    Otlp__Span *chat;

    open(&s, &run, NULL, 0);
    r = whole(&run, 10);
    feed(&s, &r);
    end(&s);
    chat = otlp_sink_span(&s, "chat m0", 0);
    assert_int_equal(chat->n_events, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(chat->events[i]->name, rows[i].name);
        assert_int_equal((ns_t)chat->events[i]->time_unix_nano - run.t0_real,
                         r.at[MOMENT_DUE] + rows[i].at);
    }
    assert_string_equal(value(chat, "gen_ai.operation.name"), "chat");
    assert_string_equal(value(chat, "gen_ai.request.model"), "m0");
    assert_string_equal(value(chat, "gen_ai.usage.input_tokens"), "300");
    assert_string_equal(value(chat, "gen_ai.usage.cache_read.input_tokens"), "0");
    assert_string_equal(value(chat, "gen_ai.usage.reasoning.output_tokens"), "");
    assert_string_equal(value(chat, "gen_ai.response.finish_reasons"), "stop");
    assert_string_equal(value(chat, "groq.response.region"), "dal");
    assert_string_equal(value(chat, "groq.response.request_id"), "req_1");
    assert_string_equal(value(chat, "error.type"), "");
    assert_true(otlp_real(chat->attributes, chat->n_attributes,
                          "gen_ai.response.time_to_first_chunk") == 0.098);
    assert_null(chat->status);
    close(&s, &run);
}

TEST(linked_requests_are_traces_of_their_own_that_name_the_run)
{
    struct otlp_sink s;
    struct run run;
    Otlp__Span *a, *b, *whole_run;

    open(&s, &run, (const struct export_setting[]){ { "traces", "linked" } }, 1);
    for (uint64_t k = 0; k < 2; k++) {
        struct record r = whole(&run, k);

        feed(&s, &r);
    }
    end(&s);
    check_all(&s);
    a = otlp_sink_span(&s, "chat m0", 0);
    b = otlp_sink_span(&s, "chat m0", 1);
    whole_run = otlp_sink_span(&s, "tokdyno.run test", 0);
    assert_int_equal(a->parent_span_id.len, 0);
    assert_false(same(a->trace_id, b->trace_id));
    assert_int_equal(a->n_links, 1);
    assert_true(same(a->links[0]->span_id, whole_run->span_id));
    assert_true(same(a->links[0]->trace_id, whole_run->trace_id));
    assert_int_equal(otlp_sink_count(&s, "tokdyno.held"), 0);
    close(&s, &run);
}

TEST(the_span_of_an_attempt_is_the_one_that_its_traceparent_named)
{
    char text[TRACEPARENT_SIZE];
    struct otlp_sink s;
    struct run run;
    struct record r;
    Otlp__Span *post;
    char hex[40], *p = hex;

    open(&s, &run, (const struct export_setting[]){ { "traces", "linked" } }, 1);
    r = whole(&run, 3);
    feed(&s, &r);
    end(&s);
    post = otlp_sink_span(&s, "POST", 0);
    traceparent(run.id, r.req, 1, text);
    for (size_t i = 0; i < 16; i++)
        p += sprintf(p, "%02x", post->trace_id.data[i]);
    assert_memory_equal(text + 3, hex, 32);
    p = hex;
    for (size_t i = 0; i < 8; i++)
        p += sprintf(p, "%02x", post->span_id.data[i]);
    assert_memory_equal(text + 36, hex, 16);
    close(&s, &run);
}

TEST(attempts_of_a_request_lie_in_it_with_the_wait_between_them)
{
    struct otlp_sink s;
    struct run run;
    struct record first, second;
    Otlp__Span *chat, *a, *b, *wait;

    open(&s, &run, NULL, 0);
    first = failed(&run, 4);
    first.final = false;
    second = whole(&run, 4);
    for (int i = MOMENT_READY; i < N_MOMENTS; i++)
        second.at[i] += NS_PER_S;
    second.try_no = 2;
    feed(&s, &first);
    feed(&s, &second);
    end(&s);
    check_all(&s);
    chat = otlp_sink_span(&s, "chat m0", 0);
    a = otlp_sink_span(&s, "POST", 0);
    b = otlp_sink_span(&s, "POST", 1);
    wait = otlp_sink_span(&s, "tokdyno.retry_wait", 0);
    assert_int_equal(otlp_sink_count(&s, "chat m0"), 1);
    assert_int_equal(chat->start_time_unix_nano, a->start_time_unix_nano);
    assert_int_equal(chat->end_time_unix_nano, b->end_time_unix_nano);
    assert_int_equal(wait->start_time_unix_nano, a->end_time_unix_nano);
    assert_int_equal(wait->end_time_unix_nano, b->start_time_unix_nano);
    assert_string_equal(value(a, "http.request.resend_count"), "");
    assert_string_equal(value(b, "http.request.resend_count"), "1");
    assert_string_equal(value(a, "error.type"), "429");
    assert_int_equal(a->status->code, OTLP__STATUS_CODE__STATUS_CODE_ERROR);
    assert_string_equal(a->status->message, "slow down");
    assert_string_equal(value(chat, "error.type"), "");
    assert_null(chat->status);
    assert_string_equal(value(chat, "tokdyno.request.attempts"), "2");
    close(&s, &run);
}

TEST(failures_are_named_in_the_words_of_the_conventions)
{
    static const struct {
        enum outcome outcome;
        int status;
        const char *code;
        const char *request; /* error.type of the request, and of the attempt */
        const char *attempt;
    } rows[] = {
        { OUTCOME_RATE_LIMITED, 429, "rate_limit_exceeded", "rate_limit_exceeded", "429" },
        { OUTCOME_OVERLOADED, 503, "", "503", "503" },
        { OUTCOME_BAD_REQUEST, 404, "Not An Id!", "404", "404" },
        { OUTCOME_PARTIAL, 200, "", "response_ended", "response_ended" },
        { OUTCOME_PARTIAL, 200, "stream_broke", "stream_broke", "response_ended" },
        { OUTCOME_PROTOCOL, 200, "", "invalid_response", "" },
        { OUTCOME_TIMEOUT_IDLE, 200, "", "timeout", "timeout" },
        { OUTCOME_TRANSPORT, 0, "curl_6", "name_resolution_error",
          "name_resolution_error" },
        { OUTCOME_TRANSPORT, 0, "curl_7", "connection_error", "connection_error" },
        { OUTCOME_TRANSPORT, 0, "curl_60", "secure_connection_error",
          "secure_connection_error" },
        { OUTCOME_TRANSPORT, 0, "curl_52", "response_ended", "response_ended" },
        { OUTCOME_TRANSPORT, 0, "no_socket", "connection_error", "connection_error" },
        { OUTCOME_CUT, 200, "", "", "" },
        { OUTCOME_EMPTY, 200, "", "", "" },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct otlp_sink s;
        struct run run;
        struct record r;
        bool error = *rows[i].request;

        open(&s, &run, NULL, 0);
        r = whole(&run, 1);
        r.outcome = rows[i].outcome;
        r.http_status = rows[i].status;
        r.error_code = rows[i].code;
        feed(&s, &r);
        end(&s);
        assert_string_equal(value(otlp_sink_span(&s, "chat m0", 0), "error.type"),
                            rows[i].request);
        assert_string_equal(value(otlp_sink_span(&s, "POST", 0), "error.type"),
                            rows[i].attempt);
        assert_int_equal(otlp_sink_span(&s, "chat m0", 0)->status != NULL, error);
        close(&s, &run);
    }
}

TEST(fewer_spans_keep_the_durations_on_the_request)
{
    static const struct {
        const struct export_setting *set;
        size_t spans;
    } rows[] = { { requests, 3 }, { attempts, 4 } };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct otlp_sink s;
        struct run run;
        struct record r;
        Otlp__Span *chat;

        open(&s, &run, rows[i].set, 1);
        r = whole(&run, 1);
        feed(&s, &r);
        end(&s);
        check_all(&s);
        assert_int_equal(s.n_spans, rows[i].spans);
        chat = otlp_sink_span(&s, "chat m0", 0);
        assert_true(otlp_real(chat->attributes, chat->n_attributes,
                              "tokdyno.time.prefill") == 0.087);
        assert_true(otlp_real(chat->attributes, chat->n_attributes, "tokdyno.time.dns") ==
                    0.002);
        close(&s, &run);
    }
}

TEST(of_many_requests_a_share_is_kept_and_always_failures_and_the_slowest)
{
    enum { N = 2000 };
    struct otlp_sink s;
    struct run run;
    size_t chats, errors = 0;
    bool slowest = false;

    open(&s, &run, tenth, 1);
    for (uint64_t k = 0; k < N; k++) {
        struct record r = k % 100 == 7 ? failed(&run, k) : whole(&run, k);

        if (k == 77)
            r.at[MOMENT_END] += 5 * NS_PER_S;
        feed(&s, &r);
    }
    end(&s);
    chats = otlp_sink_count(&s, "chat m0");
    assert_in_range(chats, N / 10 - 60, N / 10 + 80);
    for (size_t i = 0; i < chats; i++) {
        Otlp__Span *c = otlp_sink_span(&s, "chat m0", i);

        errors += c->status != NULL;
        slowest |= !strcmp(value(c, "tokdyno.request"), "10000000077");
    }
    assert_int_equal(errors, N / 100);
    assert_true(slowest);
    check_all(&s);
    close(&s, &run);
}

TEST(without_a_share_only_failures_and_the_slowest_of_each_interval_are_kept)
{
    struct otlp_sink s;
    struct run run;

    open(&s, &run, none, 1);
    for (uint64_t k = 0; k < 25000; k += 10) {
        struct record r = whole(&run, k); /* over 25 s */

        feed(&s, &r);
    }
    end(&s);
    assert_in_range(otlp_sink_count(&s, "chat m0"), 48, 64);
    close(&s, &run);
}

TEST(requests_of_spans_are_small_and_nothing_is_lost_at_their_edges)
{
    struct otlp_sink s;
    struct run run;

    open(&s, &run, NULL, 0);
    for (uint64_t k = 0; k < 500; k++) {
        struct record r = whole(&run, k);

        feed(&s, &r);
    }
    end(&s);
    assert_int_equal(otlp_sink_count(&s, "chat m0"), 500);
    assert_true(s.n_traces > 10);
    for (size_t i = 0; i < s.n_traces; i++)
        assert_true(s.traces[i]->resource_spans[0]->scope_spans[0]->n_spans <= 512);
    close(&s, &run);
}

TEST(spans_with_long_texts_are_sent_in_requests_of_4_mib_at_most)
{
    static char text[5001];
    struct otlp_sink s;
    struct run run;

    memset(text, 'x', sizeof(text) - 1);
    open(&s, &run, NULL, 0);
    for (uint64_t k = 0; k < 2000; k++) {
        struct record r = failed(&run, k);

        r.error = r.request_id = r.region = r.edge = r.tier = r.finish = text;
        feed(&s, &r);
    }
    end(&s);
    assert_int_equal(otlp_sink_count(&s, "chat m0"), 2000);
    assert_true(s.largest <= 4 << 20);
    assert_int_equal(
        strlen(value(otlp_sink_span(&s, "POST", 0), "groq.response.request_id")), 1024);
    close(&s, &run);
}

TEST(a_run_that_did_not_end_is_exported_as_far_as_it_went)
{
    struct otlp_sink s;
    struct run run;
    struct record r;
    Otlp__Span *whole_run;

    open(&s, &run, nested, 1);
    r = whole(&run, 1);
    feed(&s, &r);
    otlp_sink_close(&s, NULL);
    check_all(&s);
    whole_run = otlp_sink_span(&s, "tokdyno.run test", 0);
    assert_string_equal(value(whole_run, "test.suite.run.status"), "aborted");
    close(&s, &run);
}

TEST(options_of_otlp_that_make_no_sense_are_refused)
{
    static const struct export_setting rows[] = {
        { "spans", "all" }, { "traces", "flat" },   { "sample", "110%" },
        { "sample", "x" },  { "signals", "spans" }, { "signals", "traces+" }
    };
    struct run run;

    runs_make(&run, 1, 1, false, "");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct export_config config = {
            .run = &run, .env = otlp_sink_none, .settings = &rows[i], .n_settings = 1
        };
        struct export_out out = { 0 };
        struct err err;

        assert_null(export_otlp.open(&config, &out, &err));
        assert_int_equal(err.code, ERR_USAGE);
        assert_non_null(strstr(err.msg, rows[i].name));
    }
    run_free(&run);
}
