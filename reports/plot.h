#ifndef REPORTS_PLOT_H
#define REPORTS_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "data/recorder.h"
#include "data/summary.h"
#include "reports/gather.h"

/*
 * Plots. Each is a script for gnuplot in reports/plots/NAME.gp and a function that writes
 * what the script draws; the table in plot.c is the only list of them.
 *
 *     struct sketch d = { 0 };
 *     if (plot_sketch(&plots[i], &d, subjects, n) && !plot_draw(&plots[i], &d, "svg", &svg,
 * &err))
 *         ... d.caption says what one sees
 *     sketch_free(&d);
 *
 * Text of others reaches gnuplot through sketch_text alone, which lets only harmless
 * characters through.
 */

/* A cell of a run: what a plot is about. All borrowed. */
struct subject {
    const struct run *run;
    const struct recorder *recorder;
    const struct summary *summary;
    const struct gather *gather;
    uint32_t cell;
    const char *name; /* what sets it apart from the others; "" where it is alone */
};

const struct course *subject_course(const struct subject *s);
const struct summary_group *subject_group(const struct subject *s);

/* What a plot draws, as commands of gnuplot; and what is to be read below it. */
struct sketch {
    struct buf data;
    struct buf caption;
    int height; /* 0: as usual */
};

void sketch_free(struct sketch *d);
void sketch_set(struct sketch *d, const char *name, double value);
void sketch_text(struct sketch *d, const char *name, const char *value);
void sketch_word(struct buf *out,
                 const char *value); /* the same without quotes or spaces */

/* Of an axis from 0: NAME_end, a little beyond the most, and NAME_tic, some two or three to
 * it. */
void sketch_axis(struct sketch *d, const char *name, double most);

/* The same, and NAME_log: whether least and most are so far apart that it has to be
 * logarithmic; then NAME_low is where it begins. */
void sketch_wide_axis(struct sketch *d, const char *name, double least, double most);

void sketch_block(struct sketch *d, const char *name); /* rows follow, then sketch_end */
void sketch_row(struct sketch *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void sketch_end(struct sketch *d);
void sketch_say(struct sketch *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void sketch_say_value(struct sketch *d, enum unit unit, double value);
void sketch_say_count(struct sketch *d, uint64_t n, const char *one, const char *many);

struct plot {
    const char *name; /* of script and file */
    const char *title;
    bool compares; /* is of all subjects together; else of one */
    /* False where there is nothing to draw: the caption says why. */
    bool (*sketch)(struct sketch *d, const struct subject *s, size_t n);
};

extern const struct plot plots[];
extern const size_t n_plots;

enum plot_format { PLOT_SVG, PLOT_PNG, PLOT_PDF };

/*
 * gnuplot's output is added to *out. -1: ERR_USAGE where gnuplot is not installed, else
 * ERR_IO with what it said.
 */
int plot_draw(const struct plot *p, const struct sketch *d, enum plot_format format,
              struct buf *out, struct err *err);

/* Several as the pages of one PDF; of[i] is what page i is of, "" where that is clear. */
int plot_book(const struct plot *const *p, const char *const *of, const struct sketch *d,
              size_t n, struct buf *out, struct err *err);

/* The functions of the table. */
typedef bool sketch_fn(struct sketch *d, const struct subject *s, size_t n);
sketch_fn sketch_percentiles, sketch_heat, sketch_arrivals, sketch_errors, sketch_limits;
sketch_fn sketch_prompt, sketch_speed, sketch_gaps, sketch_split, sketch_cache, sketch_cost;
sketch_fn sketch_knee, sketch_cells, sketch_multiples, sketch_pareto;

/* --- what several of them need ------------------------------------------------------- */

/* The course of a cell in steps that hold enough of it: bins [i * factor, (i+1) * factor).
 */
struct steps {
    size_t n;
    size_t factor;
    double seconds; /* of a step, of all trials together */
    double width;   /* of a step, in seconds */
};
struct steps steps_of(const struct subject *s);
struct course_bin steps_sum(const struct course *c, const struct steps *st, size_t i);

/* Names and begins of the phases, and the end of time: phase_at, phase_name, t_end. */
void sketch_phases(struct sketch *d, const struct subject *s, const struct steps *st);

/* A metric of the measured phases of all trials of the cell; free it in any case. */
bool subject_hist(const struct subject *s, enum metric_id m, struct hist *h);

/* So few values that a curve of them would mislead: the caption says so. */
bool sketch_is_few(struct sketch *d, uint64_t n, const char *one, const char *many);

/* The trials of the cell that were begun. */
uint32_t subject_trials(const struct subject *s);

/* Below a plot of one metric: "Error of the instrument: 68.2 us." or nothing. */
void sketch_say_error(struct sketch *d, const struct subject *s, enum headline h);

#endif
