#ifndef SIM_DRAFT_H
#define SIM_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "data/catalogue.h"
#include "sim/ask.h"

/*
 * What the simulated model is going to say, before any of it is said. The text is a
 * function of its seed: token i of a channel can be had at any time, in any order, so that
 * a stream and an answer in one piece hold the same.
 */
enum channel { CHANNEL_REASONING, CHANNEL_CONTENT, N_CHANNELS };

struct draft {
    uint32_t tokens[N_CHANNELS]; /* how much of each is generated */
    enum thoughts thoughts;      /* never UNSAID; matters where there is reasoning */
    bool analysis;               /* the reasoning deltas name their channel */
    const char *finish;          /* stop, length, tool_calls */
    size_t last;                 /* bytes of the last content token that are said; 0: all */
    char *fixed;                 /* the content where it is not made of words; owned */
    size_t fixed_len;
    char *tool_arguments; /* a tool is called: its content tokens are this call; owned */
    char tool[65];
    char tool_id[48];
    uint64_t seed;
};

/* How long answers are. */
struct draft_params {
    enum { LENGTH_AUTO, LENGTH_MAX, LENGTH_FIXED } length;
    uint32_t fixed; /* content tokens with LENGTH_FIXED */
    double median;  /* content tokens with LENGTH_AUTO */
    double sigma;
    double tool_share; /* of the requests that offer tools and leave the choice */
};

/* key: of the request; the text depends on it only where the request names no seed. */
void draft_make(struct draft *d, const struct ask *a, const struct model *m,
                const struct draft_params *p, uint64_t seed, uint64_t key);
void draft_free(struct draft *d);

uint32_t draft_total(const struct draft *d);

/* A tool is called; its content tokens make no text. */
bool draft_is_tool(const struct draft *d);

/* Append the text of token i, not escaped. */
void draft_piece(const struct draft *d, enum channel c, uint32_t i, struct buf *out);

#endif
