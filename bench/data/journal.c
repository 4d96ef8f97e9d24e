#include "data/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "data/journal_line.h"

/* --- reading ----------------------------------------------------------------------- */

enum { CHUNK = 1 << 20, MAX_LINE = 64 << 20 };

/*
 * A file as lines: those longer than MAX_LINE are passed over. The buffer holds what was
 * read and not yet handed out.
 */
struct lines {
    int fd;
    char *buf;
    size_t cap;
    size_t from; /* of the line that comes next */
    size_t seen; /* no LF between from and here */
    size_t end;
    bool passing; /* inside a line that is too long */
    struct journal_notes *notes;
};

/* More bytes behind `end`: 1, 0 at the end of the file, or -1. */
static int fill(struct lines *l, struct err *err)
{
    ssize_t n;

    if (l->from) {
        memmove(l->buf, l->buf + l->from, l->end - l->from);
        l->end -= l->from;
        l->seen -= l->from;
        l->from = 0;
    }
    if (l->cap - l->end < CHUNK) {
        l->cap = l->cap * 2 + CHUNK;
        l->buf = mem_resize(l->buf, l->cap, 1);
    }
    do
        n = read(l->fd, l->buf + l->end, CHUNK);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_set(err, ERR_IO, "%s", strerror(errno));
    l->end += (size_t)n;
    l->notes->bytes += (uint64_t)n;
    return n > 0;
}

/* What is there of a line that is too long is dropped, the rest follows. */
static void pass(struct lines *l)
{
    l->passing = true;
    l->from = l->seen = l->end = 0;
}

/* The next line: 1, 0 where no whole one is left, -1. Damaged: it was too long. */
static int next_line(struct lines *l, struct str *line, bool *damaged, struct err *err)
{
    for (;;) {
        char *lf = memchr(l->buf + l->seen, '\n', l->end - l->seen);
        int more;

        if (lf) {
            *line = (struct str){ l->buf + l->from, (size_t)(lf - l->buf) - l->from };
            l->from = l->seen = (size_t)(lf - l->buf) + 1;
            *damaged = l->passing;
            l->passing = false;
            return 1;
        }
        l->seen = l->end;
        if (l->end - l->from > MAX_LINE)
            pass(l);
        more = fill(l, err);
        if (more <= 0)
            return more;
    }
}

/* Ends are noted on the way past. */
struct passing {
    const struct journal_sink *sink;
    struct journal_notes *notes;
};

static void pass_record(void *ctx, const struct record *r)
{
    const struct journal_sink *s = ((struct passing *)ctx)->sink;

    if (s->record)
        s->record(s->ctx, r);
}

static void pass_phase(void *ctx, const struct phase_event *e)
{
    const struct journal_sink *s = ((struct passing *)ctx)->sink;

    if (s->phase)
        s->phase(s->ctx, e);
}

static void pass_health(void *ctx, const struct health_sample *h)
{
    const struct journal_sink *s = ((struct passing *)ctx)->sink;

    if (s->health)
        s->health(s->ctx, h);
}

static void pass_batch(void *ctx, const struct batch_event *e)
{
    const struct journal_sink *s = ((struct passing *)ctx)->sink;

    if (s->batch)
        s->batch(s->ctx, e);
}

static void pass_end(void *ctx, const struct run_end *e)
{
    struct passing *p = ctx;

    p->notes->ended = true;
    if (p->sink->end)
        p->sink->end(p->sink->ctx, e);
}

static int first_line(struct lines *l, struct run *run, struct err *err)
{
    struct str line;
    bool damaged;
    int got = next_line(l, &line, &damaged, err);

    if (got < 0)
        return -1;
    if (!got && l->end == l->from && !l->passing)
        return err_set(err, ERR_PARSE, "the journal is empty");
    if (!got || damaged)
        return err_set(err, ERR_PARSE, "not a journal: its first line has no end");
    return run_read(run, line.p, line.n, err);
}

static int other_lines(struct lines *l, const struct run *run, struct passing *to,
                       struct err *err)
{
    struct journal_sink sink = { pass_record, pass_phase, pass_health,
                                 pass_batch,  pass_end,   to };
    struct line_reader lr = { 0 };
    struct str line;
    bool damaged;
    int got;

    while ((got = next_line(l, &line, &damaged, err)) > 0) {
        struct err why;

        to->notes->lines++;
        if (damaged || line_read(&lr, line.p, line.n, run, &sink, &why))
            to->notes->bad_lines++;
    }
    to->notes->torn = l->end > l->from || l->passing;
    line_reader_free(&lr);
    return got;
}

int journal_read(const char *path, struct run *run, void (*begin)(void *ctx),
                 const struct journal_sink *sink, struct journal_notes *notes,
                 struct err *err)
{
    struct lines l = { .fd = open(path, O_RDONLY | O_CLOEXEC), .cap = CHUNK };
    struct passing to = { .sink = sink };
    struct stat st;
    int rc;

    *notes = (struct journal_notes){ 0 };
    to.notes = l.notes = notes;
    if (l.fd < 0) {
        err_set(err, ERR_IO, "%s", strerror(errno));
        return err_at(err, "%s", path);
    }
    if (!fstat(l.fd, &st) && S_ISREG(st.st_mode))
        notes->size = (uint64_t)st.st_size;
    l.buf = mem_alloc(l.cap);
    rc = first_line(&l, run, err);
    if (!rc) {
        notes->lines = 1;
        if (begin)
            begin(sink->ctx);
        rc = other_lines(&l, run, &to, err);
        if (rc)
            run_free(run);
    }
    close(l.fd);
    free(l.buf);
    return rc ? err_at(err, "%s", path) : 0;
}

/* --- writing ----------------------------------------------------------------------- */

enum { BATCH = 64 << 10 };
#define BATCH_TIME (100 * NS_PER_MS)

struct journal {
    int fd;
    ns_t written; /* when the last batch was */
    struct buf buf;
    char *path;
};

struct journal *journal_open(const char *path, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    struct journal *j;

    if (fd < 0) {
        err_set(err, ERR_IO, "cannot create %s: %s", path, strerror(errno));
        return NULL;
    }
    j = mem_alloc(sizeof(*j));
    j->fd = fd;
    j->path = mem_strdup(path);
    buf_init(&j->buf, 0);
    return j;
}

struct buf *journal_buf(struct journal *j)
{
    return &j->buf;
}

/* What could not be written stays, so that a later try goes on within the line. */
static int write_all(struct journal *j, struct err *err)
{
    size_t done = 0;
    int rc = 0;

    while (!rc && done < j->buf.len) {
        ssize_t n = write(j->fd, j->buf.p + done, j->buf.len - done);

        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            rc = err_set(err, ERR_IO, "cannot write %s: %s", j->path, strerror(errno));
    }
    buf_consume(&j->buf, done);
    return rc;
}

int journal_flush(struct journal *j, ns_t now, bool force, struct err *err)
{
    if (!j->buf.len || (!force && j->buf.len < BATCH && now - j->written < BATCH_TIME))
        return 0;
    j->written = now;
    return write_all(j, err);
}

int journal_close(struct journal *j, struct err *err)
{
    int rc = write_all(j, err);

    if (close(j->fd) && !rc)
        rc = err_set(err, ERR_IO, "cannot write %s: %s", j->path, strerror(errno));
    buf_free(&j->buf);
    free(j->path);
    free(j);
    return rc;
}
