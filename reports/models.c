#include "reports/models.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/units.h"
#include "reports/figure.h"
#include "reports/json_parts.h"
#include "reports/table.h"

/* One line: what the server says of a model and what the catalogue does; either may be
 * NULL. */
struct line {
    const char *id;
    const struct model_told *told;
    const struct model *known;
    const struct model_limits *limits; /* of the plan; NULL */
};

/* What the server says wins. */
static int64_t either(int64_t told, int64_t known)
{
    return told >= 0 ? told : known;
}

static int64_t context(const struct line *l)
{
    return either(l->told ? l->told->context : -1, l->known ? l->known->context : -1);
}

static int64_t max_completion(const struct line *l)
{
    return either(l->told ? l->told->max_completion : -1,
                  l->known ? l->known->max_completion : -1);
}

static int64_t input(const struct line *l)
{
    return either(l->told ? l->told->input_nusd : -1, l->known ? l->known->input_nusd : -1);
}

static int64_t output(const struct line *l)
{
    return either(l->told ? l->told->output_nusd : -1,
                  l->known ? l->known->output_nusd : -1);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(((const struct line *)a)->id, ((const struct line *)b)->id);
}

/* By name. The caller frees them. */
static struct line *lines_of(const struct models_page *p, size_t *n)
{
    size_t most = p->told->n + p->catalogue->n_models;
    struct line *lines = mem_array(most + 1, sizeof(*lines));

    *n = 0;
    for (size_t i = 0; i < p->told->n; i++)
        lines[(*n)++] =
            (struct line){ p->told->list[i].id, &p->told->list[i],
                           catalogue_model(p->catalogue, p->told->list[i].id), NULL };
    for (size_t i = 0; i < p->catalogue->n_models && p->unlisted; i++)
        if (!models_find(p->told, p->catalogue->models[i].id))
            lines[(*n)++] = (struct line){ p->catalogue->models[i].id, NULL,
                                           &p->catalogue->models[i], NULL };
    for (size_t i = 0; i < *n; i++)
        if (lines[i].known)
            lines[i].limits = catalogue_limits(lines[i].known, p->plan);
    qsort(lines, *n, sizeof(*lines), compare_lines);
    return lines;
}

/* --- text ---------------------------------------------------------------------------- */

static void take_count(struct table *t, int64_t v)
{
    struct buf b = { 0 };

    if (v >= 0)
        units_put_count(&b, (uint64_t)v);
    else
        buf_str(&b, "–");
    table_take(t, v >= 0 ? STYLE_PLAIN : STYLE_DIM, &b);
}

static void take_money(struct table *t, int64_t v)
{
    struct buf b = { 0 };

    if (v >= 0)
        units_put_money(&b, v);
    else
        buf_str(&b, "–");
    table_take(t, v >= 0 ? STYLE_PLAIN : STYLE_DIM, &b);
}

/* What kind it is, what it can, and what is not so with it. */
static void take_notes(struct table *t, const struct line *l)
{
    static const struct {
        const char *name;
        size_t at;
    } flags[] = { { "caching", offsetof(struct model, caching) },
                  { "reasoning", offsetof(struct model, reasoning) },
                  { "vision", offsetof(struct model, vision) } };
    struct buf b = { 0 };

    buf_str(&b, l->known ? l->known->kind : "not in the catalogue");
    for (size_t i = 0; l->known && i < sizeof(flags) / sizeof(flags[0]); i++)
        if (*(const bool *)((const char *)l->known + flags[i].at))
            buf_printf(&b, ", %s", flags[i].name);
    if (l->told && l->told->active == 0)
        buf_str(&b, ", not active");
    if (!l->told)
        buf_str(&b, ", not listed");
    if (l->known && l->known->audio_nusd >= 0) {
        buf_str(&b, ", ");
        units_put_money(&b, l->known->audio_nusd);
        buf_str(&b, " an hour");
    }
    if (l->known && l->known->character_nusd >= 0) {
        buf_str(&b, ", ");
        units_put_money(&b, l->known->character_nusd);
        buf_str(&b, " per 1M characters");
    }
    table_take(t, STYLE_DIM, &b);
}

