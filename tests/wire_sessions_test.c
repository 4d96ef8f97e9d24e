#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/sse.h"
#include "data/scenario.h"
#include "files.h"
#include "load/session.h"
#include "test.h"

/*
 * Conversations as the API's reference has them, in tests/wire/sessions: NAME-1.json is the
 * first request, NAME-1.sse its answer (NAME-1.whole.json not streamed), NAME-2.json what
 * goes on from that, with the results of the tools that were called.
 */
struct talk {
    const struct cell *cell;
    const struct endpoint *endpoint;
    struct prompts *prompts;
    struct session_rules rules;
    struct session session;
    struct prompt_info info;
    struct answer answer;
    ns_t events;
};

static char *example(const char *name, int turn, const char *kind, size_t *n)
{
    char path[160];

    snprintf(path, sizeof(path), "wire/sessions/%s-%d.%s", name, turn, kind);
    return test_file(path, n);
}

/* Around its prompt, as a shot puts it together. */
static void expect_request(const struct talk *t, const char *name, int turn)
{
    struct buf body = { 0 }, extra = { 0 }, tail = { 0 };
    char *want_text = example(name, turn, "json", NULL);
    json_t *want = json_loads(want_text, 0, NULL), *got;
    struct err err = { .msg = "" };

    buf_str(&extra, "");
    assert_int_equal(t->endpoint->prepare(&t->cell->request, &body, &tail, &err), 0);
    session_prompt(&t->session, &body, &extra);
    buf_str(&body, extra.p);
    buf_str(&body, tail.p);
    got = json_loads(body.p, 0, NULL);
    if (!want || !got || !json_equal(want, got))
        fail_msg("%s-%d.json is not what is sent: %s", name, turn, body.p);
    json_decref(want);
    json_decref(got);
    buf_free(&body);
    buf_free(&extra);
    buf_free(&tail);
    free(want_text);
}

static void on_event(void *ctx, const struct sse_event *ev)
{
    struct talk *t = ctx;

    t->endpoint->event(&t->answer, ev, ++t->events);
}

static void hear(struct talk *t, const char *name, int turn, bool streamed)
{
    size_t n;
    char *text = example(name, turn, streamed ? "sse" : "whole.json", &n);
    struct err err;
    struct sse sse;

    answer_reset(&t->answer);
    t->answer.status = 200;
    if (streamed) {
        sse_init(&sse, 1 << 20, on_event, t);
        assert_int_equal(sse_feed(&sse, text, n, &err), 0);
        sse_end(&sse);
        sse_free(&sse);
    } else {
        t->endpoint->body(&t->answer, (struct str){ text, n }, 1);
    }
    assert_true(t->endpoint->complete(&t->answer));
    free(text);
}

static void begin(struct talk *t, const struct cell *cell)
{
    struct buf prompt = { 0 }, extra = { 0 };
    struct err err = { .msg = "" };

    *t = (struct talk){ .cell = cell, .endpoint = endpoint_find(cell->request.endpoint) };
    t->prompts =
        prompts_open(&cell->workload, PROMPT_MESSAGES, cell->request.body, 1, &err);
    assert_non_null(t->prompts);
    t->rules = (struct session_rules){
        .spec = &cell->workload.session,
        .endpoint = t->endpoint,
        .words_per_token = 0.75,
        .prompts = t->prompts,
    };
    prompts_make(t->prompts, 0, 0.75, prompts_number(0, 0), &prompt, &extra, &t->info);
    session_init(&t->session);
    session_begin(&t->session, &t->rules, 0, &prompt, &extra);
    answer_init(&t->answer);
    t->answer.said.wanted = true;
    buf_free(&prompt);
    buf_free(&extra);
}

static void end(struct talk *t)
{
    session_free(&t->session);
    answer_free(&t->answer);
    prompts_close(t->prompts);
}

static void play(const struct cell *cell, const char *name, int turns, bool streamed)
{
    struct talk t;

    begin(&t, cell);
    expect_request(&t, name, 1);
    for (int turn = 1; turn < turns; turn++) {
        struct record r;
        ns_t wait;
        bool whole;

        record_init(&r);
        r.outcome = OUTCOME_OK;
        hear(&t, name, turn, streamed);
        assert_true(
            session_follow(&t.session, &t.rules, &r, &t.answer, &wait, &t.info, &whole));
        expect_request(&t, name, turn + 1);
    }
    end(&t);
}

static void expect_talk(const char *scenario, const char *name, int turns)
{
    struct err err = { .msg = "" };
    struct scenario s;

    if (scenario_parse(&s, test_path("wire/example.yaml"), scenario, strlen(scenario), NULL,
                       0, &err))
        fail_msg("%s", err.msg);
    play(&s.cells[0], name, turns, true);
    play(&s.cells[0], name, turns, false);
    scenario_free(&s);
}

TEST(wire_a_conversation_goes_on_from_what_was_said_and_from_the_results_of_tools)
{
    expect_talk(
        "target: { base_url: \"sim:\" }\n"
        "request:\n"
        "  model: llama-3.3-70b-versatile\n"
        "  body:\n"
        "    max_completion_tokens: 64\n"
        "    tools:\n"
        "      - { type: function, function: { name: get_weather, parameters: { type: "
        "object, properties: { city: { type: string } }, required: [city], "
        "additionalProperties: false } } }\n"
        "      - { type: function, function: { name: get_time, parameters: { type: "
        "object, properties: { city: { type: string } }, required: [city], "
        "additionalProperties: false } } }\n"
        "workload:\n"
        "  messages:\n"
        "    - { role: system, content: Be brief. }\n"
        "    - { role: user, content: \"Weather and time in Oslo?\" }\n"
        "  session:\n"
        "    turns: 4\n"
        "    messages: [\"And tomorrow?\"]\n"
        "    tool_result: '{\"c\": 18, \"at\": \"14:05\"}'\n"
        "load: [{ name: steady, concurrency: 1, requests: 1 }]\n",
        "chat", 3);
}

TEST(wire_a_conversation_of_the_responses_api_goes_on_by_its_items)
{
    expect_talk("target: { base_url: \"sim:\" }\n"
                "request:\n"
                "  endpoint: responses\n"
                "  model: openai/gpt-oss-20b\n"
                "  body:\n"
                "    max_output_tokens: 64\n"
                "    tools:\n"
                "      - { type: function, name: get_weather, parameters: { type: object, "
                "properties: { city: { type: string } }, required: [city], "
                "additionalProperties: false } }\n"
                "workload:\n"
                "  messages:\n"
                "    - { role: system, content: Be brief. }\n"
                "    - { role: user, content: \"Weather in Oslo?\" }\n"
                "  session:\n"
                "    turns: 4\n"
                "    messages: [\"And tomorrow?\"]\n"
                "    tool_result: '{\"c\": 18, \"at\": \"14:05\"}'\n"
                "load: [{ name: steady, concurrency: 1, requests: 1 }]\n",
                "responses", 3);
}
