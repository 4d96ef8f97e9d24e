#include "api/headers.h"

#include "test.h"

static struct answer answer;

/* A fresh answer that has read one header line. */
static struct answer *with(const char *line)
{
    answer_free(&answer);
    answer_init(&answer);
    headers_line(&answer, str_of(line));
    return &answer;
}

static void done(void)
{
    answer_free(&answer);
}

TEST(headers_read_durations_as_go_writes_them)
{
    static const struct {
        const char *text;
        ns_t ns;
    } cases[] = {
        { "7.66s", 7660000000 },
        { "2m59.56s", 179560000000 },
        { "120ms", 120000000 },
        { "1h2m3s", 3723000000000 },
        { "172.799999ms", 172799999 },
        { "1m26.4s", 86400000000 },
        { "1h34m52.896s", 5692896000000 },
        { "23h59m59s", 86399000000000 },
        { "13.569999999s", 13569999999 },
        { "0s", 0 },
        { "1m0s", 60000000000 },
        { "850\xC2\xB5s", 850000 },
        { "850\xCE\xBCs", 850000 },
        { "850us", 850000 },
        { "17ns", 17 },
        { "1.9ns", 1 },
        { "1.5us", 1500 },
        { "1.5h", 5400000000000 },
        { "3s2m1h", 3723000000000 },
        { "1.s", 1000000000 },
        { "0.1234567899s", 123456789 },
        { "-1.5s", -1500000000 },
        { "9999999999999999999999h", INT64_MAX },
        { "99999999h99999999h", INT64_MAX },
        { "9223372036s999999999999ns", INT64_MAX },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        ns_t ns = -7;

        assert_true(headers_duration(str_of(cases[i].text), &ns));
        assert_int_equal(ns, cases[i].ns);
    }
}

TEST(headers_refuse_what_is_no_duration)
{
    static const char *const cases[] = { "",      "5",      "s",     "1x",  "1m2",
                                         "1..2s", "-",      "--1s",  "+1s", "1 s",
                                         " 1s",   "1s ",    ".5s",   "1d",  "1M",
                                         "1S",    "1\xC2s", "\xB5s", "1e3s" };

    for (size_t i = 0; i < COUNT(cases); i++) {
        ns_t ns;

        assert_false(headers_duration(str_of(cases[i]), &ns));
    }
}

TEST(headers_read_retry_after_as_seconds_or_duration)
{
    static const struct {
        const char *text;
        ns_t ns;
    } cases[] = {
        { "7", 7000000000 },       { "0", 0 },
        { "0.25", 250000000 },     { " 12 ", 12000000000 },
        { "1m30s", 90000000000 },  { "250ms", 250000000 },
        { "5693", 5693000000000 }, { "99999999999999999999", INT64_MAX },
    };
    static const char *const wrong[] = { "",    " ",    "-1",
                                         "-1s", "soon", "7 s",
                                         "7,",  "1e3",  "Wed, 21 Oct 2015 07:28:00 GMT" };
    ns_t ns;

    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(headers_retry_after(str_of(cases[i].text), &ns));
        assert_int_equal(ns, cases[i].ns);
    }
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(headers_retry_after(str_of(wrong[i]), &ns));
}

