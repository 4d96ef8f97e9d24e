#include "exporters/otlp_slowest.h"

#include <stdlib.h>

static ns_t took(const struct record *r)
{
    return r->at[MOMENT_END] - r->at[MOMENT_DUE];
}

bool otlp_slowest_offer(struct otlp_slowest *s, const struct record *r)
{
    size_t least = 0;

    if (s->n < SLOWEST) {
        s->kept[s->n++] = record_copy(r);
        return true;
    }
    for (size_t i = 1; i < s->n; i++)
        if (took(s->kept[i]) < took(s->kept[least]))
            least = i;
    if (took(r) <= took(s->kept[least]))
        return false;
    free(s->kept[least]);
    s->kept[least] = record_copy(r);
    return true;
}

bool otlp_slowest_has(const struct otlp_slowest *s, uint64_t req)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->kept[i]->req == req)
            return true;
    return false;
}

void otlp_slowest_clear(struct otlp_slowest *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->kept[i]);
    s->n = 0;
}
