#include <stdio.h>
#include <stdlib.h>

#include "sim_play.h"
#include "test.h"

#define MODEL "\"model\":\"llama-3.1-8b-instant\""
#define HI "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"
#define TOOLS                                                                              \
    "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{}}}]"

struct refused {
    const char *body;
    int status;
    const char *code;
    const char *says; /* part of the message */
};

static const struct refused refused[] = {
    { "", 400, "", "" },
    { "{", 400, "", "" },
    { "[]", 400, "", "not a JSON object" },
    { "{" HI "}", 400, "", "'model' : property 'model' is missing" },
    { "{\"model\":1," HI "}", 400, "", "model" },
    { "{" MODEL "}", 400, "", "'messages' : property 'messages' is missing" },
    { "{" MODEL ",\"messages\":[]}", 400, "", "messages" },
    { "{" MODEL ",\"messages\":[1]}", 400, "", "messages" },
    { "{" MODEL ",\"messages\":[{\"role\":\"boss\",\"content\":\"\"}]}", 400, "", "role" },
    { "{" MODEL ",\"messages\":[{\"role\":\"user\",\"content\":1}]}", 400, "", "content" },
    { "{" MODEL ",\"messages\":[{\"role\":\"user\",\"content\":\"\",\"name\":\"x\"}]}", 400,
      "", "property 'name' is unsupported" },
    { "{" MODEL ",\"messages\":[{\"role\":\"assistant\",\"content\":\"\","
      "\"reasoning_content\":\"x\"}]}",
      400, "", "property 'reasoning_content' is unsupported" },
    { "{" MODEL ",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
      "\"image_url\":{\"url\":\"data:x\"}}]}]}",
      400, "", "messages[0].content must be a string" },
    { "{\"model\":\"nope\"," HI "}", 404, "model_not_found", "The model `nope` does not" },
    { "{\"model\":\"whisper-large-v3\"," HI "}", 400, "", "does not support chat" },
    { "{" MODEL "," HI ",\"logprobs\":true}", 400, "", "`logprobs` is not supported" },
    { "{" MODEL "," HI ",\"top_logprobs\":2}", 400, "", "`top_logprobs` is not supported" },
    { "{" MODEL "," HI ",\"logit_bias\":{\"1\":2}}", 400, "", "logit_bias" },
    { "{" MODEL "," HI ",\"n\":2}", 400, "", "'n'" },
    { "{" MODEL "," HI ",\"frequency_penalty\":0.5}", 400, "", "not yet supported" },
    { "{" MODEL "," HI ",\"presence_penalty\":1}", 400, "", "not yet supported" },
    { "{" MODEL "," HI ",\"temperature\":3}", 400, "", "temperature" },
    { "{" MODEL "," HI ",\"stream\":\"yes\"}", 400, "", "stream" },
    { "{" MODEL "," HI ",\"max_tokens\":0}", 400, "", "max_tokens" },
    { "{" MODEL "," HI ",\"stream_options\":{\"include_usage\":true}}", 400, "",
      "only allowed when" },
    { "{" MODEL "," HI ",\"max_tokens\":131073}", 400, "",
      "less than or equal to `131072`" },
    { "{" MODEL "," HI ",\"max_tokens\":131072}", 400, "context_length_exceeded",
      "reduce the length" },
    { "{" MODEL "," HI ",\"service_tier\":\"gold\"}", 400, "", "gold" },
    { "{" MODEL "," HI ",\"reasoning_effort\":\"low\"}", 400, "", "reasoning_effort" },
    { "{\"model\":\"qwen/qwen3-32b\"," HI ",\"reasoning_format\":\"raw\"," TOOLS "}", 400,
      "", "raw" },
    { "{\"model\":\"qwen/qwen3-32b\"," HI ",\"reasoning_format\":\"parsed\","
      "\"include_reasoning\":true}",
      400, "", "mutually exclusive" },
    { "{" MODEL "," HI "," TOOLS ",\"response_format\":{\"type\":\"json_object\"}}", 400,
      "", "json mode cannot be combined with tool/function calling" },
    { "{" MODEL "," HI ",\"response_format\":{\"type\":\"json_schema\"}}", 400, "",
      "schema" },
    { "{" MODEL "," HI
      ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a b\"}}]}",
      400, "", "[a-zA-Z0-9_-]{1,64}" },
    { "{" MODEL "," HI "," TOOLS ",\"tool_choice\":{\"type\":\"function\",\"function\":{"
      "\"name\":\"g\"}}}",
      400, "", "g" },
};

