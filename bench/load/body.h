#ifndef LOAD_BODY_H
#define LOAD_BODY_H

#include "api/endpoint.h"
#include "base/buf.h"
#include "base/str.h"
#include "data/catalogue.h"
#include "load/prompts.h"

/*
 * A request body put together: head + prompt + what the dataset's row adds + tail, as
 * struct endpoint has it. Appended to out.
 */
struct body_parts {
    const struct endpoint *endpoint;
    const struct request_spec *spec;
    const struct buf *head; /* of endpoint->prepare */
    const struct buf *tail;
};

void body_put(struct buf *out, const struct body_parts *parts, const struct buf *messages,
              const struct buf *extra, const struct prompt_info *info);

#endif
