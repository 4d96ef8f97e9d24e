#include "data/metric.h"

#include "data/rate.h"

#include "test.h"

struct values {
    size_t n;
    int64_t v[8];
};

static void collect(void *ctx, int64_t value)
{
    struct values *got = ctx;

    assert_true(got->n < COUNT(got->v));
    got->v[got->n++] = value;
}

/* A streamed answer of 11 tokens in three frames, on a reused connection. */
static struct record streamed(void)
{
    static const uint32_t gaps[] = { 40000, 0, 60000 };
    struct record r;

    record_init(&r);
    r.final = true;
    r.at[MOMENT_DUE] = 1000 * NS_PER_MS;
    r.at[MOMENT_READY] = 1010 * NS_PER_MS;
    r.at[MOMENT_START] = 1011 * NS_PER_MS;
    r.at[MOMENT_CONNECTED] = 1011 * NS_PER_MS;
    r.at[MOMENT_SENT] = 1012 * NS_PER_MS;
    r.at[MOMENT_ROLE] = 1090 * NS_PER_MS;
    r.at[MOMENT_FIRST] = 1100 * NS_PER_MS;
    r.at[MOMENT_REASONING] = 1110 * NS_PER_MS;
    r.at[MOMENT_ANSWER] = 1140 * NS_PER_MS;
    r.at[MOMENT_CALLED] = 1150 * NS_PER_MS;
    r.at[MOMENT_LAST] = 1200 * NS_PER_MS;
    r.at[MOMENT_END] = 1203 * NS_PER_MS;
    r.held[HOLD_PACING] = 10 * NS_PER_MS;
    r.reused = true;
    r.dns = r.tcp = r.tls = NS_PER_MS;
    r.calls = 2;
    r.frames = 4;
    r.bytes_up = 20000;
    r.tokens.planned = 2000;
    r.tokens.prompt = 2006;
    r.tokens.cached = 1920;
    r.tokens.completion = 11;
    r.tokens.reasoning = 4;
    r.server.queue = 20 * NS_PER_MS;
    r.server.prompt = 30 * NS_PER_MS;
    r.server.completion = 110 * NS_PER_MS;
    r.stall = 60 * NS_PER_MS;
    r.gaps = gaps;
    r.n_gaps = COUNT(gaps);
    r.doubts = (struct doubts){ .sent = 0,
                                .first = 2 * NS_PER_MS,
                                .answer = NS_PER_MS,
                                .last = 3 * NS_PER_MS,
                                .frame = 4 * NS_PER_MS,
                                .end = 6 * NS_PER_MS };
    return r;
}

static void expect(const char *name, const struct record *r, size_t n, int64_t first)
{
    struct values got = { 0 };
    enum metric_id id;

    assert_true(metric_find(str_of(name), &id));
    metrics[id].values(r, collect, &got);
    if (got.n != n || (n && got.v[0] != first))
        fail_msg("%s: %zu values, first %lld", name, got.n, (long long)got.v[0]);
}