TEST(sim_refuses_what_the_api_refuses)
{
    struct sim sim;

    sim_open(&sim, "--quiet");
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct played p;

        sim_chat(&sim, &p, "", refused[i].body);
        assert_int_equal(p.status, refused[i].status);
        assert_string_equal(played_error(&p, "type"), "invalid_request_error");
        assert_string_equal(played_error(&p, "code"), refused[i].code);
        assert_non_null(strstr(played_error(&p, "message"), refused[i].says));
        assert_string_equal(played_header(&p, "x-request-id"), p.x->request_id);
        assert_string_equal(played_header(&p, "x-ratelimit-limit-tokens"), "");
        played_free(&p);
    }
    sim_close(&sim);
}

TEST(sim_accepts_what_the_api_accepts)
{
    static const char *const bodies[] = {
        "{" MODEL "," HI
        ",\"stream\":null,\"max_tokens\":null,\"stop\":[\"a\"],\"user\":\"u\"}",
        "{" MODEL "," HI
        ",\"n\":1,\"frequency_penalty\":0,\"logprobs\":false,\"top_p\":0.5}",
        "{" MODEL
        ",\"messages\":[{\"role\":\"system\",\"content\":\"a\"},{\"role\":\"user\","
        "\"content\":[{\"type\":\"text\",\"text\":\"b\"}]}]}",
        "{\"model\":\"meta-llama/llama-guard-4-12b\",\"messages\":[{\"role\":\"user\","
        "\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:x\"}}]}]}",
        "{" MODEL "," HI ",\"service_tier\":\"performance\",\"metadata\":{}}",
        "{" MODEL ",\"messages\":[{\"role\":\"user\",\"content\":\"a\\u0000b\"}]}",
        "{" MODEL "," HI "," TOOLS ",\"tool_choice\":{\"type\":\"function\",\"function\":{"
        "\"name\":\"f\"}}}",
    };
    struct sim sim;

    sim_open(&sim, "--quiet");
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct played p;

        sim_chat(&sim, &p, "", bodies[i]);
        assert_int_equal(p.status, 200);
        assert_non_null(p.usage);
        played_free(&p);
    }
    sim_close(&sim);
}

TEST(sim_routes_paths)
{
    static const struct {
        const char *request;
        int status;
        const char *code;
        const char *part;
    } cases[] = {
        { "GET / HTTP/1.1\r\n\r\n", 200, "", "ok" },
        { "GET /openai/v1/models HTTP/1.1\r\n\r\n", 200, "", "\"context_window\":131072" },
        { "GET //openai//v1/models?a=b HTTP/1.1\r\n\r\n", 200, "", "\"object\":\"list\"" },
        { "GET /v1/models HTTP/1.1\r\n\r\n", 200, "", "whisper-large-v3" },
        { "GET /openai/v1/models/openai/gpt-oss-20b HTTP/1.1\r\n\r\n", 200, "",
          "\"id\":\"openai/gpt-oss-20b\"" },
        { "GET /openai/v1/models/nope HTTP/1.1\r\n\r\n", 404, "model_not_found", "nope" },
        { "POST /openai/v1/models HTTP/1.1\r\n\r\n", 405, "", "" },
        { "GET /openai/v1/chat/completions HTTP/1.1\r\n\r\n", 405, "", "" },
        { "GET /openai/v2/x HTTP/1.1\r\n\r\n", 404, "unknown_url",
          "Unknown request URL: GET /openai/v2/x" },
        { "nonsense\r\n", 400, "", "" },
        { "GET / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413, "", "" },
    };
    struct sim sim;

    sim_open(&sim, "--quiet");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct played p;

        sim_request(&sim, &p, cases[i].request);
        assert_int_equal(p.status, cases[i].status);
        assert_string_equal(played_error(&p, "code"), cases[i].code);
        assert_non_null(strstr(p.body.p, cases[i].part));
        assert_string_equal(played_header(&p, "x-ratelimit-limit-requests"), "");
        played_free(&p);
    }
    sim_close(&sim);
}

