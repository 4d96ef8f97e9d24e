#ifndef LOAD_PROBE_H
#define LOAD_PROBE_H

#include <stdbool.h>

#include "api/models.h"
#include "data/catalogue.h"
#include "load/call.h"
#include "reports/probe.h"

/*
 * One careful request of each kind: what does this target have, who are we to it, how far
 * is it? Endpoints are asked with an empty request, which costs nothing: one that is there
 * calls it wrong. Features cost a few tokens each, of the cheapest model that is listed, or
 * the one that is named. It ends early where the target can be of no use, or where a rate
 * limit speaks.
 */
struct probe_job {
    struct caller *caller;
    const struct catalogue *catalogue;
    const char *model; /* NULL: choose */
    const char *key;   /* NULL: none */
    bool quick;        /* connection, key and endpoints only */
};

/* Fills *p; told holds the models that were listed, the caller frees it. */
void probe_run(const struct probe_job *job, struct probe *p, struct models_told *told);

/* Can it be used: reached, and the key not refused? */
bool probe_is_usable(const struct probe *p);

/* What an answer says of the endpoint or feature that was asked for. Pure. */
enum probe_state probe_judge_endpoint(const struct answer *a);
enum probe_state probe_judge_feature(const struct answer *a);

#endif
