#include "exporters/lanes.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* How many lanes are free from `at` on, at the latest. */
static size_t free_by(const struct lanes *l, ns_t at)
{
    size_t low = 0, high = l->n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (l->by_end[middle].free_from <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t lanes_take(struct lanes *l, ns_t begin, ns_t end, bool *fresh)
{
    size_t from = free_by(l, begin), to;
    struct lane lane = { end, (uint32_t)l->n };

    *fresh = !from;
    if (from) {
        lane.number = l->by_end[--from].number;
    } else {
        l->by_end = mem_grow(l->by_end, l->n, &l->cap, sizeof(*l->by_end));
        from = l->n++;
        l->by_end[from].free_from = INT64_MAX;
    }
    to = free_by(l, end);
    if (to > from) {
        to--; /* its own place goes away below that */
        memmove(l->by_end + from, l->by_end + from + 1, (to - from) * sizeof(lane));
    } else {
        memmove(l->by_end + to + 1, l->by_end + to, (from - to) * sizeof(lane));
    }
    l->by_end[to] = lane;
    return lane.number;
}

void lanes_free(struct lanes *l)
{
    free(l->by_end);
    *l = (struct lanes){ 0 };
}
