#include "reports/plot.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "data/places.h"
#include "reports/child.h"
#include "reports/palette.h"

const struct plot plots[] = {
    { "cells", "Medians and tails side by side", true, sketch_cells },
    { "pareto", "First token, speed and price at once", true, sketch_pareto },
    { "multiples", "Time to first token by percentile, on common axes", true,
      sketch_multiples },
    { "knee", "Where the knee is", false, sketch_knee },
    { "percentiles", "Latency by percentile", false, sketch_percentiles },
    { "heat", "Latency over time", false, sketch_heat },
    { "arrivals", "Load asked for, and load achieved", false, sketch_arrivals },
    { "split", "Where the time goes", false, sketch_split },
    { "prompt", "First token against size of the prompt", false, sketch_prompt },
    { "speed", "Generation speed", false, sketch_speed },
    { "gaps", "Gaps and stalls between frames", false, sketch_gaps },
    { "cache", "Prompt cache, and what it does to the first token", false, sketch_cache },
    { "limits", "Head-room under the rate limits", false, sketch_limits },
    { "errors", "Errors and retries", false, sketch_errors },
    { "cost", "Cost", false, sketch_cost },
};

const size_t n_plots = sizeof(plots) / sizeof(plots[0]);

/* --- sketches --------------------------------------------------------------------------
 */

void sketch_free(struct sketch *d)
{
    buf_free(&d->data);
    buf_free(&d->caption);
}

void sketch_set(struct sketch *d, const char *name, double value)
{
    buf_printf(&d->data, "%s = %.9g\n", name, value);
}

/*
 * Letters, digits and what names of models are written with; all else becomes '?'. So no
 * text can end its quotes, name a variable, or start a command.
 */
static void put_tamed(struct buf *out, const char *text, const char *more)
{
    size_t left = strlen(text);

    while (left) {
        size_t n = utf8_length((const unsigned char *)text, left);
        bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
                     (*text >= '0' && *text <= '9') || strchr(more, *text);

        if (n > 1 && !((unsigned char)text[0] == 0xC2 && (unsigned char)text[1] < 0xA0))
            buf_add(out, text, n);
        else if (*text == ' ' && !plain)
            buf_str(out, "\xC2\xA0"); /* no end of a word to gnuplot */
        else
            buf_char(out, plain ? *text : '?');
        n = n ? n : 1;
        text += n;
        left -= n;
    }
}

/* Between quotes these are harmless too. */
static const char TAME[] = " ./_:=+,()-%";

void sketch_text(struct sketch *d, const char *name, const char *value)
{
    buf_printf(&d->data, "%s = '", name);
    put_tamed(&d->data, value, TAME);
    buf_str(&d->data, "'\n");
}

void sketch_word(struct buf *out, const char *value)
{
    put_tamed(out, *value ? value : "-", "./_:=+,-");
}

/* 1, 2 or 5 of the decade. */
static double round_step(double step)
{
    double decade = pow(10, floor(log10(step))), times = step / decade;

    return decade * (times < 1.5 ? 1 : times < 3.5 ? 2 : times < 7.5 ? 5 : 10);
}

void sketch_axis(struct sketch *d, const char *name, double most)
{
    double end = most > 0 && isfinite(most) ? most * 1.06 : 1;

    buf_printf(&d->data, "%s_end = %.6g\n%s_tic = %.6g\n", name, end, name,
               round_step(end / 2.2));
}

void sketch_wide_axis(struct sketch *d, const char *name, double least, double most)
{
    static const double FAR = 20;
    bool far = least > 0 && most / least > FAR;

    sketch_axis(d, name, far ? most * 1.3 : most);
    buf_printf(&d->data, "%s_low = %.6g\n%s_log = %d\n", name, far ? least / 1.5 : 0, name,
               far);
}

void sketch_block(struct sketch *d, const char *name)
{
    buf_printf(&d->data, "$%s << END\n", name);
}

