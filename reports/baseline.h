#ifndef REPORTS_BASELINE_H
#define REPORTS_BASELINE_H

#include <stdbool.h>

#include "base/err.h"
#include "data/evidence.h"

/*
 * Baselines: runs kept to compare later ones with, in one SQLite file, by a name and the
 * revision they were made of. Kept are counts and histograms, not journals. The only file
 * that knows SQLite.
 *
 *     struct baseline *b = baseline_open("tokdyno.db", true, &err);
 *     baseline_save(b, "main", "4f1c2ab", false, evidence, &err);
 *     baseline_close(b);
 */
struct baseline;

/* create: make the file where it is not there. NULL with *err. */
struct baseline *baseline_open(const char *path, bool create, struct err *err);
void baseline_close(struct baseline *b);

/* All of it or nothing; a run that is there already under that name takes the new revision.
 */
int baseline_save(struct baseline *b, const char *name, const char *revision, bool pinned,
                  const struct evidence *e, struct err *err);

/* One that is kept. Texts until the callback returns. */
struct baseline_row {
    int64_t key;
    const char *name;
    const char *revision; /* "" */
    bool pinned;          /* the reference that slow drift is held against */
    const char *id;       /* of the run */
    const char *scenario; /* its name */
    ns_t at;              /* since 1970 */
    enum validity validity;
    bool complete;
    int64_t trials;
    int64_t requests;
};

/* Which of them: NULL and false stand for any. */
struct baseline_pick {
    const char *name;
    const char *revision; /* or how it begins */
    bool good;            /* valid and run to the end */
    bool pinned;
    int64_t last; /* only the latest so many; 0: all */
};

/* Handed out oldest first. */
typedef int baseline_fn(void *ctx, const struct baseline_row *row, struct err *err);
int baseline_each(struct baseline *b, const struct baseline_pick *pick, baseline_fn *fn,
                  void *ctx, struct err *err);

/* The evidence of one, for the caller to free; NULL with *err. */
struct evidence *baseline_load(struct baseline *b, const struct baseline_row *row,
                               struct err *err);

/* *removed: how many. */
int baseline_remove(struct baseline *b, const struct baseline_pick *pick, int64_t *removed,
                    struct err *err);

#endif