TEST(every_metric_of_a_streamed_answer_is_what_its_moments_say)
{
    static const struct {
        const char *name;
        size_t n;
        int64_t first;
    } cases[] = {
        { "ttft", 1, 100 * NS_PER_MS },
        { "ttft_api", 1, 89 * NS_PER_MS },
        { "ttfr", 1, 79 * NS_PER_MS },
        { "ttfa", 1, 140 * NS_PER_MS },
        { "itl", 3, 40 * NS_PER_MS },
        { "tpot", 1, 10 * NS_PER_MS },
        { "tps", 1, 100000 },
        { "stall", 1, 60 * NS_PER_MS },
        { "e2e", 1, 203 * NS_PER_MS },
        { "e2e_api", 1, 192 * NS_PER_MS },
        { "queue", 1, 20 * NS_PER_MS },
        { "prefill", 1, 30 * NS_PER_MS },
        { "decode", 1, 110 * NS_PER_MS },
        { "network", 1, 28 * NS_PER_MS },
        { "dns", 0, 0 },
        { "tcp", 0, 0 },
        { "tls", 0, 0 },
        { "cache_hit", 1, 957129 },
        { "cost", 0, 0 },
        { "session", 0, 0 },
        { "held", 1, 10 * NS_PER_MS },
        { "held_cap", 1, 0 },
        { "held_pacing", 1, 10 * NS_PER_MS },
        { "held_retry", 1, 0 },
        { "send_lag", 1, 1 * NS_PER_MS },
        { "ttft_error", 1, 3 * NS_PER_MS },
        { "ttft_api_error", 1, 2 * NS_PER_MS },
        { "ttfa_error", 1, 2 * NS_PER_MS },
        { "tps_error", 1, 30928 },
        { "stall_error", 1, 4 * NS_PER_MS },
        { "e2e_error", 1, 7 * NS_PER_MS },
        { "planned_tokens", 1, 2000 },
        { "prompt_tokens", 1, 2006 },
        { "completion_tokens", 1, 11 },
        { "ttf_reasoning", 1, 110 * NS_PER_MS },
        { "reasoning_time", 1, 30 * NS_PER_MS },
        { "reasoning_share", 1, 363636 },
        { "reasoning_tokens", 1, 4 },
        { "answer_tokens", 1, 7 },
        { "embed_tps", 0, 0 },
        { "executed_tools", 0, 0 },
        { "tool_time", 0, 0 },
        { "model_time", 0, 0 },
        { "beyond_models", 0, 0 },
        { "score", 0, 0 },
        { "upload", 1, NS_PER_MS },
        { "speed_factor", 0, 0 },
        { "speed_factor_server", 0, 0 },
        { "rtf", 0, 0 },
        { "chars_per_s", 0, 0 },
        { "starved", 0, 0 },
        { "audio_in", 0, 0 },
        { "audio_out", 0, 0 },
        { "ttft_hit", 1, 89 * NS_PER_MS },
        { "ttft_miss", 0, 0 },
        { "prefill_hit", 1, 30 * NS_PER_MS },
        { "prefill_miss", 0, 0 },
        { "tool_call", 1, 150 * NS_PER_MS },
        { "tool_calls", 1, 2 },
        { "ttft_sent", 1, 88 * NS_PER_MS },
        { "request_bytes", 1, 20000 },
        { "batch_submit", 0, 0 },
        { "batch_queue", 0, 0 },
        { "batch_process", 0, 0 },
        { "batch_retrieve", 0, 0 },
        { "batch_total", 0, 0 },
        { "batch_resolution", 0, 0 },
        { "batch_server", 0, 0 },
    };
    struct record r = streamed();

    assert_int_equal(COUNT(cases), N_METRICS);
    for (size_t i = 0; i < COUNT(cases); i++)
        expect(cases[i].name, &r, cases[i].n, cases[i].first);
}

TEST(metrics_of_some_kinds_of_answer_are_what_those_hold)
{
    struct record r = streamed();

    r.embedding = (struct embedding){ 4, 768 };
    r.at[MOMENT_SENT] = 1 * NS_PER_S;
    r.at[MOMENT_END] = 3 * NS_PER_S;
    expect("embed_tps", &r, 1, 1003000); /* 2,006 tokens in 2 s */
    r.compound = (struct compound){ 3, 700 * NS_PER_MS, 2, 600 * NS_PER_MS };
    expect("executed_tools", &r, 1, 3);
    expect("tool_time", &r, 1, 700 * NS_PER_MS);
    expect("model_time", &r, 1, 600 * NS_PER_MS);
    expect("beyond_models", &r, 1, 1400 * NS_PER_MS);
    r.compound.model_time = 5 * NS_PER_S; /* by its own clock it took longer than by ours */
    expect("beyond_models", &r, 1, 0);
    r.judgement = (struct judgement){ 0, 427 };
    expect("score", &r, 1, 427);
}

