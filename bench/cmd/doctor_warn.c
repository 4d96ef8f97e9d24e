#include "cmd/doctor_warn.h"

#include "base/units.h"
#include "load/profile.h"

/* The most of one phase of one cell: streams at a time, or requests per second. */
static double peak(const struct scenario *s, bool open)
{
    double most = 0;

    for (size_t c = 0; c < s->n_cells; c++)
        for (size_t i = 0; i < s->cells[c].n_phases; i++) {
            const struct phase *p = &s->cells[c].phases[i];

            if (p->open == open && profile_peak(p) > most)
                most = profile_peak(p);
        }
    return most;
}

/* found: valid up to; beyond: the least that was found not to be, -1: none was. */
static void warn(struct buf *out, double asked, int64_t found, int64_t beyond,
                 const char *what)
{
    bool known = beyond >= 0 && asked >= (double)beyond;

    if (found < 0 || asked <= (double)found)
        return;
    buf_str(out, "warning: ");
    units_put_count(out, (uint64_t)asked);
    buf_printf(out, " %s are more than `tokdyno doctor` found %s on this machine (", what,
               known ? "valid" : "out about");
    units_put_count(out, (uint64_t)found);
    buf_str(out, known ? "): expect an invalid run\n" : ")\n");
}

void doctor_warn(struct buf *out, const struct doctor_figures *f, const struct scenario *s)
{
    warn(out, peak(s, false), f->streams, f->streams_not, "streams at a time");
    warn(out, peak(s, true), f->rate, f->rate_not, "requests/s");
}
