#include "load/engine.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/mem.h"
#include "load/wire.h"
#include "test.h"

/* A server in a thread of its own: answers every request with the same text after a while.
 */
struct server {
    pthread_t thread;
    struct loop *loop;
    int listener;
    struct loop_io *accepting;
    struct peer *peers;
    const char *answer;
    ns_t delay;
    char url[64];
};

struct peer {
    struct peer *next;
    struct server *server;
    int fd;
    struct loop_io *io;
    struct loop_timer *timer;
};

static void answer(void *ctx)
{
    struct peer *p = ctx;
    size_t n = strlen(p->server->answer);

    if (write(p->fd, p->server->answer, n) != (ssize_t)n)
        abort();
}

static void on_request(void *ctx, int fd, int events)
{
    struct peer *p = ctx;
    char bytes[8192];
    ssize_t n = read(fd, bytes, sizeof(bytes));

    (void)events;
    if (n <= 0)
        loop_io_events(p->io, 0);
    else if (bytes[n - 1] == '}' || *bytes == 'G') /* a short body came with the head */
        loop_timer_at(p->timer, clock_now(&clock_system) + p->server->delay);
}

static void on_accept(void *ctx, int fd, int events)
{
    struct server *s = ctx;
    struct peer *p = mem_alloc(sizeof(*p));

    (void)events;
    *p = (struct peer){ .next = s->peers, .server = s, .fd = accept(fd, NULL, NULL) };
    p->io = loop_io_new(s->loop, p->fd, LOOP_READ, on_request, p);
    p->timer = loop_timer_new(s->loop, answer, p);
    s->peers = p;
}

static void stop(void *ctx)
{
    loop_stop(((struct server *)ctx)->loop);
}

static void *serve(void *ctx)
{
    loop_run(((struct server *)ctx)->loop);
    return NULL;
}

static void server_start(struct server *s)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(a);
    struct err err;

    s->loop = loop_open(&clock_system, &err);
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(s->listener, 64), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&a, &n), 0);
    snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d", ntohs(a.sin_port));
    s->accepting = loop_io_new(s->loop, s->listener, LOOP_READ, on_accept, s);
    loop_on_wake(s->loop, stop, s);
    pthread_create(&s->thread, NULL, serve, s);
}

static void server_stop(struct server *s)
{
    loop_wake(s->loop);
    pthread_join(s->thread, NULL);
    while (s->peers) {
        struct peer *p = s->peers;

        s->peers = p->next;
        loop_io_free(p->io);
        loop_timer_free(p->timer);
        close(p->fd);
        free(p);
    }
    loop_io_free(s->accepting);
    close(s->listener);
    loop_close(s->loop);
}

#define OK                                                                                 \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 124\r\n\r\n"     \
    "{\"choices\":[{\"message\":{\"content\":\"hello\"},\"finish_reason\":\"stop\"}],"     \
    "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}      }"
#define FAILED "HTTP/1.1 500 x\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\noops"

/* 6 requests a minute, none left: so one in 10 s. */
#define LIMITED                                                                            \
    "HTTP/1.1 429 x\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n"                  \
    "x-ratelimit-limit-requests: 6\r\nx-ratelimit-remaining-requests: 0\r\n"               \
    "x-ratelimit-reset-requests: 60s\r\n\r\noops"

enum { MAX_RECORDS = 400 };

/* A trial against such a server, and all records of it. */
struct trial {
    struct server server;
    struct load_point points[2];
    struct phase phase;
    struct cell cell;
    struct budget budget;
    struct pacers *pacers; /* NULL: not paced */
    struct mailbox mailbox;
    struct phase_event begin, end;
    bool out_of_budget;
    ns_t stop_after; /* 0: let it end by itself */
    bool cut;
    struct record *records[MAX_RECORDS];
    size_t n;
    uint32_t most_in_flight; /* as any health sample says */
};

