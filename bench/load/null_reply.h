#ifndef LOAD_NULL_REPLY_H
#define LOAD_NULL_REPLY_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "data/scenario.h"

/*
 * What the target `null:` answers, the same each time: a head, and a body in pieces as a
 * server would write them. Streamed: the role, `frames` frames of a token each, the end,
 * the usage where it is asked for, [DONE]; or the head of a WAV file and pieces of it. Else
 * one JSON document.
 *
 *     if (null_reply_make(&r, "chat", &cell->request, 16, &err)) ...
 *     for (uint64_t i = 0; i < r.n_pieces; i++)
 *         feed(null_reply_piece(&r, i));
 *     null_reply_free(&r);
 */
enum { NULL_REPLY_TAIL = 3 };

struct null_reply {
    const char *const *head; /* lines, the empty one last, then NULL */
    uint64_t frames;
    uint64_t n_pieces;
    struct str role;
    struct str frame;
    struct str tail[NULL_REPLY_TAIL]; /* behind the frames; or the whole body */
    struct buf text;                  /* of those that are made */
};

/* -1 where there is no answer for that endpoint. */
int null_reply_make(struct null_reply *r, const char *endpoint,
                    const struct request_spec *spec, uint64_t frames, struct err *err);
void null_reply_free(struct null_reply *r);

struct str null_reply_piece(const struct null_reply *r, uint64_t i);

#endif
