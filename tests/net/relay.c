/*
 * A network that is not loopback: two network namespaces, each with a TUN device, joined by
 * this process, which passes packets with seeded delay, jitter, loss and a limit of rate.
 *
 *     relay SEED MTU CAPTURE [SETTING...]
 *
 * Namespace a has 192.0.2.1, b has 192.0.2.2. The first line on stdout is JSON with our pid
 * and the descriptors of the namespaces, for setns(2) by /proc/PID/fd/N. SETTINGs are those
 * of link.h, for both directions, or with "a:" or "b:" in front for what that side sends;
 * more come on stdin, a line each, and hold from then on. When stdin ends the last line
 * says what was done, and everything is gone with the process. What was passed on is
 * written to CAPTURE, a pcap file whose times are CLOCK_MONOTONIC, taken just before the
 * write.
 *
 * Exit code 77, with the reason on stderr: namespaces or TUN cannot be had here.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "link.h"
#include "tun.h"

enum { MOST = 65536, BATCH = 64, CANNOT = 77, NS_PER_S = 1000000000 };

struct relay {
    struct tun side[2];
    struct link from[2]; /* what side i sent */
    FILE *capture;
    int timer;
    int epoll;
    bool over;
    char line[256]; /* of stdin, as far as it came */
    size_t line_n;
    unsigned char packet[MOST];
};

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * (int64_t)NS_PER_S + t.tv_nsec;
}

static void capture_open(struct relay *r, const char *path)
{
    /* nanoseconds, version 2.4, raw IP */
    static const uint32_t head[] = { 0xA1B23C4D, 2 | 4 << 16, 0, 0, MOST, 101 };

    r->capture = fopen(path, "wbe");
    if (!r->capture || fwrite(head, sizeof(head), 1, r->capture) != 1) {
        perror(path);
        exit(1);
    }
}

static void capture(struct relay *r, const struct packet *p, int64_t at)
{
    uint32_t head[] = { (uint32_t)(at / NS_PER_S), (uint32_t)(at % NS_PER_S),
                        (uint32_t)p->size, (uint32_t)p->size };

    fwrite(head, sizeof(head), 1, r->capture);
    fwrite(p->bytes, p->size, 1, r->capture);
}

/* IPv4 alone: what else there is (a host that looks for IPv6 routers) comes when it likes.
 */
static void take(struct relay *r, int side)
{
    for (int i = 0; i < BATCH; i++) {
        ssize_t n = read(r->side[side].fd, r->packet, MOST);

        if (n <= 0)
            return;
        if (r->packet[0] >> 4 == 4)
            link_take(&r->from[side], now_ns(), r->packet, (size_t)n);
    }
}

static void pass(struct relay *r, int side)
{
    struct packet *p;

    while ((p = link_due(&r->from[side], now_ns()))) {
        int64_t at = now_ns();

        if (write(r->side[!side].fd, p->bytes, p->size) < 0)
            perror("relay: a packet could not be passed on");
        capture(r, p, at);
        link_passed(&r->from[side], p, at);
    }
}

static void set(struct relay *r, const char *setting)
{
    bool one = setting[0] && setting[1] == ':';

    for (int i = 0; i < 2; i++)
        if ((!one || setting[0] == "ab"[i]) && !link_set(&r->from[i], setting + 2 * one)) {
            fprintf(stderr, "relay: no setting \"%s\"\n", setting);
            exit(2);
        }
}

static void command(struct relay *r)
{
    ssize_t n = read(0, r->line + r->line_n, sizeof(r->line) - 1 - r->line_n);
    char *end;

    r->over = n <= 0;
    r->line_n += n > 0 ? (size_t)n : 0;
    r->line[r->line_n] = '\0';
    while ((end = strchr(r->line, '\n'))) {
        *end++ = '\0';
        set(r, r->line);
        r->line_n = strlen(end);
        memmove(r->line, end, r->line_n + 1);
    }
}

static void arm(const struct relay *r)
{
    int64_t a = link_next(&r->from[0]), b = link_next(&r->from[1]);
    int64_t at = a < 0 || (b >= 0 && b < a) ? b : a;
    struct itimerspec when = { 0 };

    if (at >= 0)
        when.it_value = (struct timespec){ at / NS_PER_S, at % NS_PER_S };
    timerfd_settime(r->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void watch(const struct relay *r, int fd, uint32_t events, uint64_t what)
{
    struct epoll_event ev = { .events = events, .data.u64 = what };

    epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &ev);
}

enum { SIDE_A, SIDE_B, STDIN, TIMER };

static void turn(struct relay *r)
{
    struct epoll_event events[4];
    int n;

    arm(r);
    n = epoll_wait(r->epoll, events, 4, -1);
    for (int i = 0; i < n; i++)
        switch (events[i].data.u64) {
        case SIDE_A:
        case SIDE_B:
            take(r, (int)events[i].data.u64);
            break;
        case STDIN:
            command(r);
            break;
        }
    pass(r, SIDE_A);
    pass(r, SIDE_B);
}

static void tell(const struct relay *r)
{
    for (int i = 0; i < 2; i++) {
        const struct link *l = &r->from[i];

        printf("%s\"%c\":{\"waiting\":%zu", i ? "," : "{", "ab"[i], l -> n);
#define COUNT(name) printf(",\"" #name "\":%lld", (long long)l->count.name);
        LINK_COUNTS(COUNT)
#undef COUNT
        printf("}");
    }
    printf("}\n");
}

static void open_sides(struct relay *r, const char *mtu)
{
    static const char *const address[] = { "192.0.2.1", "192.0.2.2" };
    const char *what;

    for (int i = 0; i < 2; i++)
        if (tun_open(&r->side[i], address[i], atoi(mtu), &what)) {
            fprintf(stderr, "%s cannot be had: %s\n", what, strerror(errno));
            exit(CANNOT);
        }
}

int main(int argc, char **argv)
{
    static struct relay r;
    struct sched_param first = { .sched_priority = 2 };

    if (argc < 4) {
        fprintf(stderr, "usage: relay SEED MTU CAPTURE [SETTING...]\n");
        return 2;
    }
    open_sides(&r, argv[2]);
    capture_open(&r, argv[3]);
    for (uint64_t i = 0; i < 2; i++)
        link_init(&r.from[i], strtoull(argv[1], NULL, 10) * 2 + i);
    for (int i = 4; i < argc; i++)
        set(&r, argv[i]);
    /* A network that stands still while others have the core would be a poor one. */
    sched_setscheduler(0, SCHED_FIFO, &first);
    r.epoll = epoll_create1(EPOLL_CLOEXEC);
    r.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    watch(&r, r.side[0].fd, EPOLLIN, SIDE_A);
    watch(&r, r.side[1].fd, EPOLLIN, SIDE_B);
    watch(&r, 0, EPOLLIN, STDIN);
    watch(&r, r.timer, EPOLLIN | EPOLLET, TIMER);
    printf("{\"pid\":%d,\"a\":%d,\"b\":%d}\n", getpid(), r.side[0].netns, r.side[1].netns);
    fflush(stdout);
    while (!r.over)
        turn(&r);
    tell(&r);
    for (int i = 0; i < 2; i++)
        link_free(&r.from[i]);
    return fclose(r.capture) || fflush(stdout) ? 1 : 0;
}
