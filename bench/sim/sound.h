#ifndef SIM_SOUND_H
#define SIM_SOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"

/*
 * Sound as the simulator hears and makes it. It understands as much of a file as it needs
 * to know how long it lasts, and makes noise in the formats of the API: WAV files as they
 * should be, the others with the first bytes and the size of one.
 */

/* What POST /audio/speech can be asked for. */
enum sound_format {
    SOUND_WAV,
    SOUND_MP3,
    SOUND_FLAC,
    SOUND_OGG,
    SOUND_MULAW,
    N_SOUND_FORMATS
};

extern const char *const sound_names[N_SOUND_FORMATS]; /* "wav", ... */
const char *sound_type(enum sound_format f);           /* for the header */

/* What the head of a WAV file says of the length of its sound. */
enum sound_told { SOUND_UNTOLD, SOUND_TOLD, SOUND_TOO_MUCH };

struct sound {
    enum sound_format format;
    enum sound_told told;
    uint32_t rate; /* samples per second */
    ns_t length;
    ns_t piece; /* of the sound: what is made at a time */
    uint64_t seed;
};

uint32_t sound_pieces(const struct sound *s);

/* Append piece i; the head of the file comes with the first. */
void sound_put(struct buf *out, const struct sound *s, uint32_t i);

/* How long a file lasts: by its head where it is WAV or FLAC, else by its size, as if it
 * had 128 kbit/s. -1: it is no media file that we know. */
int sound_length(struct str file, ns_t *length);

/* Does the name end as that of a file the API takes? */
bool sound_is_named(struct str file_name);

#endif
