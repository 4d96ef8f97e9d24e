#ifndef SIM_FORM_H
#define SIM_FORM_H

#include <stdbool.h>

#include "base/str.h"

/*
 * A body of multipart/form-data (RFC 7578, RFC 2046 5.1), part by part. Reads a whole body;
 * everything it gives points into that.
 *
 *     struct form f;
 *     struct form_part part;
 *     if (form_open(&f, http_header(http, "content-type"), body)) ... no form
 *     while (form_next(&f, &part))
 *         ... part.name, part.file, part.value ...
 *     if (f.bad) ...                       // it did not end as a form does
 */
struct form {
    char boundary[80]; /* CR LF -- and the boundary */
    size_t boundary_len;
    struct str rest;
    bool bad;
};

struct form_part {
    struct str name;
    struct str file; /* its name; p is NULL where the part is no file */
    struct str type; /* of a file; "" */
    struct str value;
};

/* -1 where the type is another, or names no boundary, or the body does not begin with it.
 */
int form_open(struct form *f, struct str content_type, struct str body);

/* The next part; false: there is none, or the form is damaged. */
bool form_next(struct form *f, struct form_part *part);

#endif
