#include "sim/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim_play.h"
#include "test.h"

#define BODY                                                                               \
    "{\"model\":\"m\",\"max_completion_tokens\":20,\"stream\":true,\"messages\":[{"        \
    "\"role\":\"user\",\"content\":\"Hi\"}]}"

static struct model model = { .id = "m", .kind = "chat", .speed_tps = 1000 };

/* A server in a thread of its own, on a port of its own, with a truth log. */
struct served {
    struct setting set;
    struct catalogue catalogue;
    struct server *server;
    pthread_t thread;
    int control[2];
    char truth[32];
};

static void *run(void *ctx)
{
    server_run(ctx);
    return NULL;
}

static void serve(struct served *s, const char *flags)
{
    struct err err = { 0 };

    *s = (struct served){ .catalogue = { .models = &model, .n_models = 1 },
                          .truth = "/tmp/tokdyno-truth-XXXXXX" };
    assert_int_equal(pipe(s->control), 0);
    close(mkstemp(s->truth));
    setting_init(&s->set);
    assert_int_equal(sim_flags(&s->set, flags, &err), 0);
    s->set.listen = "127.0.0.1:0";
    s->set.until_eof_fd = s->control[0];
    s->set.truth = s->truth;
    s->server = server_open(&s->set, &s->catalogue, &err);
    if (!s->server)
        fail_msg("%s", err.msg);
    assert_int_equal(pthread_create(&s->thread, NULL, run, s->server), 0);
}

/* The truth log as an array, in the end. */
static json_t *finish(struct served *s)
{
    char line[1 << 16];
    json_t *all = json_pack("[]");
    struct err err = { 0 };
    FILE *f;

    close(s->control[1]);
    pthread_join(s->thread, NULL);
    assert_int_equal(server_close(s->server, &err), 0);
    close(s->control[0]);
    setting_free(&s->set);
    f = fopen(s->truth, "r");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        json_t *v = json_loads(line, 0, NULL);

        assert_non_null(v);
        json_array_append_new(all, v);
    }
    fclose(f);
    unlink(s->truth);
    return all;
}

static void stop(struct served *s)
{
    json_decref(finish(s));
}

