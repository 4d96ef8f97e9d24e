#ifndef EXPORTERS_EXPOSITION_H
#define EXPORTERS_EXPOSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * The lines of a page that Prometheus reads: its text format 0.0.4, or OpenMetrics 1.0.0.
 *
 *     struct exposition e = { .out = &buf, .openmetrics = true };
 *     exposition_family(&e, "tokdyno_frames", EXPOSITION_COUNTER, NULL, "Frames of
 * output."); exposition_sample(&e, "_total", labels, n, 12); exposition_end(&e);
 *
 * All samples of a family stand together, behind its head.
 */
enum exposition_type { EXPOSITION_COUNTER, EXPOSITION_GAUGE, EXPOSITION_HISTOGRAM };

struct exposition_label {
    const char *name;
    const char *value; /* "" or NULL: left out, which means the same */
};

/* One case that stands for the count of a bucket; in OpenMetrics alone. */
struct exposition_exemplar {
    const struct exposition_label *labels;
    unsigned n_labels;
    double value;
    int64_t at_ns; /* since 1970 */
};

struct exposition {
    struct buf *out;
    bool openmetrics;
    const char *family; /* the one begun last, borrowed */
};

/* name is without _total; unit, where not NULL, has to be the end of the name. */
void exposition_family(struct exposition *e, const char *name, enum exposition_type type,
                       const char *unit, const char *help);

/* suffix: "", "_total", "_sum", "_count". */
void exposition_sample(struct exposition *e, const char *suffix,
                       const struct exposition_label *labels, unsigned n, double value);

/* One bucket, with how many values are within it and all before; upto may be INFINITY. */
void exposition_bucket(struct exposition *e, const struct exposition_label *labels,
                       unsigned n, double upto, uint64_t count,
                       const struct exposition_exemplar *exemplar);

void exposition_end(struct exposition *e);

/* As few digits as read back; "+Inf", "NaN". */
void exposition_number(struct buf *out, double v);

#endif
