#ifndef DATA_WALL_H
#define DATA_WALL_H

#include <stdbool.h>
#include <stdint.h>

#include "data/rate_limit.h"
#include "data/record.h"

/*
 * What the attempts of a cell say of a rate limit that was reached: how much got through
 * before it, how much from then on, whether its announcements were right. In constant
 * memory; fed in the order of the journal.
 */
struct wall {
    ns_t first;         /* start of the first attempt; NS_ABSENT: none yet */
    ns_t at;            /* start of the first that was refused; NS_ABSENT: none was */
    ns_t last;          /* start of the last one of any outcome */
    char kind[8];       /* which limit that named: "RPM"; "": it did not */
    int64_t named_size; /* and how large it said that this is; -1 */
    struct limit told[N_LIMITS]; /* the latest headers until then, -1: none told */
    bool told_by_refusal;        /* they are those of the refusal */
    uint64_t before;             /* attempts let through that began before it */
    uint64_t after;              /* and since */
    int64_t tokens_before;       /* of them, prompt and completion */
    int64_t tokens_after;
    int64_t audio_before; /* seconds, as limits count them */
    int64_t audio_after;
    uint64_t refused;
    uint64_t announced;     /* refusals that told when to come again */
    uint64_t retries;       /* attempts after a wait, so as was told */
    uint64_t retries_again; /* of them, refused again: the wait was too short */
    int64_t headroom_ppm;   /* least remaining / limit of any limit seen; -1: none told */

    /* Our own count of limits whose sizes are known beforehand; size 0: it is not. */
    struct wall_book {
        double size;
        double level;
        double lowest;
        ns_t at;
    } books[N_RATE_LIMITS];
};

/* sizes: as expected, -1 where nothing is known; NULL: of none. */
void wall_init(struct wall *w, const int64_t sizes[N_RATE_LIMITS]);
void wall_add(struct wall *w, const struct record *r);

/* Requests and tokens a minute that got through since it was reached; false: too short. */
bool wall_sustained(const struct wall *w, double *requests, double *tokens);

#endif
