#include "sim/truth.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/version.h"
#include "sim/gotext.h"
#include "sim/world.h"

/* A slice is some 5 us; what waits takes 24 MiB and no more. */
enum { BATCH = 64 * 1024, SLICE = 32, WAITING_MAX = 1024 * 1024 };

int truth_open(struct truth *t, const char *path, bool frames, uint64_t seed,
               struct err *err)
{
    *t = (struct truth){ .fd = -1, .frames = frames };
    t->last = &t->first;
    if (path) {
        t->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (t->fd < 0)
            return err_set(err, ERR_IO, "cannot write %s: %s", path, strerror(errno));
    }
    buf_init(&t->out, 0);
    hist_init_standard(&t->late);
    buf_printf(&t->out, "{\"t\":\"sim\",\"seed\":%llu,\"version\":\"%s\"}\n",
               (unsigned long long)seed, TOKDYNO_VERSION);
    return 0;
}

void truth_frame(struct truth *t, struct exchange *x, ns_t planned, ns_t sent,
                 enum frame_kind kind, bool paced)
{
    t->n_frames++;
    if (paced)
        hist_record(&t->late, sent > planned ? sent - planned : 0, 1);
    else
        t->held++;
    if (t->fd < 0 || !t->frames)
        return;
    x->frames = mem_grow(x->frames, x->n_frames, &x->cap_frames, sizeof(*x->frames));
    x->frames[x->n_frames++] = (struct frame){ planned, sent, kind };
}

static void put_key(struct buf *out, const char *key)
{
    buf_str(out, ",\"");
    buf_str(out, key);
    buf_str(out, "\":");
}

static void put_text(struct buf *out, const char *key, const char *text)
{
    put_key(out, key);
    gotext_string(out, text, strlen(text));
}

/* Absent (below 0) is left out. */
static void put_int(struct buf *out, const char *key, int64_t v)
{
    if (v < 0)
        return;
    put_key(out, key);
    buf_int(out, v);
}

static void put_triple(struct buf *out, const char *name, int64_t limit, int64_t remaining,
                       ns_t reset)
{
    if (!limit)
        return;
    if (out->p[out->len - 1] != '{')
        buf_char(out, ',');
    buf_printf(out, "\"%s\":{\"limit\":%lld,\"remaining\":%lld,\"reset\":%lld}", name,
               (long long)limit, (long long)remaining, (long long)reset);
}

static void put_limits(struct buf *out, const struct exchange *x)
{
    const struct quota_shown *s = &x->limits;

    buf_str(out, ",\"limits\":{");
    if (x->shows_limits) {
        put_triple(out, "requests", s->requests.limit, s->requests.remaining,
                   s->requests.reset);
        put_triple(out, "tokens", s->tokens.limit, s->tokens.remaining, s->tokens.reset);
        put_triple(out, "audio_seconds", s->audio.limit, s->audio.remaining,
                   s->audio.reset);
    }
    buf_char(out, '}');
    if (x->retry_after_s >= 0)
        put_int(out, "retry_after", x->retry_after_s * NS_PER_S);
}

static void put_model(struct buf *out, const struct exchange *x)
{
    if (x->prompt_tokens < 0)
        return;
    put_int(out, "queue", x->timing.queue);
    put_int(out, "prefill", x->timing.prefill);
    put_int(out, "decode", x->timing.decode);
    put_int(out, "audio", x->audio);
    put_int(out, "characters", x->characters);
    if (x->tokenless)
        return;
    put_int(out, "prompt_tokens", x->prompt_tokens);
    put_int(out, "cached_tokens", x->cached_tokens);
    put_int(out, "completion_tokens", draft_total(&x->draft));
    put_int(out, "reasoning_tokens", x->draft.tokens[CHANNEL_REASONING]);
}

/* Some of the frames; false: that was the last of them. */
static bool put_frames(struct truth *t, const struct exchange *x)
{
    size_t end = x->n_frames - t->next_frame > SLICE ? t->next_frame + SLICE : x->n_frames;
    struct buf *out = &t->out;

    for (; t->next_frame < end; t->next_frame++) {
        const struct frame *f = &x->frames[t->next_frame];

        buf_str(out, t->next_frame ? ",[" : "[");
        buf_int(out, f->planned);
        buf_char(out, ',');
        buf_int(out, f->sent);
        buf_char(out, ',');
        buf_char(out, (char)('0' + f->kind));
        buf_char(out, ']');
    }
    return end < x->n_frames;
}

