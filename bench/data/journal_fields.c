#include "data/journal_fields.h"

#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "data/journal_line.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const char *const end_reason_names[N_END_REASONS] = {
    [END_DONE] = "done",     [END_INTERRUPTED] = "interrupted",
    [END_BUDGET] = "budget", [END_TARGET] = "target",
    [END_DISK] = "disk",     [END_FAILED] = "failed",
};

static void put_text(struct jsonw *w, const char *key, const char *text)
{
    jsonw_key(w, key);
    jsonw_string(w, text);
}

/* The kind of a line: written first, looked at before the rest, skipped with the rest. */
static void skip(struct fields_reader *rd, void *object __attribute__((unused)))
{
    json_skip(&rd->j);
}

/* --- attempt ----------------------------------------------------------------------- */

static void put_attempt(struct jsonw *w, const char *key,
                        const void *object __attribute__((unused)))
{
    put_text(w, key, "attempt");
}

static void put_outcome(struct jsonw *w, const char *key, const void *object)
{
    put_text(w, key, outcomes[((const struct record *)object)->outcome].name);
}

static void get_outcome(struct fields_reader *rd, void *object)
{
    struct str name = { "", 0 };

    json_text(&rd->j, &name);
    rd->bad |= !outcome_find(name, &((struct record *)object)->outcome);
}

static void put_form(struct jsonw *w, const char *key, const void *object)
{
    enum form form = ((const struct record *)object)->form;

    if (form != FORM_NONE)
        put_text(w, key, forms[form].name);
}

static void get_form(struct fields_reader *rd, void *object)
{
    struct str name = { "", 0 };

    json_text(&rd->j, &name);
    rd->bad |= !form_find(name, &((struct record *)object)->form);
}

static void put_gaps(struct jsonw *w, const char *key, const void *object)
{
    const struct record *r = object;

    if (!r->n_gaps)
        return;
    jsonw_key(w, key);
    jsonw_array(w);
    for (size_t i = 0; i < r->n_gaps; i++)
        jsonw_int(w, r->gaps[i]);
    jsonw_end(w);
}

static void get_gaps(struct fields_reader *rd, void *object)
{
    struct record *r = object;
    struct line_reader *lr = rd->ctx;

    if (!lr->gaps)
        lr->gaps = mem_array(RECORD_MAX_GAPS, sizeof(lr->gaps[0]));
    r->gaps = lr->gaps;
    r->n_gaps = 0;
    rd->bad |= !json_open_array(&rd->j);
    while (json_item(&rd->j)) {
        uint32_t gap = (uint32_t)fields_int(rd, UINT32_MAX);

        if (r->n_gaps < RECORD_MAX_GAPS)
            lr->gaps[r->n_gaps++] = gap;
        else
            rd->bad = true;
    }
}

#define TIME(name, moment) FIELD_INT(name, I64, struct record, at[moment], NS_ABSENT)

static const struct field times[N_MOMENTS] = {
    TIME("due", MOMENT_DUE),
    TIME("ready", MOMENT_READY),
    TIME("start", MOMENT_START),
    TIME("connected", MOMENT_CONNECTED),
    TIME("sent", MOMENT_SENT),
    TIME("head", MOMENT_HEAD),
    TIME("role", MOMENT_ROLE),
    TIME("first", MOMENT_FIRST),
    TIME("reasoning", MOMENT_REASONING),
    TIME("answer", MOMENT_ANSWER),
    TIME("called", MOMENT_CALLED),
    TIME("last", MOMENT_LAST),
    TIME("end", MOMENT_END),
};

static const struct field holds[N_HOLDS] = {
    FIELD_INT("cap", I64, struct record, held[HOLD_CAP], 0),
    FIELD_INT("pacing", I64, struct record, held[HOLD_PACING], 0),
    FIELD_INT("retry", I64, struct record, held[HOLD_RETRY], 0),
};

static const struct field tokens[] = {
    FIELD_INT("planned", I64, struct record, tokens.planned, -1),
    FIELD_INT("words", I64, struct record, tokens.words, -1),
    FIELD_INT("prompt", I64, struct record, tokens.prompt, -1),
    FIELD_INT("cached", I64, struct record, tokens.cached, -1),
    FIELD_INT("completion", I64, struct record, tokens.completion, -1),
    FIELD_INT("reasoning", I64, struct record, tokens.reasoning, -1),
    FIELD_INT("total", I64, struct record, tokens.total, -1),
};

