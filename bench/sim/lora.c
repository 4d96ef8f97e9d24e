#include "sim/lora.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { MAX_LORAS = 64 };

static const struct model *base_of(const struct catalogue *c, const char *id)
{
    const char *name = id + 3, *end = strchr(name, ':');
    const struct model *base;
    char *copy;

    if (strncmp(id, "ft:", 3) != 0 || !end || strncmp(end, ":org_", 5) != 0 ||
        !strchr(end, '/'))
        return NULL;
    copy = mem_strndup(name, (size_t)(end - name));
    base = catalogue_model(c, copy);
    free(copy);
    return base;
}

const struct model *lora_model(struct loras *l, const struct catalogue *c, const char *id)
{
    const struct model *base = base_of(c, id);

    for (size_t i = 0; i < l->n; i++)
        if (!strcmp(l->list[i].model.id, id))
            return &l->list[i].model;
    if (!base || l->n == MAX_LORAS)
        return NULL;
    if (!l->list)
        l->list = mem_array(MAX_LORAS, sizeof(*l->list));
    l->list[l->n] = (struct lora){ *base, NS_ABSENT };
    l->list[l->n].model.id = mem_strdup(id);
    return &l->list[l->n++].model;
}

/* It is in use from when it is loaded. */
ns_t lora_wait(struct loras *l, const struct model *m, const struct setting *set, ns_t now)
{
    for (size_t i = 0; i < l->n; i++) {
        struct lora *own = &l->list[i];
        bool cold = own->used == NS_ABSENT ||
                    (double)(now - own->used) > (double)set->lora_idle / set->speed;
        ns_t wait = cold ? (ns_t)(set->lora_cold * 1e9 / set->speed) : 0;

        if (m != &own->model)
            continue;
        own->used = now + wait > own->used ? now + wait : own->used;
        return wait;
    }
    return 0;
}

void loras_free(struct loras *l)
{
    for (size_t i = 0; i < l->n; i++)
        free((char *)l->list[i].model.id);
    free(l->list);
    *l = (struct loras){ 0 };
}
