#include "api/output.h"

#include "base/json.h"

/* A name is short; a call's arguments have a ceiling of their own, as the text has. */
enum { MOST_NAME = 256 };

void output_init(struct output *o)
{
    *o = (struct output){ 0 };
    buf_init(&o->text, OUTPUT_MOST);
    for (size_t i = 0; i < OUTPUT_CALLS; i++) {
        buf_init(&o->calls[i].name, MOST_NAME);
        buf_init(&o->calls[i].arguments, OUTPUT_MOST);
    }
}

void output_reset(struct output *o)
{
    buf_clear(&o->text);
    for (size_t i = 0; i < o->n_calls; i++) {
        buf_clear(&o->calls[i].name);
        buf_clear(&o->calls[i].arguments);
    }
    o->n_calls = 0;
    o->lost = false;
}

void output_free(struct output *o)
{
    buf_free(&o->text);
    for (size_t i = 0; i < OUTPUT_CALLS; i++) {
        buf_free(&o->calls[i].name);
        buf_free(&o->calls[i].arguments);
    }
}

static void add(struct output *o, struct buf *to, struct str raw)
{
    o->lost |= json_unescape(raw, to) != 0;
}

static struct output_call *call(struct output *o, size_t i)
{
    if (i >= OUTPUT_CALLS) {
        o->lost = true;
        return NULL;
    }
    if (i >= o->n_calls)
        o->n_calls = i + 1;
    return &o->calls[i];
}

void output_text(struct output *o, struct str raw)
{
    add(o, &o->text, raw);
}

void output_call_name(struct output *o, size_t i, struct str raw)
{
    struct output_call *c = call(o, i);

    if (c)
        add(o, &c->name, raw);
}

void output_call_arguments(struct output *o, size_t i, struct str raw)
{
    struct output_call *c = call(o, i);

    if (c)
        add(o, &c->arguments, raw);
}
