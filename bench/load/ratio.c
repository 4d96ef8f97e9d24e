#include "load/ratio.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void ratio_init(struct ratio *r)
{
    *r = (struct ratio){ 0 };
}

void ratio_free(struct ratio *r)
{
    for (size_t i = 0; i < r->n; i++)
        free(r->models[i].model);
    free(r->models);
    ratio_init(r);
}

static struct ratio_model *find(const struct ratio *r, const char *model)
{
    for (size_t i = 0; i < r->n; i++)
        if (!strcmp(r->models[i].model, model))
            return &r->models[i];
    return NULL;
}

void ratio_add(struct ratio *r, const char *model, int64_t words, int64_t tokens)
{
    struct ratio_model *m;

    if (!model || words <= 0 || tokens <= 0)
        return;
    m = find(r, model);
    if (!m) {
        r->models = mem_grow(r->models, r->n, &r->cap, sizeof(*r->models));
        m = &r->models[r->n++];
        *m = (struct ratio_model){ .model = mem_strdup(model) };
    }
    m->words += (uint64_t)words;
    m->tokens += (uint64_t)tokens;
}

double ratio_of(const struct ratio *r, const char *model)
{
    const struct ratio_model *m = find(r, model);

    return m ? (double)m->words / (double)m->tokens : 0;
}

static bool named_before(const char *const *models, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (!strcmp(models[j], models[i]))
            return true;
    return false;
}

double ratio_round(const struct ratio *r, const char *const *models, size_t n)
{
    double sum = 0;
    int known = 0;

    for (size_t i = 0; i < n; i++) {
        double one = named_before(models, i) ? 0 : ratio_of(r, models[i]);

        sum += one;
        known += one > 0;
    }
    if (!known)
        return RATIO_DEFAULT;
    return fmin(5, fmax(0.05, round(sum / known * 1e6) / 1e6));
}
