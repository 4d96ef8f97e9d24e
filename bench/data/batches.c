#include "data/batches.h"

#include <stdio.h>

static struct batch_open *find(struct batches *b, const struct batch_event *e)
{
    for (size_t i = 0; i < b->n_open; i++)
        if (b->open[i].trial == e->trial && b->open[i].phase == e->phase &&
            b->open[i].batch == e->batch)
            return &b->open[i];
    return NULL;
}

static void open_one(struct batches *b, const struct batch_event *e)
{
    if (find(b, e))
        return;
    if (b->n_open == BATCHES_OPEN) {
        b->more_open++;
        return;
    }
    b->open[b->n_open] = (struct batch_open){ "", e->trial, e->phase, e->batch };
    snprintf(b->open[b->n_open++].id, BATCHES_ID, "%s", e->id);
}

static void close_one(struct batches *b, const struct batch_event *e)
{
    struct batch_open *o = find(b, e);

    if (o)
        *o = b->open[--b->n_open];
    else if (b->more_open && *e->id)
        b->more_open--;
}

static void end(struct batches *b, const struct batch_event *e)
{
    b->over[e->state]++;
    b->items += e->items;
    b->answered += e->answered;
    b->missing += e->missing;
    b->repeated += e->repeated;
    b->strangers += e->strangers;
    b->damaged += e->damaged;
    b->backwards += e->backwards;
    if (!b->why[0] && e->state != BATCH_COMPLETED)
        snprintf(b->why, sizeof(b->why), "%s", e->error);
    if (!e->left)
        close_one(b, e);
}

void batches_add(struct batches *b, const struct batch_event *e)
{
    if (e->step == BATCH_OVER) {
        end(b, e);
        return;
    }
    b->begun += !e->call && e->try_no == 1;
    b->calls[e->step]++;
    b->failed[e->step] += !outcomes[e->outcome].latency;
    b->bytes_up += e->bytes_up;
    b->bytes_down += e->bytes_down;
    if (*e->id && (e->step == BATCH_CREATE || e->step == BATCH_FIND))
        open_one(b, e);
}

uint64_t batches_over(const struct batches *b)
{
    uint64_t n = 0;

    for (int s = 0; s < N_BATCH_STATES; s++)
        n += b->over[s];
    return n;
}
