#include "api/error.h"

#include <stdlib.h>

#include "base/mem.h"
#include "test.h"

/* An error body in a block of its own, so that a read beyond it is caught. */
static void read_body(struct answer *a, int status, struct str body)
{
    char *own = mem_alloc(body.n);

    memcpy(own, body.p, body.n);
    a->status = status;
    error_body(a, (struct str){ own, body.n });
    free(own);
}

TEST(error_body_is_read_whoever_wrote_it)
{
    static const struct {
        const char *body;
        const char *message, *type, *code;
    } cases[] = {
        { "{\"error\":{\"message\":\"Invalid API "
          "Key\",\"type\":\"invalid_request_error\",\"code\":"
          "\"invalid_api_key\"}}\n",
          "Invalid API Key", "invalid_request_error", "invalid_api_key" },
        { "{\"error\":{\"message\":\"The model `x` does not exist or you do not have "
          "access to "
          "it.\",\"type\":\"invalid_request_error\",\"param\":\"model\",\"code\":\"model_"
          "not_"
          "found\"}}",
          "The model `x` does not exist or you do not have access to it.",
          "invalid_request_error", "model_not_found" },
        { "{\"error\":{\"message\":\"Failed to generate JSON.\",\"type\":\"invalid_request_"
          "error\",\"code\":\"json_validate_failed\",\"failed_generation\":\"{\\\"a\\\": "
          "rate limit\"}}",
          "Failed to generate JSON.", "invalid_request_error", "json_validate_failed" },
        { "{\"error\":{\"failed_generation\":\"the answer\"}}", "", "", "" },
        { "{\"error\":{\"message\":\"a message that has no end",
          "a message that has no end", "", "" },
        { "{\"error\":{\"message\":\"cut in \\u00e4n esc\\u00", "cut in \xC3\xA4n esc", "",
          "" },
        { "{\"error\":{\"message\":\"cut \\", "cut", "", "" },
        { "{\"error\":{\"message\":\"a\nb\"}}", "a", "", "" },
        { "{\"error\":\"unauthorized\"}", "unauthorized", "", "" },
        { "{\"error\":null,\"message\":\"m\",\"type\":\"t\",\"code\":404}", "m", "t",
          "404" },
        { "{\"object\":\"error\",\"message\":\"m\",\"type\":\"BadRequestError\",\"param\":"
          "null,"
          "\"code\":400}",
          "m", "BadRequestError", "400" },
        { "{\"error\":{\"message\":\"m\",\"type\":null,\"param\":\"None\",\"code\":\"500\"}"
          "}",
          "m", "", "500" },
        { "{\"detail\":\"Not Found\"}", "Not Found", "", "" },
        { "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"Field "
          "required\",\"input\":\"a prompt\"}]}",
          "Field required", "", "" },
        { "{\"error\":{\"message\":{\"input\":\"a prompt\",\"error\":\"deep\"}}}", "deep",
          "", "" },
        { "[{\"error\":{\"code\":429,\"message\":\"quota\",\"status\":\"RESOURCE_"
          "EXHAUSTED\"}}]",
          "quota", "", "429" },
        { "{\"error\":{\"message\":\"a\\n\\u00e4\\ud83d\\ude00\\udc00\\u0000b\"}}",
          "a \xC3\xA4\xF0\x9F\x98\x80\xEF\xBF\xBD b", "", "" },
        { "{\"error\":{\"message\":\"cut off\",\"type\":\"t\",\"code\":\"c", "cut off", "t",
          "" },
        { "{\"error\":{\"message\":\"cut o", "cut o", "", "" },
        { "{\"error\"", "", "", "" },
        { "{", "", "", "" },
        { "[", "", "", "" },
        { "", "", "", "" },
        { " \r\n", "", "", "" },
        { "error code: 1010", "error code: 1010", "", "1010" },
        { "upstream connect error or disconnect/reset before headers. reset reason: "
          "overflow\n",
          "upstream connect error or disconnect/reset before headers. reset reason: "
          "overflow",
          "", "" },
        { "<!DOCTYPE html>\n<html><head>\n<TITLE>api.groq.com | 502:\n Bad "
          "gateway</TITLE><style>x</style></head><body>Cloudflare</body></html>",
          "api.groq.com | 502: Bad gateway", "", "" },
        { "<html><body><h1>503 Service\nUnavailable</h1><p>Sorry.</p></body></html>",
          "503 Service Unavailable Sorry.", "", "" },
        { "<html><title>no end", "no end", "", "" },
        { "<title", "", "", "" },
        { "null", "null", "", "" },
        { "404", "404", "", "" },
        { "\"text\"", "text", "", "" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer a;

        answer_init(&a);
        read_body(&a, 400, str_of(cases[i].body));
        assert_true(a.failed);
        assert_int_equal(a.error_status, 400);
        assert_string_equal(answer_string(&a.error), cases[i].message);
        assert_string_equal(answer_string(&a.error_type), cases[i].type);
        assert_string_equal(answer_string(&a.error_code), cases[i].code);
        answer_free(&a);
    }
}

TEST(error_body_cut_anywhere_does_no_harm)
{
    static const char *const bodies[] = {
        "{\"error\":{\"message\":\"a\\u00e4\\n\",\"code\":-1.5e3,\"x\":[{},[true,null]]}}",
        "<html><head><title>A\xC3\xA4</title></head></html>",
        "[{\"error\":{\"message\":[\"m\",{\"msg\":\"n\"}]}}]",
    };

    for (size_t i = 0; i < COUNT(bodies); i++)
        for (size_t n = 0; n <= strlen(bodies[i]); n++) {
            struct answer a;

            answer_init(&a);
            read_body(&a, 500, (struct str){ bodies[i], n });
            assert_true(a.failed);
            assert_int_equal(a.error_status, 500);
            answer_free(&a);
        }
}

TEST(error_says_which_limit_and_how_long_to_wait)
{
    struct answer a;

    answer_init(&a);
    read_body(
        &a, 429,
        str_of("{\"error\":{\"message\":\"Rate limit reached for model `m` in organization "
               "`org_01kh0a` service tier `on_demand` on tokens per minute (TPM): Limit "
               "6000, Used 5800, Requested 912. Please try again in 7.12s. Need more "
               "tokens? Upgrade to Dev Tier today at "
               "https://console.groq.com/settings/billing\",\"type\":\"tokens\",\"code\":"
               "\"rate_limit_exceeded\"}}"));
    assert_string_equal(a.limit_kind.p, "TPM");
    assert_int_equal(a.limit_size, 6000);
    assert_int_equal(a.retry_in, 7120 * NS_PER_MS);
    assert_non_null(strstr(a.error.p, "in organization `org_***` service tier"));
    assert_null(strstr(a.error.p, "01kh0a"));
    assert_false(error_is_daily(&a));
    answer_free(&a);
}

TEST(error_holds_no_secret_in_any_text)
{
    static const char *const bodies[] = {
        "{\"error\":{\"message\":\"k-canary-77 "
        "x\",\"type\":\"k-canary-77\",\"code\":\"k-canary-"
        "77\"}}",
        "{\"error\":\"gsk_canary\\u002d77 and Bearer canary-77\"}",
        "<title>https://canary:canary@host</title>",
        "key: k-canary-77",
        "{\"message\":\"k-c\\u0061nary-77\"}",
    };

    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct answer a;

        answer_init(&a);
        a.secret = str_of("k-canary-77");
        read_body(&a, 401, str_of(bodies[i]));
        assert_true(a.error.len);
        assert_null(strstr(a.error.p, "canary"));
        assert_null(strstr(answer_string(&a.error_type), "canary"));
        assert_null(strstr(answer_string(&a.error_code), "canary"));
        answer_free(&a);
    }
}

