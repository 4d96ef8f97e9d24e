#include "data/hist.h"

#include <math.h>

int64_t hist_min(const struct hist *h)
{
    if (!h->total || h->counts[0])
        return 0;
    return hist_lowest_equivalent(h, h->min);
}

int64_t hist_max(const struct hist *h)
{
    return h->max ? hist_highest_equivalent(h, h->max) : 0;
}

static double middle(const struct hist *h, size_t index)
{
    return (double)hist_median_equivalent(h, hist_value(h, index));
}

double hist_mean(const struct hist *h)
{
    double sum = 0;

    if (!h->total)
        return 0;
    for (size_t i = hist_next(h, 0); i < h->len; i = hist_next(h, i + 1))
        sum += (double)h->counts[i] * middle(h, i);
    return sum / (double)h->total;
}

double hist_stddev(const struct hist *h)
{
    double mean = hist_mean(h);
    double sum = 0;

    if (!h->total)
        return 0;
    for (size_t i = hist_next(h, 0); i < h->len; i = hist_next(h, i + 1)) {
        double off = middle(h, i) - mean;

        sum += (double)h->counts[i] * off * off;
    }
    return sqrt(sum / (double)h->total);
}

int64_t hist_rank(int64_t total, double p)
{
    /*
     * The next double below p, so that noise cannot push an exact product one rank up.
     * Past 2^53 ranks are as coarse as doubles are.
     */
    double rank = ceil(nextafter(fmin(fmax(p, 0), 100), -1) * (double)total / 100.0);

    if (rank >= (double)total)
        return total;
    return rank < 1 ? 1 : (int64_t)rank;
}

int64_t hist_value_at_rank(const struct hist *h, int64_t rank, bool upper_edge)
{
    int64_t left = rank < 1 ? 1 : rank > h->total ? h->total : rank;
    size_t i = 0;
    int64_t v;

    if (!h->total)
        return 0;
    while ((left -= h->counts[i]) > 0)
        i++;
    v = hist_value(h, i);
    return upper_edge ? hist_highest_equivalent(h, v) : v;
}

int64_t hist_percentile(const struct hist *h, double p)
{
    return hist_value_at_rank(h, hist_rank(h->total, p), p > 0);
}

/* Counts below index `end`. */
static int64_t count_below(const struct hist *h, size_t end)
{
    int64_t sum = 0;

    for (size_t i = 0; i < end && i < h->len; i++)
        sum += h->counts[i];
    return sum;
}

double hist_percentile_at_or_below(const struct hist *h, int64_t v)
{
    if (!h->total)
        return 100;
    if (v < 0)
        return 0;
    return 100.0 * (double)count_below(h, hist_index(h, v) + 1) / (double)h->total;
}

int64_t hist_count_between(const struct hist *h, int64_t a, int64_t b)
{
    if (b < 0 || a > b)
        return 0;
    return count_below(h, hist_index(h, b) + 1) -
           count_below(h, hist_index(h, a > 0 ? a : 0));
}
