#include <stdlib.h>

#include "load/engine.h"
#include "load/wire.h"
#include "test.h"

/* Trials of sessions without a network, and all records of them. */
enum { MAX_RECORDS = 2000 };

struct trial {
    struct load_point points[2];
    struct phase phases[2];
    struct cell cell;
    struct budget budget;
    struct mailbox mailbox;
    struct phase_event begin[2], end[2];
    ns_t stop_after; /* 0: let it end by itself */
    struct record *records[MAX_RECORDS];
    size_t n;
};

static void set_up(struct trial *t, bool open, double value)
{
    *t = (struct trial){ 0 };
    t->points[0] = t->points[1] = (struct load_point){ 0, value };
    t->points[1].at = NS_PER_S;
    t->phases[0] = (struct phase){ .name = "main",
                                   .open = open,
                                   .points = t->points,
                                   .n_points = 2,
                                   .duration = NS_ABSENT,
                                   .measured = true };
    t->phases[1] = t->phases[0];
    t->cell.target.base_url = "null:";
    t->cell.target.canned =
        (struct canned_answer){ .frames = 2, .first = NS_PER_MS, .gap = NS_PER_MS };
    t->cell.request = (struct request_spec){
        .endpoint = "chat",
        .model = "m",
        .body = "{}",
        .max_completion_tokens = 4,
        .stream = true,
        .include_usage = true,
    };
    t->cell.workload.messages = "[{\"role\":\"user\",\"content\":\"Hi\"}]";
    t->cell.workload.session = (struct session_spec){
        .turns = { .kind = DIST_FIXED, .mean = 3 },
        .input_tokens = { .kind = DIST_FIXED, .mean = 10 },
        .think = 5 * NS_PER_MS,
    };
    t->cell.phases = t->phases;
    t->cell.n_phases = 1;
    t->cell.limits = (struct limits){ .in_flight = 64, .drain = 10 * NS_PER_S };
    t->cell.timeout =
        (struct timeouts){ 5 * NS_PER_S, 5 * NS_PER_S, 5 * NS_PER_S, 10 * NS_PER_S };
    t->cell.connection = (struct connection){ .http = 11, .threads = 1 };
}

static void keep(struct trial *t)
{
    struct message *msg;

    mailbox_wait(&t->mailbox, 5 * NS_PER_MS);
    msg = mailbox_take(&t->mailbox);
    while (msg) {
        struct message *next = msg->next;

        if (msg->record) {
            assert_true(t->n < MAX_RECORDS);
            t->records[t->n++] = msg->record;
            msg->record = NULL;
        }
        message_free(msg);
        msg = next;
    }
}

static void run(struct trial *t)
{
    struct budget_state budget;
    struct err err = { 0 };
    struct engine *e;
    struct prompts *prompts =
        prompts_open(&t->cell.workload, PROMPT_MESSAGES, "{}", 1, &err);
    struct engine_config config = {
        .clock = &clock_system,
        .t0 = clock_now(&clock_system),
        .cell = &t->cell,
        .seed = 1,
        .words_per_token = 0.75,
        .endpoint = endpoint_find("chat"),
        .base_url = "null:",
        .prompts = prompts,
        .budget = &budget,
        .mailbox = &t->mailbox,
    };

    assert_int_equal(wire_library_init(&err), 0);
    budget_init(&budget, &t->budget);
    mailbox_init(&t->mailbox);
    e = engine_open(&config, &err);
    assert_non_null(e);
    while (!engine_done(e)) {
        keep(t);
        if (t->stop_after && clock_now(&clock_system) - config.t0 > t->stop_after)
            engine_stop(e, false);
    }
    keep(t);
    for (uint32_t p = 0; p < t->cell.n_phases; p++)
        engine_phase(e, p, &t->begin[p], &t->end[p]);
    engine_close(e);
    mailbox_free(&t->mailbox);
    budget_free(&budget);
    prompts_close(prompts);
    wire_library_free();
}

static void tear_down(struct trial *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->records[i]);
}

static const struct record *find(const struct trial *t, uint64_t session, uint32_t turn)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->records[i]->req == session * RECORD_TURNS + turn - 1)
            return t->records[i];
    return NULL;
}

