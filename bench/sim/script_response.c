#include <string.h>

#include "sim/dialect.h"
#include "sim/response.h"

/* The Responses API: typed events, of which several surround each item of output. */

enum { FRAGMENT = 5 };

static void put_text(struct script *s, enum response_event e, enum response_item i,
                     struct str text)
{
    response_event(&s->json, s->x, e, i, s->events, text);
    script_event(s, response_event_name(s->x, e, i));
}

static void put(struct script *s, enum response_event e, enum response_item i)
{
    put_text(s, e, i, (struct str){ "", 0 });
}

static void put_role(struct script *s, struct buf *kinds)
{
    put(s, RESPONSE_EVENT_CREATED, RESPONSE_MESSAGE);
    buf_char(kinds, FRAME_ROLE);
    put(s, RESPONSE_EVENT_IN_PROGRESS, RESPONSE_MESSAGE);
}

/* Events that say nothing, in front of one that does. */
static void put_nothings(struct script *s, enum response_item i)
{
    if (script_has(s, ODD_EMPTY_DELTAS))
        put(s, RESPONSE_EVENT_DELTA, i);
    if (script_has(s, ODD_EMPTY_CHOICES | ODD_NO_CHOICES))
        put(s, RESPONSE_EVENT_UNHEARD_OF, i);
}

static void open_item(struct script *s, enum response_item i)
{
    put(s, RESPONSE_EVENT_ITEM_ADDED, i);
    put(s, RESPONSE_EVENT_PART_ADDED, i);
}

static void close_item(struct script *s, enum response_item i)
{
    put(s, RESPONSE_EVENT_TEXT_DONE, i);
    put(s, RESPONSE_EVENT_PART_DONE, i);
    put(s, RESPONSE_EVENT_ITEM_DONE, i);
}

static void put_output(struct script *s, struct buf *kinds)
{
    const struct draft *d = &s->x->draft;
    enum response_item item = response_item_of(s->x, s->channel);
    uint32_t *said = &s->said[s->channel];
    struct buf *text = &s->text;

    if (!*said)
        open_item(s, item);
    for (uint32_t i = 0; i < s->volley.n; i++) {
        buf_clear(text);
        for (uint32_t k = 0; k < s->volley.tokens[i]; k++)
            draft_piece(d, s->channel, (*said)++, text);
        put_nothings(s, item);
        put_text(s, RESPONSE_EVENT_DELTA, item, (struct str){ text->p, text->len });
        buf_char(kinds, item == RESPONSE_REASONING ? FRAME_REASONING : FRAME_CONTENT);
        s->outputs++;
    }
    if (*said == d->tokens[s->channel])
        close_item(s, item);
}

static void put_tool(struct script *s, struct buf *kinds)
{
    struct str rest = str_of(s->x->draft.tool_arguments);
    size_t step = script_fault_of(s)->fragments ? FRAGMENT : rest.n;

    put(s, RESPONSE_EVENT_ITEM_ADDED, RESPONSE_CALL);
    buf_char(kinds, FRAME_TOOL);
    while (rest.n) {
        size_t n = step < rest.n ? step : rest.n;

        put_text(s, RESPONSE_EVENT_DELTA, RESPONSE_CALL, (struct str){ rest.p, n });
        buf_char(kinds, FRAME_TOOL);
        rest = (struct str){ rest.p + n, rest.n - n };
    }
    put(s, RESPONSE_EVENT_TEXT_DONE, RESPONSE_CALL);
    put(s, RESPONSE_EVENT_ITEM_DONE, RESPONSE_CALL);
}

static void put_finish(struct script *s, struct buf *kinds)
{
    put(s, RESPONSE_EVENT_ENDED, RESPONSE_MESSAGE);
    buf_char(kinds, FRAME_FINISH);
}

static void put_error(struct script *s)
{
    if (script_has(s, ODD_XGROQ_ERROR)) {
        put(s, RESPONSE_EVENT_FAILED, RESPONSE_MESSAGE);
        return;
    }
    if (script_has(s, ODD_STRING_ERROR))
        buf_str(&s->json, "{\"error\":\"upstream went away\"}");
    else
        response_error(&s->json, s->x, s->events, script_refusal(s));
    script_event(s, script_has(s, ODD_BARE_ERROR) ? NULL : "error");
}

static void put_whole(struct script *s)
{
    response_put(&s->body, s->x, RESPONSE_ENDED);
    buf_char(&s->body, '\n');
}

const struct dialect dialect_response = {
    .role = put_role,
    .output = put_output,
    .tool = put_tool,
    .finish = put_finish,
    .error = put_error,
    .whole = put_whole,
};
