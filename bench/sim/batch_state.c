#include <string.h>

#include "sim/batch_parts.h"
#include "sim/gotext.h"
#include "sim/world.h"

/* What a batch is at a moment, how that is told, and the truth about it. */

enum state {
    VALIDATING,
    FAILED,
    IN_PROGRESS,
    FINALIZING,
    COMPLETED,
    EXPIRED,
    CANCELLING,
    CANCELLED
};

static const char *const names[] = {
    [VALIDATING] = "validating", [FAILED] = "failed",       [IN_PROGRESS] = "in_progress",
    [FINALIZING] = "finalizing", [COMPLETED] = "completed", [EXPIRED] = "expired",
    [CANCELLING] = "cancelling", [CANCELLED] = "cancelled",
};

static bool has(const struct world *w, uint32_t odd)
{
    return w->set->batch_odd & odd;
}

static bool is_bad(const struct world *w, const struct job *j)
{
    return j->complaints.len || has(w, BATCH_ODD_FAIL);
}

static ns_t worked(const struct job *j)
{
    return j->validated + (ns_t)j->n * j->each;
}

static ns_t cancelled_by(const struct world *w, const struct job *j)
{
    return j->cancelled + (ns_t)(w->set->batch_cancel / w->set->speed * NS_PER_S);
}

static enum state state_of(const struct world *w, const struct job *j, ns_t now)
{
    ns_t ends = worked(j) + j->finalizes;

    if (now < j->validated && j->cancelled == NS_ABSENT)
        return VALIDATING;
    if (is_bad(w, j))
        return FAILED;
    if (j->cancelled != NS_ABSENT)
        return now < cancelled_by(w, j) ? CANCELLING : CANCELLED;
    if (now >= j->expires && (ends > j->expires || has(w, BATCH_ODD_STUCK)))
        return EXPIRED;
    if (now < worked(j) || has(w, BATCH_ODD_STUCK))
        return IN_PROGRESS;
    return now < ends ? FINALIZING : COMPLETED;
}

bool job_is_over(const struct world *w, const struct job *j, ns_t now)
{
    enum state s = state_of(w, j, now);

    return s == FAILED || s == COMPLETED || s == EXPIRED || s == CANCELLED;
}

size_t job_due(const struct world *w, const struct job *j, ns_t now)
{
    ns_t until = now < j->expires ? now : j->expires;
    size_t most = has(w, BATCH_ODD_STUCK) ? j->n / 2 : j->n;
    ns_t n;

    if (j->cancelled != NS_ABSENT && j->cancelled < until)
        until = j->cancelled;
    if (is_bad(w, j) || until < j->validated)
        return 0;
    n = j->each > 0 ? (until - j->validated) / j->each : (ns_t)most;
    return (size_t)n < most ? (size_t)n : most;
}

void job_cancel(struct world *w, struct job *j, ns_t now)
{
    enum state s = state_of(w, j, now);

    if (s == VALIDATING || s == IN_PROGRESS)
        j->cancelled = now;
}

/* --- the object ---------------------------------------------------------------------- */

static void put_stamp(struct buf *out, const struct world *w, const char *name, ns_t at,
                      bool happened)
{
    if (happened)
        buf_printf(out, ",\"%s\":%lld", name,
                   (long long)((at + w->script.real_minus_mono) / NS_PER_S));
    else
        buf_printf(out, ",\"%s\":null", name);
}

static void put_stamps(struct buf *out, const struct world *w, const struct job *j,
                       ns_t now, enum state s)
{
    bool began = !is_bad(w, j) && now >= j->validated &&
                 (j->cancelled == NS_ABSENT || j->cancelled >= j->validated);

    put_stamp(out, w, "created_at", j->created, true);
    put_stamp(out, w, "expires_at", j->expires, true);
    put_stamp(out, w, "in_progress_at", j->validated, began);
    put_stamp(out, w, "finalizing_at", worked(j), s == FINALIZING || s == COMPLETED);
    put_stamp(out, w, "completed_at", worked(j) + j->finalizes, s == COMPLETED);
    put_stamp(out, w, "failed_at", j->validated, s == FAILED);
    put_stamp(out, w, "expired_at", j->expires, s == EXPIRED);
    put_stamp(out, w, "cancelling_at", j->cancelled, j->cancelled != NS_ABSENT);
    put_stamp(out, w, "cancelled_at", j->cancelled == NS_ABSENT ? 0 : cancelled_by(w, j),
              s == CANCELLED);
}