static int dial(const struct served *s)
{
    struct sockaddr_in to = { .sin_family = AF_INET };
    struct timeval patience = { 20, 0 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    to.sin_port = htons(server_port(s->server));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void ask(int fd, const char *headers)
{
    char text[1024];

    snprintf(text, sizeof(text),
             "POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %zu\r\n%s\r\n%s",
             strlen(BODY), headers, BODY);
    say(fd, text);
}

/* Read until so many of the given ends came; -1: until the connection ends. */
static void hear(int fd, struct buf *b, const char *end, int times)
{
    buf_clear(b);
    for (;;) {
        char *room = buf_room(b, 4096);
        ssize_t n = recv(fd, room, 4096, 0);
        int seen = 0;

        if (n <= 0) {
            assert_true(times < 0);
            return;
        }
        buf_add(b, room, (size_t)n);
        for (const char *p = b->p;
             end && (p = memmem(p, b->len - (size_t)(p - b->p), end, strlen(end))); p++)
            seen++;
        if (times > 0 && seen >= times)
            return;
    }
}

static const json_t *field(const json_t *truth, size_t line, const char *key)
{
    return json_object_get(json_array_get(truth, line), key);
}

static void expect_line(const json_t *truth, size_t line, const char *kind)
{
    assert_string_equal(json_string_value(field(truth, line, "t")), kind);
}

static const char last_chunk[] = "\r\n0\r\n\r\n";

TEST(sim_serves_streams_and_writes_the_truth)
{
    struct served s;
    struct buf b = { 0 };
    json_t *truth;
    const json_t *frames;
    long long last = 0;
    int fd;

    serve(&s, "--output max");
    fd = dial(&s);
    ask(fd, "x-tokdyno-id: 12.1\r\n");
    hear(fd, &b, last_chunk, 1);
    assert_non_null(strstr(b.p, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(b.p, "data: [DONE]\n\n"));
    close(fd);
    truth = finish(&s);
    assert_int_equal(json_array_size(truth), 3);
    expect_line(truth, 0, "sim");
    expect_line(truth, 1, "request");
    expect_line(truth, 2, "end");
    assert_string_equal(json_string_value(field(truth, 1, "id")), "12.1");
    assert_int_equal(json_integer_value(field(truth, 1, "status")), 200);
    assert_int_equal(json_integer_value(field(truth, 1, "completion_tokens")), 20);
    assert_true(json_is_false(field(truth, 1, "aborted")));
    frames = field(truth, 1, "frames");
    assert_int_equal(json_array_size(frames),
                     json_integer_value(field(truth, 2, "frames")));
    for (size_t i = 0; i < json_array_size(frames); i++) {
        const json_t *f = json_array_get(frames, i);
        long long planned = json_integer_value(json_array_get(f, 0));
        long long sent = json_integer_value(json_array_get(f, 1));

        assert_true(sent >= planned && sent >= last);
        last = sent;
    }
    assert_true(last <= json_integer_value(field(truth, 1, "end")));
    assert_true(json_integer_value(field(truth, 1, "arrival")) <=
                json_integer_value(field(truth, 1, "head")));
    json_decref(truth);
    buf_free(&b);
}

TEST(sim_leaves_the_frames_out_of_the_truth_where_asked)
{
    struct served s;
    struct buf b = { 0 };
    json_t *truth;
    int fd;

    serve(&s, "--truth-frames=off");
    fd = dial(&s);
    ask(fd, "");
    hear(fd, &b, last_chunk, 1);
    close(fd);
    truth = finish(&s);
    assert_null(field(truth, 1, "frames"));
    assert_true(json_integer_value(field(truth, 2, "frames")) > 3);
    json_decref(truth);
    buf_free(&b);
}

TEST(sim_answers_pipelined_requests_in_order)
{
    struct served s;
    struct buf b = { 0 };
    json_t *truth;
    int fd;

    serve(&s, "--speed 10");
    fd = dial(&s);
    ask(fd, "x-tokdyno-id: a\r\n");
    ask(fd, "x-tokdyno-id: b\r\nx-sim-fault: 503\r\n");
    ask(fd, "x-tokdyno-id: c\r\n");
    hear(fd, &b, last_chunk, 3);
    close(fd);
    truth = finish(&s);
    assert_string_equal(json_string_value(field(truth, 1, "id")), "a");
    assert_string_equal(json_string_value(field(truth, 2, "id")), "b");
    assert_int_equal(json_integer_value(field(truth, 2, "status")), 503);
    assert_string_equal(json_string_value(field(truth, 3, "id")), "c");
    json_decref(truth);
    buf_free(&b);
}

TEST(sim_tells_to_go_on_with_a_body)
{
    struct served s;
    struct buf b = { 0 };
    int fd;

    serve(&s, "--quiet");
    fd = dial(&s);
    say(fd, "POST /v1/chat/completions HTTP/1.1\r\nExpect: 100-continue\r\n"
            "Transfer-Encoding: chunked\r\n\r\n");
    hear(fd, &b, "HTTP/1.1 100 Continue\r\n\r\n", 1);
    for (const char *p = BODY; *p; p++) {
        char chunk[8];

        snprintf(chunk, sizeof(chunk), "1\r\n%c\r\n", *p);
        say(fd, chunk);
    }
    say(fd, "0\r\n\r\n");
    hear(fd, &b, last_chunk, 1);
    assert_non_null(strstr(b.p, "200 OK"));
    close(fd);
    stop(&s);
    buf_free(&b);
}

TEST(sim_notes_clients_that_go_away)
{
    struct served s;
    struct buf b = { 0 };
    json_t *truth;
    int fd;

    serve(&s, "--quiet");
    fd = dial(&s);
    ask(fd, "x-sim-fault: stall:0\r\n");
    hear(fd, &b, "\"content\":", 2);
    close(fd);
    fd = dial(&s); /* and those that never got an answer */
    ask(fd, "x-sim-fault: never\r\n");
    truth = finish(&s);
    close(fd);
    for (size_t i = 1; i < json_array_size(truth) - 1; i++)
        assert_true(json_is_true(field(truth, i, "aborted")));
    assert_true(json_array_size(truth) >= 3);
    json_decref(truth);
    buf_free(&b);
}

TEST(sim_resets_and_closes_connections_by_fault)
{
    static const struct {
        const char *header;
        int error; /* of the read in the end; 0: a proper end */
    } cases[] = {
        { "x-sim-fault: reset-head\r\n", ECONNRESET },
        { "x-sim-fault: reset:1\r\n", ECONNRESET },
        { "x-sim-fault: close-head\r\n", 0 },
        { "x-sim-fault: truncated\r\n", 0 },
        { "x-sim-fault: garbage\r\n", 0 },
        { "x-sim-fault: until-close\r\n", 0 },
        { "connection: close\r\n", 0 },
    };
    struct served s;

    serve(&s, "--speed 10");
    for (size_t i = 0; i < COUNT(cases); i++) {
        int fd = dial(&s);
        char in[4096];
        ssize_t n;

        ask(fd, cases[i].header);
        while ((n = recv(fd, in, sizeof(in), 0)) > 0)
            ;
        assert_int_equal(n < 0 ? errno : 0, cases[i].error);
        close(fd);
    }
    stop(&s);
}

TEST(sim_closes_after_as_many_requests_as_are_set)
{
    struct served s;
    struct buf b = { 0 };
    int fd;

    serve(&s, "--requests-per-connection 2 --speed 10");
    fd = dial(&s);
    ask(fd, "");
    hear(fd, &b, last_chunk, 1);
    assert_null(strstr(b.p, "connection: close"));
    ask(fd, "");
    hear(fd, &b, NULL, -1);
    assert_non_null(strstr(b.p, "connection: close"));
    close(fd);
    stop(&s);
    buf_free(&b);
}

TEST(sim_closes_idle_connections)
{
    struct served s;
    struct buf b = { 0 };
    int fd;

    serve(&s, "--idle 20ms");
    fd = dial(&s);
    say(fd, "GET /v1/mod");
    hear(fd, &b, NULL, -1);
    assert_int_equal(b.len, 0);
    close(fd);
    stop(&s);
    buf_free(&b);
}

TEST(sim_refuses_more_connections_than_are_set)
{
    struct served s;
    struct buf b = { 0 };
    int first;
    int second;

    serve(&s, "--max-connections 1");
    first = dial(&s);
    say(first, "GET / HTTP/1.1\r\n\r\n");
    hear(first, &b, "ok\n", 1);
    second = dial(&s);
    hear(second, &b, NULL, -1);
    close(second);
    say(first, "GET / HTTP/1.1\r\n\r\n");
    hear(first, &b, "ok\n", 1);
    close(first);
    stop(&s);
    buf_free(&b);
}

/* One that does not read holds up itself alone, and makes the server keep only so much. */
TEST(sim_waits_for_clients_that_do_not_read)
{
    struct served s;
    struct buf b = { 0 };
    json_t *truth;
    int small = 4096;
    int lazy;
    int brisk;

    serve(&s, "--flood --output 20000");
    lazy = dial(&s);
    setsockopt(lazy, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    ask(lazy, "x-sim-fault: endless-line\r\n");
    brisk = dial(&s);
    ask(brisk, "");
    hear(brisk, &b, last_chunk, 1);
    close(brisk);
    close(lazy);
    truth = finish(&s);
    assert_true(json_is_false(field(truth, 1, "aborted")));
    json_decref(truth);
    buf_free(&b);
}

TEST(sim_answers_bad_requests_and_closes)
{
    static const char *const cases[] = {
        "nonsense\r\n\r\n",
        "GET / HTTP/3\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    };
    struct served s;
    struct buf b = { 0 };

    serve(&s, "--quiet");
    for (size_t i = 0; i < COUNT(cases); i++) {
        int fd = dial(&s);

        say(fd, cases[i]);
        hear(fd, &b, NULL, -1);
        assert_int_equal(strncmp(b.p, "HTTP/1.1 ", 9), 0);
        assert_true(b.p[9] == '4' || b.p[9] == '5');
        close(fd);
    }
    stop(&s);
    buf_free(&b);
}

TEST(sim_says_why_it_cannot_listen)
{
    static const char *const cases[] = { "127.0.0.1:1x", "127.0.0.1:", "300.0.0.1:0",
                                         "203.0.113.1:0" };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct setting set;
        struct catalogue c = { .models = &model, .n_models = 1 };
        struct err err = { 0 };

        setting_init(&set);
        set.listen = cases[i];
        assert_null(server_open(&set, &c, &err));
        assert_true(err.msg[0]);
        setting_free(&set);
    }
}
