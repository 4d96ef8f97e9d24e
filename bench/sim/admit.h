#ifndef SIM_ADMIT_H
#define SIM_ADMIT_H

#include "sim/world.h"

/*
 * How a request that has been understood comes to its model, whatever the endpoint: the
 * fault that it was given, the model, what that is asked for, the limits, and then the
 * answer is drafted.
 *
 *     struct admission a = { .tier = ask.tier, .ask = &ask, .look = look, .serve = serve };
 *     a.need.tokens = ...;
 *     admit_request(w, x, http, &a);
 *
 * x->model_asked is set. All of it fills *x, the refusal too.
 */
struct admission {
    enum tier tier;
    struct quota_need need;
    void *ask; /* what the endpoint's own functions work on */

    /* Does it go with x->model? -1: refused. */
    int (*look)(struct world *w, struct exchange *x, void *ask);

    /* It goes to the model: what is answered, and in which time. */
    void (*serve)(struct world *w, struct exchange *x, void *ask);
};

void admit_request(struct world *w, struct exchange *x, const struct http *http,
                   const struct admission *a);

/* How fast the model is. */
struct timing_params admit_timing(const struct world *w, const struct model *m);

/*
 * The model takes up a request: units of work at so many a second, behind its queue. Of
 * what is no text.
 */
void admit_work(struct world *w, struct exchange *x, double per_s, uint32_t units);

#endif
