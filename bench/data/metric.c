#include "data/metric.h"

#include "data/metric_kinds.h"

const char *const unit_names[N_UNITS] = {
    [UNIT_NS] = "ns",       [UNIT_MTOKS] = "mtok/s",   [UNIT_PPM] = "ppm",
    [UNIT_NUSD] = "n$",     [UNIT_TOKENS] = "tokens",  [UNIT_MX] = "mx",
    [UNIT_COUNT] = "count", [UNIT_MCHARS] = "mchar/s", [UNIT_BYTES] = "bytes",
};

static void between(const struct record *r, enum moment from, enum moment to,
                    metric_fn *emit, void *ctx)
{
    if (r->at[from] != NS_ABSENT && r->at[to] != NS_ABSENT)
        emit(ctx, r->at[to] - r->at[from]);
}

static void present(int64_t v, metric_fn *emit, void *ctx)
{
    if (v >= 0)
        emit(ctx, v);
}

static void ttft(const struct record *r, metric_fn *emit, void *ctx)
{
    between(r, MOMENT_DUE, MOMENT_FIRST, emit, ctx);
}

static void ttft_api(const struct record *r, metric_fn *emit, void *ctx)
{
    between(r, MOMENT_START, MOMENT_FIRST, emit, ctx);
}

static void ttfr(const struct record *r, metric_fn *emit, void *ctx)
{
    between(r, MOMENT_START, MOMENT_ROLE, emit, ctx);
}

static void ttfa(const struct record *r, metric_fn *emit, void *ctx)
{
    between(r, MOMENT_DUE, MOMENT_ANSWER, emit, ctx);
}

static void itl(const struct record *r, metric_fn *emit, void *ctx)
{
    for (size_t i = 0; i < r->n_gaps; i++)
        emit(ctx, r->gaps[i] * NS_PER_US);
}

/*
 * Tokens that were generated before the first output and never shown: hidden thoughts, of
 * an answer whose first output is its text.
 */
static int64_t hidden(const struct record *r)
{
    bool thought = r->tokens.reasoning > 0 && r->tokens.reasoning <= r->tokens.completion;

    return thought && r->at[MOMENT_REASONING] == NS_ABSENT &&
                   r->at[MOMENT_FIRST] == r->at[MOMENT_ANSWER]
               ? r->tokens.reasoning
               : 0;
}

static int64_t shown(const struct record *r)
{
    return r->tokens.completion - hidden(r);
}

/*
 * Time over which the shown tokens behind the first came; 0: it cannot be told. Where all
 * that came together is a whole tool call, the first of them is no first token: it has come
 * when all of its tokens had.
 */
static ns_t generation(const struct record *r)
{
    if (r->calls > 0 && r->frames - r->shared <= (uint64_t)r->calls)
        return 0;
    if (shown(r) < 2 || r->at[MOMENT_FIRST] == NS_ABSENT ||
        r->at[MOMENT_LAST] <= r->at[MOMENT_FIRST])
        return 0;
    return r->at[MOMENT_LAST] - r->at[MOMENT_FIRST];
}

static int64_t quotient(int64_t a, int64_t b)
{
    return (a + b / 2) / b;
}

static void tpot(const struct record *r, metric_fn *emit, void *ctx)
{
    ns_t span = generation(r);

    if (span)
        emit(ctx, quotient(span, shown(r) - 1));
}

/* The integer next to v >= 0; what is beyond all ranges stays there. */
static int64_t rounded(double v)
{
    return v < 0x1p62 ? (int64_t)(v + 0.5) : INT64_MAX;
}

static void tps(const struct record *r, metric_fn *emit, void *ctx)
{
    ns_t span = generation(r);

    if (span)
        emit(ctx, rounded((double)(shown(r) - 1) * 1e3 * NS_PER_S / (double)span));
}

static void stall(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->stall, emit, ctx);
}

static void e2e(const struct record *r, metric_fn *emit, void *ctx)
{
    between(r, MOMENT_DUE, MOMENT_END, emit, ctx);
}

static void e2e_api(const struct record *r, metric_fn *emit, void *ctx)
{
    between(r, MOMENT_START, MOMENT_END, emit, ctx);
}

static void queue(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->server.queue, emit, ctx);
}

static void prefill(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->server.prompt, emit, ctx);
}

static void decode(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->server.completion, emit, ctx);
}

/*
 * What is left of the time to the first output when the server's own part is taken off:
 * queue, prefill and the generation of one token, and of hidden ones before it. Needs all.
 */
static bool network_raw(const struct record *r, int64_t *v)
{
    int64_t tokens = r->tokens.completion;

    if (r->at[MOMENT_FIRST] == NS_ABSENT || r->at[MOMENT_SENT] == NS_ABSENT ||
        r->server.queue < 0 || r->server.prompt < 0 || r->server.completion < 0 ||
        tokens < 0)
        return false;
    *v = r->at[MOMENT_FIRST] - r->at[MOMENT_SENT] -
         (r->server.queue + r->server.prompt +
          r->server.completion / (tokens > 0 ? tokens : 1) * (hidden(r) + 1));
    return true;
}

static void network(const struct record *r, metric_fn *emit, void *ctx)
{
    int64_t v;

    if (network_raw(r, &v))
        emit(ctx, v > 0 ? v : 0);
}

/*
 * A body that a socket takes at once has no upload to speak of: a new connection of TCP
 * sends ten segments before it hears a word, some 14 KB.
 */
