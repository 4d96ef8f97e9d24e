#include "cmd/doctor_warn.h"

#include "base/units.h"
#include "load/profile.h"

static double peak_of_cell(const struct cell *c, bool open)
{
    double most = 0;

    for (size_t i = 0; i < c->n_phases; i++)
        if (c->phases[i].open == open && profile_peak(&c->phases[i]) > most)
            most = profile_peak(&c->phases[i]);
    return most;
}

/* Streams at a time, or requests per second, of one cell or of all that run together. */
static double peak(const struct scenario *s, bool open)
{
    double most = 0, sum = 0;

    for (size_t c = 0; c < s->n_cells; c++) {
        double p = peak_of_cell(&s->cells[c], open);

        most = p > most ? p : most;
        sum += p;
    }
    return s->concurrent ? sum : most;
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
