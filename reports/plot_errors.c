#include <stdlib.h>

#include "reports/plot.h"

/* The classes that are shown by name: the most frequent ones; the rest are one. */
enum { CLASSES = 6 };

struct classes {
    enum outcome ids[N_OUTCOMES];
    uint64_t n_of[N_OUTCOMES];
    size_t n;
    uint64_t errors;
};

static void count(struct classes *k, const struct course *c)
{
    for (int o = 0; o < N_OUTCOMES; o++) {
        uint64_t n = 0;
        size_t at = k->n;

        for (size_t i = 0; i < c->n_bins && outcomes[o].error; i++)
            n += c->bins[i].ended[o];
        if (!n)
            continue;
        while (at && k->n_of[at - 1] < n) {
            k->ids[at] = k->ids[at - 1];
            k->n_of[at] = k->n_of[at - 1];
            at--;
        }
        k->ids[at] = (enum outcome)o;
        k->n_of[at] = n;
        k->n++;
        k->errors += n;
    }
}

static void put_step(struct sketch *d, const struct classes *k, const struct course_bin *b,
                     double middle, double seconds)
{
    struct buf row = { 0 };
    double rest = 0;

    buf_printf(&row, "%.6g %.6g", middle, b->retries / seconds);
    for (size_t i = 0; i < CLASSES; i++)
        buf_printf(&row, " %.6g", i < k->n ? b->ended[k->ids[i]] / seconds : 0);
    for (size_t i = CLASSES; i < k->n; i++)
        rest += b->ended[k->ids[i]];
    sketch_row(d, "%s %.6g", row.p, rest / seconds);
    buf_free(&row);
}

static void say(struct sketch *d, const struct subject *s, const struct classes *k,
                uint64_t retries)
{
    const struct tally *t = &s->summary->cells[s->cell].measured.tally;

    sketch_say(d, "Attempts that failed, by what went wrong, and later attempts, when they "
                  "ended or left. ");
    sketch_say_count(d, k->errors, "failed attempt", "failed attempts");
    for (size_t i = 0; i < k->n && i < CLASSES; i++) {
        sketch_say(d, i ? ", " : ": ");
        sketch_say(d, "%s ", outcomes[k->ids[i]].name);
        sketch_say_count(d, k->n_of[i], "", "");
        d->caption.len--;
    }
    sketch_say(d, "; ");
    sketch_say_count(d, retries, "retry. ", "retries. ");
    sketch_say(d, "Of ");
    sketch_say_count(d, t->requests, "measured request", "measured requests");
    sketch_say(d, " ");
    sketch_say_count(d, t->request_errors, "failed in the end.", "failed in the end.");
}

static void put_names(struct sketch *d, const struct classes *k)
{
    struct buf names = { 0 };

    buf_str(&names, "");
    for (size_t i = 0; i < CLASSES && i < k->n; i++)
        buf_printf(&names, "%s ", outcomes[k->ids[i]].name);
    buf_printf(&d->data, "classes = '%s'\n", names.p);
    sketch_set(d, "has_others", k->n > CLASSES);
    buf_free(&names);
}

bool sketch_errors(struct sketch *d, const struct subject *s, size_t n)
{
    const struct course *c = subject_course(s);
    struct steps st = steps_of(s);
    struct classes k = { 0 };
    uint64_t retries = 0;

    (void)n;
    count(&k, c);
    for (size_t i = 0; i < c->n_bins; i++)
        retries += c->bins[i].retries;
    if (!k.errors && !retries) {
        sketch_say(d, "no attempt failed, none was retried");
        return false;
    }
    sketch_block(d, "errors");
    for (size_t i = 0; i < st.n; i++) {
        struct course_bin b = steps_sum(c, &st, i);

        put_step(d, &k, &b, ((double)i + 0.5) * st.width, st.seconds);
    }
    sketch_end(d);
    sketch_phases(d, s, &st);
    sketch_set(d, "step", st.width);
    sketch_set(d, "has_retries", retries > 0);
    put_names(d, &k);
    say(d, s, &k, retries);
    return true;
}