enum { UPLOAD_LEAST = 16 << 10 };

static bool uploads(const struct record *r)
{
    return r->bytes_up >= UPLOAD_LEAST;
}

static void upload(const struct record *r, metric_fn *emit, void *ctx)
{
    if (uploads(r))
        between(r, MOMENT_CONNECTED, MOMENT_SENT, emit, ctx);
}

static void dns(const struct record *r, metric_fn *emit, void *ctx)
{
    if (!r->reused)
        present(r->dns, emit, ctx);
}

static void tcp(const struct record *r, metric_fn *emit, void *ctx)
{
    if (!r->reused)
        present(r->tcp, emit, ctx);
}

static void tls(const struct record *r, metric_fn *emit, void *ctx)
{
    if (!r->reused)
        present(r->tls, emit, ctx);
}

static void cache_hit(const struct record *r, metric_fn *emit, void *ctx)
{
    if (r->tokens.cached >= 0 && r->tokens.prompt > 0)
        emit(ctx, rounded((double)r->tokens.cached * 1e6 / (double)r->tokens.prompt));
}

static void session(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->session, emit, ctx);
}

static void cost(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->cost_nusd, emit, ctx);
}

static void held(const struct record *r, metric_fn *emit, void *ctx)
{
    between(r, MOMENT_DUE, MOMENT_READY, emit, ctx);
}

static void held_by(const struct record *r, enum hold h, metric_fn *emit, void *ctx)
{
    if (r->at[MOMENT_READY] != NS_ABSENT)
        present(r->held[h], emit, ctx);
}

static void held_cap(const struct record *r, metric_fn *emit, void *ctx)
{
    held_by(r, HOLD_CAP, emit, ctx);
}

static void held_pacing(const struct record *r, metric_fn *emit, void *ctx)
{
    held_by(r, HOLD_PACING, emit, ctx);
}

static void held_retry(const struct record *r, metric_fn *emit, void *ctx)
{
    held_by(r, HOLD_RETRY, emit, ctx);
}

static void send_lag(const struct record *r, metric_fn *emit, void *ctx)
{
    between(r, MOMENT_READY, MOMENT_START, emit, ctx);
}

/* --- the instrument's error in a value of an attempt --------------------------------- */

/* How late it left, by what the plan wanted. */
static ns_t late_to_leave(const struct record *r)
{
    ns_t ready = r->at[MOMENT_READY], start = r->at[MOMENT_START];

    return (ready != NS_ABSENT && start > ready ? start - ready : 0) + r->doubts.sent;
}

static bool told(const struct record *r)
{
    return r->doubts.end != NS_ABSENT;
}

static void ttft_error(const struct record *r, metric_fn *emit, void *ctx)
{
    if (told(r) && r->at[MOMENT_FIRST] != NS_ABSENT)
        emit(ctx, late_to_leave(r) + r->doubts.first);
}

static void ttft_api_error(const struct record *r, metric_fn *emit, void *ctx)
{
    if (told(r) && r->at[MOMENT_FIRST] != NS_ABSENT)
        emit(ctx, r->doubts.sent + r->doubts.first);
}

static void ttfa_error(const struct record *r, metric_fn *emit, void *ctx)
{
    if (told(r) && r->at[MOMENT_ANSWER] != NS_ABSENT)
        emit(ctx, late_to_leave(r) + r->doubts.answer);
}

/* The span that a speed is of may be longer or shorter; what may be all error is capped. */
static void tps_error(const struct record *r, metric_fn *emit, void *ctx)
{
    enum { MOST_PPM = 1000000000 };
    ns_t span = generation(r), e = r->doubts.first;
    double ppm;

    if (!told(r) || !span)
        return;
    e = r->doubts.last > e ? r->doubts.last : e;
    ppm = e < span ? (double)e * 1e6 / (double)(span - e) : MOST_PPM;
    emit(ctx, rounded(ppm < MOST_PPM ? ppm : MOST_PPM));
}

static void stall_error(const struct record *r, metric_fn *emit, void *ctx)
{
    if (told(r) && r->stall >= 0)
        emit(ctx, r->doubts.frame);
}

static void e2e_error(const struct record *r, metric_fn *emit, void *ctx)
{
    if (told(r) && r->at[MOMENT_END] != NS_ABSENT)
        emit(ctx, late_to_leave(r) + r->doubts.end);
}

static void planned_tokens(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->tokens.planned, emit, ctx);
}

static void prompt_tokens(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->tokens.prompt, emit, ctx);
}

static void completion_tokens(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->tokens.completion, emit, ctx);
}

static void ttf_reasoning(const struct record *r, metric_fn *emit, void *ctx)
{
    between(r, MOMENT_DUE, MOMENT_REASONING, emit, ctx);
}

static void reasoning_time(const struct record *r, metric_fn *emit, void *ctx)
{
    if (r->at[MOMENT_ANSWER] >= r->at[MOMENT_REASONING])
        between(r, MOMENT_REASONING, MOMENT_ANSWER, emit, ctx);
}

/* Has it told how many of its tokens are reasoning, and can that be? */
static bool tells_reasoning(const struct record *r)
{
    return r->tokens.reasoning >= 0 && r->tokens.completion >= r->tokens.reasoning;
}

static void reasoning_share(const struct record *r, metric_fn *emit, void *ctx)
{
    if (tells_reasoning(r) && r->tokens.completion)
        emit(ctx,
             rounded((double)r->tokens.reasoning * 1e6 / (double)r->tokens.completion));
}

