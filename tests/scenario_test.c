#include "data/scenario.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "test.h"

static const char whole[] =
    "# Does the server hold its first-token time at the rate we expect in production?\n"
    "# A second sentence is not the question.\n"
    "name: chat-steady\n"
    "seed: 7\n"
    "target:\n"
    "  base_url: https://api.groq.com/openai/v1/     # or sim:\n"
    "  plan: developer\n"
    "  headers: ['Groq-Model-Version: latest']\n"
    "matrix:\n"
    "  model: [llama-3.1-8b-instant, openai/gpt-oss-20b]\n"
    "  service_tier: [on_demand, flex]\n"
    "  load.steady.rate: [10/s, 1/s..40/s]\n"
    "repeat: 5\n"
    "request:\n"
    "  body: { temperature: 0.5, max_completion_tokens: 256, stop: [\"\\n\"] }\n"
    "workload:\n"
    "  input_tokens: { lognormal: { mean: 900, cv: 0.6, max: 4000 } }\n"
    "  shared_prefix: { tokens: 512 }\n"
    "load:\n"
    "  - { concurrency: [1, 4], duration: 5s, measured: false, think: 500ms }\n"
    "  - { name: steady, rate: 10/s, arrival: { gamma: { cv: 2 } }, duration: 20s }\n"
    "  - { name: last, rate: 300/min, arrival: even, requests: 100 }\n"
    "retry: { policy: respectful }\n"
    "limits: { in_flight: 512, pace_to_rate_limits: true, drain: 60s }\n"
    "connection: { policy: preconnect, http: 2, threads: 3, tls: { verify: false } }\n"
    "budget: { requests: 6000, tokens: 8M, cost: $5.00 }\n"
    "slo:\n"
    "  - ttft p95 < 400ms\n"
    "  - retry_rate[service_tier=flex,phase=steady] < 5%\n"
    "regression:\n"
    "  - ttft p95 +20%\n";

static void parse(struct scenario *s, const char *text)
{
    struct err err = { 0 };

    if (scenario_parse(s, "chat.yaml", text, strlen(text), NULL, 0, &err))
        fail_msg("%s", err.msg);
}

TEST(scenario_reads_every_kind_of_key)
{
    struct scenario s;
    const struct cell *c;

    parse(&s, whole);
    c = &s.cells[3];
    assert_string_equal(s.name, "chat-steady");
    assert_string_equal(s.question,
                        "Does the server hold its first-token time at the rate we "
                        "expect in production?");
    assert_true(s.has_seed && s.seed == 7 && s.repeat == 5 && !s.concurrent);
    assert_int_equal(s.n_cells, 8);
    assert_string_equal(
        c->name, "model=llama-3.1-8b-instant service_tier=flex load.steady.rate=1/s..40/s");
    assert_int_equal(c->n_keys, 3);
    assert_string_equal(c->keys[1].key, "service_tier");
    assert_string_equal(c->keys[1].text, "flex");
    assert_string_equal(c->keys[1].json, "\"flex\"");

    assert_string_equal(c->target.base_url, "https://api.groq.com/openai/v1");
    assert_string_equal(c->target.api_key_env, "GROQ_API_KEY");
    assert_string_equal(c->target.plan, "developer");
    assert_string_equal(c->target.headers[0], "Groq-Model-Version: latest");
    assert_string_equal(c->request.endpoint, "chat");
    assert_string_equal(c->request.model, "llama-3.1-8b-instant");
    assert_string_equal(c->request.service_tier, "flex");
    assert_true(c->request.stream && c->request.include_usage);
    assert_int_equal(c->request.max_completion_tokens, 256);
    assert_string_equal(c->request.body,
                        "{\"temperature\":0.5,\"max_completion_tokens\":256,"
                        "\"stop\":[\"\\n\"],\"service_tier\":\"flex\"}");
    assert_true(c->workload.input_tokens.kind == DIST_LOGNORMAL);
    assert_true(c->workload.input_tokens.mean == 900 &&
                c->workload.input_tokens.max == 4000);
    assert_true(c->workload.prefix_tokens == 512 && c->workload.prefix_pool == 1);
    assert_true(c->retry.policy == RETRY_RESPECTFUL && c->retry.max == 4);
    assert_true(c->limits.in_flight == 512 && c->limits.pace_to_rate_limits);
    assert_true(c->limits.drain == 60 * NS_PER_S && c->timeout.total == 120 * NS_PER_S);
    assert_true(c->connection.policy == CONNECTION_PRECONNECT && c->connection.http == 2);
    assert_true(c->connection.threads == 3 && !c->connection.tls_verify);
    assert_true(s.budget.requests == 6000 && s.budget.tokens == 8000000);
    assert_true(s.budget.cost_nusd == 5000000000);
    assert_int_equal(s.n_slos, 2);
    assert_int_equal(s.n_regressions, 1);
    scenario_free(&s);
}

/* A mapping has a type to be called by, a list of files their last parts. */
TEST(scenario_gives_short_names_to_cells_of_long_values)
{
    static const char text[] =
        "target: { base_url: \"sim:\" }\nrequest: { model: m }\n"
        "load: { rate: 1/s, duration: 1s }\n"
        "matrix:\n"
        "  response_format:\n"
        "    - { type: text }\n"
        "    - { type: json_schema, json_schema: { name: a, schema: {} } }\n"
        "    - { type: json_schema, json_schema: { name: b, schema: {} } }\n"
        "  stop: [[x], [x, y]]\n";
    static const char *const names[] = {
        "response_format=text stop=[\"x\"]",
        "response_format=text stop=[\"x\",\"y\"]",
        "response_format=json_schema stop=[\"x\"]",
        "response_format=json_schema stop=[\"x\",\"y\"]",
        "response_format=json_schema-3 stop=[\"x\"]",
        "response_format=json_schema-3 stop=[\"x\",\"y\"]",
    };
    struct scenario s;

    parse(&s, text);
    assert_int_equal(s.n_cells, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++)
        assert_string_equal(s.cells[i].name, names[i]);
    assert_non_null(strstr(s.cells[4].request.body, "\"name\":\"b\""));
    scenario_free(&s);
}

