#ifndef API_SAID_H
#define API_SAID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"

/*
 * What an answer said, kept so that a conversation can go on from it, or the form of it be
 * checked (demand.h): only where that is wanted, and up to a ceiling. Texts are kept as
 * they came, still escaped, so that pieces can be put behind one another and into the next
 * request. They go back to the server they came from and nowhere else.
 *
 *     struct said s;
 *     said_init(&s);
 *     s.wanted = true;         // stays over said_reset
 *     said_text(&s, raw); ...  // each piece
 *     said_free(&s);
 */
struct said_call {
    struct buf id; /* raw JSON strings, all three */
    struct buf name;
    struct buf arguments;
};

struct said {
    bool wanted;
    bool lost; /* more was said than is kept: no conversation can go on from that */
    struct buf text;
    struct said_call *calls; /* of tools, in the order in which they were begun */
    size_t n_calls;
    size_t cap_calls;
    size_t bytes; /* kept, of all texts */
};

enum { SAID_MAX_BYTES = 4 << 20, SAID_MAX_CALLS = 128 };

void said_init(struct said *s);
void said_reset(struct said *s);
void said_free(struct said *s);

/* These keep nothing where nothing is wanted. */

/* A piece of visible text. */
void said_text(struct said *s, struct str raw);

/*
 * Consumes a call of a tool, or a piece of one: {"index", "id", "function": {"name",
 * "arguments"}}. A piece belongs to the call of its index; without one (-1 is returned)
 * each is a call.
 */
int64_t said_read_call(struct said *s, struct json *j);

/* The same of an answer's only call, in the words of old: {"name", "arguments"}. */
void said_read_function(struct said *s, struct json *j);

/* A whole call at once. */
void said_call(struct said *s, struct str id, struct str name, struct str arguments);

/* `"key":"raw"`, as it was kept. */
void said_put(struct buf *out, const char *key, const struct buf *raw);

#endif
