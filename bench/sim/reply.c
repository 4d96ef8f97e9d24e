#include "sim/reply.h"

#include <string.h>

#include "sim/gotext.h"
#include "sim/reply_parts.h"
#include "sim/toolrun.h"

static const char end_of_choice[] = ",\"logprobs\":null,\"finish_reason\":";

static void put_time(struct buf *out, const struct exchange *x, ns_t ns)
{
    if (x->fault.fault->numbers == NUMBER_EXPONENT)
        buf_printf(out, "%llde-9", (long long)ns);
    else
        gotext_seconds(out, ns);
}

void reply_prefix(struct buf *out, const struct exchange *x, uint64_t i, int64_t created)
{
    if (odd(x) & ODD_CREATED)
        created -= (int64_t)i;
    buf_char(out, '{');
    put_unknown(out, x);
    buf_str(out, "\"id\":\"");
    buf_str(out, x->chat_id);
    buf_str(out, "\",\"object\":\"chat.completion.chunk\",\"created\":");
    put_count(out, x, created);
    buf_str(out, ",\"model\":");
    put_text(out, x->model_asked);
    if (odd(x) & ODD_FINGERPRINT)
        buf_printf(out, ",\"system_fingerprint\":\"fp_%010llx\"", (unsigned long long)i);
    else
        buf_printf(out, ",\"system_fingerprint\":\"%s\"", x->fingerprint);
    if (odd(x) & ODD_USAGE_NULL)
        buf_str(out, ",\"usage\":null");
    buf_str(out, ",\"choices\":[{");
    put_unknown(out, x);
    buf_str(out, "\"index\":");
    put_count(out, x, 0);
    buf_str(out, ",\"delta\":");
}

void reply_raw_delta(struct buf *out, const struct exchange *x, const struct buf *prefix,
                     const char *delta)
{
    (void)x;
    buf_add(out, prefix->p, prefix->len);
    buf_str(out, delta);
    buf_str(out, end_of_choice);
    buf_str(out, "null}]}");
}

void reply_role(struct buf *out, const struct exchange *x, const struct buf *prefix)
{
    buf_add(out, prefix->p, prefix->len);
    buf_printf(out, "{\"role\":\"assistant\",\"content\":%s}",
               draft_is_tool(&x->draft) ? "null" : "\"\"");
    buf_str(out, end_of_choice);
    buf_printf(out, "null}],\"x_groq\":{\"id\":\"%s\",\"seed\":%lld}}", x->request_id,
               (long long)x->seed);
}

void reply_delta(struct buf *out, const struct exchange *x, const struct buf *prefix,
                 enum channel c, const char *text, size_t n)
{
    bool thought = c == CHANNEL_REASONING && x->draft.thoughts == THOUGHTS_PARSED;

    buf_add(out, prefix->p, prefix->len);
    buf_char(out, '{');
    put_unknown(out, x);
    buf_str(out, thought ? "\"reasoning\":\"" : "\"content\":\"");
    gotext_escape(out, text, n);
    put_odd_text(out, x);
    buf_char(out, '"');
    if (thought && x->draft.analysis)
        buf_str(out, ",\"channel\":\"analysis\"");
    buf_char(out, '}');
    buf_str(out, end_of_choice);
    buf_str(out, "null}]");
    put_padding(out, x);
    buf_char(out, '}');
}

/* n: how many bytes of the arguments. */
static void put_call(struct buf *out, const struct draft_call *c, size_t n)
{
    buf_printf(out, "{\"id\":\"%s\",\"type\":\"function\",\"function\":{", c->id);
    buf_str(out, "\"name\":");
    put_text(out, c->tool);
    buf_str(out, ",\"arguments\":");
    gotext_string(out, c->arguments, n);
    buf_char(out, '}');
}

static void end_delta(struct buf *out)
{
    buf_char(out, '}');
    buf_str(out, end_of_choice);
    buf_str(out, "null}]}");
}

void reply_tool(struct buf *out, const struct exchange *x, const struct buf *prefix,
                size_t i, size_t n)
{
    buf_add(out, prefix->p, prefix->len);
    buf_str(out, "{\"tool_calls\":[");
    put_call(out, &x->draft.calls[i], n);
    buf_printf(out, ",\"index\":%zu}]", i);
    end_delta(out);
}

