#ifndef DATA_SUMMARY_METRIC_H
#define DATA_SUMMARY_METRIC_H

#include "data/summary.h"

/* What a histogram says, percentiles only as far as its sample carries them. */
void summary_metric_of(struct summary_metric *m, const struct hist *h);

/* A quotient of counts and, where it is a share, how sure it is. */
void summary_rate_of(struct summary_rate *rate, enum rate_id id, const struct tally *t);

/* The verdict on each objective in each cell it is about; needs cells and health.e. */
void summary_judge(struct summary *s, const struct recorder *r);

#endif
