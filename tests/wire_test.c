#include "load/wire.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "test.h"

/*
 * A wire and a canned server on one loop: the server answers each request with the next of
 * its pieces of text, one piece a turn of the loop, then closes or keeps the connection.
 */
enum { MAX_PIECES = 8, MAX_RESULTS = 4 };

struct fake {
    struct loop *loop;
    int listener;
    struct loop_io *accepting;
    int peer;
    struct loop_io *reading;
    struct loop_timer *step;
    const char *pieces[MAX_PIECES];
    int next;
    bool closes;
    char request[8192];
    size_t requested;
    int accepted;
    int requests;
    int answers; /* so many, then it closes instead; 0: all */
    char url[64];

    struct wire *wire;
    struct cell cell;
    struct record results[MAX_RESULTS];
    int n_results;
    int wanted;
    bool cut_soon;
    struct transfer *sent;
};

static void close_peer(struct fake *f)
{
    if (f->peer < 0)
        return;
    loop_io_free(f->reading);
    close(f->peer);
    f->peer = -1;
}

static void step(void *ctx)
{
    struct fake *f = ctx;
    const char *piece = f->next < MAX_PIECES ? f->pieces[f->next] : NULL;

    if (f->peer < 0)
        return;
    if (piece) {
        f->next++;
        assert_int_equal(write(f->peer, piece, strlen(piece)), strlen(piece));
        loop_timer_at(f->step, 0);
        return;
    }
    if (f->closes)
        close_peer(f);
    else if (f->cut_soon)
        transfer_cut(f->sent);
}

static void on_request(void *ctx, int fd, int events)
{
    struct fake *f = ctx;
    ssize_t n = read(fd, f->request + f->requested, sizeof(f->request) - 1 - f->requested);
    const char *body;

    (void)events;
    if (n <= 0) {
        close_peer(f);
        return;
    }
    f->requested += (size_t)n;
    f->request[f->requested] = '\0';
    body = strstr(f->request, "\r\n\r\n");
    if (!body || (strstr(f->request, "POST") && !strchr(body, '}')))
        return;
    f->requested = 0;
    f->next = 0;
    if (f->requests++ < f->answers || !f->answers)
        loop_timer_at(f->step, 0);
    else
        close_peer(f);
}

static void on_accept(void *ctx, int fd, int events)
{
    struct fake *f = ctx;

    (void)events;
    f->peer = accept(fd, NULL, NULL);
    f->accepted++;
    f->reading = loop_io_new(f->loop, f->peer, LOOP_READ, on_request, f);
}

static void serve(struct fake *f)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(a);

    f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->listener, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(f->listener, 8), 0);
    assert_int_equal(getsockname(f->listener, (struct sockaddr *)&a, &n), 0);
    snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%d/v1/", ntohs(a.sin_port));
    f->accepting = loop_io_new(f->loop, f->listener, LOOP_READ, on_accept, f);
}

static void set_up(struct fake *f)
{
    struct err err;
    struct wire_config config = {
        .clock = &clock_system,
        .t0 = clock_now(&clock_system),
        .cell = &f->cell,
        .endpoint = endpoint_find("chat"),
        .base_url = f->url,
        .key = "gsk_canary",
        .send_id = true,
        .connections = 4,
    };

    assert_int_equal(wire_library_init(&err), 0);
    f->peer = -1;
    f->wanted = 1;
    f->cell.request.stream = true;
    f->cell.timeout =
        (struct timeouts){ 5 * NS_PER_S, 5 * NS_PER_S, 5 * NS_PER_S, 10 * NS_PER_S };
    f->cell.connection =
        (struct connection){ .http = 11, .threads = 1, .tls_verify = true };
    f->loop = config.loop = loop_open(&clock_system, &err);
    f->step = loop_timer_new(f->loop, step, f);
    serve(f);
    f->wire = wire_open(&config, &err);
    assert_non_null(f->wire);
}

static void tear_down(struct fake *f)
{
    wire_close(f->wire);
    close_peer(f);
    loop_io_free(f->accepting);
    close(f->listener);
    loop_timer_free(f->step);
    loop_close(f->loop);
    wire_library_free();
}

