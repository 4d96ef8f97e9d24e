#ifndef EXPORTERS_OTLP_LOGS_H
#define EXPORTERS_OTLP_LOGS_H

#include "exporters/otlp_traces.h"

/*
 * Events: the first failure of each class in a cell, with its trace; at the end each
 * objective's verdict and what the run is worth.
 */
struct otlp_logs;

/* traces NULL: events without traces. */
struct otlp_logs *otlp_logs_open(const struct otlp_about *about,
                                 const struct export_out *out,
                                 const struct otlp_traces *traces);
void otlp_logs_close(struct otlp_logs *l); /* what has gathered is put out */

void otlp_logs_record(struct otlp_logs *l, const struct record *r);
void otlp_logs_summary(struct otlp_logs *l, const struct summary *s);
void otlp_logs_tick(struct otlp_logs *l, ns_t at);

#endif
