#include "api/endpoint.h"

#include <stdlib.h>

#include "base/json.h"

/*
 * Guard models over POST /chat/completions: the answer is a verdict, "safe", "unsafe" with
 * the hazards on a second line, or a number, how likely the prompt is an attack. All else
 * is as in chat.c. Answers are a few tokens, so the end is what counts: e2e.
 */

/* From this score on a prompt counts as an attack. */
enum { ATTACK_PPM = 500000 };

static bool read_word(struct answer *a, struct str text)
{
    if (str_is(text, "safe")) {
        a->judgement.flagged = 0;
        return true;
    }
    if (!str_starts(text, "unsafe") ||
        (text.n > 6 && text.p[6] != '\n' && text.p[6] != ' '))
        return false;
    a->judgement.flagged = 1;
    return true;
}

/* The text is NUL-ended. */
static bool read_score(struct answer *a, struct str text)
{
    char *end;
    double v;

    if (!text.n || (*text.p != '.' && (*text.p < '0' || *text.p > '9')))
        return false;
    v = strtod(text.p, &end);
    if (end != text.p + text.n || !(v >= 0 && v <= 1))
        return false;
    a->judgement.score = (int64_t)(v * 1e6 + 0.5);
    a->judgement.flagged = a->judgement.score >= ATTACK_PPM;
    return true;
}

static void not_a_verdict(struct answer *a, struct str text)
{
    struct buf why;

    a->damaged = true;
    if (a->error.len)
        return;
    buf_init(&why, 0);
    buf_str(&why, "the answer is no verdict: ");
    buf_add(&why, text.p, text.n < 60 ? text.n : 60);
    answer_text(a, &a->error, (struct str){ why.p, why.len });
    buf_free(&why);
}

static void judge(struct answer *a)
{
    struct buf plain;
    struct str text;

    if (!a->text || a->failed || !a->opening.len)
        return;
    buf_init(&plain, 0);
    json_unescape((struct str){ a->opening.p, a->opening.len }, &plain);
    buf_str(&plain, "");
    text = str_trim((struct str){ plain.p, plain.len });
    plain.p[text.p - plain.p + (ptrdiff_t)text.n] = '\0';
    if (!read_word(a, text) && !read_score(a, text))
        not_a_verdict(a, text);
    buf_free(&plain);
}

static void guard_event(struct answer *a, const struct sse_event *ev, ns_t at)
{
    bool judged = a->done || a->finish.len;

    a->wants_opening = true;
    endpoint_chat.event(a, ev, at);
    if (!judged && (a->done || a->finish.len))
        judge(a);
}

static void guard_body(struct answer *a, struct str body, ns_t at)
{
    a->wants_opening = true;
    endpoint_chat.body(a, body, at);
    judge(a);
}

static bool guard_complete(const struct answer *a)
{
    return endpoint_chat.complete(a);
}

static int guard_prepare(const struct request_spec *spec, struct buf *head,
                         struct buf *tail, struct err *err)
{
    return endpoint_chat.prepare(spec, head, tail, err);
}

const struct endpoint endpoint_guard = {
    .name = "guard",
    .path = "/chat/completions",
    .help = "chat completions of a guard model, whose answer is a verdict or a score",
    .pictures = true,
    .prepare = guard_prepare,
    .event = guard_event,
    .body = guard_body,
    .complete = guard_complete,
};
