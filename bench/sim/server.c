#include "sim/server.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fds.h"
#include "base/mem.h"

enum { BACKLOG = 4096, ACCEPTS_A_TURN = 8, DUES_A_TURN = 1024, SLICES_A_TURN = 8 };

/* So far ahead has the next frame to be that a slice of the truth log may go first. */
#define LEISURE (20 * NS_PER_US)

/* Host and port of ADDRESS:PORT, [V6]:PORT or PORT. */
static int split_address(const char *listen_at, char host[256], char port[16],
                         struct err *err)
{
    const char *colon = strrchr(listen_at, ':');
    const char *p = colon ? colon + 1 : listen_at;
    size_t n = colon ? (size_t)(colon - listen_at) : 0;

    if (n && listen_at[0] == '[' && listen_at[n - 1] == ']') {
        listen_at++;
        n -= 2;
    }
    if (n > 255 || !*p || strlen(p) > 5 || strspn(p, "0123456789") != strlen(p) ||
        atoi(p) > UINT16_MAX)
        return err_set(err, ERR_USAGE,
                       "--listen: expected ADDRESS:PORT, as 127.0.0.1:8080");
    snprintf(host, 256, "%.*s", (int)n, listen_at);
    snprintf(port, 16, "%s", p);
    return 0;
}

static int listen_on(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, BACKLOG)) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static int open_listener(struct server *s, struct err *err)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    struct addrinfo *all;
    char host[256];
    char port[16];
    int rc;

    if (split_address(s->set->listen, host, port, err))
        return -1;
    rc = getaddrinfo(*host ? host : NULL, port, &hints, &all);
    if (rc)
        return err_set(err, ERR_USAGE, "--listen %s: %s", s->set->listen, gai_strerror(rc));
    s->listener = listen_on(all);
    freeaddrinfo(all);
    if (s->listener < 0)
        return err_set(err, ERR_NET, "cannot listen on %s: %s", s->set->listen,
                       strerror(errno));
    s->port = fds_port(s->listener);
    return 0;
}

static bool at_leisure(struct server *s)
{
    const struct agenda_item *first = agenda_first(&s->agenda);

    return truth_waits(&s->truth) && (!first || first->at - server_now() > LEISURE);
}

/* When the timer has to ring next; NS_ABSENT: no more. */
static ns_t next_due(struct server *s)
{
    const struct agenda_item *first = agenda_first(&s->agenda);

    return at_leisure(s) ? server_now() : first ? first->at : NS_ABSENT;
}

static void arm(struct server *s)
{
    ns_t at = s->playing ? NS_ABSENT : next_due(s);

    if (at == NS_ABSENT || (s->armed != NS_ABSENT && s->armed <= at))
        return;
    s->armed = at;
    loop_timer_at(s->timer, at);
}

static void play(struct server *s)
{
    struct agenda_item *first;

    for (int i = 0; i < DUES_A_TURN && (first = agenda_first(&s->agenda)); i++) {
        ns_t now = server_now();

        if (first->at > now)
            break;
        conn_due(first, now);
    }
}

void server_play(struct server *s)
{
    s->playing = true;
    play(s);
    s->playing = false;
    arm(s);
}

static void play_due(void *ctx)
{
    struct server *s = ctx;

    s->armed = NS_ABSENT;
    s->playing = true;
    play(s);
    for (int i = 0; i < SLICES_A_TURN && at_leisure(s); i++)
        truth_step(&s->truth);
    s->playing = false;
    arm(s);
}

void server_agenda(struct server *s, struct agenda_item *item, ns_t at)
{
    agenda_set(&s->agenda, item, at);
    arm(s);
}

