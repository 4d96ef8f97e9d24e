#include "load/budget.h"

#include <math.h>

const char *const budget_names[N_BUDGETS] = {
    [BUDGET_REQUESTS] = "requests",
    [BUDGET_TOKENS] = "tokens",
    [BUDGET_COST] = "cost",
};

static int64_t clip(uint64_t v)
{
    return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

static int64_t known(int64_t v)
{
    return v < 0 ? 0 : v;
}

void budget_init(struct budget_state *b, const struct budget *limits)
{
    *b = (struct budget_state){
        .limit = { clip(limits->requests), clip(limits->tokens), limits->cost_nusd },
        .over = { 1, 1, 1 },
        .out = N_BUDGETS,
    };
    pthread_mutex_init(&b->lock, NULL);
}

void budget_free(struct budget_state *b)
{
    pthread_mutex_destroy(&b->lock);
}

static int64_t capped_sum(int64_t a, int64_t b)
{
    int64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/* What was expected, were it as far off as the attempt that went the farthest beyond. */
static int64_t at_worst(const struct budget_state *b, int kind, int64_t expected)
{
    double v = ceil((double)expected * b->over[kind]);

    return v < 0x1p62 ? (int64_t)v : INT64_MAX;
}

static enum budget_kind first_passed(const struct budget_state *b,
                                     const int64_t want[N_BUDGETS])
{
    for (int i = 0; i < N_BUDGETS; i++) {
        int64_t gone = capped_sum(b->used[i], at_worst(b, i, b->taken[i]));

        if (b->limit[i] &&
            (gone > b->limit[i] || at_worst(b, i, want[i]) > b->limit[i] - gone))
            return (enum budget_kind)i;
    }
    return N_BUDGETS;
}

bool budget_take(struct budget_state *b, int64_t tokens, int64_t cost_nusd)
{
    const int64_t want[N_BUDGETS] = { 1, known(tokens), known(cost_nusd) };
    bool fits;

    pthread_mutex_lock(&b->lock);
    if (b->out == N_BUDGETS)
        b->out = first_passed(b, want);
    fits = b->out == N_BUDGETS;
    for (int i = 0; fits && i < N_BUDGETS; i++)
        b->taken[i] += want[i];
    pthread_mutex_unlock(&b->lock);
    return fits;
}

void budget_settle(struct budget_state *b, int64_t tokens, int64_t cost_nusd,
                   int64_t used_tokens, int64_t used_cost_nusd)
{
    const int64_t took[N_BUDGETS] = { 1, known(tokens), known(cost_nusd) };
    const int64_t used[N_BUDGETS] = {
        1,
        used_tokens < 0 ? took[BUDGET_TOKENS] : used_tokens,
        used_tokens < 0 ? took[BUDGET_COST] : known(used_cost_nusd),
    };

    pthread_mutex_lock(&b->lock);
    for (int i = 0; i < N_BUDGETS; i++) {
        b->taken[i] -= took[i];
        b->used[i] = capped_sum(b->used[i], used[i]);
        if (took[i] && (double)used[i] > (double)took[i] * b->over[i])
            b->over[i] = (double)used[i] / (double)took[i];
    }
    pthread_mutex_unlock(&b->lock);
}

enum budget_kind budget_exhausted(struct budget_state *b)
{
    enum budget_kind out;

    pthread_mutex_lock(&b->lock);
    out = b->out;
    pthread_mutex_unlock(&b->lock);
    return out;
}
