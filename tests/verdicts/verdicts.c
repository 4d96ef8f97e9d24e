/*
 * How often does the gate cry wolf, and what does it miss? verdicts [COMPARISONS]: so many
 * of each kind in each world, 100 if not given. Exit code 1 where it keeps none of its
 * promises.
 */
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

static const struct kind {
    const char *name;
    double slower;
    unsigned trials;              /* a side; 0: as many as the tool asks for */
    double least_fail, most_fail; /* share that has to fail, may fail */
} kinds[] = {
    { "the same, 5 trials a side", 1.0, 5, 0, 0.01 },
    { "the same, 8 trials a side", 1.0, 8, 0, 0.01 },
    { "the same, 1 trial a side", 1.0, 1, 0, 0.01 },
    { "+10 %, half the limit, as many as asked for", 1.1, 0, 0, 0.01 },
    { "+10 %, half the limit, 5 trials a side", 1.1, 5, 0, 0.01 },
    { "+30 %, 1.5 times the limit, as many as asked for", 1.3, 0, 0.95, 1 },
};
enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]), USUAL = 100, SEED = 20260101 };

static void add(struct world_count *to, const struct world_count *c)
{
    to->n += c->n;
    to->pass += c->pass;
    to->fail += c->fail;
    to->inconclusive += c->inconclusive;
    to->no_data += c->no_data;
    to->untold += c->untold;
    to->trials += c->trials;
}

static void put(const char *name, const struct world_count *c, double trials)
{
    printf("  %-16s %6u %6u %6u %6u %6u   %5.1f   %5.1f %%\n", name, c->n, c->pass, c->fail,
           c->inconclusive, c->untold, trials, 100.0 * c->fail / c->n);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    unsigned n = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : USUAL;
    size_t only = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    int bad = 0;

    for (size_t k = 0; k < N_KINDS; k++) {
        struct world_count all = { 0 };
        double share;

        if (only && k + 1 != only)
            continue;
        printf("%s\n  %-16s %6s %6s %6s %6s %6s   %5s   %s\n", kinds[k].name, "", "of",
               "pass", "fail", "open", "untold", "trials", "failed");
        for (size_t w = 0; w < n_worlds; w++) {
            struct world_count c = world_count(&worlds[w], n, kinds[k].trials,
                                               kinds[k].slower, SEED + 100 * k + w);

            put(worlds[w].name, &c, c.trials);
            add(&all, &c);
        }
        put("all", &all, all.trials / (double)n_worlds);
        share = (double)all.fail / all.n;
        if (share < kinds[k].least_fail || share > kinds[k].most_fail) {
            printf("  NOT AS PROMISED: %.1f %% to %.1f %% are to fail\n",
                   100 * kinds[k].least_fail, 100 * kinds[k].most_fail);
            bad = 1;
        }
        putchar('\n');
    }
    return bad;
}
