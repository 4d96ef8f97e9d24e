#include "data/nearest.h"
#include "data/recorder.h"
#include "data/scenario_draft.h"

/* Does any cell, or measured phase, have this key with this value? */
static bool selects(const struct scenario *s, const struct slo_selector *sel, bool *known)
{
    bool phase = !strcmp(sel->key, "phase");
    bool model = !strcmp(sel->key, "model");
    bool found = false;

    *known = phase || model;
    for (size_t i = 0; i < s->cells[0].n_phases && phase; i++)
        found = found || !strcmp(s->cells[0].phases[i].name, sel->value);
    for (size_t c = 0; c < s->n_cells; c++) {
        const struct cell *cell = &s->cells[c];

        if (model && cell->request.model && !strcmp(cell->request.model, sel->value))
            found = true;
        for (size_t k = 0; k < cell->n_keys; k++)
            if (!strcmp(cell->keys[k].key, sel->key)) {
                *known = true;
                found = found || !strcmp(cell->keys[k].text, sel->value);
            }
    }
    return found;
}

/* Of turns a few figures are kept, and none to be compared with another run's. */
static int check_turn(const struct scenario *s, const struct slo *slo, struct err *err)
{
    uint32_t turn = slo_turn(slo);
    bool kept = slo->is_rate && slo->rate == RATE_ERROR, sessions = false;

    for (size_t i = 0; i < s->n_cells; i++)
        sessions = sessions || workload_has_sessions(&s->cells[i].workload);
    for (size_t m = 0; m < N_TURN_METRICS && !slo->is_rate; m++)
        kept = kept || turn_metrics[m] == slo->metric;
    if (!sessions)
        return err_set(err, ERR_PARSE,
                       "requests stand alone; expected turn together with "
                       "workload.session.turns");
    if (turn < 1 || turn > RECORDER_TURNS)
        return err_set(err, ERR_PARSE,
                       "no such turn; expected 1 to %d, the last together "
                       "with those behind it",
                       RECORDER_TURNS);
    if (!kept || slo->relative)
        return err_set(err, ERR_PARSE,
                       "not kept by turn; expected ttft, e2e, prompt_tokens, "
                       "cache_hit or error_rate, as an objective");
    return 0;
}

static int no_such_selector(const struct scenario *s, const struct slo_selector *sel,
                            struct err *err)
{
    struct nearest near = nearest_to(str_of(sel->key));

    nearest_try(&near, "phase");
    nearest_try(&near, "model");
    nearest_try(&near, "turn");
    for (size_t k = 0; k < s->cells[0].n_keys; k++)
        nearest_try(&near, s->cells[0].keys[k].key);
    err_set(err, ERR_PARSE,
            "nothing to select by \"%.60s\"; expected a key of the matrix, "
            "model, phase or turn",
            sel->key);
    return nearest_hint(&near, err);
}

int slos_check(const struct slos *slos, const struct scenario *s, const struct node *at,
               struct err *err)
{
    for (size_t i = 0; i < slos->n; i++)
        for (size_t k = 0; k < slos->p[i].n_selectors; k++) {
            const struct slo_selector *sel = &slos->p[i].selectors[k];
            bool known = !strcmp(sel->key, "turn");

            if (known && !check_turn(s, &slos->p[i], err))
                continue;
            if (known) {
                err_at(err, "\"%.80s\"", slos->p[i].text);
                return node_err_at(err,
                                   at->kind == NODE_LIST ? at->items[i]->mark : at->mark);
            }
            if (selects(s, sel, &known))
                continue;
            if (known)
                err_set(err, ERR_PARSE, "no cell has %.60s=%.60s", sel->key, sel->value);
            else
                no_such_selector(s, sel, err);
            err_at(err, "\"%.80s\"", slos->p[i].text);
            return node_err_at(err, at->kind == NODE_LIST ? at->items[i]->mark : at->mark);
        }
    return 0;
}

static bool has_turns(const struct scenario *s)
{
    for (size_t i = 0; i < s->n_cells; i++)
        if (workload_has_sessions(&s->cells[i].workload))
            return true;
    return false;
}

/* Each cell is held against another: by a key that it has. */
static int check_against(const struct draft *d, const struct scenario *s, struct err *err)
{
    const struct node *at = draft_seen(d->seen, "answer.against");
    struct nearest near = nearest_to(str_of(d->answer_against));

    if (d->answer_by != ASKED_BY_CELL)
        return node_err(err, at->mark,
                        "answer.against holds cells against each other; expected no by");
    for (size_t k = 0; k < s->cells[0].n_keys; k++) {
        if (!strcmp(s->cells[0].keys[k].key, d->answer_against))
            return 0;
        nearest_try(&near, s->cells[0].keys[k].key);
    }
    err_set(err, ERR_PARSE, "answer.against: expected a key of the matrix, not \"%.60s\"",
            d->answer_against);
    nearest_hint(&near, err);
    return node_err_at(err, at->mark);
}

int answer_check(const struct draft *d, const struct scenario *s, struct err *err)
{
    const struct node *figures = draft_seen(d->seen, "answer.figures");
    const struct node *by = draft_seen(d->seen, "answer.by");
    const struct node *against = draft_seen(d->seen, "answer.against");

    if (!figures && (by || against))
        return node_err(err, (by ? by : against)->mark,
                        "an answer of nothing; expected answer.figures beside it");
    if (d->answer_by == ASKED_BY_TURN && !has_turns(s))
        return node_err(err, by->mark,
                        "requests stand alone; expected answer.by: turn "
                        "together with workload.session.turns");
    for (size_t i = 0; i < d->answer.n; i++)
        if (asked_is_kept(&d->answer.p[i], d->answer_by, err))
            return node_err_at(err, figures->kind == NODE_LIST ? figures->items[i]->mark
                                                               : figures->mark);
    return d->answer_against ? check_against(d, s, err) : 0;
}
