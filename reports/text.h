#ifndef REPORTS_TEXT_H
#define REPORTS_TEXT_H

#include "data/summary.h"
#include "reports/figure.h"
#include "reports/table.h"

/*
 * The sections of the text report, in the order they are printed. Each puts a blank line
 * before itself, or nothing at all where it has nothing to say.
 */
enum { PAGE_COLUMNS = 100, CELL_COLUMNS = 40 };

struct page {
    struct buf *out;
    const struct summary *s;
    bool colour;
};

void text_headline(const struct page *p);
void text_asked(const struct page *p);   /* what answers the question, where it is said */
void text_curves(const struct page *p);  /* what its probes said */
void text_batches(const struct page *p); /* what became of them, beside one by one */
void text_walls(const struct page *p);   /* where limits refused, and how it went on */
void text_tiers(const struct page *p);   /* what each asked for and got, by its targets */
void text_cache(const struct page *p);   /* hits against misses, and what a sweep found */
void text_comparison(const struct page *p); /* a row a cell; with several cells only */
void text_reasoning(const struct page *p);  /* a row a cell; where a model reasons only */
void text_forms_comparison(const struct page *p); /* of what only some requests have */
void text_errors(const struct page *p, const struct summary_group *g); /* part of a phase */
void text_turns(const struct page *p);                                 /* of sessions */
void text_phases(const struct page *p); /* a block a cell and phase */
void text_limits(const struct page *p);
void text_regions(const struct page *p);
void text_objectives(const struct page *p);
void text_instrument(const struct page *p);
void text_warnings(const struct page *p, bool in_headline); /* there where not valid */
void text_next(const struct page *p);

/* JSON, tool calls and pictures of a phase, where it has any: lines below. */
void text_forms(const struct page *p, const struct summary_group *g);

/* What the percentiles of a phase are worth, and whether it was steady: its lines below. */
void text_sample(const struct page *p, const struct summary_group *g);

/* What only some kinds of answer have: embeddings, systems, guard models. */
void text_kinds(const struct page *p, const struct summary_group *g);
void text_kinds_comparison(const struct page *p); /* a row a cell, with several cells */

/*
 * "±8 %" where a range has no room: the farther end of the interval, as a share of the
 * value. Nothing where there is no value.
 */
void text_take_width(struct table *t, const struct summary_metric *m, enum stat_id stat);
void text_take_stat(struct table *t, const struct summary_metric *m, enum metric_id id,
                    enum stat_id stat);
void text_take_rate(struct table *t, const struct summary_group *g, enum rate_id id);

/* Lines of text, broken at spaces; all but the first stand two further in. */
void text_paragraph(const struct page *p, size_t indent, enum style style,
                    const char *text);

/* A heading with a blank line before it. */
void text_heading(const struct page *p, const char *heading);

/* A cell by what sets it apart: "llama-3.1-8b-instant policy=sdk"; "" without a matrix. */
void text_cell_name(struct buf *out, const struct run *run, uint32_t cell);

/* No wider than so many columns where it can be told apart so. */
void text_cell_name_short(struct buf *out, const struct run *run, uint32_t cell,
                          size_t columns);

/* The same in a table, cut where it is wider; where the row above is of that cell too,
 * nothing. */
void text_take_cell(struct table *t, const struct page *p, uint32_t cell, uint32_t *last);

/* A line of pieces with " · " between them, broken there where it is too long. */
struct pieces {
    struct buf text;
};
void pieces_add(struct pieces *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
struct buf *pieces_next(struct pieces *l); /* put the next one here */
void pieces_put(struct pieces *l, const struct page *p, size_t indent, enum style style);

#endif
