/*
 * The lightest client there can be: keeps N chat streams going on plain sockets and throws
 * away what comes. What the simulator costs and how late it is can be measured without a
 * client that is in the way.
 *
 *     drain PORT MODEL STREAMS SECONDS MAX_TOKENS
 *
 * Prints one line of JSON: bytes, reads, answers, seconds, CPU time.
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
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

enum { READ = 64 * 1024, EVENTS = 512 };

struct drain {
    int epoll;
    struct sockaddr_in to;
    char request[1024];
    size_t request_len;
    char *in;
    uint64_t bytes;
    uint64_t reads;
    uint64_t answers;
};

static void ask(const struct drain *d, int fd)
{
    if (send(fd, d->request, d->request_len, MSG_NOSIGNAL) != (ssize_t)d->request_len)
        perror("send");
}

static void open_stream(struct drain *d)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

    if (fd < 0 || connect(fd, (struct sockaddr *)&d->to, sizeof(d->to))) {
        perror("connect");
        exit(1);
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    epoll_ctl(d->epoll, EPOLL_CTL_ADD, fd, &ev);
    ask(d, fd);
}

/* An answer ends with the chunk of size 0; then the next is asked for. */
static void read_some(struct drain *d, int fd)
{
    ssize_t n = recv(fd, d->in, READ, MSG_DONTWAIT);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        close(fd);
        open_stream(d);
        return;
    }
    d->reads++;
    d->bytes += (uint64_t)n;
    if (n >= 5 && !memcmp(d->in + n - 5, "0\r\n\r\n", 5)) {
        d->answers++;
        ask(d, fd);
    }
}

static void make_request(struct drain *d, const char *model, const char *max)
{
    char body[512];
    int n = snprintf(body, sizeof(body),
                     "{\"model\":\"%s\",\"stream\":true,\"max_completion_tokens\":%s,"
                     "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
                     model, max);

    d->request_len = (size_t)snprintf(d->request, sizeof(d->request),
                                      "POST /openai/v1/chat/completions HTTP/1.1\r\n"
                                      "Host: drain\r\nContent-Type: application/json\r\n"
                                      "Content-Length: %d\r\n\r\n%s",
                                      n, body);
}

int main(int argc, char **argv)
{
    struct drain d = { .to = { .sin_family = AF_INET } };
    struct epoll_event ready[EVENTS];
    struct rlimit files;
    ns_t begin, end;

    if (argc != 6) {
        fprintf(stderr, "usage: drain PORT MODEL STREAMS SECONDS MAX_TOKENS\n");
        return 2;
    }
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    d.to.sin_port = htons((uint16_t)atoi(argv[1]));
    d.to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    d.epoll = epoll_create1(0);
    d.in = mem_alloc(READ);
    make_request(&d, argv[2], argv[5]);
    begin = clock_now(&clock_system);
    end = begin + atoi(argv[4]) * NS_PER_S;
    for (int i = 0; i < atoi(argv[3]); i++)
        open_stream(&d);
    while (clock_now(&clock_system) < end) {
        int n = epoll_wait(d.epoll, ready, EVENTS, 100);

        for (int i = 0; i < n; i++)
            read_some(&d, ready[i].data.fd);
    }
    printf("{\"bytes\":%llu,\"reads\":%llu,\"answers\":%llu,\"ns\":%lld,\"cpu_ns\":%lld}\n",
           (unsigned long long)d.bytes, (unsigned long long)d.reads,
           (unsigned long long)d.answers, (long long)(clock_now(&clock_system) - begin),
           (long long)clock_cpu());
    free(d.in);
    return 0;
}
