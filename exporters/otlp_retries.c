#include "exporters/otlp_retries.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"

void otlp_retries_free(struct otlp_retries *s)
{
    free(s->places);
    *s = (struct otlp_retries){ 0 };
}

static size_t home(const struct otlp_retries *s, uint64_t req)
{
    uint64_t state = req;

    return (size_t)splitmix64(&state) & (s->cap - 1);
}

/* Where it is, or where it would go. */
static size_t place(const struct otlp_retries *s, uint64_t req)
{
    size_t i = home(s, req);

    while (s->places[i].try_no && s->places[i].req != req)
        i = (i + 1) & (s->cap - 1);
    return i;
}

static void grow(struct otlp_retries *s)
{
    struct otlp_retries old = *s;

    s->cap = old.cap ? 2 * old.cap : 64;
    s->places = mem_array(s->cap, sizeof(*s->places));
    for (size_t i = 0; i < old.cap; i++)
        if (old.places[i].try_no)
            s->places[place(s, old.places[i].req)] = old.places[i];
    free(old.places);
}

void otlp_retries_put(struct otlp_retries *s, const struct record *r)
{
    struct retry_seen *p;

    if (2 * s->n >= s->cap && s->n < RETRIES_MOST)
        grow(s);
    p = &s->places[place(s, r->req)];
    if (!p->try_no) {
        if (s->n >= RETRIES_MOST)
            return;
        *p = (struct retry_seen){ .req = r->req, .first = r->at[MOMENT_START] };
        s->n++;
    }
    p->last = r->at[MOMENT_END];
    p->try_no = r->try_no;
}

/* Those behind a freed place move up, or they would not be found. */
static void forget(struct otlp_retries *s, size_t hole)
{
    size_t i = hole;

    s->places[hole].try_no = 0;
    s->n--;
    for (;;) {
        struct retry_seen moved;

        i = (i + 1) & (s->cap - 1);
        if (!s->places[i].try_no)
            return;
        moved = s->places[i];
        s->places[i].try_no = 0;
        s->places[place(s, moved.req)] = moved;
    }
}

bool otlp_retries_take(struct otlp_retries *s, const struct record *r,
                       struct retry_seen *seen)
{
    size_t i;

    if (!s->n)
        return false;
    i = place(s, r->req);
    if (!s->places[i].try_no)
        return false;
    *seen = s->places[i];
    if (r->final)
        forget(s, i);
    return true;
}
