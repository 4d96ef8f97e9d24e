#include "sim/toolrun.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "sim/gotext.h"

/* What tools there are, and what each has to say. */
static const struct kind {
    const char *type;
    const char *name;
    const char *arguments;
    const char *output;
    const char *more; /* members behind it */
} kinds[] = {
    { "search", "search", "{\"query\": \"measured latency of language models\"}",
      "Title: Measured\nURL: https://example.com/measured\nContent: 42 ms & less.\n",
      ",\"search_results\":{\"results\":[{\"title\":\"Measured\",\"url\":\"https://example."
      "com/measured\",\"content\":\"42 ms \\u0026 less.\",\"score\":0.87}]}" },
    { "python", "python", "{\"code\": \"print(6 * 7)\"}", "42\n",
      ",\"code_results\":[{\"text\":\"42\"}]" },
    { "browser_search", "browser.search", "{\"query\": \"language models\"}",
      "L0: language models\n", "" },
};
enum { N_SYSTEM_KINDS = 2, BROWSER = 2, PYTHON = 1 };

static bool is_system(const struct exchange *x)
{
    return x->model->kind && !strcmp(x->model->kind, "system");
}

/* compound_custom.tools.enabled_tools: [] turns them off. */
static bool turned_off(const struct ask *a)
{
    const json_t *tools =
        json_object_get(json_object_get(a->root, "compound_custom"), "tools");
    const json_t *enabled = json_object_get(tools, "enabled_tools");

    return json_is_array(enabled) && !json_array_size(enabled);
}

/* A built-in tool that the request names; -1: none. */
static int built_in(const struct ask *a)
{
    static const struct {
        const char *type;
        int kind;
    } rows[] = { { "browser_search", BROWSER }, { "code_interpreter", PYTHON } };
    const json_t *tools = json_object_get(a->root, "tools");

    for (size_t i = 0; i < json_array_size(tools); i++) {
        const char *type =
            json_string_value(json_object_get(json_array_get(tools, i), "type"));

        for (size_t k = 0; type && k < 2; k++)
            if (!strcmp(type, rows[k].type))
                return rows[k].kind;
    }
    return -1;
}

static void add_run(struct exchange *x, int kind, const struct setting *set, struct rng *r)
{
    double s = rng_lognormal(r, set->tool_time, 0.5);

    x->runs[x->n_runs++] = (struct tool_run){ kind, (ns_t)(s * 1e9 / set->speed) };
}

void toolrun_plan(struct exchange *x, const struct ask *a, const struct setting *set)
{
    struct rng r = rng_stream(set->seed, "sim.tools", x->key);
    int own = built_in(a);
    double n = 0;

    if (is_system(x) && !turned_off(a) && set->tools > 0)
        n = strstr(x->model->id, "mini")
                ? 1
                : fmax(1, round(rng_lognormal(&r, set->tools, 0.5)));
    for (; n >= 1 && x->n_runs < EXCHANGE_RUNS; n--)
        add_run(x, (int)rng_below(&r, N_SYSTEM_KINDS), set, &r);
    if (own >= 0 && !strncmp(x->model->id, "openai/gpt-oss", 14))
        add_run(x, own, set, &r);
}

ns_t toolrun_time(const struct exchange *x)
{
    ns_t sum = 0;

    for (size_t i = 0; i < x->n_runs; i++)
        sum += x->runs[i].time;
    return sum;
}

size_t toolrun_events(const struct exchange *x)
{
    return 2 * x->n_runs;
}

ns_t toolrun_at(const struct exchange *x, size_t i)
{
    ns_t at = 0;

    for (size_t k = 0; 2 * k + 1 <= i; k++)
        at += x->runs[k].time;
    return at;
}

static void put_text(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, ",\"%s\":", key);
    gotext_string(out, text, strlen(text));
}

static void put_run(struct buf *out, const struct exchange *x, size_t i, bool over)
{
    const struct kind *k = &kinds[x->runs[i].kind];

    buf_printf(out, "{\"index\":%zu", i);
    put_text(out, "type", k->type);
    put_text(out, "name", k->name);
    put_text(out, "arguments", k->arguments);
    if (over) {
        put_text(out, "output", k->output);
        buf_str(out, k->more);
    }
    buf_char(out, '}');
}

void toolrun_delta(struct buf *out, const struct exchange *x, size_t i)
{
    buf_str(out, "{\"executed_tools\":[");
    put_run(out, x, i / 2, i % 2);
    buf_str(out, "]}");
}

void toolrun_message(struct buf *out, const struct exchange *x)
{
    buf_str(out, ",\"executed_tools\":[");
    for (size_t i = 0; i < x->n_runs; i++) {
        buf_str(out, i ? "," : "");
        put_run(out, x, i, true);
    }
    buf_char(out, ']');
}

/* One call of a model: its part of what the answer as a whole took. */
struct call {
    const char *model;
    ns_t queue, prompt, completion;
    int64_t prompt_tokens, completion_tokens;
};

static void put_call(struct buf *out, const struct call *c)
{
    buf_printf(out, "{\"model\":\"%s\",\"usage\":{\"queue_time\":", c->model);
    gotext_seconds(out, c->queue);
    buf_printf(out,
               ",\"prompt_tokens\":%lld,\"prompt_time\":", (long long)c->prompt_tokens);
    gotext_seconds(out, c->prompt);
    buf_printf(out, ",\"completion_tokens\":%lld,\"completion_time\":",
               (long long)c->completion_tokens);
    gotext_seconds(out, c->completion);
    buf_printf(out, ",\"total_tokens\":%lld,\"total_time\":",
               (long long)(c->prompt_tokens + c->completion_tokens));
    gotext_seconds(out, c->prompt + c->completion);
    buf_str(out, "}}");
}

/* One model chooses the tools, another answers; together they take what usage tells. */
void toolrun_breakdown(struct buf *out, const struct exchange *x)
{
    const struct timing *t = &x->timing;
    int64_t said = draft_total(&x->draft);
    struct call chooses = { "meta-llama/llama-4-scout-17b-16e-instruct",
                            t->queue / 2,
                            t->prefill / 3,
                            t->decode / 4,
                            x->prompt_tokens / 3,
                            said / 4 };
    struct call answers = { "openai/gpt-oss-120b",
                            t->queue - chooses.queue,
                            t->prefill - chooses.prompt,
                            t->decode - chooses.completion,
                            x->prompt_tokens - chooses.prompt_tokens,
                            said - chooses.completion_tokens };

    if (!is_system(x)) {
        buf_str(out, "null");
        return;
    }
    buf_str(out, "{\"models\":[");
    put_call(out, &chooses);
    buf_char(out, ',');
    put_call(out, &answers);
    buf_str(out, "]}");
}
