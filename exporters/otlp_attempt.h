#ifndef EXPORTERS_OTLP_ATTEMPT_H
#define EXPORTERS_OTLP_ATTEMPT_H

#include "exporters/otlp_batch.h"

/* The spans of one attempt, and those of its request, into a batch. */

/* The attempt itself, and with `phases` what it consisted of. */
void otlp_put_attempt(struct otlp_batch *b, const struct record *r,
                      const struct otlp_span_id *request, bool phases);

/* What is known of the whole request when its last attempt has ended. */
struct otlp_request {
    struct otlp_span_id id;
    const struct otlp_span_id *parent; /* NULL: it is a root, with a link to the run */
    const struct otlp_span_id *run;
    ns_t first; /* its first attempt left */
};

/* durations: the spans below it are not made, so it carries their lengths. */
void otlp_put_request(struct otlp_batch *b, const struct record *r,
                      const struct otlp_request *q, bool durations);

#endif
