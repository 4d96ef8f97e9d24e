#ifndef DATA_STATS_CHANGE_H
#define DATA_STATS_CHANGE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Where did the level of a series change? Splits it where the means of both sides differ
 * most, as often as relabelling says that chance does not do that (999 permutations drawn
 * from the seed, 1 in 100), and goes on in both sides. Each side has three values at least.
 * at[] receives the indices at which a new level begins, rising: at most n / 3. Pure.
 */
size_t stats_changes(const double *x, size_t n, uint64_t seed, size_t *at);

#endif