TEST(a_prompt_of_which_nothing_was_cached_is_a_miss_and_one_nobody_told_of_is_neither)
{
    struct record r = streamed();

    r.tokens.cached = 0;
    expect("ttft_hit", &r, 0, 0);
    expect("ttft_miss", &r, 1, 89 * NS_PER_MS);
    expect("prefill_miss", &r, 1, 30 * NS_PER_MS);
    r.tokens.cached = -1;
    expect("ttft_hit", &r, 0, 0);
    expect("ttft_miss", &r, 0, 0);
}

TEST(what_did_not_happen_gives_no_value)
{
    struct record r;

    record_init(&r);
    for (int i = 0; i < N_METRICS; i++)
        expect(metrics[i].name, &r, 0, 0);
}

/* 30 s of audio that took 100 ms to go up and 150 ms to be written down. */
TEST(metrics_of_speech_to_text_tell_upload_and_speed_apart)
{
    struct record r;

    record_init(&r);
    r.at[MOMENT_DUE] = 0;
    r.at[MOMENT_START] = r.at[MOMENT_CONNECTED] = 50 * NS_PER_MS;
    r.at[MOMENT_SENT] = 150 * NS_PER_MS;
    r.at[MOMENT_HEAD] = r.at[MOMENT_END] = 300 * NS_PER_MS;
    r.audio.sent = 30 * NS_PER_S;
    r.bytes_up = 960500;
    expect("upload", &r, 1, 100 * NS_PER_MS);
    expect("speed_factor", &r, 1, 120000);
    expect("speed_factor_server", &r, 1, 200000);
    expect("audio_in", &r, 1, 30 * NS_PER_S);
    expect("rtf", &r, 0, 0);
    expect("chars_per_s", &r, 0, 0);
    expect("ttft", &r, 0, 0);
    r.bytes_up = (16 << 10) - 1; /* taken by the socket at once */
    expect("upload", &r, 0, 0);
    r.at[MOMENT_SENT] = NS_ABSENT;
    expect("speed_factor_server", &r, 0, 0);
}

TEST(metrics_of_text_to_speech_count_sound_and_characters)
{
    struct record r;

    record_init(&r);
    r.at[MOMENT_START] = 0;
    r.at[MOMENT_SENT] = NS_PER_MS;
    r.at[MOMENT_END] = 500 * NS_PER_MS;
    r.audio.received = 4 * NS_PER_S;
    r.audio.starved = 0;
    r.characters = 60;
    expect("rtf", &r, 1, 8000);
    expect("chars_per_s", &r, 1, 120000);
    expect("starved", &r, 1, 0);
    expect("audio_out", &r, 1, 4 * NS_PER_S);
    expect("speed_factor", &r, 0, 0);
}

TEST(speed_needs_two_tokens_and_time_between_them)
{
    struct record r = streamed();

    r.tokens.completion = 1;
    expect("tpot", &r, 0, 0);
    expect("tps", &r, 0, 0);
    r.tokens.completion = 2;
    r.at[MOMENT_LAST] = r.at[MOMENT_FIRST];
    expect("tpot", &r, 0, 0);
    expect("tps", &r, 0, 0);
}

TEST(speed_is_not_told_where_every_frame_is_a_whole_call)
{
    struct record r = streamed();

    r.frames = 2;
    expect("tpot", &r, 0, 0);
    expect("tps", &r, 0, 0);
    expect("tps_error", &r, 0, 0);
    r.frames = 3; /* a thought before them */
    expect("tps", &r, 1, 100000);
}

TEST(network_is_clamped_at_zero_and_the_clamp_is_told)
{
    struct record r = streamed();

    assert_false(metric_network_clamped(&r));
    r.server.queue = 200 * NS_PER_MS;
    expect("network", &r, 1, 0);
    assert_true(metric_network_clamped(&r));
    r.server.queue = NS_ABSENT;
    expect("network", &r, 0, 0);
    assert_false(metric_network_clamped(&r));
}

