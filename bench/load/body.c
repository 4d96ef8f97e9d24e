#include "load/body.h"

#include "base/json.h"

static void put_model(struct buf *body, const char *model)
{
    struct jsonw w;

    buf_str(body, ",\"model\":");
    jsonw_init(&w, body, 0);
    jsonw_string(&w, model);
}

void body_put(struct buf *out, const struct body_parts *parts, const struct buf *messages,
              const struct buf *extra, const struct prompt_info *info)
{
    struct str prompt = { messages->p, messages->len };

    buf_room(out, parts->head->len + messages->len + extra->len +
                      parts->tail->len); /* audio is long: grow once */
    buf_add(out, parts->head->p, parts->head->len);
    if (parts->endpoint->prompt)
        parts->endpoint->prompt(parts->spec, prompt, out);
    else
        buf_add(out, prompt.p, prompt.n);
    if (extra->len)
        buf_add(out, extra->p, extra->len);
    if (!parts->spec->model && info->model)
        put_model(out, info->model);
    buf_add(out, parts->tail->p, parts->tail->len);
}