TEST(every_session_has_its_turns_one_after_the_other_on_any_number_of_threads)
{
    uint64_t sizes[3] = { 0, 0, 0 };

    for (unsigned threads = 1; threads <= 3; threads++)
        for (int open = 0; open < 2; open++) {
            struct trial t;

            set_up(&t, open, open ? 400 : 4);
            t.phases[0].requests = 12;
            t.cell.connection.threads = threads;
            run(&t);
            assert_int_equal(t.n, 36);
            assert_int_equal(t.end[0].planned, 36);
            assert_int_equal(t.end[0].issued, 36);
            for (uint64_t k = 0; k < 12; k++)
                for (uint32_t turn = 1; turn <= 3; turn++) {
                    const struct record *r = find(&t, k, turn), *before;

                    assert_non_null(r);
                    assert_int_equal(r->turn, turn);
                    assert_int_equal(record_k(r), k);
                    assert_int_equal(r->outcome, OUTCOME_OK);
                    assert_true(r->at[MOMENT_DUE] <= t.end[0].at);
                    if (!sizes[turn - 1])
                        sizes[turn - 1] = find(&t, 0, turn)->bytes_up;
                    if (!k)
                        assert_int_equal(r->bytes_up, sizes[turn - 1]);
                    if (turn == 1)
                        continue;
                    before = find(&t, k, turn - 1);
                    assert_int_equal(r->at[MOMENT_DUE],
                                     before->at[MOMENT_END] + 5 * NS_PER_MS);
                    assert_true(r->bytes_up > before->bytes_up);
                    assert_int_equal(before->session, NS_ABSENT);
                    if (turn == 3)
                        assert_int_equal(r->session, r->at[MOMENT_END] -
                                                         find(&t, k, 1)->at[MOMENT_DUE]);
                }
            tear_down(&t);
        }
}

TEST(a_turn_belongs_to_the_phase_in_which_it_is_due_and_to_none_after_the_last)
{
    struct trial t;
    size_t in_second = 0;

    set_up(&t, false, 4);
    t.cell.n_phases = 2;
    t.phases[0].duration = t.phases[1].duration = 60 * NS_PER_MS;
    t.cell.workload.session.turns.mean = 50;
    run(&t);
    for (size_t i = 0; i < t.n; i++) {
        const struct record *r = t.records[i];
        const struct phase_event *end = &t.end[r->phase];

        assert_true(r->at[MOMENT_DUE] <= end->at);
        assert_true(r->at[MOMENT_DUE] >= t.begin[r->phase].at);
        in_second += r->phase == 1 && r->turn > 1;
    }
    assert_true(in_second > 0);
    assert_int_equal(t.end[0].planned + t.end[1].planned, t.n);
    tear_down(&t);
}

TEST(the_cap_holds_later_turns_back_as_well_and_keeps_their_due_time)
{
    struct trial t;
    ns_t held = 0;

    set_up(&t, false, 8);
    t.phases[0].requests = 8;
    t.cell.limits.in_flight = 1;
    t.cell.workload.session.think = 0;
    run(&t);
    assert_int_equal(t.n, 24);
    for (uint64_t k = 0; k < 8; k++) {
        const struct record *r = find(&t, k, 2);

        assert_int_equal(r->at[MOMENT_DUE], find(&t, k, 1)->at[MOMENT_END]);
        assert_int_equal(r->at[MOMENT_READY] - r->at[MOMENT_DUE], r->held[HOLD_CAP]);
        held += r->held[HOLD_CAP];
    }
    assert_true(held > 0);
    tear_down(&t);
}

TEST(the_budget_counts_later_turns_and_ends_their_sessions)
{
    struct trial t;
    size_t sent = 0;

    set_up(&t, false, 2);
    t.phases[0].requests = 50;
    t.budget.requests = 7;
    run(&t);
    for (size_t i = 0; i < t.n; i++)
        sent += t.records[i]->at[MOMENT_START] != NS_ABSENT;
    assert_int_equal(sent, 7);
    tear_down(&t);
}

TEST(a_run_that_is_told_to_stop_sends_no_next_turn)
{
    struct trial t;

    set_up(&t, false, 2);
    t.phases[0].requests = 2;
    t.cell.workload.session.think = 3600 * NS_PER_S;
    t.stop_after = 50 * NS_PER_MS;
    run(&t);
    assert_int_equal(t.n, 2);
    for (size_t i = 0; i < t.n; i++) {
        assert_int_equal(t.records[i]->turn, 1);
        assert_int_equal(t.records[i]->session, NS_ABSENT);
    }
    tear_down(&t);
}

TEST(a_session_whose_answer_fails_asks_nothing_more)
{
    struct trial t;

    set_up(&t, false, 2);
    t.phases[0].requests = 6;
    t.cell.timeout.first = NS_PER_MS;
    t.cell.target.canned.first = 50 * NS_PER_MS;
    run(&t);
    assert_int_equal(t.n, 6);
    for (size_t i = 0; i < t.n; i++) {
        assert_int_equal(t.records[i]->outcome, OUTCOME_TIMEOUT_FIRST);
        assert_int_equal(t.records[i]->session, NS_ABSENT);
    }
    tear_down(&t);
}