static void accept_some(void *ctx, int fd, int events)
{
    struct server *s = ctx;
    int on = 1;

    (void)events;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        int peer;

        server_play(s); /* a crowd that comes in makes no frame late */
        peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (peer < 0) {
            if (errno == EMFILE || errno == ENFILE)
                loop_io_events(s->accepts, 0); /* until a connection closes */
            return;
        }
        if (s->set->max_connections && s->n_conns >= s->set->max_connections) {
            close(peer);
            continue;
        }
        setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        conn_open(s, peer);
    }
}

void server_closed(struct server *s)
{
    s->n_conns--;
    loop_io_events(s->accepts, LOOP_READ);
}

static void stop_on_signal(void *ctx, int fd, int events)
{
    struct server *s = ctx;
    struct signalfd_siginfo info;

    (void)events;
    if (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        loop_stop(s->loop);
}

static void stop_on_eof(void *ctx, int fd, int events)
{
    struct server *s = ctx;
    char sink[256];
    ssize_t n = read(fd, sink, sizeof(sink));

    (void)events;
    if (!n || (n < 0 && errno != EAGAIN && errno != EINTR))
        loop_stop(s->loop);
}

/* A read of an ordinary file never waits, and epoll refuses it: it is at its end. */
static int watch_eof(struct server *s, struct err *err)
{
    int fd = (int)s->set->until_eof_fd;
    int type = 0;
    socklen_t n = sizeof(type);

    if (fd < 0)
        return 0;
    if (lseek(fd, 0, SEEK_CUR) >= 0 ||
        (errno == EBADF && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n)))
        return err_set(err, ERR_USAGE, "--until-eof-fd %d: expected a pipe or socket", fd);
    s->on_eof = loop_io_new(s->loop, fd, LOOP_READ, stop_on_eof, s);
    return 0;
}

static void watch_signals(struct server *s)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, &s->mask);
    s->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (s->signals >= 0)
        s->on_signal = loop_io_new(s->loop, s->signals, LOOP_READ, stop_on_signal, s);
}

struct server *server_open(const struct setting *set, const struct catalogue *c,
                           struct err *err)
{
    struct server *s = mem_alloc(sizeof(*s));

    s->set = set;
    s->armed = NS_ABSENT;
    s->listener = s->signals = -1;
    s->truth.fd = -1;
    s->in = mem_alloc(SERVER_READ);
    s->loop = loop_open(&clock_system, err);
    if (!s->loop || open_listener(s, err) || watch_eof(s, err) ||
        truth_open(&s->truth, set->truth, set->truth_frames, set->seed, err)) {
        struct err ignored;

        server_close(s, &ignored);
        return NULL;
    }
    world_init(&s->world, set, c, server_now(), clock_system.real(NULL));
    s->timer = loop_timer_new(s->loop, play_due, s);
    s->accepts = loop_io_new(s->loop, s->listener, LOOP_READ, accept_some, s);
    watch_signals(s);
    return s;
}

uint16_t server_port(const struct server *s)
{
    return s->port;
}

void server_run(struct server *s)
{
    loop_run(s->loop);
}

static void free_io(struct loop_io *io)
{
    if (io)
        loop_io_free(io);
}

int server_close(struct server *s, struct err *err)
{
    bool opened = s->timer != NULL;
    int rc = 0;

    while (s->conns)
        conn_cut(s->conns);
    if (opened) {
        pthread_sigmask(SIG_SETMASK, &s->mask, NULL);
        shop_end(&s->world, server_now());
        truth_notes(&s->truth, &s->world.shop.notes);
        rc = truth_close(&s->truth, clock_cpu(), err);
        world_free(&s->world);
        loop_timer_free(s->timer);
    }
    free_io(s->accepts);
    free_io(s->on_signal);
    free_io(s->on_eof);
    if (s->listener >= 0)
        close(s->listener);
    if (s->signals >= 0)
        close(s->signals);
    if (s->loop)
        loop_close(s->loop);
    agenda_free(&s->agenda);
    buf_free(&s->out);
    buf_free(&s->kinds);
    script_scratch_free(&s->scratch);
    free(s->in);
    free(s);
    return rc;
}
