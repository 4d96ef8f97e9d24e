#include "sim/draft.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "sim/ident.h"
#include "sim/sample.h"
#include "sim/stop.h"

/* One token each. Some need escaping, some are not ASCII. */
static const char *const pieces[] = {
    " the",
    " of",
    " and",
    " a",
    " to",
    " in",
    " is",
    " that",
    " for",
    " it",
    " as",
    " was",
    " with",
    " be",
    " by",
    " on",
    " not",
    " he",
    " his",
    " but",
    " at",
    " are",
    " this",
    " have",
    " from",
    " or",
    " had",
    " an",
    " they",
    " which",
    " one",
    " you",
    " were",
    " all",
    " her",
    " she",
    " there",
    " would",
    " their",
    " we",
    " him",
    " been",
    " has",
    " when",
    " who",
    " will",
    " more",
    " no",
    " if",
    " out",
    " so",
    " said",
    " what",
    " up",
    " its",
    " about",
    " into",
    " than",
    " them",
    " can",
    " only",
    " other",
    " new",
    " some",
    " could",
    " time",
    " these",
    " two",
    " may",
    " then",
    " do",
    " first",
    " any",
    " my",
    " now",
    " such",
    " like",
    " our",
    " over",
    " man",
    " me",
    " even",
    " most",
    " made",
    " after",
    " also",
    " did",
    " many",
    " before",
    " must",
    " through",
    " answer",
    " model",
    " latency",
    " token",
    " request",
    " server",
    " measure",
    " wind",
    " river",
    " morning",
    " quiet",
    " light",
    " between",
    " stone",
    "ing",
    "ed",
    "ly",
    "s",
    ",",
    ",",
    ".",
    ".",
    ".",
    ":",
    ".\n\n",
    "\n- ",
    " (",
    ")",
    " <b>",
    " &",
    " \"",
    "\"",
    "\\",
    " 42",
    "\t",
    " caf\xC3\xA9",
    " na\xC3\xAFve",
    " \xE4\xB8\x96\xE7\x95\x8C",
    " \xF0\x9F\x9A\x80",
    "\xE2\x80\xA8",
};
enum { N_PIECES = sizeof(pieces) / sizeof(pieces[0]), FIXED_TOKEN = 4 };

bool draft_is_tool(const struct draft *d)
{
    return d->n_calls > 0;
}

size_t draft_call_bytes(const struct draft *d, size_t i)
{
    return strlen(d->calls[i].tool) + strlen(d->calls[i].arguments);
}

uint32_t draft_total(const struct draft *d)
{
    return d->tokens[CHANNEL_REASONING] + d->tokens[CHANNEL_CONTENT];
}

