#ifndef API_ENDPOINT_H
#define API_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "api/answer.h"
#include "api/sse.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "data/scenario.h"

/* What the workload makes for each request, and what it looks like within the body. */
enum prompt_form {
    PROMPT_MESSAGES, /* a JSON array of messages */
    PROMPT_TEXT,     /* a JSON string */
    PROMPT_AUDIO     /* bytes of an audio file, as they are */
};

/*
 * One API endpoint: how its requests are written and its answers read. One file a row; an
 * adapter does no I/O, has no clock and keeps its state in struct answer.
 *
 * A request body is head + prompt + tail, where head and tail are the same for every
 * request of a cell and are made once (prepare), and prompt is what the workload made for
 * request k. What is left out of a row is as for chat.
 */
struct endpoint {
    const char *name; /* in scenario files */
    const char *path; /* behind the base URL, "/chat/completions" */
    const char *help;

    /*
     * What stands for the prompt in the body, from the workload's JSON array of messages.
     * NULL: that array itself.
     */
    void (*prompt)(const struct request_spec *spec, struct str messages, struct buf *out);
    const char *operation;    /* OpenTelemetry's name of what it does; NULL: chat */
    const char *content_type; /* of a request; NULL: application/json */
    enum prompt_form takes;

    /* It has no server-sent events: an answer is a whole body, whatever request.stream
     * says, or bytes (below). */
    bool no_events;

    bool pictures; /* its messages may hold them, as parts of type image_url */

    /*
     * Its requests do not go one by one: many of this endpoint are lines of a file, which
     * goes up and is worked off as a batch (load/batch.h). NULL: they go as they are.
     */
    const struct endpoint *carries;

    /* It generates no tokens: none are expected, reserved, planned for or paid. */
    bool tokenless;

    /*
     * head and tail around the prompt. No model in spec: the dataset's rows name theirs,
     * behind the prompt. -1 where the body in the scenario holds a field that we must set
     * ourselves.
     */
    int (*prepare)(const struct request_spec *spec, struct buf *head, struct buf *tail,
                   struct err *err);

    /* One event of a streamed answer, with the time its bytes were read. */
    void (*event)(struct answer *a, const struct sse_event *ev, ns_t at);

    /*
     * Output that is raw bytes, of a status below 400 and a type that is neither text nor
     * JSON: as they are read, in pieces cut anywhere, and never kept. NULL: there are none.
     */
    void (*bytes)(struct answer *a, struct str piece, ns_t at);

    /* A whole body that was neither, of a status below 400. */
    void (*body)(struct answer *a, struct str body, ns_t at);

    /* Did the answer end as it should? Called at a clean end of a status below 400. */
    bool (*complete)(const struct answer *a);

    /* The member of the body that says how many tokens an answer may have; NULL: none. */
    const char *most;

    /*
     * How a session goes on: append to a prompt (without the bracket that closes it) a
     * comma and what the model said, and a comma and what a tool that it called has
     * answered. Behind it stands the next message of the user. NULL: the endpoint has no
     * sessions.
     */
    void (*follow)(const struct said *said, struct buf *prompt);
    void (*tool_result)(const struct said_call *call, const char *result,
                        struct buf *prompt);
};

extern const struct endpoint endpoint_chat;
extern const struct endpoint endpoint_responses;
extern const struct endpoint endpoint_embeddings;
extern const struct endpoint endpoint_guard;
extern const struct endpoint endpoint_transcription;
extern const struct endpoint endpoint_translation;
extern const struct endpoint endpoint_speech;
extern const struct endpoint endpoint_batch;

extern const struct endpoint *const endpoints[]; /* ends in NULL */

/* NULL where there is none of that name, or no name. */
const struct endpoint *endpoint_find(const char *name);

/* Does output come while it is made, and so has moments of its own? */
bool endpoint_streams(const struct endpoint *e, const struct request_spec *spec);

#endif