static void set_up(struct trial *t, bool open, double value)
{
    *t = (struct trial){ .server = { .answer = OK } };
    t->points[0] = t->points[1] = (struct load_point){ 0, value };
    t->points[1].at = NS_PER_S;
    t->phase = (struct phase){ .name = "main",
                               .open = open,
                               .points = t->points,
                               .n_points = 2,
                               .duration = NS_ABSENT,
                               .measured = true };
    t->cell.request = (struct request_spec){
        .endpoint = "chat", .model = "m", .body = "{}", .max_completion_tokens = 4
    };
    t->cell.workload.messages = "[]";
    t->cell.phases = &t->phase;
    t->cell.n_phases = 1;
    t->cell.limits = (struct limits){ .in_flight = 64, .drain = 10 * NS_PER_S };
    t->cell.timeout =
        (struct timeouts){ 5 * NS_PER_S, 5 * NS_PER_S, 5 * NS_PER_S, 10 * NS_PER_S };
    t->cell.connection =
        (struct connection){ .http = 11, .threads = 1, .tls_verify = true };
}

static void keep(struct trial *t)
{
    struct message *msg;

    mailbox_wait(&t->mailbox, 5 * NS_PER_MS);
    msg = mailbox_take(&t->mailbox);
    while (msg) {
        struct message *next = msg->next;

        if (msg->record) {
            assert_true(t->n < MAX_RECORDS);
            t->records[t->n++] = msg->record;
            msg->record = NULL;
        } else if (msg->health->in_flight > t->most_in_flight) {
            t->most_in_flight = msg->health->in_flight;
        }
        message_free(msg);
        msg = next;
    }
}

static void run(struct trial *t)
{
    struct budget_state budget;
    struct err err = { 0 };
    struct engine *e;
    struct prompts *prompts =
        prompts_open(&t->cell.workload, PROMPT_MESSAGES, "{}", 1, &err);
    struct engine_config config = {
        .clock = &clock_system,
        .t0 = clock_now(&clock_system),
        .cell = &t->cell,
        .seed = 1,
        .words_per_token = 0.75,
        .endpoint = endpoint_find("chat"),
        .prompts = prompts,
        .pacer = t->pacers ? pacers_get(t->pacers, "m", NULL, NULL, 0) : NULL,
        .budget = &budget,
        .mailbox = &t->mailbox,
    };

    assert_int_equal(wire_library_init(&err), 0);
    server_start(&t->server);
    config.base_url = t->server.url;
    budget_init(&budget, &t->budget);
    mailbox_init(&t->mailbox);
    e = engine_open(&config, &err);
    assert_non_null(e);
    while (!engine_done(e)) {
        keep(t);
        if (t->stop_after && clock_now(&clock_system) - config.t0 > t->stop_after)
            engine_stop(e, t->cut);
    }
    keep(t);
    engine_phase(e, 0, &t->begin, &t->end);
    t->out_of_budget = engine_out_of_budget(e);
    engine_close(e);
    mailbox_free(&t->mailbox);
    budget_free(&budget);
    server_stop(&t->server);
    prompts_close(prompts);
    wire_library_free();
}

static void tear_down(struct trial *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->records[i]);
}

static const struct record *find(const struct trial *t, uint64_t req, uint32_t try_no)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->records[i]->req == req && t->records[i]->try_no == try_no)
            return t->records[i];
    return NULL;
}

/* What holds for every attempt that was sent, whatever happened. */
static void check_books(const struct trial *t)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct record *r = t->records[i];
        ns_t held = r->held[HOLD_CAP] + r->held[HOLD_PACING] + r->held[HOLD_RETRY];

        if (r->at[MOMENT_READY] == NS_ABSENT)
            continue;
        assert_int_equal(r->at[MOMENT_READY] - r->at[MOMENT_DUE], held);
        assert_true(r->at[MOMENT_START] >= r->at[MOMENT_READY]);
        assert_true(r->at[MOMENT_END] >= r->at[MOMENT_START]);
    }
}

