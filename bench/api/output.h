#ifndef API_OUTPUT_H
#define API_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * What a model put out, kept for the check that follows when the answer has ended: its text
 * and its tool calls. Kept only where the request asks for a form (demand.h), never
 * written anywhere, and bounded: what is longer is dropped and `lost` says so.
 *
 *     struct output o;
 *     output_init(&o);                       // once
 *     output_reset(&o);                      // each attempt
 *     output_text(&o, raw);                  // pieces, as they come
 *     output_call_name(&o, 0, raw);          // of call 0, likewise
 *     output_call_arguments(&o, 0, raw);
 *     output_free(&o);
 *
 * Pieces are JSON strings as they stand in a frame, still escaped. An escape is never cut
 * in two by frames, a character may be, as two \u.
 */
enum { OUTPUT_MOST = 64 << 10, OUTPUT_CALLS = 32 };

struct output {
    struct buf text;
    struct output_call {
        struct buf name;
        struct buf arguments;
    } calls[OUTPUT_CALLS];
    size_t n_calls;
    bool lost; /* of text or calls, something did not fit */
};

void output_init(struct output *o);
void output_reset(struct output *o); /* the memory stays */
void output_free(struct output *o);

void output_text(struct output *o, struct str raw);

/* A piece of call i: of its name, of its arguments. Calls begin when first told of. */
void output_call_name(struct output *o, size_t i, struct str raw);
void output_call_arguments(struct output *o, size_t i, struct str raw);

#endif
