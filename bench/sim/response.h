#ifndef SIM_RESPONSE_H
#define SIM_RESPONSE_H

#include "base/buf.h"
#include "sim/exchange.h"

/*
 * The JSON of the Responses API, as reply.h has that of chat completions. An answer is a
 * list of items: what the model thought, what it says or which function it calls. Pure.
 */
enum response_item { RESPONSE_REASONING, RESPONSE_MESSAGE, RESPONSE_CALL };

enum response_status {
    RESPONSE_IN_PROGRESS,
    RESPONSE_ENDED, /* completed, or incomplete where the budget ended it */
    RESPONSE_FAILED
};

/* The item that the tokens of a channel go to. */
enum response_item response_item_of(const struct exchange *x, enum channel c);

/* The response object; of one that has ended with all its items and the usage. */
void response_put(struct buf *out, const struct exchange *x, enum response_status status);

/* An item when it begins, without its content, or when it is whole. */
void response_put_item(struct buf *out, const struct exchange *x, enum response_item i,
                       bool whole);

/* The part that holds an item's text: empty, or all of it. */
void response_put_part(struct buf *out, const struct exchange *x, enum response_item i,
                       bool whole);

/*
 * Events. Each appends one JSON object; n is its number in the stream. response_event_name
 * is what stands in its event: line.
 */
enum response_event {
    RESPONSE_EVENT_CREATED,
    RESPONSE_EVENT_IN_PROGRESS,
    RESPONSE_EVENT_ITEM_ADDED,
    RESPONSE_EVENT_PART_ADDED,
    RESPONSE_EVENT_DELTA, /* of text or arguments, as the item is */
    RESPONSE_EVENT_TEXT_DONE,
    RESPONSE_EVENT_PART_DONE,
    RESPONSE_EVENT_ITEM_DONE,
    RESPONSE_EVENT_ENDED, /* completed or incomplete */
    RESPONSE_EVENT_FAILED,
    RESPONSE_EVENT_UNHEARD_OF /* one that no client knows */
};

const char *response_event_name(const struct exchange *x, enum response_event e,
                                enum response_item i);

/* text: of a delta, else not looked at. */
void response_event(struct buf *out, const struct exchange *x, enum response_event e,
                    enum response_item i, uint64_t n, struct str text);

/* The event "error". */
void response_error(struct buf *out, const struct exchange *x, uint64_t n, enum refusal r);

#endif