TEST(sim_answers_head_without_a_body)
{
    struct sim sim;
    struct played p;

    sim_open(&sim, "--quiet");
    sim_request(&sim, &p, "HEAD / HTTP/1.1\r\n\r\n");
    assert_int_equal(p.status, 200);
    assert_int_equal(p.wire.len, p.head.len + 2);
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_lets_in_those_who_have_a_key)
{
    static const struct {
        const char *header;
        int status;
    } cases[] = {
        { "", 401 },
        { "Authorization: Bearer gsk_good\r\n", 200 },
        { "authorization: bearer gsk_good\r\n", 200 },
        { "AUTHORIZATION: BEARER gsk_other\r\n", 200 },
        { "Authorization: Bearer gsk_goo\r\n", 401 },
        { "Authorization: Bearer gsk_goodx\r\n", 401 },
        { "Authorization: Basic gsk_good\r\n", 401 },
        { "Authorization: gsk_good\r\n", 401 },
    };
    struct sim sim;

    sim_open(&sim, "--key gsk_good --key gsk_other --plan free");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct played p;

        sim_chat(&sim, &p, cases[i].header, "{" MODEL "," HI "}");
        assert_int_equal(p.status, cases[i].status);
        assert_string_equal(played_header(&p, "x-request-id"), p.x->request_id);
        assert_string_equal(played_header(&p, "x-groq-region"), "dal");
        if (p.status == 401) {
            assert_int_equal(p.body.len, 96);
            assert_string_equal(played_header(&p, "x-ratelimit-limit-tokens"), "");
        }
        played_free(&p);
    }
    sim_close(&sim);
}

