#ifndef REPORTS_MODELS_H
#define REPORTS_MODELS_H

#include "api/models.h"
#include "base/buf.h"
#include "data/catalogue.h"

/*
 * The models of a target with what the catalogue knows of each, by the limits of the plan.
 * What the server says of a model wins.
 */
struct models_page {
    const char *target;
    const char *plan;
    const struct models_told *told;
    const struct catalogue *catalogue;
    bool unlisted; /* also those that only the catalogue has */
};

void report_models_text(struct buf *out, const struct models_page *p, bool colour);
void report_models_json(struct buf *out, const struct models_page *p);

#endif
