#ifndef TESTS_BENCH_NET_H
#define TESTS_BENCH_NET_H

#include <arpa/inet.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"

/* What the clients of these benchmarks share: a request to a port of this machine, a
 * connection, and the look at a socket for the kernel's stamp. */
struct request {
    char text[1024];
    size_t len;
};

static inline void request_make(struct request *r, const char *model, const char *max)
{
    char body[512];
    int n = snprintf(body, sizeof(body),
                     "{\"model\":\"%s\",\"stream\":true,\"max_completion_tokens\":%s,"
                     "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
                     model, max);

    r->len = (size_t)snprintf(r->text, sizeof(r->text),
                              "POST /openai/v1/chat/completions HTTP/1.1\r\n"
                              "Host: bench\r\nContent-Type: application/json\r\n"
                              "Content-Length: %d\r\n\r\n%s",
                              n, body);
}

static inline void request_send(const struct request *r, int fd)
{
    if (send(fd, r->text, r->len, MSG_NOSIGNAL) != (ssize_t)r->len)
        perror("send");
}

static inline int connect_to(const char *port)
{
    struct sockaddr_in to = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;

    to.sin_port = htons((uint16_t)atoi(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to))) {
        perror("connect");
        exit(1);
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

static inline void stamps_ask(int fd)
{
    int what = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;

    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &what, sizeof(what));
}

/* The newest stamp of the next n bytes, CLOCK_REALTIME; 0 where there is none. */
static inline ns_t stamps_look(int fd, char *in, size_t n)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(3 * sizeof(struct timespec))];
    } control;
    struct iovec unread = { in, n };
    struct msghdr msg = { .msg_iov = &unread,
                          .msg_iovlen = 1,
                          .msg_control = &control,
                          .msg_controllen = sizeof(control) };
    struct timespec at;

    if (recvmsg(fd, &msg, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT) <= 0)
        return 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING) {
            memcpy(&at, CMSG_DATA(c), sizeof(at));
            return at.tv_sec * NS_PER_S + at.tv_nsec;
        }
    return 0;
}

#endif