TEST(reasoning_has_a_share_only_where_the_server_tells_it)
{
    struct record r = streamed();

    r.tokens.reasoning = -1;
    expect("reasoning_share", &r, 0, 0);
    expect("answer_tokens", &r, 0, 0);
    r.tokens.reasoning = 0;
    expect("reasoning_share", &r, 1, 0);
    expect("answer_tokens", &r, 1, 11);
    r.tokens.reasoning = 12; /* more than there are */
    expect("reasoning_share", &r, 0, 0);
    expect("answer_tokens", &r, 0, 0);
    r.tokens.completion = r.tokens.reasoning = 0;
    expect("reasoning_share", &r, 0, 0);
}

TEST(hidden_thoughts_are_no_speed_and_no_network)
{
    struct record r = streamed();

    r.at[MOMENT_REASONING] = NS_ABSENT; /* first is no answer: something else came */
    expect("tps", &r, 1, 100000);
    r.at[MOMENT_ANSWER] = r.at[MOMENT_FIRST];
    expect("tps", &r, 1, 60000); /* 6 tokens behind the first in 100 ms */
    expect("tpot", &r, 1, 16666667);
    expect("network", &r, 1, 0); /* 88 - (20 + 30 + 5 * 10) ms */
    assert_true(metric_network_clamped(&r));
    r.tokens.reasoning = 10;
    expect("tps", &r, 0, 0);
    r.tokens.reasoning = 12; /* more than there are */
    expect("tps", &r, 1, 100000);
}

TEST(reasoning_time_ends_with_the_first_answer)
{
    struct record r = streamed();

    r.at[MOMENT_ANSWER] = NS_ABSENT; /* the budget ended within the thoughts */
    expect("reasoning_time", &r, 0, 0);
    expect("ttf_reasoning", &r, 1, 110 * NS_PER_MS);
    r.at[MOMENT_ANSWER] = r.at[MOMENT_REASONING] - 1; /* thoughts behind an answer */
    expect("reasoning_time", &r, 0, 0);
}

TEST(connection_times_are_of_new_connections_only)
{
    struct record r = streamed();

    r.reused = false;
    expect("dns", &r, 1, NS_PER_MS);
    expect("tls", &r, 1, NS_PER_MS);
}

TEST(latency_takes_good_outcomes_and_requests_their_final_attempt)
{
    struct record r = streamed();

    assert_true(metric_takes(&metrics[METRIC_TTFT], &r));
    r.outcome = OUTCOME_EMPTY;
    assert_true(metric_takes(&metrics[METRIC_TTFT], &r));
    r.outcome = OUTCOME_PARTIAL;
    assert_false(metric_takes(&metrics[METRIC_TTFT], &r));
    assert_true(metric_takes(&metrics[METRIC_SEND_LAG], &r));
    assert_true(metric_takes(&metrics[METRIC_HELD], &r));
    r.final = false;
    assert_false(metric_takes(&metrics[METRIC_HELD], &r));
    assert_true(metric_takes(&metrics[METRIC_SEND_LAG], &r));
}

TEST(every_metric_rate_and_outcome_has_a_full_row_and_its_own_name)
{
    for (int i = 0; i < N_METRICS; i++) {
        enum metric_id id;

        assert_true(metrics[i].title && metrics[i].prom && metrics[i].span);
        assert_true(metrics[i].help && metrics[i].values);
        assert_true(metric_find(str_of(metrics[i].name), &id) && (int)id == i);
    }
    for (int i = 0; i < N_RATES; i++) {
        enum rate_id id;

        assert_true(rates[i].title && rates[i].prom && rates[i].help && rates[i].value);
        assert_true(rate_find(str_of(rates[i].name), &id) && (int)id == i);
    }
    for (int i = 0; i < N_OUTCOMES; i++) {
        enum outcome o;

        assert_true(outcomes[i].help != NULL);
        assert_false(outcomes[i].error && outcomes[i].latency);
        assert_true(outcome_find(str_of(outcomes[i].name), &o) && (int)o == i);
    }
}