void reply_tool_arguments(struct buf *out, const struct exchange *x,
                          const struct buf *prefix, size_t i, size_t from, size_t n)
{
    const char *arguments = x->draft.calls[i].arguments + from;
    size_t left = strlen(arguments);

    buf_add(out, prefix->p, prefix->len);
    buf_printf(out, "{\"tool_calls\":[{\"index\":%zu,\"function\":{\"arguments\":", i);
    gotext_string(out, arguments, n < left ? n : left);
    buf_str(out, "}}]");
    end_delta(out);
}

static void put_usage(struct buf *out, const struct exchange *x)
{
    const struct timing *t = &x->timing;
    int64_t completion = draft_total(&x->draft);

    buf_char(out, '{');
    put_unknown(out, x);
    buf_str(out, "\"queue_time\":");
    put_time(out, x, t->queue);
    buf_str(out, ",\"prompt_tokens\":");
    put_count(out, x, x->prompt_tokens);
    buf_str(out, ",\"prompt_time\":");
    put_time(out, x, t->prefill);
    buf_str(out, ",\"completion_tokens\":");
    put_count(out, x, completion);
    buf_str(out, ",\"completion_time\":");
    put_time(out, x, t->decode);
    buf_str(out, ",\"total_tokens\":");
    put_count(out, x, x->prompt_tokens + completion);
    buf_str(out, ",\"total_time\":");
    put_time(out, x, t->prefill + t->decode);
    if (x->cached_tokens >= 0) {
        buf_str(out, ",\"prompt_tokens_details\":{\"cached_tokens\":");
        put_count(out, x, x->cached_tokens);
        buf_char(out, '}');
    }
    if (x->model->reasoning) {
        buf_str(out, ",\"completion_tokens_details\":{\"reasoning_tokens\":");
        put_count(out, x, x->draft.tokens[CHANNEL_REASONING]);
        buf_char(out, '}');
    }
    buf_char(out, '}');
}

void reply_finish(struct buf *out, const struct exchange *x, const struct buf *prefix)
{
    enum usage_form form = x->fault.fault->usage;

    buf_add(out, prefix->p, prefix->len);
    buf_str(out, "{}");
    buf_str(out, end_of_choice);
    buf_printf(out, "\"%s\"}],\"x_groq\":{\"id\":\"%s\"", x->draft.finish, x->request_id);
    if (form == USAGE_FULL || form == USAGE_XGROQ) {
        buf_str(out, ",\"usage\":");
        put_usage(out, x);
    }
    if (x->model->kind && !strcmp(x->model->kind, "system")) {
        buf_str(out, ",\"usage_breakdown\":");
        toolrun_breakdown(out, x);
    }
    buf_char(out, '}');
    if (form == USAGE_FULL || form == USAGE_TOP) {
        buf_str(out, ",\"usage\":");
        put_usage(out, x);
    }
    buf_char(out, '}');
}

void reply_no_choices(struct buf *out, const struct exchange *x, const char *choices)
{
    buf_printf(out, "{\"id\":\"%s\",\"object\":\"chat.completion.chunk\",\"created\":",
               x->chat_id);
    put_count(out, x, x->created);
    buf_str(out, ",\"model\":");
    put_text(out, x->model_asked);
    if (choices)
        buf_printf(out, ",\"choices\":%s", choices);
    buf_char(out, '}');
}

void reply_usage(struct buf *out, const struct exchange *x, int64_t created)
{
    buf_printf(out, "{\"id\":\"%s\",\"object\":\"chat.completion.chunk\",\"created\":",
               x->chat_id);
    put_count(out, x, created);
    buf_str(out, ",\"model\":");
    put_text(out, x->model_asked);
    buf_printf(out,
               ",\"system_fingerprint\":\"%s\",\"choices\":[],\"usage\":", x->fingerprint);
    put_usage(out, x);
    buf_printf(out, ",\"service_tier\":\"%s\"}", tier_names[x->tier]);
}

void reply_x_groq_error(struct buf *out, const struct exchange *x)
{
    buf_printf(out, "{\"id\":\"%s\",\"object\":\"chat.completion.chunk\",\"created\":%lld,",
               x->chat_id, (long long)x->created);
    buf_str(out, "\"model\":");
    put_text(out, x->model_asked);
    buf_printf(out,
               ",\"choices\":[],\"x_groq\":{\"id\":\"%s\","
               "\"error\":\"the model stopped early\"}}",
               x->request_id);
}

