#include <string.h>

#include "base/units.h"
#include "reports/text.h"

enum { MAX_HINTS = 5 };

static uint64_t failed(const struct summary *s, enum outcome o)
{
    return s->outcomes.final[o];
}

/* The first message of that kind that any cell saw. */
static const char *message(const struct summary *s, enum outcome o)
{
    for (size_t c = 0; c < s->run->n_cells; c++)
        if (*s->cells[c].messages[o])
            return s->cells[c].messages[o];
    return "";
}

static void not_allowed(struct buf *b, const struct summary *s)
{
    if (failed(s, OUTCOME_AUTH))
        buf_printf(b, "The key or its rights were refused: %s",
                   figure_or_dash(message(s, OUTCOME_AUTH)));
    else if (failed(s, OUTCOME_BLOCKED))
        buf_str(
            b,
            "The spend limit of the account is reached: raise it in the console, or wait "
            "until it is reset with the month; no retry helps.");
}

static void bad_request(struct buf *b, const struct summary *s)
{
    if (failed(s, OUTCOME_BAD_REQUEST))
        buf_printf(b, "The API calls the request wrong: %s",
                   figure_or_dash(message(s, OUTCOME_BAD_REQUEST)));
}

static void unreachable(struct buf *b, const struct summary *s)
{
    if (failed(s, OUTCOME_TRANSPORT))
        buf_printf(b, "Connections failed: %s%s",
                   figure_or_dash(message(s, OUTCOME_TRANSPORT)),
                   strstr(message(s, OUTCOME_TRANSPORT), "wrong version number")
                       ? "; the port speaks no TLS: is it http://?"
                       : "");
}

static void rate_limited(struct buf *b, const struct summary *s)
{
    if (failed(s, OUTCOME_RATE_LIMITED))
        buf_str(b, "Rate limits refused requests: lower the rate, or set "
                   "limits.pace_to_rate_limits to hold them back instead.");
}

static void no_capacity(struct buf *b, const struct summary *s)
{
    if (failed(s, OUTCOME_CAPACITY))
        buf_str(b, "The service tier ran out of capacity: retry.policy respectful tries "
                   "again, on_demand does not refuse.");
}

static void was_cut(struct buf *b, const struct summary *s)
{
    if (s->total.cut && s->end.reason == END_DONE)
        buf_str(b,
                "Requests were cut at the end of a trial: a longer limits.drain lets them "
                "end.");
}

/* Held by the cap: the client asked for more at a time than it was allowed. */
static void capped(struct buf *b, const struct summary *s)
{
    for (size_t c = 0; c < s->run->n_cells; c++)
        if (s->cells[c].measured.metrics[METRIC_HELD_CAP].max >= NS_PER_MS) {
            buf_str(b,
                    "limits.in_flight held requests back; their waiting counts in ttft and "
                    "e2e.");
            return;
        }
}

static void unpriced(struct buf *b, const struct summary *s)
{
    if (s->all.unpriced && !target_is_null(s->run->target))
        buf_str(
            b, "Prices are unknown for some models: name a catalogue with target.catalogue "
               "that has them.");
}

/* Kinds of failure that have no advice of their own: what they are, and what was said. */
static void other_failures(struct buf *b, const struct summary *s)
{
    static const enum outcome others[] = {
        OUTCOME_OVERLOADED,   OUTCOME_SERVER,        OUTCOME_TIMEOUT_FIRST,
        OUTCOME_TIMEOUT_IDLE, OUTCOME_TIMEOUT_TOTAL, OUTCOME_TIMEOUT_CONNECT,
        OUTCOME_PARTIAL,      OUTCOME_PROTOCOL,      OUTCOME_GENERATION,
        OUTCOME_TOO_LARGE,
    };
    enum outcome most = others[0];

    for (size_t i = 1; i < sizeof(others) / sizeof(others[0]); i++)
        if (failed(s, others[i]) > failed(s, most))
            most = others[i];
    if (failed(s, most))
        buf_printf(b, "Requests failed as %s (%s)%s%s", outcomes[most].name,
                   outcomes[most].help, *message(s, most) ? "; the first said: " : ".",
                   message(s, most));
}

static void nothing_sent(struct buf *b, const struct summary *s)
{
    if (s->ended && s->end.reason == END_DONE && !s->all.attempts)
        buf_str(b, "No request was due: raise the rate or the duration.");
}

/* More than a tenth: reasoning that leaves no room for the answer is the usual cause. */
static void empty(struct buf *b, const struct summary *s)
{
    if (s->outcomes.final[OUTCOME_EMPTY] * 10 > s->total.requests)
        buf_printf(b, "Answers were empty%s",
                   s->total.reasoning_tokens
                       ? ": reasoning used up max_completion_tokens; allow more."
                       : ": look at the finish reasons (`report --format json`).");
}

/* How much longer the largest percentile asked for would take. */
static void too_few(struct buf *b, const struct summary *s)
{
    const struct summary_metric *least = NULL;

    for (size_t i = 0; i < s->run->n_cells * s->run->n_phases; i++) {
        const struct summary_group *g = &s->groups[i];
        const struct summary_metric *m = &g->metrics[METRIC_E2E];

        if (g->measured && g->begun && (!least || m->carries < least->carries))
            least = m;
    }
    if (!s->outcomes.final[OUTCOME_OK] || !least || !least->stats[STAT_P99].needs ||
        least->stats[STAT_P99].present)
        return;
    buf_printf(b, "For a p99 each measured phase needs %llu %srequests (here %llu",
               (unsigned long long)least->stats[STAT_P99].needs,
               least->carries < least->n ? "independent " : "",
               (unsigned long long)least->n);
    if (least->carries < least->n)
        buf_printf(b, ", as %llu", (unsigned long long)least->carries);
    buf_str(b, "): run it longer.");
}

static void one_trial(struct buf *b, const struct summary *s)
{
    if (s->run->n_cells > 1 && s->run->n_trials == s->run->n_cells)
        buf_str(b,
                "One trial a cell does not tell a difference from chance: repeat: 5 does.");
}

static void (*const hints[])(struct buf *b, const struct summary *s) = {
    not_allowed,    bad_request, unreachable,  rate_limited, no_capacity,
    other_failures, was_cut,     nothing_sent, empty,        capped,
    unpriced,       too_few,     one_trial,
};

void text_next(const struct page *p)
{
    size_t n = 0;

    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]) && n < MAX_HINTS; i++) {
        struct buf b = { 0 };

        hints[i](&b, p->s);
        if (b.len) {
            if (!n++)
                text_heading(p, "What next");
            text_paragraph(p, 2, STYLE_PLAIN, b.p);
        }
        buf_free(&b);
    }
}
