#ifndef LOAD_PROMPTS_H
#define LOAD_PROMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "api/endpoint.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "data/scenario.h"

/*
 * What is asked in request k: literal messages, a row of a dataset, or a synthetic prompt
 * of about so many tokens, made of common words without a tokenizer; a text, or a clip of
 * audio (clip.h). Which of them, and so what it looks like, the endpoint's prompt_form
 * says. A function of (seed, round, phase, k) and nothing else: the same bytes in every
 * cell of a round and on every thread, others in each round, or a repeat would measure the
 * prompt cache. Literal messages alone are the same always; a dataset is read in the order
 * of the file, from a row that depends on (seed, round, phase).
 *
 *     struct prompts *p =
 *         prompts_open(&cell->workload, PROMPT_MESSAGES, cell->request.body, seed, &err);
 *     uint64_t number = prompts_number(phase, k);
 *     prompts_make(p, round, words_per_token, number, &messages, &extra, &info);
 *     prompts_close(p);
 *
 * A synthetic prompt is [system: shared prefix] + user: words. Its tokens are drawn from
 * input_tokens and count the prefix in; see prompts_overhead for the rest. With unique_head
 * a random word in hex stands before everything, so that no prefix is shared; cells with
 * other sizes of prompts have another.
 *
 * Pictures of workload.images go behind the text of the last user message, in turn from a
 * place that depends on (seed, round, phase).
 */
struct prompts;

/* Number of request k of a phase: no two requests of a trial have the same. */
#define PROMPTS_PHASE_STRIDE 10000000000ULL

static inline uint64_t prompts_number(uint32_t phase, uint64_t k)
{
    return phase * PROMPTS_PHASE_STRIDE + k;
}

struct prompt_info {
    ns_t audio;               /* how long the clip lasts; NS_ABSENT: none, or not known */
    int64_t characters;       /* of a text; -1 unless it is one */
    int64_t planned_tokens;   /* the prompt tokens aimed at; -1 unless synthetic */
    int64_t words;            /* it was made of, without the head; -1 unless synthetic */
    int64_t estimated_tokens; /* for budget and pacing: planned, or a guess by length */
    int64_t max_completion;   /* of the dataset's row; -1: it does not say */
    size_t images;            /* pictures in it */
    const char *model; /* of the dataset's row, NULL: none; lives as long as the prompts */
};

/*
 * scenario_body: JSON object of the fields the scenario passes through; they win over those
 * of a dataset's row. NULL with *err where a file cannot be read or holds no prompts, or
 * where the workload has nothing of that form.
 */
struct prompts *prompts_open(const struct workload *w, enum prompt_form form,
                             const char *scenario_body, uint64_t seed, struct err *err);

/* -1 where the workload has nothing of that form. Reads no files. */
int prompts_check(const struct workload *w, enum prompt_form form, struct err *err);
void prompts_close(struct prompts *p);

/*
 * Phases that replay a trace: the sizes of their synthetic prompts and answers are those of
 * its rows, and equal blocks of it are equal words. `most` is the member of the body that
 * bounds an answer (NULL: it is not to be set). phases are borrowed. Before any prompt is
 * made.
 */
void prompts_replay(struct prompts *p, const struct phase *phases, size_t n_phases,
                    const char *most);

/*
 * With sessions made of the rows of a dataset the first request ends with the first message
 * of the user. This is the n-th of them, from 2, a JSON object that lives as long as the
 * prompts; false where the row has no more.
 */
bool prompts_user_message(const struct prompts *p, uint64_t round, uint64_t number,
                          uint32_t n, struct str *message);

/* Has every request a model of its own? So where each row of a dataset names one. */
bool prompts_name_models(const struct prompts *p);

/*
 * Appends the prompt, as its form wants it, to messages, and to extra what the row adds to
 * the body behind it:
 * "" or `,"temperature":0.2,...`, never messages, model, stream or stream_options. Several
 * threads may call it at once.
 */
void prompts_make(const struct prompts *p, uint64_t round, double words_per_token,
                  uint64_t number, struct buf *messages, struct buf *extra,
                  struct prompt_info *info);

/*
 * Tokens of a synthetic prompt that are not words of ours, an estimate: what the chat
 * template puts around messages, and the unique head. words = (tokens - overhead) *
 * words_per_token, and so the ratio is learnt.
 */
int64_t prompts_overhead(const struct workload *w);

#endif