/* The message: content, and the thoughts where they go. */
static void put_message(struct buf *out, const struct exchange *x)
{
    const struct draft *d = &x->draft;
    struct buf text;

    buf_init(&text, 0);
    if (d->thoughts == THOUGHTS_RAW)
        put_channel(&text, x, CHANNEL_REASONING);
    if (!draft_is_tool(d))
        put_channel(&text, x, CHANNEL_CONTENT);
    buf_str(out, "{\"role\":\"assistant\"");
    if (!draft_is_tool(d) || text.len) {
        buf_str(out, ",\"content\":");
        gotext_string(out, text.p ? text.p : "", text.len);
    }
    if (d->thoughts == THOUGHTS_PARSED && d->tokens[CHANNEL_REASONING]) {
        buf_clear(&text);
        put_channel(&text, x, CHANNEL_REASONING);
        buf_str(out, ",\"reasoning\":");
        gotext_string(out, text.p, text.len);
    }
    for (size_t i = 0; i < d->n_calls; i++) {
        buf_str(out, i ? "," : ",\"tool_calls\":[");
        put_call(out, &d->calls[i], strlen(d->calls[i].arguments));
        buf_char(out, '}');
    }
    buf_str(out, draft_is_tool(d) ? "]" : "");
    if (x->n_runs)
        toolrun_message(out, x);
    buf_char(out, '}');
    buf_free(&text);
}

void reply_whole(struct buf *out, const struct exchange *x)
{
    buf_char(out, '{');
    put_unknown(out, x);
    buf_printf(out,
               "\"id\":\"%s\",\"object\":\"chat.completion\",\"created\":", x->chat_id);
    put_count(out, x, x->created);
    buf_str(out, ",\"model\":");
    put_text(out, x->model_asked);
    buf_str(out, ",\"choices\":[{\"index\":0,\"message\":");
    put_message(out, x);
    buf_str(out, end_of_choice);
    buf_printf(out, "\"%s\"}]", x->draft.finish);
    if (x->fault.fault->usage != USAGE_NONE) {
        buf_str(out, ",\"usage\":");
        put_usage(out, x);
    }
    buf_str(out, ",\"usage_breakdown\":");
    toolrun_breakdown(out, x);
    buf_printf(out, ",\"system_fingerprint\":\"%s\"", x->fingerprint);
    buf_printf(out, ",\"x_groq\":{\"id\":\"%s\",\"seed\":%lld", x->request_id,
               (long long)x->seed);
    if (x->cached_tokens > 0) /* here usage counts the levels of the cache, no more */
        buf_printf(out,
                   ",\"usage\":{\"dram_cached_tokens\":%lld,"
                   "\"sram_cached_tokens\":0}",
                   (long long)x->cached_tokens);
    buf_printf(out, "},\"service_tier\":\"%s\"}\n", tier_names[x->tier]);
}

static const char *owner(const char *id)
{
    static const struct {
        const char *prefix;
        const char *owner;
    } owners[] = {
        { "openai/", "OpenAI" },     { "meta-llama/", "Meta" },
        { "llama", "Meta" },         { "moonshotai/", "Moonshot AI" },
        { "qwen", "Alibaba Cloud" }, { "gemma", "Google" },
        { "whisper", "OpenAI" },     { "playai", "PlayAI" },
        { "allam", "SDAIA" },        { "deepseek", "DeepSeek" },
    };

    for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
        if (!strncmp(id, owners[i].prefix, strlen(owners[i].prefix)))
            return owners[i].owner;
    return "Groq";
}

void reply_model(struct buf *out, const struct model *m)
{
    buf_str(out, "{\"id\":");
    put_text(out, m->id);
    buf_printf(out,
               ",\"object\":\"model\",\"created\":1693721698,\"owned_by\":\"%s\","
               "\"active\":true",
               owner(m->id));
    if (m->context > 0)
        buf_printf(out, ",\"context_window\":%lld", (long long)m->context);
    buf_str(out, ",\"public_apps\":null");
    if (m->max_completion > 0)
        buf_printf(out, ",\"max_completion_tokens\":%lld", (long long)m->max_completion);
    buf_char(out, '}');
}

void reply_models(struct buf *out, const struct catalogue *c)
{
    buf_str(out, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < c->n_models; i++) {
        if (i)
            buf_char(out, ',');
        reply_model(out, &c->models[i]);
    }
    buf_str(out, "]}\n");
}
