#ifndef EXPORTERS_KINDS_H
#define EXPORTERS_KINDS_H

#include "exporters/exporter.h"

/* The rows of the table in exporter.c, each where its format is. */
extern const struct exporter export_otlp;
extern const struct exporter export_prometheus;
extern const struct exporter export_csv;
extern const struct exporter export_attempts;
extern const struct exporter export_json;
extern const struct exporter export_hlog;
extern const struct exporter export_hgrm;
extern const struct exporter export_perfetto;

#endif
