#include "reports/drawing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "reports/rank.h"
#include "reports/text.h"

/* --- subjects ------------------------------------------------------------------------ */

static char *subject_name(const struct book *b, const struct book_run *r, uint32_t cell)
{
    struct buf name = { 0 };

    text_cell_name(&name, r->run, cell);
    if (b->n_runs > 1) {
        struct buf both = { 0 };

        buf_printf(&both, "%s%s%s", r->name, name.len ? " " : "", name.len ? name.p : "");
        buf_free(&name);
        return buf_take(&both);
    }
    return buf_take(&name);
}

void book_open(struct book *b)
{
    size_t n = 0;

    for (size_t r = 0; r < b->n_runs; r++)
        n += b->runs[r].run->n_cells;
    b->subjects = mem_array(n, sizeof(*b->subjects));
    for (size_t r = 0; r < b->n_runs; r++)
        for (uint32_t c = 0; c < b->runs[r].run->n_cells; c++) {
            const struct book_run *of = &b->runs[r];

            b->subjects[b->n++] =
                (struct subject){ of->run, of->recorder,          of->summary, of->gather,
                                  c,       subject_name(b, of, c) };
        }
    rank_sort(b->subjects, b->n);
}

void book_close(struct book *b)
{
    for (size_t i = 0; i < b->n; i++)
        free((char *)(uintptr_t)b->subjects[i].name);
    for (size_t i = 0; i < b->n_drawings; i++) {
        free(b->drawings[i].caption);
        free(b->drawings[i].trouble);
        buf_free(&b->drawings[i].picture);
    }
    free(b->subjects);
    free(b->drawings);
}

/* --- drawings ------------------------------------------------------------------------ */

/* What the plots of the table are of: all cells together, then each of them. */
static size_t plan(struct book *b)
{
    size_t details = b->n <= BOOK_DETAILS ? b->n : 0, n = 0;

    b->drawings = mem_array(n_plots * (b->n + 1), sizeof(*b->drawings));
    for (size_t i = 0; i < n_plots && b->n > 1; i++)
        if (plots[i].compares)
            b->drawings[n++] = (struct drawing){ .plot = &plots[i], .subject = SIZE_MAX };
    for (size_t s = 0; s < details; s++)
        for (size_t i = 0; i < n_plots; i++)
            if (!plots[i].compares)
                b->drawings[n++] = (struct drawing){ .plot = &plots[i], .subject = s };
    return n;
}

static bool sketch_of(const struct book *b, const struct drawing *d, struct sketch *sketch)
{
    if (d->plot->compares)
        return d->plot->sketch(sketch, b->subjects, b->n);
    return d->plot->sketch(sketch, &b->subjects[d->subject], 1);
}

static void draw(const struct book *b, struct drawing *d, enum plot_format format)
{
    struct sketch sketch = { 0 };
    struct err err;

    d->drawn = sketch_of(b, d, &sketch);
    buf_str(&sketch.caption, "");
    d->caption = buf_take(&sketch.caption);
    if (d->drawn && plot_draw(d->plot, &sketch, format, &d->picture, &err)) {
        d->drawn = false;
        buf_clear(&d->picture);
        d->trouble = mem_strdup(err.msg);
    }
    sketch_free(&sketch);
}

/* Threads that share nothing but the number of the drawing that comes next. */
struct crew {
    struct book *book;
    enum plot_format format;
    atomic_size_t next;
};

static bool draw_next(struct crew *c)
{
    size_t i = atomic_fetch_add(&c->next, 1);

    if (i < c->book->n_drawings)
        draw(c->book, &c->book->drawings[i], c->format);
    return i < c->book->n_drawings;
}

static void *help(void *crew)
{
    while (draw_next(crew))
        ;
    return NULL;
}

enum { MOST_HELPERS = 7 };

void book_draw(struct book *b, enum plot_format format, book_say *say, void *ctx)
{
    struct crew crew = { b, format, 0 };
    pthread_t helpers[MOST_HELPERS];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int n = 0;

    b->n_drawings = plan(b);
    while (n < MOST_HELPERS && n + 1 < cores &&
           !pthread_create(&helpers[n], NULL, help, &crew))
        n++;
    for (size_t i; (i = atomic_load(&crew.next)) < b->n_drawings; draw_next(&crew))
        if (say)
            say(ctx, i, b->n_drawings);
    while (n)
        pthread_join(helpers[--n], NULL);
    for (size_t i = b->n_drawings; i--;)
        if (b->drawings[i].trouble)
            b->trouble = b->drawings[i].trouble;
}

int book_print(struct book *b, struct buf *out, struct err *err)
{
    size_t pages = 0;
    const struct plot **which;
    const char **of;
    struct sketch *sketches;
    int rc;

    b->n_drawings = plan(b);
    which = mem_array(b->n_drawings, sizeof(struct plot *));
    of = mem_array(b->n_drawings, sizeof(char *));
    sketches = mem_array(b->n_drawings, sizeof(*sketches));
    for (size_t i = 0; i < b->n_drawings; i++) {
        which[pages] = b->drawings[i].plot;
        of[pages] = which[pages]->compares ? "" : b->subjects[b->drawings[i].subject].name;
        if (sketch_of(b, &b->drawings[i], &sketches[pages]))
            pages++;
        else
            sketch_free(&sketches[pages]);
        if (pages < b->n_drawings)
            sketches[pages] = (struct sketch){ 0 };
    }
    rc = pages ? plot_book(which, of, sketches, pages, out, err)
               : err_set(err, ERR_IO, "there is nothing to draw: no request was answered");
    for (size_t i = 0; i < pages; i++)
        sketch_free(&sketches[i]);
    free(sketches);
    free(which);
    free(of);
    return rc;
}

void drawing_name(struct buf *out, const struct book *b, const struct drawing *d)
{
    buf_str(out, d->plot->name);
    if (d->subject != SIZE_MAX && b->n > 1)
        buf_printf(out, "-%zu", d->subject + 1);
}
