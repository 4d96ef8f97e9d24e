#ifndef CMD_READRUN_H
#define CMD_READRUN_H

#include "base/err.h"
#include "data/journal.h"
#include "data/recorder.h"
#include "data/run.h"

/*
 * A finished run out of its journal: RUN is a run directory or a journal.
 *
 *     struct readrun rr = { 0 };
 *     if (readrun_open(&rr, "runs/a", &notes, &err)) ...
 *     summary_make(&s, &rr.run, rr.recorder);
 *     readrun_close(&rr);
 */
struct readrun {
    struct run run;
    struct recorder *recorder;

    /* Set before, where somebody wants to see the entries pass: begin once the run is
     * known, then those members of `also` that are there. */
    void (*begin)(void *ctx, const struct run *run);
    /* Before anything is added up: whoever has other objectives puts them in. */
    void (*prepare)(void *ctx, struct run *run);
    struct journal_sink also;
};

/* rr is to be closed in any case. */
int readrun_open(struct readrun *rr, const char *run, struct journal_notes *notes,
                 struct err *err);
void readrun_close(struct readrun *rr);

/* Where the journal of RUN is, in path[0..n). */
int readrun_find(const char *run, char *path, size_t n, struct err *err);

#endif
