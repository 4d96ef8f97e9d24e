#include <string.h>

#include "sim/dialect.h"
#include "sim/response.h"

/* The Responses API: typed events, of which several surround each item of output. */

/* Events about the answer as a whole are of no item. */
static const struct response_item none = { RESPONSE_MESSAGE, 0 };

static void put_text(struct script *s, enum response_event e, struct response_item i,
                     struct str text)
{
    response_event(&s->scratch->json, s->x, e, i, s->events, text);
    script_event(s, response_event_name(s->x, e, i));
}

static void put(struct script *s, enum response_event e, struct response_item i)
{
    put_text(s, e, i, (struct str){ "", 0 });
}

static void put_role(struct script *s, struct buf *kinds)
{
    put(s, RESPONSE_EVENT_CREATED, none);
    buf_char(kinds, FRAME_ROLE);
    put(s, RESPONSE_EVENT_IN_PROGRESS, none);
}

/* Events that say nothing, in front of one that does. */
static void put_nothings(struct script *s, struct response_item i)
{
    if (script_has(s, ODD_EMPTY_DELTAS))
        put(s, RESPONSE_EVENT_DELTA, i);
    if (script_has(s, ODD_EMPTY_CHOICES | ODD_NO_CHOICES))
        put(s, RESPONSE_EVENT_UNHEARD_OF, i);
}

static void open_item(struct script *s, struct response_item i)
{
    put(s, RESPONSE_EVENT_ITEM_ADDED, i);
    put(s, RESPONSE_EVENT_PART_ADDED, i);
}

static void close_item(struct script *s, struct response_item i)
{
    put(s, RESPONSE_EVENT_TEXT_DONE, i);
    put(s, RESPONSE_EVENT_PART_DONE, i);
    put(s, RESPONSE_EVENT_ITEM_DONE, i);
}

static void put_output(struct script *s, struct buf *kinds)
{
    const struct draft *d = &s->x->draft;
    struct response_item item = response_item_of(s->channel);
    uint32_t *said = &s->said[s->channel];
    struct buf *text = &s->scratch->text;

    if (!*said)
        open_item(s, item);
    for (uint32_t i = 0; i < s->volley.n; i++) {
        buf_clear(text);
        for (uint32_t k = 0; k < s->volley.tokens[i]; k++)
            draft_piece(d, s->channel, (*said)++, text);
        put_nothings(s, item);
        put_text(s, RESPONSE_EVENT_DELTA, item, (struct str){ text->p, text->len });
        buf_char(kinds, item.kind == RESPONSE_REASONING ? FRAME_REASONING : FRAME_CONTENT);
        s->outputs++;
    }
    if (*said == d->tokens[s->channel])
        close_item(s, item);
}

/* A call, or the next of its fragments, of which the first holds its name alone. */
static void put_tool(struct script *s, struct buf *kinds)
{
    struct response_item item = { RESPONSE_CALL, s->call };
    const char *arguments = s->x->draft.calls[s->call].arguments + s->call_at;
    size_t n = script_call_piece(s);

    if (!s->call_begun) {
        put(s, RESPONSE_EVENT_ITEM_ADDED, item);
        buf_char(kinds, FRAME_TOOL);
    }
    if (n) {
        put_text(s, RESPONSE_EVENT_DELTA, item, (struct str){ arguments, n });
        buf_char(kinds, FRAME_TOOL);
    }
    if (!script_call_goes_on(s, n)) {
        put(s, RESPONSE_EVENT_TEXT_DONE, item);
        put(s, RESPONSE_EVENT_ITEM_DONE, item);
    }
}

static void put_finish(struct script *s, struct buf *kinds)
{
    put(s, RESPONSE_EVENT_ENDED, none);
    buf_char(kinds, FRAME_FINISH);
}

static void put_error(struct script *s)
{
    if (script_has(s, ODD_XGROQ_ERROR)) {
        put(s, RESPONSE_EVENT_FAILED, none);
        return;
    }
    if (script_has(s, ODD_STRING_ERROR))
        buf_str(&s->scratch->json, "{\"error\":\"upstream went away\"}");
    else
        response_error(&s->scratch->json, s->x, s->events, script_refusal(s));
    script_event(s, script_has(s, ODD_BARE_ERROR) ? NULL : "error");
}

static void put_whole(struct script *s)
{
    response_put(&s->scratch->body, s->x, RESPONSE_ENDED);
    buf_char(&s->scratch->body, '\n');
}

const struct dialect dialect_response = {
    .role = put_role,
    .output = put_output,
    .tool = put_tool,
    .finish = put_finish,
    .error = put_error,
    .whole = put_whole,
};
