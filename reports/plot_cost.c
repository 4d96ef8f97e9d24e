#include "base/units.h"
#include "reports/plot.h"
#include "reports/rank.h"

bool sketch_cost(struct sketch *d, const struct subject *s, size_t n)
{
    const struct summary_group *g = subject_group(s);
    const struct course *c = subject_course(s);
    int64_t cost = 0, tokens = 0;

    (void)n;
    sketch_block(d, "cost");
    for (size_t i = 0; i < c->n_bins; i++) {
        cost += c->bins[i].cost_nusd;
        tokens += c->bins[i].tokens;
        sketch_row(d, "%.6g %.9g %.9g", (double)(i + 1) * (double)c->width / NS_PER_S,
                   (double)cost / 1e9, (double)tokens);
    }
    sketch_end(d);
    if (!cost) {
        sketch_say(d,
                   "no attempt has a price: the catalogue does not know the model, or no "
                   "answer told its tokens");
        return false;
    }
    sketch_phases(d, s,
                  &(struct steps){ .n = c->n_bins, .width = (double)c->width / NS_PER_S });
    sketch_say(d, "What had been spent by then, warm-up included, and how many tokens were "
                  "generated for it");
    if (subject_trials(s) > 1)
        sketch_say(d, ", %u trials together", subject_trials(s));
    sketch_say(d, ": ");
    units_put_money(&d->caption, cost);
    sketch_say(d, " for ");
    sketch_say_count(d, (uint64_t)tokens, "token.", "tokens.");
    if (g->rates[RATE_COST_PER_1K].present) {
        sketch_say(d, " Measured phases: ");
        rank_put_price(&d->caption, s);
        sketch_say(d, " for a million tokens, prompts included.");
    }
    return true;
}
