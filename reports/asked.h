#ifndef REPORTS_ASKED_H
#define REPORTS_ASKED_H

#include "data/summary.h"

/*
 * What answers the question of a run, by its scenario's `answer`: a row for each cell,
 * phase, turn or region, and how many times the figures of another row its own are. Text,
 * Markdown and the page print the same.
 *
 *     struct asked_rows a = asked_rows(summary);
 *     for (i < a.n) for (f < a.of->n) asked_value(&a, i, f) ...
 *     asked_free(&a);
 */
struct asked_row {
    uint32_t cell;
    size_t against; /* the row it is held against; SIZE_MAX: none */
    /* Where its figures are, one of: */
    const struct summary_group *group;
    const struct summary_turn *turn;
    const struct summary_region *region;
};

struct asked_rows {
    const struct summary *summary;
    const struct asked *of;
    struct asked_row *rows;
    size_t n; /* 0: nothing was asked, or nothing was measured */
    size_t cap;
};

struct asked_value {
    bool present;
    double value;  /* in the unit of the metric or rate */
    bool interval; /* 95 % */
    double lo;
    double hi;      /* -1: no limit on that side */
    uint64_t n;     /* values that there are */
    uint64_t needs; /* to be present; 0: not known */
};

/* A row's value as a multiple of that of the row it is held against. */
struct asked_times {
    bool present;
    double value;
    bool interval; /* 95 % */
    double lo;
    double hi;   /* INFINITY: no limit */
    bool trials; /* told by trials; else by requests, which is weaker */
    bool alike; /* not told apart: the interval has 1 in it, or the instrument's error is as
                   large as the difference */
};

struct asked_rows asked_rows(const struct summary *s);
void asked_free(struct asked_rows *a);

struct asked_value asked_value(const struct asked_rows *a, size_t row, size_t figure);
struct asked_times asked_times(const struct asked_rows *a, size_t row, size_t figure);

/* "43.3 ms", "43.3 ms ±22 %" (of shares "4.0 % (1.6..8.1 %)"), "– (needs 59)". */
void asked_put_value(struct buf *out, const struct slo *figure, const struct asked_value *v,
                     bool interval);
/* The interval alone: "39.2..53.0 ms"; nothing where there is none. */
void asked_put_range(struct buf *out, const struct slo *figure,
                     const struct asked_value *v);
/* "1.17x (0.86..1.60) ≈"; nothing where there is nothing to be told. */
void asked_put_times(struct buf *out, const struct asked_times *t);

/* Its cell, as short as it can be told apart; nothing without a matrix. */
void asked_put_cell(struct buf *out, const struct asked_rows *a, size_t row);
/* What the row is of besides its cell: "calm", "turn 2"; nothing by cell. */
void asked_put_part(struct buf *out, const struct asked_rows *a, size_t row);
/* "times calm", "times on_demand", "times the first". */
void asked_put_against(struct buf *out, const struct asked_rows *a, size_t row);

/* What the signs mean, and how sure it is; of an invalid run, that it is none. */
void asked_put_legend(struct buf *out, const struct asked_rows *a);

#endif
