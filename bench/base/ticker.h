#ifndef BASE_TICKER_H
#define BASE_TICKER_H

#include "base/loop.h"

/*
 * A loop's timer that fires again and again, kept by the kernel: it costs an interrupt a
 * period and nothing in between. A timer of the loop itself is armed anew with each wait,
 * and where it is the nearest of all, each time the processor's own timer with it: on a
 * virtual machine more than a microsecond a turn.
 *
 *     struct ticker *t = ticker_new(loop, 4 * NS_PER_MS, on_tick, ctx);
 *     ticker_start(t);                   // the first tick a period from now, by real time
 *     ticker_stop(t);
 *     ticker_free(t);
 */
struct ticker;

struct ticker *ticker_new(struct loop *l, ns_t period, loop_fn *fn, void *ctx);
void ticker_start(struct ticker *t);
void ticker_stop(struct ticker *t);
void ticker_free(struct ticker *t);

#endif
