/*
 * The floor that the simulator's cost is compared with: a bare epoll server that sends the
 * same frames at the same pace and does nothing else. It reads no request but for its end,
 * and every answer is the same bytes.
 *
 *     bare PORT FRAMES_PER_SECOND FRAMES SECONDS [WRITE [lockstep]]
 *
 * Each stream is one write of WRITE frames (1) every WRITE / FRAMES_PER_SECOND s, at a
 * phase of its own; lockstep: all at the same moments, and so their ends. With many frames
 * a write it costs so little that it is not what limits a client. Prints one line of JSON:
 * frames, CPU time, lateness.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fds.h"
#include "base/mem.h"
#include "data/hist.h"

enum { READ = 64 * 1024, EVENTS = 512, FRAME = 256, MAX_WRITE = 64, MAX_FD = 20000 };

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
    unsigned write; /* frames of one */
    bool lockstep;
    struct peer *peers; /* by descriptor */
    int *heap;          /* descriptors, by due */
    int n;
    char in[READ];
    char out[FRAME * MAX_WRITE];
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
    static const char tail[] = "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";

    while (b->n) {
        int fd = b->heap[0];
        struct peer *p = &b->peers[fd];
        ns_t now = clock_now(&clock_system);

        if (p->due > now)
            return;
        hist_record(&b->late, now - p->due, 1);
        b->total += b->write;
        push(b, fd, b->out, FRAME * b->write);
        p->due += b->gap * b->write;
        p->sent += b->write;
        if (p->sent >= b->frames) {
            push(b, fd, tail, sizeof(tail) - 1);
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

/* In lockstep at the next of moments that are ten frames apart, so that all find it. */
static ns_t first_due(const struct bare *b, int fd)
{
    ns_t now = clock_now(&clock_system);
    ns_t step = 10 * b->gap;

    if (b->lockstep)
        return (now / step + 1) * step;
    return now + (ns_t)((uint64_t)fd * 7919 % 997) * b->gap / 997;
}

static void accept_one(struct bare *b)
{
    int on = 1, peer = accept4(b->listener, NULL, NULL, SOCK_NONBLOCK);

    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    watch(b, peer, EPOLLIN);
}

/* A client that has gone is looked at no more; what is due to it fails and ends it. */
static void read_request(struct bare *b, int fd)
{
    static const char head[] = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                               "transfer-encoding: chunked\r\n\r\n";

    if (recv(fd, b->in, READ, 0) <= 0) {
        epoll_ctl(b->epoll, EPOLL_CTL_DEL, fd, NULL);
        return;
    }
    if (b->peers[fd].due)
        return;
    push(b, fd, head, sizeof(head) - 1);
    b->peers[fd] = (struct peer){ .due = first_due(b, fd) };
    add(b, fd);
}

static void ready(struct bare *b, int fd)
{
    if (fd == b->listener)
        accept_one(b);
    else if (fd != b->timer)
        read_request(b, fd);
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

/* A chunk that holds a frame as Groq writes it, filled up with text to its size. */
static void make_frame(char out[FRAME])
{
    static const char head[] =
        "fa\r\ndata: {\"id\":\"chatcmpl-0\",\"object\":\"chat.completion.chunk\","
        "\"created\":1770770839,\"model\":\"m\",\"choices\":[{\"index\":0,"
        "\"finish_reason\":null,\"delta\":{\"content\":\"";
    static const char tail[] = "\"}}]}\n\n\r\n";

    memset(out, 'a', FRAME);
    memcpy(out, head, sizeof(head) - 1);
    memcpy(out + FRAME - (sizeof(tail) - 1), tail, sizeof(tail) - 1);
}

static void set_up(struct bare *b, int argc, char **argv)
{
    b->gap = (ns_t)(NS_PER_S / atof(argv[2]));
    b->frames = (unsigned)atoi(argv[3]);
    b->write = argc > 5 ? (unsigned)atoi(argv[5]) : 1;
    b->write = b->write < MAX_WRITE ? b->write : MAX_WRITE;
    b->lockstep = argc > 6;
    b->peers = mem_array(MAX_FD, sizeof(*b->peers));
    b->heap = mem_array(MAX_FD, sizeof(*b->heap));
    hist_init_standard(&b->late);
    for (int i = 0; i < MAX_WRITE; i++)
        make_frame(b->out + FRAME * i);
    b->epoll = epoll_create1(0);
    b->listener = listen_on(argv[1]);
    b->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    watch(b, b->listener, EPOLLIN);
    watch(b, b->timer, EPOLLIN | EPOLLET);
}

int main(int argc, char **argv)
{
    struct bare *b = mem_alloc(sizeof(*b));
    struct epoll_event events[EVENTS];
    ns_t end;

    if (argc < 5) {
        fprintf(stderr, "usage: bare PORT RATE FRAMES SECONDS [WRITE [lockstep]]\n");
        return 2;
    }
    prctl(PR_SET_TIMERSLACK, 1);
    fds_raise();
    set_up(b, argc, argv);
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
