#ifndef SIM_AGENDA_H
#define SIM_AGENDA_H

#include <stddef.h>

#include "base/clock.h"

/*
 * What is due when: a heap of four children a node, so that thousands of streams share one
 * timer of the loop. Items are embedded in what they stand for.
 *
 *     struct agenda a = { 0 };
 *     agenda_set(&a, &conn->due, at);              // puts it in, or moves it
 *     while ((item = agenda_first(&a)) && item->at <= now) ...
 */
struct agenda_item {
    ns_t at;
    size_t place; /* 1-based in the heap; 0: not in it */
};

struct agenda_slot {
    ns_t at;
    struct agenda_item *item;
};

struct agenda {
    struct agenda_slot *slots;
    size_t n;
    size_t cap;
};

void agenda_free(struct agenda *a);
void agenda_set(struct agenda *a, struct agenda_item *item, ns_t at);
void agenda_drop(struct agenda *a, struct agenda_item *item); /* nothing if not in it */

/* The earliest, which stays in; NULL where there is none. */
struct agenda_item *agenda_first(const struct agenda *a);

#endif