TEST(sim_turns_library_agents_away_where_asked)
{
    struct sim sim;
    struct played p;

    sim_open(&sim, "--require-agent");
    sim_chat(&sim, &p, "User-Agent: Python-urllib/3.11\r\n", "{" MODEL "," HI "}");
    assert_int_equal(p.status, 403);
    assert_string_equal(p.body.p, "error code: 1010");
    played_free(&p);
    sim_chat(&sim, &p, "User-Agent: tokdyno/1.0\r\n", "{" MODEL "," HI "}");
    assert_int_equal(p.status, 200);
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_tells_limits_in_headers_and_debits_what_was_used)
{
    struct sim sim;
    struct played p;
    long long prompt;
    long long before;

    sim_open(&sim, "--plan free --output 50");
    sim_chat(&sim, &p, "", "{" MODEL "," HI "}");
    prompt = played_usage(&p, "prompt_tokens");
    assert_string_equal(played_header(&p, "x-ratelimit-limit-requests"), "14400");
    assert_string_equal(played_header(&p, "x-ratelimit-remaining-requests"), "14399");
    assert_string_equal(played_header(&p, "x-ratelimit-reset-requests"), "6s");
    assert_string_equal(played_header(&p, "x-ratelimit-limit-tokens"), "6000");
    before = atoll(played_header(&p, "x-ratelimit-remaining-tokens"));
    assert_int_equal(before, 6000 - prompt);
    played_free(&p);
    /* The completion was debited in the end; 100 tokens a second flow back. */
    sim_chat(&sim, &p, "", "{" MODEL "," HI "}");
    assert_true(atoll(played_header(&p, "x-ratelimit-remaining-tokens")) <
                before - prompt - 50 + 30);
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_refuses_beyond_the_limits)
{
    struct sim sim;
    struct played p;

    sim_open(&sim, "--limit rpm=2,tpm=1000 --output 1");
    for (int i = 0; i < 2; i++) {
        sim_chat(&sim, &p, "", "{" MODEL "," HI "}");
        assert_int_equal(p.status, 200);
        sim.now = 1000 * NS_PER_S;
        played_free(&p);
    }
    sim_chat(&sim, &p, "", "{" MODEL "," HI "}");
    assert_int_equal(p.status, 429);
    assert_string_equal(played_error(&p, "type"), "requests");
    assert_string_equal(played_error(&p, "code"), "rate_limit_exceeded");
    assert_string_equal(played_header(&p, "retry-after"), "30");
    assert_string_equal(played_header(&p, "x-ratelimit-limit-tokens"), "");
    played_free(&p);
    sim.now += 30 * NS_PER_S;
    sim_chat(&sim, &p, "", "{" MODEL "," HI "}");
    assert_int_equal(p.status, 200);
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_calls_prompts_beyond_a_whole_bucket_too_large)
{
    struct sim sim;
    struct played p;

    sim_open(&sim, "--limit tpm=10");
    sim_chat(&sim, &p, "", "{" MODEL "," HI "}");
    assert_int_equal(p.status, 413);
    assert_string_equal(played_error(&p, "type"), "tokens");
    assert_non_null(strstr(played_error(&p, "message"), "Request too large for model"));
    assert_string_equal(played_header(&p, "x-ratelimit-limit-tokens"), "10");
    assert_string_equal(played_header(&p, "x-ratelimit-remaining-tokens"), "10");
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_reserves_completions_where_asked)
{
    static const struct {
        const char *reserve;
        long long ahead;
    } cases[] = { { "none", 0 }, { "max", 800 }, { "300", 300 }, { "2k", 800 } };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim sim;
        struct played p;

        sim_open(&sim, "--limit tpm=6000 --output 5 --reserve %s", cases[i].reserve);
        sim_chat(&sim, &p, "", "{" MODEL "," HI ",\"max_completion_tokens\":800}");
        assert_int_equal(atoll(played_header(&p, "x-ratelimit-remaining-tokens")),
                         6000 - played_usage(&p, "prompt_tokens") - cases[i].ahead);
        played_free(&p);
        sim.now = 1000 * NS_PER_S; /* what was not used came back */
        sim_chat(&sim, &p, "", "{" MODEL "," HI ",\"max_completion_tokens\":1}");
        assert_true(atoll(played_header(&p, "x-ratelimit-remaining-tokens")) > 5900);
        played_free(&p);
        sim_close(&sim);
    }
}

static void with_tier(struct sim *sim, struct played *p, const char *tier)
{
    char body[256];

    snprintf(body, sizeof(body), "{" MODEL "," HI ",\"service_tier\":\"%s\"}", tier);
    sim_chat(sim, p, "", body);
}

static void expect_tier(struct sim *sim, const char *asked, int status, const char *echo)
{
    struct played p;
    const char *tier;

    with_tier(sim, &p, asked);
    tier = json_string_value(json_object_get(p.json, "service_tier"));
    assert_int_equal(p.status, status);
    assert_string_equal(tier ? tier : "", echo);
    played_free(&p);
}

TEST(sim_free_organizations_have_on_demand_only)
{
    struct sim sim;
    struct played p;

    sim_open(&sim, "--plan free");
    expect_tier(&sim, "on_demand", 200, "on_demand");
    with_tier(&sim, &p, "flex");
    assert_int_equal(p.status, 400);
    assert_non_null(strstr(played_error(&p, "message"), "`flex` is not available"));
    played_free(&p);
    expect_tier(&sim, "auto", 400, "");
    sim_close(&sim);
}

TEST(sim_auto_falls_back_to_flex)
{
    struct sim sim;

    sim_open(&sim, "--plan developer --limit rpm=1");
    expect_tier(&sim, "auto", 200, "on_demand");
    expect_tier(&sim, "auto", 200, "flex");
    expect_tier(&sim, "on_demand", 429, "");
    expect_tier(&sim, "flex", 200, "flex");
    sim_close(&sim);
}

