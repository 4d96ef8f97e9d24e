#ifndef EXPORTERS_OTLP_REPLY_H
#define EXPORTERS_OTLP_REPLY_H

#include "exporters/exporter.h"

/* Answers of OTLP servers: a partial success in a good one, a Status in any other. Bodies
 * that are neither say nothing. */
void otlp_reply(struct str body, bool good, struct export_reply *r);

#endif
