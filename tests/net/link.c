#include "link.h"

#include <stdlib.h>
#include <string.h>

static void *whole(void *p)
{
    if (!p)
        abort();
    return p;
}

void link_init(struct link *l, uint64_t seed)
{
    memset(l, 0, sizeof(*l));
    l->seed = seed;
    l->set.queue = 1000;
    l->count.added_min_ns = INT64_MAX;
    l->newest = -1;
}

void link_free(struct link *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->heap[i]);
    free(l->heap);
}

bool link_set(struct link *l, const char *assignment)
{
#define FIELD(name) { #name, &l->set.name },
    const struct {
        const char *name;
        int64_t *value;
    } settings[] = { LINK_SETTINGS(FIELD) };
#undef FIELD
    size_t name = strcspn(assignment, "=");

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (assignment[name] && strlen(settings[i].name) == name &&
            !strncmp(settings[i].name, assignment, name)) {
            *settings[i].value = strtoll(assignment + name + 1, NULL, 10);
            return true;
        }
    return false;
}

/* A number for packet k and a purpose: two rounds of splitmix64. */
static uint64_t draw(const struct link *l, uint64_t k, uint64_t purpose)
{
    uint64_t z = l->seed * 0x9E3779B97F4A7C15U + k * 2 + purpose;

    for (int i = 0; i < 2; i++) {
        z += 0x9E3779B97F4A7C15U;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
        z ^= z >> 31;
    }
    return z;
}

static int64_t drawn_delay(const struct link *l, uint64_t k)
{
    int64_t jitter = l->set.jitter_us * 1000;
    int64_t delay = l->set.delay_us * 1000;

    if (jitter)
        delay += (int64_t)(draw(l, k, 1) % (uint64_t)(2 * jitter + 1)) - jitter;
    return delay > 0 ? delay : 0;
}

/* When a packet that comes now has been put on the wire. */
static int64_t through_wire(struct link *l, int64_t now, size_t n)
{
    int64_t begin = l->wire_free > now ? l->wire_free : now;

    if (!l->set.rate_kbit)
        return now;
    l->wire_free = begin + (int64_t)n * 8 * 1000000 / l->set.rate_kbit;
    return l->wire_free;
}

static bool before(const struct packet *a, const struct packet *b)
{
    return a->due != b->due ? a->due < b->due : a->number < b->number;
}

static void push(struct link *l, struct packet *p)
{
    size_t i = l->n++;

    if (l->n > l->room) {
        l->room = l->room ? 2 * l->room : 64;
        l->heap = whole(realloc(l->heap, l->room * sizeof(*l->heap)));
    }
    for (; i && before(p, l->heap[(i - 1) / 2]); i = (i - 1) / 2)
        l->heap[i] = l->heap[(i - 1) / 2];
    l->heap[i] = p;
    if ((int64_t)l->n > l->count.queue_max)
        l->count.queue_max = (int64_t)l->n;
}

static struct packet *pop(struct link *l)
{
    struct packet *top = l->heap[0], *last = l->heap[--l->n];
    size_t i = 0;

    for (size_t k = 1; k < l->n; k = 2 * i + 1) {
        if (k + 1 < l->n && before(l->heap[k + 1], l->heap[k]))
            k++;
        if (!before(l->heap[k], last))
            break;
        l->heap[i] = l->heap[k];
        i = k;
    }
    if (l->n)
        l->heap[i] = last;
    return top;
}

void link_take(struct link *l, int64_t now, const unsigned char *bytes, size_t n)
{
    uint64_t k = (uint64_t)l->count.packets++;
    struct packet *p;

    l->count.bytes += (int64_t)n;
    if ((int64_t)(draw(l, k, 0) % 1000000) < l->set.loss_ppm) {
        l->count.lost++;
        return;
    }
    if ((int64_t)l->n >= l->set.queue) {
        l->count.overflowed++;
        return;
    }
    p = whole(malloc(sizeof(*p) + n));
    *p = (struct packet){ .in = now, .number = k, .size = n };
    memcpy(p->bytes, bytes, n);
    p->due = through_wire(l, now, n) + drawn_delay(l, k);
    if (!l->set.reorder && p->due < l->last_due)
        p->due = l->last_due;
    l->last_due = p->due;
    push(l, p);
}

struct packet *link_due(struct link *l, int64_t now)
{
    return l->n && l->heap[0]->due <= now ? pop(l) : NULL;
}

static void at_most(int64_t *least, int64_t v)
{
    if (v < *least)
        *least = v;
}

static void at_least(int64_t *most, int64_t v)
{
    if (v > *most)
        *most = v;
}

void link_passed(struct link *l, struct packet *p, int64_t at)
{
    l->count.passed++;
    l->count.overtaken += (int64_t)p->number < l->newest;
    l->count.late_1ms += at - p->due > 1000000;
    at_least(&l->newest, (int64_t)p->number);
    at_least(&l->count.late_max_ns, at - p->due);
    at_least(&l->count.added_max_ns, at - p->in);
    at_most(&l->count.added_min_ns, at - p->in);
    free(p);
}

int64_t link_next(const struct link *l)
{
    return l->n ? l->heap[0]->due : -1;
}
