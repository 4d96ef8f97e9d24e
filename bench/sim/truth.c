#include "sim/truth.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/version.h"
#include "sim/gotext.h"

enum { BATCH = 64 * 1024 };

int truth_open(struct truth *t, const char *path, bool frames, uint64_t seed,
               struct err *err)
{
    *t = (struct truth){ .fd = -1, .frames = frames };
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

static void put_text(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, ",\"%s\":", key);
    gotext_string(out, text, strlen(text));
}

/* Absent (below 0) is left out. */
static void put_int(struct buf *out, const char *key, int64_t v)
{
    if (v < 0)
        return;
    buf_str(out, ",\"");
    buf_str(out, key);
    buf_str(out, "\":");
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

static void put_frames(struct buf *out, const struct exchange *x)
{
    buf_str(out, ",\"frames\":[");
    for (size_t i = 0; i < x->n_frames; i++) {
        buf_str(out, i ? ",[" : "[");
        buf_int(out, x->frames[i].planned);
        buf_char(out, ',');
        buf_int(out, x->frames[i].sent);
        buf_char(out, ',');
        buf_char(out, (char)('0' + x->frames[i].kind));
        buf_char(out, ']');
    }
    buf_char(out, ']');
}

void truth_request(struct truth *t, const struct exchange *x)
{
    struct buf *out = &t->out;

    t->requests++;
    if (t->fd < 0)
        return;
    buf_printf(out, "{\"t\":\"request\",\"id\":\"%s\",\"n\":%llu,\"request_id\":\"%s\"",
               x->id, (unsigned long long)x->n, x->request_id);
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
        put_frames(out, x);
    put_int(out, "end", x->end);
    buf_printf(out, ",\"aborted\":%s}\n", x->aborted ? "true" : "false");
    if (out->len >= BATCH)
        truth_flush(t);
}

void truth_notes(struct truth *t, struct buf *notes)
{
    if (!notes->len)
        return;
    if (t->fd >= 0)
        buf_add(&t->out, notes->p, notes->len);
    buf_clear(notes);
    if (t->out.len >= BATCH)
        truth_flush(t);
}

void truth_flush(struct truth *t)
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

int truth_close(struct truth *t, ns_t cpu, struct err *err)
{
    buf_printf(&t->out,
               "{\"t\":\"end\",\"requests\":%llu,\"frames\":%llu,\"held\":%llu,"
               "\"late_p50\":%lld,\"late_p99\":%lld,\"late_max\":%lld,\"cpu_ns\":%lld}\n",
               (unsigned long long)t->requests, (unsigned long long)t->n_frames,
               (unsigned long long)t->held, (long long)hist_percentile(&t->late, 50),
               (long long)hist_percentile(&t->late, 99), (long long)hist_max(&t->late),
               (long long)cpu);
    truth_flush(t);
    if (t->fd >= 0 && close(t->fd) && !t->error)
        t->error = errno;
    buf_free(&t->out);
    hist_free(&t->late);
    if (t->error)
        return err_set(err, ERR_IO, "cannot write the truth log: %s", strerror(t->error));
    return 0;
}
