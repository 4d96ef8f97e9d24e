#include "data/run.h"

#include "test.h"

/* Two phases, `n` cells; what the tests do not look at is left out. */
static struct scenario scenario(struct cell *cells, size_t n, unsigned repeat)
{
    static const struct load_point rate[] = { { 0, 1.0 / 3 }, { 20 * NS_PER_S, 40 } };
    static const struct load_point slots[] = { { 0, 4 }, { PHASE_HORIZON, 4 } };
    static const struct phase phases[] = {
        { .name = "warmup",
          .points = slots,
          .n_points = 2,
          .duration = NS_ABSENT,
          .requests = 7 },
        { .name = "steady",
          .open = true,
          .points = rate,
          .n_points = 2,
          .cv = 1,
          .duration = 20 * NS_PER_S,
          .measured = true },
    };
    static const struct cell_key keys[] = { { "model", "a \"quoted\" model", "\"x\"" } };
    static const char *const names[] = { "a", "b", "c" };
    static struct slo figures[] = { { .text = "ttft p50" }, { .text = "error_rate" } };

    for (size_t i = 0; i < n; i++)
        cells[i] = (struct cell){ .name = names[i],
                                  .keys = keys,
                                  .n_keys = COUNT(keys),
                                  .target.base_url = "https://user:secret@host:1/v1",
                                  .request.model = "m",
                                  .request.service_tier = i ? "flex" : NULL,
                                  .phases = phases,
                                  .n_phases = COUNT(phases),
                                  .connection.threads = 2 };
    return (struct scenario){ .name = "steady \xC3\xA4",
                              .question = "Does it hold?",
                              .seed = UINT64_MAX - 1,
                              .repeat = repeat,
                              .cells = cells,
                              .n_cells = n,
                              .answer = { figures, COUNT(figures), ASKED_BY_CELL, "model" },
                              .json = "{\"a\":[1,{\"b\":0.5}]}" };
}

TEST(each_round_holds_every_cell_once_in_an_order_reversed_from_round_to_round)
{
    static const uint32_t want[][2] = { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 2, 1 }, { 1, 1 },
                                        { 0, 1 }, { 0, 2 }, { 1, 2 }, { 2, 2 } };
    struct cell cells[3];
    struct scenario s = scenario(cells, 3, 3);
    struct run run;

    run_plan(&run, &s, 5, 6);
    assert_int_equal(run.n_trials, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        assert_int_equal(run.trials[i].cell, want[i][0]);
        assert_int_equal(run.trials[i].round, want[i][1]);
    }
    run_free(&run);
}

TEST(a_run_is_read_back_as_it_was_written)
{
    struct cell cells[2];
    struct scenario s = scenario(cells, 2, 2);
    struct run run, back;
    struct buf line, again;
    struct err err;

    run_plan(&run, &s, 123, 1700000000000000000);
    run.host.libcurl = "8.0";
    assert_int_equal(run.doctor.streams, -1);
    run.doctor.streams = 1000;
    run.doctor.frame_error_p99 = 7000;
    run.doctor.age_s = 60;
    buf_init(&line, 0);
    buf_init(&again, 0);
    run_write(&run, &line);
    assert_int_equal(run_read(&back, line.p, line.len, &err), 0);
    run_write(&back, &again);
    assert_string_equal(line.p, again.p);
    assert_string_equal(back.id, run.id);
    assert_int_equal(strlen(back.id), 32);
    assert_true(back.seed == UINT64_MAX - 1);
    assert_int_equal(back.t0_real, 1700000000000000000);
    assert_string_equal(back.target, "https://host:1/v1");
    assert_memory_equal(&back.doctor, &run.doctor, sizeof(run.doctor));
    assert_null(strstr(line.p, "secret"));
    assert_string_equal(back.scenario, s.json);
    assert_int_equal(back.answer.n, 2);
    assert_int_equal(back.answer.by, ASKED_BY_CELL);
    assert_string_equal(back.answer.against, "model");
    assert_int_equal(back.answer.figures[0].metric, METRIC_TTFT);
    assert_true(back.answer.figures[1].is_rate);
    assert_string_equal(back.cells[1].keys[0].text, "a \"quoted\" model");
    assert_null(back.cells[0].tier);
    assert_string_equal(back.cells[1].tier, "flex");
    assert_false(back.phases[0].measured);
    assert_true(back.phases[1].measured && back.cells[0].loads[1].open);
    assert_int_equal(back.cells[0].loads[0].duration, NS_ABSENT);
    assert_int_equal(back.cells[0].loads[0].points[1].at, PHASE_HORIZON);
    assert_int_equal(back.cells[0].loads[1].points[0].millionths, 333333);
    assert_int_equal(back.cells[0].loads[1].points[1].millionths, 40000000);
    run_free(&run);
    run_free(&back);
    buf_free(&line);
    buf_free(&again);
}

TEST(a_run_has_an_id_of_its_own)
{
    struct cell cells[1];
    struct scenario s = scenario(cells, 1, 1);
    struct run a, b, c;

    run_plan(&a, &s, 1, 2);
    run_plan(&b, &s, 3, 2);
    run_plan(&c, &s, 1, 3);
    assert_string_equal(a.id, b.id);
    assert_string_not_equal(a.id, c.id);
    assert_string_equal(a.digest, c.digest);
    run_free(&a);
    run_free(&b);
    run_free(&c);
}

TEST(a_damaged_first_line_is_refused_wherever_it_is_cut)
{
    struct cell cells[2];
    struct scenario s = scenario(cells, 2, 1);
    struct run run, back;
    struct buf line;
    struct err err;

    run_plan(&run, &s, 1, 2);
    buf_init(&line, 0);
    run_write(&run, &line);
    for (size_t n = 0; n + 1 < line.len; n++)
        assert_int_equal(run_read(&back, line.p, n, &err), -1);
    run_free(&run);
    buf_free(&line);
}

TEST(what_is_no_first_line_is_told_from_one_of_another_schema)
{
    static const struct {
        const char *line;
        const char *want;
    } cases[] = {
        { "", "no `run` line" },
        { "{\"t\":\"attempt\"}", "no `run` line" },
        { "[1,2]", "no `run` line" },
        { "{\"t\":\"run\",\"schema\":2}", "schema 2" },
        { "{\"t\":\"run\",\"schema\":1}", "damaged" },
        { "{\"t\":\"run\",\"schema\":1,\"phases\":[{}],\"cells\":[{\"loads\":[{}]}],"
          "\"trials\":[{\"cell\":1}]}",
          "damaged" },
        { "{\"t\":\"run\",\"schema\":1,\"phases\":[{}],\"cells\":[{\"loads\":[]}],"
          "\"trials\":[{\"cell\":0}]}",
          "damaged" },
        { "{\"t\":\"run\",\"schema\":1,\"phases\":7,\"cells\":[{\"loads\":[{}]}],"
          "\"trials\":[{\"cell\":0}]}",
          "damaged" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct run run;
        struct err err;

        assert_int_equal(run_read(&run, cases[i].line, strlen(cases[i].line), &err), -1);
        if (!strstr(err.msg, cases[i].want))
            fail_msg("case %zu: %s", i, err.msg);
    }
}