TEST(error_text_is_bounded)
{
    struct buf body;
    struct answer a;

    buf_init(&body, 0);
    buf_str(&body, "{\"error\":{\"message\":\"");
    for (int i = 0; i < 20000; i++)
        buf_str(&body, "\\u00e4");
    buf_str(&body, "\",\"type\":\"");
    for (int i = 0; i < 20000; i++)
        buf_char(&body, 'x');
    buf_str(&body, "\"}}");
    answer_init(&a);
    read_body(&a, 500, (struct str){ body.p, body.len });
    assert_int_equal(a.error.len, 512);
    assert_int_equal(a.error_type.len, 256);
    answer_free(&a);

    buf_clear(&body);
    for (int i = 0; i < 20000; i++)
        buf_str(&body, "word ");
    answer_init(&a);
    read_body(&a, 500, (struct str){ body.p, body.len });
    assert_int_equal(a.error.len, 199);
    answer_free(&a);
    buf_free(&body);
}

TEST(error_of_an_attempt_is_the_first_one)
{
    struct answer a;

    answer_init(&a);
    error_value(&a, str_of("{\"message\":\"first\",\"status_code\":503}"));
    error_value(&a, str_of("{\"message\":\"second\",\"status_code\":400,\"code\":\"x\"}"));
    assert_string_equal(a.error.p, "first");
    assert_string_equal(answer_string(&a.error_code), "");
    assert_int_equal(a.error_status, 503);
    answer_reset(&a);
    assert_false(a.failed);
    assert_string_equal(a.error.p, "");
    answer_free(&a);
}

TEST(error_value_tells_the_status_it_stands_for)
{
    static const struct {
        const char *json;
        int status;
    } cases[] = {
        { "{\"status_code\":400}", 400 },
        { "{\"status_code\":429,\"code\":500}", 429 },
        { "{\"status_code\":200,\"code\":500}", 500 },
        { "{\"status_code\":null,\"code\":\"503\"}", 503 },
        { "{\"code\":600}", 0 },
        { "{\"code\":\"404x\"}", 0 },
        { "{\"code\":\"model_not_found\"}", 0 },
        { "\"text\"", 0 },
        { "17", 0 },
        { "true", 0 },
        { "", 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer a;

        answer_init(&a);
        a.status = 200;
        error_value(&a, str_of(cases[i].json));
        assert_true(a.failed);
        assert_int_equal(a.error_status, cases[i].status);
        answer_free(&a);
    }
}
