#ifndef DATA_WARNING_H
#define DATA_WARNING_H

#include <stddef.h>

#include "base/buf.h"

struct summary;

/*
 * What the instrument has to say of itself: each with what it means for the figures and
 * what to do about it. The table in warning.c is the only list of them, the worst first;
 * the reports and `explain warnings` walk it.
 */
enum warning_level {
    WARNING_NOTE,  /* the figures stand, but are not of what was asked for */
    WARNING_DOUBT, /* some figures are off, or may be */
    WARNING_WRONG, /* the run is not valid for it */
    N_WARNING_LEVELS
};
extern const char *const warning_level_names[N_WARNING_LEVELS]; /* "note", ... */

struct warning {
    const char *id;
    enum warning_level level;
    const char *when;   /* it is said */
    const char *means;  /* for the figures */
    const char *remedy; /* what to do */

    /* Puts what is the matter; nothing where it is not. */
    void (*say)(struct buf *out, const struct summary *s);
};

extern const struct warning warnings[];
extern const size_t n_warnings;

/* Those that apply to a run, worst first: for summary_make. */
void warnings_make(struct summary *s);

#endif
