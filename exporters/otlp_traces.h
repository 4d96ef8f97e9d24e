#ifndef EXPORTERS_OTLP_TRACES_H
#define EXPORTERS_OTLP_TRACES_H

#include "exporters/otlp_common.h"

/*
 * Spans: run -> phases, and request -> attempts -> connection, send, wait, prefill,
 * generation, receive. Linked, a request is a trace of its own with a link to the run;
 * where the run is small they are nested below its phase. Of many requests a share is kept,
 * and always those that failed or were tried again, and the slowest of each interval.
 */
enum otlp_detail { OTLP_REQUESTS, OTLP_ATTEMPTS, OTLP_PHASES };

struct otlp_traces;

struct otlp_traces *otlp_traces_open(const struct otlp_about *about,
                                     const struct export_config *config,
                                     const struct export_out *out, struct err *err);
void otlp_traces_close(struct otlp_traces *t); /* what has gathered is put out */
void otlp_traces_drop(struct otlp_traces *t);  /* it is not */

void otlp_traces_record(struct otlp_traces *t, const struct record *r);
void otlp_traces_phase(struct otlp_traces *t, const struct phase_event *e);
void otlp_traces_end(struct otlp_traces *t, ns_t at, const struct run_end *e);
void otlp_traces_tick(struct otlp_traces *t, ns_t at); /* it is `at`, says an entry */
void otlp_traces_interval(struct otlp_traces *t); /* one is over: its slowest are known */

/* Is the trace of that request going to be there, as far as is known now? */
bool otlp_traces_keeps(const struct otlp_traces *t, const struct record *r);
/* sure: it was one that is always kept. */
bool otlp_traces_still_keeps(const struct otlp_traces *t, uint64_t req, bool sure);

/* Name of the trace and the span of a request. */
void otlp_traces_name(const struct otlp_traces *t, uint64_t req,
                      uint8_t trace[TRACE_ID_BYTES], uint8_t span[SPAN_ID_BYTES]);

/* The phase's span, for events about it. */
void otlp_traces_run_name(const struct otlp_traces *t, uint8_t trace[TRACE_ID_BYTES],
                          uint8_t span[SPAN_ID_BYTES]);

#endif