TEST(sim_flex_without_capacity_is_498_at_once_and_costs_nothing)
{
    struct sim sim;
    struct played p;
    ns_t begin;

    sim_open(&sim, "--plan developer --flex-498 1");
    begin = sim.now;
    with_tier(&sim, &p, "flex");
    assert_int_equal(p.status, 498);
    assert_string_equal(played_error(&p, "code"), "capacity_exceeded");
    assert_non_null(strstr(played_error(&p, "message"), "`flex` tier capacity exceeded"));
    assert_true(sim.now - begin < 20 * NS_PER_MS);
    assert_string_equal(played_header(&p, "x-ratelimit-remaining-tokens"), "");
    played_free(&p);
    expect_tier(&sim, "on_demand", 200, "on_demand");
    sim_close(&sim);
}

/* On for a mean of 3 s, off for 1 s: about a quarter of the time is short. */
TEST(sim_flex_capacity_comes_and_goes)
{
    struct capacity c = { rng_init(1), true, 0 };
    struct setting set = { .flex_on = 3 * NS_PER_S, .flex_off = NS_PER_S, .speed = 1 };
    int is_short = 0;
    int turns = 0;
    bool last = false;

    for (int i = 0; i < 100000; i++) {
        bool now = capacity_is_short(&c, &set, i * 100 * NS_PER_MS);

        is_short += now;
        turns += now != last;
        last = now;
    }
    assert_in_range(is_short, 23000, 27000);
    assert_in_range(turns, 4400, 5600);
}

TEST(sim_stops_at_the_spend_limit)
{
    struct sim sim;
    struct played p;

    sim_open(&sim, "--spend-limit $0.00001 --output 100");
    sim_chat(&sim, &p, "", "{" MODEL "," HI "}");
    assert_int_equal(p.status, 200);
    played_free(&p);
    for (int i = 0; i < 2; i++)
        sim_chat(&sim, &p, "", "{" MODEL "," HI "}"), played_free(&p);
    sim_chat(&sim, &p, "", "{" MODEL "," HI "}");
    assert_int_equal(p.status, 400);
    assert_string_equal(played_error(&p, "code"), "blocked_api_access");
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_serves_strangers_where_asked)
{
    struct sim sim;
    struct played p;

    sim_open(&sim, "--any-model");
    for (int i = 0; i < 200; i++) {
        char body[256];

        snprintf(body, sizeof(body), "{\"model\":\"my/model-%d\"," HI "}", i);
        sim_chat(&sim, &p, "", body);
        assert_int_equal(p.status, 200);
        played_free(&p);
    }
    sim_close(&sim);
}

/* A prompt of about n tokens behind a head of its own. */
static void ask_long(struct sim *sim, struct played *p, const char *head, const char *more)
{
    struct buf body;

    buf_init(&body, 0);
    buf_printf(&body,
               "{\"model\":\"openai/gpt-oss-20b\"%s,\"messages\":[{\"role\":\"system\","
               "\"content\":\"%s",
               more, head);
    for (int i = 0; i < 300; i++)
        buf_str(&body, " one of the many rules to obey");
    buf_printf(&body, "\"},{\"role\":\"user\",\"content\":\"Hi\"}]}");
    sim_chat(sim, p, "", body.p);
    assert_int_equal(p->status, 200);
    buf_free(&body);
}

static long long cached(const struct played *p)
{
    const json_t *details = json_object_get(p->usage, "prompt_tokens_details");
    const json_t *n = json_object_get(details, "cached_tokens");

    return n ? json_integer_value(n) : -1;
}

static long long ask_cached(struct sim *sim, const char *head, const char *more)
{
    struct played p;
    long long n;

    ask_long(sim, &p, head, more);
    n = cached(&p);
    assert_true(n <= played_usage(&p, "prompt_tokens"));
    played_free(&p);
    return n;
}

