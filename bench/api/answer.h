#ifndef API_ANSWER_H
#define API_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/said.h"
#include "api/think.h"
#include "api/wav.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "data/record.h"

enum { ANSWER_TOOLS = 32 }; /* tools of the server whose times are told apart */

/*
 * What is known of an answer while it arrives: the endpoint's adapter and the header reader
 * fill it, the transfer makes a record of it. Absent as in struct record. Reused from
 * attempt to attempt: answer_reset keeps the memory.
 *
 * Times are whatever `at` was given with the bytes; the adapter has no clock.
 *
 *     struct answer a;
 *     answer_init(&a);
 *     a.secret = str_of(key);          // once; stays over answer_reset
 *     for (each attempt) {
 *         answer_reset(&a);
 *         a.status = 200;
 *         headers_line(&a, line);      // each
 *         endpoint->event(&a, ev, at); // each, or endpoint->body, or error_body
 *         outcome = error_classify(&a, TRANSFER_DONE, endpoint->complete(&a));
 *     }
 *     answer_free(&a);
 *
 * All text in it but `said` is short, free of control characters and masked as api/mask.h
 * says. A buf that nothing was put into has p = NULL: answer_string makes it "".
 */
struct answer {
    struct str secret; /* borrowed: the API key, which no text may hold */

    /* from the headers */
    int status;
    enum answer_type {
        ANSWER_UNKNOWN,
        ANSWER_SSE,
        ANSWER_JSON,
        ANSWER_TEXT,  /* text/plain */
        ANSWER_BYTES, /* audio, or said to be no more than bytes */
        ANSWER_OTHER
    } type;
    bool encoded; /* compressed, which we never ask for */
    struct limit limits[N_LIMITS];
    ns_t retry_after;
    struct buf request_id;
    struct buf region;
    struct buf edge;

    /* moments: NS_ABSENT until they happen */
    ns_t role;
    ns_t first;
    ns_t reasoning;
    ns_t answer;
    ns_t called; /* the last piece of a tool call */
    ns_t last;

    /* output frames */
    uint64_t frames;
    uint64_t shared;
    uint32_t *gaps; /* us, RECORD_MAX_GAPS at most; grows as needed */
    size_t n_gaps;
    size_t cap_gaps;
    uint64_t gaps_lost;
    ns_t stall;

    struct {
        int64_t prompt, cached, completion, reasoning, total;
    } tokens;
    struct {
        ns_t queue, prompt, completion, total;
    } server;
    struct embedding embedding;
    struct compound compound;
    struct judgement judgement;
    int64_t calls; /* of tools */
    struct buf tier;
    struct buf finish;

    ns_t heard;     /* length of the audio that was sent, as the server tells it */
    ns_t starved;   /* see struct record */
    struct wav wav; /* the audio that comes */

    bool done;      /* the endpoint's end mark was seen ([DONE]) */
    bool text;      /* any visible text */
    bool tool_call; /* any tool call */
    bool reasoned;  /* any reasoning */
    bool damaged;   /* bytes that are not what the endpoint promises */

    bool wants_opening; /* of the endpoint: keep what the visible text begins with */
    struct buf opening; /* raw, as JSON has it; up to a ceiling */

    uint32_t tools_seen;           /* of them, a bit each */
    ns_t tool_begun[ANSWER_TOOLS]; /* where seen; NS_ABSENT: over */

    struct think think; /* raw reasoning, inside the content */
    struct said said;   /* what it said, where somebody wants to know */

    /* the error body or error event, classified by api/error.h */
    bool failed;      /* an error event, an error body or an error status */
    int error_status; /* the status it stands for; 0: it did not say */
    struct buf error_type;
    struct buf error_code;
    struct buf error;      /* message, for a person */
    struct buf limit_kind; /* TPM, RPD, ... */
    int64_t limit_size;    /* as its message says; -1: it does not */
    ns_t retry_in;         /* "Please try again in D" */
};

void answer_init(struct answer *a);
void answer_reset(struct answer *a);
void answer_free(struct answer *a);

/*
 * An output frame has arrived: counts it, keeps the gap, moves first and last. visible: it
 * holds text that the user sees, which sets `answer`.
 */
void answer_frame(struct answer *a, ns_t at, bool visible);

/* More of the visible text, raw: kept where the endpoint wants its opening. */
void answer_opening(struct answer *a, struct str raw);

/* Replace one of the texts: cleaned, masked, cut where it is too long. */
void answer_text(const struct answer *a, struct buf *text, struct str value);

static inline const char *answer_string(const struct buf *text)
{
    return text->p ? text->p : "";
}

#endif
