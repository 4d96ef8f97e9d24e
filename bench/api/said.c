#include "api/said.h"

#include <stdlib.h>

#include "base/mem.h"

void said_init(struct said *s)
{
    *s = (struct said){ 0 };
    buf_init(&s->text, 0);
}

static void free_call(struct said_call *c)
{
    buf_free(&c->id);
    buf_free(&c->name);
    buf_free(&c->arguments);
}

void said_reset(struct said *s)
{
    for (size_t i = 0; i < s->n_calls; i++)
        free_call(&s->calls[i]);
    s->n_calls = s->bytes = 0;
    s->lost = false;
    buf_clear(&s->text);
}

void said_free(struct said *s)
{
    said_reset(s);
    buf_free(&s->text);
    free(s->calls);
    s->calls = NULL;
    s->cap_calls = 0;
}

static void keep(struct said *s, struct buf *to, struct str raw)
{
    if (raw.n > SAID_MAX_BYTES - s->bytes) {
        s->lost = true;
        return;
    }
    s->bytes += raw.n;
    buf_add(to, raw.p, raw.n);
}

void said_text(struct said *s, struct str raw)
{
    if (s->wanted)
        keep(s, &s->text, raw);
}

/* A piece of a call, as far as it has been read. */
struct piece {
    int64_t index; /* -1: none */
    struct str id;
    struct str name;
    struct str arguments;
};

static void read_function(struct json *j, struct piece *p)
{
    struct str key;

    if (!json_open_object(j))
        return;
    while (json_key(j, &key))
        if (str_is(key, "name"))
            json_text(j, &p->name);
        else if (str_is(key, "arguments"))
            json_text(j, &p->arguments);
        else
            json_skip(j);
}

static bool read_piece(struct json *j, struct piece *p)
{
    struct str key;

    if (!json_open_object(j))
        return false;
    while (json_key(j, &key))
        if (str_is(key, "index"))
            json_int(j, &p->index);
        else if (str_is(key, "id"))
            json_text(j, &p->id);
        else if (str_is(key, "function"))
            read_function(j, p);
        else
            json_skip(j);
    return true;
}

/* The call that the piece belongs to; NULL where there are too many. */
static struct said_call *call_of(struct said *s, const struct piece *p)
{
    size_t i = p->index >= 0 ? (size_t)p->index : s->n_calls;

    if (i < s->n_calls)
        return &s->calls[i];
    if (s->n_calls == SAID_MAX_CALLS)
        return NULL;
    s->calls = mem_grow(s->calls, s->n_calls, &s->cap_calls, sizeof(*s->calls));
    s->calls[s->n_calls] = (struct said_call){ 0 };
    return &s->calls[s->n_calls++];
}

static void take(struct said *s, const struct piece *p)
{
    struct said_call *c = s->wanted ? call_of(s, p) : NULL;

    if (!s->wanted)
        return;
    if (!c) {
        s->lost = true;
        return;
    }
    if (!c->id.len)
        keep(s, &c->id, p->id);
    if (!c->name.len)
        keep(s, &c->name, p->name);
    keep(s, &c->arguments, p->arguments);
}

int64_t said_read_call(struct said *s, struct json *j)
{
    struct piece p = { .index = -1 };

    if (read_piece(j, &p))
        take(s, &p);
    return p.index;
}

void said_read_function(struct said *s, struct json *j)
{
    struct piece p = { .index = 0 };

    read_function(j, &p);
    take(s, &p);
}

void said_call(struct said *s, struct str id, struct str name, struct str arguments)
{
    struct piece p = { -1, id, name, arguments };

    take(s, &p);
}

void said_put(struct buf *out, const char *key, const struct buf *raw)
{
    buf_printf(out, "\"%s\":\"", key);
    if (raw->len)
        buf_add(out, raw->p, raw->len);
    buf_char(out, '"');
}
