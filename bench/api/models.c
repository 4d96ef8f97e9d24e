#include "api/models.h"

#include <stdlib.h>

#include "api/mask.h"
#include "base/json.h"
#include "base/mem.h"

enum { MAX_TEXT = 200, MAX_MODELS = 10000 };

struct reading {
    struct models_told *m;
    struct model_told *of;
    struct json j;
    struct str secret;
    size_t cap;
};

static const char *keep(struct reading *r, struct str raw)
{
    struct buf plain, masked;
    const char *kept;

    buf_init(&plain, 0);
    buf_init(&masked, MAX_TEXT);
    json_unescape(raw, &plain);
    mask_text(&masked, (struct str){ plain.p ? plain.p : "", plain.len }, r->secret);
    kept = arena_strdup(&r->m->arena, masked.p ? masked.p : "");
    buf_free(&plain);
    buf_free(&masked);
    return kept;
}

/*
 * Dollars a token times 1e6 tokens times 1e9 n$: the decimal point moves by 15 places. More
 * digits than that are cut.
 */
int64_t models_price(struct str s)
{
    enum { PLACES = 15 };
    int64_t v = 0;
    int behind = -1; /* digits behind the point; -1: none yet */

    s = str_trim(s);
    if (!s.n)
        return -1;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' && behind < 0) {
            behind = 0;
            continue;
        }
        if (s.p[i] < '0' || s.p[i] > '9' || v > INT64_MAX / 100)
            return -1;
        if (behind < PLACES)
            v = v * 10 + (s.p[i] - '0');
        if (behind >= 0 && behind < PLACES)
            behind++;
    }
    for (int i = behind < 0 ? 0 : behind; i < PLACES; i++) {
        if (v > INT64_MAX / 100)
            return -1;
        v *= 10;
    }
    return v;
}

static void read_id(struct reading *r)
{
    struct str raw;

    if (json_text(&r->j, &raw) && raw.n)
        r->of->id = keep(r, raw);
}

static void read_owner(struct reading *r)
{
    struct str raw;

    if (json_text(&r->j, &raw))
        r->of->owner = keep(r, raw);
}

static void read_active(struct reading *r)
{
    bool v;

    if (json_bool(&r->j, &v))
        r->of->active = v;
}

static void read_count(struct reading *r, int64_t *to)
{
    int64_t v;

    if (json_int(&r->j, &v) && v > 0)
        *to = v;
}

static void read_created(struct reading *r)
{
    read_count(r, &r->of->created_s);
}

static void read_context(struct reading *r)
{
    read_count(r, &r->of->context);
}

static void read_max(struct reading *r)
{
    read_count(r, &r->of->max_completion);
}

/* ["text","image"] */
static const char *read_words(struct reading *r)
{
    struct buf words;
    struct str raw;
    const char *kept;

    if (!json_open_array(&r->j))
        return "";
    buf_init(&words, MAX_TEXT);
    while (json_item(&r->j))
        if (json_text(&r->j, &raw)) {
            buf_str(&words, words.len ? ", " : "");
            buf_add(&words, raw.p, raw.n);
        }
    kept = keep(r, (struct str){ words.p ? words.p : "", words.len });
    buf_free(&words);
    return kept;
}

static void read_takes(struct reading *r)
{
    r->of->takes = read_words(r);
}

static void read_gives(struct reading *r)
{
    r->of->gives = read_words(r);
}

/* A decimal string; some servers write the number. */
static int64_t read_price(struct reading *r)
{
    struct str raw;
    bool text = json_kind(&r->j) == JSON_IS_STRING;

    if (text ? json_text(&r->j, &raw) : json_raw(&r->j, &raw))
        return models_price(raw);
    return -1;
}

static void read_pricing(struct reading *r)
{
    struct str key;

    if (!json_open_object(&r->j))
        return;
    while (json_key(&r->j, &key))
        if (str_is(key, "prompt"))
            r->of->input_nusd = read_price(r);
        else if (str_is(key, "completion"))
            r->of->output_nusd = read_price(r);
        else
            json_skip(&r->j);
}

static const struct {
    const char *key;
    void (*read)(struct reading *r);
} members[] = {
    { "id", read_id },
    { "owned_by", read_owner },
    { "active", read_active },
    { "created", read_created },
    { "context_window", read_context },
    { "max_completion_tokens", read_max },
    { "input_modalities", read_takes },
    { "output_modalities", read_gives },
    { "pricing", read_pricing },
};
enum { N_MEMBERS = sizeof(members) / sizeof(members[0]) };

static void read_member(struct reading *r, struct str key)
{
    for (size_t i = 0; i < N_MEMBERS; i++)
        if (str_is(key, members[i].key)) {
            members[i].read(r);
            return;
        }
    json_skip(&r->j);
}

static struct model_told *add(struct reading *r)
{
    struct models_told *m = r->m;

    m->list = mem_grow(m->list, m->n, &r->cap, sizeof(*m->list));
    m->list[m->n] = (struct model_told){
        .owner = "",
        .active = -1,
        .created_s = -1,
        .context = -1,
        .max_completion = -1,
        .input_nusd = -1,
        .output_nusd = -1,
        .takes = "",
        .gives = "",
    };
    return &m->list[m->n++];
}

/* One without an id is none. */
static void read_model(struct reading *r)
{
    struct str key;

    r->of = add(r);
    if (json_open_object(&r->j))
        while (json_key(&r->j, &key))
            read_member(r, key);
    if (!r->of->id)
        r->m->n--;
}

static bool read_list(struct reading *r)
{
    struct str key;
    bool list = false;

    json_open_object(&r->j);
    while (json_key(&r->j, &key)) {
        if (!str_is(key, "data") || json_kind(&r->j) != JSON_IS_ARRAY) {
            json_skip(&r->j);
            continue;
        }
        list = true;
        json_open_array(&r->j);
        while (json_item(&r->j))
            if (r->m->n < MAX_MODELS)
                read_model(r);
            else
                json_skip(&r->j);
    }
    return list;
}

/* A list, or an object that is a model itself. */
static bool read_all(struct reading *r, struct str json)
{
    bool list;

    json_init(&r->j, json.p, json.n);
    if (json_kind(&r->j) != JSON_IS_OBJECT)
        return false;
    list = read_list(r);
    if (!list) {
        json_init(&r->j, json.p, json.n);
        read_model(r);
    }
    return json_done(&r->j) && (list || r->m->n);
}

int models_read(struct models_told *m, struct str json, struct str secret, struct err *err)
{
    struct reading r = { .m = m, .secret = secret };

    *m = (struct models_told){ 0 };
    if (read_all(&r, str_trim(json)))
        return 0;
    models_free(m);
    return err_set(err, ERR_PROTOCOL, "the answer is no list of models");
}

void models_free(struct models_told *m)
{
    arena_free(&m->arena);
    free(m->list);
    *m = (struct models_told){ 0 };
}

const struct model_told *models_find(const struct models_told *m, const char *id)
{
    for (size_t i = 0; i < m->n; i++)
        if (!strcmp(m->list[i].id, id))
            return &m->list[i];
    return NULL;
}
