#ifndef DATA_STATS_RANK_H
#define DATA_STATS_RANK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Do two sets of figures, one a trial, differ, and by how much? Whatever their
 * distribution: by ranks. Pure, for any thread. (stats_rank.c, stats_shift.c)
 */

/* Mann-Whitney. u = #{a > b} + #{a = b} / 2. */
struct stats_u {
    double u;
    double lower; /* P(U <= u), exact only */
    double upper; /* P(U >= u), exact only */
    double p;     /* two-sided */
    bool exact;   /* else by the normal approximation, with ties and continuity */
};

/* Exact up to 50 values a side, with ties 25. n1, n2 >= 1. All values alike: p = 1. */
struct stats_u stats_mann_whitney(const double *a, size_t n1, const double *b, size_t n2);
struct stats_u stats_mann_whitney_exact(const double *a, size_t n1, const double *b,
                                        size_t n2);
struct stats_u stats_mann_whitney_normal(const double *a, size_t n1, const double *b,
                                         size_t n2);

/* The least two-sided p that n1 against n2 values can show: 2 / C(n1 + n2, n1). */
double stats_least_p(size_t n1, size_t n2);

/* Wilcoxon's signed ranks of differences of pairs, exact; zeros are dropped. */
double stats_signed_rank(const double *d, size_t n, double *v);

/* The same for pairs: 2 / 2^n. */
double stats_least_p_paired(size_t n);

/* Hodges-Lehmann: the median of all differences b - a, and its interval. */
struct stats_shift {
    double shift;
    double lo;
    double hi;
    double confidence; /* of lo..hi: at least what was asked for, unless so few values have
                          no such interval; then of the widest there is */
};
struct stats_shift stats_shift(const double *a, size_t n1, const double *b, size_t n2,
                               double confidence);

/* The same from the differences of pairs: the median of their Walsh averages. */
struct stats_shift stats_shift_paired(const double *d, size_t n, double confidence);

/* p-values adjusted for there being n of them, in place. Holm bounds the chance of any
 * false alarm, Benjamini-Hochberg the share of false ones. */
void stats_holm(double *p, size_t n);
void stats_benjamini_hochberg(double *p, size_t n);

#endif
