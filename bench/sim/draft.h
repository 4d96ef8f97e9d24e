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

enum { DRAFT_CALLS = 16 };

struct draft_call {
    char tool[65];
    char id[48];
    char *arguments; /* owned */
};

struct draft {
    uint32_t tokens[N_CHANNELS]; /* how much of each is generated */
    enum thoughts thoughts;      /* never UNSAID; matters where there is reasoning */
    bool analysis;               /* the reasoning deltas name their channel */
    const char *finish;          /* stop, length, tool_calls */
    size_t last;                 /* bytes of the last content token that are said; 0: all */
    char *fixed;                 /* the content where it is not made of words; owned */
    size_t fixed_len;
    size_t n_calls;
    uint64_t seed;
    enum refusal failed; /* the output does not pass the server's own check */
    struct draft_call calls[DRAFT_CALLS]; /* of tools: the content tokens are these */
};

/* How long answers are. */
struct draft_params {
    enum { LENGTH_AUTO, LENGTH_MAX, LENGTH_FIXED } length;
    uint32_t fixed; /* content tokens with LENGTH_FIXED */
    double median;  /* content tokens with LENGTH_AUTO */
    double sigma;
    double tool_share;   /* of the requests that offer tools and leave the choice */
    uint64_t tool_calls; /* in one answer, of models that call several at once */
    double tool_wrong;   /* answers with a call that is not as the tool was offered */
    double json_invalid; /* JSON answers, not strict, that are not what was asked for */
    double json_failed;  /* of them, those that the server's check refuses */
};

/* key: of the request; the text depends on it only where the request names no seed. */
void draft_make(struct draft *d, const struct ask *a, const struct model *m,
                const struct draft_params *p, uint64_t seed, uint64_t key);
void draft_free(struct draft *d);

uint32_t draft_total(const struct draft *d);

/* A tool is called; its content tokens make no text. */
bool draft_is_tool(const struct draft *d);

/* Bytes of call i as generation counts them: name and arguments. */
size_t draft_call_bytes(const struct draft *d, size_t i);

/* Append the text of token i, not escaped. */
void draft_piece(const struct draft *d, enum channel c, uint32_t i, struct buf *out);

#endif
