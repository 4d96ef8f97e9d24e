#ifndef API_HEADERS_H
#define API_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "api/answer.h"
#include "base/clock.h"
#include "base/str.h"

/* Waits that servers announce are cut to this, so that sums with them stay sound. */
#define HEADERS_LONGEST (1000 * 24 * 3600 * NS_PER_S)

/*
 * One header line (name and value, without the line end) into the answer: content type,
 * rate limits, retry-after, request id, region, edge. Unknown ones and damaged values are
 * ignored.
 */
void headers_line(struct answer *a, struct str line);

/* The three digits of "HTTP/1.1 200 OK"; 0 where there is none. */
int headers_status(struct str line);

/* Go's time.Duration grammar ("1m26.4s"), saturating. false where it is not one. */
bool headers_duration(struct str s, ns_t *ns);

/* retry-after: whole or fractional seconds, or a duration. An HTTP date is not understood.
 */
bool headers_retry_after(struct str s, ns_t *ns);

#endif
