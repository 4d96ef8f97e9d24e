#ifndef DATA_TRACE_ID_H
#define DATA_TRACE_ID_H

#include <stdint.h>

/*
 * Names of traces and spans: a hash of the run's id, the request and the attempt. So
 * whoever knows these three says the same, be it the load that sends them along or an
 * exporter that has only the journal. Never all zero.
 */
enum { TRACE_ID_BYTES = 16, SPAN_ID_BYTES = 8 };

/* What of a request, attempt or phase a span is about. */
enum span_what {
    SPAN_REQUEST, /* one a request: try is 0 */
    SPAN_ATTEMPT,
    SPAN_RUN,   /* req and try are 0 */
    SPAN_PHASE, /* req is its first request */
    SPAN_HELD,
    SPAN_RETRY_WAIT,
    SPAN_CONNECTION,
    SPAN_DNS,
    SPAN_TCP,
    SPAN_TLS,
    SPAN_SEND,
    SPAN_WAIT,
    SPAN_PREFILL,
    SPAN_GENERATION,
    SPAN_RECEIVE
};

/* The trace of the run itself, and that of one of its requests. */
void trace_id_run(const char *run_id, uint8_t id[TRACE_ID_BYTES]);
void trace_id_request(const char *run_id, uint64_t req, uint8_t id[TRACE_ID_BYTES]);

void span_id(const char *run_id, uint64_t req, uint32_t try_no, enum span_what what,
             uint8_t id[SPAN_ID_BYTES]);

/* Even over requests, for sampling: the same request always gets the same. */
uint64_t trace_lot(const char *run_id, uint64_t req);

/* W3C Trace Context: the attempt in the trace of its request, sampled. */
enum { TRACEPARENT_SIZE = 56 };
void traceparent(const char *run_id, uint64_t req, uint32_t try_no,
                 char text[TRACEPARENT_SIZE]);

#endif