static const char body[] = "{\"model\":\"m\",\"messages\":[]}";

static void on_done(void *ctx, struct transfer *t)
{
    struct fake *f = ctx;
    struct record *r = &f->results[f->n_results++];

    record_init(r);
    transfer_fill(t, r);
    if (f->n_results == f->wanted)
        loop_stop(f->loop);
    else
        f->sent =
            wire_send(f->wire, 7, 2, (struct str){ body, sizeof(body) - 1 }, on_done, f);
}

static void run(struct fake *f)
{
    f->sent = wire_send(f->wire, 7, 1, (struct str){ body, sizeof(body) - 1 }, on_done, f);
    loop_run(f->loop);
}

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Groq-Region: dal\r\n"
#define CHUNKED HEAD "Transfer-Encoding: chunked\r\n\r\n"
#define ROLE                                                                               \
    "41\r\ndata: "                                                                         \
    "{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n\r\n"
#define TEXT "30\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n\r\n"
#define LAST_EVENTS                                                                        \
    "39\r\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\r\n"        \
    "e\r\ndata: [DONE]\n\n\r\n"
#define LAST LAST_EVENTS "0\r\n\r\n"

TEST(wire_moments_of_a_stream_are_in_order)
{
    struct fake f = { .pieces = { CHUNKED, ROLE, TEXT, TEXT TEXT, LAST } };
    const struct record *r = &f.results[0];

    set_up(&f);
    run(&f);
    assert_string_equal(r->error, "");
    assert_int_equal(r->outcome, OUTCOME_OK);
    assert_int_equal(r->http_status, 200);
    assert_int_equal(r->http_version, 11);
    assert_false(r->reused);
    assert_string_equal(r->region, "dal");
    assert_int_equal(r->bytes_up, sizeof(body) - 1);
    assert_int_equal(r->frames, 3);
    assert_int_equal(r->shared, 1);
    assert_int_equal(r->n_gaps, 2);
    assert_int_equal(r->at[MOMENT_REASONING], NS_ABSENT);
    for (int m = MOMENT_START, next; m < MOMENT_END; m = next) {
        next = m + 1 == MOMENT_REASONING ? m + 2 : m + 1;
        assert_true(r->at[m] != NS_ABSENT && r->at[m] <= r->at[next]);
    }
    assert_true(r->at[MOMENT_ROLE] < r->at[MOMENT_FIRST]);
    assert_int_equal(r->at[MOMENT_FIRST], r->at[MOMENT_ANSWER]);
    tear_down(&f);
}

TEST(wire_sends_its_headers_and_uses_a_connection_again)
{
    struct fake f = { .pieces = { CHUNKED TEXT LAST }, .wanted = 2 };

    set_up(&f);
    f.wanted = 2;
    run(&f);
    assert_int_equal(f.accepted, 1);
    assert_true(f.results[1].reused);
    assert_int_equal(f.results[1].at[MOMENT_CONNECTED], f.results[1].at[MOMENT_START]);
    assert_non_null(strstr(f.request, "POST /v1/chat/completions HTTP/1.1\r\n"));
    assert_non_null(strstr(f.request, "\r\nx-tokdyno-id: 7.2\r\n"));
    assert_non_null(strstr(f.request, "\r\nAuthorization: Bearer gsk_canary\r\n"));
    assert_non_null(strstr(f.request, "\r\nUser-Agent: tokdyno/"));
    assert_non_null(strstr(f.request, "\r\nAccept-Encoding: identity\r\n"));
    assert_null(strstr(f.request, "Expect:"));
    tear_down(&f);
}

