#ifndef API_READING_H
#define API_READING_H

#include "api/answer.h"
#include "base/json.h"

/*
 * A frame or a body while it is read, for every endpoint that gives the output of a
 * language model. What it holds is found first, and booked in the answer only where the
 * whole of it was good.
 *
 *     struct reading r = reading_begin(a, at);
 *     ... members_read(&j, members, &r) ...
 *     if (!json_done(&j))
 *         reading_damaged(a, "a frame is not a JSON object", data);
 *     else
 *         reading_frame(&r, data);      // or reading_body
 *
 * The member_fn among them want a struct reading as ctx, or what begins with one.
 */
struct reading {
    struct answer *a;
    ns_t at;
    struct str error; /* raw; p is NULL where there is none, n is 0: the whole text */
    struct think think;
    ns_t shown; /* since when there is visible text */
    bool output;
    bool call;
    bool thought;
};

struct reading reading_begin(struct answer *a, ns_t at);

/* Content: text that may hold raw reasoning. Anything but a string is skipped. */
void reading_text(struct json *j, void *ctx);

/* The same for a raw string that was found before; it is not empty. */
void reading_take_text(struct reading *r, struct str raw);

/* Reasoning that stands apart, as a string or as a list that is not empty. */
void reading_thought(struct json *j, void *ctx);

/* An array of tools that the server runs itself: output, but no call for us to answer. */
void reading_executed(struct json *j, void *ctx);

void reading_error(struct json *j, void *ctx);
void reading_usage(struct json *j, void *ctx);
void reading_tier(struct json *j, void *ctx);
void reading_finish(struct json *j, void *ctx);

/* Book a frame of a stream, with its moments; data is its whole text. */
void reading_frame(const struct reading *r, struct str data);

/* Book a whole answer. A body has no moments. */
void reading_body(const struct reading *r, struct str data);

/* No more content comes: what looked like the beginning of a tag was text. */
void reading_no_more_text(struct answer *a);

/* Bytes that are not what the endpoint promises. Says of a page what it calls itself, but
 * never what a model wrote. */
void reading_damaged(struct answer *a, const char *what, struct str bytes);

/* Replace a text of the answer by a string that is not empty; anything else is skipped. */
void reading_into(struct json *j, const struct answer *a, struct buf *text);

#endif
