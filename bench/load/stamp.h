#ifndef LOAD_STAMP_H
#define LOAD_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

/*
 * When the bytes that are about to be read from a socket reached this machine: the one
 * place where the times of frames come from.
 *
 * The kernel stamps segments as they arrive (SO_TIMESTAMPING, software receive stamps). A
 * look at the socket with the length of the coming read tells the newest stamp of what that
 * read takes: an upper bound for every frame in it. Stamps are CLOCK_REALTIME and are
 * converted with an offset sampled in the same turn of the loop, so steps of that clock do
 * not matter. A stamp later than the read, or older than the last time the socket was
 * emptied, cannot be right and is replaced by the time of the read.
 */
enum stamp_kind {
    STAMP_READ, /* the system gave none: the clock just before the read */
    STAMP_KERNEL,
    STAMP_REPLACED, /* the system's was impossible: the clock just before the read */
};

struct stamp {
    ns_t at;   /* of the clock, not since the start of the run */
    ns_t read; /* when we came to read */
    enum stamp_kind kind;
    size_t waiting; /* bytes that wait, as far as was looked */
};

enum { STAMP_MOST = 16 << 10 }; /* the longest read that can be looked at */

struct stamper {
    const struct clock *clock;
    ns_t offset; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
    ns_t turn;   /* in which the offset was sampled */
    char unread[STAMP_MOST];
};

void stamper_init(struct stamper *s, const struct clock *clock);

/* Ask for stamps on a new socket; where that fails, its reads get the time of the read. */
void stamp_enable(int fd);

/*
 * Bytes that have arrived on the connection since it was made: where what it brings cannot
 * be counted (TLS, HTTP/2), the same number before a look and after a read says that all
 * that was read had been looked at.
 */
uint64_t stamp_arrived(int fd);

/* Whether bytes are there that nobody has read. */
bool stamp_pending(int fd);

/* Segments that have come out of their order on the connection since it was made. */
uint32_t stamp_disordered(int fd);

/* Without a look: where stamps of the kernel are not wanted. */
struct stamp stamp_now(const struct stamper *s);

/*
 * most: length of the coming read, at most STAMP_MOST. emptied: when an earlier read left
 * nothing in the socket, NS_ABSENT: not known. turn: a number that is another in each turn
 * of the loop.
 */
struct stamp stamp_read(struct stamper *s, int fd, size_t most, ns_t emptied, ns_t turn);

#endif
