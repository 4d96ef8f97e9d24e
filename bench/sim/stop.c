#include "sim/stop.h"

#include <string.h>

enum { MAX_STOPS = 4 };

static size_t count(const json_t *stop)
{
    return json_is_array(stop) ? json_array_size(stop) : 1;
}

static const json_t *sequence(const json_t *stop, size_t i)
{
    return json_is_array(stop) ? json_array_get(stop, i) : stop;
}

bool stop_is_good(const json_t *stop)
{
    for (size_t i = 0; i < count(stop); i++)
        if (!json_string_length(sequence(stop, i)))
            return false;
    return count(stop) <= MAX_STOPS;
}

/* Where the first of them begins; NULL: nowhere. */
static const char *find(const struct buf *text, const json_t *stop)
{
    const char *first = NULL;

    for (size_t i = 0; text->len && i < count(stop); i++) {
        const json_t *s = sequence(stop, i);
        const char *at =
            memmem(text->p, text->len, json_string_value(s), json_string_length(s));

        if (at && (!first || at < first))
            first = at;
    }
    return first;
}

void stop_draft(struct draft *d, const json_t *stop)
{
    struct buf text;
    const char *at = NULL;
    size_t keep, begin = 0;
    uint32_t i;

    if (!stop || json_is_null(stop) || draft_is_tool(d))
        return;
    buf_init(&text, 0);
    for (i = 0; i < d->tokens[CHANNEL_CONTENT] && !at; i++) {
        draft_piece(d, CHANNEL_CONTENT, i, &text);
        at = find(&text, stop);
    }
    keep = at ? (size_t)(at - text.p) : 0;
    buf_clear(&text);
    for (i = 0; at && text.len <= keep; i++) {
        begin = text.len;
        draft_piece(d, CHANNEL_CONTENT, i, &text);
    }
    if (at) { /* token i - 1 holds the end of what is said */
        d->tokens[CHANNEL_CONTENT] = begin < keep ? i : i - 1;
        d->last = begin < keep ? keep - begin : 0;
        d->finish = "stop";
    }
    buf_free(&text);
}