void sketch_row(struct sketch *d, const char *fmt, ...)
{
    char line[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    buf_printf(&d->data, "%s\n", line);
}

void sketch_end(struct sketch *d)
{
    buf_str(&d->data, "END\n");
}

/* --- gnuplot ------------------------------------------------------------------------- */

enum { WIDTH = 560, HEIGHT = 350, MAX_SCRIPT = 1 << 20, MAX_OUTPUT = 16 << 20 };
#define TIME_LIMIT (20 * NS_PER_S)

static int put_script(struct buf *out, const char *name, struct err *err)
{
    char path[4200], file[64], piece[8192];
    size_t n;
    FILE *f;

    snprintf(file, sizeof(file), "plots/%s.gp", name);
    if (!places_report(file, path, sizeof(path)))
        return err_set(err, ERR_IO,
                       "the script %s of the plot is not installed; `make install` puts it "
                       "where the program looks",
                       file);
    f = fopen(path, "re");
    if (!f)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        if (out->len < MAX_SCRIPT * 8)
            buf_add(out, piece, n);
    fclose(f);
    buf_char(out, '\n');
    return 0;
}

/* Sizes that a script asks for are relative to the 13 that all of them begin with. */
static void put_terminal(struct buf *out, enum plot_format format, int height)
{
    int h = height ? height : HEIGHT;

    switch (format) {
    case PLOT_SVG:
        buf_printf(out, "set term svg size %d,%d noenhanced dynamic font 'sans,13'\n",
                   WIDTH, h);
        break;
    case PLOT_PNG:
        buf_printf(out,
                   "set term pngcairo size %d,%d noenhanced font 'sans,13' fontscale 1.54 "
                   "linewidth 2 pointscale 2 background '#fefefe'\n",
                   2 * WIDTH, 2 * h);
        break;
    case PLOT_PDF:
        buf_printf(
            out,
            "set term pdfcairo size %.2fin,%.2fin noenhanced font 'sans,13' fontscale 0.8 "
            "background '#fefefe'\n",
            WIDTH / 72.0, h / 72.0);
        break;
    }
}

static int put_plot(struct buf *in, const struct plot *p, const struct sketch *d,
                    struct err *err)
{
    palette_put_gnuplot(in);
    if (put_script(in, "style", err))
        return -1;
    buf_add(in, d->data.p, d->data.len);
    return put_script(in, p->name, err);
}

/* -d: what a user has in his own start-up files changes nothing. */
static int run_gnuplot(const struct buf *in, struct buf *out, struct err *err)
{
    char program[] = "gnuplot", defaults[] = "-d", dash[] = "-";
    char *argv[] = { program, defaults, dash, NULL };
    struct buf said;
    size_t before = out->len;
    int rc;

    buf_init(&said, 65536);
    buf_str(&said, "");
    rc = child_run(argv, in, out, &said, TIME_LIMIT, err);
    if (rc && err->code == ERR_USAGE)
        err_set(err, ERR_USAGE,
                "plots are drawn by gnuplot, which is not installed (Debian: apt-get "
                "install gnuplot-nox)");
    if (!rc && out->len == before)
        rc = err_set(err, ERR_IO, "gnuplot drew nothing; it said: %.160s", said.p);
    buf_free(&said);
    return rc;
}

int plot_draw(const struct plot *p, const struct sketch *d, enum plot_format format,
              struct buf *out, struct err *err)
{
    struct buf in = { 0 };
    int rc;

    put_terminal(&in, format, d->height);
    out->max = MAX_OUTPUT;
    rc = put_plot(&in, p, d, err);
    if (!rc)
        rc = run_gnuplot(&in, out, err);
    if (rc && err->code != ERR_USAGE)
        err_at(err, "plot %s", p->name);
    buf_free(&in);
    return rc;
}

int plot_book(const struct plot *const *p, const char *const *of, const struct sketch *d,
              size_t n, struct buf *out, struct err *err)
{
    struct buf in = { 0 };
    int rc = 0, high = HEIGHT;

    for (size_t i = 0; i < n; i++)
        high = d[i].height > high ? d[i].height : high;
    put_terminal(&in, PLOT_PDF, high);
    for (size_t i = 0; i < n && !rc; i++) {
        buf_printf(&in, "reset session\nset label 9999 '%s%s", p[i]->title,
                   *of[i] ? ": " : "");
        put_tamed(&in, of[i], TAME);
        buf_str(&in, "' at screen 0.99, screen 0.5 center rotate font ',10' front\n");
        rc = put_plot(&in, p[i], &d[i], err);
    }
    if (!rc)
        rc = run_gnuplot(&in, out, err);
    buf_free(&in);
    return rc;
}
