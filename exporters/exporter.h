#ifndef EXPORTERS_EXPORTER_H
#define EXPORTERS_EXPORTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "data/journal.h"
#include "data/run.h"
#include "data/summary.h"

/*
 * An exporter turns what happened into bytes of one format: one file in this folder, one
 * row of the table. It is pure: no I/O, no clock, no threads. What decides (a batch is
 * full, an interval is over) is the time in the entries, so a finished run gives the same
 * bytes as the run did while it went on.
 *
 *     x = kind->open(&config, &out, &err);
 *     sink = kind->sink(x);  sink.record(sink.ctx, r); ...  sink.end(sink.ctx, &end);
 *     kind->summary(x, &s);
 *     kind->close(x);
 *
 * Calls come one at a time, never from two threads at once.
 */

/* What a chunk is part of: each has an address, or a file, of its own. */
enum export_signal {
    EXPORT_FILE, /* the only one of most exporters */
    EXPORT_TRACES,
    EXPORT_METRICS,
    EXPORT_LOGS,
    N_EXPORT_SIGNALS
};
extern const char *const export_signal_names[N_EXPORT_SIGNALS]; /* "file", "traces", ... */

/* Finished bytes; borrowed until put returns. */
struct export_chunk {
    enum export_signal signal;
    struct str bytes;
    uint64_t items; /* spans, points, rows, ... in it: what is counted when it is lost */
};

/* Where chunks go. put never blocks and never fails: what does not fit is counted there. */
struct export_out {
    void (*put)(void *ctx, const struct export_chunk *chunk);
    void *ctx;
};

struct export_option {
    const char *name;
    const char *values; /* for help: "request|attempt|phases" */
    const char *help;
};

/* NAME=VALUE behind a kind, as in otlp,spans=phases. */
struct export_setting {
    const char *name;
    const char *value;
};

struct export_config {
    const struct run *run;                /* outlives the exporter */
    const char *(*env)(const char *name); /* the environment; NULL where it is not set */
    void (*warn)(const char *text);       /* about the environment; NULL: to nobody */
    const struct export_setting *settings;
    size_t n_settings;
    /* What run.json holds; lent by the reports, a layer that none here may include. */
    void (*json)(struct buf *out, const struct summary *s);
};

/* Value of a setting, the last one given; NULL: not given. */
const char *export_setting(const struct export_config *c, const char *name);

/* How chunks of one signal are posted. Text lives in the arena that was given. */
struct export_endpoint {
    const char *url;
    const char *content_type;
    const char *const *headers; /* "name: value"; may be secret, never printed */
    size_t n_headers;
    bool gzip;
    ns_t timeout;   /* of a chunk with all its retries; NS_ABSENT: none */
    const char *ca; /* PEM files; NULL: none */
    const char *certificate;
    const char *key;
};

/* What the body of a good answer says. */
struct export_reply {
    uint64_t rejected; /* items that were not taken */
    char message[200]; /* "" where there is none */
};

struct exporter {
    const char *name; /* on the command line */
    const char *help;
    const char *file; /* default name in the run directory; NULL: no file */
    const char *mime;
    const struct export_option *options; /* ended by one without a name; NULL: none */
    bool signals; /* traces, metrics and logs go to a file or an address each */

    /* NULL with *err filled. */
    void *(*open)(const struct export_config *config, const struct export_out *out,
                  struct err *err);
    struct journal_sink (*sink)(void *x);
    /* Once, behind the last entry; NULL: does not care. */
    void (*summary)(void *x, const struct summary *s);
    /*
     * What a scrape that sent this Accept header ("": none) sees now; returns its content
     * type. NULL: cannot be scraped.
     */
    const char *(*page)(void *x, const char *accept, struct buf *out);
    void (*close)(void *x);

    /*
     * Where chunks of a signal are posted; where is a URL, or NULL: the default of the
     * kind. url NULL in *e: this signal goes nowhere. NULL: to the URL as it stands.
     */
    int (*endpoint)(const struct export_config *config, const char *where,
                    enum export_signal signal, struct arena *arena,
                    struct export_endpoint *e, struct err *err);
    /* Body of an answer (good: of a 2xx one) into *r; NULL: nothing to be read in it. */
    void (*reply)(struct str body, bool good, struct export_reply *r);
};

/* The only list of exporters; ended by NULL. */
extern const struct exporter *const exporters[];

/*
 * KIND[=WHERE][,NAME=VALUE...], as on the command line. WHERE: a path, "-" (stdout), an
 * http(s) URL, or [HOST]:PORT to be scraped at; NULL: the default of the kind.
 */
enum export_place { PLACE_DEFAULT, PLACE_FILE, PLACE_STDOUT, PLACE_URL, PLACE_SCRAPE };

struct export_spec {
    const struct exporter *kind;
    enum export_place place;
    const char *where;
    struct export_setting *settings;
    size_t n_settings;
};

/* Text lives in the arena. -1 names what is wrong and the nearest name. */
int export_spec_read(struct export_spec *s, const char *text, struct arena *arena,
                     struct err *err);

/* The table for people: kinds, options, default places. */
void export_list(struct buf *out);

#endif
