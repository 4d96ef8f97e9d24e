#include <assert.h>
#include <stdio.h>

#include "base/json.h"
#include "data/compare.h"

/*
 * What a pipeline is to be woken for. Percentiles between these would cost every figure
 * some of its power, for they are tested together, and tell nothing more.
 */
static const char *const usual[] = {
    "ttft p50 +20%",     "ttft p95 +20%",
    "ttft p99 +20%",     "e2e p50 +20%",
    "e2e p95 +20%",      "e2e p99 +20%",
    "tps p50 -20%",      "cost_per_1k_tokens +20%",
    "error_rate < 0.5%", "retry_rate[service_tier=flex] < 10%",
};

static const char usual_errors[] = "error_rate < 0.5%";

struct compare_rules compare_usual_rules(struct arena *arena)
{
    size_t n = sizeof(usual) / sizeof(usual[0]);
    struct slo *rules = arena_alloc(arena, n * sizeof(*rules));
    struct err err;

    for (size_t i = 0; i < n; i++) {
        int rc = slo_parse(&rules[i], str_of(usual[i]), arena, &err);

        assert(!rc);
        (void)rc;
    }
    return (struct compare_rules){ rules, n, true };
}

enum { MOST_RULES = 256 };

/* What fails has no latency: errors are looked at whatever else the scenario names. */
static void add_errors(struct compare_rules *r, struct slo *rules, struct arena *arena)
{
    struct err err;

    for (size_t i = 0; i < r->n; i++)
        if (rules[i].is_rate && rules[i].rate == RATE_ERROR)
            return;
    if (r->n && !slo_parse(&rules[r->n], str_of(usual_errors), arena, &err))
        r->n++;
}

struct compare_rules compare_scenario_rules(const char *scenario, struct arena *arena)
{
    struct slo *rules = arena_alloc(arena, (MOST_RULES + 1) * sizeof(*rules));
    struct compare_rules r = { rules, 0, false };
    struct str key, text;
    struct json j;

    json_init(&j, scenario, strlen(scenario));
    if (!json_open_object(&j))
        return r;
    while (json_key(&j, &key)) {
        if (!str_is(key, "regression") || !json_open_array(&j)) {
            json_skip(&j);
            continue;
        }
        while (json_item(&j) && json_text(&j, &text)) {
            struct buf plain = { 0 };
            struct err err;

            json_unescape(text, &plain);
            if (r.n < MOST_RULES &&
                !slo_parse(&rules[r.n], (struct str){ plain.p, plain.len }, arena, &err))
                r.n++;
            buf_free(&plain);
        }
    }
    add_errors(&r, rules, arena);
    return r;
}

const char *compare_subject(struct arena *arena, const struct slo *rule)
{
    struct buf b = { 0 };
    const char *text;

    buf_str(&b, rule->is_rate ? rates[rule->rate].name : metrics[rule->metric].name);
    if (!rule->is_rate && rule->stat == SLO_PERCENTILE)
        buf_printf(&b, " p%g", rule->percentile);
    else if (!rule->is_rate)
        buf_str(&b, rule->stat == SLO_MEAN ? " mean" : " max");
    for (size_t i = 0; i < rule->n_selectors; i++)
        buf_printf(&b, "%s%s=%s%s", i ? "," : "[", rule->selectors[i].key,
                   rule->selectors[i].value, i + 1 == rule->n_selectors ? "]" : "");
    text = arena_strndup(arena, b.p, b.len);
    buf_free(&b);
    return text;
}
