#include "api/members.h"

static const struct member *find(const struct member *m, struct str key)
{
    while (m->read && (m->key.n != key.n || memcmp(m->key.p, key.p, key.n)))
        m++;
    return m->read ? m : NULL;
}

void members_read(struct json *j, const struct member *members, void *ctx)
{
    struct str key;

    if (!json_open_object(j))
        return;
    while (json_key(j, &key)) {
        const struct member *m = find(members, key);

        if (m)
            m->read(j, ctx);
        else
            json_skip(j);
    }
}

void members_each(struct json *j, member_fn *read, void *ctx)
{
    if (!json_open_array(j))
        return;
    while (json_item(j))
        read(j, ctx);
}