static const struct field server[] = {
    FIELD_INT("queue", I64, struct record, server.queue, NS_ABSENT),
    FIELD_INT("prompt", I64, struct record, server.prompt, NS_ABSENT),
    FIELD_INT("completion", I64, struct record, server.completion, NS_ABSENT),
    FIELD_INT("total", I64, struct record, server.total, NS_ABSENT),
};

static const struct field embedding[] = {
    FIELD_INT("vectors", I64, struct embedding, vectors, -1),
    FIELD_INT("dimensions", I64, struct embedding, dimensions, -1),
};

static const struct field compound[] = {
    FIELD_INT("tools", I64, struct compound, tools, -1),
    FIELD_INT("tool_time", I64, struct compound, tool_time, NS_ABSENT),
    FIELD_INT("calls", I64, struct compound, calls, -1),
    FIELD_INT("model_time", I64, struct compound, model_time, NS_ABSENT),
};

static const struct field judgement[] = {
    FIELD_INT("flagged", I64, struct judgement, flagged, -1),
    FIELD_INT("score", I64, struct judgement, score, -1),
};

static const struct field audio[] = {
    FIELD_INT("sent", I64, struct record, audio.sent, NS_ABSENT),
    FIELD_INT("received", I64, struct record, audio.received, NS_ABSENT),
    FIELD_INT("starved", I64, struct record, audio.starved, NS_ABSENT),
};

static const struct field batch_figures[] = {
    FIELD_INT("submit", I64, struct batch_figures, submit, NS_ABSENT),
    FIELD_INT("queue", I64, struct batch_figures, queue, NS_ABSENT),
    FIELD_INT("process", I64, struct batch_figures, process, NS_ABSENT),
    FIELD_INT("retrieve", I64, struct batch_figures, retrieve, NS_ABSENT),
    FIELD_INT("total", I64, struct batch_figures, total, NS_ABSENT),
    FIELD_INT("resolution", I64, struct batch_figures, resolution, NS_ABSENT),
    FIELD_INT("server", I64, struct batch_figures, server, NS_ABSENT),
    FIELD_INT("items", I64, struct batch_figures, items, -1),
};

static const struct field limit[] = {
    FIELD_INT("limit", I64, struct limit, limit, -1),
    FIELD_INT("remaining", I64, struct limit, remaining, -1),
    FIELD_INT("reset", I64, struct limit, reset, NS_ABSENT),
};

static const struct field limits[N_LIMITS] = {
    FIELD_OBJECT("requests", limit, struct record, limits[LIMIT_REQUESTS]),
    FIELD_OBJECT("tokens", limit, struct record, limits[LIMIT_TOKENS]),
    FIELD_OBJECT("audio_seconds", limit, struct record, limits[LIMIT_AUDIO_SECONDS]),
};

static const struct field doubts[] = {
    FIELD_INT("sent", I64, struct doubts, sent, 0),
    FIELD_INT("first", I64, struct doubts, first, 0),
    FIELD_INT("answer", I64, struct doubts, answer, 0),
    FIELD_INT("last", I64, struct doubts, last, 0),
    FIELD_INT("frame", I64, struct doubts, frame, 0),
    FIELD_INT("end", I64, struct doubts, end, NS_ABSENT),
};

