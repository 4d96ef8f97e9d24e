#include "load/session.h"

#include <jansson.h>
#include <math.h>

#include "test.h"

/* A session at work: its rules, and an answer to go on from. */
struct fixture {
    struct session_spec spec;
    struct session_rules rules;
    struct prompts *prompts; /* NULL: not needed */
    struct session s;
    struct record r;
    struct answer a;
    struct prompt_info info;
    ns_t wait;
    bool whole;
};

static void begin(struct fixture *f, uint64_t seed, uint64_t number)
{
    struct buf prompt = { 0 }, extra = { 0 };

    f->rules = (struct session_rules){
        &f->spec, endpoint_find("chat"), seed, 0, 0.75, f->prompts,
    };
    buf_str(&prompt, "[{\"role\":\"user\",\"content\":\"Hi\"}]");
    buf_str(&extra, ",\"temperature\":0.2");
    session_init(&f->s);
    session_begin(&f->s, &f->rules, number, &prompt, &extra);
    record_init(&f->r);
    f->r.outcome = OUTCOME_OK;
    answer_init(&f->a);
    f->a.said.wanted = true;
    f->info = (struct prompt_info){ .estimated_tokens = 10, .planned_tokens = 10 };
    buf_free(&prompt);
    buf_free(&extra);
}

static void end(struct fixture *f)
{
    session_free(&f->s);
    answer_free(&f->a);
}

static void answer(struct fixture *f, const char *raw)
{
    said_reset(&f->a.said);
    said_text(&f->a.said, str_of(raw));
}

static void call(struct fixture *f, const char *id)
{
    struct buf text = { 0 };
    struct json j;

    buf_printf(
        &text,
        "{\"id\":\"%s\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}}",
        id);
    json_init(&j, text.p, text.len);
    said_read_call(&f->a.said, &j);
    buf_free(&text);
}

static bool follow(struct fixture *f)
{
    return session_follow(&f->s, &f->rules, &f->r, &f->a, &f->wait, &f->info, &f->whole);
}

static json_t *prompt(const struct fixture *f)
{
    struct buf out = { 0 }, extra = { 0 };
    json_t *v;

    session_prompt(&f->s, &out, &extra);
    assert_string_equal(extra.p, ",\"temperature\":0.2");
    v = json_loadb(out.p, out.len, 0, NULL);
    assert_non_null(v);
    buf_free(&out);
    buf_free(&extra);
    return v;
}

static const char *member(const json_t *v, size_t i, const char *key)
{
    return json_string_value(json_object_get(json_array_get(v, i), key));
}

TEST(each_turn_holds_all_that_was_said_before)
{
    static const char *const lines[] = { "Go on.", "Why \"so\"?" };
    struct fixture f = { .spec = { .turns = { .kind = DIST_FIXED, .mean = 4 },
                                   .messages = lines,
                                   .n_messages = 2,
                                   .think = 7 } };
    static const char *const want[] = { "Hi",          "a \"b\"\n\xF0\x9F\x98\x80",
                                        "Go on.",      "second",
                                        "Why \"so\"?", "third",
                                        "Why \"so\"?" };
    json_t *v;

    begin(&f, 1, 0);
    answer(&f, "a \\\"b\\\"\\n\\ud83d\\ude00");
    assert_true(follow(&f));
    assert_int_equal(f.s.turn, 2);
    assert_int_equal(f.wait, 7);
    answer(&f, "second");
    assert_true(follow(&f));
    answer(&f, "third");
    assert_true(follow(&f));
    v = prompt(&f);
    assert_int_equal(json_array_size(v), COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        assert_string_equal(member(v, i, "role"), i % 2 ? "assistant" : "user");
        assert_string_equal(member(v, i, "content"), want[i]);
    }
    json_decref(v);
    answer(&f, "last");
    assert_false(follow(&f));
    assert_true(f.whole);
    end(&f);
}

TEST(calls_of_tools_are_answered_with_the_scripted_result_and_no_thinking)
{
    struct fixture f = { .spec = { .turns = { .kind = DIST_FIXED, .mean = 3 },
                                   .input_tokens = { .kind = DIST_FIXED, .mean = 8 },
                                   .think = 9 * NS_PER_S,
                                   .tool_result = "{\"c\": 18}",
                                   .tool_time = 50 } };
    json_t *v, *calls;

    begin(&f, 1, 0);
    answer(&f, "");
    call(&f, "one");
    call(&f, "two");
    assert_true(follow(&f));
    assert_int_equal(f.wait, 50);
    v = prompt(&f);
    assert_int_equal(json_array_size(v), 4);
    assert_string_equal(member(v, 1, "role"), "assistant");
    assert_true(json_is_null(json_object_get(json_array_get(v, 1), "content")));
    calls = json_object_get(json_array_get(v, 1), "tool_calls");
    assert_int_equal(json_array_size(calls), 2);
    assert_string_equal(member(calls, 1, "id"), "two");
    assert_string_equal(member(calls, 1, "type"), "function");
    assert_string_equal(
        json_string_value(json_object_get(
            json_object_get(json_array_get(calls, 0), "function"), "arguments")),
        "{\"x\":1}");
    assert_string_equal(member(v, 2, "role"), "tool");
    assert_string_equal(member(v, 2, "tool_call_id"), "one");
    assert_string_equal(member(v, 3, "tool_call_id"), "two");
    assert_string_equal(member(v, 3, "content"), "{\"c\": 18}");
    json_decref(v);
    answer(&f, "It is warm.");
    assert_true(follow(&f)); /* the user asks on */
    assert_int_equal(f.wait, 9 * NS_PER_S);
    end(&f);
}

