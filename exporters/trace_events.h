#ifndef EXPORTERS_TRACE_EVENTS_H
#define EXPORTERS_TRACE_EVENTS_H

#include "base/clock.h"
#include "base/json.h"

/*
 * Lines of a file of Trace Event JSON, which Perfetto and chrome://tracing open. An event
 * that may have arguments is left open for them:
 *
 *     struct trace_events t;
 *     w = trace_events_begin(&t, &buf);
 *     trace_arg_text(w, "run", id);
 *     trace_events_list(&t);
 *     trace_event_name(&t, "process_name", 1, 0, "load");
 *     w = trace_event_slice(&t, "request", 1, 2, begin, end);
 *     trace_arg_int(w, "try", 1);
 *     trace_event_close(&t);
 *     trace_events_end(&t);
 *
 * Times are ns, written as us with three decimals, so that nothing is rounded.
 */
struct trace_events {
    struct buf *out;
    struct jsonw w;
    uint64_t n; /* events so far */
};

/* The head; the caller adds what is to be said of the whole, then calls _list. */
struct jsonw *trace_events_begin(struct trace_events *t, struct buf *out);
void trace_events_list(struct trace_events *t);
void trace_events_end(struct trace_events *t);

/* what: "process_name", "thread_name"; and the order of a track among others. */
void trace_event_name(struct trace_events *t, const char *what, uint32_t pid, uint32_t tid,
                      const char *name);
void trace_event_order(struct trace_events *t, const char *what, uint32_t pid, uint32_t tid,
                       int64_t order);

struct jsonw *trace_event_slice(struct trace_events *t, const char *name, uint32_t pid,
                                uint32_t tid, ns_t begin, ns_t end);
struct jsonw *trace_event_counter(struct trace_events *t, const char *name, uint32_t pid,
                                  ns_t at);
void trace_event_close(struct trace_events *t);

/* Arguments; what is not known (below 0, "") is left out. */
void trace_arg_int(struct jsonw *w, const char *key, int64_t v);
void trace_arg_known(struct jsonw *w, const char *key, int64_t v);
void trace_arg_text(struct jsonw *w, const char *key, const char *text);

void trace_event_instant(struct trace_events *t, const char *name, uint32_t pid,
                         uint32_t tid, ns_t at);

#endif