static void reasoning_tokens(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->tokens.reasoning, emit, ctx);
}

static void answer_tokens(const struct record *r, metric_fn *emit, void *ctx)
{
    if (tells_reasoning(r))
        emit(ctx, r->tokens.completion - r->tokens.reasoning);
}

/* Thousandths of what is done in a unit of time, v units of it within the span. */
static void speed(double v, const struct record *r, enum moment from, metric_fn *emit,
                  void *ctx)
{
    ns_t span = r->at[MOMENT_END] - r->at[from];

    if (v >= 0 && r->at[from] != NS_ABSENT && r->at[MOMENT_END] != NS_ABSENT && span > 0)
        emit(ctx, rounded(v * 1e3 / (double)span));
}

static void speed_factor(const struct record *r, metric_fn *emit, void *ctx)
{
    speed((double)r->audio.sent, r, MOMENT_START, emit, ctx);
}

static void speed_factor_server(const struct record *r, metric_fn *emit, void *ctx)
{
    speed((double)r->audio.sent, r, MOMENT_SENT, emit, ctx);
}

static void rtf(const struct record *r, metric_fn *emit, void *ctx)
{
    speed((double)r->audio.received, r, MOMENT_START, emit, ctx);
}

static void chars_per_s(const struct record *r, metric_fn *emit, void *ctx)
{
    speed((double)r->characters * NS_PER_S, r, MOMENT_START, emit, ctx);
}

static void starved(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->audio.starved, emit, ctx);
}

static void audio_in(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->audio.sent, emit, ctx);
}

static void audio_out(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->audio.received, emit, ctx);
}

/* A server that says nothing of its cache has neither hits nor misses. */
static bool hit(const struct record *r)
{
    return r->tokens.cached > 0;
}

static bool missed(const struct record *r)
{
    return !r->tokens.cached;
}

static void ttft_hit(const struct record *r, metric_fn *emit, void *ctx)
{
    if (hit(r))
        ttft_api(r, emit, ctx);
}

static void ttft_miss(const struct record *r, metric_fn *emit, void *ctx)
{
    if (missed(r))
        ttft_api(r, emit, ctx);
}

static void prefill_hit(const struct record *r, metric_fn *emit, void *ctx)
{
    if (hit(r))
        prefill(r, emit, ctx);
}

static void prefill_miss(const struct record *r, metric_fn *emit, void *ctx)
{
    if (missed(r))
        prefill(r, emit, ctx);
}

static void tool_call(const struct record *r, metric_fn *emit, void *ctx)
{
    between(r, MOMENT_DUE, MOMENT_CALLED, emit, ctx);
}

static void tool_calls(const struct record *r, metric_fn *emit, void *ctx)
{
    present(r->calls, emit, ctx);
}

static void ttft_sent(const struct record *r, metric_fn *emit, void *ctx)
{
    if (uploads(r))
        between(r, MOMENT_SENT, MOMENT_FIRST, emit, ctx);
}

static void request_bytes(const struct record *r, metric_fn *emit, void *ctx)
{
    if (uploads(r))
        emit(ctx, (int64_t)r->bytes_up);
}

/*
 * OpenTelemetry's durations count from when a request left, so its names stand at the _api
 * metrics; those that count from due have none.
 */
