#include "data/hgrm.h"

#include <inttypes.h>
#include <math.h>

/* Writes one row; `level` in percent, 100 in the last row alone. */
typedef void row_fn(struct buf *out, int digits, double value, double level, int64_t count);

static void text_row(struct buf *out, int digits, double value, double level, int64_t count)
{
    buf_printf(out, "%12.*f %2.12f %10" PRId64, digits, value, level / 100, count);
    if (level < 100)
        buf_printf(out, " %14.2f", 1 / (1 - level / 100));
    buf_char(out, '\n');
}

static void csv_row(struct buf *out, int digits, double value, double level, int64_t count)
{
    buf_printf(out, "%.*f,%.12f,%" PRId64 ",", digits, value, level / 100, count);
    if (level < 100)
        buf_printf(out, "%.2f\n", 1 / (1 - level / 100));
    else
        buf_str(out, "Infinity\n");
}

/*
 * The levels do not depend on the data, only where they end does: of the distance that is
 * left to 100 %, `steps` steps go to its half. ilogb(100 / distance) counts the halvings
 * so far.
 */
static double next_level(double level, int steps)
{
    return level + 100 / (steps * ldexp(1, ilogb(100 / (100 - level)) + 1));
}

static void put_rows(struct buf *out, const struct hist *h, int steps, double scale,
                     row_fn *row)
{
    size_t i = hist_next(h, 0);
    int64_t sum = h->total ? h->counts[i] : 0;
    double level = 0;

    while (h->total && level < 100) {
        while (sum < h->total && 100.0 * (double)sum / (double)h->total < level) {
            i = hist_next(h, i + 1);
            sum += h->counts[i];
        }
        row(out, h->digits, (double)hist_highest_equivalent(h, hist_value(h, i)) / scale,
            level, sum);
        /* Past 2^50 values the steps drown in the rounding of the level. */
        if (sum == h->total || next_level(level, steps) <= level)
            break;
        level = next_level(level, steps);
    }
    if (h->total)
        row(out, h->digits, (double)hist_value_at_rank(h, h->total, true) / scale, 100,
            h->total);
}

void hgrm_put(struct buf *out, const struct hist *h, int steps, double scale)
{
    buf_printf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
               "1/(1-Percentile)");
    put_rows(out, h, steps, scale, text_row);
    buf_printf(out, "#[Mean    = %12.*f, StdDeviation   = %12.*f]\n", h->digits,
               hist_mean(h) / scale, h->digits, hist_stddev(h) / scale);
    buf_printf(out, "#[Max     = %12.*f, Total count    = %12" PRId64 "]\n", h->digits,
               (double)hist_max(h) / scale, h->total);
    buf_printf(out, "#[Buckets = %12d, SubBuckets     = %12" PRId64 "]\n", h->buckets,
               h->sub_buckets);
}

void hgrm_put_csv(struct buf *out, const struct hist *h, int steps, double scale)
{
    buf_str(out, "\"Value\",\"Percentile\",\"TotalCount\",\"1/(1-Percentile)\"\n");
    put_rows(out, h, steps, scale, csv_row);
}
