#ifndef EXPORTERS_DEST_PRIVATE_H
#define EXPORTERS_DEST_PRIVATE_H

#include "exporters/dest.h"

/* What became of the items of a signal. */
struct dest_count {
    uint64_t sent;
    uint64_t rejected; /* the server took the chunk, but not these */
    uint64_t dropped;  /* never got there */
};

/* A kind of place. */
struct dest_kind {
    int (*open)(struct dest *d, const struct dest_config *config, struct err *err);
    void (*put)(struct dest *d, const struct export_chunk *chunk);
    void (*close)(struct dest *d, ns_t most);
};

extern const struct dest_kind dest_file, dest_stdout, dest_http;

struct dest {
    const struct dest_kind *kind;
    const struct export_spec *spec;
    void *state;     /* of the kind */
    char where[300]; /* for people, without secrets */
    struct dest_count counts[N_EXPORT_SIGNALS];
    char trouble[300]; /* the first; "" while there is none */
    char warning[300]; /* what a server that took everything had to say */
};

/* Keeps the first. */
void dest_trouble(struct dest *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