const struct metric metrics[N_METRICS] = {
    [METRIC_TTFT] = { .name = "ttft",
                      .title = "Time to first token",
                      .unit = UNIT_NS,
                      .per_request = true,
                      .clocked = true,
                      .prom = "tokdyno_ttft_seconds",
                      .span = "due -> first",
                      .help =
                          "What a user feels: from when the request was due to the first "
                          "output of its final attempt, all waiting included.",
                      .values = ttft },
    [METRIC_TTFT_API] = { .name = "ttft_api",
                          .title = "Time to first token, API",
                          .unit = UNIT_NS,
                          .clocked = true,
                          .prom = "tokdyno_ttft_api_seconds",
                          .otel = "gen_ai.client.operation.time_to_first_chunk",
                          .span = "start -> first",
                          .help = "The API with its connection set-up; what AIPerf and "
                                  "GuideLLM call TTFT.",
                          .values = ttft_api },
    [METRIC_TTFR] = { .name = "ttfr",
                      .title = "Time to first frame",
                      .unit = UNIT_NS,
                      .clocked = true,
                      .prom = "tokdyno_ttfr_seconds",
                      .span = "start -> role",
                      .help = "To the first frame, which may hold no text yet; what vLLM's "
                              "client calls TTFT.",
                      .values = ttfr },
    [METRIC_TTFA] = { .name = "ttfa",
                      .title = "Time to first answer",
                      .unit = UNIT_NS,
                      .per_request = true,
                      .clocked = true,
                      .prom = "tokdyno_ttfa_seconds",
                      .span = "due -> answer",
                      .help = "To the first visible text, behind any reasoning.",
                      .values = ttfa },
    [METRIC_ITL] = { .name = "itl",
                     .title = "Gap between frames",
                     .unit = UNIT_NS,
                     .clocked = true,
                     .prom = "tokdyno_itl_seconds",
                     .otel = "gen_ai.client.operation.time_per_output_chunk",
                     .span = "frame -> next frame",
                     .help = "Gap between two output frames. A frame may hold several "
                             "tokens; frames read with one stamp have a gap of 0.",
                     .values = itl },
    [METRIC_TPOT] = { .name = "tpot",
                      .title = "Time per output token",
                      .unit = UNIT_NS,
                      .prom = "tokdyno_tpot_seconds",
                      .span = "(last - first) / (completion tokens - 1)",
                      .help = "Mean time per token of a request, behind the first. Absent "
                              "with fewer than two tokens, where all came at once, or "
                              "where tool calls came whole. Hidden thoughts, which came "
                              "before the first, do not count.",
                      .values = tpot },
    [METRIC_TPS] = { .name = "tps",
                     .title = "Tokens per second, per request",
                     .unit = UNIT_MTOKS,
                     .more_is_better = true,
                     .prom = "tokdyno_tps_tokens_per_second",
                     .span = "(completion tokens - 1) / (last - first)",
                     .help = "Speed of generation as one request sees it, without hidden "
                             "thoughts. The total of a run is the rate tps_total.",
                     .values = tps },
    [METRIC_STALL] = { .name = "stall",
                       .title = "Longest gap",
                       .unit = UNIT_NS,
                       .clocked = true,
                       .prom = "tokdyno_stall_seconds",
                       .span = "longest frame -> next frame",
                       .help = "The longest gap between two output frames of a request.",
                       .values = stall },
    [METRIC_E2E] = { .name = "e2e",
                     .title = "End to end",
                     .unit = UNIT_NS,
                     .per_request = true,
                     .clocked = true,
                     .prom = "tokdyno_e2e_seconds",
                     .span = "due -> end",
                     .help = "From when the request was due to its last byte, all waiting "
                             "included.",
                     .values = e2e },
    [METRIC_E2E_API] = { .name = "e2e_api",
                         .title = "End to end, API",
                         .unit = UNIT_NS,
                         .clocked = true,
                         .prom = "tokdyno_e2e_api_seconds",
                         .otel = "gen_ai.client.operation.duration",
                         .span = "start -> end",
                         .help = "From when the attempt left to its last byte.",
                         .values = e2e_api },
    [METRIC_QUEUE] = { .name = "queue",
                       .title = "Server: queue",
                       .unit = UNIT_NS,
                       .prom = "tokdyno_server_queue_seconds",
                       .span = "server's queue_time",
                       .help = "Waiting before the server began, as it reports it. Absent "
                               "is not zero.",
                       .values = queue },
    [METRIC_PREFILL] = { .name = "prefill",
                         .title = "Server: prefill",
                         .unit = UNIT_NS,
                         .prom = "tokdyno_server_prefill_seconds",
                         .span = "server's prompt_time",
                         .help = "Reading the prompt, as the server reports it.",
                         .values = prefill },
    [METRIC_DECODE] = { .name = "decode",
                        .title = "Server: decode",
                        .unit = UNIT_NS,
                        .prom = "tokdyno_server_decode_seconds",
                        .span = "server's completion_time",
                        .help = "Generating the output, as the server reports it.",
                        .values = decode },
    [METRIC_NETWORK] = { .name = "network",
                         .title = "Network and edge",
                         .unit = UNIT_NS,
                         .clocked = true,
                         .prom = "tokdyno_network_seconds",
                         .span = "(first - sent) - (queue + prefill + one token)",
                         .help =
                             "What the way to the first output took besides the server, "
                             "and besides hidden thoughts. Clamped at 0, clamps are "
                             "counted.",
                         .values = network },
    [METRIC_UPLOAD] = { .name = "upload",
                        .title = "Upload",
                        .unit = UNIT_NS,
                        .clocked = true,
                        .prom = "tokdyno_upload_seconds",
                        .span = "connected -> sent",
                        .help = "From when the connection was ready to when the system had "
                                "taken the whole request. Of requests of 16 KiB and more: "
                                "smaller ones are taken at once.",
                        .values = upload },
    [METRIC_DNS] = { .name = "dns",
                     .title = "DNS",
                     .unit = UNIT_NS,
                     .prom = "tokdyno_dns_seconds",
                     .span = "name look-up",
                     .help = "New connections only.",
                     .values = dns },
    [METRIC_TCP] = { .name = "tcp",
                     .title = "TCP connect",
                     .unit = UNIT_NS,
                     .prom = "tokdyno_tcp_seconds",
                     .span = "TCP handshake",
                     .help = "New connections only.",
                     .values = tcp },
    [METRIC_TLS] = { .name = "tls",
                     .title = "TLS handshake",
                     .unit = UNIT_NS,
                     .prom = "tokdyno_tls_seconds",
                     .span = "TLS handshake",
                     .help = "New connections only.",
                     .values = tls },
    [METRIC_CACHE_HIT] = { .name = "cache_hit",
                           .title = "Prompt cache hit",
                           .unit = UNIT_PPM,
                           .more_is_better = true,
                           .prom = "tokdyno_cache_hit_ratio",
                           .span = "cached / prompt tokens",
                           .help = "Share of a request's prompt tokens that came from the "
                                   "cache. Absent where the server did not say.",
                           .values = cache_hit },
    [METRIC_SESSION] = { .name = "session",
                         .title = "Whole session",
                         .unit = UNIT_NS,
                         .per_request = true,
                         .clocked = true,
                         .prom = "tokdyno_session_seconds",
                         .span = "due of the first turn -> end of the last",
                         .help = "How long a conversation took, thinking and tools "
                                 "included. Absent where it was not brought to its end.",
                         .values = session },
    [METRIC_COST] = { .name = "cost",
                      .title = "Cost",
                      .unit = UNIT_NUSD,
                      .any_outcome = true,
                      .prom = "tokdyno_cost_dollars",
                      .span = "catalogue x usage",
                      .help =
                          "Price of an attempt that returned usage; absent where a price "
                          "is unknown.",
                      .values = cost },
    [METRIC_HELD] = { .name = "held",
                      .title = "Held back",
                      .unit = UNIT_NS,
                      .per_request = true,
                      .any_outcome = true,
                      .prom = "tokdyno_held_seconds",
                      .span = "due -> ready",
                      .help = "How long a request had to wait before its final attempt was "
                              "let go.",
                      .values = held },
    [METRIC_HELD_CAP] = { .name = "held_cap",
                          .title = "Held by the in-flight cap",
                          .unit = UNIT_NS,
                          .per_request = true,
                          .any_outcome = true,
                          .prom = "tokdyno_held_cap_seconds",
                          .span = "part of due -> ready",
                          .help = "Part of held: limits.in_flight.",
                          .values = held_cap },
    [METRIC_HELD_PACING] = { .name = "held_pacing",
                             .title = "Held by pacing",
                             .unit = UNIT_NS,
                             .per_request = true,
                             .any_outcome = true,
                             .prom = "tokdyno_held_pacing_seconds",
                             .span = "part of due -> ready",
                             .help = "Part of held: limits.pace_to_rate_limits.",
                             .values = held_pacing },
    [METRIC_HELD_RETRY] = { .name = "held_retry",
                            .title = "Held by retries",
                            .unit = UNIT_NS,
                            .per_request = true,
                            .any_outcome = true,
                            .prom = "tokdyno_held_retry_seconds",
                            .span = "part of due -> ready",
                            .help = "Part of held: earlier attempts and the back-off "
                                    "between them.",
                            .values = held_retry },
    [METRIC_SEND_LAG] = { .name = "send_lag",
                          .title = "Send lag",
                          .unit = UNIT_NS,
                          .any_outcome = true,
                          .prom = "tokdyno_send_lag_seconds",
                          .span = "ready -> start",
                          .help =
                              "The instrument: from when an attempt might go to when it "
                              "went.",
                          .values = send_lag },
    [METRIC_TTFT_ERROR] = { .name = "ttft_error",
                            .title = "Error of ttft",
                            .unit = UNIT_NS,
                            .per_request = true,
                            .prom = "tokdyno_ttft_error_seconds",
                            .span = "send_lag + doubt of first",
                            .help = "By how much ttft may be too long for the instrument's "
                                    "sake: how late the request left, and how late its "
                                    "first output may have been stamped.",
                            .values = ttft_error },
    [METRIC_TTFT_API_ERROR] = { .name = "ttft_api_error",
                                .title = "Error of ttft_api",
                                .unit = UNIT_NS,
                                .prom = "tokdyno_ttft_api_error_seconds",
                                .span = "doubt of sent + doubt of first",
                                .help = "The same for ttft_api, which counts from when the "
                                        "request left.",
                                .values = ttft_api_error },
    [METRIC_TTFA_ERROR] = { .name = "ttfa_error",
                            .title = "Error of ttfa",
                            .unit = UNIT_NS,
                            .per_request = true,
                            .prom = "tokdyno_ttfa_error_seconds",
                            .span = "send_lag + doubt of answer",
                            .help = "The same for ttfa.",
                            .values = ttfa_error },
    [METRIC_TPS_ERROR] = { .name = "tps_error",
                           .title = "Error of tps",
                           .unit = UNIT_PPM,
                           .prom = "tokdyno_tps_error_ratio",
                           .span = "doubt of first or last / (last - first)",
                           .help = "By what share tps may be off, either way.",
                           .values = tps_error },
    [METRIC_STALL_ERROR] = { .name = "stall_error",
                             .title = "Error of stall",
                             .unit = UNIT_NS,
                             .prom = "tokdyno_stall_error_seconds",
                             .span = "most doubt of a frame",
                             .help = "By how much the longest gap may be off, either way: "
                                     "the most that any frame of the attempt may have been "
                                     "stamped late.",
                             .values = stall_error },
    [METRIC_E2E_ERROR] = { .name = "e2e_error",
                           .title = "Error of e2e",
                           .unit = UNIT_NS,
                           .per_request = true,
                           .prom = "tokdyno_e2e_error_seconds",
                           .span = "send_lag + doubt of end",
                           .help =
                               "By how much e2e may be too long for the instrument's sake.",
                           .values = e2e_error },
    [METRIC_PLANNED_TOKENS] = { .name = "planned_tokens",
                                .title = "Prompt tokens asked for",
                                .unit = UNIT_TOKENS,
                                .prom = "tokdyno_planned_tokens",
                                .span = "plan",
                                .help = "Input tokens that the plan aimed at with a "
                                        "synthetic prompt.",
                                .values = planned_tokens },
    [METRIC_PROMPT_TOKENS] = { .name = "prompt_tokens",
                               .title = "Prompt tokens",
                               .unit = UNIT_TOKENS,
                               .prom = "tokdyno_prompt_tokens",
                               .otel = "gen_ai.client.token.usage",
                               .span = "usage",
                               .help = "Input tokens of an attempt, as the server counted "
                                       "them.",
                               .values = prompt_tokens },
    [METRIC_COMPLETION_TOKENS] = { .name = "completion_tokens",
                                   .title = "Completion tokens",
                                   .unit = UNIT_TOKENS,
                                   .prom = "tokdyno_completion_tokens",
                                   .otel = "gen_ai.client.token.usage",
                                   .span = "usage",
                                   .help =
                                       "Output tokens of an attempt, reasoning included, "
                                       "as the server counted them.",
                                   .values = completion_tokens },
    [METRIC_TTF_REASONING] = { .name = "ttf_reasoning",
                               .title = "Time to first reasoning",
                               .unit = UNIT_NS,
                               .per_request = true,
                               .clocked = true,
                               .prom = "tokdyno_ttf_reasoning_seconds",
                               .span = "due -> reasoning",
                               .help = "To the first output that is reasoning, whether it "
                                       "stands apart or between <think> tags. Absent where "
                                       "the thoughts are hidden.",
                               .values = ttf_reasoning },
    [METRIC_REASONING_TIME] = { .name = "reasoning_time",
                                .title = "Time spent reasoning",
                                .unit = UNIT_NS,
                                .clocked = true,
                                .prom = "tokdyno_reasoning_time_seconds",
                                .span = "reasoning -> answer",
                                .help = "How long the user sees thoughts, or nothing, "
                                        "before the answer begins.",
                                .values = reasoning_time },
    [METRIC_REASONING_SHARE] = { .name = "reasoning_share",
                                 .title = "Share of reasoning",
                                 .unit = UNIT_PPM,
                                 .prom = "tokdyno_reasoning_share_ratio",
                                 .span = "reasoning / completion tokens",
                                 .help = "Share of the output tokens that are reasoning, "
                                         "hidden or not. Absent where the server did not "
                                         "say.",
                                 .values = reasoning_share },
    [METRIC_REASONING_TOKENS] = { .name = "reasoning_tokens",
                                  .title = "Reasoning tokens",
                                  .unit = UNIT_TOKENS,
                                  .prom = "tokdyno_reasoning_tokens",
                                  .span = "usage",
                                  .help = "Output tokens that are reasoning, as the server "
                                          "counted them.",
                                  .values = reasoning_tokens },
    [METRIC_ANSWER_TOKENS] = { .name = "answer_tokens",
                               .title = "Answer tokens",
                               .unit = UNIT_TOKENS,
                               .prom = "tokdyno_answer_tokens",
                               .span = "completion - reasoning tokens",
                               .help = "Output tokens that are no reasoning. Absent where "
                                       "the server did not say.",
                               .values = answer_tokens },
    [METRIC_EMBED_TPS] = { .name = "embed_tps",
                           .title = "Tokens embedded per second, per request",
                           .unit = UNIT_MTOKS,
                           .more_is_better = true,
                           .prom = "tokdyno_embed_tokens_per_second",
                           .span = "prompt tokens / (end - sent)",
                           .help = "Speed of an embeddings request. The totals of a run "
                                   "are the rates vectors_per_s and embedded_tps.",
                           .values = metric_embed_tps },
    [METRIC_EXECUTED_TOOLS] = { .name = "executed_tools",
                                .title = "Tools that the server ran",
                                .unit = UNIT_COUNT,
                                .prom = "tokdyno_executed_tools",
                                .span = "executed_tools of the answer",
                                .help = "Tools that a system, or a model with built-in "
                                        "tools, ran on the server for one answer.",
                                .values = metric_executed_tools },
    [METRIC_TOOL_TIME] = { .name = "tool_time",
                           .title = "Time in the server's tools",
                           .unit = UNIT_NS,
                           .prom = "tokdyno_tool_time_seconds",
                           .span = "tool named -> its output, added up",
                           .help = "As the stream tells it: from the frame that names a "
                                   "tool to the one with its output. Tools that run side "
                                   "by side count each.",
                           .values = metric_tool_time },
    [METRIC_MODEL_TIME] = { .name = "model_time",
                            .title = "Time in models",
                            .unit = UNIT_NS,
                            .prom = "tokdyno_model_time_seconds",
                            .span = "queue + total time of each call, added up",
                            .help = "The models' part of a system's answer, by its "
                                    "usage_breakdown.",
                            .values = metric_model_time },
    [METRIC_BEYOND_MODELS] = { .name = "beyond_models",
                               .title = "Tools and network",
                               .unit = UNIT_NS,
                               .prom = "tokdyno_beyond_models_seconds",
                               .span = "(end - sent) - model_time",
                               .help = "What is left of a system's answer when its "
                                       "models' time is taken off: tools and network. "
                                       "Clamped at 0.",
                               .values = metric_beyond_models },
    [METRIC_SCORE] = { .name = "score",
                       .title = "Score of a prompt guard",
                       .unit = UNIT_PPM,
                       .prom = "tokdyno_guard_score_ratio",
                       .span = "the number that the answer is",
                       .help = "How likely the guard model takes the prompt for an "
                               "attack.",
                       .values = metric_score },
    [METRIC_SPEED_FACTOR] = { .name = "speed_factor",
                              .title = "Speed factor",
                              .unit = UNIT_MX,
                              .more_is_better = true,
                              .clocked = true,
                              .prom = "tokdyno_speed_factor",
                              .span = "length of the audio sent / (end - start)",
                              .help = "How many seconds of audio are transcribed in a "
                                      "second, by our clock, upload included.",
                              .values = speed_factor },
    [METRIC_SPEED_FACTOR_SERVER] = { .name = "speed_factor_server",
                                     .title = "Speed factor, without upload",
                                     .unit = UNIT_MX,
                                     .more_is_better = true,
                                     .clocked = true,
                                     .prom = "tokdyno_speed_factor_server",
                                     .span = "length of the audio sent / (end - sent)",
                                     .help = "The same from when all of it had been sent: "
                                             "what comes near the figures that providers "
                                             "publish.",
                                     .values = speed_factor_server },
    [METRIC_RTF] = { .name = "rtf",
                     .title = "Real-time factor of speech",
                     .unit = UNIT_MX,
                     .more_is_better = true,
                     .clocked = true,
                     .prom = "tokdyno_rtf",
                     .span = "length of the audio received / (end - start)",
                     .help = "How many seconds of speech come in a second; below 1 it "
                             "cannot be played while it comes. Absent where the format "
                             "does not tell how long it lasts (WAV does).",
                     .values = rtf },
    [METRIC_CHARS_PER_S] = { .name = "chars_per_s",
                             .title = "Characters spoken per second",
                             .unit = UNIT_MCHARS,
                             .more_is_better = true,
                             .clocked = true,
                             .prom = "tokdyno_characters_per_second",
                             .span = "characters of the text / (end - start)",
                             .help = "Speed of text to speech as one request sees it.",
                             .values = chars_per_s },
    [METRIC_STARVED] = { .name = "starved",
                         .title = "Player stands still",
                         .unit = UNIT_NS,
                         .clocked = true,
                         .prom = "tokdyno_starved_seconds",
                         .span = "most of (frame - first) - audio before the frame",
                         .help = "How long in all a player that begins with the first "
                                 "sound would stand still, waiting for more; 0: never.",
                         .values = starved },
    [METRIC_AUDIO_IN] = { .name = "audio_in",
                          .title = "Audio sent",
                          .unit = UNIT_NS,
                          .any_outcome = true,
                          .prom = "tokdyno_audio_in_seconds",
                          .span = "length of the clip",
                          .help = "How long the audio of an attempt lasts. Bills count 10 "
                                  "s at least.",
                          .values = audio_in },
    [METRIC_AUDIO_OUT] = { .name = "audio_out",
                           .title = "Audio received",
                           .unit = UNIT_NS,
                           .any_outcome = true,
                           .prom = "tokdyno_audio_out_seconds",
                           .span = "length of the audio",
                           .help = "How long the speech of an answer lasts, by the head of "
                                   "its WAV file.",
                           .values = audio_out },
    [METRIC_TTFT_HIT] = { .name = "ttft_hit",
                          .title = "Time to first token, API, cache hit",
                          .unit = UNIT_NS,
                          .clocked = true,
                          .prom = "tokdyno_ttft_hit_seconds",
                          .span = "start -> first",
                          .help = "ttft_api of attempts whose prompt came in part from the "
                                  "prompt cache.",
                          .values = ttft_hit },
    [METRIC_TTFT_MISS] = { .name = "ttft_miss",
                           .title = "Time to first token, API, cache miss",
                           .unit = UNIT_NS,
                           .clocked = true,
                           .prom = "tokdyno_ttft_miss_seconds",
                           .span = "start -> first",
                           .help =
                               "ttft_api of attempts of whose prompt nothing was cached. "
                               "Absent where the server did not say.",
                           .values = ttft_miss },
    [METRIC_PREFILL_HIT] = { .name = "prefill_hit",
                             .title = "Server: prefill, cache hit",
                             .unit = UNIT_NS,
                             .prom = "tokdyno_server_prefill_hit_seconds",
                             .span = "server's prompt_time",
                             .help =
                                 "prefill of attempts whose prompt came in part from the "
                                 "prompt cache.",
                             .values = prefill_hit },
    [METRIC_PREFILL_MISS] = { .name = "prefill_miss",
                              .title = "Server: prefill, cache miss",
                              .unit = UNIT_NS,
                              .prom = "tokdyno_server_prefill_miss_seconds",
                              .span = "server's prompt_time",
                              .help = "prefill of attempts of whose prompt nothing was "
                                      "cached.",
                              .values = prefill_miss },
    [METRIC_TOOL_CALL] = { .name = "tool_call",
                           .title = "Time to tool calls complete",
                           .unit = UNIT_NS,
                           .per_request = true,
                           .clocked = true,
                           .prom = "tokdyno_tool_call_seconds",
                           .span = "due -> called",
                           .help = "To the last piece of the last tool call of an answer: "
                                   "from then on tools can run.",
                           .values = tool_call },
    [METRIC_TOOL_CALLS] = { .name = "tool_calls",
                            .title = "Tool calls",
                            .unit = UNIT_COUNT,
                            .prom = "tokdyno_tool_calls",
                            .span = "answer",
                            .help = "Tool calls of an answer to a request that offers "
                                    "tools.",
                            .values = tool_calls },
    [METRIC_TTFT_SENT] = { .name = "ttft_sent",
                           .title = "Time to first token, behind the upload",
                           .unit = UNIT_NS,
                           .clocked = true,
                           .prom = "tokdyno_ttft_sent_seconds",
                           .span = "sent -> first",
                           .help = "ttft_api without connection set-up and upload, of "
                                   "requests of 16 KiB and more.",
                           .values = ttft_sent },
    [METRIC_REQUEST_BYTES] = { .name = "request_bytes",
                               .title = "Request size",
                               .unit = UNIT_BYTES,
                               .prom = "tokdyno_request_bytes",
                               .span = "request body",
                               .help = "Bytes of the request body, of those of 16 KiB and "
                                       "more.",
                               .values = request_bytes },
    [METRIC_BATCH_SUBMIT] = { .name = "batch_submit",
                              .title = "Batch: submission",
                              .unit = UNIT_NS,
                              .per_request = true,
                              .any_outcome = true,
                              .prom = "tokdyno_batch_submit_seconds",
                              .span = "due -> created",
                              .help = "From when a batch was due to when it existed: its "
                                      "file was sent, and then it was created.",
                              .values = metric_batch_submit },
    [METRIC_BATCH_QUEUE] = { .name = "batch_queue",
                             .title = "Batch: queue",
                             .unit = UNIT_NS,
                             .per_request = true,
                             .any_outcome = true,
                             .prom = "tokdyno_batch_queue_seconds",
                             .span = "created -> in_progress",
                             .help = "From then to the first poll that saw it worked off, "
                                     "so late by batch_resolution at most. Absent where no "
                                     "poll saw that.",
                             .values = metric_batch_queue },
    [METRIC_BATCH_PROCESS] = { .name = "batch_process",
                               .title = "Batch: processing",
                               .unit = UNIT_NS,
                               .per_request = true,
                               .any_outcome = true,
                               .prom = "tokdyno_batch_process_seconds",
                               .span = "in_progress -> completed",
                               .help = "From then to the first poll that saw it completed.",
                               .values = metric_batch_process },
    [METRIC_BATCH_RETRIEVE] = { .name = "batch_retrieve",
                                .title = "Batch: retrieval",
                                .unit = UNIT_NS,
                                .per_request = true,
                                .any_outcome = true,
                                .prom = "tokdyno_batch_retrieve_seconds",
                                .span = "completed -> last line",
                                .help = "Fetching its output and its errors.",
                                .values = metric_batch_retrieve },
    [METRIC_BATCH_TOTAL] = { .name = "batch_total",
                             .title = "Batch: whole",
                             .unit = UNIT_NS,
                             .per_request = true,
                             .any_outcome = true,
                             .prom = "tokdyno_batch_total_seconds",
                             .span = "due -> last line",
                             .help = "From when a batch was due to its last answer.",
                             .values = metric_batch_total },
    [METRIC_BATCH_RESOLUTION] = { .name = "batch_resolution",
                                  .title = "Batch: resolution",
                                  .unit = UNIT_NS,
                                  .per_request = true,
                                  .any_outcome = true,
                                  .prom = "tokdyno_batch_resolution_seconds",
                                  .span = "poll -> poll",
                                  .help = "How late a poll may have seen what it saw: the "
                                          "longest gap before one that saw a change. The "
                                          "error of batch_queue and batch_process.",
                                  .values = metric_batch_resolution },
    [METRIC_BATCH_SERVER] = { .name = "batch_server",
                              .title = "Batch: by the server",
                              .unit = UNIT_NS,
                              .per_request = true,
                              .any_outcome = true,
                              .prom = "tokdyno_batch_server_seconds",
                              .span = "created_at -> completed_at",
                              .help = "The same two spans together, as the server tells "
                                      "them in whole seconds.",
                              .values = metric_batch_server },
};

