/*
 * The barest sender there can be: sleeps until a request is due, writes it, and reads what
 * comes without looking at it. How late it is the machine is: what a client is late beyond
 * that is its own.
 *
 *     sender PORT MODEL RATE SECONDS MAX_TOKENS
 *
 * Requests are due as tokdyno's are: a Poisson process. Prints one line of JSON: requests,
 * lateness (just before the write), lateness of waking up, CPU time.
 */
#include <errno.h>
#include <math.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/fds.h"
#include "base/mem.h"
#include "base/rng.h"
#include "data/hist.h"
#include "net.h"

enum { READ = 16 * 1024, EVENTS = 512, MOST = 20000 };

struct sender {
    int epoll;
    int timer;
    const char *port;
    struct request request;
    ns_t due;
    ns_t gap; /* mean */
    struct rng rng;
    int *idle; /* connections without a request */
    int n_idle;
    int n_open;
    char *in;
    struct hist late;
    struct hist woken; /* the first of each turn alone: others wait for the write before */
};

static void watch(const struct sender *s, int fd)
{
    struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

    epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev);
}

static int connection(struct sender *s)
{
    int fd;

    if (s->n_idle)
        return s->idle[--s->n_idle];
    if (++s->n_open > MOST) {
        fprintf(stderr, "sender: the server answers too slowly\n");
        exit(1);
    }
    fd = connect_to(s->port);
    watch(s, fd);
    return fd;
}

static ns_t next_gap(struct sender *s)
{
    return (ns_t)(-log(rng_unit(&s->rng)) * (double)s->gap);
}

static void send_due(struct sender *s)
{
    ns_t now = clock_now(&clock_system);

    if (s->due <= now)
        hist_record(&s->woken, now - s->due, 1);
    for (; s->due <= now; s->due += next_gap(s)) {
        int fd = connection(s);

        now = clock_now(&clock_system);
        hist_record(&s->late, now - s->due, 1);
        request_send(&s->request, fd);
    }
}

static void read_some(struct sender *s, int fd)
{
    ssize_t n = recv(fd, s->in, READ, MSG_DONTWAIT);

    if (n <= 0 && !(n < 0 && errno == EAGAIN)) {
        fprintf(stderr, "sender: the server closed a connection\n");
        exit(1);
    }
    if (n >= 5 && !memcmp(s->in + n - 5, "0\r\n\r\n", 5))
        s->idle[s->n_idle++] = fd;
}

static void turn(struct sender *s)
{
    struct itimerspec when = { .it_value = { s->due / NS_PER_S, s->due % NS_PER_S } };
    struct epoll_event ready[EVENTS];
    int n;

    timerfd_settime(s->timer, TFD_TIMER_ABSTIME, &when, NULL);
    n = epoll_wait(s->epoll, ready, EVENTS, 100);
    send_due(s);
    for (int i = 0; i < n; i++)
        if (ready[i].data.fd != s->timer)
            read_some(s, ready[i].data.fd);
}

int main(int argc, char **argv)
{
    struct sender s = { .epoll = epoll_create1(0) };
    ns_t end;

    if (argc != 6) {
        fprintf(stderr, "usage: sender PORT MODEL RATE SECONDS MAX_TOKENS\n");
        return 2;
    }
    prctl(PR_SET_TIMERSLACK, 1);
    fds_raise();
    s.port = argv[1];
    s.gap = (ns_t)(NS_PER_S / atof(argv[3]));
    s.rng = rng_init(1);
    s.idle = mem_array(MOST, sizeof(*s.idle));
    s.in = mem_alloc(READ);
    request_make(&s.request, argv[2], argv[5]);
    hist_init_standard(&s.late);
    hist_init_standard(&s.woken);
    s.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    watch(&s, s.timer);
    s.due = clock_now(&clock_system) + s.gap;
    end = s.due + atoi(argv[4]) * NS_PER_S;
    while (s.due < end)
        turn(&s);
    printf("{\"requests\":%lld,\"late_p50\":%lld,\"late_p99\":%lld,\"late_max\":%lld,"
           "\"woken_p50\":%lld,\"woken_p99\":%lld,\"cpu_ns\":%lld}\n",
           (long long)s.late.total, (long long)hist_percentile(&s.late, 50),
           (long long)hist_percentile(&s.late, 99), (long long)hist_max(&s.late),
           (long long)hist_percentile(&s.woken, 50),
           (long long)hist_percentile(&s.woken, 99), (long long)clock_cpu());
    hist_free(&s.late);
    hist_free(&s.woken);
    free(s.idle);
    free(s.in);
    return 0;
}
