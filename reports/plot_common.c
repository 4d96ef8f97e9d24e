#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "reports/figure.h"
#include "reports/plot.h"

const struct course *subject_course(const struct subject *s)
{
    return gather_course(s->gather, s->cell);
}

const struct summary_group *subject_group(const struct subject *s)
{
    return &s->summary->cells[s->cell].measured;
}

uint32_t subject_trials(const struct subject *s)
{
    uint32_t n = 0;

    for (uint32_t t = 0; t < s->run->n_trials; t++) {
        bool begun = false;

        for (uint32_t p = 0; p < s->run->n_phases; p++)
            begun |= s->summary->trials[t * s->run->n_phases + p].begun;
        n += begun && s->run->trials[t].cell == s->cell;
    }
    return n;
}

bool subject_hist(const struct subject *s, enum metric_id m, struct hist *h)
{
    bool any = false;

    hist_init_standard(h);
    for (uint32_t t = 0; t < s->run->n_trials; t++)
        for (uint32_t p = 0; p < s->run->n_phases; p++)
            if (s->run->trials[t].cell == s->cell && s->run->phases[p].measured)
                any |= recorder_hist(s->recorder, t, p, m, h);
    return any;
}

/* --- steps of time ------------------------------------------------------------------- */

enum { STEPS_MOST = 64, STEPS_LEAST = 12, STEP_EVENTS = 16 };

struct steps steps_of(const struct subject *s)
{
    const struct course *c = subject_course(s);
    struct steps st = { .factor = 1 };
    uint64_t events = 0;
    uint32_t trials = subject_trials(s);

    for (size_t i = 0; i < c->n_bins; i++)
        events += c->bins[i].due;
    while (c->n_bins / st.factor > STEPS_MOST ||
           (c->n_bins / st.factor > 2 * STEPS_LEAST &&
            events * st.factor / c->n_bins < STEP_EVENTS))
        st.factor *= 2;
    st.n = (c->n_bins + st.factor - 1) / st.factor;
    st.width = (double)c->width / NS_PER_S * (double)st.factor;
    st.seconds = st.width * (trials ? trials : 1);
    return st;
}

struct course_bin steps_sum(const struct course *c, const struct steps *st, size_t i)
{
    struct course_bin sum = c->bins[i * st->factor];

    for (size_t k = i * st->factor + 1; k < (i + 1) * st->factor && k < c->n_bins; k++)
        course_bin_add(&sum, &c->bins[k]);
    return sum;
}

void sketch_phases(struct sketch *d, const struct subject *s, const struct steps *st)
{
    struct buf at = { 0 }, name = { 0 };

    buf_str(&at, "");
    buf_str(&name, "");
    for (uint32_t p = 0; p < s->run->n_phases; p++) {
        ns_t begin = gather_phase(s->gather, s->cell, p);

        if (begin == NS_ABSENT)
            continue;
        buf_printf(&at, "%.3f ", (double)begin / NS_PER_S);
        sketch_word(&name, s->run->phases[p].name);
        buf_char(&name, ' ');
    }
    buf_printf(&d->data, "phase_at = '%s'\nphase_name = '%s'\n", at.p, name.p);
    sketch_set(d, "t_end", (double)st->n * st->width);
    buf_free(&at);
    buf_free(&name);
}

/* --- captions ------------------------------------------------------------------------ */

void sketch_say(struct sketch *d, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    buf_str(&d->caption, text);
}

void sketch_say_value(struct sketch *d, enum unit unit, double value)
{
    figure_value(&d->caption, unit, value);
}

void sketch_say_count(struct sketch *d, uint64_t n, const char *one, const char *many)
{
    units_put_count(&d->caption, n);
    sketch_say(d, " %s", n == 1 ? one : many);
}

bool sketch_is_few(struct sketch *d, uint64_t n, const char *one, const char *many)
{
    enum { LEAST = 5 }; /* what a median takes */

    if (n >= LEAST)
        return false;
    sketch_say(d, "only ");
    sketch_say_count(d, n, one, many);
    sketch_say(d, ": a curve takes %d", LEAST);
    return true;
}

void sketch_say_error(struct sketch *d, const struct subject *s, enum headline h)
{
    enum stat_id stat;
    int64_t error;

    if (!summary_error(s->summary, subject_group(s), h, &error, &stat) || error <= 0)
        return;
    sketch_say(d, " Error of the instrument: at most ");
    sketch_say_value(d, metrics[headlines[h].of].unit, (double)error);
    sketch_say(d, " (%s).", stat_rows[stat].name);
}