static void put_line(struct table *t, const struct line *l)
{
    const struct model_limits none = { -1, -1, -1, -1, -1, -1 };
    const struct model_limits *m = l->limits ? l->limits : &none;

    table_cell(t, STYLE_PLAIN, "%s", l->id);
    take_count(t, context(l));
    take_count(t, max_completion(l));
    take_money(t, input(l));
    take_money(t, l->known ? l->known->cached_nusd : -1);
    take_money(t, output(l));
    take_count(t, m->rpm);
    take_count(t, m->rpd);
    take_count(t, m->tpm);
    take_count(t, m->tpd);
    take_notes(t, l);
    table_row(t);
}

void report_models_text(struct buf *out, const struct models_page *p, bool colour)
{
    static const char *const heads[] = { "model",  "context", "answer", "$ in",
                                         "cached", "out",     "rpm",    "rpd",
                                         "tpm",    "tpd",     "" };
    struct table t;
    size_t n;
    struct line *lines = lines_of(p, &n);

    table_init(&t, "lrrrrrrrrrl");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        table_cell(&t, STYLE_DIM, "%s", heads[i]);
    for (size_t i = 0; i < n; i++)
        put_line(&t, &lines[i]);
    table_put(&t, out, 0, colour);
    table_free(&t);
    free(lines);
    buf_printf(out,
               "\n%zu listed by %s. Prices are of 1M tokens, they and the limits (plan %s) "
               "as of %s, from\n%s; what is not known is –. Being listed does not prove "
               "access: `tokdyno probe` asks.\n",
               p->told->n, p->target, p->plan,
               p->catalogue->as_of ? p->catalogue->as_of : "an unknown date",
               p->catalogue->path);
}

/* --- JSON ---------------------------------------------------------------------------- */

static void json_known(struct jsonw *w, const char *key, int64_t v)
{
    if (v >= 0)
        json_put_int(w, key, v);
}

static void json_line(struct jsonw *w, const struct line *l)
{
    jsonw_object(w);
    json_put_text(w, "id", l->id);
    json_put_bool(w, "listed", l->told != NULL);
    if (l->told && *l->told->owner)
        json_put_text(w, "owned_by", l->told->owner);
    if (l->told && l->told->active >= 0)
        json_put_bool(w, "active", l->told->active);
    json_known(w, "context", context(l));
    json_known(w, "max_completion", max_completion(l));
    if (l->known) {
        json_put_text(w, "kind", l->known->kind);
        if (l->known->status)
            json_put_text(w, "status", l->known->status);
        json_put_bool(w, "caching", l->known->caching);
        json_put_bool(w, "reasoning", l->known->reasoning);
        json_put_bool(w, "vision", l->known->vision);
    }
    json_begin_object(w, "price_nusd");
    json_known(w, "input", input(l));
    json_known(w, "cached", l->known ? l->known->cached_nusd : -1);
    json_known(w, "output", output(l));
    json_known(w, "audio_hour", l->known ? l->known->audio_nusd : -1);
    json_known(w, "characters", l->known ? l->known->character_nusd : -1);
    jsonw_end(w);
    json_begin_object(w, "limits");
    if (l->limits) {
        json_known(w, "rpm", l->limits->rpm);
        json_known(w, "rpd", l->limits->rpd);
        json_known(w, "tpm", l->limits->tpm);
        json_known(w, "tpd", l->limits->tpd);
        json_known(w, "ash", l->limits->ash);
        json_known(w, "asd", l->limits->asd);
    }
    jsonw_end(w);
    jsonw_end(w);
}

void report_models_json(struct buf *out, const struct models_page *p)
{
    struct jsonw w;
    size_t n;
    struct line *lines = lines_of(p, &n);

    jsonw_init(&w, out, 1);
    jsonw_object(&w);
    json_put_text(&w, "target", p->target);
    json_put_text(&w, "plan", p->plan);
    if (p->catalogue->as_of)
        json_put_text(&w, "catalogue_as_of", p->catalogue->as_of);
    jsonw_key(&w, "models");
    jsonw_array(&w);
    for (size_t i = 0; i < n; i++)
        json_line(&w, &lines[i]);
    jsonw_end(&w);
    jsonw_end(&w);
    buf_char(out, '\n');
    free(lines);
}
