#ifndef DATA_RECORD_H
#define DATA_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "data/form.h"
#include "data/outcome.h"

/*
 * Moments of an attempt, in ns since the start of the run (monotonic); NS_ABSENT where it
 * did not happen. Not streamed: no role, first, reasoning, answer, called, last.
 */
enum moment {
    MOMENT_DUE,       /* when the plan wanted the request; the same on every attempt */
    MOMENT_READY,     /* cap, pacing and retry wait let this attempt go */
    MOMENT_START,     /* given to libcurl */
    MOMENT_CONNECTED, /* TCP and TLS ready; = start on a reused connection */
    MOMENT_SENT,      /* whole request written */
    MOMENT_HEAD,      /* response headers */
    MOMENT_ROLE,      /* first frame */
    MOMENT_FIRST,     /* first output of any channel: reasoning, text, tool call, sound */
    MOMENT_REASONING, /* first output that is reasoning */
    MOMENT_ANSWER,    /* first visible text */
    MOMENT_LAST,      /* last output */
    MOMENT_END,
    MOMENT_CALLED, /* the last piece of the last tool call, in between: all are complete */
    N_MOMENTS
};

/* Why an attempt was held back. due -> ready is their sum. */
enum hold {
    HOLD_CAP,    /* limits.in_flight */
    HOLD_PACING, /* rate-limit buckets */
    HOLD_RETRY,  /* earlier attempts of this request, and the back-off between them */
    N_HOLDS
};

/* One rate-limit triple of the response headers; -1: the header was not there. */
struct limit {
    int64_t limit;
    int64_t remaining;
    ns_t reset; /* time until the bucket is full */
};

enum limit_kind { LIMIT_REQUESTS, LIMIT_TOKENS, LIMIT_AUDIO_SECONDS, N_LIMITS };

extern const char *const limit_names[N_LIMITS];

/* What an answer of the embeddings endpoint holds; -1: it is none. */
struct embedding {
    int64_t vectors;
    int64_t dimensions; /* of each */
};

/* The work of a system: models and tools of the server behind one name. */
struct compound {
    int64_t tools;   /* that the server ran itself; -1: not told */
    ns_t tool_time;  /* from the naming of each to its output, added up; streamed only */
    int64_t calls;   /* of models; -1: not told */
    ns_t model_time; /* queue and total time of these calls, added up */
};

/* What a guard model said. */
struct judgement {
    int64_t flagged; /* 1: unsafe, 0: safe, -1: nothing of the kind */
    int64_t score;   /* ppm: how likely an attack; -1: the model gives none */
};

/*
 * The course of the whole batch that a request was an item of; NS_ABSENT, -1 where it is
 * not known. Moments of it were seen in polls, so each is late by `resolution` at most.
 */
struct batch_figures {
    ns_t submit;     /* its file and it itself were sent, to the end of the answers */
    ns_t queue;      /* from then to its being worked off */
    ns_t process;    /* from then to its end */
    ns_t retrieve;   /* its files were fetched */
    ns_t total;      /* from when it was due to its last line */
    ns_t resolution; /* the longest wait before a poll that saw it change */
    ns_t server;     /* from created_at to completed_at, as the server says in seconds */
    int64_t items;
};

extern const struct batch_figures batch_figures_none;
extern const struct embedding embedding_none;
extern const struct compound compound_none;
extern const struct judgement judgement_none;

enum { RECORD_MAX_GAPS = 16384 };

/*
 * How late the moments of an attempt may have been stamped at most; never is one stamped
 * before it was. 0: exactly, as far as the kernel's own stamps go. Nothing is known of any
 * where that of the end is absent.
 */
struct doubts {
    ns_t sent; /* the request left by so much after start, or after it was connected */
    ns_t first;
    ns_t answer;
    ns_t last;
    ns_t frame; /* the most of any output frame */
    ns_t end;
};

/*
 * What happened to one attempt: the only thing that leaves the load engine, and all that
 * anything after it may look at. It never changes once made. What is unknown is absent: -1
 * for numbers, "" for text. "" stands for absent, so text is never NULL.
 *
 * A function that is handed a record may read it, strings and gaps included, until it
 * returns.
 */
