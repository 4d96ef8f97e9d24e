#ifndef SIM_EXCHANGE_H
#define SIM_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "data/catalogue.h"
#include "sim/ask.h"
#include "sim/draft.h"
#include "sim/fault.h"
#include "sim/ident.h"
#include "sim/quota.h"
#include "sim/sound.h"
#include "sim/timing.h"

/* What a frame of a stream holds, as the truth log numbers them. */
enum frame_kind {
    FRAME_ROLE,
    FRAME_REASONING,
    FRAME_CONTENT,
    FRAME_TOOL,
    FRAME_FINISH,
    FRAME_USAGE,
    FRAME_DONE,
    FRAME_SOUND
};

struct frame {
    ns_t planned;
    ns_t sent;
    uint32_t kind;
};

/* What a request is answered with: decided at once (admit.c), written over time (script.c),
 * and the truth about it in the end (truth.c). Moments are CLOCK_MONOTONIC. */
enum answer {
    ANSWER_REFUSAL,
    ANSWER_CHAT,
    ANSWER_RESPONSE,
    ANSWER_MADE, /* of a model, in one piece, whose body was made at once */
    ANSWER_TRANSCRIPT,
    ANSWER_SPEECH,
    ANSWER_MODELS,
    ANSWER_MODEL,
    ANSWER_ROOT
};

/* A tool that the server runs itself: see toolrun.h. */
struct tool_run {
    int kind;
    ns_t time;
};

enum { EXCHANGE_RUNS = 10 };

/* What a transcript holds. */
struct transcript_spec {
    enum transcript_form { TRANSCRIPT_JSON, TRANSCRIPT_VERBOSE, TRANSCRIPT_TEXT } form;
    bool translates;
    bool no_segments; /* of the verbose form */
    bool words;
    char language[4];
};

/* What every frame asks for comes first, up to the calls of the draft. */
struct exchange {
    enum answer answer;
    bool stream;
    bool include_usage;
    bool keep_alive;
    bool aborted; /* the client went away */
    struct frame *frames;
    size_t n_frames;
    size_t cap_frames;
    ns_t received; /* all of it read: the clock of the answer starts here */
    ns_t delay;    /* of the way back, on everything */
    ns_t fetch;    /* of pictures that are named only, before all else; told nowhere */
    ns_t head;     /* just before it was sent; NS_ABSENT */
    size_t n_runs;
    struct timing timing;
    struct fault_choice fault;
    struct draft draft;

    uint64_t n;   /* running number, from 1 */
    uint64_t key; /* what everything random about it is drawn from */
    char id[64];  /* x-tokdyno-id as sent; "" */

    char request_id[4 + IDENT_ULID];
    char chat_id[9 + IDENT_UUID];
    char fingerprint[14];
    char ray[24];
    char cookie[44];
    const char *region;
    bool sets_cookie; /* the connection's first answer */

    enum refusal refusal;
    int status;
    struct buf about; /* of a refusal: the message or what it names */
    const char *about_type;
    struct buf made; /* of ANSWER_MADE */

    const struct model *model; /* NULL: none, or unknown */
    char model_asked[160];
    enum tier tier; /* that serves it */
    bool tier_known;
    bool bodiless; /* HEAD */
    int64_t seed;
    struct tool_run runs[EXCHANGE_RUNS];
    int64_t prompt_tokens; /* -1: no answer of a model */
    int64_t cached_tokens; /* -1: the model does not cache */
    int64_t created;       /* Unix seconds */

    bool item;          /* of a batch, which the limits of single requests do not count */
    bool tokenless;     /* what it makes is not counted in tokens */
    ns_t audio;         /* length of the clip to be heard, or of the speech; -1: none */
    int64_t characters; /* of the text to be spoken; -1: none */
    struct sound sound; /* of ANSWER_SPEECH */
    struct transcript_spec transcript;

    bool shows_limits;
    struct quota_shown limits;
    int64_t retry_after_s; /* -1: no header */
    struct quota *quota;   /* to be debited in the end; NULL: none */
    int64_t reserved;      /* tokens debited ahead for the completion */

    ns_t arrival; /* request line read */
    ns_t refused_after;
    ns_t end;

    struct exchange *next; /* behind this one in the queue of the truth log */
};

/* Is the answer what a language model puts out? */
static inline bool exchange_generates(const struct exchange *x)
{
    return x->answer == ANSWER_CHAT || x->answer == ANSWER_RESPONSE;
}

/* Does the answer come while it is made? */
static inline bool exchange_streams(const struct exchange *x)
{
    return (exchange_generates(x) && x->stream) || x->answer == ANSWER_SPEECH;
}

#endif
