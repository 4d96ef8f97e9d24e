#include "load/plan.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "test.h"

#define S NS_PER_S

static struct model models[] = {
    {
        .id = "small",
        .context = 131072,
        .max_completion = 131072,
        .speed_tps = 500,
        .prefill_tps = 10000,
        .input_nusd = 50000000,
        .cached_nusd = -1,
        .output_nusd = 80000000,
        .free = { 30, 14400, 6000, 500000, -1, -1 },
        .developer = { 1000, -1, 250000, -1, -1, -1 },
    },
    {
        .id = "terse",
        .context = 4096,
        .max_completion = 100,
        .speed_tps = 200,
        .prefill_tps = -1,
        .input_nusd = -1,
        .cached_nusd = -1,
        .output_nusd = -1,
        .free = { -1, -1, -1, -1, -1, -1 },
        .developer = { -1, -1, -1, -1, -1, -1 },
    },
    {
        .id = "hears",
        .speed_factor = 200,
        .audio_nusd = 111000000,
        .free = { 20, 2000, -1, -1, 7200, 28800 },
    },
    {
        .id = "speaks",
        .speed_factor = -1,
        .character_nusd = 22000000000,
        .free = { -1, -1, 1200, 3600, -1, -1 },
    },
};
static const struct catalogue catalogue = { .models = models, .n_models = COUNT(models) };

static const struct load_point half[] = { { 0, 0.5 }, { 60 * S, 0.5 } };
static const struct load_point one[] = { { 0, 1 }, { 60 * S, 1 } };
static const struct load_point ten[] = { { 0, 10 }, { 60 * S, 10 } };

/* A scenario of one cell with one phase, to be changed by the test. */
struct fixture {
    struct scenario s;
    struct cell cells[2];
    struct phase phases[2];
    const struct sysinfo *sys;
    struct plan plan;
};

static void init(struct fixture *f, const char *model, const char *plan)
{
    *f = (struct fixture){
        .s = { .name = "test", .repeat = 1, .n_cells = 1 },
        .phases = { { .name = "steady",
                      .open = true,
                      .points = ten,
                      .n_points = 2,
                      .duration = 30 * S,
                      .measured = true } },
    };
    f->cells[0] = (struct cell){
        .name = "all",
        .target = { .plan = plan },
        .request = { .endpoint = "chat",
                     .model = model,
                     .body = "{}",
                     .max_completion_tokens = 100 },
        .workload = { .input_tokens = { .kind = DIST_FIXED, .mean = 900 } },
        .phases = f->phases,
        .n_phases = 1,
        .limits = { .in_flight = 512, .drain = 60 * S },
    };
    f->s.cells = f->cells;
}

static const struct plan *plan(struct fixture *f)
{
    struct err err = { 0 };

    if (plan_make(&f->plan, &f->s, &catalogue, f->sys, &err))
        fail_msg("%s", err.msg);
    return &f->plan;
}

static bool warns(const struct plan *p, const char *text)
{
    for (size_t i = 0; i < p->n_warnings; i++)
        if (strstr(p->warnings[i], text))
            return true;
    return false;
}

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%.12g, want %.12g", got, want);
}

TEST(an_open_loop_is_counted_and_priced)
{
    struct fixture f;
    const struct plan *p;

    init(&f, "small", "developer");
    f.s.repeat = 2;
    p = plan(&f);
    assert_int_equal(p->trials, 2);
    assert_int_equal(p->total.requests, 600);
    assert_int_equal(p->total.measured, 600);
    assert_false(p->total.estimated);
    assert_int_equal(p->total.tokens_in, 600 * 900);
    assert_int_equal(p->total.tokens_out, 600 * 100);
    assert_true(p->total.completion_max);
    assert_int_equal(p->total.cost_nusd, 54 * 500000 + 6 * 800000);
    /* 0.3 s, 900 tokens read at 10,000/s, 100 written at 500/s */
    assert_int_equal(p->cells[0].latency, 590 * NS_PER_MS);
    assert_int_equal(p->total.time, 2 * (30 * S + 590 * NS_PER_MS));
    plan_free(&f.plan);
}

TEST(phases_add_up_and_warm_up_is_not_measured)
{
    struct fixture f;
    const struct plan *p;

    init(&f, "small", "developer");
    f.phases[1] = f.phases[0];
    f.phases[0].measured = false;
    f.phases[0].duration = 10 * S;
    f.phases[1].requests = 50;
    f.cells[0].n_phases = 2;
    p = plan(&f);
    assert_int_equal(p->total.requests, 150);
    assert_int_equal(p->total.measured, 50);
    assert_int_equal(p->total.time, 15 * S + 590 * NS_PER_MS);
    plan_free(&f.plan);
}

