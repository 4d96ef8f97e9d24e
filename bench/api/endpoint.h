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

/*
 * One API endpoint: how its requests are written and its answers read. One file a row; an
 * adapter does no I/O, has no clock and keeps its state in struct answer.
 *
 * A request body is head + prompt + tail, where head and tail are the same for every
 * request of a cell and are made once (prepare), and prompt is what the workload made for
 * request k.
 */
struct endpoint {
    const char *name; /* in scenario files */
    const char *path; /* behind the base URL, "/chat/completions" */
    const char *help;

    /*
     * head and tail around the prompt, which is a JSON array of messages. No model in spec:
     * the dataset's rows name theirs, behind the prompt. -1 where the body
     * in the scenario holds a field that we must set ourselves.
     */
    int (*prepare)(const struct request_spec *spec, struct buf *head, struct buf *tail,
                   struct err *err);

    /* One event of a streamed answer, with the time its bytes were read. */
    void (*event)(struct answer *a, const struct sse_event *ev, ns_t at);

    /* A whole body that was not streamed, of a status below 400. */
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

extern const struct endpoint *const endpoints[]; /* ends in NULL */
const struct endpoint *endpoint_find(const char *name);

#endif
