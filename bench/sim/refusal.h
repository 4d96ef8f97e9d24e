#ifndef SIM_REFUSAL_H
#define SIM_REFUSAL_H

#include <stdbool.h>

#include "base/buf.h"

/* Every way to say no: a status and a body in the words of the API or of its edge. */
enum refusal {
    REFUSAL_NONE,
    REFUSAL_BAD_JSON,
    REFUSAL_MISSING,
    REFUSAL_TYPE,
    REFUSAL_UNSUPPORTED,
    REFUSAL_PARAMETER,
    REFUSAL_NOT_YET,
    REFUSAL_N,
    REFUSAL_STREAM_OPTIONS,
    REFUSAL_RAW_FORMAT,
    REFUSAL_FORMAT_TWICE,
    REFUSAL_JSON_TOOLS,
    REFUSAL_MAX_TOKENS,
    REFUSAL_CONTEXT,
    REFUSAL_MESSAGE_KEY,
    REFUSAL_IMAGE,
    REFUSAL_IMAGES,
    REFUSAL_IMAGE_BYTES,
    REFUSAL_PIXELS,
    REFUSAL_TOOL_NAME,
    REFUSAL_TOO_MANY_TOOLS,
    REFUSAL_TIER_VALUE,
    REFUSAL_TIER,
    REFUSAL_EFFORT,
    REFUSAL_NOT_CHAT,
    REFUSAL_OTHER_KIND, /* a model of another kind than the endpoint's */
    REFUSAL_NO_FORM,
    REFUSAL_NO_AUDIO,
    REFUSAL_TWO_AUDIOS,
    REFUSAL_AUDIO_NAME,
    REFUSAL_AUDIO_FORM,
    REFUSAL_AUDIO_PROMPT,
    REFUSAL_GRANULARITY,
    REFUSAL_EMPTY_AUDIO,
    REFUSAL_MEDIA,
    REFUSAL_JSON_FAILED,
    REFUSAL_TOOL_FAILED,
    REFUSAL_PARSE_FAILED,
    REFUSAL_DECOMMISSIONED,
    REFUSAL_TERMS,
    REFUSAL_BLOCKED,
    REFUSAL_AUTH,
    REFUSAL_PERMISSION,
    REFUSAL_EDGE_1010,
    REFUSAL_EDGE_BLOCK,
    REFUSAL_MODEL,
    REFUSAL_URL,
    REFUSAL_METHOD,
    REFUSAL_NO_FILE,
    REFUSAL_NO_BATCH,
    REFUSAL_BATCH_PLAN,
    REFUSAL_RATE,      /* 429; message made by quota.c */
    REFUSAL_TOO_LARGE, /* 413; message made by quota.c */
    REFUSAL_BODY_SIZE,
    REFUSAL_SEMANTIC,
    REFUSAL_DEPENDENCY,
    REFUSAL_CAPACITY,
    REFUSAL_SERVER,
    REFUSAL_GATEWAY,
    REFUSAL_OVERLOADED,
    REFUSAL_UPSTREAM,
    REFUSAL_TIMEOUT,
    REFUSAL_ORIGIN,
    REFUSAL_TRUNCATED_JSON,
    REFUSAL_EMPTY,
    N_REFUSALS
};

enum refusal_body { BODY_JSON, BODY_HTML, BODY_TEXT };

struct refusal_row {
    int status;
    const char *type;
    const char *code;    /* NULL: not in the body */
    const char *param;   /* NULL: not in the body */
    const char *message; /* each $ is replaced by what it is about */
    enum refusal_body body;
    bool limits; /* the limit headers are on it */
    bool failed; /* has failed_generation */
    bool edge;   /* not from the API: none of its headers */
};

extern const struct refusal_row refusals[N_REFUSALS];

const char *refusal_reason(int status); /* "Bad Request", ... */
const char *refusal_content_type(enum refusal r);

/* The message alone. */
void refusal_message(struct buf *out, enum refusal r, const char *about);

/* about: a model, a key, or for REFUSAL_RATE and REFUSAL_TOO_LARGE the whole message. type
 * NULL: the row's. */
void refusal_body(struct buf *out, enum refusal r, const char *about, const char *type);

/* The object of an error event in a stream; with the status it would have had. */
void refusal_event(struct buf *out, enum refusal r, const char *about, bool with_status);

#endif
