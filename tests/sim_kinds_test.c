#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "sim/toolrun.h"
#include "sim_play.h"
#include "test.h"

/* The simulator's answers besides plain chat: embeddings, systems, stops, adapters. */

#define HI "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"

static void post(struct sim *sim, struct played *p, const char *path, const char *body)
{
    struct buf text = { 0 };

    buf_printf(&text, "POST /openai/v1%s HTTP/1.1\r\ncontent-length: %zu\r\n\r\n%s", path,
               strlen(body), body);
    sim_request(sim, p, text.p);
    buf_free(&text);
}

/* --- embeddings ---------------------------------------------------------------------- */

#define NOMIC "\"model\":\"nomic-embed-text-v1_5\""

static const json_t *vector_of(const struct played *p, size_t i)
{
    return json_object_get(json_array_get(json_object_get(p->json, "data"), i),
                           "embedding");
}

static double length_of(const json_t *v)
{
    double square = 0;

    for (size_t i = 0; i < json_array_size(v); i++)
        square += pow(json_number_value(json_array_get(v, i)), 2);
    return sqrt(square);
}

TEST(sim_embeds_each_text_as_a_vector_of_length_1_and_the_same_text_alike)
{
    struct sim sim;
    struct played p, q;

    sim_open(&sim, "--seed 1");
    post(&sim, &p, "/embeddings", "{" NOMIC ",\"input\":[\"a b\",\"c\",\"a b\"]}");
    assert_int_equal(p.status, 200);
    assert_int_equal(json_array_size(json_object_get(p.json, "data")), 3);
    assert_int_equal(json_array_size(vector_of(&p, 0)), 768);
    assert_true(fabs(length_of(vector_of(&p, 1)) - 1) < 1e-5);
    assert_true(json_equal(vector_of(&p, 0), vector_of(&p, 2)));
    assert_false(json_equal(vector_of(&p, 0), vector_of(&p, 1)));
    assert_true(played_usage(&p, "prompt_tokens") >= 3);
    assert_int_equal(played_usage(&p, "prompt_tokens"), played_usage(&p, "total_tokens"));
    assert_int_equal(p.x->prompt_tokens, played_usage(&p, "prompt_tokens"));
    assert_true(p.then == THEN_DONE && p.whole);
    post(&sim, &q, "/embeddings", "{" NOMIC ",\"input\":\"c\"}");
    assert_true(json_equal(vector_of(&p, 1), vector_of(&q, 0)));
    played_free(&p);
    played_free(&q);
    sim_close(&sim);
}

TEST(sim_embeds_in_the_form_and_size_that_is_asked_for)
{
    struct sim sim;
    struct played p, q;
    struct buf bytes = { 0 };
    const json_t *text;
    float first;

    sim_open(&sim, "--seed 1");
    post(&sim, &p, "/embeddings", "{" NOMIC ",\"input\":\"x\",\"dimensions\":8}");
    post(&sim, &q, "/embeddings",
         "{" NOMIC ",\"input\":\"x\",\"dimensions\":8,\"encoding_format\":\"base64\"}");
    assert_int_equal(json_array_size(vector_of(&p, 0)), 8);
    text = vector_of(&q, 0);
    assert_int_equal(
        base64_decode(json_string_value(text), json_string_length(text), &bytes), 0);
    assert_int_equal(bytes.len, 8 * sizeof(float));
    memcpy(&first, bytes.p, sizeof(first));
    assert_true(fabs((double)first -
                     json_number_value(json_array_get(vector_of(&p, 0), 0))) < 1e-6);
    buf_free(&bytes);
    played_free(&p);
    played_free(&q);
    sim_close(&sim);
}

TEST(sim_refuses_embeddings_that_are_asked_for_wrongly)
{
    static const struct {
        const char *body;
        int status;
        const char *says;
    } cases[] = {
        { "{", 400, "" },
        { "[]", 400, "not a JSON object" },
        { "{\"input\":\"x\"}", 400, "property 'model' is missing" },
        { "{" NOMIC "}", 400, "property 'input' is missing" },
        { "{" NOMIC ",\"input\":[]}", 400, "input" },
        { "{" NOMIC ",\"input\":\"\"}", 400, "input" },
        { "{" NOMIC ",\"input\":[\"a\",7]}", 400, "input" },
        { "{" NOMIC ",\"input\":\"a\",\"encoding_format\":\"int8\"}", 400,
          "encoding_format" },
        { "{" NOMIC ",\"input\":\"a\",\"dimensions\":0}", 400, "dimensions" },
        { "{\"model\":\"nope\",\"input\":\"a\"}", 404, "`nope` does not exist" },
        { "{\"model\":\"llama-3.1-8b-instant\",\"input\":\"a\"}", 400,
          "`embeddings` is not supported" },
        { "{" NOMIC
          ",\"input\":\"a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d "
          "e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n o p\"}",
          400, "reduce the length" },
    };
    struct sim sim;

    sim_open(&sim, "--seed 1");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct played p;

        post(&sim, &p, "/embeddings", cases[i].body);
        if (p.status != cases[i].status ||
            !strstr(played_error(&p, "message"), cases[i].says))
            fail_msg("%s: %d %s", cases[i].body, p.status, played_error(&p, "message"));
        played_free(&p);
    }
    sim_close(&sim);
}

