#ifndef DATA_JOURNAL_H
#define DATA_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "data/batch.h"
#include "data/health.h"
#include "data/record.h"
#include "data/run.h"

/*
 * The journal: requests.jsonl, JSON lines, key "t" names the kind. What is written is what
 * is read: for every record, parse(format(r)) equals r. All numbers are integers.
 */
struct phase_event {
    ns_t at;
    uint32_t trial;
    uint32_t phase;
    bool begin;             /* else end */
    uint64_t planned;       /* requests due in it so far; begin: 0 */
    uint64_t issued;        /* of them, given to the API */
    double words_per_token; /* of this trial; 0: no synthetic prompts. Written in ppm */
    int64_t rate;  /* of a phase whose rate is searched for, in millionths; else 0 */
    ns_t duration; /* of such a phase */
};

enum end_reason {
    END_DONE,
    END_INTERRUPTED,
    END_BUDGET,
    END_TARGET,
    END_DISK,   /* the journal could not be written */
    END_FAILED, /* a trial could not be started */
    N_END_REASONS
};
extern const char *const end_reason_names[N_END_REASONS];

struct run_end {
    ns_t at;
    enum end_reason reason;
    const char *detail; /* "" where there is nothing to say */
    uint64_t dropped;   /* records that could not be written */
    ns_t cpu;           /* CPU time of the client */
    ns_t sim_late_p99;  /* NS_ABSENT without the simulator */
    ns_t sim_cpu;
};

/* One line each, with LF. */
void journal_put_record(struct buf *out, const struct record *r);
void journal_put_batch(struct buf *out, const struct batch_event *e);
void journal_put_phase(struct buf *out, const struct phase_event *e);
void journal_put_health(struct buf *out, const struct health_sample *h);
void journal_put_end(struct buf *out, const struct run_end *e);

/* Who is handed the entries of a journal, live or read back. All arguments until return. */
struct journal_sink {
    void (*record)(void *ctx, const struct record *r);
    void (*phase)(void *ctx, const struct phase_event *e);
    void (*health)(void *ctx, const struct health_sample *h);
    void (*batch)(void *ctx, const struct batch_event *e);
    void (*end)(void *ctx, const struct run_end *e);
    void *ctx;
};

/* What reading met besides entries; while it goes on, how far it is. */
struct journal_notes {
    uint64_t bytes; /* read so far */
    uint64_t size;  /* of the file when it was opened; 0: not known */
    uint64_t lines;
    uint64_t bad_lines; /* skipped */
    bool torn;          /* the last line had no LF and was dropped */
    bool ended;         /* an `end` line was there */
};

/* One line without its LF into the sink; -1 where it is damaged. The `run` line is refused.
 */
int journal_line(const char *p, size_t n, const struct journal_sink *sink, struct err *err);

/*
 * A whole file, in one pass, in memory that does not grow with it. Fills *run from the
 * first line before the sink is called for the others (so *run may be used inside it);
 * begin, where not NULL, is called in between. -1 where the file cannot be read or has no
 * usable first line.
 */
int journal_read(const char *path, struct run *run, void (*begin)(void *ctx),
                 const struct journal_sink *sink, struct journal_notes *notes,
                 struct err *err);

/* The writing side: batches of 100 ms or 64 KiB, each one write(). */
struct journal;
struct journal *journal_open(const char *path, struct err *err);
struct buf *journal_buf(struct journal *j); /* put lines here */
/* Write if 64 KiB have gathered or 100 ms have passed since the last; force: at once. */
int journal_flush(struct journal *j, ns_t now, bool force, struct err *err);
int journal_close(struct journal *j, struct err *err); /* writes the rest */

#endif
