#include "data/observed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "data/truth_line.h"

enum { N_BUCKETS = 4096, CHUNK = 64 << 10, MAX_LINE = 4 << 20 };

/* A line of the truth log that waits for its record. */
struct waiting {
    struct waiting *next;    /* in its bucket */
    struct waiting *younger; /* in the order of the log */
    struct waiting *older;
    struct truth_line line;
};

struct observer {
    FILE *log;
    ns_t t0;
    ns_t from;
    ns_t to;
    struct buf text;
    struct waiting *buckets[N_BUCKETS];
    struct waiting *oldest;
    struct waiting *youngest;
    size_t n_waiting;
    struct observed seen;
};

struct observer *observer_open(const char *truth, ns_t t0_mono, struct err *err)
{
    FILE *log = fopen(truth, "re");
    struct observer *o;

    if (!log) {
        err_set(err, ERR_IO, "%s: %s", truth, strerror(errno));
        return NULL;
    }
    o = mem_alloc(sizeof(*o));
    o->log = log;
    o->t0 = t0_mono;
    buf_init(&o->text, MAX_LINE);
    hist_init_standard(&o->seen.first);
    hist_init_standard(&o->seen.frames);
    hist_init_standard(&o->seen.arrival);
    return o;
}

void observer_window(struct observer *o, ns_t from, ns_t to)
{
    o->from = from;
    o->to = to;
}

static struct waiting **bucket_of(struct observer *o, uint64_t req, uint32_t try_no)
{
    uint64_t h = (req * 31 + try_no) * 0x9E3779B97F4A7C15ULL;

    return &o->buckets[h >> 52];
}

/* Out of all lists; the caller has it. */
static void take_out(struct observer *o, struct waiting *w)
{
    struct waiting **at = bucket_of(o, w->line.req, w->line.try_no);

    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    *(w->older ? &w->older->younger : &o->oldest) = w->younger;
    *(w->younger ? &w->younger->older : &o->youngest) = w->older;
    o->n_waiting--;
}

static void forget(struct waiting *w)
{
    truth_line_free(&w->line);
    free(w);
}

static void put_in(struct observer *o, struct waiting *w)
{
    struct waiting **at = bucket_of(o, w->line.req, w->line.try_no);

    w->next = *at;
    *at = w;
    w->younger = NULL;
    w->older = o->youngest;
    *(o->youngest ? &o->youngest->younger : &o->oldest) = w;
    o->youngest = w;
    if (o->n_waiting++ == OBSERVED_WAITING) {
        struct waiting *oldest = o->oldest;

        take_out(o, oldest);
        forget(oldest);
    }
}

/* A whole line, without its end; a last one without an end is none. */
static bool next_line(struct observer *o)
{
    char chunk[CHUNK];

    buf_clear(&o->text);
    while (fgets(chunk, sizeof(chunk), o->log)) {
        size_t n = strlen(chunk);
        bool whole = n && chunk[n - 1] == '\n';

        if (buf_add(&o->text, chunk, whole ? n - 1 : n))
            buf_clear(&o->text); /* what is left is damaged, and told as such */
        if (whole)
            return true;
    }
    return false;
}

static bool is(const struct waiting *w, const struct record *r)
{
    return w->line.req == r->req && w->line.try_no == r->try_no;
}

/* The log's next request into the lists; NULL at its end. */
static struct waiting *read_on(struct observer *o)
{
    struct waiting *w = mem_alloc(sizeof(*w));

    while (next_line(o)) {
        if (truth_line_read(&w->line, o->text.p ? o->text.p : "", o->text.len)) {
            put_in(o, w);
            return w;
        }
        o->seen.bad_lines++;
    }
    forget(w);
    return NULL;
}

static struct waiting *find(struct observer *o, const struct record *r)
{
    struct waiting *w = *bucket_of(o, r->req, r->try_no);

    while (w && !is(w, r))
        w = w->next;
    for (int i = 0; !w && i < OBSERVED_AHEAD; i++) {
        struct waiting *next = read_on(o);

        if (!next)
            return NULL;
        if (is(next, r))
            w = next;
    }
    return w;
}

static void record_error(struct observer *o, struct hist *h, ns_t error)
{
    o->seen.early += error < 0;
    hist_record(h, error < 0 ? 0 : error, 1);
}

/* The journal has a frame's moment in whole us: so is its departure, before they differ. */
static void compare_frames(struct observer *o, const struct record *r,
                           const struct truth_line *t)
{
    ns_t us = r->at[MOMENT_FIRST] / NS_PER_US;
    size_t n = r->n_gaps + 1 < t->n_frames ? r->n_gaps + 1 : t->n_frames;

    for (size_t i = 0; i < n; i++) {
        ns_t sent = (t->frames[i] - o->t0) / NS_PER_US;

        us += i ? r->gaps[i - 1] : 0;
        record_error(o, &o->seen.frames, (us - sent) * NS_PER_US);
        o->seen.frames_then += us * NS_PER_US >= o->from && us * NS_PER_US < o->to;
    }
    o->seen.uneven += !r->gaps_lost && r->n_gaps + 1 != t->n_frames;
}

static void compare(struct observer *o, const struct record *r, const struct truth_line *t)
{
    ns_t first = r->at[MOMENT_FIRST], due = r->at[MOMENT_DUE];

    o->seen.matched++;
    if (t->arrival != NS_ABSENT && due != NS_ABSENT && r->try_no == 1)
        hist_record(&o->seen.arrival,
                    t->arrival - o->t0 > due ? t->arrival - o->t0 - due : 0, 1);
    if (first == NS_ABSENT || !t->n_frames) {
        o->seen.uneven += (first == NS_ABSENT) != !t->n_frames;
        return;
    }
    record_error(o, &o->seen.first, first + o->t0 - t->frames[0]);
    compare_frames(o, r, t);
}

void observer_record(struct observer *o, const struct record *r)
{
    struct waiting *w;

    if (r->outcome != OUTCOME_OK)
        return;
    o->seen.attempts++;
    w = find(o, r);
    if (!w)
        return;
    compare(o, r, &w->line);
    take_out(o, w);
    forget(w);
}

const struct observed *observer_seen(const struct observer *o)
{
    return &o->seen;
}

void observer_close(struct observer *o)
{
    while (o->oldest) {
        struct waiting *w = o->oldest;

        take_out(o, w);
        forget(w);
    }
    hist_free(&o->seen.first);
    hist_free(&o->seen.frames);
    hist_free(&o->seen.arrival);
    buf_free(&o->text);
    fclose(o->log);
    free(o);
}
