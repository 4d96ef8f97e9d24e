#ifndef LOAD_IMAGES_H
#define LOAD_IMAGES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "data/catalogue.h"
#include "data/scenario.h"

/*
 * Pictures that go along with prompts: files, each read once and kept as the base64 that is
 * sent, and addresses that the server is to fetch. A request gets so many of them, in
 * turn.
 *
 *     struct images im;
 *     images_open(&im, &workload.images, &err);
 *     images_put(&im, first, &messages);        // `,{"type":"image_url",...}` each
 *     images_close(&im);
 */

/* What a picture costs in tokens where nobody can tell: it is reported as 1.3k to 2k. */
enum { IMAGE_TOKENS = 1500 };

struct image_part {
    const char *name; /* path or address */
    struct str json;  /* the part of a message, with the comma before it */
    bool is_inline;   /* its bytes are in the request */
    uint64_t pixels;  /* 0: not known */
};

struct images {
    struct arena arena;
    struct image_part *parts; /* files first */
    size_t n;                 /* 0: no pictures */
    size_t per_request;
};

/* -1 with what is wrong: a file that cannot be read, is too large for any API, or is no
 * picture; an address that is none. */
int images_open(struct images *im, const struct workload_images *w, struct err *err);
void images_close(struct images *im); /* {0} is closed already */

/* Append the pictures of a request, from number `first` on, in turn. */
void images_put(const struct images *im, uint64_t first, struct buf *out);

/* Pictures in a request, and the bytes of it that they are: of a request or the largest. */
struct image_use {
    size_t n;
    size_t inlined; /* of them, sent along */
    size_t bytes;   /* of all of their addresses, data or not */
};

struct image_use images_most(const struct images *im);

/* The same of messages that hold pictures themselves, a JSON array. */
struct image_use images_within(struct str messages);
struct image_use images_in(struct str message); /* of one of them */

/*
 * Does a request of so many bytes with these pictures keep to what the model takes? -1 with
 * a message for a person. What the catalogue does not tell is not checked.
 */
int images_check(struct image_use use, size_t request_bytes, const struct model *m,
                 struct err *err);

/* And is each picture small enough? */
int images_check_each(const struct images *im, const struct model *m, struct err *err);

#endif
