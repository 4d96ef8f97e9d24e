#include "data/hists.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

/* All have the standard range: they always fit into one another. */
static void add(struct hist *into, const struct hist *from)
{
    struct err err;
    int rc = hist_add(into, from, &err);

    assert(!rc);
    (void)rc;
}

static void drop(struct hist **h)
{
    if (*h)
        hist_free(*h);
    free(*h);
    *h = NULL;
}

static void decode(const struct hists_closed *c, struct hist *h)
{
    struct err err;
    int rc = hist_decode(h, c->bytes, c->len, SIZE_MAX, &err);

    assert(!rc); /* our own bytes */
    (void)rc;
}

void hists_free(struct hists *h)
{
    for (int m = 0; m < N_METRICS; m++) {
        drop(&h->open[m]);
        free(h->closed[m].bytes);
    }
    *h = (struct hists){ 0 };
}

struct hist *hists_get(struct hists *h, enum metric_id m)
{
    struct hists_closed *c = &h->closed[m];

    if (h->open[m])
        return h->open[m];
    h->open[m] = mem_alloc(sizeof(*h->open[m]));
    hist_init_standard(h->open[m]);
    if (c->bytes) {
        struct hist before;

        decode(c, &before);
        add(h->open[m], &before);
        hist_free(&before);
        free(c->bytes);
        *c = (struct hists_closed){ 0 };
    }
    return h->open[m];
}

void hists_close(struct hists *h)
{
    for (int m = 0; m < N_METRICS; m++) {
        struct buf bytes;

        if (!h->open[m])
            continue;
        buf_init(&bytes, 0);
        hist_encode(h->open[m], &bytes);
        h->closed[m].len = bytes.len;
        h->closed[m].bytes = mem_resize(buf_take(&bytes), h->closed[m].len, 1);
        drop(&h->open[m]);
    }
}

bool hists_add(const struct hists *h, enum metric_id m, struct hist *into)
{
    const struct hists_closed *c = &h->closed[m];
    struct hist from;

    if (h->open[m]) {
        add(into, h->open[m]);
        return h->open[m]->total > 0;
    }
    if (!c->bytes)
        return false;
    decode(c, &from);
    add(into, &from);
    hist_free(&from);
    return true;
}

void hists_copy(struct hists *into, const struct hists *from)
{
    for (int m = 0; m < N_METRICS; m++)
        if (from->open[m] || from->closed[m].bytes)
            hists_add(from, (enum metric_id)m, hists_get(into, (enum metric_id)m));
}
