#include "load/stamp.h"

#include <time.h> /* before errqueue.h, which needs it and does not say so */

#include <assert.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/tcp.h> /* not netinet/tcp.h: its struct tcp_info ends before the counts */
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

void stamper_init(struct stamper *s, const struct clock *clock)
{
    *s = (struct stamper){ .clock = clock, .turn = NS_ABSENT };
}

void stamp_enable(int fd)
{
    int what = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;

    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &what, sizeof(what));
}

static struct tcp_info ask(int fd)
{
    struct tcp_info info = { 0 };
    socklen_t n = sizeof(info);

    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n);
    return info;
}

uint64_t stamp_arrived(int fd)
{
    return ask(fd).tcpi_bytes_received;
}

bool stamp_pending(int fd)
{
    int n = 0;

    return ioctl(fd, FIONREAD, &n) || n > 0;
}

uint32_t stamp_disordered(int fd)
{
    return ask(fd).tcpi_rcv_ooopack;
}

/* The newest stamp of the next `most` bytes, CLOCK_REALTIME; NS_ABSENT where there is none.
 */
static ns_t look(struct stamper *s, int fd, size_t most, size_t *waiting)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct scm_timestamping))];
    } control;
    struct iovec unread = { s->unread, most };
    struct msghdr msg = { .msg_iov = &unread,
                          .msg_iovlen = 1,
                          .msg_control = &control,
                          .msg_controllen = sizeof(control) };
    struct scm_timestamping stamps;
    ssize_t n;

    assert(most <= sizeof(s->unread));
    /* On TCP, MSG_TRUNC drops instead of copying: the place is never written to. */
    n = recvmsg(fd, &msg, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
    *waiting = n > 0 ? (size_t)n : 0;
    if (n <= 0)
        return NS_ABSENT;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING) {
            memcpy(&stamps, CMSG_DATA(c), sizeof(stamps));
            if (!stamps.ts[0].tv_sec && !stamps.ts[0].tv_nsec)
                return NS_ABSENT;
            return stamps.ts[0].tv_sec * NS_PER_S + stamps.ts[0].tv_nsec;
        }
    return NS_ABSENT;
}

/*
 * CLOCK_REALTIME lies somewhere between two looks at CLOCK_MONOTONIC. The later look is
 * taken, so that a converted stamp is rather too late than too early; a try that was
 * interrupted is made again.
 */
static void sample_offset(struct stamper *s, ns_t turn)
{
    enum { TRIES = 4, CLOSE_ENOUGH = 500 };
    ns_t best = INT64_MAX;

    if (s->turn == turn)
        return;
    for (int i = 0; i < TRIES && best > CLOSE_ENOUGH; i++) {
        ns_t before = clock_now(s->clock);
        ns_t real = s->clock->real(s->clock->ctx);
        ns_t after = clock_now(s->clock);

        if (after - before >= best)
            continue;
        best = after - before;
        s->offset = real - after;
    }
    s->turn = turn;
}

struct stamp stamp_now(const struct stamper *s)
{
    ns_t now = clock_now(s->clock);

    return (struct stamp){ .at = now, .read = now, .kind = STAMP_READ };
}

struct stamp stamp_read(struct stamper *s, int fd, size_t most, ns_t emptied, ns_t turn)
{
    struct stamp stamp = { .kind = STAMP_READ };
    ns_t real = look(s, fd, most, &stamp.waiting);

    stamp.at = stamp.read = clock_now(s->clock);
    if (real == NS_ABSENT)
        return stamp;
    sample_offset(s, turn);
    real -= s->offset;
    stamp.kind = STAMP_REPLACED;
    if (real > stamp.read || (emptied != NS_ABSENT && real < emptied))
        return stamp;
    stamp.kind = STAMP_KERNEL;
    stamp.at = real;
    return stamp;
}
