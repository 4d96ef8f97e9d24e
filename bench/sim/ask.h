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

struct ask {
    json_t *root;
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

    bool json;                 /* JSON mode or a schema */
    const json_t *schema;      /* borrowed from root; NULL: none */
    const char *tool;          /* a tool that may be called; NULL: none offered */
    const json_t *tool_schema; /* of its arguments */
    bool tool_required;
    bool prefilled;    /* the last message is the beginning of the answer */
    bool answers_tool; /* the last message is the result of a tool */
    bool has_image;
    size_t image_message;

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