TEST(sim_caches_prefixes_of_prompts)
{
    static const char tools[] = "," TOOLS ",\"tool_choice\":\"auto\"";
    static const char required[] = "," TOOLS ",\"tool_choice\":\"required\"";
    struct sim sim;
    struct played p;
    long long warm;

    sim_open(&sim, "--quiet");
    assert_int_equal(ask_cached(&sim, "", ""), 0);
    warm = ask_cached(&sim, "", "");
    assert_true(warm > 1500);
    assert_int_equal(warm % 128, 0);
    ask_long(&sim, &p, "", ""); /* never all of it */
    assert_true(cached(&p) < played_usage(&p, "prompt_tokens"));
    played_free(&p);
    assert_int_equal(ask_cached(&sim, "7f3a", ""), 0); /* a poisoned head */
    assert_int_equal(ask_cached(&sim, "", tools), 0);
    assert_true(ask_cached(&sim, "", tools) >= warm);
    assert_int_equal(ask_cached(&sim, "", required), 0); /* the flip */
    assert_true(ask_cached(&sim, "", tools) >= warm);
    sim.now += 2 * 3600 * NS_PER_S;
    assert_int_equal(ask_cached(&sim, "", ""), 0); /* expired */
    sim_close(&sim);
}

TEST(sim_caching_has_its_switches)
{
    static const struct {
        const char *flag;
        const char *value;
        long long least, most;
    } cases[] = {
        { "--cache=off", "--quiet", -1, -1 }, { "--cache-hit", "0", 0, 0 },
        { "--cache-min", "5000", 0, 0 },      { "--cache-min", "128", 1500, 5000 },
        { "--cache-lifetime", "1ms", 0, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim sim;
        long long n;

        sim_open(&sim, "%s %s", cases[i].flag, cases[i].value);
        ask_cached(&sim, "", "");
        n = ask_cached(&sim, "", "");
        assert_true(n >= cases[i].least && n <= cases[i].most);
        sim_close(&sim);
    }
}

TEST(sim_cached_tokens_make_the_prefill_shorter)
{
    struct sim sim;
    struct played cold;
    struct played warm;

    sim_open(&sim, "--prefill-base 0s --capacity 0");
    ask_long(&sim, &cold, "", "");
    ask_long(&sim, &warm, "", "");
    assert_true(warm.x->timing.prefill < cold.x->timing.prefill / 4);
    played_free(&cold);
    played_free(&warm);
    sim_close(&sim);
}

TEST(sim_models_that_do_not_cache_say_nothing_of_it)
{
    struct sim sim;
    struct played p;

    sim_open(&sim, "--quiet");
    sim_chat(&sim, &p, "", "{" MODEL "," HI "}");
    assert_null(json_object_get(p.usage, "prompt_tokens_details"));
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_credits_cached_tokens_where_asked)
{
    struct sim sim;
    struct played p;
    long long prompt;

    sim_open(&sim, "--limit tpm=100k --credit-cached --output 1");
    ask_long(&sim, &p, "", "");
    prompt = played_usage(&p, "prompt_tokens");
    played_free(&p);
    sim.now += 60 * NS_PER_S;
    ask_long(&sim, &p, "", "");
    assert_int_equal(atoll(played_header(&p, "x-ratelimit-remaining-tokens")),
                     100000 - prompt);
    assert_true(cached(&p) > 0);
    played_free(&p);
    sim.now += NS_PER_S; /* 1,667 tokens flow back, the credit is more than the rest */
    ask_long(&sim, &p, "", "");
    assert_int_equal(atoll(played_header(&p, "x-ratelimit-remaining-tokens")),
                     100000 - prompt);
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_load_is_counted_while_answers_are_under_way)
{
    struct sim sim;
    struct played p;

    sim_open(&sim, "--quiet");
    sim_chat(&sim, &p, "", "{" MODEL "," HI "}");
    assert_int_equal(*world_in_service(&sim.world, p.x->model), 0);
    played_free(&p);
    sim_chat(&sim, &p, "x-sim-fault: json-failed\r\n", "{" MODEL "," HI "}");
    assert_int_equal(*world_in_service(&sim.world, p.x->model), 0);
    played_free(&p);
    sim_chat(&sim, &p, "x-sim-fault: 503\r\n", "{" MODEL "," HI "}");
    assert_int_equal(sim.world.in_service[0], 0);
    played_free(&p);
    sim_close(&sim);
}
