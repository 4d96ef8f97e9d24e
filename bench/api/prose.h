#ifndef API_PROSE_H
#define API_PROSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"

/*
 * The text of a rate-limit error: "Rate limit reached for model `m` in organization `o` on
 * tokens per minute (TPM): Limit 6000, Used 5800, Requested 900. Please try again in 7s."
 * Every part may be missing.
 */
struct prose {
    struct str kind; /* "TPM"; empty where not there */
    int64_t limit;   /* -1 where not there */
    int64_t used;
    int64_t requested;
    ns_t wait; /* "try again in D"; NS_ABSENT */
};

/* Slices point into the message. */
void prose_read(struct str message, struct prose *prose);

/* The span that a kind of limit ("TPM", "ASPD") refills in; 0 where it is unknown. */
ns_t prose_window(struct str kind);

/* How long to wait: as announced, else from the figures; NS_ABSENT where neither tells. */
ns_t prose_wait(const struct prose *prose);

#endif
