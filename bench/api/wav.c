#include "api/wav.h"

#include <string.h>

enum { RIFF_SIZE = 12, CHUNK_SIZE = 8 };

/* Lengths from here on are those of a writer that does not know yet. */
static const uint64_t UNTOLD = 0x7FFFFF00;

void wav_init(struct wav *w)
{
    *w = (struct wav){ .state = WAV_RIFF };
}

static uint32_t le32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static size_t lesser(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

static void riff(struct wav *w)
{
    bool is = !memcmp(w->part, "RIFF", 4) && !memcmp(w->part + 8, "WAVE", 4);

    w->state = is ? WAV_CHUNK : WAV_OTHER;
    w->got = is ? 0 : RIFF_SIZE;
}

/* Chunks begin at even places. */
static void chunk(struct wav *w)
{
    uint32_t size = le32(w->part + 4);

    w->left = (uint64_t)size + (size & 1);
    w->state = WAV_SKIP;
    if (!memcmp(w->part, "fmt ", 4) && size >= WAV_FORMAT_SIZE) {
        w->state = WAV_FORMAT;
    } else if (!memcmp(w->part, "data", 4)) {
        w->state = WAV_SOUND;
        w->told = size < UNTOLD ? size : 0;
    }
}

static void format(struct wav *w)
{
    w->per_s = le32(w->part + 8);
    w->left -= WAV_FORMAT_SIZE;
    w->state = WAV_SKIP;
}

/* Gather `want` bytes, then look at them. */
static size_t gather(struct wav *w, const char *p, size_t n, size_t want,
                     void (*look)(struct wav *w))
{
    size_t eat = lesser(want - w->n, n);

    memcpy(w->part + w->n, p, eat);
    w->n += eat;
    if (w->n == want) {
        w->n = 0;
        look(w);
    }
    return eat;
}

static size_t skip(struct wav *w, size_t n)
{
    size_t eat = lesser(w->left, n);

    w->left -= eat;
    if (!w->left)
        w->state = WAV_CHUNK;
    return eat;
}

/* What stands behind the sound is none. */
static size_t sound(struct wav *w, size_t n)
{
    size_t is = w->told ? lesser(w->told - w->got, n) : n;

    w->got += is;
    return is;
}

size_t wav_feed(struct wav *w, const char *p, size_t n)
{
    size_t at = 0;

    while (at < n)
        switch (w->state) {
        case WAV_RIFF:
            at += gather(w, p + at, n - at, RIFF_SIZE, riff);
            if (w->state == WAV_OTHER) {
                w->got += n - at;
                return n;
            }
            break;
        case WAV_CHUNK:
            at += gather(w, p + at, n - at, CHUNK_SIZE, chunk);
            break;
        case WAV_FORMAT:
            at += gather(w, p + at, n - at, WAV_FORMAT_SIZE, format);
            break;
        case WAV_SKIP:
            at += skip(w, n - at);
            break;
        case WAV_SOUND:
            return sound(w, n - at);
        case WAV_OTHER:
            w->got += n;
            return n;
        }
    return 0;
}

static ns_t lasts(const struct wav *w, uint64_t bytes)
{
    if (w->state != WAV_SOUND || !w->per_s)
        return NS_ABSENT;
    return (ns_t)((double)bytes * NS_PER_S / (double)w->per_s + 0.5);
}

ns_t wav_length(const struct wav *w)
{
    return lasts(w, w->got);
}

ns_t wav_promised(const struct wav *w)
{
    return w->told ? lasts(w, w->told) : NS_ABSENT;
}

bool wav_whole(const struct wav *w)
{
    if (w->state == WAV_OTHER)
        return true;
    return w->state == WAV_SOUND && w->got >= w->told;
}
