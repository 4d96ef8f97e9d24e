#include "exporters/trace_events.h"

#include <stdio.h>

static void put_us(struct trace_events *t, const char *key, ns_t ns)
{
    char text[40];
    int n = snprintf(text, sizeof(text), "%lld.%03lld", (long long)(ns / NS_PER_US),
                     (long long)(ns % NS_PER_US));

    jsonw_key(&t->w, key);
    jsonw_raw(&t->w, (struct str){ text, (size_t)n });
}

static void put_int(struct trace_events *t, const char *key, int64_t v)
{
    jsonw_key(&t->w, key);
    jsonw_int(&t->w, v);
}

static void put_text(struct trace_events *t, const char *key, const char *text)
{
    jsonw_key(&t->w, key);
    jsonw_string(&t->w, text);
}

/* Each event is a line. */
static void open_event(struct trace_events *t, const char *phase, const char *name,
                       uint32_t pid, uint32_t tid)
{
    buf_str(t->out, t->n++ ? ",\n" : "\n");
    jsonw_init(&t->w, t->out, 0);
    jsonw_object(&t->w);
    put_text(t, "ph", phase);
    put_text(t, "name", name);
    put_int(t, "pid", pid);
    put_int(t, "tid", tid);
}

static struct jsonw *open_args(struct trace_events *t)
{
    jsonw_key(&t->w, "args");
    jsonw_object(&t->w);
    return &t->w;
}

struct jsonw *trace_events_begin(struct trace_events *t, struct buf *out)
{
    *t = (struct trace_events){ .out = out };
    jsonw_init(&t->w, out, 0);
    buf_str(out, "{\"displayTimeUnit\":\"ms\",\"otherData\":");
    jsonw_object(&t->w);
    return &t->w;
}

void trace_events_list(struct trace_events *t)
{
    jsonw_end(&t->w);
    buf_str(t->out, ",\"traceEvents\":[");
}

void trace_events_end(struct trace_events *t)
{
    buf_str(t->out, "\n]}\n");
}

void trace_event_name(struct trace_events *t, const char *what, uint32_t pid, uint32_t tid,
                      const char *name)
{
    open_event(t, "M", what, pid, tid);
    open_args(t);
    put_text(t, "name", name);
    trace_event_close(t);
}

void trace_event_order(struct trace_events *t, const char *what, uint32_t pid, uint32_t tid,
                       int64_t order)
{
    open_event(t, "M", what, pid, tid);
    open_args(t);
    put_int(t, "sort_index", order);
    trace_event_close(t);
}

struct jsonw *trace_event_slice(struct trace_events *t, const char *name, uint32_t pid,
                                uint32_t tid, ns_t begin, ns_t end)
{
    open_event(t, "X", name, pid, tid);
    put_us(t, "ts", begin);
    put_us(t, "dur", end - begin);
    return open_args(t);
}

struct jsonw *trace_event_counter(struct trace_events *t, const char *name, uint32_t pid,
                                  ns_t at)
{
    open_event(t, "C", name, pid, 0);
    put_us(t, "ts", at);
    return open_args(t);
}

void trace_event_close(struct trace_events *t)
{
    jsonw_end(&t->w);
    jsonw_end(&t->w);
}

void trace_arg_int(struct jsonw *w, const char *key, int64_t v)
{
    jsonw_key(w, key);
    jsonw_int(w, v);
}

void trace_arg_known(struct jsonw *w, const char *key, int64_t v)
{
    if (v >= 0)
        trace_arg_int(w, key, v);
}

void trace_arg_text(struct jsonw *w, const char *key, const char *text)
{
    if (!*text)
        return;
    jsonw_key(w, key);
    jsonw_string(w, text);
}

void trace_event_instant(struct trace_events *t, const char *name, uint32_t pid,
                         uint32_t tid, ns_t at)
{
    open_event(t, "i", name, pid, tid);
    put_us(t, "ts", at);
    put_text(t, "s", "t");
    jsonw_end(&t->w);
}
