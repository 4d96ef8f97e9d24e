#ifndef EXPORTERS_PROM_PAGE_H
#define EXPORTERS_PROM_PAGE_H

#include "data/summary.h"
#include "exporters/exposition.h"
#include "exporters/prom_counts.h"

/* The families of a page, in an order that is always the same. */
void prom_put_now(struct exposition *e, const struct prom_counts *c); /* the run, now */
void prom_put_counts(struct exposition *e,
                     const struct prom_counts *c); /* what was counted */
void prom_put_health(struct exposition *e,
                     const struct prom_counts *c);                     /* the instrument */
void prom_put_verdicts(struct exposition *e, const struct summary *s); /* behind the run */

/* Labels of everything, in the order of enum prom_label, and room for one or two more. */
enum prom_label {
    L_SCENARIO,
    L_MODEL,
    L_TIER,
    L_CELL,
    L_PHASE,
    L_REGION,
    N_PLACE,
    N_ALL = N_PLACE + 2
};

struct prom_labels {
    struct exposition_label l[N_ALL];
};

/* phase, region NULL: of none. */
struct prom_labels prom_labels_at(const struct run *run, size_t cell, const char *phase,
                                  const char *region);

/* The unit as OpenMetrics wants it: the end of the name; NULL where that is none. */
const char *prom_unit(const char *name);

/* Buckets, sum and count. per: how many of the base unit make one that is shown. */
void prom_put_hist(struct exposition *e, const struct prom_counts *c,
                   const struct prom_hist *h, const struct buckets *b, double per,
                   const struct prom_labels *l);

#endif