static void put_file(struct buf *out, const char *name, const struct shelf_file *f,
                     const char *instead)
{
    if (instead && f)
        buf_printf(out, ",\"%s\":\"%s\"", name, instead);
    else if (f)
        buf_printf(out, ",\"%s\":\"%s\"", name, f->id);
    else
        buf_printf(out, ",\"%s\":null", name);
}

static void put_errors(struct buf *out, const struct world *w, const struct job *j,
                       enum state s)
{
    buf_str(out, ",\"errors\":");
    if (s != FAILED)
        buf_str(out, "null");
    else if (j->complaints.len)
        buf_printf(out, "[%s]", j->complaints.p);
    else if (has(w, BATCH_ODD_FAIL))
        buf_str(out,
                "{\"object\":\"list\",\"data\":[{\"code\":\"invalid_file\",\"message\":"
                "\"The input file cannot be used.\",\"param\":null,\"line\":null}]}");
}

void job_put(struct buf *out, const struct world *w, const struct job *j, ns_t now)
{
    enum state s = state_of(w, j, now);
    bool over = job_is_over(w, j, now);
    bool back = has(w, BATCH_ODD_BACKWARDS) && j->asked % 3 == 2 && !over;
    size_t done = job_due(w, j, now);

    if (has(w, BATCH_ODD_OTHER_ID) && j->asked)
        buf_str(out, "{\"id\":\"batch_of_somebody_else\"");
    else
        buf_printf(out, "{\"id\":\"%s\"", j->id);
    buf_printf(out, ",\"object\":\"batch\",\"endpoint\":\"%s\"", j->endpoint);
    put_errors(out, w, j, s);
    buf_printf(out,
               ",\"input_file_id\":\"%s\",\"completion_window\":\"%s\",\"status\":\"%s\"",
               j->input->id, j->window, names[back ? VALIDATING : s]);
    put_file(out, "output_file_id", over ? j->output : NULL,
             has(w, BATCH_ODD_BAD_ID) ? "../../batches?x=%2e" : NULL);
    put_file(out, "error_file_id", over ? j->errors : NULL, NULL);
    put_stamps(out, w, j, now, s);
    buf_printf(out, ",\"request_counts\":{\"total\":%zu,\"completed\":%zu,\"failed\":%zu}",
               is_bad(w, j) ? 0 : j->n, j->good < done ? j->good : done, j->done - j->good);
    buf_str(out, ",\"metadata\":null}");
}

void job_note(struct world *w, struct job *j, ns_t now)
{
    enum state s = state_of(w, j, now);
    struct buf *out = &w->shop.notes;

    j->told = true;
    buf_printf(out,
               "{\"t\":\"batch\",\"id\":\"%s\",\"state\":\"%s\",\"created\":%lld,"
               "\"in_progress\":%lld,\"finalizing\":%lld,\"completed\":%lld,",
               j->id, names[s], (long long)j->created, (long long)j->validated,
               (long long)worked(j), (long long)(worked(j) + j->finalizes));
    buf_printf(out,
               "\"expires\":%lld,\"items\":%zu,\"done\":%zu,\"good\":%zu,\"polls\":%llu",
               (long long)j->expires, j->n, j->done, j->good, (unsigned long long)j->asked);
    if (j->cancelled != NS_ABSENT)
        buf_printf(out, ",\"cancelled\":%lld", (long long)j->cancelled);
    buf_str(out, "}\n");
}
