#include "api/usage.h"

/* The members of the object itself and of its "..._details", whose names do not clash;
 * "input" and "output" is what the Responses API says for prompt and completion. */
static const struct figure {
    const char *key;
    bool seconds;
    size_t at; /* in struct answer */
} figures[] = {
    { "prompt_tokens", false, offsetof(struct answer, tokens.prompt) },
    { "completion_tokens", false, offsetof(struct answer, tokens.completion) },
    { "input_tokens", false, offsetof(struct answer, tokens.prompt) },
    { "output_tokens", false, offsetof(struct answer, tokens.completion) },
    { "total_tokens", false, offsetof(struct answer, tokens.total) },
    { "cached_tokens", false, offsetof(struct answer, tokens.cached) },
    { "prompt_cache_hit_tokens", false, offsetof(struct answer, tokens.cached) },
    { "reasoning_tokens", false, offsetof(struct answer, tokens.reasoning) },
    { "queue_time", true, offsetof(struct answer, server.queue) },
    { "prompt_time", true, offsetof(struct answer, server.prompt) },
    { "completion_time", true, offsetof(struct answer, server.completion) },
    { "total_time", true, offsetof(struct answer, server.total) },
};

static const struct figure *find(struct str key)
{
    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
        if (str_is(key, figures[i].key))
            return &figures[i];
    return NULL;
}

/* What no answer can have taken is no figure: it stays absent, and all sums stay sound. */
static const int64_t most_tokens = 1000000000000;
static const ns_t most_time = 24 * 3600 * NS_PER_S;

static void read_figure(struct answer *a, struct json *j, const struct figure *f)
{
    int64_t v;

    if ((f->seconds ? json_ns(j, &v) : json_int(j, &v)) && v >= 0 &&
        v <= (f->seconds ? most_time : most_tokens))
        memcpy((char *)a + f->at, &v, sizeof(v));
}

static bool has_details(struct str key)
{
    static const char *const keys[] = { "prompt_tokens_details",
                                        "completion_tokens_details", "input_tokens_details",
                                        "output_tokens_details" };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (str_is(key, keys[i]))
            return true;
    return false;
}

static void read_figures(struct answer *a, struct json *j, bool details)
{
    struct str key;

    if (!json_open_object(j))
        return;
    while (json_key(j, &key)) {
        const struct figure *f = find(key);

        if (f)
            read_figure(a, j, f);
        else if (!details && has_details(key))
            read_figures(a, j, true);
        else
            json_skip(j);
    }
}

void usage_read(struct answer *a, struct json *j)
{
    read_figures(a, j, false);
}
