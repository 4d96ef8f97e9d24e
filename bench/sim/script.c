#include "sim/script.h"

#include <string.h>

#include "sim/toolrun.h"

/* Frames of output before what happens in the middle. */
enum { MIDDLE = 3 };

const struct fault *script_fault_of(const struct script *s)
{
    return s->x->fault.fault;
}

bool script_has(const struct script *s, uint32_t odd)
{
    return script_fault_of(s)->odd & odd;
}

bool script_is_stream(const struct script *s)
{
    return exchange_streams(s->x) && !script_has(s, ODD_JSON);
}

/* Its frames are pieces of sound, and there is nothing around them. */
static bool is_sound(const struct script *s)
{
    return s->x->answer == ANSWER_SPEECH;
}

/* Tokens that take their time but are not shown: hidden thoughts, a tool call. */
static bool is_silent(const struct script *s, enum channel c)
{
    const struct draft *d = &s->x->draft;

    return c == CHANNEL_REASONING ? d->thoughts == THOUGHTS_HIDDEN : draft_is_tool(d);
}

/* The next volley of output; false where there is no more. */
static bool next_volley(struct script *s)
{
    const struct fault *f = script_fault_of(s);

    for (; s->channel < N_CHANNELS; s->channel++) {
        uint32_t left = s->x->draft.tokens[s->channel] - s->said[s->channel];

        if (left && is_silent(s, s->channel)) {
            s->said[s->channel] += left;
            s->cadence.done += left;
            left = 0;
        }
        if (left && f->group)
            cadence_group(&s->cadence, left, (uint32_t)s->x->fault.arg, &s->volley);
        else if (left)
            cadence_next(&s->cadence, left, &s->volley);
        if (left)
            return true;
    }
    return false;
}

size_t script_call_piece(const struct script *s)
{
    enum { FRAGMENT = 5 };
    size_t left = strlen(s->x->draft.calls[s->call].arguments) - s->call_at;

    if (!script_fault_of(s)->fragments)
        return left;
    return !s->call_begun ? 0 : left < FRAGMENT ? left : FRAGMENT;
}

bool script_call_goes_on(struct script *s, size_t n)
{
    s->call_begun = true;
    s->call_at += n;
    if (s->x->draft.calls[s->call].arguments[s->call_at])
        return true;
    s->call++;
    s->call_at = 0;
    s->call_begun = false;
    return false;
}

/* When the next piece of a tool call has been generated, as a share of the decoding. */
static double call_share(const struct script *s)
{
    const struct draft *d = &s->x->draft;
    size_t bytes = 0, all = 0;

    for (size_t i = 0; i < d->n_calls; i++) {
        all += draft_call_bytes(d, i);
        bytes += i < s->call ? draft_call_bytes(d, i) : 0;
    }
    bytes += strlen(d->calls[s->call].tool) + s->call_at + script_call_piece(s);
    return (d->tokens[CHANNEL_REASONING] +
            d->tokens[CHANNEL_CONTENT] * (double)bytes / (double)all) /
           draft_total(d);
}

/* When the stage's write is due, without stalls; -1: with the one before. */
static ns_t moment_of(const struct script *s)
{
    const struct exchange *x = s->x;
    ns_t from = x->received + x->delay + x->fetch;
    ns_t prefilled = from + x->timing.queue + x->timing.prefill;
    ns_t answering = prefilled + toolrun_time(x);

    if (s->setting->flood)
        return x->received;
    switch (s->stage) {
    case STAGE_HEAD:
        if (exchange_generates(x) || x->answer == ANSWER_TRANSCRIPT ||
            x->answer == ANSWER_SPEECH)
            return script_is_stream(s) ? from + x->timing.queue
                                       : answering + x->timing.decode;
        if (x->answer == ANSWER_MADE)
            return prefilled + x->timing.decode;
        return from + x->refused_after;
    case STAGE_ROLE:
        return prefilled;
    case STAGE_SERVER_TOOLS:
        return prefilled + toolrun_at(x, s->tool_events);
    case STAGE_OUTPUT:
        return answering + s->volley.at;
    case STAGE_TOOL:
        return answering + (ns_t)((double)x->timing.decode * call_share(s));
    case STAGE_FINISH:
        return answering + x->timing.decode;
    case STAGE_USAGE:
    case STAGE_DONE:
    case STAGE_OVER:
        break;
    }
    return -1;
}

