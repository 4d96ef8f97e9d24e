#include "sim/draft.h"

#include <math.h>
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
    return d->tool_arguments != NULL;
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

static void make_tool(struct draft *d, const struct ask *a, struct rng *r)
{
    strncpy(d->tool, a->tool, sizeof(d->tool) - 1);
    d->tool_arguments = sample_of_schema(a->tool_schema);
    d->tokens[CHANNEL_CONTENT] =
        (uint32_t)(10 + (strlen(d->tool) + strlen(d->tool_arguments)) / FIXED_TOKEN);
    d->finish = "tool_calls";
    if (d->analysis) {
        memcpy(d->tool_id, "fc_", 3);
        ident_uuid(d->tool_id + 3, r);
    } else {
        ident_word(d->tool_id, 9, r);
    }
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
    free(d->tool_arguments);
    d->tool_arguments = NULL;
}

static enum thoughts place_of_thoughts(const struct ask *a, const struct draft *d)
{
    if (a->thoughts != THOUGHTS_UNSAID)
        return d->analysis && a->thoughts == THOUGHTS_RAW ? THOUGHTS_PARSED : a->thoughts;
    return d->analysis || a->json || a->tool ? THOUGHTS_PARSED : THOUGHTS_RAW;
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
    if (a->tool && !a->answers_tool && (a->tool_required || rng_unit(&r) < p->tool_share))
        make_tool(d, a, &r);
    else if (word_only)
        fix_text(d, mem_strdup(word_only));
    else if (a->schema)
        fix_text(d, sample_of_schema(a->schema));
    else if (a->json)
        fix_text(d, json_words(d, d->tokens[CHANNEL_CONTENT]));
    if (max > 0)
        limit(d, max);
    stop_draft(d, a->stop);
}

void draft_free(struct draft *d)
{
    free(d->fixed);
    free(d->tool_arguments);
    *d = (struct draft){ 0 };
}
