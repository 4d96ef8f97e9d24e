#include <stdlib.h>

#include "api/endpoint.h"
#include "api/error.h"
#include "load/null_reply.h"
#include "load/wire.h"
#include "test.h"

/* A wire that has no network, on a loop; requests go one after the other or all at once. */
enum { MAX_RESULTS = 64 };

struct nothing {
    struct loop *loop;
    struct wire *wire;
    struct cell cell;
    struct record results[MAX_RESULTS];
    unsigned n_results;
    unsigned wanted;
    unsigned sent;
    unsigned depth; /* of calls of done in one another */
    bool again;     /* each answer sends the next */
    unsigned reads;
    unsigned events;
    ns_t worst;
};

static void on_read(void *ctx, const struct wire_read *read)
{
    struct nothing *f = ctx;

    f->reads++;
    f->events += read->events;
    if (read->error > f->worst)
        f->worst = read->error;
    assert_true(read->error >= 0);
    assert_int_equal(read->kind, STAMP_READ);
}

static int set_up(struct nothing *f, struct err *err)
{
    struct wire_config config = {
        .clock = &clock_system,
        .t0 = clock_now(&clock_system),
        .cell = &f->cell,
        .endpoint = endpoint_find("chat"),
        .base_url = "null:",
        .connections = 4,
        .on_read = on_read,
        .ctx = f,
    };

    f->cell.request.include_usage = true;
    f->cell.timeout =
        (struct timeouts){ 5 * NS_PER_S, 5 * NS_PER_S, 5 * NS_PER_S, 10 * NS_PER_S };
    f->loop = config.loop = loop_open(&clock_system, err);
    f->wire = wire_open(&config, err);
    return f->wire ? 0 : -1;
}

static void tear_down(struct nothing *f)
{
    wire_close(f->wire);
    loop_close(f->loop);
}

static void on_done(void *ctx, struct transfer *t);

static void send_one(struct nothing *f)
{
    f->sent++;
    wire_send(f->wire, f->sent, 1, str_of("{}"), on_done, f);
}

static void on_done(void *ctx, struct transfer *t)
{
    struct nothing *f = ctx;
    struct record *r = &f->results[f->n_results++];

    assert_int_equal(f->depth++, 0);
    record_init(r);
    transfer_fill(t, r);
    if (f->again && f->sent < f->wanted)
        send_one(f);
    if (f->n_results == f->wanted)
        loop_stop(f->loop);
    f->depth--;
}

TEST(null_wire_answers_like_an_api_with_the_frames_asked_for)
{
    struct nothing f = { .wanted = 1,
                         .cell.request.stream = true,
                         .cell.target.canned = { .frames = 5 } };
    const struct record *r = &f.results[0];
    struct err err;

    assert_int_equal(set_up(&f, &err), 0);
    send_one(&f);
    assert_int_equal(f.n_results, 0); /* from the loop, never from within wire_send */
    loop_run(f.loop);
    assert_int_equal(r->outcome, OUTCOME_OK);
    assert_int_equal(r->http_status, 200);
    assert_int_equal(r->tokens.completion, 5);
    assert_int_equal(r->tokens.prompt, -1);
    assert_string_equal(r->finish, "stop");
    assert_string_equal(r->error, "");
    assert_true(r->reused);
    assert_int_equal(r->bytes_up, 2);
    assert_int_equal(r->n_gaps, 4);
    assert_int_equal(f.reads, 1 + 5 + 3);
    assert_int_equal(f.events, f.reads);
    assert_int_equal(f.worst, 0);
    assert_int_equal(r->at[MOMENT_REASONING], NS_ABSENT);
    for (int m = MOMENT_START, next; m < MOMENT_END; m = next) {
        next = m + 1 == MOMENT_REASONING ? m + 2 : m + 1;
        assert_true(r->at[m] != NS_ABSENT && r->at[m] <= r->at[next]);
    }
    tear_down(&f);
}

TEST(null_wire_answers_in_one_piece_where_no_stream_is_asked_for)
{
    struct nothing f = { .wanted = 1, .cell.target.canned = { .frames = 3 } };
    struct err err;

    assert_int_equal(set_up(&f, &err), 0);
    send_one(&f);
    loop_run(f.loop);
    assert_int_equal(f.results[0].outcome, OUTCOME_OK);
    assert_int_equal(f.results[0].tokens.completion, 3);
    assert_int_equal(f.results[0].at[MOMENT_FIRST], NS_ABSENT);
    assert_int_equal(f.reads, 1);
    tear_down(&f);
}

TEST(null_wire_keeps_the_times_it_is_given)
{
    struct nothing f = { .wanted = 2,
                         .cell.request.stream = true,
                         .cell.target.canned = { 3, 4 * NS_PER_MS, 2 * NS_PER_MS } };
    struct err err;

    assert_int_equal(set_up(&f, &err), 0);
    send_one(&f);
    send_one(&f);
    loop_run(f.loop);
    for (unsigned i = 0; i < 2; i++) {
        const struct record *r = &f.results[i];

        assert_int_equal(r->outcome, OUTCOME_OK);
        assert_true(r->at[MOMENT_FIRST] - r->at[MOMENT_START] >= 4 * NS_PER_MS);
        assert_true(r->at[MOMENT_LAST] - r->at[MOMENT_START] >= 8 * NS_PER_MS);
        assert_int_equal(r->shared, 0);
    }
    /* How late it came is the error of its stamps. */
    assert_true(f.worst >= f.results[0].at[MOMENT_FIRST] - f.results[0].at[MOMENT_START] -
                               4 * NS_PER_MS);
    tear_down(&f);
}