struct record {
    uint64_t req;    /* unique in the run: record_req() */
    uint32_t try_no; /* 1 for the first attempt */
    bool final;      /* no attempt follows */
    uint32_t cell;   /* indices into the run's tables */
    uint32_t trial;
    uint32_t phase; /* that of `due` */
    uint32_t turn;  /* of its session, from 1; 0: it stands alone */
    enum outcome outcome;
    enum form form;      /* of the output, where the request asked for one */
    int32_t http_status; /* 0: no answer */

    ns_t at[N_MOMENTS];
    ns_t held[N_HOLDS];
    ns_t dns; /* spans, new connections only */
    ns_t tcp;
    ns_t tls;
    bool reused;          /* the connection served an earlier request */
    int32_t http_version; /* 10, 11, 20; 0: no answer */

    struct {
        int64_t planned; /* prompt tokens the plan aimed at */
        int64_t words;   /* words the synthetic prompt was made of */
        int64_t prompt;
        int64_t cached;
        int64_t completion;
        int64_t reasoning;
        int64_t total;
    } tokens;

    struct {
        ns_t queue;
        ns_t prompt;
        ns_t completion;
        ns_t total;
    } server;

    struct embedding embedding;
    struct compound compound;
    struct judgement judgement;
    struct {
        ns_t sent;     /* how long the audio lasts that went up */
        ns_t received; /* and that came down */
        ns_t starved;  /* the longest wait of who plays it from its first sound on */
    } audio;
    int64_t characters; /* of the text that is to be spoken */

    struct limit limits[N_LIMITS];
    int64_t limit_size; /* of the limit that a refusal named, as it said; -1: it did not */
    ns_t retry_after;
    int64_t cost_nusd;

    int64_t calls;  /* tool calls in the answer; -1: no tool was offered, or no answer */
    int64_t images; /* in the request; -1: none */

    uint64_t bytes_up;   /* request body */
    uint64_t bytes_down; /* response body */
    uint64_t frames;     /* events with output */
    uint64_t shared;     /* of them, those that share the stamp of the frame before */

    const uint32_t *gaps; /* between output frames, in us: each frame's time is cut to whole
                             us first, so first + gaps gives every frame to 1 us */
    size_t n_gaps;        /* kept: at most RECORD_MAX_GAPS */
    uint64_t gaps_lost;   /* beyond that */
    struct batch_figures batch; /* of the last item of a batch that completed */
    ns_t session;  /* of the last turn: how long its session took, if it came to
                      its end */
    int64_t stall; /* longest gap in ns, of all gaps; -1 with fewer than two frames */
    struct doubts doubts;

    const char *request_id;
    const char *region;
    const char *edge;
    const char *tier;       /* echoed by the server */
    const char *finish;     /* finish_reason */
    const char *error_code; /* of the error body, or libcurl's name of the failure */
    const char *limit_kind; /* TPM, RPD, ...: which limit a 429 or 413 named */
    const char *batch_id;   /* of the batch that it was an item of */
    const char *error;      /* for a person; never holds the key or an organization */
};

/*
 * Number of request k of a phase of a trial. Decimal, so that a person can read it: trial,
 * two digits of phase, ten digits of k. Below 2^53 for 9,000 trials. In sessions k is the
 * number of the session, and in its last two digits the turn - 1; the phase is that in
 * which the session began.
 */
enum { RECORD_TURNS = 100 };

static inline uint64_t record_req(uint32_t trial, uint32_t phase, uint64_t k)
{
    return (uint64_t)trial * 1000000000000ULL + phase * 10000000000ULL + k;
}

/* k in the plan: of the request, or of the session that it belongs to. */
static inline uint64_t record_k(const struct record *r)
{
    uint64_t k = r->req % record_req(0, 1, 0);

    return r->turn ? k / RECORD_TURNS : k;
}

/* Everything absent, text "". */
void record_init(struct record *r);

/*
 * The spans of a new connection from the moments at which its name was known, its TCP stood
 * and its TLS stood, each counted from the start; 0 where it was not reached. Moments out
 * of order (libcurl adds up those of an attempt that it had to connect twice for) tell
 * nothing: what they would end stays absent.
 */
void record_tell_connection(struct record *r, ns_t dns, ns_t tcp, ns_t tls);

/* One block that holds the record, its strings and gaps; free() it. */
struct record *record_copy(const struct record *r);

#endif
