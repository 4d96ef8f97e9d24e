#include "api/answer.h"

#include <stdlib.h>

#include "api/mask.h"
#include "base/mem.h"

enum { MAX_TEXT = 256, MAX_MESSAGE = 512 };

/* All that an attempt sets, back to absent; buffers and memory are not touched. */
static void nothing_yet(struct answer *a)
{
    a->status = 0;
    a->type = ANSWER_UNKNOWN;
    a->encoded = false;
    for (size_t i = 0; i < N_LIMITS; i++)
        a->limits[i] = (struct limit){ -1, -1, NS_ABSENT };
    a->retry_after = a->retry_in = NS_ABSENT;
    a->limit_size = -1;
    a->role = a->first = a->reasoning = NS_ABSENT;
    a->answer = a->last = a->stall = NS_ABSENT;
    a->frames = a->shared = a->gaps_lost = 0;
    a->n_gaps = 0;
    a->tokens.prompt = a->tokens.cached = a->tokens.completion = -1;
    a->tokens.reasoning = a->tokens.total = -1;
    a->server.queue = a->server.prompt = NS_ABSENT;
    a->server.completion = a->server.total = NS_ABSENT;
    a->embedding = embedding_none;
    a->compound = compound_none;
    a->judgement = judgement_none;
    a->called = NS_ABSENT;
    a->calls = 0;
    a->done = a->text = a->tool_call = a->reasoned = a->damaged = false;
    a->failed = false;
    a->wants_opening = false;
    a->tools_seen = 0;
    a->think = (struct think){ 0 };
    a->heard = a->starved = NS_ABSENT;
    wav_init(&a->wav);
    a->error_status = 0;
}

void answer_init(struct answer *a)
{
    *a = (struct answer){ 0 };
    buf_init(&a->request_id, MAX_TEXT);
    buf_init(&a->region, MAX_TEXT);
    buf_init(&a->edge, MAX_TEXT);
    buf_init(&a->tier, MAX_TEXT);
    buf_init(&a->finish, MAX_TEXT);
    buf_init(&a->error_type, MAX_TEXT);
    buf_init(&a->error_code, MAX_TEXT);
    buf_init(&a->error, MAX_MESSAGE);
    buf_init(&a->limit_kind, MAX_TEXT);
    said_init(&a->said);
    buf_init(&a->opening, MAX_TEXT);
    nothing_yet(a);
}

void answer_reset(struct answer *a)
{
    buf_clear(&a->request_id);
    buf_clear(&a->region);
    buf_clear(&a->edge);
    buf_clear(&a->tier);
    buf_clear(&a->finish);
    buf_clear(&a->error_type);
    buf_clear(&a->error_code);
    buf_clear(&a->error);
    buf_clear(&a->limit_kind);
    said_reset(&a->said);
    buf_clear(&a->opening);
    nothing_yet(a);
}

void answer_free(struct answer *a)
{
    buf_free(&a->request_id);
    buf_free(&a->region);
    buf_free(&a->edge);
    buf_free(&a->tier);
    buf_free(&a->finish);
    buf_free(&a->error_type);
    buf_free(&a->error_code);
    buf_free(&a->error);
    buf_free(&a->limit_kind);
    said_free(&a->said);
    buf_free(&a->opening);
    free(a->gaps);
    a->gaps = NULL;
    a->n_gaps = a->cap_gaps = 0;
}

/* Between whole microseconds of both ends, so that gaps add up to the time of a frame. */
static void keep_gap(struct answer *a, ns_t at)
{
    ns_t us = at > a->last ? at / NS_PER_US - a->last / NS_PER_US : 0;

    if (a->n_gaps == RECORD_MAX_GAPS) {
        a->gaps_lost++;
        return;
    }
    a->gaps = mem_grow(a->gaps, a->n_gaps, &a->cap_gaps, sizeof(*a->gaps));
    a->gaps[a->n_gaps++] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

void answer_frame(struct answer *a, ns_t at, bool visible)
{
    a->frames++;
    if (a->first == NS_ABSENT) {
        a->first = at;
    } else {
        ns_t gap = at > a->last ? at - a->last : 0;

        a->shared += !gap;
        if (gap > a->stall)
            a->stall = gap;
        keep_gap(a, at);
    }
    if (at > a->last)
        a->last = at;
    if (visible && a->answer == NS_ABSENT)
        a->answer = at;
}

void answer_opening(struct answer *a, struct str raw)
{
    size_t room = MAX_TEXT - a->opening.len;

    if (a->wants_opening)
        buf_add(&a->opening, raw.p, raw.n < room ? raw.n : room);
}

void answer_text(const struct answer *a, struct buf *text, struct str value)
{
    buf_clear(text);
    mask_text(text, value, a->secret);
}
