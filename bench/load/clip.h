#ifndef LOAD_CLIP_H
#define LOAD_CLIP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

/*
 * Audio that goes up: a file as it is, or clips that are made here: 16-bit mono WAV files
 * of any length, in which something like syllables sounds: bursts of noise of changing
 * loudness. No one says anything in them, but they have the bytes of speech, and no two of
 * a trial are the same.
 *
 *     struct clip *c = clip_open(&(struct clip_spec){ .length = 30 * NS_PER_S }, &err);
 *     length = clip_put(c, key, &out);
 *     clip_close(c);
 */
struct clip;

struct clip_spec {
    const char *file; /* NULL: make them */
    ns_t length;   /* of what is made; of a file, where it does not tell; else NS_ABSENT */
    uint64_t rate; /* samples per second of what is made */
    uint64_t seed;
};

enum { CLIP_RATE = 16000, CLIP_MAX_BYTES = 128 << 20 };

/* NULL where the file cannot be read, is empty or too large, or holds what ends a form. */
struct clip *clip_open(const struct clip_spec *spec, struct err *err);
void clip_close(struct clip *c);

/* Append clip number `key`: a file is the same each time. Its length; NS_ABSENT: unknown.
 * Several threads may call it at once. */
ns_t clip_put(const struct clip *c, uint64_t key, struct buf *out);

uint64_t clip_bytes(const struct clip *c);

/* How long they last; NS_ABSENT: not known. */
ns_t clip_length(const struct clip *c);

#endif