/* Paths begin at the folder of the file, and are whole in what it resolves to. */
TEST(scenario_finds_pictures_beside_its_file)
{
    static const char text[] =
        "target: { base_url: \"sim:\" }\nrequest: { model: m }\n"
        "load: { rate: 1/s, duration: 1s }\n"
        "matrix:\n"
        "  workload.images.files: [[pixels.png], [pixels.png, request.json]]\n"
        "workload: { images: { per_request: 2 } }\n";
    struct scenario s, again;
    struct err err = { 0 };
    char file[512];

    snprintf(file, sizeof(file), "%s", test_path("wire/vision/x.yaml"));
    if (scenario_parse(&s, file, text, strlen(text), NULL, 0, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(s.n_cells, 2);
    assert_string_equal(s.cells[1].keys[0].text, "pixels.png,request.json");
    assert_int_equal(s.cells[1].workload.images.n_files, 2);
    assert_int_equal(s.cells[1].workload.images.per_request, 2);
    assert_non_null(strstr(s.cells[0].workload.images.files[0], "/wire/vision/pixels.png"));
    if (scenario_parse(&again, "elsewhere.yaml", s.resolved, strlen(s.resolved), NULL, 0,
                       &err))
        fail_msg("%s", err.msg);
    assert_string_equal(again.resolved, s.resolved);
    assert_string_equal(again.cells[1].keys[0].text, s.cells[1].keys[0].text);
    scenario_free(&again);
    scenario_free(&s);
}

TEST(scenario_draws_the_curve_of_each_phase)
{
    struct scenario s;
    const struct phase *p;

    parse(&s, whole);
    p = s.cells[1].phases;
    assert_int_equal(s.cells[1].n_phases, 3);
    assert_string_equal(p[0].name, "phase1");
    assert_true(!p[0].open && !p[0].measured && p[0].think == 500 * NS_PER_MS);
    assert_int_equal(p[0].n_points, 4);
    assert_true(p[0].points[1].at == 2500 * NS_PER_MS && p[0].points[1].value == 1);
    assert_true(p[0].points[2].at == 2500 * NS_PER_MS && p[0].points[2].value == 4);
    assert_true(p[0].points[3].at == 5 * NS_PER_S);
    assert_true(p[1].open && p[1].cv == 2 && p[1].n_points == 2);
    assert_true(p[1].points[0].value == 1 && p[1].points[1].value == 40);
    assert_true(p[2].open && p[2].cv == 0 && p[2].requests == 100);
    assert_true(p[2].duration == NS_ABSENT && p[2].points[1].at == PHASE_HORIZON);
    assert_true(p[2].points[0].value == 5 && s.cells[0].phases[1].points[1].value == 10);
    scenario_free(&s);
}

/* The least that is a scenario; what a test adds goes behind it. */
#define SIM "target: { base_url: \"sim:\" }\nrequest: { model: m }\n"
#define LOAD "load: { rate: 1/s, duration: 1s }\n"

TEST(scenario_defaults)
{
    struct scenario s;
    const struct cell *c;

    parse(&s, SIM LOAD);
    c = &s.cells[0];
    assert_string_equal(s.name, "chat");
    assert_null(s.question);
    assert_true(!s.has_seed && s.repeat == 1 && s.n_cells == 1);
    assert_string_equal(c->name, "all");
    assert_string_equal(c->target.base_url, "sim:");
    assert_null(c->target.api_key_env);
    assert_null(c->target.catalogue);
    assert_string_equal(c->target.plan, "free");
    assert_string_equal(c->request.body, "{}");
    assert_null(c->request.service_tier);
    assert_true(c->request.max_completion_tokens == -1);
    assert_true(c->workload.input_tokens.kind == DIST_FIXED);
    assert_true(c->workload.input_tokens.mean == 200 && !c->workload.unique_head);
    assert_true(c->phases[0].open && c->phases[0].measured && c->phases[0].cv == 1);
    assert_true(c->retry.policy == RETRY_NONE && c->retry.max == 0);
    assert_true(c->limits.in_flight == 1024 && !c->limits.pace_to_rate_limits);
    assert_true(c->limits.drain == 30 * NS_PER_S);
    assert_true(c->timeout.connect == 5 * NS_PER_S && c->timeout.first == 60 * NS_PER_S);
    assert_true(c->timeout.idle == 30 * NS_PER_S && c->timeout.total == 120 * NS_PER_S);
    assert_true(c->connection.policy == CONNECTION_POOLED && c->connection.http == 11);
    assert_true(c->connection.threads == 1 && c->connection.tls_verify);
    assert_true(!s.budget.requests && !s.budget.tokens && !s.budget.cost_nusd);
    scenario_free(&s);
}

TEST(scenario_resolved_reads_to_the_same)
{
    static const char *const texts[] = {
        whole,
        SIM LOAD,
        "target: { base_url: sim, sim: [--seed, \"7\"] }\n"
        "matrix: { workload.dataset: [a.jsonl, b.jsonl], request.stream: [true, false] }\n"
        "request: { model: m }\nload: [{ concurrency: 2, requests: 5 }]\n",
        "# What?\ntarget: { base_url: http://h:1/v1 }\nrequest: { body: { model: x } }\n"
        "workload: { messages: [{ role: user, content: \"a\\nb: \\u00e4\" }] }\n"
        "retry: { policy: sdk }\nload: { concurrency: 1..50, duration: 1m }\n",
        "target: { base_url: \"sim:\" }\n"
        "matrix: { target.base_url: [\"sim:\", https://api.groq.com/openai/v1], model: "
        "[m],\n"
        "  stop: [[a, b], null, \"1\", x y], load.phase1.arrival: [even, { gamma: { cv: 2 "
        "} "
        "}],\n"
        "  workload.input_tokens: [100, 10k, { uniform: { min: 1, max: 9 } }] }\n"
        "load: [{ rate: [1/s, 0/s, 5/s], duration: 1s }]\n",
    };
    char file[512];

    snprintf(file, sizeof(file), "%s", test_path("data/scenario/x.yaml"));
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct scenario s;
        struct scenario again;
        struct scenario from_json;
        struct err err = { 0 };

        if (scenario_parse(&s, file, texts[i], strlen(texts[i]), NULL, 0, &err) ||
            scenario_parse(&again, "elsewhere/y.yaml", s.resolved, strlen(s.resolved), NULL,
                           0, &err) ||
            scenario_parse(&from_json, "z.yaml", s.json, strlen(s.json), NULL, 0, &err))
            fail_msg("%s", err.msg);
        assert_string_equal(again.resolved, s.resolved);
        assert_string_equal(again.json, s.json);
        assert_string_equal(from_json.json, s.json);
        assert_int_equal(again.n_cells, s.n_cells);
        for (size_t c = 0; c < s.n_cells; c++) {
            assert_string_equal(again.cells[c].name, s.cells[c].name);
            assert_string_equal(again.cells[c].request.body, s.cells[c].request.body);
        }
        scenario_free(&s);
        scenario_free(&again);
        scenario_free(&from_json);
    }
}

TEST(scenario_says_what_is_wrong_and_where)
{
    static const struct {
        const char *in;
        const char *want; /* behind "chat.yaml:" */
    } cases[] = {
        /* keys */
        { SIM "laod: 1\n", "3:1: unknown key \"laod\"; did you mean \"load\"?" },
        { SIM LOAD "limits: { inflight: 3 }\n",
          "4:11: unknown key \"inflight\"; did you mean \"in_flight\"?" },
        { SIM LOAD "rate: 3/s\n",
          "4:1: unknown key \"rate\"; did you mean \"load[].rate\"?" },
        { SIM LOAD "\"limits.drain\": 3s\n",
          "4:1: unknown key \"limits.drain\"; expected "
          "one of name, seed, repeat, concurrent, "
          "record_content, target, matrix, request, "
          "workload, load, batch, retry, limits, timeout, "
          "connection, budget, slo, regression, "
          "answer" },
        { "target: { base_url: sim }\nrequest: { model: m, temperature: 1 }\n" LOAD,
          "2:22: unknown key \"temperature\"; expected one of endpoint, model, stream, "
          "include_usage, inputs, body; other fields go into request.body" },
        { SIM LOAD "limits: 3\n",
          "4:9: limits is a value; expected a mapping of keys, as { in_flight: ... }" },
        { SIM LOAD "limits:\n",
          "4:8: limits is empty; expected a mapping of keys, as { in_flight: ... }" },
        { SIM LOAD "name:\n",
          "4:6: name: has no value; expected letters, digits and - _ . (at "
          "most 64)" },
        { SIM LOAD "repeat: 2\nrepeat: 3\n",
          "5:1: \"repeat\" is here twice, first in line 4" },
        { "a text\n", "1:1: this is a value; expected a mapping of keys" },
        { "- 1\n", "1:1: this is a list; expected a mapping of keys" },
        { "", "1:1: the file holds nothing; expected keys with values" },
        /* types and units */
        { SIM LOAD "repeat: many\n", "4:9: repeat: \"many\" is not a count; expected a "
                                     "whole number, as 4000, 4k or 1.5M" },
        { SIM LOAD "repeat: 0\n", "4:9: repeat: 0 is out of range; expected 1 to 1000" },
        { SIM LOAD "repeat: -1\n", "4:9: repeat: \"-1\" is not a count; expected a whole "
                                   "number, as 4000, 4k or 1.5M" },
        { SIM LOAD "repeat: [1]\n", "4:9: repeat: is a list; expected a whole number" },
        { SIM LOAD "concurrent: yes\n",
          "4:13: concurrent: \"yes\" is neither true nor false" },
        { SIM LOAD "timeout: { total: 30 }\n",
          "4:19: timeout.total: \"30\" is not a duration; expected a number with a unit, "
          "as "
          "500ms, 30s, 2m or 1h30m" },
        { SIM LOAD "timeout: { total: 0 }\n",
          "4:19: timeout.total: 0 is out of range; expected 1ms to 24h" },
        { SIM LOAD "timeout: { total: { a: 1 } }\n",
          "4:19: timeout.total: is a mapping; expected a number with a unit, as 500ms, "
          "30s, 2m "
          "or 1h30m" },
        { SIM LOAD "budget: { cost: 5 EUR }\n",
          "4:17: budget.cost: \"5 EUR\" is not an amount of money; expected dollars, as "
          "$1.50 or "
          "0.0005" },
        { SIM LOAD "budget: { requests: 0 }\n",
          "4:21: budget.requests: 0 is out of range; expected 1 to 1G" },
        { SIM LOAD "retry: { policy: sdkk }\n",
          "4:18: retry.policy: \"sdkk\" is none of its choices; expected none, sdk or "
          "respectful; did you mean \"sdk\"?" },
        { SIM LOAD "connection: { http: 3 }\n",
          "4:21: connection.http: \"3\" is none of its choices; expected 1.1 or 2" },
        { SIM LOAD "connection: { http: 2 }\n",
          "4:21: HTTP/2 needs TLS; expected an https: target.base_url, or 1.1" },
        { SIM LOAD "connection: { threads: 65 }\n",
          "4:24: connection.threads: 65 is out of range; expected 1 to 64" },
        { SIM LOAD "name: a/b\n", "4:7: name: \"a/b\" cannot be a name; expected letters, "
                                  "digits and - _ . (at most 64)" },
        { SIM LOAD "name: ../x\n",
          "4:7: name: \"../x\" cannot be a name; expected letters, "
          "digits and - _ . (at most 64)" },
        { SIM LOAD "workload: { words_per_token: nan }\n",
          "4:30: workload.words_per_token: \"nan\" is not a number" },
        { SIM LOAD "workload: { words_per_token: 1e999 }\n",
          "4:30: workload.words_per_token: 1e999 is out of range; expected 0.05 to 20" },
        /* load */
        { SIM,
          "1:1: load is missing; expected a list of phases, as [{ rate: 10/s, duration: "
          "30s }]" },
        { SIM "load: []\n", "3:7: load: has 0 phases; expected 1 to 64" },
        { SIM "load: 5/s\n",
          "3:7: load: is a value; expected a list of phases, as [{ rate: "
          "10/s, duration: 30s }]" },
        { SIM "load: { rate: 5, duration: 1s }\n",
          "3:15: load.phase1.rate: \"5\" is not a rate; expected a number per unit of "
          "time, as "
          "10/s, 300/min or 0.5/s" },
        { SIM "load: { rate: 0/s, duration: 1s }\n",
          "3:15: load.phase1.rate: a rate of 0 sends nothing; expected a rate as 10/s, a "
          "ramp "
          "as 1/s..40/s, or steps as [1/s, 5/s, 10/s]" },
        { SIM "load: { rate: 1000000M/s, duration: 1s }\n",
          "3:15: load.phase1.rate: 1000000M/s is out of range; expected 0.001/s to 1M/s" },
        { SIM "load: { rate: -1/s, duration: 1s }\n",
          "3:15: load.phase1.rate: \"-1/s\" is not a rate; expected a number per unit of "
          "time, "
          "as 10/s, 300/min or 0.5/s" },
        { SIM "load: { rate: inf/s, duration: 1s }\n",
          "3:15: load.phase1.rate: \"inf/s\" is not a rate; expected a number per unit of "
          "time, "
          "as 10/s, 300/min or 0.5/s" },
        { SIM "load: { rate: 1/s..x, duration: 1s }\n",
          "3:15: load.phase1.rate: \"x\" is not a rate; expected a number per unit of "
          "time, as "
          "10/s, 300/min or 0.5/s" },
        { SIM "load: { rate: [], duration: 1s }\n",
          "3:15: load.phase1.rate: has 0 steps; expected 1 to 1000" },
        { SIM "load: { rate: [1/s, [2/s]], duration: 1s }\n",
          "3:21: load.phase1.rate: is a list; expected a rate as 10/s, a ramp as "
          "1/s..40/s, or "
          "steps as [1/s, 5/s, 10/s]" },
        { SIM "load: { concurrency: 0, duration: 1s }\n",
          "3:22: load.phase1.concurrency: 0 is out of range; expected 1 to 100k" },
        { SIM "load: { concurrency: 1G, duration: 1s }\n",
          "3:22: load.phase1.concurrency: 1G is out of range; expected 1 to 100k" },
        { SIM "load: { concurrency: 2000, duration: 1s }\n",
          "3:22: concurrency 2000 is more than limits.in_flight 1024; expected that to be "
          "raised as well" },
        { SIM "load: { rate: 1/s, duration: 1000000000h }\n",
          "3:30: load.phase1.duration: \"1000000000h\" is not a duration; expected a "
          "number "
          "with a unit, as 500ms, 30s, 2m or 1h30m" },
        { SIM "load: { rate: 1/s, duration: 200h }\n",
          "3:30: load.phase1.duration: 200h is out of range; expected 1ms to 168h" },
        { SIM "load: { rate: 1M/s, duration: 168h }\n",
          "3:15: phase \"phase1\" plans 6.05e+11 requests; expected at most 1e+09" },
        { SIM "load: { rate: 1/s, concurrency: 1, duration: 1s }\n",
          "3:33: phase \"phase1\" has both rate and concurrency; expected one of them" },
        { SIM "load: [{ name: a, duration: 1s }]\n",
          "3:8: phase \"a\" has neither rate nor concurrency nor replay; expected one of "
          "them, as rate: 10/s" },
        { SIM "load: [{ name: a, rate: 1/s }]\n",
          "3:8: phase \"a\" has no end; expected duration or requests, as duration: 30s" },
        { SIM "load: { rate: 1/s..5/s, requests: 5 }\n",
          "3:15: phase \"phase1\" has a ramp or steps, which need a duration" },
        { SIM "load: { concurrency: 1, arrival: even, requests: 5 }\n",
          "3:34: phase \"phase1\" is a closed loop; arrival goes with a rate" },
        { SIM "load: { rate: 1/s, think: 1s, requests: 5 }\n",
          "3:27: phase \"phase1\" is an open loop; think goes with a concurrency" },
        { SIM "load: { rate: 1/s, requests: 5, arrival: gama }\n",
          "3:42: load.phase1.arrival: expected even, poisson, or { gamma: { cv: 2 } }" },
        { SIM "load: { rate: 1/s, requests: 5, arrival: { gamma: {} } }\n",
          "3:51: load.phase1.arrival.gamma.cv is missing; expected a number" },
        { SIM "load: { rate: 1/s, requests: 5, arrival: { gamma: { cv: 0 } } }\n",
          "3:57: load.phase1.arrival.gamma.cv: 0 is out of range; expected 0.05 to 20" },
        { SIM "load: { rate: 1/s, requests: 5, measured: false }\n",
          "3:7: no phase is measured; expected at least one without measured: false" },
        { SIM
          "load: [{ name: a, rate: 1/s, requests: 5 }, { name: a, rate: 1/s, requests: 5 "
          "}]\n",
          "3:45: two phases are called \"a\"" },
        { SIM "load: [{ name: a.b, rate: 1/s, requests: 5 }]\n",
          "3:8: phase \"a.b\" has a dot in its name; expected it without" },
        { SIM "load: [{ rate: 1/s, requests: 5, duraton: 1s }]\n",
          "3:34: unknown key \"duraton\"; did you mean \"duration\"?" },
        /* target */
        { "request: { model: m }\n" LOAD,
          "1:1: target.base_url is missing; expected https://..., http://..., \"sim:\" or "
          "\"null:\"" },
        { "target: { base_url: ftp://h }\n" LOAD,
          "1:21: target.base_url: the address does not start with http:// or https://; "
          "expected "
          "https://..., http://..., \"sim:\" or \"null:\"" },
        { "target: { base_url: https://user:canary@h/v1 }\n" LOAD,
          "1:21: target.base_url: the address holds a user name or password; expected it "
          "without, and the key in a variable" },
        { "target: { base_url: \"https:///v1\" }\n" LOAD,
          "1:21: target.base_url: the address has no host; expected https://..., "
          "http://..., \"sim:\" or \"null:\"" },
        { "target: { base_url: \"https://h:99999/v1\" }\n" LOAD,
          "1:21: target.base_url: the address has no usable port; expected 1 to 65535" },
        { "target: { base_url: \"https://[::1]:0/v1\" }\n" LOAD,
          "1:21: target.base_url: the address has no usable port; expected 1 to 65535" },
        { "target: { base_url: \"https://h:80a\" }\n" LOAD,
          "1:21: target.base_url: the address has no usable port; expected 1 to 65535" },
        { "target: { base_url: \"https://h/v1?key=canary\" }\n" LOAD,
          "1:21: target.base_url: the address holds a ? or #; expected it up to and "
          "without the "
          "path of the endpoint" },
        { "target: { base_url: \"https://h/v 1\" }\n" LOAD,
          "1:21: target.base_url: the address holds a character that none may hold" },
        { "target: { base_url: sim, api_key_env: gsk_canary }\n" LOAD,
          "1:39: target.api_key_env: this is not the name of a variable; expected the name "
          "of an "
          "environment variable, as GROQ_API_KEY, never the key itself" },
        { "target: { base_url: sim, api_key: gsk_canary }\n" LOAD,
          "1:26: unknown key \"api_key\"; did you mean \"api_key_env\"?" },
        { "target: { base_url: sim, headers: [\"Authorization: canary\"] }\n" LOAD,
          "1:36: target.headers: Authorization cannot be set here; expected "
          "target.api_key_env" },
        { "target: { base_url: sim, headers: [\"a: b\\r\\nc: d\"] }\n" LOAD,
          "1:36: target.headers: a holds a control character" },
        { "target: { base_url: sim, headers: [plain] }\n" LOAD,
          "1:36: target.headers: item 1 is not a header; expected a list of \"Name: "
          "value\"" },
        { "target: { base_url: sim, proxy: \"http://u:canary@h\" }\n" LOAD,
          "1:33: target.proxy: the address holds a user name or password; expected it "
          "without, "
          "and the key in a variable" },
        { "target: { base_url: sim, plan: fre }\n" LOAD,
          "1:32: target.plan: \"fre\" is none of its choices; expected free or developer; "
          "did "
          "you mean \"free\"?" },
        { "target: { base_url: sim, api_key_env: A, api_key_file: /dev/null }\nrequest: { "
          "model: m }\n" LOAD,
          "1:56: target has both api_key_env and api_key_file; expected one of them" },
        /* request and workload */
        { "target: { base_url: sim }\n" LOAD,
          "1:1: no model; expected request.model, or model in the matrix" },
        { "target: { base_url: sim }\nrequest: { model: m, body: { model: x } }\n" LOAD,
          "2:37: request.body.model and request.model are both there; expected one of "
          "them" },
        { "target: { base_url: sim }\nrequest: { body: { stream: true } }\n" LOAD,
          "2:20: request.body.stream cannot be set here; expected request.stream" },
        { "target: { base_url: sim }\nrequest: { body: { x: [.nan] } }\n" LOAD,
          "2:24: JSON has no number .nan; expected a finite one" },
        { "target: { base_url: sim }\nrequest: { body: [] }\n" LOAD,
          "2:18: request.body: is a list; expected a mapping of fields of the API" },
        { SIM LOAD "workload: { dataset: nowhere.jsonl }\n",
          "4:22: workload.dataset: nowhere.jsonl: No such file or directory; expected a "
          "file "
          "that can be read" },
        { SIM LOAD "workload: { dataset: / }\n",
          "4:22: workload.dataset: / is a folder; expected a file" },
        { SIM LOAD "workload: { messages: [] }\n",
          "4:23: workload.messages: is empty; expected a list of messages, as [{ role: "
          "user, "
          "content: Say hi. }]" },
        { SIM LOAD "workload: { messages: [{ content: x }] }\n",
          "4:24: workload.messages: message 1 has no role; expected a list of messages, as "
          "[{ "
          "role: user, content: Say hi. }]" },
        { SIM LOAD "workload: { messages: [{ role: user }], input_tokens: 5 }\n",
          "4:55: workload.messages and workload.input_tokens are both there; expected one "
          "of "
          "them" },
        { SIM LOAD "workload: { messages: [{ role: user }], unique_head: true }\n",
          "4:54: workload.unique_head is for synthetic prompts; expected it without "
          "workload.messages" },
        { SIM LOAD "workload: { text: a, characters: 5 }\n",
          "4:34: workload.text and workload.characters are both there; expected one of "
          "them" },
        { SIM LOAD "workload: { audio: { length: 5s }, input_tokens: 5 }\n",
          "4:50: workload.audio.length and workload.input_tokens are both there; expected "
          "one of them" },
        { SIM LOAD "workload: { audio: { length: 5s }, unique_head: true }\n",
          "4:49: workload.unique_head is for synthetic prompts; expected it without "
          "workload.audio.length" },
        { SIM LOAD "workload: { audio: { length: 5 } }\n",
          "4:30: workload.audio.length: \"5\" is not a duration; expected a number with a "
          "unit, as "
          "500ms, 30s, 2m or 1h30m" },
        { SIM LOAD "workload: { input_tokens: 0 }\n",
          "4:27: workload.input_tokens: 0 is out of range; expected 1 to 10M" },
        { SIM LOAD "workload: { input_tokens: { lognorml: { mean: 1 } } }\n",
          "4:29: workload.input_tokens: no distribution \"lognorml\"; expected uniform, "
          "normal, "
          "lognormal or exponential; did you mean \"lognormal\"?" },
        { SIM LOAD "workload: { input_tokens: { lognormal: { mean: 1 } } }\n",
          "4:40: workload.input_tokens: lognormal needs cv" },
        { SIM LOAD "workload: { input_tokens: { lognormal: { mean: 1, cv: 11 } } }\n",
          "4:55: workload.input_tokens.lognormal.cv: 11 is out of range; expected 0 to "
          "10" },
        { SIM LOAD "workload: { input_tokens: { lognormal: { maen: 1, cv: 1 } } }\n",
          "4:42: unknown key \"maen\"; did you mean \"mean\"?" },
        { SIM LOAD "workload: { input_tokens: { uniform: { min: 9, max: 3 } } }\n",
          "4:38: workload.input_tokens: min 9 is more than max 3" },
        { SIM LOAD "workload: { input_tokens: 100, shared_prefix: { tokens: 200 } }\n",
          "4:57: the shared prefix is longer than the prompt of 100 tokens; expected at "
          "most "
          "that" },
        /* matrix */
        { SIM LOAD "matrix: {}\n",
          "4:9: matrix is empty; expected a list of values for each "
          "key, as { model: [a, b] }" },
        { SIM LOAD "matrix: { model: [] }\n",
          "4:18: matrix.model is empty; expected a list of values" },
        { SIM LOAD "matrix: { model: x }\n",
          "4:18: matrix.model is a value; expected a list of values" },
        { SIM LOAD "matrix: [model]\n",
          "4:9: matrix is a list; expected a list of values for "
          "each key, as { model: [a, b] }" },
        { SIM LOAD "matrix: { model: [a, b, a] }\n", "4:25: matrix.model holds a twice" },
        { SIM LOAD "matrix: { response_format: [{ type: a }, { type: a }] }\n",
          "4:42: matrix.response_format holds a twice" },
        { SIM LOAD "workload: { images: { per_request: 2 } }\n",
          "4:36: there are no pictures; expected workload.images.files or "
          "workload.images.urls" },
        { SIM LOAD "workload: { images: { files: [/none.png] } }\n",
          "4:31: workload.images.files: /none.png: No such file or directory; expected a "
          "file that can be read" },
        { SIM LOAD "matrix: { model: [a], request.model: [b] }\n",
          "4:23: matrix.model and matrix.request.model are the same" },
        { SIM LOAD "matrix: { repeat: [1, 2] }\n",
          "4:11: \"repeat\" cannot vary; expected a field of the request, as model, or a "
          "dotted "
          "key, as load.steady.rate" },
        { SIM LOAD "matrix: { budget.cost: [$1, $2] }\n",
          "4:11: \"budget.cost\" is one for the whole run and cannot vary" },
        { SIM LOAD "matrix: { load.phase1.rats: [1/s] }\n",
          "4:11: unknown key \"load.phase1.rats\"; did you mean \"load[].rate\"?" },
        { SIM LOAD "matrix: { load.steady.rate: [1/s] }\n",
          "4:30: no phase \"steady\"; expected one of phase1" },
        { SIM LOAD "matrix: { load.phase1.rate: [1/s, 5] }\n",
          "4:35: load.phase1.rate: \"5\" is not a rate; expected a number per unit of "
          "time, as "
          "10/s, 300/min or 0.5/s" },
        { SIM LOAD "matrix: { a: [1,2,3,4,5,6,7,8,9,10,11], b: [1,2,3,4,5,6,7,8,9,10], c: "
                   "[1,2,3,4,5,6,7,8,9,10] }\n",
          "4:9: the matrix has more than 1000 cells" },
        { SIM LOAD "matrix: { a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] }\nrepeat: 1000\n",
          "1:1: 11 cells, each 1000 times, are more than 10000 trials" },
        /* objectives */
        { SIM LOAD "slo: [ttft p95]\n",
          "4:7: slo: \"ttft p95\": ends too early; expected <, <=, > or >=" },
        { SIM LOAD "slo:\n  - tfft p95 < 1s\n", "5:5: slo: \"tfft p95 < 1s\": no metric or "
                                                "rate \"tfft\"; did you mean \"ttft\"?" },
        { SIM LOAD "slo: [ttft p95 +20%]\n",
          "4:7: slo: \"ttft p95 +20%\" belongs under regression" },
        { SIM LOAD "regression: [ttft p95 < 1s]\n",
          "4:14: regression: \"ttft p95 < 1s\" belongs under slo" },
        { SIM LOAD "slo: [\"error_rate[tier=flex] < 1%\"]\n",
          "4:7: \"error_rate[tier=flex] < 1%\": nothing to select by \"tier\"; expected a "
          "key of "
          "the matrix, model, phase or turn" },
        { SIM LOAD "answer: { by: phase }\n",
          "4:15: an answer of nothing; expected answer.figures beside it" },
        { SIM LOAD "answer: { figures: [ttft p50 < 1s] }\n",
          "4:21: answer.figures: \"ttft p50 < 1s\": \"< 1s\" is not expected here; "
          "expected a "
          "figure and no bound, as ttft p50" },
        { SIM LOAD "answer: { figures: [ttft p42] }\n",
          "4:21: answer.figures: \"ttft p42\": not in reports; expected p50, p90, p95, "
          "p99, "
          "p99.9 or mean" },
        { SIM LOAD "answer: { figures: [\"ttft p50[phase=steady]\"] }\n",
          "4:21: answer.figures: \"ttft p50[phase=steady]\": [...] belongs to objectives; "
          "expected the figure alone, and by: phase or turn where it is to be told apart" },
        { SIM LOAD "answer: { figures: [tfft p50] }\n",
          "4:21: answer.figures: \"tfft p50\": no metric or rate \"tfft\"; did you mean "
          "\"ttft\"?" },
        { SIM LOAD "answer: { figures: [ttft p50], by: turn }\n",
          "4:36: requests stand alone; expected answer.by: turn together with "
          "workload.session.turns" },
        { SIM LOAD "answer: { figures: [ttft p50], by: region }\n",
          "4:21: \"ttft p50\": not kept by region; expected ttft_api, network, tps or "
          "e2e_api" },
        { SIM LOAD "answer: { figures: [ttft p50], against: model }\n",
          "4:41: answer.against: expected a key of the matrix, not \"model\"" },
        { SIM LOAD "slo: [\"error_rate[phase=stedy] < 1%\"]\n",
          "4:7: \"error_rate[phase=stedy] < 1%\": no cell has phase=stedy" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct scenario s;
        struct err err = { 0 };
        char want[700];

        snprintf(want, sizeof(want), "chat.yaml:%s", cases[i].want);
        assert_int_equal(scenario_parse(&s, "chat.yaml", cases[i].in, strlen(cases[i].in),
                                        NULL, 0, &err),
                         -1);
        assert_string_equal(err.msg, want);
        assert_null(strstr(err.msg, "canary"));
    }
}

TEST(scenario_settings_come_first)
{
    static const struct setting settings[] = {
        { "repeat", "3", NULL },
        { "load.steady.rate", "[1/s, 2/s]", NULL },
        { "load.phase1.think", "null", NULL },
        { "request.body.stop", "null", NULL },
        { "request.body.response_format.type", "json_object", NULL },
        { "matrix.model", "[a]", NULL },
        { "matrix.service_tier", "null", NULL },
        { "matrix.load.steady.rate", "null", NULL },
        { "workload.input_tokens", "{uniform: {min: 5, max: 9}}", NULL },
        { "workload.shared_prefix", "null", NULL },
        { "target.base_url", "sim:", "--target" },
        { "connection.http", "null", NULL },
        { "slo", "ttft p50 < 1s", NULL },
    };
    struct scenario s;
    struct err err = { 0 };

    if (scenario_parse(&s, "c.yaml", whole, strlen(whole), settings, COUNT(settings), &err))
        fail_msg("%s", err.msg);
    assert_int_equal(s.repeat, 3);
    assert_int_equal(s.n_cells, 1);
    assert_string_equal(s.cells[0].name, "model=a");
    assert_string_equal(s.cells[0].request.body,
                        "{\"temperature\":0.5,\"max_completion_tokens\":256,"
                        "\"response_format\":{\"type\":\"json_object\"}}");
    assert_int_equal(s.cells[0].phases[1].n_points, 4);
    assert_true(s.cells[0].phases[0].think == 0);
    assert_true(s.cells[0].workload.input_tokens.kind == DIST_UNIFORM);
    assert_true(s.cells[0].workload.prefix_tokens == 0);
    assert_string_equal(s.cells[0].target.base_url, "sim:");
    assert_int_equal(s.n_slos, 1);
    scenario_free(&s);
}

TEST(scenario_settings_are_named_in_errors)
{
    static const struct {
        struct setting set;
        const char *want;
    } cases[] = {
        { { "repat", "3", NULL },
          "--set repat: unknown key \"repat\"; did you mean \"repeat\"?" },
        { { "rate", "3", NULL },
          "--set rate: unknown key \"rate\"; did you mean \"load[].rate\"?" },
        { { "load.stedy.rate", "3/s", NULL },
          "--set load.stedy.rate: no phase \"stedy\"; expected one of phase1, steady, "
          "last; did "
          "you mean \"steady\"?" },
        { { "load.rate", "3/s", "--rate" },
          "--rate: there are several phases; expected load.PHASE.rate, the phase one of "
          "phase1, "
          "steady, last" },
        { { "load.last.rate", "fast", NULL },
          "--set load.last.rate: load.last.rate: \"fast\" is not a rate; expected a number "
          "per "
          "unit of time, as 10/s, 300/min or 0.5/s" },
        { { "load.last.rate", "[1/s, 5]", NULL },
          "--set load.last.rate:1:7: load.last.rate: \"5\" is not a rate; expected a "
          "number per "
          "unit of time, as 10/s, 300/min or 0.5/s" },
        { { "load.last.rate", "[1/s", NULL },
          "--set load.last.rate:2:1: not YAML: did not find expected ',' or ']'" },
        { { "request.model", "x", "--model" },
          "--model: the matrix varies it; expected --set matrix.model=[...]" },
        { { "timeout.total", "1h", NULL }, NULL },
        { { "timeout.total", "", NULL },
          "--set timeout.total: timeout.total: has no value; expected a number with a "
          "unit, as "
          "500ms, 30s, 2m or 1h30m" },
        { { "target.base_url", "http://u:canary@h", "--target" },
          "--target: target.base_url: the address holds a user name or password; expected "
          "it "
          "without, and the key in a variable" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct scenario s;
        struct err err = { 0 };
        int rc = scenario_parse(&s, "c.yaml", whole, strlen(whole), &cases[i].set, 1, &err);

        if (!cases[i].want) {
            assert_int_equal(rc, 0);
            scenario_free(&s);
            continue;
        }
        assert_int_equal(rc, -1);
        assert_string_equal(err.msg, cases[i].want);
    }
}

TEST(scenario_opens_with_its_question)
{
    static const struct {
        const char *comment;
        const char *want;
    } cases[] = {
        { "", NULL },
        { "#\n# later\n", NULL },
        { "name: x\n# behind\n", NULL },
        { "# Is it fast?\n", "Is it fast?" },
        { "# Is it fast? And\n# cheap?\n", "Is it fast?" },
        { "# Is it fast\n#   and cheap,\n# at v1.2?\n#\n# More.\n",
          "Is it fast and cheap, at v1.2?" },
        { "##no end\r\n", "no end" },
        { "\xef\xbb\xbf# With a byte order mark.\n", "With a byte order mark." },
        /* what would pass 200 bytes is left out, and reading that again gives the same */
        { "# 0123456789012345678901234567890123456789012345678901234567890123456789\n"
          "# 0123456789012345678901234567890123456789012345678901234567890123456789\n"
          "# 01234567890123456789012345678901234567890123456789012345\n"
          "# 2\n# 4\n",
          "0123456789012345678901234567890123456789012345678901234567890123456789 "
          "0123456789012345678901234567890123456789012345678901234567890123456789 "
          "01234567890123456789012345678901234567890123456789012345 2" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct scenario s;
        struct scenario again;
        char text[600];

        snprintf(text, sizeof(text), "%s" SIM LOAD, cases[i].comment);
        parse(&s, text);
        parse(&again, s.resolved);
        if (cases[i].want) {
            assert_string_equal(s.question, cases[i].want);
            assert_string_equal(again.question, cases[i].want);
        } else {
            assert_null(s.question);
        }
        assert_string_equal(s.resolved, again.resolved);
        scenario_free(&s);
        scenario_free(&again);
    }
}

TEST(scenario_can_be_made_of_flags)
{
    static const struct setting settings[] = {
        { "target.base_url", "https://api.groq.com/openai/v1", "--target" },
        { "request.model", "llama-3.1-8b-instant", "--model" },
        { "load.rate", "5/s", "--rate" },
        { "load.duration", "30s", "--duration" },
    };
    static const struct {
        size_t first;
        size_t n;
        const char *want;
    } wrong[] = {
        { 0, 2, "no load; expected --rate 5/s or --concurrency 10, and --duration 30s" },
        { 1, 3,
          "command line: target.base_url is missing; expected https://..., http://..., "
          "\"sim:\" or \"null:\"" },
        { 0, 3,
          "--rate: phase \"phase1\" has no end; expected duration or requests, as "
          "duration: 30s" },
    };
    struct scenario s;
    struct err err = { 0 };

    if (scenario_from_flags(&s, settings, COUNT(settings), &err))
        fail_msg("%s", err.msg);
    assert_string_equal(s.name, "run");
    assert_null(s.file);
    assert_string_equal(s.cells[0].phases[0].name, "phase1");
    assert_true(s.cells[0].phases[0].points[0].value == 5);
    scenario_free(&s);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(
            scenario_from_flags(&s, settings + wrong[i].first, wrong[i].n, &err), -1);
        assert_string_equal(err.msg, wrong[i].want);
    }
}

TEST(scenario_takes_the_model_from_a_batch_file)
{
    static const char text[] = "target: { base_url: sim }\n"
                               "workload: { dataset: batch.jsonl }\n" LOAD;
    struct scenario s;
    struct err err = { 0 };

    if (scenario_parse(&s, test_path("data/scenario/x.yaml"), text, strlen(text), NULL, 0,
                       &err))
        fail_msg("%s", err.msg);
    assert_null(s.cells[0].request.model);
    assert_non_null(strstr(s.cells[0].workload.dataset, "data/scenario/batch.jsonl"));
    scenario_free(&s);
}

TEST(scenario_files_that_are_none_are_refused)
{
    struct scenario s;
    struct err err;

    assert_int_equal(scenario_read(&s, "/dev/zero", NULL, 0, &err), -1);
    assert_string_equal(err.msg, "/dev/zero: more than 1 MiB; expected a small text file");
    assert_int_equal(scenario_read(&s, "/nowhere/x.yaml", NULL, 0, &err), -1);
    assert_string_equal(err.msg, "/nowhere/x.yaml: No such file or directory");
}

TEST(scenario_damaged_at_any_byte_is_answered)
{
    size_t n = strlen(whole);
    char *text = mem_alloc(n + 1);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 6; k++) {
            struct scenario s;
            struct err err;

            memcpy(text, whole, n);
            text[i] = "\0:[-*9"[k];
            if (!scenario_parse(&s, "x", text, n, NULL, 0, &err))
                scenario_free(&s);
        }
    free(text);
}
