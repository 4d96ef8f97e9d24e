/*
 * The floor that tokdyno's cost per frame is compared with: a bare libcurl multi loop on
 * epoll that keeps N chat streams going, with the same decoders, one time stamp a read, and
 * nothing else.
 *
 *     floor URL MODEL STREAMS SECONDS MAX_TOKENS
 *
 * Prints one line: frames, seconds, CPU time, CPU nanoseconds per frame.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "api/endpoint.h"
#include "base/clock.h"
#include "base/fds.h"
#include "base/mem.h"

struct bench;

struct stream {
    struct bench *bench;
    CURL *easy;
    struct answer answer;
    struct sse sse;
};

struct bench {
    CURLM *multi;
    int epoll;
    long wait_ms;
    ns_t stamp;
    ns_t until;
    uint64_t frames;
    uint64_t requests;
    unsigned open;
    char *body;
    const char *url;
    struct curl_slist *headers;
};

static void on_event(void *ctx, const struct sse_event *ev)
{
    struct stream *s = ctx;

    endpoint_find("chat")->event(&s->answer, ev, s->bench->stamp);
}

static size_t on_body(char *p, size_t unit, size_t n, void *ctx)
{
    struct stream *s = ctx;
    struct err err;

    sse_feed(&s->sse, p, unit * n, &err);
    return unit * n;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *known)
{
    struct bench *b = ctx;
    struct epoll_event ev = { .data.fd = fd };

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(b->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    ev.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    epoll_ctl(b->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev);
    curl_multi_assign(b->multi, fd, b);
    return 0;
}

static int on_timer(CURLM *multi, long wait_ms, void *ctx)
{
    struct bench *b = ctx;

    (void)multi;
    b->wait_ms = wait_ms;
    return 0;
}

static void start(struct stream *s)
{
    answer_reset(&s->answer);
    sse_reset(&s->sse);
    curl_multi_add_handle(s->bench->multi, s->easy);
    s->bench->open++;
}

static void open_stream(struct bench *b, struct stream *s)
{
    s->bench = b;
    s->easy = curl_easy_init();
    answer_init(&s->answer);
    sse_init(&s->sse, 1 << 20, on_event, s);
    curl_easy_setopt(s->easy, CURLOPT_PRIVATE, s);
    curl_easy_setopt(s->easy, CURLOPT_URL, b->url);
    curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, b->headers);
    curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, b->body);
    curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_NOSIGNAL, 1L);
    start(s);
}

static void reap(struct bench *b)
{
    struct CURLMsg *msg;
    int left;

    while ((msg = curl_multi_info_read(b->multi, &left))) {
        struct stream *s;

        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &s);
        curl_multi_remove_handle(b->multi, s->easy);
        b->frames += s->answer.frames;
        b->requests++;
        b->open--;
        if (clock_now(&clock_system) < b->until)
            start(s);
    }
}

static void turn(struct bench *b)
{
    struct epoll_event ready[256];
    int running;
    int n = epoll_wait(b->epoll, ready, 256, b->wait_ms < 0 ? 1000 : (int)b->wait_ms);

    if (n <= 0)
        curl_multi_socket_action(b->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    for (int i = 0; i < n; i++) {
        int what =
            (ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? CURL_CSELECT_IN : 0) |
            (ready[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);

        b->stamp = clock_now(&clock_system);
        curl_multi_socket_action(b->multi, ready[i].data.fd, what, &running);
    }
    reap(b);
}

static void make_request(struct bench *b, const char *model, int max_tokens)
{
    struct buf body;

    buf_init(&body, 0);
    buf_printf(&body,
               "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"count\"}],"
               "\"max_completion_tokens\":%d,\"stream\":true,"
               "\"stream_options\":{\"include_usage\":true}}",
               model, max_tokens);
    b->body = buf_take(&body);
    b->headers = curl_slist_append(NULL, "Content-Type: application/json");
    b->headers = curl_slist_append(b->headers, "Expect:");
}

int main(int argc, char **argv)
{
    struct bench b = { .wait_ms = -1, .epoll = epoll_create1(0) };
    ns_t began, cpu;
    int n;

    if (argc != 6) {
        fprintf(stderr, "usage: floor URL MODEL STREAMS SECONDS MAX_TOKENS\n");
        return 2;
    }
    fds_raise();
    curl_global_init(CURL_GLOBAL_ALL);
    b.url = argv[1];
    b.multi = curl_multi_init();
    curl_multi_setopt(b.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(b.multi, CURLMOPT_SOCKETDATA, &b);
    curl_multi_setopt(b.multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(b.multi, CURLMOPT_TIMERDATA, &b);
    n = atoi(argv[3]);
    curl_multi_setopt(b.multi, CURLMOPT_MAXCONNECTS, (long)n);
    make_request(&b, argv[2], atoi(argv[5]));
    began = clock_now(&clock_system);
    cpu = clock_cpu();
    b.until = began + atoi(argv[4]) * NS_PER_S;
    for (int i = 0; i < n; i++)
        open_stream(&b, mem_alloc(sizeof(struct stream)));
    while (b.open)
        turn(&b);
    began = clock_now(&clock_system) - began;
    cpu = clock_cpu() - cpu;
    printf("frames %llu requests %llu seconds %.3f cpu %.3f ns/frame %.0f\n",
           (unsigned long long)b.frames, (unsigned long long)b.requests,
           (double)began / 1e9, (double)cpu / 1e9,
           b.frames ? (double)cpu / (double)b.frames : 0);
    return 0;
}