static void begin_line(struct truth *t, const struct exchange *x)
{
    struct buf *out = &t->out;

    buf_str(out, "{\"t\":\"request\",\"id\":\"");
    buf_str(out, x->id);
    buf_char(out, '"');
    put_int(out, "n", (int64_t)x->n);
    put_text(out, "request_id", x->request_id);
    put_text(out, "model", x->model_asked);
    put_text(out, "tier", tier_names[x->tier]);
    put_int(out, "status", x->status);
    put_text(out, "fault", x->fault.fault->name);
    put_text(out, "region", x->region);
    put_text(out, "edge", x->ray + 17);
    put_int(out, "arrival", x->arrival);
    put_int(out, "received", x->received);
    put_int(out, "head", x->head);
    put_model(out, x);
    put_limits(out, x);
    if (t->frames)
        buf_str(out, ",\"frames\":[");
}

static void end_line(struct truth *t, const struct exchange *x)
{
    struct buf *out = &t->out;

    if (t->frames)
        buf_char(out, ']');
    put_int(out, "end", x->end);
    buf_str(out, x->aborted ? ",\"aborted\":true}\n" : ",\"aborted\":false}\n");
}

static void drop_first(struct truth *t)
{
    struct exchange *x = t->first;

    t->first = x->next;
    if (!t->first)
        t->last = &t->first;
    t->waiting -= x->n_frames;
    t->next_frame = 0;
    t->begun = false;
    world_forget(x);
}

static void write_out(struct truth *t)
{
    size_t done = 0;

    while (t->fd >= 0 && !t->error && done < t->out.len) {
        ssize_t n = write(t->fd, t->out.p + done, t->out.len - done);

        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && errno != EINTR)
            t->error = errno;
    }
    buf_clear(&t->out);
}

void truth_step(struct truth *t)
{
    const struct exchange *x = t->first;

    if (!t->begun)
        begin_line(t, x);
    t->begun = true;
    if (put_frames(t, x))
        return;
    end_line(t, x);
    drop_first(t);
    if (t->out.len >= BATCH)
        write_out(t);
}

void truth_take(struct truth *t, struct exchange *x)
{
    t->requests++;
    if (t->fd < 0) {
        world_forget(x);
        return;
    }
    *t->last = x;
    t->last = &x->next;
    t->waiting += x->n_frames;
    while (t->waiting > WAITING_MAX)
        truth_step(t);
}

void truth_notes(struct truth *t, struct buf *notes)
{
    if (!notes->len)
        return;
    while (t->begun)
        truth_step(t);
    if (t->fd >= 0)
        buf_add(&t->out, notes->p, notes->len);
    buf_clear(notes);
    if (t->out.len >= BATCH)
        write_out(t);
}

void truth_flush(struct truth *t)
{
    while (truth_waits(t))
        truth_step(t);
    write_out(t);
}

int truth_close(struct truth *t, ns_t cpu, struct err *err)
{
    truth_flush(t);
    buf_printf(&t->out,
               "{\"t\":\"end\",\"requests\":%llu,\"frames\":%llu,\"held\":%llu,"
               "\"late_p50\":%lld,\"late_p99\":%lld,\"late_max\":%lld,\"cpu_ns\":%lld}\n",
               (unsigned long long)t->requests, (unsigned long long)t->n_frames,
               (unsigned long long)t->held, (long long)hist_percentile(&t->late, 50),
               (long long)hist_percentile(&t->late, 99), (long long)hist_max(&t->late),
               (long long)cpu);
    write_out(t);
    if (t->fd >= 0 && close(t->fd) && !t->error)
        t->error = errno;
    buf_free(&t->out);
    hist_free(&t->late);
    if (t->error)
        return err_set(err, ERR_IO, "cannot write the truth log: %s", strerror(t->error));
    return 0;
}
