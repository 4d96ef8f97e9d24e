#ifndef API_ANSWER_H
#define API_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "data/record.h"

/*
 * What is known of an answer while it arrives: the endpoint's adapter and the header reader
 * fill it, the transfer makes a record of it. Absent as in struct record. Reused from
 * attempt to attempt: answer_reset keeps the memory.
 *
 * Times are whatever `at` was given with the bytes; the adapter has no clock.
 */
struct answer {
    /* from the headers */
    int status;
    enum answer_type { ANSWER_UNKNOWN, ANSWER_SSE, ANSWER_JSON, ANSWER_OTHER } type;
    struct limit limits[N_LIMITS];
    ns_t retry_after;
    struct buf request_id;
    struct buf region;
    struct buf edge;

    /* moments: NS_ABSENT until they happen */
    ns_t role;
    ns_t first;
    ns_t answer;
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
    struct buf tier;
    struct buf finish;

    bool done;      /* the endpoint's end mark was seen ([DONE]) */
    bool text;      /* any visible text */
    bool tool_call; /* any tool call */
    bool reasoned;  /* any reasoning */
    bool in_think;  /* raw reasoning: between <think> and </think> */
    bool damaged;   /* bytes that are not what the endpoint promises */

    /* the error body or error event, classified by api/error.h */
    bool failed;      /* an error event, an error body or an error status */
    int error_status; /* the status it stands for; 0: it did not say */
    struct buf error_type;
    struct buf error_code;
    struct buf error;      /* message, organization ids replaced by org_*** */
    struct buf limit_kind; /* TPM, RPD, ... */
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

#endif