TEST(null_wire_sends_again_from_within_an_answer_without_recursion)
{
    struct nothing f = { .wanted = MAX_RESULTS,
                         .again = true,
                         .cell.request.stream = true,
                         .cell.target.canned = { .frames = 1 } };
    struct err err;

    assert_int_equal(set_up(&f, &err), 0);
    send_one(&f);
    loop_run(f.loop);
    assert_int_equal(f.n_results, MAX_RESULTS);
    tear_down(&f);
}

TEST(null_wire_is_cut_and_closed_in_the_middle)
{
    struct nothing f = { .wanted = 1,
                         .cell.request.stream = true,
                         .cell.target.canned = { 3, NS_PER_S, NS_PER_S } };
    struct err err;

    assert_int_equal(set_up(&f, &err), 0);
    transfer_cut(wire_send(f.wire, 1, 1, str_of("{}"), on_done, &f));
    assert_int_equal(f.n_results, 1);
    assert_int_equal(f.results[0].outcome, OUTCOME_CUT);
    send_one(&f);
    tear_down(&f);
}

static void connected(void *ctx)
{
    loop_stop(((struct nothing *)ctx)->loop);
}

TEST(null_wire_has_its_connections_beforehand)
{
    struct nothing f = { .cell.request.stream = true,
                         .cell.target.canned = { .frames = 2 } };
    struct err err;

    assert_int_equal(set_up(&f, &err), 0);
    wire_preconnect(f.wire, 3, connected, &f);
    loop_run(f.loop);
    assert_int_equal(f.events, 0);
    tear_down(&f);
}

TEST(null_wire_times_out_as_any_other)
{
    struct nothing f = { .wanted = 1,
                         .cell.request.stream = true,
                         .cell.target.canned = { 3, 10 * NS_PER_S, 0 } };
    struct err err;

    assert_int_equal(set_up(&f, &err), 0);
    f.cell.timeout.first = NS_PER_MS;
    send_one(&f);
    loop_run(f.loop);
    assert_int_equal(f.results[0].outcome, OUTCOME_TIMEOUT_FIRST);
    tear_down(&f);
}

TEST(null_reply_ends_where_its_pieces_do)
{
    struct request_spec spec = { .stream = true };
    struct null_reply r;
    struct err err;

    assert_int_equal(null_reply_make(&r, "chat", &spec, 2, &err), 0);
    assert_int_equal(r.n_pieces, 5);
    assert_true(str_is(null_reply_piece(&r, 4), "data: [DONE]\n\n"));
    null_reply_free(&r);
    spec.include_usage = true;
    assert_int_equal(null_reply_make(&r, "chat", &spec, 2, &err), 0);
    assert_int_equal(r.n_pieces, 6);
    assert_true(str_is(null_reply_piece(&r, 5), "data: [DONE]\n\n"));
    null_reply_free(&r);
    assert_int_equal(null_reply_make(&r, "embeddings", &spec, 2, &err), -1);
    assert_string_equal(
        err.msg, "target null: has no answer for the endpoint embeddings; it has for "
                 "chat, responses, transcription, translation, speech");
}

struct decoding {
    const struct endpoint *ep;
    struct answer a;
};

static void on_event(void *ctx, const struct sse_event *ev)
{
    struct decoding *d = ctx;

    d->ep->event(&d->a, ev, 1);
}

static void expect_whole(const struct endpoint *ep, bool stream)
{
    struct request_spec spec = { .stream = stream, .include_usage = true };
    struct decoding d = { .ep = ep };
    struct null_reply r;
    struct sse sse;
    struct err err;

    assert_int_equal(null_reply_make(&r, ep->name, &spec, 7, &err), 0);
    answer_init(&d.a);
    d.a.status = 200;
    sse_init(&sse, 1 << 16, on_event, &d);
    for (uint64_t i = 0; i < r.n_pieces; i++) {
        struct str piece = null_reply_piece(&r, i);

        if (stream)
            assert_int_equal(sse_feed(&sse, piece.p, piece.n, &err), 0);
        else
            ep->body(&d.a, piece, 1);
    }
    assert_int_equal(error_classify(&d.a, TRANSFER_DONE, ep->complete(&d.a)), OUTCOME_OK);
    assert_int_equal(d.a.frames, stream ? 7 : 0);
    assert_int_equal(d.a.tokens.completion, 7);
    assert_int_equal(d.a.tokens.prompt, -1);
    sse_free(&sse);
    answer_free(&d.a);
    null_reply_free(&r);
}

TEST(null_replies_to_audio_are_a_text_and_a_wav_file)
{
    struct request_spec spec = { .stream = true };
    struct null_reply r;
    struct answer a;
    struct err err;

    assert_int_equal(null_reply_make(&r, "transcription", &spec, 7, &err), 0);
    assert_int_equal(r.n_pieces, 1);
    answer_init(&a);
    a.status = 200;
    endpoint_transcription.body(&a, null_reply_piece(&r, 0), 1);
    assert_true(a.text && endpoint_transcription.complete(&a));
    null_reply_free(&r);

    assert_int_equal(null_reply_make(&r, "speech", &spec, 7, &err), 0);
    assert_int_equal(r.n_pieces, 8);
    answer_reset(&a);
    a.status = 200;
    for (uint64_t i = 0; i < r.n_pieces; i++)
        endpoint_speech.bytes(&a, null_reply_piece(&r, i), 1 + (ns_t)i);
    assert_true(endpoint_speech.complete(&a));
    assert_int_equal(a.frames, 7);
    assert_int_equal(wav_length(&a.wav), 140 * NS_PER_MS);
    null_reply_free(&r);
    answer_free(&a);
}

TEST(null_replies_are_whole_answers_of_their_endpoints)
{
    expect_whole(&endpoint_chat, true);
    expect_whole(&endpoint_chat, false);
    expect_whole(&endpoint_responses, true);
    expect_whole(&endpoint_responses, false);
}
