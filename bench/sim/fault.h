#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/rng.h"
#include "base/str.h"
#include "sim/refusal.h"
#include "sim/sound.h"

/*
 * What can be made to go wrong with an answer: one row of the table each, chosen for one
 * request by the header `x-sim-fault: NAME[:ARG]`, or for a share of them. A row only says
 * how the answer differs; script.c and frame.c obey it.
 */

enum line_end { EOL_LF, EOL_CRLF, EOL_CR, EOL_MIXED };

/* Where the usage of a stream stands. */
enum usage_form { USAGE_FULL, USAGE_XGROQ, USAGE_TOP, USAGE_EXTRA, USAGE_NONE };

/* How counts are written. */
enum number_form { NUMBER_PLAIN, NUMBER_EXPONENT, NUMBER_FLOAT };

enum {
    ODD_NO_SPACE = 1 << 0,   /* data:{...} */
    ODD_DATA_LINES = 1 << 1, /* one event on several data: lines */
    ODD_FIELDS = 1 << 2,     /* event:, id:, retry: and unknown fields */
    ODD_ID_NUL = 1 << 3,     /* an id: that holds NUL */
    ODD_BOM = 1 << 4,        /* a byte order mark in front */
    ODD_COMMENT_FIRST = 1 << 5,
    ODD_COMMENTS = 1 << 6,     /* a comment in front of every event */
    ODD_EMPTY_DELTAS = 1 << 7, /* {}, "" and null deltas in between */
    ODD_EMPTY_CHOICES = 1 << 8,
    ODD_NO_CHOICES = 1 << 9,
    ODD_USAGE_NULL = 1 << 10, /* "usage":null on every chunk */
    ODD_UNKNOWN_KEYS = 1 << 11,
    ODD_LONG_STRING = 1 << 12,
    ODD_SURROGATES = 1 << 13,
    ODD_NUL = 1 << 14,
    ODD_CREATED = 1 << 15,     /* created runs backwards */
    ODD_FINGERPRINT = 1 << 16, /* changes from chunk to chunk */
    ODD_NO_DONE = 1 << 17,
    ODD_NO_FINISH = 1 << 18,    /* the stream ends properly, but no finish chunk came */
    ODD_NO_BLANK = 1 << 19,     /* nothing behind the last event */
    ODD_TRAILING = 1 << 20,     /* more bytes behind [DONE] */
    ODD_BARE_ERROR = 1 << 21,   /* an error event without its event: line */
    ODD_STRING_ERROR = 1 << 22, /* an error that is no object */
    ODD_XGROQ_ERROR = 1 << 23,  /* an error inside x_groq of a chunk */
    ODD_GZIP = 1 << 24,
    ODD_JSON = 1 << 25,        /* one JSON answer although a stream was asked for */
    ODD_UNTIL_CLOSE = 1 << 26, /* neither chunks nor a length */
    ODD_NO_LAST_CHUNK = 1 << 27,
    ODD_EARLY_HINTS = 1 << 28, /* a 103 in front of the answer */
    ODD_LENGTH = 1 << 29       /* a content-length beyond what comes */
};

enum incident {
    INCIDENT_NONE,
    INCIDENT_STALL,   /* nothing for arg ms; arg 0: for ever */
    INCIDENT_RESET,   /* TCP reset */
    INCIDENT_CLOSE,   /* the connection ends where it stands */
    INCIDENT_ERROR,   /* an error event, then the stream ends */
    INCIDENT_GARBAGE, /* bytes that are no HTTP */
    INCIDENT_STATUS,  /* a status line that is none */
    INCIDENT_CHUNK,   /* a chunk whose size is no number */
    INCIDENT_ENDLESS  /* a line that never ends */
};

enum place {
    PLACE_HEAD,    /* before anything */
    PLACE_HEADERS, /* within the headers */
    PLACE_ROLE,    /* behind the headers, before the first chunk */
    PLACE_FIRST,   /* before the first output */
    PLACE_MIDDLE,  /* after a few frames of output */
    PLACE_FINISHED /* behind the finish chunk */
};

/* What arg means. */
enum fault_arg { ARG_NONE, ARG_MS, ARG_US, ARG_FRAMES, ARG_BYTES, ARG_EVENTS, ARG_SECONDS };

struct fault {
    const char *name;
    const char *help;
    enum fault_arg takes;
    int64_t arg; /* where none is given */
    enum refusal refusal;
    enum incident incident;
    enum place place;
    uint32_t odd;
    enum line_end eol;
    enum usage_form usage;
    enum number_form numbers;
    enum refusal event;   /* what an error event says; NONE: json_validate_failed */
    bool no_status;       /* and without its status_code */
    bool fragments;       /* a tool call in pieces */
    enum sound_told told; /* by the head of a WAV file */
    bool title_case;      /* names of headers in Title-Case */
    bool split;           /* arg bytes a write */
    bool chunks;          /* arg bytes an HTTP chunk */
    bool group;           /* arg events a write */
    bool drip;            /* a byte every arg us */
    bool drip_head;
};

extern const struct fault faults[];
extern const size_t n_faults;

/* A fault and its argument, for one request. */
struct fault_choice {
    const struct fault *fault; /* never NULL: faults[0] is none */
    int64_t arg;
};

/* NAME or NAME:ARG. */
int fault_parse(struct str text, struct fault_choice *c, struct err *err);

/* NAME[:ARG]=SHARE; SHARE is a probability (0.05, 5%) or 1/N: exactly every N-th request.
 */
struct fault_share {
    struct fault_choice choice;
    double probability;
    uint64_t every; /* 0: by probability */
};

int fault_share_parse(struct str text, struct fault_share *s, struct err *err);

/* The first share that hits request number n (from 1), else none. */
struct fault_choice fault_draw(const struct fault_share *shares, size_t n_shares,
                               uint64_t n, uint64_t seed, uint64_t key);

#endif
