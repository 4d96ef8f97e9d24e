#include "reports/answer.h"

#include "base/units.h"
#include "data/search_judge.h"
#include "reports/figure.h"
#include "reports/foreseen.h"
#include "reports/text.h"

answer_fn *const answers[N_ANSWERS] = { answer_searches, answer_batches, foreseen_put };

static void put_rate(struct buf *b, int64_t millionths)
{
    figure_number(b, (double)millionths / 1e6);
    buf_str(b, "/s");
}

static void put_slos(struct buf *b, const struct run *run)
{
    for (uint32_t i = 0; i < run->n_search_slos; i++)
        buf_printf(b, "%s%s", i ? " and " : "",
                   run->slos[run->n_slos - run->n_search_slos + i].text);
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* Both sides are known of at least one search. */
static void put_found(struct buf *b, const struct summary *sum,
                      const struct summary_capacity *c)
{
    buf_str(b, "holds up to ");
    put_rate(b, c->rate);
    buf_str(b, " ± ");
    put_rate(b, c->error);
    buf_str(b, ": at ");
    put_rate(b, c->holds);
    buf_str(b, " ");
    put_slos(b, sum->run);
    buf_str(b, sum->run->n_search_slos > 1 ? " were met, at " : " was met, at ");
    put_rate(b, c->misses);
    buf_str(b, " missed");
    if (c->searches > 1)
        buf_printf(b, " (%u of %u trials)", c->found, c->searches);
}

/* Was the run in this trial when it was stopped? */
static bool stopped_in(const struct summary *sum, const struct summary_search *s)
{
    for (size_t i = 0; i < sum->n_searches; i++)
        if (sum->searches[i].trial > s->trial && sum->searches[i].n_probes)
            return false;
    return !sum->ended || sum->end.reason != END_DONE;
}

/* Why a search that could have gone on did not: "; search.budget of 5m00s was used up". */
static void put_stop(struct buf *b, const struct summary *sum,
                     const struct summary_search *s)
{
    const struct search_spec *spec = &sum->run->cells[s->cell].search;

    if (s->result.end != SEARCH_OPEN)
        return;
    if (s->n_probes >= spec->range.probes)
        buf_printf(b, "; narrower with more than %u probes", spec->range.probes);
    else if (stopped_in(sum, s) && sum->ended && sum->end.reason == END_BUDGET)
        buf_printf(b, "; budget.%s was used up", sum->end.detail);
    else if (stopped_in(sum, s))
        buf_str(b, "; it was stopped");
    else if (spec->budget) {
        buf_str(b, "; search.budget of ");
        units_put_duration(b, spec->budget);
        buf_str(b, " was used up");
    }
}

static void put_end(struct buf *b, const struct summary *sum,
                    const struct summary_search *s)
{
    const struct search_result *r = &s->result;

    switch (r->end) {
    case SEARCH_CLIENT:
        buf_str(b, "INVALID as a limit of the server: the client could not carry ");
        put_rate(b, r->ceiling);
        break;
    case SEARCH_ABOVE:
        buf_str(b, "no limit was found up to ");
        put_rate(b, sum->run->cells[s->cell].search.range.to);
        buf_str(b, ", the end of the search");
        break;
    case SEARCH_BELOW:
        buf_str(b, "not surely met even at ");
        put_rate(b, sum->run->cells[s->cell].search.range.from);
        buf_str(b, ", where the search begins");
        break;
    case SEARCH_FOUND:
    case SEARCH_OPEN:
    case N_SEARCH_ENDS:
        buf_printf(b, "the search did not come to its end (%zu probe%s)", s->n_probes,
                   plural(s->n_probes));
        if (r->ceiling) {
            buf_str(b, ", the client could not carry ");
            put_rate(b, r->ceiling);
        }
        put_stop(b, sum, s);
        break;
    }
    if (r->lo) {
        buf_str(b, "; ");
        put_slos(b, sum->run);
        buf_str(b, " held at ");
        put_rate(b, r->lo);
    }
}

/* Why the answer is no narrower, where it is not as narrow as was asked. */
static void put_width(struct buf *b, const struct summary *sum,
                      const struct summary_search *s)
{
    const struct search_range *range = &sum->run->cells[s->cell].search.range;
    const struct search_result *r = &s->result;
    double room = (double)r->lo * (1 + (double)range->within_ppm / 1e6);

    if (!r->lo || !r->hi)
        return;
    if ((double)r->hi <= room) {
        if (r->end == SEARCH_OPEN)
            buf_str(b, "; not all of it was probed twice");
        put_stop(b, sum, s);
    } else if (r->ceiling && r->ceiling < r->hi) {
        buf_str(b, "; between them the client could not carry ");
        put_rate(b, r->ceiling);
    } else if (r->end != SEARCH_OPEN)
        buf_str(b, "; between them the samples cannot tell, longer probes would");
    else
        put_stop(b, sum, s);
}

void answer_begin(struct buf *out, const struct summary *s, uint32_t cell)
{
    size_t from = out->len;

    text_cell_name(out, s->run, cell);
    buf_str(out, out->len > from ? ": " : "Answer: ");
}

void answer_searches(struct buf *out, const struct summary *s, uint32_t cell)
{
    struct summary_capacity c = summary_capacity(s, cell);
    const struct summary_search *first = NULL;

    for (size_t i = 0; i < s->n_searches && !first; i++)
        if (s->searches[i].cell == cell)
            first = &s->searches[i];
    if (!first)
        return;
    answer_begin(out, s, cell);
    if (c.found)
        put_found(out, s, &c);
    else
        put_end(out, s, first);
    if (c.searches == 1)
        put_width(out, s, first);
    buf_char(out, '.');
}