TEST(sim_counts_embeddings_towards_limits)
{
    struct sim sim;
    struct played p;

    sim_open(&sim, "--limit rpm=2");
    for (int i = 0; i < 3; i++) {
        post(&sim, &p, "/embeddings", "{" NOMIC ",\"input\":\"x\"}");
        assert_int_equal(p.status, i < 2 ? 200 : 429);
        played_free(&p);
        sim.now = 1000 * NS_PER_S;
    }
    sim_close(&sim);
}

/* --- systems ------------------------------------------------------------------------- */

static ns_t seconds_of(const json_t *usage, const char *key)
{
    return llround(json_number_value(json_object_get(usage, key)) * 1e9);
}

TEST(sim_systems_take_their_time_in_tools_and_the_breakdown_adds_up)
{
    struct sim sim;
    struct played p;
    const json_t *models, *tools;
    ns_t sum = 0, from;

    sim_open(&sim, "--server-tools 3 --queue-sigma 0");
    from = sim.now;
    post(&sim, &p, "/chat/completions", "{\"model\":\"groq/compound\"," HI "}");
    assert_int_equal(p.status, 200);
    tools = json_object_get(
        json_object_get(json_array_get(json_object_get(p.json, "choices"), 0), "message"),
        "executed_tools");
    assert_int_equal(json_array_size(tools), p.x->n_runs);
    assert_true(p.x->n_runs >= 1 && p.x->n_runs <= EXCHANGE_RUNS);
    assert_true(json_is_string(json_object_get(json_array_get(tools, 0), "output")));
    models = json_object_get(json_object_get(p.json, "usage_breakdown"), "models");
    assert_int_equal(json_array_size(models), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *u = json_object_get(json_array_get(models, i), "usage");

        sum += seconds_of(u, "queue_time") + seconds_of(u, "total_time");
    }
    assert_true(llabs(sum - seconds_of(p.usage, "queue_time") -
                      seconds_of(p.usage, "total_time")) <= 4);
    assert_true(p.x->end - from >= sum + toolrun_time(p.x));
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_systems_stream_each_tool_twice_and_mini_runs_one)
{
    static const struct {
        const char *model;
        const char *more;
        int least, most;
    } cases[] = {
        { "groq/compound", "", 1, 10 },
        { "groq/compound-mini", "", 1, 1 },
        { "groq/compound", ",\"compound_custom\":{\"tools\":{\"enabled_tools\":[]}}", 0,
          0 },
        { "openai/gpt-oss-20b", "", 0, 0 },
        { "openai/gpt-oss-20b", ",\"tools\":[{\"type\":\"browser_search\"}]", 1, 1 },
        { "llama-3.1-8b-instant", ",\"tools\":[{\"type\":\"browser_search\"}]", 0, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim sim;
        struct played p;
        char body[300];
        size_t named = 0;

        sim_open(&sim, "--seed %zu", i + 1);
        snprintf(body, sizeof(body), "{\"model\":\"%s\",\"stream\":true," HI "%s}",
                 cases[i].model, cases[i].more);
        post(&sim, &p, "/chat/completions", body);
        assert_int_equal(p.status, 200);
        assert_true(p.done && p.content.len);
        for (const char *at = p.body.p; (at = strstr(at, "\"executed_tools\"")); at++)
            named++;
        if (named != 2 * p.x->n_runs || (int)p.x->n_runs < cases[i].least ||
            (int)p.x->n_runs > cases[i].most)
            fail_msg("%s%s: %zu runs, named %zu times", cases[i].model, cases[i].more,
                     p.x->n_runs, named);
        played_free(&p);
        sim_close(&sim);
    }
}

/* --- stop sequences and beginnings of answers ---------------------------------------- */

TEST(sim_answers_end_before_the_first_stop_sequence)
{
    static const char *const stops[] = { "\".\"", "[\".\",\",\"]", "[\" the\"]", "\"he\"" };
    static const char *const texts[][2] = {
        { ".", NULL }, { ".", "," }, { " the", NULL }, { "he", NULL }
    };
    struct sim sim;
    struct played whole, p;

    sim_open(&sim, "--output 300");
    sim_chat(&sim, &whole, "", "{\"model\":\"llama-3.1-8b-instant\",\"seed\":5," HI "}");
    for (size_t i = 0; i < COUNT(stops); i++) {
        char body[200];
        size_t n;

        for (int stream = 0; stream < 2; stream++) {
            snprintf(body, sizeof(body),
                     "{\"model\":\"llama-3.1-8b-instant\",\"seed\":5," HI
                     ",\"stop\":%s,\"stream\":%s}",
                     stops[i], stream ? "true" : "false");
            sim_chat(&sim, &p, "", body);
            assert_int_equal(p.status, 200);
            n = p.content.len;
            assert_memory_equal(p.content.p ? p.content.p : "", whole.content.p, n);
            for (int k = 0; k < 2 && texts[i][k]; k++) {
                const char *found = memmem(whole.content.p, whole.content.len, texts[i][k],
                                           strlen(texts[i][k]));

                assert_true(!found || (size_t)(found - whole.content.p) >= n);
            }
            assert_true(n < whole.content.len);
            assert_string_equal(p.finish, "stop");
            assert_true(played_usage(&p, "completion_tokens") <
                        played_usage(&whole, "completion_tokens"));
            played_free(&p);
        }
    }
    sim_chat(&sim, &p, "",
             "{\"model\":\"llama-3.1-8b-instant\",\"seed\":5," HI ",\"stop\":\"zebra\"}");
    assert_int_equal(p.content.len, whole.content.len);
    played_free(&p);
    played_free(&whole);
    sim_close(&sim);
}

TEST(sim_refuses_more_than_four_stops_and_what_is_no_text)
{
    static const char *const stops[] = { "[\"a\",\"b\",\"c\",\"d\",\"e\"]", "[1]", "7",
                                         "\"\"" };
    struct sim sim;

    sim_open(&sim, "--seed 1");
    for (size_t i = 0; i < COUNT(stops); i++) {
        struct played p;
        char body[200];

        snprintf(body, sizeof(body),
                 "{\"model\":\"llama-3.1-8b-instant\"," HI ",\"stop\":%s}", stops[i]);
        sim_chat(&sim, &p, "", body);
        assert_int_equal(p.status, 400);
        played_free(&p);
    }
    sim_close(&sim);
}

TEST(sim_takes_a_last_message_of_the_assistant_for_the_beginning_of_the_answer)
{
    static const char plain[] = "{\"model\":\"llama-3.1-8b-instant\"," HI "}";
    static const char begun[] =
        "{\"model\":\"llama-3.1-8b-instant\",\"messages\":[{\"role\":\"user\",\"content\":"
        "\"Hi\"},{\"role\":\"assistant\",\"content\":\"```\"}]}";
    static const char turn[] =
        "{\"model\":\"llama-3.1-8b-instant\",\"messages\":[{\"role\":\"user\",\"content\":"
        "\"Hi\"},{\"role\":\"assistant\",\"content\":\"```\"},{\"role\":\"user\","
        "\"content\":"
        "\"Hi\"}]}";
    struct sim sim;
    struct played a, b, c;

    sim_open(&sim, "--seed 1");
    sim_chat(&sim, &a, "", plain);
    sim_chat(&sim, &b, "", begun);
    sim_chat(&sim, &c, "", turn);
    assert_true(b.status == 200 && b.content.len);
    /* its text alone: the mark of the assistant stands there either way, no end is put */
    assert_true(b.x->prompt_tokens > a.x->prompt_tokens);
    assert_true(c.x->prompt_tokens - b.x->prompt_tokens >
                b.x->prompt_tokens - a.x->prompt_tokens);
    played_free(&a);
    played_free(&b);
    played_free(&c);
    sim_close(&sim);
}

/* --- adapters ------------------------------------------------------------------------ */

#define ADAPTER "ft:llama-3.1-8b-instant:org_01kh/mine-abc123"

TEST(sim_serves_adapters_of_known_models_and_loads_them_after_a_pause)
{
    static const char body[] = "{\"model\":\"" ADAPTER "\"," HI "}";
    struct sim sim;
    struct played p;
    ns_t queue[4];

    sim_open(&sim, "--lora-cold 3s --lora-idle 60s --queue-median 1ms");
    for (int i = 0; i < 4; i++) {
        sim_chat(&sim, &p, "", body);
        assert_int_equal(p.status, 200);
        assert_string_equal(json_string_value(json_object_get(p.json, "model")), ADAPTER);
        queue[i] = p.x->timing.queue;
        played_free(&p);
        sim.now += i == 1 ? 120 * NS_PER_S : NS_PER_S;
    }
    assert_true(queue[0] > 3 * NS_PER_S && queue[2] > 3 * NS_PER_S);
    assert_true(queue[1] < NS_PER_S && queue[3] < NS_PER_S);
    sim_close(&sim);
}

TEST(sim_knows_no_adapter_of_a_model_that_is_not_there)
{
    static const char *const names[] = { "ft:nope:org_1/x", "ft:llama-3.1-8b-instant",
                                         "ft:llama-3.1-8b-instant:me/x",
                                         "ft:", "ft:llama-3.1-8b-instant:org_1" };
    struct sim sim;

    sim_open(&sim, "--seed 1");
    for (size_t i = 0; i < COUNT(names); i++) {
        struct played p;
        char body[200];

        snprintf(body, sizeof(body), "{\"model\":\"%s\"," HI "}", names[i]);
        sim_chat(&sim, &p, "", body);
        assert_int_equal(p.status, 404);
        played_free(&p);
    }
    sim_close(&sim);
}
