#include <math.h>

#include "reports/json_parts.h"

/* Means as integers of the unit: ns, or thousandths of a token per second. */
static void put_one(struct jsonw *w, const char *key, const struct steady *s, ns_t cut,
                    const char *unit, double factor)
{
    json_begin_object(w, key);
    json_put_text(w, "verdict", steady_names[s->verdict]);
    json_put_count(w, "batches", s->batches);
    if (s->verdict != STEADY_UNKNOWN) {
        json_put_text(w, "unit", unit);
        json_put_count(w, "cut", s->cut);
        json_put_int(w, "cut_ns", cut);
        json_put_int(w, "before", llround(s->before * factor));
        json_put_int(w, "after", llround(s->after * factor));
    }
    jsonw_end(w);
}

void json_put_steady(struct jsonw *w, const struct steady_seen *s)
{
    double windows = s->window > 0 ? (double)s->window / NS_PER_S : 1;

    json_begin_object(w, "steady");
    put_one(w, "ttft", &s->ttft, s->ttft_cut, "ns", 1);
    put_one(w, "tokens_per_s", &s->tokens, s->tokens_cut, "mtok/s", 1e3 / windows);
    jsonw_end(w);
}