bool script_incident_is_here(const struct script *s)
{
    const struct fault_choice *c = &s->x->fault;
    uint64_t after = c->fault->takes == ARG_FRAMES ? (uint64_t)c->arg : MIDDLE;

    if (c->fault->incident == INCIDENT_NONE || s->incident_over)
        return false;
    if (c->fault->incident == INCIDENT_STALL && !script_is_stream(s))
        return true;
    switch (c->fault->place) {
    case PLACE_HEAD:
    case PLACE_HEADERS:
        return s->stage == STAGE_HEAD;
    case PLACE_ROLE:
        return s->stage == STAGE_ROLE ||
               (is_sound(s) && s->stage == STAGE_OUTPUT && !s->outputs);
    case PLACE_FIRST:
        return s->stage == STAGE_SERVER_TOOLS || s->stage == STAGE_OUTPUT ||
               s->stage == STAGE_TOOL;
    case PLACE_MIDDLE:
        return s->stage > STAGE_OUTPUT || (s->stage == STAGE_OUTPUT && s->outputs >= after);
    case PLACE_FINISHED:
        return s->stage > STAGE_FINISH;
    }
    return false;
}

/* Which stages this answer has none of. */
static bool skips(struct script *s)
{
    if (is_sound(s) && s->stage != STAGE_OUTPUT)
        return s->stage > STAGE_HEAD && s->stage < STAGE_DONE;
    switch (s->stage) {
    case STAGE_SERVER_TOOLS:
        return s->tool_events == toolrun_events(s->x);
    case STAGE_OUTPUT:
        return !next_volley(s);
    case STAGE_TOOL:
        return s->call >= s->x->draft.n_calls;
    case STAGE_FINISH:
        return script_has(s, ODD_NO_FINISH);
    case STAGE_USAGE: /* a response has it in its last event */
        if (s->x->answer == ANSWER_RESPONSE)
            return true;
        return script_fault_of(s)->usage == USAGE_FULL
                   ? !s->x->include_usage
                   : script_fault_of(s)->usage != USAGE_EXTRA;
    case STAGE_HEAD:
    case STAGE_ROLE:
    case STAGE_DONE:
    case STAGE_OVER:
        return false;
    }
    return false;
}

void script_plan(struct script *s)
{
    ns_t at;

    while (skips(s))
        s->stage++;
    if (script_incident_is_here(s) && script_fault_of(s)->incident == INCIDENT_STALL) {
        s->incident_over = true;
        if (!s->x->fault.arg) {
            s->due = SCRIPT_NEVER;
            return;
        }
        s->shift += s->x->fault.arg * NS_PER_MS;
    }
    at = moment_of(s) + s->shift;
    s->due = at > s->due ? at : s->due;
}

void script_init(struct script *s, const struct exchange *x,
                 const struct script_setting *setting, struct script_scratch *scratch)
{
    *s = (struct script){ .x = x, .setting = setting, .scratch = scratch, .prefix_s = -1 };
    s->cadence = cadence_init(&x->timing, &setting->timing, setting->seed, x->key);
    script_plan(s);
}

void script_free(struct script *s)
{
    buf_free(&s->prefix);
    buf_free(&s->held);
}

void script_scratch_free(struct script_scratch *scratch)
{
    buf_free(&scratch->text);
    buf_free(&scratch->json);
    buf_free(&scratch->body);
}

size_t script_piece(const struct script *s)
{
    return script_fault_of(s)->split && s->x->fault.arg > 0 ? (size_t)s->x->fault.arg : 0;
}
