#include "cmd/report_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/files.h"
#include "cmd/progress.h"
#include "cmd/terminal.h"
#include "reports/html.h"
#include "reports/markdown.h"
#include "reports/svg.h"

/* On a terminal only: elsewhere nobody watches. */
static void say(void *ctx, size_t done, size_t of)
{
    progress_bar(ctx, (double)done / (double)of, "drawing plot %zu of %zu", done + 1, of);
}

static void draw(struct book *b, enum plot_format format)
{
    struct progress p = progress_begin("report", !terminal_is(STDERR_FILENO));

    book_draw(b, format, say, &p);
    progress_end(&p);
}

static int make_dir(const char *path, struct err *err)
{
    if (mkdir(path, 0777) && errno != EEXIST)
        return err_set(err, ERR_IO, "cannot make the folder %.200s: %s", path,
                       strerror(errno));
    return 0;
}

/* dir/NAME.svg, dir/NAME.png of every drawing. */
static int put_drawings(const struct book *b, const char *dir, bool svg, struct err *err)
{
    size_t drawn = 0;

    if (make_dir(dir, err))
        return -1;
    for (size_t i = 0; i < b->n_drawings; i++) {
        const struct drawing *d = &b->drawings[i];
        struct buf name = { 0 }, path = { 0 }, picture = { 0 };
        int rc = 0;

        if (!d->drawn)
            continue;
        drawing_name(&name, b, d);
        buf_printf(&path, "%s/%s.%s", dir, name.p, svg ? "svg" : "png");
        if (svg) {
            buf_str(&picture, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
            svg_put(&picture, &d->picture, name.p, d->plot->title, true);
        }
        rc = put_file(path.p, svg ? &picture : &d->picture, err);
        buf_free(&name);
        buf_free(&path);
        buf_free(&picture);
        if (rc)
            return -1;
        drawn++;
    }
    if (!drawn && b->trouble)
        return err_set(err, ERR_IO, "%.250s", b->trouble);
    return 0;
}

/* A page without plots is still a page: where gnuplot is missing it says so itself. */
static void warn(const struct book *b)
{
    if (b->trouble)
        fprintf(stderr, "tokdyno report: %s\n", b->trouble);
}

static int write_html(struct book *b, const char *home, const char *out, char *where,
                      size_t size, struct err *err)
{
    char dir[4200];
    struct buf page = { 0 };
    int rc;

    snprintf(where, size, "%s%s", out ? out : home, out ? "" : "/report.html");
    draw(b, PLOT_SVG);
    warn(b);
    rc = report_html(&page, b, err);
    if (!rc)
        rc = put_file(where, &page, err);
    snprintf(dir, sizeof(dir), "%s/plots", home);
    if (!rc && !out && !b->trouble)
        rc = put_drawings(b, dir, true, err);
    buf_free(&page);
    return rc;
}

static int write_pictures(struct book *b, const char *home, const char *out, char *where,
                          size_t size, bool svg, struct err *err)
{
    snprintf(where, size, "%s%s", out ? out : home, out ? "" : "/plots");
    draw(b, svg ? PLOT_SVG : PLOT_PNG);
    if (put_drawings(b, where, svg, err))
        return -1;
    warn(b);
    return 0;
}

static int write_svg(struct book *b, const char *home, const char *out, char *where,
                     size_t size, struct err *err)
{
    return write_pictures(b, home, out, where, size, true, err);
}

static int write_png(struct book *b, const char *home, const char *out, char *where,
                     size_t size, struct err *err)
{
    return write_pictures(b, home, out, where, size, false, err);
}

static int write_pdf(struct book *b, const char *home, const char *out, char *where,
                     size_t size, struct err *err)
{
    struct buf pages = { 0 };
    int rc = book_print(b, &pages, err);

    snprintf(where, size, "%s%s", out ? out : home, out ? "" : "/report.pdf");
    if (!rc)
        rc = put_file(where, &pages, err);
    buf_free(&pages);
    return rc;
}

static int write_md(struct book *b, const char *home, const char *out, char *where,
                    size_t size, struct err *err)
{
    struct buf text = { 0 };
    int rc = 0;

    (void)home;
    report_markdown(&text, b);
    snprintf(where, size, "%s", out ? out : "");
    if (out)
        rc = put_file(out, &text, err);
    else
        fwrite(text.p, 1, text.len, stdout);
    buf_free(&text);
    return rc;
}

const struct report_format report_formats[] = {
    { "text", "the summary, as `run` printed it (to stdout)", false, NULL },
    { "json", "the same for machines: run.json (to stdout)", false, NULL },
    { "md", "headline and tables as Markdown (to stdout)", true, write_md },
    { "html", "one self-contained page: RUN/report.html, and RUN/plots/*.svg", true,
      write_html },
    { "svg", "the plots alone: RUN/plots/*.svg", true, write_svg },
    { "png", "the same as pictures of points: RUN/plots/*.png", true, write_png },
    { "pdf", "the plots as pages: RUN/report.pdf", true, write_pdf },
};
const size_t n_report_formats = sizeof(report_formats) / sizeof(report_formats[0]);
