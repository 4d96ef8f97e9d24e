#include "exporters/timeline_attempt.h"

#include <inttypes.h>
#include <stdio.h>

/* Where an attempt is drawn. */
struct drawing {
    struct trace_events *t;
    uint32_t pid;
    uint32_t tid;
    uint64_t frames; /* at most */
};

/* The part of an attempt that lasts from one moment to another, cut to the attempt. */
struct part {
    const char *name;
    enum moment from;
    enum moment to;
};

/* A part stands behind the one that it is inside of. */
static const struct part streamed[] = {
    { "connect", MOMENT_START, MOMENT_CONNECTED },
    { "send", MOMENT_CONNECTED, MOMENT_SENT },
    { "prefill", MOMENT_SENT, MOMENT_FIRST },
    { "wait", MOMENT_SENT, MOMENT_HEAD },
    { "generation", MOMENT_FIRST, MOMENT_LAST },
};

static const struct part whole[] = {
    { "connect", MOMENT_START, MOMENT_CONNECTED },
    { "send", MOMENT_CONNECTED, MOMENT_SENT },
    { "wait", MOMENT_SENT, MOMENT_HEAD },
    { "receive", MOMENT_HEAD, MOMENT_END },
};

/*
 * Kernel stamps may be a little older than our own clock's moments, so each part begins
 * where the one beside it ended, at the earliest, and lies within what it is inside of.
 */
static void put_parts(struct drawing *d, const struct record *r, const struct part *parts,
                      size_t n)
{
    ns_t from[2] = { r->at[MOMENT_START], 0 }, inside_of[2] = { r->at[MOMENT_END], 0 };

    for (size_t i = 0; i < n; i++) {
        bool inner = i && parts[i].from == parts[i - 1].from;
        ns_t begin = r->at[parts[i].from], end = r->at[parts[i].to];

        if (begin == NS_ABSENT || end == NS_ABSENT)
            continue;
        begin = begin > from[inner] ? begin : from[inner];
        end = end < inside_of[inner] ? end : inside_of[inner];
        if (end <= begin)
            continue;
        trace_event_slice(d->t, parts[i].name, d->pid, d->tid, begin, end);
        trace_event_close(d->t);
        if (inner)
            continue;
        from[0] = end;
        from[1] = begin;
        inside_of[1] = end;
    }
}

/* Each frame to 1 us, as the journal has it; returns how many were left out. */
static uint64_t put_frames(struct drawing *d, const struct record *r)
{
    ns_t first = r->at[MOMENT_FIRST], at = first - first % NS_PER_US;
    uint64_t drawn = 0;

    if (first == NS_ABSENT)
        return 0;
    for (size_t i = 0; i <= r->n_gaps && drawn < d->frames && drawn < r->frames; i++) {
        ns_t shown = at > first ? at : first;

        if (shown <= r->at[MOMENT_END]) {
            trace_event_instant(d->t, "frame", d->pid, d->tid, shown);
            drawn++;
        }
        if (i < r->n_gaps)
            at += (ns_t)r->gaps[i] * NS_PER_US;
    }
    return r->frames > drawn ? r->frames - drawn : 0;
}

static void put_moment(struct drawing *d, const struct record *r, const char *name,
                       enum moment m)
{
    if (r->at[m] != NS_ABSENT && r->at[m] <= r->at[MOMENT_END])
        trace_event_instant(d->t, name, d->pid, d->tid, r->at[m]);
}

static void name_attempt(const struct record *r, char name[96])
{
    const char *outcome = r->outcome == OUTCOME_OK ? "" : outcomes[r->outcome].name;
    char try_no[24] = "";

    if (r->try_no > 1)
        snprintf(try_no, sizeof(try_no), " (try %" PRIu32 ")", r->try_no);
    snprintf(name, 96, "request%s%s%s", try_no, *outcome ? ": " : "", outcome);
}

static void put_args(struct jsonw *w, const struct record *r, const char *phase,
                     uint64_t frames_left)
{
    trace_arg_int(w, "request", (int64_t)r->req);
    trace_arg_int(w, "try", r->try_no);
    trace_arg_text(w, "outcome", outcomes[r->outcome].name);
    trace_arg_text(w, "phase", phase);
    if (r->http_status)
        trace_arg_int(w, "status", r->http_status);
    trace_arg_known(w, "prompt_tokens", r->tokens.prompt);
    trace_arg_known(w, "cached_tokens", r->tokens.cached);
    trace_arg_known(w, "completion_tokens", r->tokens.completion);
    trace_arg_known(w, "server_queue_ns", r->server.queue);
    trace_arg_known(w, "server_prompt_ns", r->server.prompt);
    trace_arg_known(w, "longest_gap_ns", r->stall);
    if (r->doubts.end != NS_ABSENT && r->at[MOMENT_FIRST] != NS_ABSENT)
        trace_arg_int(w, "first_output_late_by_at_most_ns", r->doubts.first);
    trace_arg_known(w, "end_late_by_at_most_ns", r->doubts.end);
    trace_arg_int(w, "frames", (int64_t)r->frames);
    if (frames_left)
        trace_arg_int(w, "frames_not_drawn", (int64_t)frames_left);
    jsonw_key(w, "reused_connection");
    jsonw_bool(w, r->reused);
    trace_arg_text(w, "region", r->region);
    trace_arg_text(w, "finish", r->finish);
    trace_arg_text(w, "request_id", r->request_id);
    trace_arg_text(w, "error", r->error);
}

void timeline_attempt(struct trace_events *t, const struct record *r, const char *phase,
                      uint32_t pid, uint32_t tid, uint64_t frames)
{
    struct drawing d = { t, pid, tid, frames };
    uint64_t left = put_frames(&d, r);
    struct jsonw *w;
    char name[96];

    name_attempt(r, name);
    w = trace_event_slice(t, name, pid, tid, r->at[MOMENT_START], r->at[MOMENT_END]);
    put_args(w, r, phase, left);
    trace_event_close(t);
    if (r->at[MOMENT_FIRST] != NS_ABSENT)
        put_parts(&d, r, streamed, sizeof(streamed) / sizeof(streamed[0]));
    else
        put_parts(&d, r, whole, sizeof(whole) / sizeof(whole[0]));
    put_moment(&d, r, "first frame", MOMENT_ROLE);
    put_moment(&d, r, "first output", MOMENT_FIRST);
    put_moment(&d, r, "first reasoning", MOMENT_REASONING);
    put_moment(&d, r, "first answer", MOMENT_ANSWER);
}
