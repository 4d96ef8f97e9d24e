#ifndef DATA_CATALOGUE_H
#define DATA_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"

/*
 * What is known of models: a YAML file that the user can replace. Unknown is -1 or NULL,
 * never 0. What headers say at run time wins over it.
 */
struct model_limits {
    int64_t rpm, rpd, tpm, tpd, ash, asd;
};

struct model {
    const char *id;
    const char *kind; /* chat, transcription, speech, ... */
    const char *status;
    int64_t context;
    int64_t max_completion;
    double speed_tps;   /* tokens generated per second */
    double prefill_tps; /* prompt tokens per second */
    int64_t input_nusd; /* per 1M tokens */
    int64_t cached_nusd;
    int64_t output_nusd;
    double speed_factor;    /* seconds of audio per second of processing */
    int64_t audio_nusd;     /* per hour */
    int64_t character_nusd; /* per 1M characters */
    bool caching;
    bool reasoning;
    bool vision;
    int64_t images_most;        /* pictures in a request */
    int64_t image_inline_bytes; /* of a request with pictures in it */
    int64_t image_url_bytes;    /* of one that only names them */
    int64_t image_pixels;       /* of a picture */
    struct model_limits free;
    struct model_limits developer;
};

struct catalogue {
    struct arena arena;
    const char *path;
    const char *as_of;
    const char *source;
    struct model *models;
    size_t n_models;
};

/* path NULL: PREFIX/share/tokdyno/catalogue/groq.yaml, else the source tree's. */
int catalogue_read(struct catalogue *c, const char *path, struct err *err);
void catalogue_free(struct catalogue *c);

/* NULL where the catalogue does not know it. */
const struct model *catalogue_model(const struct catalogue *c, const char *id);
const struct model_limits *catalogue_limits(const struct model *m, const char *plan);

/*
 * ((prompt - cached) * input + cached * cached_price + completion * output) / 1e6, rounded.
 * -1 where a price that is needed is unknown; absent cached counts as 0, an unknown cached
 * price as the input price.
 */
int64_t catalogue_cost(const struct model *m, int64_t prompt, int64_t cached,
                       int64_t completion);

/* A clip is paid for as if it were that long at least. */
#define CATALOGUE_LEAST_AUDIO (10 * NS_PER_S)

/* The same in a batch: half of it, and cached tokens are no cheaper. */
int64_t catalogue_batch_cost(const struct model *m, int64_t prompt, int64_t completion);

/* What a clip that long costs, and so many characters of text to be spoken; -1 where that
 * is not known, or the price. */
int64_t catalogue_audio_cost(const struct model *m, ns_t length);
int64_t catalogue_text_cost(const struct model *m, int64_t characters);

#endif
