#include "data/truth_line.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"

/* Kinds of frames: 1 reasoning, 2 content, 3 tool call. */
static bool is_output(int64_t kind)
{
    return (kind >= 1 && kind <= 3) || kind == 7;
}

/* [planned, sent, kind] */
static bool read_frame(struct truth_line *t, struct json *j)
{
    int64_t v[3] = { 0, 0, -1 };
    size_t n = 0;

    if (!json_open_array(j))
        return false;
    for (; json_item(j); n++)
        if (n >= 3 || !json_int(j, &v[n]))
            json_skip(j);
    if (n != 3 || v[1] < 0)
        return false;
    if (!is_output(v[2]))
        return true;
    t->frames = mem_grow(t->frames, t->n_frames, &t->cap, sizeof(*t->frames));
    t->frames[t->n_frames++] = v[1];
    return true;
}

static bool read_frames(struct truth_line *t, struct json *j)
{
    bool good = json_open_array(j);

    while (good && json_item(j))
        good = read_frame(t, j);
    return good;
}

static bool read_number(struct str *text, uint64_t most, uint64_t *v)
{
    size_t n = 0;

    for (*v = 0; n < text->n && text->p[n] >= '0' && text->p[n] <= '9'; n++) {
        if (*v > (most - 9) / 10)
            return false;
        *v = *v * 10 + (uint64_t)(text->p[n] - '0');
    }
    text->p += n;
    text->n -= n;
    return n > 0;
}

static bool read_id(struct truth_line *t, struct str id)
{
    uint64_t try_no;

    if (!read_number(&id, INT64_MAX, &t->req) || !str_starts(id, "."))
        return false;
    id.p++;
    id.n--;
    if (!read_number(&id, UINT32_MAX, &try_no) || id.n)
        return false;
    t->try_no = (uint32_t)try_no;
    return true;
}

bool truth_line_read(struct truth_line *t, const char *p, size_t n)
{
    struct json j;
    struct str key, kind = { "", 0 }, id = { "", 0 };
    bool good = true;

    t->n_frames = 0;
    t->arrival = NS_ABSENT;
    json_init(&j, p, n);
    if (!json_open_object(&j))
        return false;
    while (good && json_key(&j, &key)) {
        if (str_is(key, "t"))
            good = json_text(&j, &kind);
        else if (str_is(key, "id"))
            good = json_text(&j, &id);
        else if (str_is(key, "arrival"))
            good = json_int(&j, &t->arrival) && t->arrival >= 0;
        else if (str_is(key, "frames") && json_kind(&j) == JSON_IS_ARRAY)
            good = read_frames(t, &j);
        else
            json_skip(&j);
    }
    return good && json_done(&j) && str_is(kind, "request") && read_id(t, id);
}

void truth_line_free(struct truth_line *t)
{
    free(t->frames);
    *t = (struct truth_line){ 0 };
}
