#include "cmd/readrun.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void begin(void *ctx)
{
    struct readrun *rr = ctx;

    if (rr->prepare)
        rr->prepare(rr->also.ctx, &rr->run);
    rr->recorder = recorder_open(&rr->run);
    if (rr->begin)
        rr->begin(rr->also.ctx, &rr->run);
}

static void take_record(void *ctx, const struct record *r)
{
    struct readrun *rr = ctx;
    struct journal_sink s = recorder_sink(rr->recorder);

    s.record(s.ctx, r);
    if (rr->also.record)
        rr->also.record(rr->also.ctx, r);
}

static void take_phase(void *ctx, const struct phase_event *e)
{
    struct readrun *rr = ctx;
    struct journal_sink s = recorder_sink(rr->recorder);

    s.phase(s.ctx, e);
    if (rr->also.phase)
        rr->also.phase(rr->also.ctx, e);
}

static void take_health(void *ctx, const struct health_sample *h)
{
    struct readrun *rr = ctx;
    struct journal_sink s = recorder_sink(rr->recorder);

    s.health(s.ctx, h);
    if (rr->also.health)
        rr->also.health(rr->also.ctx, h);
}

static void take_batch(void *ctx, const struct batch_event *e)
{
    struct readrun *rr = ctx;
    struct journal_sink s = recorder_sink(rr->recorder);

    s.batch(s.ctx, e);
    if (rr->also.batch)
        rr->also.batch(rr->also.ctx, e);
}

static void take_end(void *ctx, const struct run_end *e)
{
    struct readrun *rr = ctx;
    struct journal_sink s = recorder_sink(rr->recorder);

    s.end(s.ctx, e);
    if (rr->also.end)
        rr->also.end(rr->also.ctx, e);
}

int readrun_find(const char *run, char *path, size_t n, struct err *err)
{
    struct stat st;

    if (stat(run, &st))
        return err_set(err, ERR_IO, "%s: %s", run, strerror(errno));
    snprintf(path, n, S_ISDIR(st.st_mode) ? "%s/requests.jsonl" : "%s", run);
    if (S_ISDIR(st.st_mode) && stat(path, &st))
        return err_set(err, ERR_IO, "%s is no run directory: it has no requests.jsonl",
                       run);
    return 0;
}

int readrun_open(struct readrun *rr, const char *run, struct journal_notes *notes,
                 struct err *err)
{
    struct journal_sink sink = { take_record, take_phase, take_health,
                                 take_batch,  take_end,   rr };
    char path[4200];

    if (readrun_find(run, path, sizeof(path), err))
        return -1;
    return journal_read(path, &rr->run, begin, &sink, notes, err);
}

void readrun_close(struct readrun *rr)
{
    if (rr->recorder)
        recorder_close(rr->recorder);
    run_free(&rr->run);
}
