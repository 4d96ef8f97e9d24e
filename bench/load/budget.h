#ifndef LOAD_BUDGET_H
#define LOAD_BUDGET_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "data/scenario.h"

enum budget_kind { BUDGET_REQUESTS, BUDGET_TOKENS, BUDGET_COST, N_BUDGETS };

extern const char *const budget_names[N_BUDGETS]; /* as in scenarios */

/*
 * What a run may use up: attempts, tokens (prompt + completion), money. Shared by all
 * workers, locked inside. What is under way counts as expected until it is settled; once an
 * attempt has used more than was expected of it, all are expected to go as far beyond. The
 * first take that would pass a limit exhausts the budget: it is refused, and so is
 * everything after it.
 *
 *     if (!budget_take(&b, tokens, cost)) stop sending: budget_exhausted says why
 *     ... budget_settle(&b, tokens, cost, used_tokens, used_cost);
 */
struct budget_state {
    pthread_mutex_t lock;
    int64_t limit[N_BUDGETS]; /* 0: none */
    int64_t used[N_BUDGETS];  /* of settled attempts */
    int64_t taken[N_BUDGETS]; /* expected, of attempts under way */
    double over[N_BUDGETS];   /* greatest used / expected of an attempt, at least 1 */
    enum budget_kind out;     /* N_BUDGETS: not exhausted */
};

void budget_init(struct budget_state *b, const struct budget *limits);
void budget_free(struct budget_state *b);

/* One attempt is about to be sent. An unknown (negative) amount counts as 0. */
bool budget_take(struct budget_state *b, int64_t tokens, int64_t cost_nusd);

/*
 * It has ended: the amounts given to budget_take, and what it really used, -1 where the
 * answer did not tell: without tokens, what was expected is booked of both; a cost that is
 * unknown beside known tokens has no price, and is 0.
 */
void budget_settle(struct budget_state *b, int64_t tokens, int64_t cost_nusd,
                   int64_t used_tokens, int64_t used_cost_nusd);

/* Which limit refused an attempt; N_BUDGETS: none yet. */
enum budget_kind budget_exhausted(struct budget_state *b);

#endif
