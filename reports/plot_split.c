#include "reports/plot.h"

/* Means, since those add up to a whole; medians do not. */
static void put_row(struct sketch *d, const char *name, const struct course_region *r)
{
    struct buf word = { 0 };

    sketch_word(&word, name);
    sketch_row(d, "%s %.6g %.6g %.6g %.6g", word.p, r->sum[PART_QUEUE] / (double)r->n / 1e6,
               r->sum[PART_PREFILL] / (double)r->n / 1e6,
               r->sum[PART_DECODE] / (double)r->n / 1e6,
               r->sum[PART_NETWORK] / (double)r->n / 1e6);
    buf_free(&word);
}

enum { MOST_ROWS = 10 };

bool sketch_split(struct sketch *d, const struct subject *s, size_t n)
{
    const struct course *c = subject_course(s);
    struct course_region all = { 0 };
    size_t rows = c->regions.n < MOST_ROWS ? c->regions.n : MOST_ROWS;

    (void)n;
    for (size_t i = 0; i < c->regions.n; i++) {
        all.n += c->by_region[i].n;
        for (int p = 0; p < N_PARTS; p++)
            all.sum[p] += c->by_region[i].sum[p];
    }
    if (!all.n) {
        sketch_say(d, "no answer told the server's own times");
        return false;
    }
    sketch_block(d, "split");
    put_row(d, "all", &all);
    for (size_t i = 0; i < rows && c->regions.n > 1; i++)
        put_row(d, c->regions.items[i].name, &c->by_region[i]);
    sketch_end(d);
    sketch_set(d, "rows", c->regions.n > 1 ? (double)rows + 1 : 1);
    sketch_say(d,
               "Mean time of a request by what it waited for, as the server told it, and "
               "what is left for network and edge: ");
    sketch_say_count(d, all.n, "answer", "answers");
    for (size_t i = 0; i < rows && c->regions.n > 1; i++) {
        sketch_say(d, i ? ", " : " (");
        sketch_say(d, "%s ", *c->regions.items[i].name ? c->regions.items[i].name : "–");
        sketch_say_count(d, c->by_region[i].n, "", "");
        d->caption.len--;
    }
    sketch_say(d, c->regions.n > 1 ? ")." : ".");
    return true;
}