TEST(a_session_ends_where_nothing_can_follow)
{
    static const struct {
        const char *why;
        double turns;
        bool tools_only;
        const char *result;
        bool calls;
        bool lost;
        enum outcome outcome;
        bool whole;
    } cases[] = {
        { "its turns are over", 1, false, NULL, false, false, OUTCOME_OK, true },
        { "its turns are over, a call is left", 1, false, "x", true, false, OUTCOME_OK,
          true },
        { "no tool is called", 5, true, "x", false, false, OUTCOME_OK, true },
        { "the call has no result", 5, false, NULL, true, false, OUTCOME_OK, false },
        { "the answer is too long", 5, false, NULL, false, true, OUTCOME_OK, false },
        { "the request failed", 5, false, NULL, false, false, OUTCOME_SERVER, false },
        { "the request failed at the end", 1, false, NULL, false, false, OUTCOME_PARTIAL,
          false },
        { "it was cut", 5, false, NULL, false, false, OUTCOME_CUT, false },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture f = { .spec = {
                                 .turns = { .kind = DIST_FIXED, .mean = cases[i].turns },
                                 .input_tokens = { .kind = DIST_FIXED, .mean = 8 },
                                 .tools_only = cases[i].tools_only,
                                 .tool_result = cases[i].result } };

        begin(&f, 1, 0);
        answer(&f, "text");
        if (cases[i].calls)
            call(&f, "one");
        f.a.said.lost = cases[i].lost;
        f.r.outcome = cases[i].outcome;
        if (follow(&f) || f.whole != cases[i].whole)
            fail_msg("%s", cases[i].why);
        end(&f);
    }
}

/* Of session `number`: its turns, its pauses and the last prompt, as text. */
static char *story(uint64_t seed, uint64_t number, double *pauses)
{
    struct fixture f = { .spec = {
                             .turns = { .kind = DIST_UNIFORM, .min = 2, .max = 9 },
                             .input_tokens = { .kind = DIST_UNIFORM, .min = 4, .max = 40 },
                             .think = NS_PER_S,
                             .think_cv = 1 } };
    struct buf out = { 0 }, extra = { 0 };

    begin(&f, seed, number);
    answer(&f, "yes");
    while (follow(&f)) {
        buf_printf(&out, "%lld ", (long long)f.wait);
        *pauses += (double)f.wait;
    }
    session_prompt(&f.s, &out, &extra);
    buf_free(&extra);
    end(&f);
    return buf_take(&out);
}

TEST(a_session_is_a_function_of_seed_and_number)
{
    double pauses = 0;
    char *one = story(1, 5, &pauses), *again = story(1, 5, &pauses);
    char *other = story(1, 6, &pauses), *seed = story(2, 5, &pauses);

    assert_string_equal(one, again);
    assert_string_not_equal(one, other);
    assert_string_not_equal(one, seed);
    free(one);
    free(again);
    free(other);
    free(seed);
}

TEST(the_user_thinks_as_long_as_asked_in_the_mean)
{
    double pauses = 0, n = 0, turns, before;
    struct session_spec spec = { .turns = { .kind = DIST_UNIFORM, .min = 2, .max = 9 } };

    session_means(&spec, &turns, &before);
    for (uint64_t i = 0; i < 2000; i++, n += turns - 1)
        free(story(1, i, &pauses));
    assert_true(fabs(pauses / n / NS_PER_S - 1) < 0.05);
    assert_true(fabs(turns - 5.5) < 0.01);
    /* E[n (n - 1) / 2] / E[n] of 2..9 */
    assert_true(fabs(before - 15.0 / 5.5) < 0.01);
}

TEST(what_the_next_prompt_will_count_is_told_from_what_was_counted)
{
    struct fixture f = { .spec = { .turns = { .kind = DIST_FIXED, .mean = 3 },
                                   .input_tokens = { .kind = DIST_FIXED, .mean = 40 } } };

    begin(&f, 1, 0);
    answer(&f, "text");
    f.r.tokens.prompt = 1000;
    f.r.tokens.completion = 200;
    assert_true(follow(&f));
    assert_in_range(f.info.estimated_tokens, 1220, 1300);
    assert_int_equal(f.info.planned_tokens, -1);
    end(&f);
}

TEST(the_lines_of_the_script_are_counted_by_what_the_user_said)
{
    static const char *const lines[] = { "one", "two" };
    struct fixture f = { .spec = { .turns = { .kind = DIST_FIXED, .mean = 9 },
                                   .messages = lines,
                                   .n_messages = 2,
                                   .tool_result = "x" } };
    json_t *v;

    begin(&f, 1, 0);
    answer(&f, "");
    call(&f, "a");
    assert_true(follow(&f)); /* the result */
    answer(&f, "done");
    assert_true(follow(&f));
    v = prompt(&f);
    assert_string_equal(member(v, json_array_size(v) - 1, "content"), "one");
    json_decref(v);
    end(&f);
}