static const struct field attempt[] = {
    FIELD_OTHER("t", put_attempt, skip),
    FIELD_INT("req", U64, struct record, req, FIELD_ALWAYS),
    FIELD_INT("try", U32, struct record, try_no, FIELD_ALWAYS),
    FIELD_BOOL("final", struct record, final),
    FIELD_INT("cell", U32, struct record, cell, FIELD_ALWAYS),
    FIELD_INT("trial", U32, struct record, trial, FIELD_ALWAYS),
    FIELD_INT("phase", U32, struct record, phase, FIELD_ALWAYS),
    FIELD_INT("turn", U32, struct record, turn, 0),
    FIELD_INT("session", I64, struct record, session, NS_ABSENT),
    FIELD_OTHER("outcome", put_outcome, get_outcome),
    FIELD_OTHER("form", put_form, get_form),
    FIELD_INT("status", I32, struct record, http_status, 0),
    FIELD_PART("times", times),
    FIELD_PART("held", holds),
    FIELD_INT("dns", I64, struct record, dns, NS_ABSENT),
    FIELD_INT("tcp", I64, struct record, tcp, NS_ABSENT),
    FIELD_INT("tls", I64, struct record, tls, NS_ABSENT),
    FIELD_BOOL("reused", struct record, reused),
    FIELD_INT("http", I32, struct record, http_version, 0),
    FIELD_PART("tokens", tokens),
    FIELD_PART("server", server),
    FIELD_OBJECT("embedding", embedding, struct record, embedding),
    FIELD_OBJECT("compound", compound, struct record, compound),
    FIELD_OBJECT("judgement", judgement, struct record, judgement),
    FIELD_PART("audio", audio),
    FIELD_INT("characters", I64, struct record, characters, -1),
    FIELD_OBJECT("batch", batch_figures, struct record, batch),
    FIELD_TEXT("batch_id", struct record, batch_id),
    FIELD_PART("limits", limits),
    FIELD_INT("limit_size", I64, struct record, limit_size, -1),
    FIELD_INT("retry_after", I64, struct record, retry_after, NS_ABSENT),
    FIELD_INT("cost", I64, struct record, cost_nusd, -1),
    FIELD_INT("calls", I64, struct record, calls, -1),
    FIELD_INT("images", I64, struct record, images, -1),
    FIELD_INT("bytes_up", U64, struct record, bytes_up, 0),
    FIELD_INT("bytes_down", U64, struct record, bytes_down, 0),
    FIELD_INT("frames", U64, struct record, frames, 0),
    FIELD_INT("shared", U64, struct record, shared, 0),
    FIELD_OTHER("gaps", put_gaps, get_gaps),
    FIELD_INT("gaps_lost", U64, struct record, gaps_lost, 0),
    FIELD_INT("stall", I64, struct record, stall, -1),
    FIELD_OBJECT("doubt", doubts, struct record, doubts),
    FIELD_TEXT("request_id", struct record, request_id),
    FIELD_TEXT("region", struct record, region),
    FIELD_TEXT("edge", struct record, edge),
    FIELD_TEXT("tier", struct record, tier),
    FIELD_TEXT("finish", struct record, finish),
    FIELD_TEXT("error_code", struct record, error_code),
    FIELD_TEXT("limit_kind", struct record, limit_kind),
    FIELD_TEXT("error", struct record, error),
};

/* --- batch ------------------------------------------------------------------------- */

static void put_batch(struct jsonw *w, const char *key,
                      const void *object __attribute__((unused)))
{
    put_text(w, key, "batch");
}

static void put_step(struct jsonw *w, const char *key, const void *object)
{
    put_text(w, key, batch_step_names[((const struct batch_event *)object)->step]);
}

static void get_step(struct fields_reader *rd, void *object)
{
    struct str name = { "", 0 };

    json_text(&rd->j, &name);
    for (int i = 0; i < N_BATCH_STEPS; i++)
        if (str_is(name, batch_step_names[i])) {
            ((struct batch_event *)object)->step = (enum batch_step)i;
            return;
        }
    rd->bad = true;
}

static void put_batch_outcome(struct jsonw *w, const char *key, const void *object)
{
    put_text(w, key, outcomes[((const struct batch_event *)object)->outcome].name);
}

static void get_batch_outcome(struct fields_reader *rd, void *object)
{
    struct str name = { "", 0 };

    json_text(&rd->j, &name);
    rd->bad |= !outcome_find(name, &((struct batch_event *)object)->outcome);
}

static void put_state(struct jsonw *w, const char *key, const void *object)
{
    enum batch_state state = ((const struct batch_event *)object)->state;

    if (state != BATCH_NONE)
        put_text(w, key, batch_states[state].name);
}

static void get_state(struct fields_reader *rd, void *object)
{
    struct str name = { "", 0 };

    json_text(&rd->j, &name);
    ((struct batch_event *)object)->state = batch_state_find(name);
}

