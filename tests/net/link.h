#ifndef NET_LINK_H
#define NET_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One direction of a network that delays, loses and reorders: a queue of packets and what
 * is to become of them. It knows no clock and no device; times are ns of CLOCK_MONOTONIC.
 *
 *     link_init(&l, seed);
 *     link_set(&l, "delay_us=20000");
 *     link_take(&l, now, bytes, n);                 // for each packet that came in
 *     while ((p = link_due(&l, now))) { write(...); link_passed(&l, p, now); }
 *     wait until link_next(&l);
 *
 * What happens to packet k is a function of seed and k alone, whatever the times.
 */

/* X(name): the settings, each an integer that link_set changes. The only list of them. */
#define LINK_SETTINGS(X)                                                                   \
    X(delay_us)                                                                            \
    X(jitter_us) /* each packet's delay is drawn from delay -+ jitter */                   \
    X(reorder)   /* 1: a packet may overtake another; 0: it waits for those before */      \
    X(loss_ppm)                                                                            \
    X(rate_kbit) /* what the wire takes in a second; 0: no limit */                        \
    X(queue)     /* packets that may wait at once; what comes then is dropped */

/* X(name): what is counted. The only list of them. */
#define LINK_COUNTS(X)                                                                     \
    X(packets) /* that came in */                                                          \
    X(bytes)                                                                               \
    X(passed)       /* of packets */                                                       \
    X(lost)         /* of packets: by loss_ppm */                                          \
    X(overflowed)   /* of packets: by the end of the queue */                              \
    X(overtaken)    /* of passed: behind one that had come later */                        \
    X(queue_max)    /* most packets that waited at once */                                 \
    X(added_min_ns) /* from in to out, of what passed */                                   \
    X(added_max_ns)                                                                        \
    X(late_max_ns) /* from when it was due to when it was passed on */                     \
    X(late_1ms)    /* of passed: later than that */

struct packet {
    int64_t in;
    int64_t due;
    uint64_t number;
    size_t size;
    unsigned char bytes[];
};

struct link {
    uint64_t seed;
#define FIELD(name) int64_t name;
    struct {
        LINK_SETTINGS(FIELD)
    } set;
    struct {
        LINK_COUNTS(FIELD)
    } count;
#undef FIELD
    int64_t wire_free; /* when the last packet has left the wire */
    int64_t last_due;
    int64_t newest; /* greatest number that was passed on */
    struct packet **heap;
    size_t n;
    size_t room;
};

void link_init(struct link *l, uint64_t seed);
void link_free(struct link *l);

/* "name=integer"; false where there is no such setting. */
bool link_set(struct link *l, const char *assignment);

/* A packet came in; the bytes are copied. */
void link_take(struct link *l, int64_t now, const unsigned char *bytes, size_t n);

/* The packet that is to be passed on now, taken from the queue; NULL: none. */
struct packet *link_due(struct link *l, int64_t now);

/* It was, at this time; frees it. */
void link_passed(struct link *l, struct packet *p, int64_t at);

/* When the next packet is due; -1: none waits. */
int64_t link_next(const struct link *l);

#endif
