#include "sim/sound.h"

#include <math.h>
#include <strings.h>

#include "base/rng.h"

enum { USUAL_BYTES_PER_S = 16000, WAV_HEAD = 44 };

const char *const sound_names[N_SOUND_FORMATS] = {
    [SOUND_WAV] = "wav", [SOUND_MP3] = "mp3",     [SOUND_FLAC] = "flac",
    [SOUND_OGG] = "ogg", [SOUND_MULAW] = "mulaw",
};

/* bytes_per_sample 0: 128 kbit/s whatever the rate. */
static const struct {
    const char *type;
    double bytes_per_sample;
    const char *magic;
} formats[N_SOUND_FORMATS] = {
    [SOUND_WAV] = { "audio/wav", 2, "" },
    [SOUND_MP3] = { "audio/mpeg", 0, "ID3\x04" },
    [SOUND_FLAC] = { "audio/flac", 1, "fLaC" },
    [SOUND_OGG] = { "audio/ogg", 0, "OggS" },
    [SOUND_MULAW] = { "audio/basic", 1, "" },
};

const char *sound_type(enum sound_format f)
{
    return formats[f].type;
}

uint32_t sound_pieces(const struct sound *s)
{
    return (uint32_t)((s->length + s->piece - 1) / s->piece);
}

/* Bytes of the sound up to a moment of it; whole samples. */
static uint64_t bytes_to(const struct sound *s, ns_t at)
{
    double per_sample = formats[s->format].bytes_per_sample;

    at = at < s->length ? at : s->length;
    if (per_sample <= 0)
        return (uint64_t)(at / NS_PER_MS) * USUAL_BYTES_PER_S / 1000;
    return (uint64_t)((double)at / NS_PER_S * s->rate) * (uint64_t)per_sample;
}

static void put_le32(struct buf *out, uint64_t v)
{
    for (int i = 0; i < 4; i++)
        buf_char(out, (char)(v >> 8 * i & 0xFF));
}

static void put_wav_head(struct buf *out, const struct sound *s)
{
    uint64_t bytes = bytes_to(s, s->length);
    uint64_t told = s->told == SOUND_UNTOLD ? UINT32_MAX
                    : s->told == SOUND_TOLD ? bytes
                                            : bytes + 2 * (uint64_t)s->rate;

    buf_add(out, "RIFF", 4);
    put_le32(out, s->told == SOUND_UNTOLD ? UINT32_MAX : told + WAV_HEAD - 8);
    buf_add(out, "WAVEfmt \x10\0\0\0\x01\0\x01\0", 16);
    put_le32(out, s->rate);
    put_le32(out, (uint64_t)s->rate * 2);
    buf_add(out, "\x02\0\x10\0data", 8);
    put_le32(out, told);
}

void sound_put(struct buf *out, const struct sound *s, uint32_t i)
{
    uint64_t left = bytes_to(s, (i + 1) * s->piece) - bytes_to(s, i * s->piece);
    uint64_t state = s->seed + i;

    if (!i && s->format == SOUND_WAV)
        put_wav_head(out, s);
    else if (!i)
        buf_str(out, formats[s->format].magic);
    while (left) {
        uint64_t noise = splitmix64(&state) & 0x0FFF0FFF0FFF0FFF;
        size_t n = left < sizeof(noise) ? (size_t)left : sizeof(noise);

        buf_add(out, &noise, n);
        left -= n;
    }
}

static uint32_t le32(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;

    return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

/* Chunks one behind the other; what "data" holds, at the bytes a second that "fmt " tells.
 */
static int wav_length(struct str f, ns_t *length)
{
    uint32_t per_s = 0;
    size_t at = 12;

    while (f.n - at >= 8) {
        uint32_t size = le32(f.p + at + 4);
        size_t left = f.n - at - 8;

        if (!memcmp(f.p + at, "fmt ", 4) && size >= 16 && left >= 16)
            per_s = le32(f.p + at + 16);
        if (!memcmp(f.p + at, "data", 4)) {
            double bytes = (double)(size < left ? size : left);

            *length = per_s ? (ns_t)llround(bytes * NS_PER_S / per_s) : 0;
            return per_s ? 0 : -1;
        }
        if (size >= left)
            return -1;
        at += 8 + (size_t)size + (size & 1);
        if (at > f.n)
            return -1;
    }
    return -1;
}

/* STREAMINFO: 20 bits of rate from byte 18 on, 36 of samples up to byte 25. */
static int flac_length(struct str f, ns_t *length)
{
    const unsigned char *p = (const unsigned char *)f.p;
    uint64_t samples = 0;
    uint32_t rate;

    if (f.n < 26)
        return -1;
    rate = (uint32_t)p[18] << 12 | (uint32_t)p[19] << 4 | p[20] >> 4;
    for (int i = 21; i < 26; i++)
        samples = samples << 8 | p[i];
    samples &= 0xFFFFFFFFF;
    if (!rate)
        return -1;
    *length = (ns_t)llround((double)samples * NS_PER_S / rate);
    return 0;
}

static bool is_other_media(struct str f)
{
    const unsigned char *p = (const unsigned char *)f.p;

    return str_starts(f, "OggS") || str_starts(f, "ID3") ||
           str_starts(f, "\x1A\x45\xDF\xA3") || (f.n > 1 && p[0] == 0xFF && p[1] >= 0xE0) ||
           (f.n > 8 && !memcmp(f.p + 4, "ftyp", 4));
}

int sound_length(struct str f, ns_t *length)
{
    if (f.n >= 12 && str_starts(f, "RIFF") && !memcmp(f.p + 8, "WAVE", 4))
        return wav_length(f, length);
    if (str_starts(f, "fLaC"))
        return flac_length(f, length);
    *length = (ns_t)((double)f.n * NS_PER_S / USUAL_BYTES_PER_S);
    return is_other_media(f) ? 0 : -1;
}

bool sound_is_named(struct str name)
{
    static const char *const ends[] = { ".flac", ".mp3", ".mp4", ".mpeg", ".mpga",
                                        ".m4a",  ".ogg", ".wav", ".webm" };

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t n = strlen(ends[i]);

        if (name.n >= n && !strncasecmp(name.p + name.n - n, ends[i], n))
            return true;
    }
    return false;
}