static const struct field batch[] = {
    FIELD_OTHER("t", put_batch, skip),
    FIELD_OTHER("step", put_step, get_step),
    FIELD_INT("cell", U32, struct batch_event, cell, FIELD_ALWAYS),
    FIELD_INT("trial", U32, struct batch_event, trial, FIELD_ALWAYS),
    FIELD_INT("phase", U32, struct batch_event, phase, FIELD_ALWAYS),
    FIELD_INT("batch", U64, struct batch_event, batch, FIELD_ALWAYS),
    FIELD_INT("call", U64, struct batch_event, call, 0),
    FIELD_INT("try", U32, struct batch_event, try_no, 0),
    FIELD_OTHER("outcome", put_batch_outcome, get_batch_outcome),
    FIELD_INT("status", I32, struct batch_event, http_status, 0),
    FIELD_INT("start", I64, struct batch_event, start, NS_ABSENT),
    FIELD_INT("sent", I64, struct batch_event, sent, NS_ABSENT),
    FIELD_INT("end", I64, struct batch_event, end, NS_ABSENT),
    FIELD_INT("bytes_up", U64, struct batch_event, bytes_up, 0),
    FIELD_INT("bytes_down", U64, struct batch_event, bytes_down, 0),
    FIELD_OTHER("state", put_state, get_state),
    FIELD_TEXT("id", struct batch_event, id),
    FIELD_TEXT("request_id", struct batch_event, request_id),
    FIELD_TEXT("error_code", struct batch_event, error_code),
    FIELD_TEXT("error", struct batch_event, error),
    FIELD_BOOL("left", struct batch_event, left),
    FIELD_INT("items", U64, struct batch_event, items, 0),
    FIELD_INT("answered", U64, struct batch_event, answered, 0),
    FIELD_INT("missing", U64, struct batch_event, missing, 0),
    FIELD_INT("repeated", U64, struct batch_event, repeated, 0),
    FIELD_INT("strangers", U64, struct batch_event, strangers, 0),
    FIELD_INT("damaged", U64, struct batch_event, damaged, 0),
    FIELD_INT("backwards", U64, struct batch_event, backwards, 0),
    FIELD_INT("polls", U64, struct batch_event, polls, 0),
};

/* --- phase ------------------------------------------------------------------------- */

static void put_phase(struct jsonw *w, const char *key,
                      const void *object __attribute__((unused)))
{
    put_text(w, key, "phase");
}

static void put_event(struct jsonw *w, const char *key, const void *object)
{
    put_text(w, key, ((const struct phase_event *)object)->begin ? "begin" : "end");
}

static void get_event(struct fields_reader *rd, void *object)
{
    struct str event = { "", 0 };

    json_text(&rd->j, &event);
    ((struct phase_event *)object)->begin = str_is(event, "begin");
    rd->bad |= !str_is(event, "begin") && !str_is(event, "end");
}

static void put_words(struct jsonw *w, const char *key, const void *object)
{
    double words = ((const struct phase_event *)object)->words_per_token;

    if (words > 0) {
        jsonw_key(w, key);
        jsonw_int(w, llround(words * 1e6));
    }
}

static void get_words(struct fields_reader *rd, void *object)
{
    ((struct phase_event *)object)->words_per_token =
        (double)fields_int(rd, FIELDS_MAX) / 1e6;
}

static const struct field phase[] = {
    FIELD_OTHER("t", put_phase, skip),
    FIELD_INT("at", I64, struct phase_event, at, FIELD_ALWAYS),
    FIELD_INT("trial", U32, struct phase_event, trial, FIELD_ALWAYS),
    FIELD_INT("phase", U32, struct phase_event, phase, FIELD_ALWAYS),
    FIELD_OTHER("event", put_event, get_event),
    FIELD_INT("planned", U64, struct phase_event, planned, 0),
    FIELD_INT("issued", U64, struct phase_event, issued, 0),
    FIELD_OTHER("words_per_token_ppm", put_words, get_words),
    FIELD_INT("rate_millionths", I64, struct phase_event, rate, 0),
    FIELD_INT("duration", I64, struct phase_event, duration, 0),
};

/* --- health ------------------------------------------------------------------------ */

static void put_health(struct jsonw *w, const char *key,
                       const void *object __attribute__((unused)))
{
    put_text(w, key, "health");
}

static void put_hist(struct jsonw *w, const char *key, const struct hist *h)
{
    struct buf text;

    if (!h || !h->total)
        return;
    buf_init(&text, 0);
    hist_encode_base64(h, &text);
    put_text(w, key, text.p);
    buf_free(&text);
}

static void put_send_lag(struct jsonw *w, const char *key, const void *object)
{
    put_hist(w, key, ((const struct health_sample *)object)->send_lag);
}

static void put_read_lag(struct jsonw *w, const char *key, const void *object)
{
    put_hist(w, key, ((const struct health_sample *)object)->read_lag);
}

static void put_stamp_error(struct jsonw *w, const char *key, const void *object)
{
    put_hist(w, key, ((const struct health_sample *)object)->stamp_error);
}