TEST(wire_ends_have_their_outcomes)
{
    static const struct {
        const char *pieces[MAX_PIECES];
        bool closes;
        enum outcome outcome;
    } cases[] = {
        { { CHUNKED, TEXT }, true, OUTCOME_PARTIAL },
        { { HEAD "\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n" },
          true,
          OUTCOME_PARTIAL },
        { { CHUNKED }, true, OUTCOME_TRANSPORT },
        { { "" }, true, OUTCOME_TRANSPORT },
        { { "garbage that is no answer\r\n\r\n" }, true, OUTCOME_PROTOCOL },
        { { "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: "
            "6\r\n\r\n<html>" },
          false,
          OUTCOME_PROTOCOL },
        { { "HTTP/1.1 503 x\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbusy" },
          false,
          OUTCOME_OVERLOADED },
        { { "HTTP/1.1 100 Continue\r\n\r\n", CHUNKED, TEXT, LAST }, false, OUTCOME_OK },
        { { HEAD "HTTP/1.1 500: x\r\nTransfer-Encoding: chunked\r\n\r\n", TEXT, LAST },
          false,
          OUTCOME_OK },
        { { CHUNKED, TEXT, LAST_EVENTS "0\r\nHTTP/1.1 500: x\r\n\r\n" },
          false,
          OUTCOME_OK },
        { { CHUNKED, "-5\r\ndata:\r\n" }, false, OUTCOME_PROTOCOL },
        { { CHUNKED, "fffffffffffffffff\r\n" }, false, OUTCOME_PROTOCOL },
        { { CHUNKED, TEXT, "xyz\r\n" }, false, OUTCOME_PARTIAL },
        { { CHUNKED, "0\r\n\r\n" }, false, OUTCOME_PROTOCOL },
        { { CHUNKED, TEXT, "0\r\n\r\n" }, false, OUTCOME_PARTIAL },
        { { "HTTP/1.1 200 OK\r\n\r\n", "data: {\"choices\":[{\"delta\":{\"content\":\"x\"},"
                                       "\"finish_reason\":\"stop\"}]}\n\n" },
          true,
          OUTCOME_OK },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fake f = { .closes = cases[i].closes };

        memcpy(f.pieces, cases[i].pieces, sizeof(f.pieces));
        set_up(&f);
        run(&f);
        if (f.results[0].outcome != cases[i].outcome)
            print_message("case %zu: %s (%s)\n", i, outcomes[f.results[0].outcome].name,
                          f.results[0].error);
        assert_int_equal(f.results[0].outcome, cases[i].outcome);
        assert_true(cases[i].outcome == OUTCOME_OK || f.results[0].error[0]);
        tear_down(&f);
    }
}

TEST(wire_takes_no_field_from_a_hint_or_a_trailer)
{
    struct fake f = {
        .pieces = { "HTTP/1.1 103 Early Hints\r\nx-request-id: hint\r\nretry-after: "
                    "7\r\n\r\n",
                    CHUNKED, TEXT,
                    LAST_EVENTS "0\r\nx-request-id: late\r\nretry-after: 8\r\n\r\n" }
    };

    set_up(&f);
    run(&f);
    assert_int_equal(f.results[0].outcome, OUTCOME_OK);
    assert_int_equal(f.results[0].http_status, 200);
    assert_string_equal(f.results[0].request_id, "");
    assert_string_equal(f.results[0].region, "dal");
    assert_int_equal(f.results[0].retry_after, NS_ABSENT);
    tear_down(&f);
}

static void stop(void *ctx)
{
    loop_stop(ctx);
}

/* Turn the loop until all that lies in the sockets has been taken. */
static void turn(struct fake *f)
{
    struct loop_timer *later = loop_timer_new(f->loop, stop, f->loop);

    for (int i = 0; i < 3; i++) {
        loop_timer_at(later, 0);
        loop_run(f->loop);
    }
    loop_timer_free(later);
}

TEST(wire_sends_nothing_again_unseen)
{
    struct fake f = { .pieces = { CHUNKED TEXT LAST }, .answers = 1 };

    set_up(&f);
    f.wanted = 2;
    run(&f);
    assert_int_equal(f.requests, 2);
    assert_int_equal(f.results[0].outcome, OUTCOME_OK);
    assert_int_equal(f.results[1].outcome, OUTCOME_TRANSPORT);
    assert_true(f.results[1].error[0]);
    tear_down(&f);
}

