#ifndef API_MEMBERS_H
#define API_MEMBERS_H

#include "base/json.h"
#include "base/str.h"

/*
 * Objects read by tables: of each the members that somebody asks for, all others are
 * skipped. Answers of all endpoints are read so.
 *
 *     static void usage(struct json *j, void *ctx) { usage_read(ctx, j); }
 *     static const struct member members[] = {
 *         MEMBER("usage", usage),
 *         NO_MORE,
 *     };
 *     members_read(&j, members, answer);
 */

/* Reads the value of a member, and consumes it: no more and no less. */
typedef void member_fn(struct json *j, void *ctx);

struct member {
    struct str key; /* as it is written between the quotes */
    member_fn *read;
};

#define MEMBER(key, read)                                                                  \
    {                                                                                      \
        { key, sizeof(key) - 1 }, read                                                     \
    }
#define NO_MORE                                                                            \
    {                                                                                      \
        { NULL, 0 }, NULL                                                                  \
    }

/* The value that comes next, where it is an object; anything else is skipped. Where a
 * member comes twice, it is read twice. */
void members_read(struct json *j, const struct member *members, void *ctx);

/* Each item of an array by the same function; anything else is skipped. */
void members_each(struct json *j, member_fn *read, void *ctx);

#endif
