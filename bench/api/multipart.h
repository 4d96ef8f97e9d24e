#ifndef API_MULTIPART_H
#define API_MULTIPART_H

#include <stdbool.h>

#include "api/fields.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/*
 * A request body as multipart/form-data (RFC 7578): fields, and one file, or one value,
 * whose bytes stand between head and tail.
 *
 *     multipart_field(head, "model", str_of("whisper-large-v3"));
 *     multipart_fields(head, spec->body, owned, err);
 *     multipart_file(head, "file", "clip.wav");
 *     multipart_end(tail);
 *
 * The boundary is always the same, so that head and tail are made once; what is uploaded
 * must not hold it: see multipart_clashes.
 */
#define MULTIPART_BOUNDARY "----tokdyno-7f3c9b52e1a84d06"
#define MULTIPART_TYPE "multipart/form-data; boundary=" MULTIPART_BOUNDARY

void multipart_field(struct buf *out, const char *name, struct str value);

/*
 * The members of the JSON object `body`: text and numbers as they are, an array as a field
 * for each item, its name with [] behind it. -1 where one is an object, one is ours, or
 * body is no JSON object.
 */
int multipart_fields(struct buf *out, const char *body, const struct owned *owned,
                     struct err *err);

/* The head of the file's part. Its type goes by the end of its name. */
void multipart_file(struct buf *out, const char *field, const char *file_name);
/* The head of a field whose value follows it, in place of a file's bytes. */
void multipart_open(struct buf *out, const char *field);
void multipart_end(struct buf *out);

/* Would these bytes end the file's part? */
bool multipart_clashes(struct str bytes);

#endif
