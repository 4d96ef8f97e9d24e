/*
 * The floor that the simulator's cost is compared with: a bare epoll server that sends the
 * same frames at the same pace and does nothing else. It reads no request but for its end,
 * and every answer is the same bytes.
 *
 *     bare PORT FRAMES_PER_SECOND FRAMES SECONDS
 *
 * Each stream is one write every 1 / FRAMES_PER_SECOND s, at a phase of its own. Prints one
 * line of JSON: frames, CPU time, lateness.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "data/hist.h"

enum { READ = 64 * 1024, EVENTS = 512, FRAME = 256, MAX_FD = 20000 };

struct peer {
    ns_t due; /* 0: nothing to send */
    unsigned sent;
};

struct bare {
    int epoll;
    int listener;
    int timer;
    ns_t gap;
    unsigned frames;
    struct peer *peers; /* by descriptor */
    int *heap;          /* descriptors, by due */
    int n;
    char in[READ];
    char frame[FRAME];
    uint64_t total;
    struct hist late;
};

static bool before(const struct bare *b, int i, int k)
{
    return b->peers[b->heap[i]].due < b->peers[b->heap[k]].due;
}

static void swap(struct bare *b, int i, int k)
{
    int fd = b->heap[i];

    b->heap[i] = b->heap[k];
    b->heap[k] = fd;
}

static void sink(struct bare *b)
{
    for (int i = 0;;) {
        int least = i;

        for (int k = 2 * i + 1; k <= 2 * i + 2 && k < b->n; k++)
            if (before(b, k, least))
                least = k;
        if (least == i)
            return;
        swap(b, i, least);
        i = least;
    }
}

static void add(struct bare *b, int fd)
{
    int i = b->n++;

    b->heap[i] = fd;
    for (; i && before(b, i, (i - 1) / 2); i = (i - 1) / 2)
        swap(b, i, (i - 1) / 2);
}

static void push(struct bare *b, int fd, const char *p, size_t n)
{
    if (send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
        b->peers[fd].sent = b->frames;
}

static void play(struct bare *b)
{
    while (b->n) {
        int fd = b->heap[0];
        struct peer *p = &b->peers[fd];
        ns_t now = clock_now(&clock_system);

        if (p->due > now)
            return;
        hist_record(&b->late, now - p->due, 1);
        b->total++;
        push(b, fd, b->frame, FRAME);
        p->due += b->gap;
        if (++p->sent >= b->frames) {
            push(b, fd, "0\r\n\r\n", 5);
            p->due = 0;
            b->heap[0] = b->heap[--b->n];
        }
        sink(b);
    }
}

static void arm(const struct bare *b)
{
    ns_t at = b->n ? b->peers[b->heap[0]].due : 0;
    struct itimerspec when = { .it_value = { at / NS_PER_S, at % NS_PER_S } };

    timerfd_settime(b->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void watch(const struct bare *b, int fd, uint32_t events)
{
    struct epoll_event ev = { .events = events, .data.fd = fd };

    epoll_ctl(b->epoll, EPOLL_CTL_ADD, fd, &ev);
}

static void ready(struct bare *b, int fd)
{
    static const char head[] = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                               "transfer-encoding: chunked\r\n\r\n";
    int on = 1;

    if (fd == b->listener) {
        int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK);

        setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        watch(b, peer, EPOLLIN);
    } else if (fd != b->timer && recv(fd, b->in, READ, 0) > 0 && !b->peers[fd].due) {
        push(b, fd, head, sizeof(head) - 1);
        b->peers[fd] = (struct peer){
            .due =
                clock_now(&clock_system) + (ns_t)((uint64_t)fd * 7919 % 997) * b->gap / 997,
        };
        add(b, fd);
    }
}

static int listen_on(const char *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;

    at.sin_port = htons((uint16_t)atoi(port));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 4096)) {
        perror("listen");
        exit(1);
    }
    return fd;
}

int main(int argc, char **argv)
{
    struct bare *b = mem_alloc(sizeof(*b));
    struct epoll_event events[EVENTS];
    struct rlimit files;
    ns_t end;

    if (argc != 5) {
        fprintf(stderr, "usage: bare PORT FRAMES_PER_SECOND FRAMES SECONDS\n");
        return 2;
    }
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    b->gap = (ns_t)(NS_PER_S / atof(argv[2]));
    b->frames = (unsigned)atoi(argv[3]);
    b->peers = mem_array(MAX_FD, sizeof(*b->peers));
    b->heap = mem_array(MAX_FD, sizeof(*b->heap));
    hist_init_standard(&b->late);
    memset(b->frame, 'a', FRAME);
    memcpy(b->frame, "fa\r\n", 4);
    memcpy(b->frame + FRAME - 2, "\r\n", 2);
    b->epoll = epoll_create1(0);
    b->listener = listen_on(argv[1]);
    b->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    watch(b, b->listener, EPOLLIN);
    watch(b, b->timer, EPOLLIN | EPOLLET);
    end = clock_now(&clock_system) + atoi(argv[4]) * NS_PER_S;
    while (clock_now(&clock_system) < end) {
        int n;

        arm(b);
        n = epoll_wait(b->epoll, events, EVENTS, 100);
        for (int i = 0; i < n; i++)
            ready(b, events[i].data.fd);
        play(b);
    }
    printf("{\"frames\":%llu,\"cpu_ns\":%lld,\"late_p50\":%lld,\"late_p99\":%lld}\n",
           (unsigned long long)b->total, (long long)clock_cpu(),
           (long long)hist_percentile(&b->late, 50),
           (long long)hist_percentile(&b->late, 99));
    hist_free(&b->late);
    free(b->heap);
    free(b->peers);
    free(b);
    return 0;
}
