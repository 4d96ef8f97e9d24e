/*
 * The physical limit of a client: keeps N chat streams going on plain sockets and epoll and
 * looks for the ends of frames, and for nothing else. Also the client with which the
 * simulator is measured, since it is never in the way.
 *
 *     raw PORT MODEL STREAMS SECONDS MAX_TOKENS [stamps|awake]
 *
 * stamps: look for the kernel's stamp before each read, as tokdyno does. awake: never
 * sleep, so that no frame's sender has to wake us, which costs it more than all it does
 * itself. Prints one line of JSON: bytes, reads, frames, answers, ns, CPU time; stamps
 * found.
 */
#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/fds.h"
#include "base/mem.h"
#include "net.h"

enum { READ = 16 * 1024, EVENTS = 512 };

struct raw {
    int epoll;
    const char *port;
    struct request request;
    bool stamps;
    char *in;
    uint64_t bytes;
    uint64_t reads;
    uint64_t frames;
    uint64_t answers;
    uint64_t stamped;
};

static void open_stream(struct raw *r)
{
    int fd = connect_to(r->port);
    struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

    if (r->stamps)
        stamps_ask(fd);
    epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &ev);
    request_send(&r->request, fd);
}

/* A blank line ends a frame; one that two reads cut is missed, and hardly ever there. */
static uint64_t count_frames(const char *p, size_t n)
{
    const char *end = p + n;
    uint64_t frames = 0;

    while ((p = memchr(p, '\n', (size_t)(end - p))) && ++p < end)
        frames += *p == '\n';
    return frames;
}

/* An answer ends with the chunk of size 0; then the next is asked for. */
static void read_some(struct raw *r, int fd)
{
    ssize_t n;

    if (r->stamps)
        r->stamped += stamps_look(fd, r->in, READ) != 0;
    n = recv(fd, r->in, READ, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        close(fd);
        open_stream(r);
        return;
    }
    r->reads++;
    r->bytes += (uint64_t)n;
    r->frames += count_frames(r->in, (size_t)n);
    if (n >= 5 && !memcmp(r->in + n - 5, "0\r\n\r\n", 5)) {
        r->answers++;
        request_send(&r->request, fd);
    }
}

int main(int argc, char **argv)
{
    struct raw r = { .epoll = epoll_create1(0) };
    struct epoll_event ready[EVENTS];
    ns_t begin, end;
    int wait_ms;

    if (argc < 6) {
        fprintf(stderr,
                "usage: raw PORT MODEL STREAMS SECONDS MAX_TOKENS [stamps|awake]\n");
        return 2;
    }
    fds_raise();
    r.port = argv[1];
    r.stamps = argc > 6 && !strcmp(argv[6], "stamps");
    wait_ms = argc > 6 && !strcmp(argv[6], "awake") ? 0 : 100;
    r.in = mem_alloc(READ);
    request_make(&r.request, argv[2], argv[5]);
    begin = clock_now(&clock_system);
    end = begin + atoi(argv[4]) * NS_PER_S;
    for (int i = 0; i < atoi(argv[3]); i++)
        open_stream(&r);
    while (clock_now(&clock_system) < end) {
        int n = epoll_wait(r.epoll, ready, EVENTS, wait_ms);

        for (int i = 0; i < n; i++)
            read_some(&r, ready[i].data.fd);
    }
    printf("{\"bytes\":%llu,\"reads\":%llu,\"frames\":%llu,\"answers\":%llu,"
           "\"stamped\":%llu,\"ns\":%lld,\"cpu_ns\":%lld}\n",
           (unsigned long long)r.bytes, (unsigned long long)r.reads,
           (unsigned long long)r.frames, (unsigned long long)r.answers,
           (unsigned long long)r.stamped, (long long)(clock_now(&clock_system) - begin),
           (long long)clock_cpu());
    free(r.in);
    return 0;
}
