#include "data/compare_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/stats_rank.h"

const char *const compare_method_names[N_COMPARE_METHODS] = {
    [COMPARE_NONE] = "none",     [COMPARE_RANKS] = "ranks",   [COMPARE_PAIRS] = "pairs",
    [COMPARE_SINGLE] = "single", [COMPARE_SHARES] = "shares",
};

static struct trials trials_of(const struct compare_side *side, const char *cell)
{
    struct trials t = { 0 };
    size_t most = 0;

    for (size_t r = 0; r < side->n; r++)
        most += side->runs[r]->n_trials;
    t.p = mem_array(most + 1, sizeof(*t.p));
    t.run = mem_array(most + 1, sizeof(*t.run));
    for (size_t r = 0; r < side->n; r++)
        for (size_t i = 0; i < side->runs[r]->n_trials; i++)
            if (!cell || !strcmp(side->runs[r]->trials[i].cell, cell)) {
                t.p[t.n] = &side->runs[r]->trials[i];
                t.run[t.n++] = side->runs[r];
            }
    return t;
}

static void trials_free(struct trials *t)
{
    free(t->p);
    free(t->run);
}

/* Where both ask the same at the same times: the base trial of each head trial; n = 0 where
 * not every one has just one. */
static struct trials partners(const struct trials *base, const struct trials *head)
{
    struct trials t = { .p = mem_array(head->n + 1, sizeof(*t.p)),
                        .run = mem_array(head->n + 1, sizeof(*t.run)) };

    for (size_t i = 0; i < head->n && base->n == head->n; i++) {
        size_t found = 0;

        for (size_t k = 0; k < base->n; k++)
            if (base->run[k]->seed == head->run[i]->seed &&
                base->p[k]->round == head->p[i]->round) {
                t.p[i] = base->p[k];
                t.run[i] = base->run[k];
                found++;
            }
        if (found != 1)
            return t;
    }
    t.n = base->n == head->n ? head->n : 0;
    return t;
}

/* --- all --------------------------------------------------------------------------------
 */

struct cells {
    const char **names;
    const struct evidence_trial **first;
    size_t n;
};

static struct cells cells_of(const struct compare_side *side)
{
    struct trials t = trials_of(side, NULL);
    struct cells c = { .names = mem_array(t.n + 1, sizeof(*c.names)),
                       .first = mem_array(t.n + 1, sizeof(*c.first)) };

    for (size_t i = 0; i < t.n; i++) {
        size_t k = 0;

        while (k < c.n && strcmp(c.names[k], t.p[i]->cell))
            k++;
        if (k < c.n)
            continue;
        c.names[c.n] = t.p[i]->cell;
        c.first[c.n++] = t.p[i];
    }
    trials_free(&t);
    return c;
}

/* Sides of one cell each are held against one another whatever the cells are called. */
static const char *partner(const struct cells *base, const struct cells *head, size_t cell)
{
    for (size_t i = 0; i < base->n; i++)
        if (!strcmp(base->names[i], head->names[cell]))
            return base->names[i];
    return base->n == 1 && head->n == 1 ? base->names[0] : NULL;
}

static void make_cell(struct compare *c, const struct trials *base,
                      const struct trials *head, const struct compare_rules *rules,
                      const struct compare_options *o, size_t n_cells)
{
    struct trials pairs = partners(base, head);

    /* Signed ranks want more trials than ranks do; with fewer the sides are taken as
     * unrelated, which errs on the safe side. */
    if (stats_least_p_paired(pairs.n) * (double)(rules->n * n_cells) >= COMPARE_ALPHA)
        pairs.n = 0;
    c->paired |= pairs.n > 0;
    c->single |= base->n == 1 && head->n == 1;
    for (size_t i = 0; i < rules->n; i++) {
        struct compare_row *row = &c->rows[c->n_rows];

        if (!evidence_selects(head->p[0], &rules->p[i]))
            continue;
        *row = (struct compare_row){
            .rule = &rules->p[i],
            .subject = compare_subject(&c->arena, &rules->p[i]),
            .cell = arena_strdup(&c->arena, head->p[0]->shown),
        };
        compare_make_row(c, row, base, head, &pairs, o);
        row->watched = rules->usual &&
                       (row->verdict == COMPARE_NO_DATA ||
                        (row->method == COMPARE_RANKS && base->n == 1 && head->n == 1));
        c->n_rows++;
    }
    trials_free(&pairs);
}

void compare_make(struct compare *c, const struct compare_side *base,
                  const struct compare_side *head, const struct compare_rules *rules,
                  const struct compare_options *o)
{
    struct cells of_base = cells_of(base), of_head = cells_of(head);

    *c = (struct compare){ 0 };
    compare_fit(c, base, head);
    c->rows = arena_alloc(&c->arena, (rules->n * of_head.n + 1) * sizeof(*c->rows));
    for (size_t i = 0; i < of_head.n; i++) {
        const char *with = partner(&of_base, &of_head, i);
        struct trials b = trials_of(base, with ? with : "\n"), h;

        if (!b.n) {
            compare_remark(c, COMPARE_TOLD,
                           arena_printf(&c->arena,
                                        "cell %s is in HEAD only and was left out",
                                        of_head.names[i]));
            trials_free(&b);
            continue;
        }
        h = trials_of(head, of_head.names[i]);
        make_cell(c, &b, &h, rules, o, of_head.n);
        c->base_trials = c->base_trials && c->base_trials < b.n ? c->base_trials : b.n;
        c->head_trials = c->head_trials && c->head_trials < h.n ? c->head_trials : h.n;
        trials_free(&b);
        trials_free(&h);
    }
    for (size_t i = 0; i < of_base.n; i++) {
        bool there = of_base.n == 1 && of_head.n == 1;

        for (size_t k = 0; k < of_head.n; k++)
            there |= !strcmp(of_base.names[i], of_head.names[k]);
        if (!there)
            compare_remark(c, COMPARE_TOLD,
                           arena_printf(&c->arena,
                                        "cell %s is in BASE only and was left out",
                                        of_base.names[i]));
    }
    compare_judge(c);
    free(of_base.names);
    free(of_base.first);
    free(of_head.names);
    free(of_head.first);
}

void compare_free(struct compare *c)
{
    arena_free(&c->arena);
}
