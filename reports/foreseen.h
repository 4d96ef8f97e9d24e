#ifndef REPORTS_FORESEEN_H
#define REPORTS_FORESEEN_H

#include "base/json.h"
#include "data/summary.h"

/*
 * The limit that a cell's load was to meet, against the one it met: "Forecast: RPM 30 after
 * 30 requests, ..."; of a matrix with the cell's name. Nothing where none was foreseen and
 * none was met.
 */
void foreseen_put(struct buf *out, const struct summary *s, uint32_t cell);

/* The member "forecast" of a cell; nothing where the same holds. */
void foreseen_json(struct jsonw *w, const struct summary *s, uint32_t cell);

#endif
