#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "reports/figure.h"
#include "reports/plot.h"

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
    qsort(v, n, sizeof(*v), by_value);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

struct line {
    double slope; /* ms per token */
    double at_0;  /* ms */
    bool known;
};

/*
 * Theil and Sen: the median of the slopes between all pairs of points, which a few slow
 * answers do not turn; then the median of what is left.
 */
static struct line fit(const struct course *c)
{
    size_t n = c->n_points, pairs = 0;
    double *v = mem_array(n * n / 2 + n + 1, sizeof(*v));
    struct line l = { 0 };

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double dx = (double)(c->points[i].prompt - c->points[j].prompt);

            if (fabs(dx) > 0)
                v[pairs++] =
                    (double)(c->points[i].ttft - c->points[j].ttft) / NS_PER_MS / dx;
        }
    if (pairs) {
        l.known = true;
        l.slope = median(v, pairs);
        for (size_t i = 0; i < n; i++)
            v[i] = (double)c->points[i].ttft / NS_PER_MS -
                   l.slope * (double)c->points[i].prompt;
        l.at_0 = median(v, n);
    }
    free(v);
    return l;
}

static int by_key(const void *a, const void *b)
{
    uint64_t x = ((const struct course_point *)a)->key;
    uint64_t y = ((const struct course_point *)b)->key;

    return (x > y) - (x < y);
}

static void put_points(struct sketch *d, const struct course *c)
{
    struct course_point *sorted = mem_array(c->n_points, sizeof(*sorted));

    memcpy(sorted, c->points, c->n_points * sizeof(*sorted));
    qsort(sorted, c->n_points, sizeof(*sorted), by_key);
    sketch_block(d, "points");
    for (size_t i = 0; i < c->n_points; i++)
        sketch_row(d, "%lld %.6g", (long long)sorted[i].prompt,
                   (double)sorted[i].ttft / NS_PER_MS);
    sketch_end(d);
    free(sorted);
}

static void put_axis(struct sketch *d, const struct course *c)
{
    double least = INFINITY, most = 0;

    for (size_t i = 0; i < c->n_points; i++) {
        least = fmin(least, (double)c->points[i].ttft / NS_PER_MS);
        most = fmax(most, (double)c->points[i].ttft / NS_PER_MS);
    }
    sketch_wide_axis(d, "ttft", least, most);
}

static void say(struct sketch *d, const struct course *c, const struct line *l)
{
    sketch_say(d, "Time to first token of ");
    if (c->of_points > c->n_points)
        sketch_say(d, "a random %zu of ", c->n_points);
    sketch_say_count(d, c->of_points, "request", "requests");
    sketch_say(d, " by the size of its prompt.");
    if (!l->known)
        sketch_say(d, " All prompts are of one size: no line.");
    else
        sketch_say(d, " Line (Theil-Sen): %.3g ms per 1,000 tokens", l->slope * 1000);
    if (l->known && l->slope > 0) {
        sketch_say(d, ", that is ");
        figure_number(&d->caption, 1000 / l->slope);
        sketch_say(d, " tokens per second of prefill as the client sees it");
    }
    if (l->known)
        sketch_say(d, ".");
}

bool sketch_prompt(struct sketch *d, const struct subject *s, size_t n)
{
    const struct course *c = subject_course(s);
    struct line l;

    (void)n;
    if (!c->n_points) {
        sketch_say(d, "no streamed answer told the size of its prompt");
        return false;
    }
    if (sketch_is_few(d, c->n_points, "request", "requests"))
        return false;
    l = fit(c);
    put_points(d, c);
    put_axis(d, c);
    sketch_set(d, "slope", l.slope);
    sketch_set(d, "at_0", l.at_0);
    sketch_set(d, "has_line", l.known);
    say(d, c, &l);
    sketch_say_error(d, s, HEADLINE_TTFT);
    return true;
}
