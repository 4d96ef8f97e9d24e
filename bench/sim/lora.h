#ifndef SIM_LORA_H
#define SIM_LORA_H

#include "base/clock.h"
#include "data/catalogue.h"
#include "sim/setting.h"

/*
 * Adapters (LoRA): models called ft:BASE:org_.../NAME-HASH. Each is served as its base is;
 * the first call, and the first after a pause, waits until the adapter is loaded.
 */
struct lora {
    struct model model;
    ns_t used; /* NS_ABSENT: never */
};

struct loras {
    struct lora *list;
    size_t n;
};

/* NULL where the name is no adapter's, or that of an unknown base. */
const struct model *lora_model(struct loras *l, const struct catalogue *c, const char *id);

/* How long a call that comes now waits for its adapter; 0 for other models. */
ns_t lora_wait(struct loras *l, const struct model *m, const struct setting *set, ns_t now);

void loras_free(struct loras *l);

#endif
