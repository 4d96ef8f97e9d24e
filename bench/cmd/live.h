#ifndef CMD_LIVE_H
#define CMD_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "data/recorder.h"

/*
 * What is seen on stderr while a run is under way: one line that moves on a terminal, a
 * plain line every few seconds elsewhere, nothing when quiet.
 */
struct live {
    const struct run *run;
    const struct recorder *recorder;
    bool quiet;
    bool terminal;
    bool shown; /* a moving line stands on the terminal */
    ns_t next;
};

void live_init(struct live *l, const struct run *run, const struct recorder *r, bool quiet);
void live_tick(struct live *l, ns_t now, uint64_t in_flight);
void live_clear(struct live *l); /* take the moving line away */

#endif