bool metric_find(struct str name, enum metric_id *id)
{
    for (int i = 0; i < N_METRICS; i++)
        if (str_is(name, metrics[i].name)) {
            *id = (enum metric_id)i;
            return true;
        }
    return false;
}

bool metric_takes(const struct metric *m, const struct record *r)
{
    return (r->final || !m->per_request) &&
           (m->any_outcome || outcomes[r->outcome].latency);
}

bool metric_counts_failures(const struct metric *m)
{
    return !m->any_outcome && (m->unit == UNIT_NS || m->unit == UNIT_MTOKS ||
                               m->unit == UNIT_MX || m->unit == UNIT_MCHARS);
}

bool metric_network_clamped(const struct record *r)
{
    int64_t v;

    return network_raw(r, &v) && v < 0;
}

const struct headline_row headlines[N_HEADLINES] = {
    [HEADLINE_TTFT] = { METRIC_TTFT, METRIC_TTFT_ERROR, false },
    [HEADLINE_TTFT_API] = { METRIC_TTFT_API, METRIC_TTFT_API_ERROR, false },
    [HEADLINE_TTFA] = { METRIC_TTFA, METRIC_TTFA_ERROR, false },
    [HEADLINE_ITL] = { METRIC_ITL, N_METRICS, true },
    [HEADLINE_TPS] = { METRIC_TPS, METRIC_TPS_ERROR, true },
    [HEADLINE_STALL] = { METRIC_STALL, METRIC_STALL_ERROR, true },
    [HEADLINE_E2E] = { METRIC_E2E, METRIC_E2E_ERROR, false },
};

static void keep(void *ctx, int64_t v)
{
    *(int64_t *)ctx = v;
}

bool headline_value(enum headline h, const struct record *r, int64_t *value, int64_t *error)
{
    const struct headline_row *row = &headlines[h];

    *value = *error = -1;
    if (row->error == N_METRICS || !metric_takes(&metrics[row->of], r))
        return false;
    metrics[row->of].values(r, keep, value);
    metrics[row->error].values(r, keep, error);
    return *value >= 0 && *error >= 0;
}
