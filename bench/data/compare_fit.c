#include <math.h>
#include <string.h>

#include "base/json.h"
#include "data/compare.h"

/*
 * Which keys of two scenarios may differ. What changes the load or what is measured makes
 * the sides different things; target and request are what one compares.
 */
enum weight { FREE, TOLD, BLOCKS };

static const struct {
    const char *key;
    enum weight weight;
} keys[] = {
    { "name", FREE },         { "question", FREE },   { "seed", FREE },
    { "repeat", FREE },       { "slo", FREE },        { "regression", FREE },
    { "answer", FREE },       { "budget", FREE },     { "record_content", FREE },
    { "target", TOLD },       { "request", TOLD },    { "matrix", TOLD },
    { "connection", TOLD },   { "workload", BLOCKS }, { "load", BLOCKS },
    { "limits", BLOCKS },     { "retry", BLOCKS },    { "timeout", BLOCKS },
    { "concurrent", BLOCKS },
};

static enum weight weight_of(struct str key)
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (str_is(key, keys[i].key))
            return keys[i].weight;
    return TOLD;
}

void compare_remark(struct compare *c, enum compare_weight weight, const char *text)
{
    struct compare_remark *all;

    for (size_t i = 0; i < c->n_remarks; i++)
        if (!strcmp(c->remarks[i].text, text))
            return;
    all = arena_alloc(&c->arena, (c->n_remarks + 1) * sizeof(*all));
    if (c->n_remarks)
        memcpy(all, c->remarks, c->n_remarks * sizeof(*all));
    all[c->n_remarks++] = (struct compare_remark){ weight, text };
    c->remarks = all;
}

static struct str member(const char *object, struct str want)
{
    struct str key, value;
    struct json j;

    json_init(&j, object, strlen(object));
    if (!json_open_object(&j))
        return (struct str){ 0 };
    while (json_key(&j, &key)) {
        bool found = key.n == want.n && !memcmp(key.p, want.p, key.n);

        if (found && json_raw(&j, &value))
            return value;
        json_skip(&j);
    }
    return (struct str){ 0 };
}

static void compare_scenarios(struct compare *c, const char *a, const char *b)
{
    struct str key, value;
    struct json j;

    json_init(&j, b, strlen(b));
    if (!json_open_object(&j))
        return;
    while (json_key(&j, &key) && json_raw(&j, &value)) {
        struct str other = member(a, key);
        enum weight w = weight_of(key);

        if (w == FREE || (other.n == value.n && !memcmp(other.p, value.p, value.n)))
            continue;
        compare_remark(c, w == BLOCKS ? COMPARE_YIELDS : COMPARE_TOLD,
                       arena_printf(&c->arena,
                                    w == BLOCKS
                                        ? "the sides are different experiments: `%.*s` of "
                                          "their scenarios is not the same"
                                        : "`%.*s` of the scenarios is not the same",
                                    (int)key.n, key.p));
    }
}

/* --- load and health ---------------------------------------------------------------------
 */

static void check_valid(struct compare *c, const struct compare_side *s, const char *side)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct evidence *e = s->runs[i];

        if (!evidence_is_good(e))
            compare_remark(c, COMPARE_BLOCKS,
                           arena_printf(&c->arena,
                                        "%s of %s is not valid (%s): run it again",
                                        e->source, side, validity_names[e->validity]));
        else if (e->validity == VALIDITY_DEGRADED)
            compare_remark(
                c, COMPARE_TOLD,
                arena_printf(&c->arena, "%s of %s is degraded", e->source, side));
        if (!e->complete)
            compare_remark(c, COMPARE_TOLD,
                           arena_printf(&c->arena, "%s of %s did not run to its end",
                                        e->source, side));
    }
}

/* The mean share of the asked rate that arrived in phases of an open loop; -1: none is. */
static double kept_up(const struct compare_side *s)
{
    double sum = 0;
    size_t n = 0;

    for (size_t r = 0; r < s->n; r++)
        for (size_t t = 0; t < s->runs[r]->n_trials; t++)
            for (size_t p = 0; p < s->runs[r]->trials[t].n_parts; p++) {
                const struct evidence_part *part = &s->runs[r]->trials[t].parts[p];

                if (!part->open || part->rate < 0 || part->asked <= 0)
                    continue;
                sum += part->rate / part->asked;
                n++;
            }
    return n ? sum / (double)n : -1;
}

static void check_load(struct compare *c, const struct compare_side *base,
                       const struct compare_side *head)
{
    static const double near = 0.1;
    double a = kept_up(base), b = kept_up(head);

    if (a >= 0 && b >= 0 && fabs(a - b) > near)
        compare_remark(
            c, COMPARE_TOLD,
            arena_printf(&c->arena,
                         "the load that arrived is not the same: %.0f %% of what was "
                         "asked for in BASE, %.0f %% in HEAD",
                         a * 100, b * 100));
}

/* Prompts are made of words; as many words are as many tokens only to one tokenizer. */
static void check_words(struct compare *c, const struct evidence *a,
                        const struct evidence *b)
{
    static const double near = 0.02;

    if (a->words_per_token > 0 && b->words_per_token > 0 &&
        fabs(log(a->words_per_token / b->words_per_token)) > near)
        compare_remark(
            c, COMPARE_TOLD,
            arena_printf(&c->arena,
                         "prompts are not of the same length: %.3g words a token in "
                         "BASE, %.3g in HEAD; set workload.words_per_token",
                         a->words_per_token, b->words_per_token));
}

void compare_fit(struct compare *c, const struct compare_side *base,
                 const struct compare_side *head)
{
    check_valid(c, base, "BASE");
    check_valid(c, head, "HEAD");
    for (size_t i = 0; i < base->n; i++)
        for (size_t k = 0; k < head->n; k++) {
            const struct evidence *a = base->runs[i], *b = head->runs[k];

            if (!strcmp(a->id, b->id))
                compare_remark(c, COMPARE_BLOCKS,
                               arena_printf(&c->arena, "%s is on both sides", b->source));
            if (strcmp(a->digest, b->digest))
                compare_scenarios(c, a->scenario, b->scenario);
            if (strcmp(a->host, b->host))
                compare_remark(c, COMPARE_TOLD,
                               arena_printf(&c->arena,
                                            "measured from different machines: %s and %s",
                                            a->host, b->host));
            check_words(c, a, b);
        }
    check_load(c, base, head);
}
