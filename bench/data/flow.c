#include "data/flow.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FIRST_ROOM = 64 };

void flow_free(struct flow *f)
{
    free(f->tokens);
    *f = (struct flow){ 0 };
}

ns_t flow_width(const struct flow *f)
{
    return NS_PER_S << f->shift;
}

static void widen(struct flow *f)
{
    for (size_t i = 0; i < f->room; i++) {
        double tokens = f->tokens[i];

        f->tokens[i] = 0;
        f->tokens[i / 2] += tokens;
    }
    f->shift++;
}

static void make_room(struct flow *f, size_t window)
{
    size_t room = f->room ? f->room : FIRST_ROOM;

    while (room <= window)
        room *= 2;
    if (room == f->room)
        return;
    f->tokens = mem_resize(f->tokens, room, sizeof(*f->tokens));
    memset(f->tokens + f->room, 0, (room - f->room) * sizeof(*f->tokens));
    f->room = room;
}

/* from <= to, both since the first window began. */
static void spread(struct flow *f, ns_t from, ns_t to, double tokens)
{
    ns_t width;
    size_t last;

    while (to / flow_width(f) >= FLOW_WINDOWS)
        widen(f);
    width = flow_width(f);
    last = (size_t)(to / width);
    make_room(f, last);
    for (size_t i = (size_t)(from / width); i <= last; i++) {
        ns_t begin = (ns_t)i * width, end = begin + width;
        ns_t part = (to < end ? to : end) - (from > begin ? from : begin);

        f->tokens[i] += to > from ? tokens * (double)part / (double)(to - from) : tokens;
    }
}

void flow_add(struct flow *f, const struct record *r)
{
    ns_t from = r->at[MOMENT_FIRST], to = r->at[MOMENT_LAST];

    if (from == NS_ABSENT || to < from)
        from = to = r->at[MOMENT_END];
    if (from >= f->begin && to < INT64_MAX / 4 && r->tokens.completion > 0)
        spread(f, from - f->begin, to - f->begin, (double)r->tokens.completion);
}

size_t flow_windows(const struct flow *f, ns_t from, ns_t to, double *tokens, ns_t *first)
{
    ns_t width = flow_width(f), skipped;
    size_t n = 0;

    *first = f->begin;
    if (from < f->begin || to < from)
        return 0;
    skipped = (from - f->begin) / width + ((from - f->begin) % width > 0);
    if (skipped > (to - f->begin) / width)
        return 0;
    *first += skipped * width;
    for (; n < FLOW_WINDOWS && (ns_t)(n + 1) * width <= to - *first; n++) {
        size_t i = (size_t)skipped + n;

        tokens[n] = i < f->room ? f->tokens[i] : 0;
    }
    return n;
}
