#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "sim/agenda.h"
#include "sim/setting.h"
#include "sim/truth.h"
#include "sim/world.h"

/*
 * The sockets of the simulator: one listener, one agenda of everything that is due, one
 * loop.
 *
 *     struct server *s = server_open(&set, &catalogue, &err);
 *     server_port(s);
 *     server_run(s);                 // until a signal or the end of until-eof-fd
 *     server_close(s, &err);         // cuts what is under way, ends the truth log
 */
struct conn;

struct server {
    const struct setting *set;
    struct loop *loop;
    struct world world;
    struct truth truth;
    struct agenda agenda;
    struct loop_timer *timer;
    ns_t armed;   /* what the timer waits for; NS_ABSENT: nothing */
    bool playing; /* the timer is set once, when all that is due was played */
    int listener;
    struct loop_io *accepts;
    int signals;
    sigset_t mask; /* of signals, as it was */
    struct loop_io *on_signal;
    struct loop_io *on_eof;
    struct conn *conns; /* all of them */
    size_t n_conns;
    size_t n_active; /* exchanges under way */
    uint16_t port;
    struct buf out; /* the write that is being made */
    struct buf kinds;
    struct script_scratch scratch;
    char *in; /* the read that is being made */
};

struct server *server_open(const struct setting *set, const struct catalogue *c,
                           struct err *err);
uint16_t server_port(const struct server *s);
void server_run(struct server *s);
int server_close(struct server *s, struct err *err);

/* In conn.c. */
enum { SERVER_READ = 64 * 1024 };
void conn_open(struct server *s, int fd);
void conn_cut(struct conn *c); /* at once, whatever it does */

/* Something of this connection is due: the item of its agenda. */
void conn_due(struct agenda_item *item, ns_t now);

/* Call conn_due for the item at that time. */
void server_agenda(struct server *s, struct agenda_item *item, ns_t at);

/*
 * Write everything that is due now, but never so much that reads have to wait long. Called
 * by the timer, and behind each read, so that a crowd of new requests makes no frame late.
 */
void server_play(struct server *s);

/* A connection is gone, and with it its descriptor. */
void server_closed(struct server *s);

static inline ns_t server_now(void)
{
    return clock_now(&clock_system);
}

#endif
