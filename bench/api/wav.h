#ifndef API_WAV_H
#define API_WAV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

/*
 * A WAV file as its bytes arrive: which of them are sound, and how long it lasts so far.
 * What does not begin as a WAV file is sound of a format that we do not know.
 *
 *     struct wav w;
 *     wav_init(&w);
 *     while (more bytes) sound += wav_feed(&w, bytes, n);
 *     length = wav_length(&w);
 *     whole = wav_whole(&w);
 */
enum wav_state {
    WAV_RIFF,  /* its first twelve bytes */
    WAV_CHUNK, /* name and length of a chunk */
    WAV_FORMAT,
    WAV_SKIP,  /* a chunk that tells nothing of interest */
    WAV_SOUND, /* the chunk "data" */
    WAV_OTHER  /* no WAV file: all is sound */
};

enum { WAV_FORMAT_SIZE = 16 };

struct wav {
    enum wav_state state;
    unsigned char part[WAV_FORMAT_SIZE]; /* what is read now */
    size_t n;                            /* of part */
    uint64_t left;                       /* of the chunk */
    uint64_t per_s;                      /* bytes of sound a second; 0: not known */
    uint64_t told;                       /* bytes of sound to come; 0: not told */
    uint64_t got;                        /* of them */
};

void wav_init(struct wav *w);

/* How many of the n bytes are sound. */
size_t wav_feed(struct wav *w, const char *p, size_t n);

/* Of the sound so far; NS_ABSENT where it cannot be told. */
ns_t wav_length(const struct wav *w);

/* All the sound that the header tells; NS_ABSENT where it does not. */
ns_t wav_promised(const struct wav *w);

/* Did as much come as the header told? True where it does not tell. */
bool wav_whole(const struct wav *w);

#endif
