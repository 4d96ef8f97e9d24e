#include "base/units.h"
#include "load/plan_private.h"

/* Cells differ in little that a search minds: the first stands for all. */
void plan_foresee_search(struct plan *p)
{
    const struct plan_cell *c = &p->cells[0];
    struct search_spec free_spec = c->cell->search;

    if (!free_spec.range.probes)
        return;
    p->searches = true;
    p->search = search_forecast(&c->cell->search, c->latency);
    free_spec.budget = 0;
    free_spec.range.probes = SEARCH_MAX_PROBES;
    p->search_unbound = search_forecast(&free_spec, c->latency);
}

static void put_percent(struct buf *b, int64_t ppm)
{
    buf_printf(b, "%.3g%%", (double)ppm / 1e4);
}

static void put_probes(struct buf *b, const struct search_forecast *f)
{
    if (f->fewest < f->most)
        buf_printf(b, "%u to ", f->fewest);
    buf_printf(b, "%u probe%s", f->most, f->most == 1 ? "" : "s");
}

/* What it comes to where it is stopped before it is sure. */
static void put_reach(struct buf *b, const struct plan *p)
{
    const struct search_forecast *f = &p->search;

    if (f->width_ppm < 0)
        buf_str(b, "may end before there is a rate that held and one that did not");
    else {
        buf_str(b, "may end with ");
        put_percent(b, f->width_ppm);
        buf_str(b, " between the rate that held and the one that did not, or with one of "
                   "them probed once only");
    }
}

/* The answer may fall short of what `within` asks for. */
static bool falls_short(const struct plan *p)
{
    return p->search.open > 0;
}

void plan_search_text(struct buf *b, const struct plan *p)
{
    const struct search_spec *spec = &p->cells[0].cell->search;

    if (!p->searches)
        return;
    buf_printf(b, "\nA search%s: ", p->trials > 1 ? " in each trial" : "");
    put_probes(b, &p->search);
    buf_str(b, " and ");
    units_put_duration(b, p->search.longest);
    buf_str(b, " at most, wherever from ");
    buf_printf(b, "%.6g/s to %.6g/s the knee is", (double)spec->range.from / 1e6,
               (double)spec->range.to / 1e6);
    if (falls_short(p)) {
        buf_str(b, "; it ");
        put_reach(b, p);
    } else {
        buf_str(b, "; the answer is ");
        put_percent(b, p->search.width_ppm);
        buf_str(b, " wide at most where every probe can tell");
    }
    buf_str(b, ". The table counts as if the knee were near the highest rate.\n");
}

void plan_warn_search(struct plan *p)
{
    struct buf b = { 0 };

    if (!p->searches || !falls_short(p))
        return;
    put_reach(&b, p);
    buf_str(&b, "; to be within ");
    put_percent(&b, p->cells[0].cell->search.range.within_ppm);
    buf_str(&b, " it may take ");
    put_probes(&b, &p->search_unbound);
    buf_str(&b, " and ");
    units_put_duration(&b, p->search_unbound.longest);
    plan_warn(p, "the search %s", b.p);
    buf_free(&b);
}
