#include "cmd/explain.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "data/metric_peers.h"
#include "data/scenario_keys.h"
#include "data/slo.h"
#include "test.h"

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    struct buf b;
    int c;

    buf_init(&b, 0);
    if (!f)
        fail_msg("%s is missing", path);
    while (f && (c = getc(f)) != EOF)
        buf_char(&b, (char)c);
    if (f)
        fclose(f);
    return buf_take(&b);
}

static void expect_file(const char *path, void (*make)(struct buf *out), const char *flag)
{
    char *want = read_file(test_path(path));
    struct buf b;

    buf_init(&b, 0);
    make(&b);
    if (strcmp(b.p, want))
        fail_msg("%s is out of date: tokdyno explain %s", path, flag);
    buf_free(&b);
    free(want);
}

TEST(explain_made_the_page_that_is_there)
{
    expect_file("../docs/scenario.md", explain_markdown, "--markdown > docs/scenario.md");
}

TEST(explain_made_the_page_of_metrics_that_is_there)
{
    expect_file("../docs/metrics.md", explain_metrics, "--metrics > docs/metrics.md");
}

/* What a page shows as an objective is one. */
TEST(every_metric_has_an_objective_that_can_be_set)
{
    for (size_t i = 0; i < N_METRICS; i++) {
        struct arena arena = { 0 };
        struct slo slo;
        struct err err;
        char text[80];

        assert_non_null(explain_example(&metrics[i]));
        snprintf(text, sizeof(text), "%s %s", metrics[i].name,
                 explain_example(&metrics[i]));
        if (slo_parse(&slo, str_of(text), &arena, &err))
            fail_msg("%s: %s", text, err.msg);
        assert_int_equal(slo.metric, i);
        arena_free(&arena);
    }
}

TEST(the_names_of_peers_stand_in_the_order_of_our_metrics_once_a_tool)
{
    for (size_t i = 1; i < n_peer_names; i++) {
        const struct peer_name *a = &peer_names[i - 1], *b = &peer_names[i];
        int before = (a->is_rate ? N_METRICS + (int)a->rate : (int)a->metric) * N_PEERS;
        int after = (b->is_rate ? N_METRICS + (int)b->rate : (int)b->metric) * N_PEERS;

        if (before + (int)a->peer >= after + (int)b->peer)
            fail_msg("%s of %s", b->name, peers[b->peer].name);
        assert_true(*b->name && *b->formula);
    }
}

TEST(explain_made_the_schema_that_is_there)
{
    expect_file("../docs/scenario.schema.json", explain_schema,
                "--schema > docs/scenario.schema.json");
}

TEST(explain_makes_a_schema_with_every_key)
{
    struct json j;
    struct buf b;

    buf_init(&b, 0);
    explain_schema(&b);
    json_init(&j, b.p, b.len);
    json_skip(&j);
    assert_true(json_done(&j));
    for (size_t i = 0; i < n_scenario_keys; i++) {
        char name[80];

        if (strchr(scenario_keys[i].path, '*'))
            continue;
        snprintf(name, sizeof(name), "\"%s\": {", key_leaf(&scenario_keys[i]));
        assert_non_null(strstr(b.p, name));
    }
    buf_free(&b);
}

TEST(explain_knows_keys_sections_metrics_rates_outcomes_and_types)
{
    static const struct {
        const char *name;
        const char *has; /* in the answer, or the whole error */
        int rc;
    } cases[] = {
        { "limits.drain", "limits.drain\n  how long", 0 },
        { "drain", "  default   30s\n", 0 },
        { "load.steady.rate", "load[].rate\n", 0 },
        { "load.rate", "load[].rate\n", 0 },
        { "workload.input_tokens.lognormal.mean", "workload.input_tokens.*.mean\n", 0 },
        { "timeout", "timeout.connect\n", 0 },
        { "retry.policy", "one of    none, sdk, respectful\n", 0 },
        { "target.base_url", "default   none: it has to be there\n", 0 },
        { "ttft", "ttft (metric)", 0 },
        { "ttft", "  objective ttft p95 < 400ms\n", 0 },
        { "ttft_api", "AIPerf            time_to_first_token (TTFT): first chunk", 0 },
        { "ttfr", "vLLM bench serve  ttft: first event", 0 },
        { "e2e_api", "  OTel      gen_ai.client.operation.duration\n", 0 },
        { "goodput", "vLLM bench serve  request_goodput: good requests / second", 0 },
        { "read_lag", "read_lag (of the instrument)\n", 0 },
        { "error_rate", "error_rate (rate)", 0 },
        { "rate_limited", "rate_limited (outcome)", 0 },
        { "cost", "cost (metric)", 0 },
        { "cost", "budget.cost\n", 0 },
        { "duration", "load[].duration\n", 0 },
        { "phases", "phases (kind of value)\n", 0 },
        { "limits.drian",
          "no key, metric, rate, outcome or warning is called \"limits.drian\"; did you "
          "mean "
          "\"limits.drain\"?",
          -1 },
        { "tttft",
          "no key, metric, rate, outcome or warning is called \"tttft\"; did you mean "
          "\"ttft\"?",
          -1 },
        { "xyzzy",
          "no key, metric, rate, outcome or warning is called \"xyzzy\"; `tokdyno explain` "
          "lists "
          "them",
          -1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err = { 0 };
        struct buf b;

        buf_init(&b, 0);
        assert_int_equal(explain_name(&b, cases[i].name, &err), cases[i].rc);
        if (cases[i].rc)
            assert_string_equal(err.msg, cases[i].has);
        else if (!strstr(b.p, cases[i].has))
            fail_msg("%s: no \"%s\" in\n%s", cases[i].name, cases[i].has, b.p);
        buf_free(&b);
    }
}

TEST(explain_leaves_no_key_without_help_and_example)
{
    for (size_t i = 0; i < n_scenario_keys; i++) {
        const struct key *k = &scenario_keys[i];

        assert_non_null(k->help);
        assert_non_null(k->example);
        assert_non_null(k->type);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(scenario_keys[j].path, k->path);
    }
}
