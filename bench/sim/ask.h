#ifndef SIM_ASK_H
#define SIM_ASK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/catalogue.h"
#include "sim/refusal.h"
#include "sim/tokens.h"

/*
 * What a body of POST /chat/completions asks for.
 *
 *     struct ask a;
 *     if (!ask_parse(&a, body, n) && !ask_check(&a, model)) ...
 *     ask_free(&a);                      // in any case
 *
 * Both return -1 with a.refusal and a.about filled.
 */
enum tier { TIER_ON_DEMAND, TIER_FLEX, TIER_AUTO, TIER_PERFORMANCE, N_TIERS };
extern const char *const tier_names[N_TIERS];

enum effort {
    EFFORT_UNSAID,
    EFFORT_NONE,
    EFFORT_DEFAULT,
    EFFORT_LOW,
    EFFORT_MEDIUM,
    EFFORT_HIGH,
    N_EFFORTS
};

/* Where a reasoning model's thoughts go. */
enum thoughts {
    THOUGHTS_UNSAID,
    THOUGHTS_PARSED,
    THOUGHTS_RAW,
    THOUGHTS_HIDDEN,
    N_THOUGHTS
};

enum { ASK_TOOLS = 128 };

struct ask_tool {
    const char *name;
    const json_t *schema; /* of its arguments; NULL: any */
};

/* Pictures among the messages. */
struct ask_images {
    size_t n;
    size_t urls;     /* of them, to be fetched */
    size_t message;  /* the first of them stands in */
    uint64_t pixels; /* of the largest that tells its size */
};

struct ask {
    json_t *root;
    size_t bytes; /* of the body */
    enum refusal refusal;
    char about[160]; /* what the refusal is about */

    char model[160];
    bool stream;
    bool include_usage;
    int64_t max_tokens; /* -1: not said */
    enum tier tier;
    enum effort effort;
    enum thoughts thoughts;
    bool has_seed;
    int64_t seed;

    const json_t *stop; /* borrowed from root; NULL: none */

    bool json;                        /* JSON mode or a schema */
    const json_t *schema;             /* borrowed from root; NULL: none */
    bool strict;                      /* decoding cannot leave the schema */
    struct ask_tool tools[ASK_TOOLS]; /* that may be called; borrowed likewise */
    size_t n_tools;
    bool tool_required;
    bool one_call;     /* parallel_tool_calls is off */
    bool any_call;     /* disable_tool_validation */
    bool prefilled;    /* the last message is the beginning of the answer */
    bool answers_tool; /* the last message is the result of a tool */
    struct ask_images images;

    struct tokens prompt; /* of the rendered prompt */
};

int ask_parse(struct ask *a, const char *body, size_t n);

/* In ask_response.c: the same for POST /responses. */
int ask_parse_response(struct ask *a, const char *body, size_t n);

/* The two steps of it: is it JSON that names a model, and what does a->root ask for, in
 * the words of chat completions? */
int ask_load(struct ask *a, const char *body, size_t n);
int ask_read(struct ask *a);

/* Does it go with this model? */
int ask_check(struct ask *a, const struct model *m);
void ask_free(struct ask *a);

/* In render.c: the messages and tools as the model sees them, into a->prompt. */
int render_prompt(struct ask *a);

/* Fill refusal and about; -1. */
int ask_refuse(struct ask *a, enum refusal r, const char *about);

/* Index of the word that a value is, -1 where it is none of them. NULL words are no words.
 */
int ask_word(const json_t *v, const char *const *words, int n);

#endif
