#include "load/clip.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/multipart.h"
#include "api/wav.h"
#include "base/mem.h"
#include "base/rng.h"

enum { HEAD_SIZE = 44, SAMPLE = 2, MARK = 16 /* samples */ };

/*
 * A second more of sound than a clip has is made once; clip k is a window of it that begins
 * somewhere within that second. So a clip costs a copy, however long it is. Its first
 * samples are its own, which makes it differ from all others.
 */
struct clip {
    struct buf sound; /* a file; or what windows are cut out of */
    bool made;
    ns_t length;
    uint64_t samples; /* of a clip that is made */
    uint64_t rate;
    uint64_t seed;
};

static void put_le(unsigned char *p, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        p[i] = (unsigned char)(v >> 8 * i);
}

static void put_sample(struct buf *out, double v)
{
    int16_t s = (int16_t)lround(v);
    unsigned char b[SAMPLE];

    put_le(b, (uint16_t)s, SAMPLE);
    buf_add(out, b, SAMPLE);
}

/* 44 bytes: RIFF, fmt, data. */
static void put_head(const struct clip *c, struct buf *out)
{
    uint64_t bytes = c->samples * SAMPLE;
    unsigned char h[HEAD_SIZE] = { 0 };

    memcpy(h, "RIFF", 4);
    put_le(h + 4, HEAD_SIZE - 8 + bytes, 4);
    memcpy(h + 8, "WAVEfmt ", 8);
    put_le(h + 16, 16, 4);
    put_le(h + 20, 1, 2); /* PCM */
    put_le(h + 22, 1, 2); /* channel */
    put_le(h + 24, c->rate, 4);
    put_le(h + 28, c->rate * SAMPLE, 4);
    put_le(h + 32, SAMPLE, 2);
    put_le(h + 34, 8 * SAMPLE, 2);
    memcpy(h + 36, "data", 4);
    put_le(h + 40, bytes, 4);
    buf_add(out, h, sizeof(h));
}

/* Four syllables a second, each of a loudness of its own; some are pauses. */
static void make_sound(struct clip *c)
{
    struct rng r = rng_stream(c->seed, "clip", 0);
    uint64_t n = c->samples + c->rate;
    uint64_t syllable = c->rate / 4;
    double loud = 0;

    for (uint64_t i = 0; i < n; i++) {
        if (i % syllable == 0)
            loud = rng_unit(&r) < 0.2 ? 0 : 1000 + 7000 * rng_unit(&r);
        put_sample(&c->sound, loud * (2 * rng_unit(&r) - 1));
    }
}

static int make(struct clip *c, const struct clip_spec *spec, struct err *err)
{
    c->made = true;
    c->rate = spec->rate ? spec->rate : CLIP_RATE;
    c->samples = (uint64_t)llround((double)spec->length * (double)c->rate / NS_PER_S);
    c->length = (ns_t)llround((double)c->samples * NS_PER_S / (double)c->rate);
    if (!c->samples || c->samples > (CLIP_MAX_BYTES - HEAD_SIZE) / SAMPLE)
        return err_set(err, ERR_USAGE,
                       "workload.audio.length: %g s at %ju samples a second is no clip of "
                       "at most %d MiB",
                       (double)spec->length / NS_PER_S, (uintmax_t)c->rate,
                       CLIP_MAX_BYTES >> 20);
    make_sound(c);
    return 0;
}

static int read_all(struct buf *out, FILE *f)
{
    char piece[64 * 1024];
    size_t n;

    while ((n = fread(piece, 1, sizeof(piece), f)))
        if (buf_add(out, piece, n))
            return -1;
    return 0;
}

static int slurp(struct clip *c, const char *path, struct err *err)
{
    FILE *f = fopen(path, "re");
    int rc = 0;

    if (!f)
        return err_set(err, ERR_IO, "cannot read %s: %s", path, strerror(errno));
    buf_init(&c->sound, CLIP_MAX_BYTES);
    if (read_all(&c->sound, f))
        rc =
            err_set(err, ERR_LIMIT, "%s is larger than %d MiB", path, CLIP_MAX_BYTES >> 20);
    else if (ferror(f))
        rc = err_set(err, ERR_IO, "cannot read %s: %s", path, strerror(errno));
    else if (!c->sound.len)
        rc = err_set(err, ERR_USAGE, "%s is empty", path);
    else if (multipart_clashes((struct str){ c->sound.p, c->sound.len }))
        rc = err_set(err, ERR_USAGE, "%s holds the text that parts forms", path);
    fclose(f);
    return rc;
}

/* A WAV file says how long it is; of others the scenario does. */
static int take_file(struct clip *c, const struct clip_spec *spec, struct err *err)
{
    struct wav w;

    if (slurp(c, spec->file, err))
        return -1;
    wav_init(&w);
    wav_feed(&w, c->sound.p, c->sound.len);
    c->length = wav_length(&w);
    if (c->length == NS_ABSENT)
        c->length = spec->length;
    return 0;
}

struct clip *clip_open(const struct clip_spec *spec, struct err *err)
{
    struct clip *c = mem_alloc(sizeof(*c));

    c->seed = spec->seed;
    buf_init(&c->sound, 0);
    if (!(spec->file ? take_file(c, spec, err) : make(c, spec, err)))
        return c;
    clip_close(c);
    return NULL;
}

void clip_close(struct clip *c)
{
    if (c)
        buf_free(&c->sound);
    free(c);
}

ns_t clip_put(const struct clip *c, uint64_t key, struct buf *out)
{
    struct rng r = rng_init(key);
    uint64_t mark = c->samples < MARK ? c->samples : MARK;
    uint64_t begin;

    if (!c->made) {
        buf_add(out, c->sound.p, c->sound.len);
        return c->length;
    }
    begin = rng_below(&r, c->rate);
    put_head(c, out);
    for (uint64_t i = 0; i < mark; i++)
        put_sample(out, (double)(rng_next(&r) >> 56) - 128);
    buf_add(out, c->sound.p + (begin + mark) * SAMPLE, (c->samples - mark) * SAMPLE);
    return c->length;
}

uint64_t clip_bytes(const struct clip *c)
{
    return c->made ? HEAD_SIZE + c->samples * SAMPLE : c->sound.len;
}

ns_t clip_length(const struct clip *c)
{
    return c->length;
}