TEST(engine_open_loop_sends_each_request_at_its_due_time_on_any_number_of_threads)
{
    for (unsigned threads = 1; threads <= 3; threads++) {
        struct trial t;

        set_up(&t, true, 200);
        t.phase.requests = 40;
        t.cell.connection.threads = threads;
        run(&t);
        assert_int_equal(t.n, 40);
        assert_int_equal(t.end.planned, 40);
        assert_int_equal(t.end.issued, 40);
        check_books(&t);
        for (uint64_t k = 0; k < 40; k++) {
            const struct record *r = find(&t, k, 1);

            assert_non_null(r);
            assert_int_equal(r->at[MOMENT_DUE] - t.begin.at, (ns_t)(k + 1) * 5 * NS_PER_MS);
            assert_int_equal(r->outcome, OUTCOME_OK);
            assert_true(r->final);
        }
        assert_int_equal(t.end.at - t.begin.at, 40 * 5 * NS_PER_MS);
        tear_down(&t);
    }
}

TEST(engine_cap_holds_requests_back_and_keeps_their_due_time)
{
    struct trial t;

    set_up(&t, true, 1000);
    t.phase.requests = 10;
    t.cell.limits.in_flight = 1;
    t.server.delay = 10 * NS_PER_MS;
    run(&t);
    check_books(&t);
    assert_int_equal(t.n, 10);
    for (uint64_t k = 1; k < 10; k++) {
        const struct record *r = find(&t, k, 1), *before = find(&t, k - 1, 1);

        assert_int_equal(r->at[MOMENT_DUE] - t.begin.at, (ns_t)(k + 1) * NS_PER_MS);
        assert_int_equal(r->at[MOMENT_READY], before->at[MOMENT_END]);
        assert_true(r->held[HOLD_CAP] > 0);
    }
    tear_down(&t);
}

TEST(engine_tells_the_most_requests_in_flight_however_short_that_was)
{
    struct trial t;

    set_up(&t, true, 100000);
    t.phase.requests = 30;
    t.server.delay = 300 * NS_PER_MS;
    run(&t);
    assert_int_equal(t.n, 30);
    assert_int_equal(t.most_in_flight, 30);
    tear_down(&t);
}

TEST(engine_queue_makes_the_bodies_it_could_not_hold_when_they_go)
{
    struct trial t;

    set_up(&t, true, 1000);
    t.phase.requests = 10;
    t.cell.limits.in_flight = 1;
    t.server.delay = 5 * NS_PER_MS;
    run(&t); /* with no room for bodies in the queue, see run() */
    assert_int_equal(t.n, 10);
    for (size_t i = 0; i < t.n; i++) {
        assert_int_equal(t.records[i]->outcome, OUTCOME_OK);
        assert_int_equal(t.records[i]->bytes_up, t.records[0]->bytes_up);
        assert_true(t.records[i]->bytes_up > 0);
    }
    tear_down(&t);
}

TEST(engine_closed_loop_ends_after_its_requests)
{
    for (unsigned threads = 1; threads <= 2; threads++) {
        struct trial t;

        set_up(&t, false, 3);
        t.phase.requests = 20;
        t.cell.connection.threads = threads;
        t.server.delay = NS_PER_MS;
        run(&t);
        check_books(&t);
        assert_int_equal(t.n, 20);
        for (uint64_t k = 0; k < 20; k++)
            assert_non_null(find(&t, k, 1));
        assert_true(t.end.at != NS_ABSENT);
        tear_down(&t);
    }
}

TEST(engine_connects_ahead_of_the_load_where_asked_to)
{
    struct trial t;

    set_up(&t, false, 3);
    t.phase.requests = 9;
    t.cell.connection.policy = CONNECTION_PRECONNECT;
    run(&t);
    check_books(&t);
    assert_int_equal(t.n, 9);
    for (size_t i = 0; i < t.n; i++)
        assert_true(t.records[i]->reused);
    tear_down(&t);
}

TEST(engine_closed_loop_does_not_think_after_the_last_of_its_requests)
{
    struct trial t;

    set_up(&t, false, 1);
    t.phase.requests = 1;
    t.phase.think = 20 * NS_PER_S;
    run(&t);
    assert_int_equal(t.n, 1);
    assert_true(t.end.at - t.begin.at < t.phase.think);
    tear_down(&t);
}

