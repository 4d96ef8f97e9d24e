#include "api/fields.h"

#include "base/json.h"

static const struct owned *find(struct str raw_key, const struct owned *owned)
{
    struct buf key;

    buf_init(&key, 0);
    json_unescape(raw_key, &key);
    while (owned->key && !str_is((struct str){ key.p, key.len }, owned->key))
        owned++;
    buf_free(&key);
    return owned->key ? owned : NULL;
}

static void put(struct buf *out, const struct owned *o, struct str key, struct str value)
{
    buf_char(out, ',');
    if (o) {
        buf_str(out, o->before);
    } else {
        buf_char(out, '"');
        buf_add(out, key.p, key.n);
        buf_str(out, "\":");
    }
    buf_add(out, value.p, value.n);
    if (o)
        buf_str(out, o->behind);
}

int fields_add(struct buf *out, const char *body, const struct owned *owned,
               struct err *err)
{
    struct json j;
    struct str key, value;

    json_init(&j, body, strlen(body));
    if (json_kind(&j) != JSON_IS_OBJECT)
        return err_set(err, ERR_USAGE, "request.body is not a JSON object");
    json_open_object(&j);
    while (json_key(&j, &key)) {
        const struct owned *o = find(key, owned);

        if (o && o->instead)
            return err_set(err, ERR_USAGE, "request.body must not hold \"%s\": %s", o->key,
                           o->instead);
        if (!json_raw(&j, &value))
            break;
        put(out, o, key, value);
    }
    if (!json_done(&j))
        return err_set(err, ERR_USAGE, "request.body is not a JSON object");
    return 0;
}

int fields_begin(struct buf *out, const char *model, const char *prompt_key,
                 struct err *err)
{
    struct jsonw w;

    if (model && !*model)
        return err_set(err, ERR_USAGE, "request.model is empty");
    jsonw_init(&w, out, 0);
    jsonw_object(&w);
    if (model) {
        jsonw_key(&w, "model");
        jsonw_string(&w, model);
    }
    jsonw_key(&w, prompt_key);
    return 0;
}
