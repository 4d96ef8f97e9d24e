#include "sim/agenda.h"

#include <stdlib.h>

#include "base/mem.h"

enum { CHILDREN = 4 };

void agenda_free(struct agenda *a)
{
    free(a->slots);
    *a = (struct agenda){ 0 };
}

static void put(struct agenda *a, size_t i, struct agenda_slot slot)
{
    a->slots[i] = slot;
    slot.item->place = i + 1;
}

static void rise(struct agenda *a, size_t i, struct agenda_slot slot)
{
    while (i && slot.at < a->slots[(i - 1) / CHILDREN].at) {
        put(a, i, a->slots[(i - 1) / CHILDREN]);
        i = (i - 1) / CHILDREN;
    }
    put(a, i, slot);
}

static void sink(struct agenda *a, size_t i, struct agenda_slot slot)
{
    for (;;) {
        size_t first = i * CHILDREN + 1;
        size_t least = first;

        if (first >= a->n)
            break;
        for (size_t k = first + 1; k < first + CHILDREN && k < a->n; k++)
            if (a->slots[k].at < a->slots[least].at)
                least = k;
        if (a->slots[least].at >= slot.at)
            break;
        put(a, i, a->slots[least]);
        i = least;
    }
    put(a, i, slot);
}

static void settle(struct agenda *a, size_t i, struct agenda_slot slot)
{
    if (i && slot.at < a->slots[(i - 1) / CHILDREN].at)
        rise(a, i, slot);
    else
        sink(a, i, slot);
}

void agenda_set(struct agenda *a, struct agenda_item *item, ns_t at)
{
    struct agenda_slot slot = { at, item };

    item->at = at;
    if (item->place) {
        settle(a, item->place - 1, slot);
        return;
    }
    a->slots = mem_grow(a->slots, a->n, &a->cap, sizeof(*a->slots));
    rise(a, a->n++, slot);
}

void agenda_drop(struct agenda *a, struct agenda_item *item)
{
    size_t i = item->place;

    if (!i)
        return;
    item->place = 0;
    a->n--;
    if (i - 1 < a->n)
        settle(a, i - 1, a->slots[a->n]);
}

struct agenda_item *agenda_first(const struct agenda *a)
{
    return a->n ? a->slots[0].item : NULL;
}
