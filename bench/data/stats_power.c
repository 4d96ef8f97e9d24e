#include "data/stats_power.h"

#include <math.h>

#include "data/stats.h"
#include "data/stats_rank.h"

double stats_shift_error(double s, size_t n1, size_t n2)
{
    return s * sqrt((1 / (double)n1 + 1 / (double)n2) / STATS_RANK_EFFICIENCY);
}

double stats_detectable(double s, size_t n1, size_t n2)
{
    double freedom = (double)(n1 + n2) - 2;

    return expm1((stats_t_quantile(freedom, 0.975) + stats_t_quantile(freedom, 0.8)) * s *
                 sqrt(1 / (double)n1 + 1 / (double)n2));
}

double stats_sd_upper(double s, double freedom)
{
    return s * sqrt(freedom / stats_chi2_quantile(freedom, 0.1));
}

double stats_gate_half(double limit)
{
    return 1 + (limit - 1) / 2;
}

double stats_gate_quantile(const struct stats_gate *g, double freedom)
{
    return stats_t_quantile(freedom, 1 - g->gamma / (double)g->tests);
}

/* Do n1 against n2 trials tell? `far` is the true ln ratio that is to fail. */
static bool tells(const struct stats_gate *g, double s, size_t n1, size_t n2)
{
    static const double sure = 0.97; /* of each condition, so that all hold in 95 of 100 */
    double far = log(1 + 1.5 * (g->limit - 1)), near = log(g->limit);
    double freedom = (double)(n1 + n2) - 2, z = stats_normal_quantile(sure);
    double e = stats_shift_error(s, n1, n2);

    return stats_least_p(n1, n2) * (double)g->tests < g->alpha && far - near >= z * e &&
           far - log(stats_gate_half(g->limit)) >=
               (stats_gate_quantile(g, freedom) + z) * e &&
           far >=
               (stats_t_quantile(freedom, 1 - g->alpha / 2 / (double)g->tests) + z) * e &&
           near >= (stats_t_quantile(freedom, 0.975) + z) * e;
}

size_t stats_gate_trials(const struct stats_gate *g, double s, size_t n1, size_t n2,
                         size_t most)
{
    for (size_t n = 2; n <= most; n++)
        if (tells(g, s, n > n1 ? n : n1, n > n2 ? n : n2))
            return n;
    return 0;
}