TEST(engine_closed_loop_ends_after_its_duration_and_drains)
{
    struct trial t;

    set_up(&t, false, 2);
    t.phase.duration = 50 * NS_PER_MS;
    t.server.delay = 20 * NS_PER_MS;
    run(&t);
    check_books(&t);
    assert_true(t.n >= 2);
    assert_int_equal(t.end.at - t.begin.at, 50 * NS_PER_MS);
    assert_int_equal(t.end.issued, t.n);
    for (size_t i = 0; i < t.n; i++) {
        assert_int_equal(t.records[i]->outcome, OUTCOME_OK);
        assert_true(t.records[i]->at[MOMENT_DUE] < t.end.at);
    }
    tear_down(&t);
}

TEST(engine_retries_are_attempts_of_one_request)
{
    struct trial t;

    set_up(&t, false, 1);
    t.phase.requests = 1;
    t.server.answer = FAILED;
    t.cell.retry = (struct retry){ .policy = RETRY_SDK, .max = 1 };
    run(&t);
    check_books(&t);
    assert_int_equal(t.n, 2);
    assert_false(find(&t, 0, 1)->final);
    assert_true(find(&t, 0, 2)->final);
    assert_int_equal(find(&t, 0, 1)->at[MOMENT_DUE], find(&t, 0, 2)->at[MOMENT_DUE]);
    assert_true(find(&t, 0, 2)->held[HOLD_RETRY] > 0);
    assert_int_equal(find(&t, 0, 2)->outcome, OUTCOME_SERVER);
    tear_down(&t);
}

/* The refusal names no time: then the wait is what the pacer makes of it. */
TEST(engine_retries_when_its_own_model_of_the_limit_says)
{
    struct trial t;

    set_up(&t, false, 1);
    t.phase.requests = 1;
    t.server.answer = LIMITED;
    t.cell.retry = (struct retry){ .policy = RETRY_RESPECTFUL, .max = 1 };
    t.pacers = pacers_open(NULL);
    t.stop_after = 200 * NS_PER_MS;
    run(&t);
    assert_int_equal(t.n, 2);
    assert_int_equal(find(&t, 0, 1)->outcome, OUTCOME_RATE_LIMITED);
    assert_int_equal(find(&t, 0, 2)->outcome, OUTCOME_CUT);
    assert_in_range(find(&t, 0, 2)->held[HOLD_RETRY], 9 * NS_PER_S, 12 * NS_PER_S);
    pacers_close(t.pacers);
    tear_down(&t);
}

TEST(engine_stops_at_the_budget)
{
    struct trial t;

    set_up(&t, true, 1000);
    t.phase.requests = 50;
    t.budget.requests = 5;
    run(&t);
    check_books(&t);
    assert_true(t.out_of_budget);
    assert_int_equal(t.end.issued, 5);
    for (size_t i = 0; i < t.n; i++)
        assert_true(
            t.records[i]->outcome ==
            (t.records[i]->at[MOMENT_START] == NS_ABSENT ? OUTCOME_CUT : OUTCOME_OK));
    tear_down(&t);
}

TEST(engine_cuts_what_has_not_drained)
{
    struct trial t;

    set_up(&t, false, 2);
    t.phase.duration = 20 * NS_PER_MS;
    t.cell.limits.drain = 10 * NS_PER_MS;
    t.server.delay = 60 * NS_PER_S;
    run(&t);
    assert_int_equal(t.n, 2);
    for (size_t i = 0; i < t.n; i++) {
        assert_int_equal(t.records[i]->outcome, OUTCOME_CUT);
        assert_true(t.records[i]->final);
    }
    tear_down(&t);
}

TEST(engine_stops_at_once_when_told_to_cut)
{
    struct trial t;

    set_up(&t, true, 100);
    t.phase.duration = 3600 * NS_PER_S;
    t.server.delay = 60 * NS_PER_S;
    t.stop_after = 50 * NS_PER_MS;
    t.cut = true;
    run(&t);
    assert_true(t.n > 0);
    for (size_t i = 0; i < t.n; i++)
        assert_int_equal(t.records[i]->outcome, OUTCOME_CUT);
    tear_down(&t);
}