TEST(a_closed_loop_is_estimated_from_the_speed_of_answers)
{
    struct fixture f;
    const struct plan *p;

    init(&f, "small", "developer");
    f.phases[0].open = false;
    f.phases[0].think = 410 * NS_PER_MS;
    p = plan(&f); /* ten slots, a request a second each */
    assert_int_equal(p->total.requests, 300);
    assert_true(p->total.estimated);
    plan_free(&f.plan);

    f.phases[0].duration = NS_ABSENT;
    f.phases[0].requests = 77;
    p = plan(&f);
    assert_int_equal(p->total.requests, 77);
    assert_false(p->total.estimated);
    near((double)p->total.time / S, 7.7 + 0.59, 1e-6);
    plan_free(&f.plan);
}

TEST(the_limit_that_trips_first_is_found_and_when)
{
    static const struct {
        const char *plan;
        const struct load_point *rate;
        int64_t prompt;
        const char *tier;
        const char *name; /* NULL: none */
        double after_s;
        const char *by; /* the limit that sets the rate of the run, */
        double size;    /* and how that follows */
        double window_s;
        double need;
    } cases[] = {
        /* 10/s against 30 a minute: 30 / (10 - 0.5) */
        { "free", ten, 50, NULL, "RPM", 30 / 9.5, "RPM", 30, 60, 1 },
        /* 10,000 tokens a second against 6,000 a minute: 6000 / (10000 - 100) */
        { "free", ten, 900, NULL, "TPM", 6000.0 / 9900, "TPM", 6000, 60, 1000 },
        { "free", half, 80, NULL, NULL, 0, "RPM", 30, 60, 1 },
        { "free", half, 900, NULL, "TPM", 15, "TPM", 6000, 60, 1000 },
        { "free", one, 900, "flex", NULL, 0, "TPM", 60000, 60, 1000 },
        { "developer", ten, 900, NULL, NULL, 0, "TPM", 250000, 60, 1000 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture f;
        const struct plan_limit *l;
        double run_s;

        init(&f, "small", cases[i].plan);
        f.phases[0].points = cases[i].rate;
        f.cells[0].workload.input_tokens.mean = (double)cases[i].prompt;
        f.cells[0].request.service_tier = cases[i].tier;
        l = plan(&f)->limits;
        assert_int_equal(f.plan.n_limits, 1);
        assert_true(l->known);
        run_s = (double)f.plan.total.time / S;
        near(l->sustained,
             cases[i].size * (1 / run_s + 1 / cases[i].window_s) / cases[i].need, 1e-9);
        assert_string_equal(l->sustained_by, cases[i].by);
        if (cases[i].name) {
            assert_string_equal(l->name, cases[i].name);
            near((double)l->after / S, cases[i].after_s, 1e-3);
        } else
            assert_null(l->name);
        assert_int_equal(warns(&f.plan, "is used up"), cases[i].name != NULL);
        plan_free(&f.plan);
    }
}

TEST(a_forecast_says_after_how_many_a_cell_meets_its_limit)
{
    static const struct {
        const char *plan;
        const struct load_point *rate;
        int64_t prompt;
        const char *limit; /* "": none */
        double after_s;
        double requests;
        double tokens;
    } cases[] = {
        /* 30 and what comes back in 30 / 9.5 s; 150 tokens each */
        { "free", ten, 50, "RPM", 30 / 9.5, 31.58, 31.58 * 150 },
        { "free", half, 900, "TPM", 15, 7.5, 7500 },
        { "developer", ten, 900, "", 0, -1, -1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture f;
        struct forecast got;

        init(&f, "small", cases[i].plan);
        f.phases[0].points = cases[i].rate;
        f.cells[0].workload.input_tokens.mean = (double)cases[i].prompt;
        got = plan_forecast(plan(&f), 0);
        assert_string_equal(got.limit, cases[i].limit);
        assert_true(got.sizes[0] > 0);
        near((double)got.requests, cases[i].requests, 0.5);
        near((double)got.tokens, cases[i].tokens, 75);
        if (*got.limit)
            near((double)got.after / S, cases[i].after_s, 1e-3);
        f.cells[0].target.base_url = (char *)"sim:"; /* which keeps no limits by itself */
        assert_string_equal(plan_forecast(&f.plan, 0).limit, "");
        assert_int_equal(plan_forecast(&f.plan, 0).sizes[0], -1);
        plan_free(&f.plan);
    }
}

/* A minute's bucket that one trial has emptied is not full again for the next. */
TEST(limits_outlive_trials_and_are_shared_by_cells)
{
    struct fixture f;
    const struct plan *p;

    init(&f, "small", "free");
    f.phases[0].points = half;
    f.phases[0].duration = 10 * S;
    f.cells[1] = f.cells[0];
    f.cells[1].name = "other";
    f.s.n_cells = 2;
    p = plan(&f);
    assert_int_equal(p->n_limits, 1);
    assert_string_equal(p->limits[0].name, "TPM");
    /* 4,000 of 6,000 are gone after the first; 59 come back while it drains. */
    near((double)p->limits[0].after / S, 10.59 + 2059.0 / 400, 0.01);
    plan_free(&f.plan);

    f.cells[1].request.service_tier = "flex";
    p = plan(&f);
    assert_int_equal(p->n_limits, 2);
    assert_null(p->limits[0].name);
    assert_null(p->limits[1].name);
    plan_free(&f.plan);
}

/* Two cells, two rounds: A B B A, so B has no pause between its trials. */
TEST(rounds_turn_the_order_of_cells_round)
{
    struct fixture f;
    const struct plan *p;
    double a;

    init(&f, "terse", "free");
    f.phases[0].points = half;
    f.phases[0].duration = 10 * S;
    f.cells[1] = f.cells[0];
    f.cells[1].name = "B";
    f.cells[1].request.model = "small";
    f.s.n_cells = 2;
    f.s.repeat = 2;
    p = plan(&f);
    a = 10 + (double)p->cells[0].latency / S;
    assert_string_equal(p->limits[1].model, "small");
    near((double)p->limits[1].after / S, a + 10.59 + 2059.0 / 400, 0.01);
    plan_free(&f.plan);
}

TEST(pacing_slows_a_closed_loop_down)
{
    struct fixture f;
    const struct plan *p;

    init(&f, "small", "free");
    f.phases[0].open = false;
    f.phases[0].duration = 60 * S;
    f.cells[0].limits.pace_to_rate_limits = true;
    p = plan(&f); /* a full bucket of 6,000 tokens and a minute's refill */
    assert_in_range(p->total.requests, 12, 13);
    assert_true(p->limits[0].paced);
    assert_true(warns(p, "held back"));
    plan_free(&f.plan);

    f.phases[0].duration = NS_ABSENT;
    f.phases[0].requests = 100;
    p = plan(&f);
    assert_int_equal(p->total.requests, 100);
    /* A hundred thousand tokens, 6,000 at once, then 100 a second. */
    near((double)p->total.time / S, 940.59, 0.01);
    plan_free(&f.plan);
}

TEST(what_is_not_known_stays_unknown)
{
    struct fixture f;
    const struct plan *p;
    struct buf out = { 0 };
    json_t *json;

    init(&f, "nobody/knows", "free");
    f.s.budget.cost_nusd = 1;
    p = plan(&f);
    assert_int_equal(p->total.cost_nusd, -1);
    assert_false(p->limits[0].known);
    assert_null(p->limits[0].name);
    assert_true(warns(p, "nobody/knows is not in the catalogue"));
    assert_true(warns(p, "a price is unknown"));
    plan_text(&out, p);
    assert_non_null(strstr(out.p, "unknown"));
    assert_null(strstr(out.p, "inf"));
    buf_clear(&out);
    plan_json(&out, p);
    json = json_loadb(out.p, out.len, 0, NULL);
    assert_non_null(json);
    assert_true(json_is_null(json_object_get(json, "cost_nusd")));
    json_decref(json);
    plan_free(&f.plan);
    buf_free(&out);
}

TEST(an_answer_is_as_long_as_asked_for_else_as_usual)
{
    static const struct {
        int64_t asked;
        int model; /* -1: unknown */
        int64_t want;
        bool is_max;
    } cases[] = {
        { 256, 0, 256, true },  { 256, -1, 256, true }, { -1, 0, 512, false },
        { -1, -1, 512, false }, { -1, 1, 100, false },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request_spec spec = { .max_completion_tokens = cases[i].asked };
        bool is_max;

        assert_int_equal(
            plan_completion(&spec, cases[i].model < 0 ? NULL : &models[cases[i].model],
                            &is_max),
            cases[i].want);
        assert_int_equal(is_max, cases[i].is_max);
    }
}

TEST(a_plan_warns_of_what_will_go_wrong)
{
    static struct slo slos[] = {
        { .text = "ttft p99.9 < 1s", .stat = SLO_PERCENTILE, .percentile = 99.9 },
        { .text = "ttft p50 < 1s", .stat = SLO_PERCENTILE, .percentile = 50 },
        { .text = "error_rate < 0.1%", .is_rate = true, .rate = RATE_ERROR, .value = 1000 },
        { .text = "error_rate < 5%", .is_rate = true, .rate = RATE_ERROR, .value = 50000 },
        { .text = "rps > 5/s",
          .is_rate = true,
          .rate = RATE_RPS,
          .op = SLO_GT,
          .value = 5 },
    };
    struct fixture f;
    const struct plan *p;

    init(&f, "small", "developer");
    p = plan(&f);
    assert_int_equal(p->n_warnings, 0);
    plan_free(&f.plan);

    f.s.slos = slos;
    f.s.n_slos = COUNT(slos);
    f.s.budget = (struct budget){ .requests = 299, .tokens = 299999, .cost_nusd = 1 };
    f.cells[0].limits.in_flight = 5;
    f.cells[0].request.max_completion_tokens = 132000;
    p = plan(&f);
    assert_true(warns(p, "slo \"ttft p99.9 < 1s\" needs 2995 measured requests, 300"));
    assert_false(warns(p, "p50"));
    assert_true(warns(p, "slo \"error_rate < 0.1%\" needs 2995 measured requests, 300"));
    assert_false(warns(p, "error_rate < 5%"));
    assert_false(warns(p, "rps"));
    assert_true(warns(p, "budget.requests: up to 300 are planned, the budget is 299"));
    assert_true(warns(p, "budget.tokens"));
    assert_true(warns(p, "budget.cost"));
    assert_true(warns(p, "limits.in_flight is 5"));
    assert_true(warns(p, "exceed the context of 131072"));
    plan_free(&f.plan);

    init(&f, "terse", "free");
    f.phases[0].requests = 100;
    f.cells[0].request.max_completion_tokens = 101;
    p = plan(&f);
    assert_true(warns(p, "the model gives 100 at most"));
    assert_true(warns(p, "a p99 needs 299 measured requests, 100"));
    plan_free(&f.plan);
}

TEST(a_misspelt_name_is_warned_of_with_the_nearest_one)
{
    static const struct cell_key key = { "modle", "small", "\"small\"" };
    struct fixture f;
    const struct plan *p;

    init(&f, "smal", "developer");
    f.cells[0].keys = &key;
    f.cells[0].n_keys = 1;
    p = plan(&f);
    assert_true(warns(p, "model smal is not in the catalogue"));
    assert_true(warns(p, "did you mean \"small\"?"));
    assert_true(warns(p, "\"modle\", which is sent as a field of the body; did you mean "
                         "\"model\"?"));
    assert_int_equal(p->n_urgent, p->n_warnings);
    plan_free(&f.plan);
}

TEST(a_simulator_without_limits_is_not_warned_of)
{
    static const char *const flags[] = { "--plan", "free" };
    struct fixture f;

    for (int kept = 0; kept < 2; kept++) {
        init(&f, "small", "free");
        f.cells[0].target.base_url = "sim:";
        f.cells[0].target.sim = flags;
        f.cells[0].target.n_sim = kept ? 2 : 0;
        f.phases[0].duration = 600 * S;
        assert_int_equal(warns(plan(&f), "is used up"), kept);
        plan_free(&f.plan);
    }
}

TEST(what_holds_for_every_cell_is_said_once)
{
    static const struct cell_key keys[] = { { "x", "1", "1" }, { "x", "2", "2" } };
    struct fixture f;
    const struct plan *p;

    init(&f, "small", "developer");
    f.phases[0].requests = 100;
    f.cells[1] = f.cells[0];
    f.s.n_cells = 2;
    for (int i = 0; i < 2; i++) {
        f.cells[i].keys = &keys[i];
        f.cells[i].n_keys = 1;
    }
    p = plan(&f);
    assert_int_equal(p->n_warnings, 1);
    assert_int_equal(p->n_urgent, 0);
    assert_true(warns(p, "every cell: a p99 needs 299"));
    assert_string_equal(p->cells[1].name, "x=2");
    plan_free(&f.plan);
}

TEST(an_objective_for_another_cell_asks_nothing_of_this_one)
{
    static struct slo slo = { .text = "ttft p99.9 < 1s",
                              .stat = SLO_PERCENTILE,
                              .percentile = 99.9,
                              .selectors = { { "service_tier", "flex" } },
                              .n_selectors = 1 };
    static const struct cell_key key = { "service_tier", "on_demand", "\"on_demand\"" };
    struct fixture f;

    init(&f, "small", "developer");
    f.s.slos = &slo;
    f.s.n_slos = 1;
    f.cells[0].keys = &key;
    f.cells[0].n_keys = 1;
    assert_false(warns(plan(&f), "p99.9"));
    plan_free(&f.plan);
    slo.selectors[0].value = "on_demand";
    assert_true(warns(plan(&f), "p99.9"));
    plan_free(&f.plan);
}

TEST(a_dataset_is_read_for_its_lengths_and_its_mistakes)
{
    struct fixture f;
    struct err err;
    char path[] = "/tmp/plan-test-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");

    assert_non_null(file);
    fprintf(file,
            "{\"body\":{\"messages\":[{\"role\":\"user\",\"content\":\"%0399d\"}],"
            "\"max_tokens\":50}}\n",
            0);
    fclose(file);
    init(&f, "small", "developer");
    f.cells[0].workload = (struct workload){ .dataset = path };
    f.cells[0].request.max_completion_tokens = -1;
    plan(&f);
    assert_int_equal(f.plan.cells[0].prompt, 107);
    assert_int_equal(f.plan.cells[0].completion, 50);
    assert_true(f.plan.cells[0].completion_max);
    plan_free(&f.plan);
    remove(path);
    assert_int_equal(plan_make(&f.plan, &f.s, &catalogue, NULL, &err), -1);
    assert_non_null(strstr(err.msg, path));
}

TEST(a_plan_knows_its_endpoint)
{
    struct err err = { 0 };
    struct fixture f;

    init(&f, "small", "free");
    f.cells[0].request.endpoint = "chta";
    f.cells[0].request.endpoint_at = "x.yaml:3:5";
    assert_int_equal(plan_make(&f.plan, &f.s, &catalogue, NULL, &err), -1);
    assert_string_equal(err.msg,
                        "x.yaml:3:5: request.endpoint: no endpoint \"chta\"; did you "
                        "mean \"chat\"?");
}

TEST(a_plan_of_audio_counts_its_seconds_and_has_no_tokens)
{
    const struct plan *p;
    struct fixture f;

    init(&f, "hears", "free");
    f.phases[0].points = one;
    f.cells[0].request.endpoint = "transcription";
    f.cells[0].request.max_completion_tokens = -1;
    f.cells[0].workload = (struct workload){ .audio_length = 300 * S };
    p = plan(&f);
    assert_int_equal(p->cells[0].completion, 0);
    assert_int_equal(p->cells[0].upload, 44 + 300 * 32000);
    assert_int_equal(p->cells[0].latency, 1800 * NS_PER_MS);
    assert_int_equal(p->total.requests, 30);
    assert_int_equal(p->total.tokens_in + p->total.tokens_out, 0);
    assert_int_equal(p->total.audio_in, 9000 * S);
    assert_int_equal(p->total.characters_in, -1);
    assert_int_equal(p->total.cost_nusd, 30 * 9250000);
    assert_string_equal(p->limits[0].name, "ASH");
    assert_int_equal(p->limits[0].limit, 7200);
    assert_int_equal(p->limits[0].after / S, 24); /* 7200 / (300 - 2) */
    assert_string_equal(p->limits[0].sustained_by, "ASH");
    plan_free(&f.plan);
}

TEST(a_plan_of_speech_counts_characters)
{
    static const struct {
        struct workload w;
        int64_t characters;
    } cases[] = {
        { { .characters = 200 }, 200 },
        { { .text = "Say hi." }, 7 },
        { { .input_tokens = { .kind = DIST_FIXED, .mean = 50 } }, 300 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct plan *p;
        struct fixture f;

        init(&f, "speaks", "free");
        f.phases[0].points = one;
        f.cells[0].request.endpoint = "speech";
        f.cells[0].request.max_completion_tokens = -1;
        f.cells[0].workload = cases[i].w;
        p = plan(&f);
        assert_int_equal(p->cells[0].characters, cases[i].characters);
        assert_int_equal(p->cells[0].need.of[LIMIT_TOKENS], cases[i].characters / 4);
        assert_int_equal(p->total.characters_in, 30 * cases[i].characters);
        assert_int_equal(p->total.cost_nusd, 30 * cases[i].characters * 22000);
        assert_int_equal(p->total.audio_in, NS_ABSENT);
        plan_free(&f.plan);
    }
}

TEST(a_plan_warns_of_files_too_large_and_clips_too_short)
{
    static const struct {
        ns_t length;
        const char *plan;
        const char *says; /* NULL: nothing of that kind */
    } cases[] = {
        { 60 * S, "free", NULL },
        { 5 * S, "free", "clips of 5 s are paid for as if they were 10 s long" },
        { 900 * S, "free", "Groq takes 25 MB at most on the plan \"free\"" },
        { 900 * S, "developer", NULL },
        { 3600 * S, "developer", "Groq takes 100 MB at most on the plan \"developer\"" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out = { 0 };
        struct fixture f;

        init(&f, "hears", cases[i].plan);
        f.cells[0].request.endpoint = "transcription";
        f.cells[0].workload = (struct workload){ .audio_length = cases[i].length };
        plan(&f);
        plan_text(&out, &f.plan);
        if (cases[i].says)
            assert_non_null(strstr(out.p, cases[i].says));
        else
            assert_true(!strstr(out.p, "Groq takes") && !strstr(out.p, "paid for as if"));
        plan_free(&f.plan);
        buf_free(&out);
    }
}

TEST(a_plan_prints_as_text_and_as_json)
{
    struct fixture f;
    struct buf out = { 0 };
    json_t *json;

    init(&f, "small", "free");
    f.s.repeat = 3;
    f.s.budget.cost_nusd = 5 * S;
    plan(&f);
    plan_text(&out, &f.plan);
    assert_non_null(strstr(out.p, "test: 1 cell x 3 trials, about "));
    assert_non_null(strstr(out.p, "TPM 6,000 is used up after 606 ms"));
    assert_non_null(strstr(out.p, "810,000"));
    buf_clear(&out);
    plan_json(&out, &f.plan);
    json = json_loadb(out.p, out.len, 0, NULL);
    assert_non_null(json);
    assert_int_equal(json_integer_value(json_object_get(json, "requests")), 900);
    assert_int_equal(json_integer_value(json_object_get(json, "tokens_in")), 810000);
    assert_int_equal(json_array_size(json_object_get(json, "cells")), 1);
    assert_string_equal(json_string_value(json_object_get(
                            json_array_get(json_object_get(json, "limits"), 0), "first")),
                        "TPM");
    json_decref(json);
    plan_free(&f.plan);
    buf_free(&out);
}

/* A machine that minds nothing; a case says what it has too little of. */
static struct sysinfo ample(void)
{
    return (struct sysinfo){ .cores = 2,
                             .files_soft = 20000,
                             .files_hard = 20000,
                             .ports = 28232,
                             .tw_reuse = TW_REUSE_OFF,
                             .memory = 8LL << 30 };
}

static const struct load_point slots_20k[] = { { 0, 20000 }, { 60 * S, 20000 } };
static const struct load_point slots_30k[] = { { 0, 30000 }, { 60 * S, 30000 } };
static const struct load_point thousand[] = { { 0, 1000 }, { 60 * S, 1000 } };

struct machine_case {
    const char *url;
    const struct load_point *points;
    bool open;
    ns_t think;
    uint64_t requests;
    uint64_t in_flight;
    enum connection_policy policy;
    int http;
    int64_t files;
    int64_t ports;
    int64_t reuse;
    const char *says; /* NULL: nothing */
};

static void set_up(struct fixture *f, struct sysinfo *sys, const struct machine_case *c)
{
    init(f, "terse", "free");
    *sys = ample();
    sys->files_soft = sys->files_hard = c->files;
    sys->ports = c->ports;
    sys->tw_reuse = c->reuse;
    f->sys = sys;
    f->phases[0].points = c->points;
    f->phases[0].open = c->open;
    f->phases[0].think = c->think;
    f->phases[0].requests = c->requests;
    f->cells[0].target.base_url = c->url;
    f->cells[0].limits.in_flight = c->in_flight;
    f->cells[0].connection.policy = c->policy;
    f->cells[0].connection.http = c->http;
    f->cells[0].connection.threads = 1;
}

#define FIXED "http://10.0.0.1:80/v1"
#define NAMED "https://api.example.com/v1"
#define LOCAL "http://127.0.0.1:8080/v1"

TEST(what_the_machine_certainly_cannot_carry_is_refused_with_what_to_do)
{
    static const struct machine_case cases[] = {
        /* the same limit, and less wanted each time for another reason */
        { "sim:", slots_20k, 0, 0, 0, 20000, 0, 11, 20000, 28232, 0,
          "a concurrency of 20000 needs 20064 open files, 20000 are allowed" },
        { NAMED, slots_20k, 0, 0, 0, 20000, 0, 11, 20015, 28232, 0, "`ulimit -n 20064`" },
        { NAMED, slots_20k, 0, 0, 0, 20000, 0, 11, 20016, 28232, 0, NULL },
        { NAMED, slots_20k, 0, 0, 0, 9000, 0, 11, 10000, 28232, 0, NULL },
        { NAMED, slots_20k, 0, 0, 9000, 20000, 0, 11, 10000, 28232, 0, NULL },
        { NAMED, slots_20k, 0, S, 0, 20000, 0, 11, 10000, 28232, 0, NULL },
        { NAMED, slots_20k, 0, 0, 0, 20000, 0, 2, 1024, 28232, 0, NULL },
        { NAMED, slots_20k, 0, 0, 0, 20000, 0, 11, -1, -1, -1, NULL },
        { NAMED, thousand, 1, 0, 0, 20000, 0, 11, 100, 28232, 0, NULL },
        { FIXED, slots_30k, 0, 0, 0, 30000, 0, 11, 65536, 28232, 0,
          "a concurrency of 30000 needs as many local ports, 28232 are there" },
        { "sim:", slots_30k, 0, 0, 0, 30000, 0, 11, 65536, 28232, 0, "local ports" },
        { "http://[2001:db8::1]/", slots_30k, 0, 0, 0, 30000, 0, 11, 65536, 28232, 0,
          "local ports" },
        { FIXED, slots_30k, 0, 0, 0, 30000, 0, 11, 65536, 30000, 0, NULL },
        { NAMED, slots_30k, 0, 0, 0, 30000, 0, 11, 65536, 28232, 0, NULL },
        { "http://10.example.com", slots_30k, 0, 0, 0, 30000, 0, 11, 65536, 28232, 0,
          NULL },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture f;
        struct sysinfo sys;
        struct err err = { 0 };
        int rc;

        set_up(&f, &sys, &cases[i]);
        rc = plan_make(&f.plan, &f.s, &catalogue, &sys, &err);
        if (rc != (cases[i].says ? -1 : 0) || (rc && !strstr(err.msg, cases[i].says)))
            fail_msg("case %zu: %d, %s", i, rc, err.msg);
        if (!rc)
            plan_free(&f.plan);
    }
}

/* A request takes 800 ms: 1,000 a second are 800 at once. */
TEST(what_the_machine_may_not_carry_is_warned_of)
{
    static const struct machine_case cases[] = {
        { NAMED, thousand, 1, 0, 0, 2000, 0, 11, 2063, 28232, 0,
          "up to 2000 connections at once (limits.in_flight) need 2064 open files, 2063" },
        { NAMED, thousand, 1, 0, 0, 2000, 0, 11, 2064, 28232, 0, NULL },
        { NAMED, thousand, 1, 0, 0, 2000, 0, 11, 5000, 799, 0,
          "about 800 connections at once, 799 local ports" },
        { NAMED, thousand, 1, 0, 0, 2000, 0, 11, 5000, 800, 0, NULL },
        /* 30,000 requests in 30 s are fewer than 60,000 in a minute */
        { NAMED, thousand, 1, 0, 0, 2000, CONNECTION_NEW, 11, 5000, 28232, 0,
          "1000 requests/s leave 30000 ports waiting (60 s each), 28232 are there for "
          "each "
          "address of the target: about 27 s into the run" },
        { NAMED, thousand, 1, 0, 0, 2000, CONNECTION_NEW, 11, 5000, 30800, 0, NULL },
        { NAMED, thousand, 1, 0, 0, 2000, CONNECTION_NEW, 2, 5000, 30799, 0,
          "net.ipv4.tcp_tw_reuse=1" },
        { NAMED, thousand, 1, 0, 20000, 2000, CONNECTION_NEW, 11, 5000, 28232, 0, NULL },
        { NAMED, thousand, 1, 0, 0, 2000, CONNECTION_NEW, 11, 5000, 28232,
          TW_REUSE_LOOPBACK, "(60 s each)" },
        { LOCAL, thousand, 1, 0, 0, 2000, CONNECTION_NEW, 11, 5000, 28232,
          TW_REUSE_LOOPBACK, NULL },
        { "sim:", thousand, 1, 0, 0, 2000, CONNECTION_NEW, 11, 5000, 1799,
          TW_REUSE_LOOPBACK, "leave 1000 ports waiting (1 s each)" },
        { NAMED, thousand, 1, 0, 0, 2000, CONNECTION_NEW, 11, 5000, 28232, TW_REUSE_ALL,
          NULL },
        /* a thousand slots, each anew after 800 ms */
        { NAMED, thousand, 0, 0, 0, 2000, CONNECTION_NEW, 11, 5000, 28232, 0,
          "1250 requests/s" },
        { NAMED, thousand, 0, 200 * NS_PER_MS, 0, 2000, CONNECTION_NEW, 11, 5000, 28232, 0,
          "1000 requests/s" },
        { NAMED, thousand, 1, 0, 0, 2000, CONNECTION_NEW, 11, -1, -1, -1, NULL },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture f;
        struct sysinfo sys;
        const struct plan *p;
        bool said;

        set_up(&f, &sys, &cases[i]);
        p = plan(&f);
        said = warns(p, cases[i].says ? cases[i].says : "");
        if (said != (cases[i].says != NULL))
            fail_msg("case %zu: %s", i, p->n_warnings ? p->warnings[0] : "no warning");
        assert_int_equal(p->n_urgent, p->n_warnings);
        plan_free(&f.plan);
    }
}

TEST(memory_and_cores_are_warned_of_where_they_are_grossly_too_few)
{
    struct fixture f;
    struct sysinfo sys = ample();

    init(&f, "small", "developer");
    f.sys = &sys;
    f.phases[0].points = thousand;
    f.cells[0].limits.in_flight = 2000;
    f.cells[0].connection.threads = 2;
    f.cells[0].workload.input_tokens.mean = 20000;
    assert_false(warns(plan(&f), "memory"));
    plan_free(&f.plan);

    sys.memory = 100 << 20; /* 2,500 at once, of 140 KiB */
    sys.cores = 1;
    plan(&f);
    assert_true(warns(&f.plan, "prompts and answers under way need about"));
    assert_true(warns(&f.plan, "connection.threads 2 on 1 core:"));
    plan_free(&f.plan);
}

/* Cells that run at the same time share the process; each alone would fit. */
TEST(cells_that_run_at_once_need_the_machine_together)
{
    struct fixture f;
    struct sysinfo sys = ample();
    struct err err;

    init(&f, "small", "developer");
    f.phases[0].points = thousand;
    f.phases[0].open = false;
    f.cells[0].limits.in_flight = 1000;
    f.cells[1] = f.cells[0];
    f.cells[1].name = "other";
    f.s.n_cells = 2;
    sys.files_hard = 1500;
    assert_int_equal(plan_make(&f.plan, &f.s, &catalogue, &sys, &err), 0);
    plan_free(&f.plan);
    f.s.concurrent = true;
    assert_int_equal(plan_make(&f.plan, &f.s, &catalogue, &sys, &err), -1);
    assert_non_null(strstr(err.msg, "a concurrency of 2000"));
}

TEST(sessions_are_counted_by_their_requests_and_each_holds_what_went_before)
{
    struct fixture f;
    const struct plan *p;

    init(&f, "small", "developer");
    f.cells[0].workload.session = (struct session_spec){
        .turns = { .kind = DIST_FIXED, .mean = 5 },
        .input_tokens = { .kind = DIST_FIXED, .mean = 50 },
    };
    p = plan(&f);
    assert_int_equal(p->total.requests, 1500);
    assert_int_equal(p->total.tokens_in, 1500 * (900 + 2 * (100 + 50)));
    assert_int_equal(p->total.tokens_out, 1500 * 100);
    assert_int_equal(p->cells[0].longest, 900 + 4 * 150);
    plan_free(&f.plan);
}

TEST(conversations_that_outgrow_the_context_are_warned_of)
{
    struct fixture f;

    init(&f, "terse", "developer");
    assert_false(warns(plan(&f), "exceed the context"));
    plan_free(&f.plan);
    f.cells[0].workload.session = (struct session_spec){
        .turns = { .kind = DIST_FIXED, .mean = 40 },
        .input_tokens = { .kind = DIST_FIXED, .mean = 50 },
    };
    assert_true(warns(plan(&f), "exceed the context of 4096"));
    plan_free(&f.plan);
}

TEST(a_closed_loop_of_conversations_lasts_as_long_as_its_turns_and_pauses)
{
    struct fixture f;
    struct err err = { 0 };

    init(&f, "small", "developer");
    f.phases[0].open = false;
    f.phases[0].points = one;
    f.phases[0].duration = NS_ABSENT;
    f.phases[0].requests = 4;
    f.phases[0].think = 2 * S;
    f.cells[0].workload.session = (struct session_spec){
        .turns = { .kind = DIST_FIXED, .mean = 2 },
        .input_tokens = { .kind = DIST_FIXED, .mean = 50 },
        .think = 3 * S,
    };
    assert_int_equal(plan_make(&f.plan, &f.s, &catalogue, NULL, &err), 0);
    assert_int_equal(f.plan.total.requests, 8);
    /* one user: two answers, a pause within and one behind each conversation */
    near((double)f.plan.total.time, 4.0 * (2.0 * (double)f.plan.cells[0].latency + 5.0 * S),
         (double)f.plan.cells[0].latency * 2);
    plan_free(&f.plan);
}
