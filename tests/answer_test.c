#include "api/answer.h"

#include "test.h"

TEST(answer_keeps_the_gaps_between_output_frames)
{
    static const ns_t at[] = { 1000000,       1001999, 1001999,
                               5000000000000, 4000000, 5000000001000 };
    static const uint32_t gaps[] = { 1, 0, UINT32_MAX, 0, 1 };
    struct answer a;

    answer_init(&a);
    for (size_t i = 0; i < COUNT(at); i++)
        answer_frame(&a, at[i], i == 2);
    assert_int_equal(a.frames, 6);
    assert_int_equal(a.shared, 2);
    assert_int_equal(a.first, 1000000);
    assert_int_equal(a.answer, 1001999);
    assert_int_equal(a.last, 5000000001000);
    assert_int_equal(a.stall, 5000000000000 - 1001999);
    assert_int_equal(a.n_gaps, COUNT(gaps));
    assert_memory_equal(a.gaps, gaps, sizeof(gaps));
    assert_int_equal(a.gaps_lost, 0);
    answer_free(&a);
}

TEST(answer_of_one_frame_has_no_gap)
{
    struct answer a;

    answer_init(&a);
    answer_frame(&a, 7, true);
    assert_int_equal(a.first, 7);
    assert_int_equal(a.answer, 7);
    assert_int_equal(a.last, 7);
    assert_int_equal(a.stall, NS_ABSENT);
    assert_int_equal(a.n_gaps, 0);
    answer_free(&a);
}

TEST(answer_counts_the_gaps_that_it_cannot_keep)
{
    struct answer a;

    answer_init(&a);
    for (ns_t i = 0; i < RECORD_MAX_GAPS + 11; i++)
        answer_frame(&a, i * NS_PER_US, true);
    assert_int_equal(a.n_gaps, RECORD_MAX_GAPS);
    assert_int_equal(a.gaps_lost, 10);
    assert_int_equal(a.frames, RECORD_MAX_GAPS + 11);
    answer_free(&a);
}

static void expect_nothing(const struct answer *a)
{
    assert_int_equal(a->status, 0);
    assert_int_equal(a->type, ANSWER_UNKNOWN);
    assert_int_equal(a->retry_after, NS_ABSENT);
    assert_int_equal(a->retry_in, NS_ABSENT);
    assert_int_equal(a->role, NS_ABSENT);
    assert_int_equal(a->first, NS_ABSENT);
    assert_int_equal(a->reasoning, NS_ABSENT);
    assert_int_equal(a->answer, NS_ABSENT);
    assert_int_equal(a->last, NS_ABSENT);
    assert_int_equal(a->stall, NS_ABSENT);
    assert_int_equal(a->frames + a->shared + a->gaps_lost + a->n_gaps, 0);
    assert_int_equal(a->tokens.prompt, -1);
    assert_int_equal(a->tokens.cached, -1);
    assert_int_equal(a->tokens.completion, -1);
    assert_int_equal(a->tokens.reasoning, -1);
    assert_int_equal(a->tokens.total, -1);
    assert_int_equal(a->server.queue, NS_ABSENT);
    assert_int_equal(a->server.prompt, NS_ABSENT);
    assert_int_equal(a->server.completion, NS_ABSENT);
    assert_int_equal(a->server.total, NS_ABSENT);
    for (size_t i = 0; i < N_LIMITS; i++) {
        assert_int_equal(a->limits[i].limit, -1);
        assert_int_equal(a->limits[i].remaining, -1);
        assert_int_equal(a->limits[i].reset, NS_ABSENT);
    }
    assert_memory_equal(&a->embedding, &embedding_none, sizeof(embedding_none));
    assert_memory_equal(&a->compound, &compound_none, sizeof(compound_none));
    assert_memory_equal(&a->judgement, &judgement_none, sizeof(judgement_none));
    assert_int_equal(a->opening.len + a->tools_seen + a->wants_opening, 0);
    assert_string_equal(answer_string(&a->request_id), "");
    assert_string_equal(answer_string(&a->region), "");
    assert_string_equal(answer_string(&a->edge), "");
    assert_string_equal(answer_string(&a->tier), "");
    assert_string_equal(answer_string(&a->finish), "");
    assert_string_equal(answer_string(&a->error), "");
    assert_string_equal(answer_string(&a->error_type), "");
    assert_string_equal(answer_string(&a->error_code), "");
    assert_string_equal(answer_string(&a->limit_kind), "");
    assert_false(a->done || a->text || a->tool_call || a->reasoned || a->damaged ||
                 a->failed || a->error_status);
    assert_true(a->called == NS_ABSENT && !a->calls);
    assert_int_equal(a->said.text.len + a->said.n_calls, 0);
    assert_false(a->think.inside || a->think.reasoned || a->think.text || a->think.tag);
}

/* Every byte that is no pointer or capacity set, so that a forgotten field shows. */
TEST(answer_reset_forgets_all_but_memory_and_secret)
{
    struct answer a, b;

    answer_init(&a);
    expect_nothing(&a);
    a.secret = str_of("canary");
    answer_frame(&a, 1, true);
    answer_frame(&a, 2, true);
    b = a;
    memset(&a, 0x01, sizeof(a));
    a.secret = b.secret;
    a.gaps = b.gaps;
    a.cap_gaps = b.cap_gaps;
    a.request_id = b.request_id;
    a.region = b.region;
    a.edge = b.edge;
    a.tier = b.tier;
    a.finish = b.finish;
    a.error = b.error;
    a.error_type = b.error_type;
    a.error_code = b.error_code;
    a.limit_kind = b.limit_kind;
    a.said = b.said;
    a.said.wanted = true;
    said_text(&a.said, str_of("x"));
    a.opening = b.opening;
    buf_str(&a.request_id, "x");
    buf_str(&a.region, "x");
    buf_str(&a.edge, "x");
    buf_str(&a.tier, "x");
    buf_str(&a.finish, "x");
    buf_str(&a.error, "x");
    buf_str(&a.error_type, "x");
    buf_str(&a.error_code, "x");
    buf_str(&a.limit_kind, "x");
    answer_opening(&a, str_of("x")); /* whatever it wants: it is all ones */
    answer_reset(&a);
    expect_nothing(&a);
    assert_string_equal(a.secret.p, "canary");
    assert_ptr_equal(a.gaps, b.gaps);
    answer_free(&a);
}