TEST(wire_gives_words_that_nobody_asked_for_to_nobody)
{
    static const char unasked[] = HEAD "x-request-id: unasked\r\nContent-Length: "
                                       "0\r\n\r\n";
    struct fake f = { .pieces = { CHUNKED TEXT LAST } };

    set_up(&f);
    run(&f);
    assert_int_equal(f.accepted, 1);
    assert_int_equal(write(f.peer, unasked, sizeof(unasked) - 1), sizeof(unasked) - 1);
    turn(&f);
    f.wanted = 2;
    run(&f);
    assert_int_equal(f.accepted, 2);
    assert_false(f.results[1].reused);
    assert_int_equal(f.results[1].outcome, OUTCOME_OK);
    assert_string_equal(f.results[1].request_id, "");
    tear_down(&f);
}

TEST(wire_deadlines_have_their_outcomes)
{
    enum { LONG_S = 30 };
    const ns_t in_time = 10 * NS_PER_S;
    static const struct {
        const char *pieces[MAX_PIECES];
        struct timeouts timeout;
        enum outcome outcome;
    } cases[] = {
        { { CHUNKED, ROLE },
          { LONG_S * NS_PER_S, 20 * NS_PER_MS, LONG_S * NS_PER_S, LONG_S * NS_PER_S },
          OUTCOME_TIMEOUT_FIRST },
        { { CHUNKED, TEXT },
          { LONG_S * NS_PER_S, LONG_S * NS_PER_S, 20 * NS_PER_MS, LONG_S * NS_PER_S },
          OUTCOME_TIMEOUT_IDLE },
        { { CHUNKED, TEXT },
          { LONG_S * NS_PER_S, LONG_S * NS_PER_S, LONG_S * NS_PER_S, 20 * NS_PER_MS },
          OUTCOME_TIMEOUT_TOTAL },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fake f = { .peer = -1 };

        memcpy(f.pieces, cases[i].pieces, sizeof(f.pieces));
        set_up(&f);
        f.cell.timeout = cases[i].timeout;
        run(&f);
        assert_int_equal(f.results[0].outcome, cases[i].outcome);
        assert_true(f.results[0].at[MOMENT_END] - f.results[0].at[MOMENT_START] < in_time);
        tear_down(&f);
    }
}

static void all_connected(void *ctx)
{
    loop_stop(((struct fake *)ctx)->loop);
}

/* Nobody can stop a run that has not begun, so it must not wait for a slow root page. */
TEST(wire_connects_ahead_within_the_time_to_connect)
{
    struct fake f = { 0 };
    ns_t began = clock_now(&clock_system);

    set_up(&f);
    f.cell.timeout =
        (struct timeouts){ 20 * NS_PER_MS, 60 * NS_PER_S, 60 * NS_PER_S, 60 * NS_PER_S };
    wire_preconnect(f.wire, 1, all_connected, &f);
    loop_run(f.loop);
    assert_true(clock_now(&clock_system) - began < f.cell.timeout.first);
    tear_down(&f);
}

TEST(wire_cuts_what_is_under_way)
{
    struct fake f = { .pieces = { CHUNKED, TEXT }, .cut_soon = true };

    set_up(&f);
    run(&f);
    assert_int_equal(f.results[0].outcome, OUTCOME_CUT);
    assert_true(f.results[0].at[MOMENT_FIRST] != NS_ABSENT);
    tear_down(&f);
}

TEST(wire_tells_a_refused_connection)
{
    struct fake f = { .peer = -1 };

    set_up(&f);
    loop_io_free(f.accepting);
    close(f.listener);
    run(&f);
    assert_int_equal(f.results[0].outcome, OUTCOME_TRANSPORT);
    assert_int_equal(f.results[0].http_status, 0);
    assert_true(f.results[0].error[0]);
    f.listener = socket(AF_INET, SOCK_STREAM, 0);
    f.accepting = loop_io_new(f.loop, f.listener, 0, on_accept, &f);
    tear_down(&f);
}
