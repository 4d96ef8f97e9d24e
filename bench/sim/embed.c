#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/rng.h"
#include "sim/gotext.h"
#include "sim/world.h"

/*
 * POST /embeddings. A vector is a function of the model and the text: the same text has the
 * same, and all have length 1. The answer is made when the request is admitted.
 */
enum { MAX_INPUTS = 2048, USUAL_DIMENSIONS = 768, MAX_DIMENSIONS = 4096 };

struct wish {
    json_t *root;
    const json_t *input; /* a string, or an array of them; borrowed */
    size_t n;
    size_t dimensions;
    bool base64;
};

static const json_t *text_of(const struct wish *w, size_t i)
{
    return json_is_array(w->input) ? json_array_get(w->input, i) : w->input;
}

static int refuse(struct exchange *x, enum refusal r, const char *about)
{
    world_refuse(x, r, about);
    return -1;
}

static int read_model(struct exchange *x, const struct wish *w)
{
    const json_t *model = json_object_get(w->root, "model");

    if (!json_is_string(model) || json_string_length(model) >= sizeof(x->model_asked))
        return refuse(x, model ? REFUSAL_TYPE : REFUSAL_MISSING, "model");
    snprintf(x->model_asked, sizeof(x->model_asked), "%s", json_string_value(model));
    return 0;
}

static int read_input(struct exchange *x, struct wish *w)
{
    w->input = json_object_get(w->root, "input");
    w->n = json_is_array(w->input) ? json_array_size(w->input) : 1;
    if (!w->input || json_is_null(w->input))
        return refuse(x, REFUSAL_MISSING, "input");
    if (!w->n || w->n > MAX_INPUTS)
        return refuse(x, REFUSAL_TYPE, "input");
    for (size_t i = 0; i < w->n; i++)
        if (!json_string_length(text_of(w, i)))
            return refuse(x, REFUSAL_TYPE, "input");
    return 0;
}

static int read_form(struct exchange *x, struct wish *w)
{
    static const char *const forms[] = { "float", "base64" };
    const json_t *form = json_object_get(w->root, "encoding_format");
    const json_t *dimensions = json_object_get(w->root, "dimensions");
    int which = form && !json_is_null(form) ? ask_word(form, forms, 2) : 0;
    json_int_t n = dimensions ? json_integer_value(dimensions) : USUAL_DIMENSIONS;

    if (which < 0)
        return refuse(x, REFUSAL_TYPE, "encoding_format");
    if (n < 1 || n > MAX_DIMENSIONS)
        return refuse(x, REFUSAL_TYPE, "dimensions");
    w->base64 = which == 1;
    w->dimensions = (size_t)n;
    return 0;
}

static int read_wish(struct exchange *x, struct wish *w, const struct http *http)
{
    json_error_t e;

    w->root = json_loadb(http->body.len ? http->body.p : "", http->body.len, 0, &e);
    if (!w->root)
        return refuse(x, REFUSAL_BAD_JSON, e.text);
    if (!json_is_object(w->root))
        return refuse(x, REFUSAL_BAD_JSON, "request body is not a JSON object");
    return read_model(x, w) || read_input(x, w) || read_form(x, w) ? -1 : 0;
}

/* All texts together; -1 where one of them is longer than the model takes. */
static int64_t count_tokens(const struct exchange *x, const struct wish *w, int64_t most)
{
    int64_t sum = 0;

    for (size_t i = 0; i < w->n; i++) {
        const json_t *text = text_of(w, i);
        struct tokens t;
        int64_t n;

        tokens_init(&t, x->model_asked);
        tokens_special(&t, "begin");
        tokens_text(&t, json_string_value(text), json_string_length(text));
        tokens_special(&t, "end");
        n = tokens_count(&t);
        tokens_free(&t);
        if (most > 0 && n > most)
            return -1;
        sum += n;
    }
    return sum;
}

static void draw_vector(const struct exchange *x, const json_t *text, float *v, size_t n)
{
    uint64_t hash = fnv1a64(json_string_value(text), json_string_length(text));
    struct rng r = rng_stream(hash, x->model_asked, 0);
    double square = 0;

    for (size_t i = 0; i < n; i++) {
        v[i] = (float)rng_normal(&r);
        square += (double)v[i] * (double)v[i];
    }
    for (size_t i = 0; i < n; i++)
        v[i] = (float)((double)v[i] / sqrt(square));
}

static void put_vector(struct buf *out, const struct wish *w, const float *v)
{
    if (w->base64) {
        buf_char(out, '"');
        base64_encode(v, w->dimensions * sizeof(*v), out);
        buf_char(out, '"');
        return;
    }
    buf_char(out, '[');
    for (size_t i = 0; i < w->dimensions; i++)
        buf_printf(out, i ? ",%.8g" : "%.8g", (double)v[i]);
    buf_char(out, ']');
}

static void put_answer(struct exchange *x, const struct wish *w)
{
    struct buf *out = &x->made;
    float v[MAX_DIMENSIONS];

    buf_str(out, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < w->n; i++) {
        draw_vector(x, text_of(w, i), v, w->dimensions);
        buf_printf(out,
                   "%s{\"object\":\"embedding\",\"index\":%zu,\"embedding\":", i ? "," : "",
                   i);
        put_vector(out, w, v);
        buf_char(out, '}');
    }
    buf_str(out, "],\"model\":");
    gotext_string(out, x->model_asked, strlen(x->model_asked));
    buf_printf(out, ",\"usage\":{\"prompt_tokens\":%lld,\"total_tokens\":%lld}}\n",
               (long long)x->prompt_tokens, (long long)x->prompt_tokens);
}

static void embed(struct world *w, struct exchange *x, const struct http *http,
                  const struct wish *wish)
{
    const struct model *m = admit_model(w, x, http, "embedding", "embeddings");
    int64_t tokens = m ? count_tokens(x, wish, m->context) : 0;

    if (!m)
        return;
    if (tokens < 0) {
        world_refuse(x, REFUSAL_CONTEXT, "");
        return;
    }
    if (admit_tokens(w, x, http, tokens))
        return;
    put_answer(x, wish);
    x->answer = ANSWER_MADE;
}

void admit_embeddings(struct world *w, struct exchange *x, const struct http *http)
{
    struct wish wish = { 0 };

    if (!read_wish(x, &wish, http))
        embed(w, x, http, &wish);
    json_decref(wish.root);
}
