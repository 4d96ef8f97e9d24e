#include "load/prompt_sets.h"

#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "base/json.h"
#include "base/mem.h"

/* The names of a scenario's own fields, which win over those of a row. */
static void put_names(struct buf *out, const char *body)
{
    struct json j;
    struct str key;

    json_init(&j, body, strlen(body));
    if (!json_open_object(&j))
        return;
    while (json_key(&j, &key)) {
        buf_add(out, key.p, key.n);
        buf_char(out, '\n');
        json_skip(&j);
    }
}

static bool same_names(const char *one, const char *other)
{
    struct buf a, b;
    bool same;

    buf_init(&a, 0);
    buf_init(&b, 0);
    put_names(&a, one);
    put_names(&b, other);
    same = a.len == b.len && (!a.len || !memcmp(a.p, b.p, a.len));
    buf_free(&a);
    buf_free(&b);
    return same;
}

static bool same_rows(const struct cell *a, const struct cell *b)
{
    return a->workload.dataset && b->workload.dataset &&
           !strcmp(a->workload.dataset, b->workload.dataset) &&
           same_names(a->request.body, b->request.body);
}

static struct prompts *shared(const struct prompt_sets *ps, const struct scenario *s,
                              size_t cell)
{
    for (size_t i = 0; i < cell; i++)
        if (same_rows(&s->cells[i], &s->cells[cell]))
            return ps->of_cell[i];
    return NULL;
}

/* A bound that the scenario sets holds for all answers. */
static void replay(struct prompts *p, const struct cell *c)
{
    bool bound = c->request.max_completion_tokens >= 0;

    for (size_t i = 0; i < c->n_phases; i++)
        if (c->phases[i].replay) {
            const struct endpoint *e = endpoint_find(c->request.endpoint);

            prompts_replay(p, c->phases, c->n_phases, e && !bound ? e->most : NULL);
            return;
        }
}

static enum prompt_form form_of(const struct cell *c)
{
    const struct endpoint *e = endpoint_find(c->request.endpoint);

    return e ? e->takes : PROMPT_MESSAGES;
}

int prompt_sets_open(struct prompt_sets *ps, const struct scenario *s, struct err *err)
{
    *ps = (struct prompt_sets){ mem_array(s->n_cells, sizeof(*ps->of_cell)), s->n_cells };
    for (size_t i = 0; i < s->n_cells; i++) {
        const struct cell *c = &s->cells[i];
        struct prompts *p = shared(ps, s, i);

        if (!p)
            p = prompts_open(&c->workload, form_of(c), c->request.body, s->seed, err);
        ps->of_cell[i] = p;
        if (!p)
            return -1;
        replay(p, c);
        if (!c->request.model && !prompts_name_models(p))
            return err_set(err, ERR_USAGE,
                           "%s: not every row names a model; expected that, or "
                           "request.model",
                           c->workload.dataset);
    }
    return 0;
}

void prompt_sets_close(struct prompt_sets *ps)
{
    for (size_t i = 0; i < ps->n_cells; i++) {
        bool first = true;

        for (size_t k = 0; k < i; k++)
            first = first && ps->of_cell[k] != ps->of_cell[i];
        if (first)
            prompts_close(ps->of_cell[i]);
    }
    free(ps->of_cell);
    *ps = (struct prompt_sets){ 0 };
}