TEST(headers_tell_the_type_of_the_body)
{
    static const struct {
        const char *line;
        enum answer_type type;
    } cases[] = {
        { "Content-Type: text/event-stream", ANSWER_SSE },
        { "content-type:text/event-stream;charset=utf-8", ANSWER_SSE },
        { "CONTENT-TYPE: Text/Event-Stream ; charset=UTF-8", ANSWER_SSE },
        { "content-type: application/json", ANSWER_JSON },
        { "content-type: application/json; charset=utf-8", ANSWER_JSON },
        { "content-type: application/problem+json", ANSWER_JSON },
        { "content-type: text/html", ANSWER_OTHER },
        { "content-type: application/jsonl", ANSWER_OTHER },
        { "content-type: text/event-streams", ANSWER_OTHER },
        { "content-type:", ANSWER_OTHER },
        { "content-typ: application/json", ANSWER_UNKNOWN },
        { "content-type", ANSWER_UNKNOWN },
        { "HTTP/1.1 200 OK", ANSWER_UNKNOWN },
        { "", ANSWER_UNKNOWN },
        { ":", ANSWER_UNKNOWN },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(with(cases[i].line)->type, cases[i].type);
    done();
}

TEST(headers_hold_all_rate_limit_triples)
{
    static const char *const lines[] = {
        "x-ratelimit-limit-requests: 14400",
        "X-Ratelimit-Remaining-Requests: 14399",
        "x-ratelimit-reset-requests: 6s",
        "X-RATELIMIT-LIMIT-TOKENS: 6000",
        "x-ratelimit-remaining-tokens: 4838",
        "x-ratelimit-reset-tokens:11.62s",
        "x-ratelimit-limit-audio-seconds: 7200",
        "x-ratelimit-remaining-audio-seconds: 7198",
        "x-ratelimit-reset-audio-seconds: 1s \r",
        "x-ratelimit-limit-bananas: 1",
        "x-ratelimit-limit-: 1",
        "x-ratelimit-remaining-bananas: 1",
        "x-ratelimit-reset-bananas: 1s",
        "x-ratelimit-: 1",
        "x-ratelimit-over-requests: 1",
    };
    static const struct limit want[] = {
        [LIMIT_REQUESTS] = { 14400, 14399, 6 * NS_PER_S },
        [LIMIT_TOKENS] = { 6000, 4838, 11620 * NS_PER_MS },
        [LIMIT_AUDIO_SECONDS] = { 7200, 7198, NS_PER_S },
    };
    struct answer a;

    answer_init(&a);
    for (size_t i = 0; i < COUNT(lines); i++)
        headers_line(&a, str_of(lines[i]));
    for (size_t i = 0; i < N_LIMITS; i++) {
        assert_int_equal(a.limits[i].limit, want[i].limit);
        assert_int_equal(a.limits[i].remaining, want[i].remaining);
        assert_int_equal(a.limits[i].reset, want[i].reset);
    }
    answer_free(&a);
}

TEST(headers_understand_other_spellings_of_limits)
{
    assert_int_equal(
        with("x-ratelimit-limit-requests-day: 9")->limits[LIMIT_REQUESTS].limit, 9);
    assert_int_equal(with("x-ratelimit-limit-tokens-minute: 9")->limits[LIMIT_TOKENS].limit,
                     9);
    assert_int_equal(
        with("x-ratelimit-remaining-asph: 9")->limits[LIMIT_AUDIO_SECONDS].remaining, 9);
    assert_int_equal(with("x-ratelimit-reset-requests: 2.5")->limits[LIMIT_REQUESTS].reset,
                     2500 * NS_PER_MS);
    assert_int_equal(with("x-ratelimit-limit-tokens: 6000.0")->limits[LIMIT_TOKENS].limit,
                     6000);
    done();
}

TEST(headers_ignore_damaged_limits)
{
    static const char *const lines[] = {
        "x-ratelimit-limit-tokens: ",
        "x-ratelimit-limit-tokens: -5",
        "x-ratelimit-limit-tokens: many",
        "x-ratelimit-limit-tokens: 6000, 7",
        "x-ratelimit-limit-tokens: 6e3",
        "x-ratelimit-limit-tokens 6000",
        "x-ratelimit-reset-tokens: -1s",
        "x-ratelimit-reset-tokens: 1x",
        "x-ratelimit-remaining-tokens: ?",
        "x-ratelimit-limit-tokens\xC3\xA4: 6000",
        "x-ratelimit-limit-tokens: 9000000000000000000",
        "x-ratelimit-remaining-tokens: 99999999999999999999",
        "x-ratelimit-reset-tokens: 9000000000s",
    };

    for (size_t i = 0; i < COUNT(lines); i++) {
        const struct limit *l = &with(lines[i])->limits[LIMIT_TOKENS];

        assert_int_equal(l->limit, -1);
        assert_int_equal(l->remaining, -1);
        assert_int_equal(l->reset, NS_ABSENT);
    }
    done();
}

TEST(headers_take_the_longest_wait_that_is_announced)
{
    struct answer a;

    answer_init(&a);
    assert_int_equal(a.retry_after, NS_ABSENT);
    headers_line(&a, str_of("retry-after: Wed, 21 Oct 2015 07:28:00 GMT"));
    assert_int_equal(a.retry_after, NS_ABSENT);
    headers_line(&a, str_of("Retry-After-Ms: 1500"));
    assert_int_equal(a.retry_after, 1500 * NS_PER_MS);
    headers_line(&a, str_of("Retry-After: 2"));
    assert_int_equal(a.retry_after, 2 * NS_PER_S);
    headers_line(&a, str_of("retry-after-ms: 1"));
    headers_line(&a, str_of("retry-after-ms: x"));
    assert_int_equal(a.retry_after, 2 * NS_PER_S);
    answer_free(&a);
}

TEST(headers_name_request_region_and_edge)
{
    static const struct {
        const char *line;
        const char *id, *region, *edge;
    } cases[] = {
        { "X-Request-Id: req_01kh", "req_01kh", "", "" },
        { "x-groq-region: dal", "", "dal", "" },
        { "x-groq-region: gcp-europe-west3", "", "gcp-europe-west3", "" },
        { "cf-ray: 9d5b16c66bfbb650-DFW", "", "", "DFW" },
        { "CF-RAY: 9d5b16c66bfbb650", "", "", "" },
        { "cf-ray: 9d5b16c66bfbb650-", "", "", "" },
        { "cf-ray: 9d5b16c66bfbb650-D", "", "", "" },
        { "cf-ray: 9d5b16c66bfbb650-D<W", "", "", "" },
        { "cf-ray: 9d5b16c66bfbb650-LONGNAMES", "", "", "" },
        { "x-request-id: a\tb\x1b[31mc", "a b [31mc", "", "" },
        { "x-request-id:", "", "", "" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer *a = with(cases[i].line);

        assert_string_equal(answer_string(&a->request_id), cases[i].id);
        assert_string_equal(answer_string(&a->region), cases[i].region);
        assert_string_equal(answer_string(&a->edge), cases[i].edge);
    }
    done();
}

TEST(headers_keep_no_secret_and_no_endless_text)
{
    char line[4096] = "x-request-id: ";
    struct answer a;

    answer_init(&a);
    a.secret = str_of("canary-9f8e7d");
    headers_line(&a, str_of("x-request-id: for-canary-9f8e7d-1"));
    assert_string_equal(a.request_id.p, "for-***-1");
    memset(line + strlen(line), 'x', sizeof(line) - 1 - strlen(line));
    headers_line(&a, (struct str){ line, sizeof(line) - 1 });
    assert_int_equal(a.request_id.len, 256);
    answer_free(&a);
}
