#include "data/wall.h"

#include <math.h>
#include <string.h>

/* A pace is told of a time as long as this, at least. */
#define LEAST (5 * NS_PER_S)

void wall_init(struct wall *w, const int64_t sizes[N_RATE_LIMITS])
{
    *w = (struct wall){ .first = NS_ABSENT,
                        .at = NS_ABSENT,
                        .last = NS_ABSENT,
                        .named_size = -1,
                        .headroom_ppm = -1 };
    for (int i = 0; i < N_LIMITS; i++)
        w->told[i] = (struct limit){ -1, -1, NS_ABSENT };
    for (int i = 0; sizes && i < N_RATE_LIMITS; i++)
        if (sizes[i] > 0)
            w->books[i] = (struct wall_book){ (double)sizes[i], (double)sizes[i],
                                              (double)sizes[i], 0 };
}

/* Refilled as servers say they do; answers end in another order than they began. */
static void book(struct wall_book *b, ns_t window, double need, ns_t now)
{
    if (b->size <= 0)
        return;
    if (now > b->at) {
        b->level =
            fmin(b->size, b->level + b->size * (double)(now - b->at) / (double)window);
        b->at = now;
    }
    b->level -= need;
    b->lowest = fmin(b->lowest, b->level);
}

static void hear(struct wall *w, const struct record *r)
{
    if (w->at != NS_ABSENT)
        return;
    w->told_by_refusal = false;
    for (int i = 0; i < N_LIMITS; i++)
        if (r->limits[i].limit > 0) {
            w->told[i] = r->limits[i];
            w->told_by_refusal |= r->outcome == OUTCOME_RATE_LIMITED;
        }
}

static void see_headroom(struct wall *w, const struct record *r)
{
    for (int i = 0; i < N_LIMITS; i++) {
        const struct limit *l = &r->limits[i];
        int64_t left;

        if (l->limit <= 0 || l->remaining < 0)
            continue;
        left = (int64_t)((double)l->remaining / (double)l->limit * 1e6);
        if (w->headroom_ppm < 0 || left < w->headroom_ppm)
            w->headroom_ppm = left;
    }
}

/* Only what can be one: the name comes from the server. */
static void take_kind(struct wall *w, const char *kind)
{
    size_t n = strspn(kind, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

    if (!kind[n] && n < sizeof(w->kind))
        memcpy(w->kind, kind, n + 1);
}

static void refuse(struct wall *w, const struct record *r, ns_t start)
{
    if (w->at == NS_ABSENT) {
        w->at = start;
        take_kind(w, r->limit_kind);
        w->named_size = r->limit_size;
    }
    w->refused++;
    w->announced += r->retry_after != NS_ABSENT;
    w->retries_again += r->try_no > 1;
}

/* Answers that began before the first refusal may end after it. */
static void let_through(struct wall *w, const struct record *r, ns_t start)
{
    bool before = w->at == NS_ABSENT || start < w->at;
    int64_t tokens = (r->tokens.prompt > 0 ? r->tokens.prompt : 0) +
                     (r->tokens.completion > 0 ? r->tokens.completion : 0);
    int64_t audio = (int64_t)rate_audio_need(r->audio.sent);
    struct rate_need need;

    *(before ? &w->before : &w->after) += 1;
    *(before ? &w->tokens_before : &w->tokens_after) += tokens;
    *(before ? &w->audio_before : &w->audio_after) += audio;
    need.of[LIMIT_REQUESTS] = 1;
    need.of[LIMIT_TOKENS] = (double)tokens;
    need.of[LIMIT_AUDIO_SECONDS] = (double)audio;
    for (int i = 0; i < N_RATE_LIMITS; i++)
        book(&w->books[i], rate_limit_kinds[i].window, rate_need_of(&need, i), start);
}

void wall_add(struct wall *w, const struct record *r)
{
    ns_t start = r->at[MOMENT_START];

    if (start == NS_ABSENT || r->outcome == OUTCOME_CUT)
        return;
    see_headroom(w, r);
    hear(w, r);
    if (w->first == NS_ABSENT || start < w->first)
        w->first = start;
    if (start > w->last)
        w->last = start;
    w->retries += r->try_no > 1;
    if (r->outcome == OUTCOME_RATE_LIMITED)
        refuse(w, r, start);
    else if (outcomes[r->outcome].latency)
        let_through(w, r, start);
}

bool wall_sustained(const struct wall *w, double *requests, double *tokens)
{
    double minutes = (double)(w->last - w->at) / NS_PER_S / 60;

    if (w->at == NS_ABSENT || w->last - w->at < LEAST)
        return false;
    *requests = (double)w->after / minutes;
    *tokens = (double)w->tokens_after / minutes;
    return true;
}
