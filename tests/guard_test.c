#include "api/endpoint.h"

#include <stdlib.h>

#include "api/error.h"
#include "files.h"
#include "test.h"

static enum outcome judge(struct answer *a, const char *body)
{
    answer_init(a);
    a->status = 200;
    endpoint_guard.body(a, str_of(body), 5);
    return error_classify(a, TRANSFER_DONE, endpoint_guard.complete(a));
}

TEST(guard_verdicts_and_scores_are_read)
{
    static const struct {
        const char *file;
        int64_t flagged, score;
    } cases[] = {
        { "wire/guard/safe.json", 0, -1 },
        { "wire/guard/unsafe.json", 1, -1 },
        { "wire/guard/score.json", 1, 998700 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char *body = test_file(cases[i].file, NULL);
        struct answer a;

        assert_int_equal(judge(&a, body), OUTCOME_OK);
        assert_int_equal(a.judgement.flagged, cases[i].flagged);
        assert_int_equal(a.judgement.score, cases[i].score);
        assert_true(a.tokens.prompt > 0);
        answer_free(&a);
        free(body);
    }
}

#define CONTENT(text)                                                                      \
    "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"" text               \
    "\"},\"finish_reason\":\"stop\"}]}"

TEST(guard_answers_that_are_no_verdict_are_not_taken_for_one)
{
    static const struct {
        const char *body;
        enum outcome want;
        int64_t flagged;
    } cases[] = {
        { CONTENT("unsafe"), OUTCOME_OK, 1 },
        { CONTENT("unsafe\\nS1,S9"), OUTCOME_OK, 1 },
        { CONTENT("0"), OUTCOME_OK, 0 },
        { CONTENT("1.0"), OUTCOME_OK, 1 },
        { CONTENT(" 4.27e-4\\n"), OUTCOME_OK, 0 },
        { CONTENT("unsafely"), OUTCOME_PROTOCOL, -1 },
        { CONTENT("safe enough"), OUTCOME_PROTOCOL, -1 },
        { CONTENT("1.5"), OUTCOME_PROTOCOL, -1 },
        { CONTENT("-0.1"), OUTCOME_PROTOCOL, -1 },
        { CONTENT("nan"), OUTCOME_PROTOCOL, -1 },
        { CONTENT("I cannot help with that."), OUTCOME_PROTOCOL, -1 },
        { CONTENT(""), OUTCOME_EMPTY, -1 },
        { "{\"error\":{\"message\":\"x\",\"code\":\"blocked_api_access\"}}",
          OUTCOME_BLOCKED, -1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer a;
        enum outcome got = judge(&a, cases[i].body);

        if (got != cases[i].want || a.judgement.flagged != cases[i].flagged)
            fail_msg("%s is %s, flagged %lld", cases[i].body, outcomes[got].name,
                     (long long)a.judgement.flagged);
        answer_free(&a);
    }
}

struct stream {
    struct answer a;
    ns_t events;
};

static void on_event(void *ctx, const struct sse_event *ev)
{
    struct stream *s = ctx;

    endpoint_guard.event(&s->a, ev, ++s->events);
}

TEST(guard_scores_come_whole_however_a_stream_is_cut)
{
    size_t n;
    char *text = test_file("wire/guard/score.sse", &n);

    for (size_t cut = 0; cut <= n; cut++) {
        struct stream s = { .events = 0 };
        struct sse sse;
        struct err err;

        answer_init(&s.a);
        s.a.status = 200;
        sse_init(&sse, 1 << 20, on_event, &s);
        assert_int_equal(sse_feed(&sse, text, cut, &err), 0);
        assert_int_equal(sse_feed(&sse, text + cut, n - cut, &err), 0);
        sse_end(&sse);
        assert_int_equal(error_classify(&s.a, TRANSFER_DONE, endpoint_guard.complete(&s.a)),
                         OUTCOME_OK);
        assert_int_equal(s.a.judgement.score, 427);
        assert_int_equal(s.a.judgement.flagged, 0);
        sse_free(&sse);
        answer_free(&s.a);
    }
    free(text);
}

TEST(chat_answers_are_no_verdicts)
{
    struct answer a;

    answer_init(&a);
    a.status = 200;
    endpoint_chat.body(&a, str_of(CONTENT("0.5")), 5);
    assert_int_equal(a.judgement.score, -1);
    assert_int_equal(a.opening.len, 0);
    answer_free(&a);
}
