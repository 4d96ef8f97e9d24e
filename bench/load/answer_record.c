#include "load/answer_record.h"

#include <string.h>

static void take_text(struct record *r, const struct answer *a)
{
    r->request_id = answer_string(&a->request_id);
    r->region = answer_string(&a->region);
    r->edge = answer_string(&a->edge);
    r->tier = answer_string(&a->tier);
    r->finish = answer_string(&a->finish);
    r->error_code = answer_string(&a->error_code);
    r->limit_kind = answer_string(&a->limit_kind);
    r->error = answer_string(&a->error);
}

/* What we know of what we sent is surer than what the server says. */
static void take_audio(struct record *r, const struct answer *a)
{
    if (r->audio.sent == NS_ABSENT)
        r->audio.sent = a->heard;
    if (a->frames)
        r->audio.received = wav_length(&a->wav);
    r->audio.starved = a->starved;
}

void record_take_answer(struct record *r, const struct answer *a)
{
    r->http_status = a->status;
    r->tokens.prompt = a->tokens.prompt;
    r->tokens.cached = a->tokens.cached;
    r->tokens.completion = a->tokens.completion;
    r->tokens.reasoning = a->tokens.reasoning;
    r->tokens.total = a->tokens.total;
    r->server.queue = a->server.queue;
    r->server.prompt = a->server.prompt;
    r->server.completion = a->server.completion;
    r->server.total = a->server.total;
    r->embedding = a->embedding;
    r->compound = a->compound;
    r->judgement = a->judgement;
    take_audio(r, a);
    memcpy(r->limits, a->limits, sizeof(r->limits));
    r->limit_size = a->limit_size;
    r->retry_after = a->retry_after;
    if (a->calls)
        r->calls = a->calls;
    r->frames = a->frames;
    r->shared = a->shared;
    r->gaps = a->gaps;
    r->n_gaps = a->n_gaps;
    r->gaps_lost = a->gaps_lost;
    r->stall = a->stall;
    take_text(r, a);
}
