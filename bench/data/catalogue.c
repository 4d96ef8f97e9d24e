#include "data/catalogue.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "data/keys.h"
#include "data/places.h"
#include "data/yaml.h"

/* What stands at the top of the file. */
struct top {
    const char *as_of;
    const char *source;
    const struct node *models;
};

static const char *const kinds[] = { "chat",   "system",    "moderation", "transcription",
                                     "speech", "embedding", NULL };

/* clang-format off */
static const struct key top_keys[] = {
    { .path = "as_of", .type = &key_text, .offset = offsetof(struct top, as_of) },
    { .path = "source", .type = &key_text, .offset = offsetof(struct top, source) },
    { .path = "models", .type = &key_tree, .offset = offsetof(struct top, models) },
};

#define ROW(key, field, kind, low, high)                                                    \
    { .path = key, .type = &kind, .offset = offsetof(struct model, field), .least = low,    \
      .most = high }
#define LIMIT_ROWS(plan)                                                                    \
    ROW("limits." #plan ".rpm", plan.rpm, key_count, "1", "1G"),                            \
    ROW("limits." #plan ".rpd", plan.rpd, key_count, "1", "1G"),                            \
    ROW("limits." #plan ".tpm", plan.tpm, key_count, "1", "1000G"),                         \
    ROW("limits." #plan ".tpd", plan.tpd, key_count, "1", "1000G"),                         \
    ROW("limits." #plan ".ash", plan.ash, key_count, "1", "1G"),                            \
    ROW("limits." #plan ".asd", plan.asd, key_count, "1", "1G")

static const struct key model_keys[] = {
    { .path = "kind", .type = &key_named, .offset = offsetof(struct model, kind),
      .choices = kinds },
    { .path = "status", .type = &key_text, .offset = offsetof(struct model, status) },
    ROW("context", context, key_count, "1", "1G"),
    ROW("max_completion", max_completion, key_count, "1", "1G"),
    ROW("speed_tps", speed_tps, key_number, "0.1", "10000000"),
    ROW("prefill_tps", prefill_tps, key_number, "0.1", "100000000"),
    ROW("speed_factor", speed_factor, key_number, "0.1", "100000"),
    ROW("price.input", input_nusd, key_money, "0", "$1000000"),
    ROW("price.cached", cached_nusd, key_money, "0", "$1000000"),
    ROW("price.output", output_nusd, key_money, "0", "$1000000"),
    ROW("price.audio", audio_nusd, key_money, "0", "$1000000"),
    ROW("price.characters", character_nusd, key_money, "0", "$1000000"),
    ROW("caching", caching, key_boolean, NULL, NULL),
    ROW("reasoning", reasoning, key_boolean, NULL, NULL),
    ROW("vision", vision, key_boolean, NULL, NULL),
    ROW("images.most", images_most, key_count, "1", "1k"),
    ROW("images.inline_bytes", image_inline_bytes, key_count, "1", "1G"),
    ROW("images.url_bytes", image_url_bytes, key_count, "1", "1G"),
    ROW("images.pixels", image_pixels, key_count, "1", "1000G"),
    LIMIT_ROWS(free),
    LIMIT_ROWS(developer),
};
/* clang-format on */

static const struct model_limits unlimited = { -1, -1, -1, -1, -1, -1 };

static int read_model(struct catalogue *c, const struct member *m, struct model *out,
                      struct err *err)
{
    struct keys_reader r = {
        .arena = &c->arena,
        .keys = model_keys,
        .n_keys = sizeof(model_keys) / sizeof(model_keys[0]),
        .path = arena_printf(&c->arena, "models.%.60s", m->key),
        .err = err,
    };

    *out = (struct model){
        .id = m->key,
        .kind = kinds[0],
        .context = -1,
        .max_completion = -1,
        .speed_tps = -1,
        .prefill_tps = -1,
        .speed_factor = -1,
        .input_nusd = -1,
        .cached_nusd = -1,
        .output_nusd = -1,
        .audio_nusd = -1,
        .character_nusd = -1,
        .images_most = -1,
        .image_inline_bytes = -1,
        .image_url_bytes = -1,
        .image_pixels = -1,
        .free = unlimited,
        .developer = unlimited,
    };
    return keys_read(&r, m->value, "", out);
}

static int read_models(struct catalogue *c, const struct node *models, struct err *err)
{
    if (!models)
        return node_err(err, (struct mark){ c->path, 1, 1 },
                        "models is missing; expected a mapping of names to models");
    if (models->kind != NODE_MAP || !models->n)
        return node_err(err, models->mark,
                        "models is %s; expected a mapping of names to models",
                        models->kind == NODE_MAP ? "empty" : node_kinds[models->kind]);
    c->n_models = models->n;
    c->models = arena_alloc(&c->arena, models->n * sizeof(*c->models));
    for (size_t i = 0; i < models->n; i++)
        if (read_model(c, &models->members[i], &c->models[i], err))
            return -1;
    return 0;
}

static int parse(struct catalogue *c, const char *text, size_t n, struct err *err)
{
    const struct node *root;
    struct top top = { 0 };
    struct keys_reader r = {
        .arena = &c->arena,
        .keys = top_keys,
        .n_keys = sizeof(top_keys) / sizeof(top_keys[0]),
        .err = err,
    };

    if (yaml_tree(&root, &c->arena, c->path, text, n, err) || keys_read(&r, root, "", &top))
        return -1;
    c->as_of = top.as_of;
    c->source = top.source;
    return read_models(c, top.models, err);
}

int catalogue_read(struct catalogue *c, const char *path, struct err *err)
{
    struct buf text;
    int rc;

    *c = (struct catalogue){ 0 };
    c->path = arena_strdup(&c->arena, path ? path : places_catalogue());
    if (yaml_slurp(&text, c->path, err)) {
        catalogue_free(c);
        return -1;
    }
    rc = parse(c, text.p, text.len, err);
    buf_free(&text);
    if (rc)
        catalogue_free(c);
    return rc;
}

void catalogue_free(struct catalogue *c)
{
    arena_free(&c->arena);
    *c = (struct catalogue){ 0 };
}

const struct model *catalogue_model(const struct catalogue *c, const char *id)
{
    for (size_t i = 0; i < c->n_models; i++)
        if (!strcmp(c->models[i].id, id))
            return &c->models[i];
    return NULL;
}

const struct model_limits *catalogue_limits(const struct model *m, const char *plan)
{
    return !strcmp(plan, "developer") ? &m->developer : &m->free;
}

/* tokens * price, in n$ times 1M tokens; -1 where tokens cost an unknown price. */
static double part(int64_t tokens, int64_t price)
{
    return tokens <= 0 ? 0 : price < 0 ? -1 : (double)tokens * (double)price;
}

static int64_t whole(double nusd)
{
    return (int64_t)fmin(nusd + 0.5, 0x1p62);
}

int64_t catalogue_cost(const struct model *m, int64_t prompt, int64_t cached,
                       int64_t completion)
{
    double input;
    double cache;
    double output;

    if (prompt < 0 || completion < 0)
        return -1;
    cached = cached < 0 ? 0 : cached > prompt ? prompt : cached;
    input = part(prompt - cached, m->input_nusd);
    cache = part(cached, m->cached_nusd < 0 ? m->input_nusd : m->cached_nusd);
    output = part(completion, m->output_nusd);
    if (input < 0 || cache < 0 || output < 0)
        return -1;
    return whole((input + cache + output) / 1e6);
}

int64_t catalogue_batch_cost(const struct model *m, int64_t prompt, int64_t completion)
{
    int64_t full = catalogue_cost(m, prompt, 0, completion);

    return full < 0 ? -1 : (full + 1) / 2;
}

int64_t catalogue_audio_cost(const struct model *m, ns_t length)
{
    ns_t paid = length > CATALOGUE_LEAST_AUDIO ? length : CATALOGUE_LEAST_AUDIO;

    if (length < 0 || m->audio_nusd < 0)
        return -1;
    return whole((double)paid / NS_PER_S / 3600 * (double)m->audio_nusd);
}

int64_t catalogue_text_cost(const struct model *m, int64_t characters)
{
    if (characters < 0 || m->character_nusd < 0)
        return -1;
    return whole((double)characters / 1e6 * (double)m->character_nusd);
}