static void put_turn(struct jsonw *w, const char *key, const void *object)
{
    put_hist(w, key, ((const struct health_sample *)object)->turn);
}

/* Counts of the standard range: what a line may ask to make room for. */
enum { MAX_COUNTS = 40000 };

static void get_hist(struct fields_reader *rd, struct hist **to)
{
    struct str text = { "", 0 };
    struct hist *h;
    struct err err;

    if (*to || !json_text(&rd->j, &text)) {
        rd->bad = true;
        return;
    }
    h = mem_alloc(sizeof(*h));
    if (hist_decode_base64(h, text.p, text.n, MAX_COUNTS, &err)) {
        rd->bad = true;
        free(h);
        return;
    }
    *to = h;
}

static void get_send_lag(struct fields_reader *rd, void *object)
{
    get_hist(rd, &((struct health_sample *)object)->send_lag);
}

static void get_read_lag(struct fields_reader *rd, void *object)
{
    get_hist(rd, &((struct health_sample *)object)->read_lag);
}

static void get_stamp_error(struct fields_reader *rd, void *object)
{
    get_hist(rd, &((struct health_sample *)object)->stamp_error);
}

static void get_turn(struct fields_reader *rd, void *object)
{
    get_hist(rd, &((struct health_sample *)object)->turn);
}

#define COUNTER(id, name)                                                                  \
    FIELD_INT(name, U64, struct health_sample, counters[HEALTH_##id], 0),

static const struct field counters[N_HEALTH_COUNTERS] = { HEALTH_COUNTERS(COUNTER) };

static const struct field freeze[] = {
    FIELD_INT("at", I64, struct freeze, at, 0),
    FIELD_INT("length", I64, struct freeze, length, 0),
};

static const struct field health[] = {
    FIELD_OTHER("t", put_health, skip),
    FIELD_INT("at", I64, struct health_sample, at, FIELD_ALWAYS),
    FIELD_INT("worker", U32, struct health_sample, worker, HEALTH_MACHINE),
    FIELD_INT("trial", U32, struct health_sample, trial, FIELD_ALWAYS),
    FIELD_INT("in_flight", U32, struct health_sample, in_flight, FIELD_ALWAYS),
    FIELD_OBJECT("freeze", freeze, struct health_sample, freeze),
    FIELD_PART("counters", counters),
    FIELD_OTHER("send_lag", put_send_lag, get_send_lag),
    FIELD_OTHER("read_lag", put_read_lag, get_read_lag),
    FIELD_OTHER("stamp_error", put_stamp_error, get_stamp_error),
    FIELD_OTHER("turn", put_turn, get_turn),
};

/* --- end --------------------------------------------------------------------------- */

static void put_end(struct jsonw *w, const char *key,
                    const void *object __attribute__((unused)))
{
    put_text(w, key, "end");
}

static void put_reason(struct jsonw *w, const char *key, const void *object)
{
    put_text(w, key, end_reason_names[((const struct run_end *)object)->reason]);
}

static void get_reason(struct fields_reader *rd, void *object)
{
    struct str name = { "", 0 };

    json_text(&rd->j, &name);
    for (int i = 0; i < N_END_REASONS; i++)
        if (str_is(name, end_reason_names[i])) {
            ((struct run_end *)object)->reason = (enum end_reason)i;
            return;
        }
    rd->bad = true;
}

static const struct field end[] = {
    FIELD_OTHER("t", put_end, skip),
    FIELD_INT("at", I64, struct run_end, at, FIELD_ALWAYS),
    FIELD_OTHER("reason", put_reason, get_reason),
    FIELD_TEXT("detail", struct run_end, detail),
    FIELD_INT("dropped", U64, struct run_end, dropped, 0),
    FIELD_INT("cpu", I64, struct run_end, cpu, NS_ABSENT),
    FIELD_INT("sim_late_p99", I64, struct run_end, sim_late_p99, NS_ABSENT),
    FIELD_INT("sim_cpu", I64, struct run_end, sim_cpu, NS_ABSENT),
};

#define KIND(name)                                                                         \
    {                                                                                      \
        name, COUNT(name)                                                                  \
    }

const struct line_fields line_attempt = KIND(attempt);
const struct line_fields line_batch = KIND(batch);
const struct line_fields line_phase = KIND(phase);
const struct line_fields line_health = KIND(health);
const struct line_fields line_end = KIND(end);
