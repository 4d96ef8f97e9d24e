#include "api/fields.h"

#include "base/json.h"

static int check(struct str raw_key, const struct owned *owned, struct err *err)
{
    struct buf key;
    int rc = 0;

    buf_init(&key, 0);
    json_unescape(raw_key, &key);
    for (; owned->key && !rc; owned++)
        if (str_is((struct str){ key.p, key.len }, owned->key))
            rc = err_set(err, ERR_USAGE, "request.body must not hold \"%s\": %s",
                         owned->key, owned->instead);
    buf_free(&key);
    return rc;
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
        if (check(key, owned, err))
            return -1;
        if (!json_raw(&j, &value))
            break;
        buf_str(out, ",\"");
        buf_add(out, key.p, key.n);
        buf_str(out, "\":");
        buf_add(out, value.p, value.n);
    }
    if (!json_done(&j))
        return err_set(err, ERR_USAGE, "request.body is not a JSON object");
    return 0;
}