static bool starts_char(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

/* Where token i of the fixed text begins: every 4 bytes, but between characters. */
static size_t fixed_at(const struct draft *d, uint32_t i)
{
    size_t at = (size_t)i * FIXED_TOKEN;

    while (at < d->fixed_len && !starts_char(d->fixed[at]))
        at++;
    return at < d->fixed_len ? at : d->fixed_len;
}

static const char *word(const struct draft *d, enum channel c, uint32_t i)
{
    uint64_t state = d->seed + c * 0x1000003 + (uint64_t)i * 0x9E3779B97F4A7C15;

    return pieces[splitmix64(&state) % N_PIECES];
}

static void put_piece(const struct draft *d, enum channel c, uint32_t i, struct buf *out)
{
    if (c == CHANNEL_CONTENT && d->fixed) {
        size_t from = fixed_at(d, i);

        buf_add(out, d->fixed + from, fixed_at(d, i + 1) - from);
        return;
    }
    if (c == CHANNEL_REASONING && d->thoughts == THOUGHTS_RAW && !i)
        buf_str(out, "<think>\n");
    buf_str(out, word(d, c, i));
    if (c == CHANNEL_REASONING && d->thoughts == THOUGHTS_RAW &&
        i + 1 == d->tokens[CHANNEL_REASONING])
        buf_str(out, "\n</think>\n\n");
}

void draft_piece(const struct draft *d, enum channel c, uint32_t i, struct buf *out)
{
    size_t from = out->len;

    put_piece(d, c, i, out);
    if (c == CHANNEL_CONTENT && d->last && i + 1 == d->tokens[c] &&
        out->len > from + d->last)
        out->len = from + d->last;
}

static void fix_text(struct draft *d, char *text)
{
    d->fixed = text;
    d->fixed_len = strlen(text);
    d->finish = "stop";
    d->tokens[CHANNEL_CONTENT] = (uint32_t)((d->fixed_len + FIXED_TOKEN - 1) / FIXED_TOKEN);
}

static uint32_t whole(double v)
{
    return v < 1 ? 1 : v > 1e6 ? 1000000 : (uint32_t)lround(v);
}

/* How much of the thinking a level of effort makes, as a multiple of the answer. */
static double thinking(const struct ask *a, const struct model *m)
{
    static const double share[N_EFFORTS] = {
        [EFFORT_UNSAID] = 0.8, [EFFORT_NONE] = 0,     [EFFORT_DEFAULT] = 0.8,
        [EFFORT_LOW] = 0.25,   [EFFORT_MEDIUM] = 0.8, [EFFORT_HIGH] = 2.5,
    };

    return m->reasoning ? share[a->effort] : 0;
}

/* gpt-oss calls one tool at a time, whatever is asked. */
static size_t call_count(const struct draft *d, const struct ask *a,
                         const struct draft_params *p)
{
    size_t n = p->tool_calls ? (size_t)p->tool_calls : 1;

    return d->analysis || a->one_call ? 1 : n < DRAFT_CALLS ? n : DRAFT_CALLS;
}

static void make_call(struct draft *d, const struct ask_tool *tool, struct rng *r)
{
    struct draft_call *c = &d->calls[d->n_calls++];

    strncpy(c->tool, tool->name, sizeof(c->tool) - 1);
    c->arguments = sample_of_schema(tool->schema, NULL);
    d->tokens[CHANNEL_CONTENT] +=
        (uint32_t)(10 + draft_call_bytes(d, d->n_calls - 1) / FIXED_TOKEN);
    if (d->analysis) {
        memcpy(c->id, "fc_", 3);
        ident_uuid(c->id + 3, r);
    } else {
        ident_word(c->id, 9, r);
    }
}

/* A tool that nobody offered, or arguments that it does not take. */
static void spoil_call(struct draft *d, const struct ask *a, struct rng *r)
{
    struct draft_call *c = &d->calls[d->n_calls - 1];
    uint64_t how = rng_next(r);
    char *spoilt;

    if (!a->any_call)
        d->failed = REFUSAL_TOOL_FAILED;
    if (how & 1) {
        snprintf(c->tool, sizeof(c->tool), "undeclared_tool");
        return;
    }
    spoilt = sample_spoilt(c->arguments, how >> 1);
    free(c->arguments);
    c->arguments = spoilt;
}

static void make_tools(struct draft *d, const struct ask *a, const struct draft_params *p,
                       struct rng *r)
{
    size_t n = call_count(d, a, p);

    d->tokens[CHANNEL_CONTENT] = 0;
    d->finish = "tool_calls";
    for (size_t i = 0; i < n; i++)
        make_call(d, &a->tools[i % a->n_tools], r);
    if (p->tool_wrong > 0 && rng_unit(r) < p->tool_wrong)
        spoil_call(d, a, r);
}

static void drop_calls(struct draft *d)
{
    for (size_t i = 0; i < d->n_calls; i++)
        free(d->calls[i].arguments);
    memset(d->calls, 0, sizeof(d->calls));
    d->n_calls = 0;
}

/* JSON that holds about n tokens of words. */
static char *json_words(const struct draft *d, uint32_t n)
{
    struct buf b;
    json_t *v;
    char *text;

    buf_init(&b, 0);
    for (uint32_t i = 0; i + 4 < n; i++)
        buf_str(&b, word(d, CHANNEL_CONTENT, i));
    v = json_pack("{s:s}", "answer", b.p ? b.p : "");
    text = json_dumps(v, JSON_COMPACT);
    json_decref(v);
    buf_free(&b);
    return text;
}

/*
 * JSON that fits the schema and is about as long as an answer in words would be: the words
 * are shared out among its strings.
 */
static char *schema_words(const struct draft *d, const json_t *schema, uint32_t n)
{
    char *text = sample_of_schema(schema, NULL);
    size_t bare = strlen(text) / FIXED_TOKEN, strings = sample_strings(schema);
    struct buf b;

    if (!strings || n <= bare)
        return text;
    buf_init(&b, 0);
    for (uint32_t i = 0; i < (n - bare) / strings; i++)
        buf_str(&b, word(d, CHANNEL_CONTENT, i));
    free(text);
    text = sample_of_schema(schema, b.p);
    buf_free(&b);
    return text;
}

/* What strict decoding rules out: output that is not as it was asked for. */
static void spoil_json(struct draft *d, const struct ask *a, const struct draft_params *p,
                       struct rng *r)
{
    char *spoilt;

    if (a->strict || (p->json_invalid <= 0 && p->json_failed <= 0))
        return;
    if (rng_unit(r) < p->json_failed)
        d->failed = REFUSAL_JSON_FAILED;
    else if (rng_unit(r) >= p->json_invalid)
        return;
    spoilt = sample_spoilt(d->fixed, rng_next(r));
    free(d->fixed);
    fix_text(d, spoilt);
}

/* Moderation models answer in a word. */
static const char *verdict(const char *model, struct rng *r)
{
    if (strstr(model, "prompt-guard"))
        return rng_unit(r) < 0.5 ? "0.0004271" : "0.9987";
    if (strstr(model, "llama-guard"))
        return rng_unit(r) < 0.8 ? "safe" : "unsafe\nS2";
    return NULL;
}

/* Tokens of words; LENGTH_MAX fills the budget to the last one. */
static void set_lengths(struct draft *d, const struct ask *a, const struct draft_params *p,
                        double share, struct rng *r)
{
    uint32_t content = whole(rng_lognormal(r, p->median, p->sigma));
    uint32_t thoughts;

    if (p->length == LENGTH_FIXED)
        content = p->fixed;
    thoughts = (uint32_t)lround(share * content);
    if (p->length == LENGTH_MAX && a->max_tokens > 0) {
        content = whole((double)a->max_tokens / (1 + share));
        thoughts = (uint32_t)a->max_tokens - content;
        d->finish = "length";
    }
    d->tokens[CHANNEL_CONTENT] = content;
    d->tokens[CHANNEL_REASONING] = thoughts;
}

/* The budget covers the thinking first. */
static void limit(struct draft *d, int64_t max)
{
    int64_t left = max;

    if (draft_total(d) <= max)
        return;
    for (int c = 0; c < N_CHANNELS; c++) {
        if (d->tokens[c] > left)
            d->tokens[c] = (uint32_t)left;
        left -= d->tokens[c];
    }
    d->finish = "length";
    drop_calls(d);
}

static enum thoughts place_of_thoughts(const struct ask *a, const struct draft *d)
{
    if (a->thoughts != THOUGHTS_UNSAID)
        return d->analysis && a->thoughts == THOUGHTS_RAW ? THOUGHTS_PARSED : a->thoughts;
    return d->analysis || a->json || a->n_tools ? THOUGHTS_PARSED : THOUGHTS_RAW;
}

void draft_make(struct draft *d, const struct ask *a, const struct model *m,
                const struct draft_params *p, uint64_t seed, uint64_t key)
{
    uint64_t own = a->has_seed ? (uint64_t)a->seed ^ a->prompt.hash : key;
    struct rng r = rng_stream(seed, "sim.draft", own);
    double share = thinking(a, m);
    const char *word_only = verdict(m->id, &r);
    int64_t max = a->max_tokens > 0 ? a->max_tokens : m->max_completion;

    *d = (struct draft){ .finish = "stop", .seed = rng_next(&r) };
    d->analysis = !strncmp(m->id, "openai/gpt-oss", 14);
    d->thoughts = place_of_thoughts(a, d);
    set_lengths(d, a, p, share, &r);
    if (a->n_tools && !a->answers_tool &&
        (a->tool_required || rng_unit(&r) < p->tool_share))
        make_tools(d, a, p, &r);
    else if (word_only)
        fix_text(d, mem_strdup(word_only));
    else if (a->schema)
        fix_text(d, schema_words(d, a->schema, d->tokens[CHANNEL_CONTENT]));
    else if (a->json)
        fix_text(d, json_words(d, d->tokens[CHANNEL_CONTENT]));
    if (a->json && d->fixed)
        spoil_json(d, a, p, &r);
    if (max > 0)
        limit(d, max);
    stop_draft(d, a->stop);
}

void draft_free(struct draft *d)
{
    free(d->fixed);
    drop_calls(d);
    *d = (struct draft){ 0 };
}
