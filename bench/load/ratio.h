#ifndef LOAD_RATIO_H
#define LOAD_RATIO_H

#include <stddef.h>
#include <stdint.h>

/*
 * How many of our words make a token, learnt per model from answers that told their
 * prompt_tokens. Sums are integers, so the order in which answers come does not matter. One
 * thread's (the collector's); a round's ratio is asked for before its first trial and then
 * stays.
 *
 *     ratio_add(&r, "llama-3.1-8b-instant", info.words,
 *               prompt_tokens - prompts_overhead(w));
 *     double words_per_token = ratio_round(&r, models, n);
 */
#define RATIO_DEFAULT 0.75

struct ratio_model {
    char *model;
    uint64_t words;
    uint64_t tokens;
};

struct ratio {
    struct ratio_model *models;
    size_t n;
    size_t cap;
};

void ratio_init(struct ratio *r);
void ratio_free(struct ratio *r);

/* A finished attempt; ignored where words or tokens are not above 0, or model is NULL. */
void ratio_add(struct ratio *r, const char *model, int64_t words, int64_t tokens);

/* What is known of one model; 0: nothing. */
double ratio_of(const struct ratio *r, const char *model);

/*
 * For all cells of the next round: the mean over those of the models that answers taught
 * something about, each counted once; RATIO_DEFAULT where there is none. Rounded to 1e-6
 * and between 0.05 and 5.
 */
double ratio_round(const struct ratio *r, const char *const *models, size_t n);

#endif
