#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "load/plan_private.h"

void plan_warn(struct plan *p, const char *fmt, ...)
{
    char text[400];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    p->warnings =
        mem_grow(p->warnings, p->n_warnings, &p->cap_warnings, sizeof(*p->warnings));
    p->warnings[p->n_warnings++] = arena_strdup(&p->arena, text);
}

struct plan_remark {
    const char *cell;
    const char *text;
};

void plan_remark(struct plan_remarks *r, const struct plan_cell *c, const char *fmt, ...)
{
    char text[400];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    r->items = mem_grow(r->items, r->n, &r->cap, sizeof(*r->items));
    r->items[r->n++] = (struct plan_remark){ c->name, arena_strdup(&r->plan->arena, text) };
}

static void warn_once(struct plan_remarks *r, size_t i)
{
    const struct plan_remark *it = &r->items[i];
    size_t same = 0;

    for (size_t k = 0; k < r->n; k++) {
        if (strcmp(r->items[k].text, it->text))
            continue;
        if (k < i)
            return;
        same++;
    }
    if (r->plan->n_cells == 1)
        plan_warn(r->plan, "%s", it->text);
    else if (same == r->plan->n_cells)
        plan_warn(r->plan, "every cell: %s", it->text);
    else if (same > 1)
        plan_warn(r->plan, "%s and %zu more: %s", it->cell, same - 1, it->text);
    else
        plan_warn(r->plan, "%s: %s", it->cell, it->text);
}

void plan_remarks_end(struct plan_remarks *r)
{
    for (size_t i = 0; i < r->n; i++)
        warn_once(r, i);
    free(r->items);
}
