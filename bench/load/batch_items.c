#include "load/batch_items.h"

#include <stdlib.h>

#include "api/batch.h"
#include "api/error.h"
#include "load/answer_record.h"

void batch_items_init(struct batch_items *it, struct batch_file *file, struct str key)
{
    *it = (struct batch_items){ .file = file, .config = file->config };
    answer_init(&it->answer);
    it->answer.secret = key;
    buf_init(&it->line, BATCH_MAX_LINE);
}

void batch_items_free(struct batch_items *it)
{
    free(it->last);
    answer_free(&it->answer);
    buf_free(&it->line);
}

void batch_items_begin(struct batch_items *it, ns_t due)
{
    it->due = it->start = due;
    it->id[0] = '\0';
    it->cancelled = OUTCOME_CUT;
    it->answered = it->missing = it->repeated = it->strangers = it->damaged = 0;
    batch_items_file_end(it);
}

/* --- records ------------------------------------------------------------------------- */

static void put_last(struct batch_items *it)
{
    if (it->last)
        mailbox_put_record(it->config->mailbox, it->last);
    it->last = NULL;
}

static ns_t now(const struct batch_items *it)
{
    return clock_now(it->config->clock) - it->config->t0;
}

/* Only what was done is paid for. */
static int64_t cost_of(const struct batch_items *it, const struct record *r)
{
    if (!it->config->model || !outcomes[r->outcome].latency || r->tokens.prompt < 0 ||
        r->tokens.completion < 0)
        return -1;
    return catalogue_batch_cost(it->config->model, r->tokens.prompt, r->tokens.completion);
}

static void settle(struct batch_items *it, const struct batch_item *item,
                   const struct record *r)
{
    int64_t used =
        r->tokens.prompt < 0
            ? 0
            : r->tokens.prompt + (r->tokens.completion > 0 ? r->tokens.completion : 0);

    budget_settle(it->config->budget, item->expected, item->cost, used, r->cost_nusd);
}

/* Item i has the answer that it->answer holds. */
static void put_record(struct batch_items *it, uint64_t i, enum outcome outcome)
{
    const struct engine_config *c = it->config;
    struct batch_item *item = &it->file->items[i];
    struct record r;

    record_init(&r);
    r.req = record_req(c->trial_no, it->file->phase, it->file->first + i);
    r.final = true;
    r.cell = c->cell_no;
    r.trial = c->trial_no;
    r.phase = it->file->phase;
    r.outcome = outcome;
    record_take_answer(&r, &it->answer);
    r.at[MOMENT_DUE] = r.at[MOMENT_READY] = it->due;
    r.at[MOMENT_START] = it->start;
    r.at[MOMENT_END] = now(it);
    r.tokens.planned = item->planned;
    r.tokens.words = item->words;
    r.batch_id = it->id;
    r.cost_nusd = cost_of(it, &r);
    settle(it, item, &r);
    item->seen = true;
    put_last(it);
    it->last = record_copy(&r);
}

/* --- lines --------------------------------------------------------------------------- */

static void tell(struct batch_items *it, struct buf *text, const char *what)
{
    if (!text->len)
        answer_text(&it->answer, text, str_of(what));
}

/* The answer of a line; its outcome. */
static enum outcome read_answer(struct batch_items *it, const struct batch_line *l)
{
    const struct endpoint *e = it->config->endpoint->carries;
    struct answer *a = &it->answer;
    bool refused = l->status >= 400;
    enum outcome outcome;

    a->status = l->status > 0 && l->status < 1000 ? (int)l->status : 0;
    if (l->error.p)
        error_value(a, l->error);
    else if (!l->body.p)
        a->damaged = true;
    else if (refused)
        error_body(a, l->body);
    else
        e->body(a, l->body, now(it));
    if (l->request_id.p)
        answer_text(a, &a->request_id, l->request_id);
    if (a->damaged)
        tell(it, &a->error, "the line holds no answer");
    outcome = error_classify(a, TRANSFER_DONE, !refused && !l->error.p && e->complete(a));
    return outcome == OUTCOME_CUT ? it->cancelled : outcome;
}

/* Whose line it is; false: of nobody, or of one that has an answer. */
static bool claim(struct batch_items *it, const struct batch_line *l, uint64_t *i)
{
    uint64_t number;

    if (!l->custom_id.p || !batch_number(l->custom_id, &number) ||
        number < it->file->first || number - it->file->first >= it->file->n) {
        it->strangers++;
        return false;
    }
    *i = number - it->file->first;
    if (it->file->items[*i].seen) {
        it->repeated++;
        return false;
    }
    return true;
}

/* A line that cannot be read is somebody's where it says so before the damage. */
static void take_damaged(struct batch_items *it, const struct batch_line *l,
                         const char *why)
{
    uint64_t i;

    it->damaged++;
    if (!l->custom_id.p || !claim(it, l, &i))
        return;
    answer_reset(&it->answer);
    tell(it, &it->answer.error, why);
    it->answered++;
    put_record(it, i, OUTCOME_PROTOCOL);
}

static void take_line(struct batch_items *it)
{
    struct str line = str_trim((struct str){ it->line.p ? it->line.p : "", it->line.len });
    struct batch_line l;
    uint64_t i;

    if (!line.n)
        return;
    if (!batch_line_read(line, &l) || it->too_long) {
        take_damaged(it, &l,
                     it->too_long ? "its line is longer than tokdyno accepts"
                                  : "its line is not a JSON object");
        return;
    }
    if (!claim(it, &l, &i))
        return;
    answer_reset(&it->answer);
    it->answered++;
    put_record(it, i, read_answer(it, &l));
}

static void end_line(struct batch_items *it)
{
    take_line(it);
    buf_clear(&it->line);
    it->too_long = false;
}

/* Of a line beyond the ceiling its beginning stays, for whose it is. */
static void add(struct batch_items *it, struct str piece)
{
    size_t room = BATCH_MAX_LINE - it->line.len;

    it->too_long |= piece.n > room;
    buf_add(&it->line, piece.p, piece.n < room ? piece.n : room);
}

void batch_items_feed(struct batch_items *it, struct str piece)
{
    if (it->skip) {
        size_t n = it->skip < piece.n ? (size_t)it->skip : piece.n;

        it->skip -= n;
        piece.p += n;
        piece.n -= n;
    }
    while (piece.n) {
        const char *lf = memchr(piece.p, '\n', piece.n);
        size_t n = lf ? (size_t)(lf - piece.p) + 1 : piece.n;

        add(it, (struct str){ piece.p, n });
        it->consumed += n;
        if (lf)
            end_line(it);
        piece.p += n;
        piece.n -= n;
    }
}

void batch_items_again(struct batch_items *it)
{
    it->skip = it->consumed;
}

void batch_items_file_end(struct batch_items *it)
{
    end_line(it);
    it->consumed = it->skip = 0;
}

void batch_items_drop(struct batch_items *it)
{
    buf_clear(&it->line);
    it->too_long = false;
    it->consumed = it->skip = 0;
}

void batch_items_rest(struct batch_items *it, enum outcome outcome, int status,
                      const char *code, const char *why)
{
    for (uint64_t i = 0; i < it->file->n; i++) {
        if (it->file->items[i].seen)
            continue;
        answer_reset(&it->answer);
        it->answer.status = status;
        tell(it, &it->answer.error_code, code);
        tell(it, &it->answer.error, why);
        it->missing++;
        put_record(it, i, outcome);
    }
}

void batch_items_last(struct batch_items *it, const struct batch_figures *figures)
{
    if (it->last)
        it->last->batch = *figures;
    put_last(it);
}
