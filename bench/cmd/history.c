#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/files.h"
#include "cmd/gate_options.h"
#include "cmd/store.h"
#include "cmd/terminal.h"
#include "data/compare.h"
#include "reports/history.h"
#include "reports/plot.h"
#include "reports/svg.h"

static const char help[] =
    "usage: tokdyno history FIGURE [NAME] [--plot FILE] [--last N] [--db FILE]\n"
    "                       [--format text|json]\n"
    "\n"
    "The trend of a figure over the runs that `tokdyno baseline save NAME` kept, cell by\n"
    "cell: where its level changed, and whether it drifts, for sure, not by chance (1 in\n"
    "100). With a bound, whether the latest run is still within it: many steps that each\n"
    "pass a comparison with the run before do not pass that.\n"
    "\n"
    "  FIGURE                'ttft p95', 'e2e mean', 'tps p50', 'error_rate'; with a "
    "bound\n"
    "                        'ttft p95 < 400ms', 'tps p50 > 300 tok/s', or, against the\n"
    "                        pinned run, else the first one, 'ttft p95 +20%'\n"
    "  NAME                  of the baseline; not needed where there is one only\n"
    "  --plot FILE           draw it as well: FILE.svg, FILE.png or FILE.pdf\n"
    "\n"
    "Exit code: 1 where there is a bound and the latest run of a cell is beyond it.\n"
    "\n"
    "examples:\n"
    "  tokdyno history 'ttft p95' main --plot ttft.svg\n"
    "  tokdyno history 'ttft p95 +20%' main\n"
    "  tokdyno history 'tps p50' main --last 50 --format json\n";

struct options {
    const char *words[2]; /* the figure, the baseline's name */
    size_t n_words;
    const char *db;
    const char *plot;
    enum plot_format plot_format;
    int64_t last;
    bool json, help;
};

/* The kind of picture is told by the end of its name. */
static int take_plot(struct options *o, const char *file, struct err *err)
{
    static const struct {
        const char *end;
        enum plot_format format;
    } kinds[] = { { ".svg", PLOT_SVG }, { ".png", PLOT_PNG }, { ".pdf", PLOT_PDF } };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t n = strlen(file), end = strlen(kinds[i].end);

        if (n > end && !strcmp(file + n - end, kinds[i].end)) {
            o->plot = file;
            o->plot_format = kinds[i].format;
            return 0;
        }
    }
    return err_set(err, ERR_USAGE,
                   "--plot: expected a file that ends in .svg, .png or .pdf, not \"%s\"",
                   file);
}

static int parse(int argc, char **argv, struct options *o, struct err *err)
{
    for (int i = 1; i < argc; i++) {
        const char *v;

        if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help"))
            o->help = true;
        else if ((v = option_value(argc, argv, &i, "--db")))
            o->db = v;
        else if ((v = option_value(argc, argv, &i, "--last")))
            o->last = strtol(v, NULL, 10);
        else if ((v = option_value(argc, argv, &i, "--plot"))) {
            if (take_plot(o, v, err))
                return -1;
        } else if ((v = option_value(argc, argv, &i, "--format"))) {
            if (strcmp(v, "text") && strcmp(v, "json"))
                return err_set(err, ERR_USAGE,
                               "--format: expected text or json, not \"%s\"", v);
            o->json = !strcmp(v, "json");
        } else if (argv[i][0] == '-' || o->n_words == 2)
            return err_set(err, ERR_USAGE, "unknown %s; `tokdyno history -h` helps",
                           argv[i]);
        else
            o->words[o->n_words++] = argv[i];
    }
    if (!o->help && !o->n_words)
        return err_set(err, ERR_USAGE,
                       "of which figure? as in: tokdyno history 'ttft p95' main");
    return 0;
}

/* With a bound, or without one: then it is read as a rule of which only the subject counts.
 */
static int read_figure(struct slo *slo, bool *bounded, const char *text,
                       struct arena *arena, struct err *err)
{
    struct err as_lower, as_higher;
    const char *lower = arena_printf(arena, "%s +1%%", text);
    const char *higher = arena_printf(arena, "%s -1%%", text);

    *bounded = strpbrk(text, "<>+") || strstr(text, " -");
    if (*bounded)
        return slo_parse(slo, str_of(text), arena, err) ? err_at(err, "FIGURE") : 0;
    if (!slo_parse(slo, str_of(lower), arena, &as_lower) ||
        !slo_parse(slo, str_of(higher), arena, &as_higher))
        return 0;
    *err = as_lower;
    return err_at(err, "FIGURE");
}

/* --- points -------------------------------------------------------------------------- */

struct gathering {
    struct baseline *b;
    struct arena arena;
    struct slo figure;
    bool bounded;
    bool references;  /* those of pinned runs are taken, no points */
    const char *name; /* of the baseline: all have to be of one */
    struct history **all;
    size_t n, cap;
    size_t *room;
    size_t room_cap;
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static struct history *history_of(struct gathering *g, const char *cell, size_t *at)
{
    struct history *h;

    for (*at = 0; *at < g->n; ++*at)
        if (!strcmp(g->all[*at]->cell, cell))
            return g->all[*at];
    g->all = mem_grow(g->all, g->n, &g->cap, sizeof(struct history *));
    g->room = mem_grow(g->room, g->n, &g->room_cap, sizeof(*g->room));
    g->room[g->n] = 0;
    h = arena_alloc(&g->arena, sizeof(*h));
    *h = (struct history){ .figure = &g->figure,
                           .subject = compare_subject(&g->arena, &g->figure),
                           .cell = arena_strdup(&g->arena, cell) };
    g->all[g->n++] = h;
    return h;
}

static void add_point(struct gathering *g, const struct baseline_row *row, const char *cell,
                      double *values, size_t n)
{
    size_t at;
    struct history *h = history_of(g, cell, &at);

    qsort(values, n, sizeof(*values), by_size);
    if (g->references) {
        h->reference.run =
            arena_strdup(&g->arena, *row->revision ? row->revision : row->id);
        h->reference.value = (values[(n - 1) / 2] + values[n / 2]) / 2;
        return;
    }
    h->points = mem_grow(h->points, h->n, &g->room[at], sizeof(*h->points));
    h->points[h->n++] = (struct history_point){
        .revision = arena_strdup(&g->arena, row->revision),
        .id = arena_strdup(&g->arena, row->id),
        .at = row->at,
        .value = (values[(n - 1) / 2] + values[n / 2]) / 2,
        .lo = values[0],
        .hi = values[n - 1],
        .trials = n,
        .pinned = row->pinned,
    };
}

static void add_run(struct gathering *g, const struct baseline_row *row,
                    const struct evidence *e)
{
    double *values = mem_array(e->n_trials + 1, sizeof(*values));

    for (size_t t = 0; t < e->n_trials; t++) {
        size_t n = 0, before = 0;

        while (before < t && strcmp(e->trials[before].cell, e->trials[t].cell))
            before++;
        if (before < t || !evidence_selects(&e->trials[t], &g->figure))
            continue;
        for (size_t k = t; k < e->n_trials; k++) {
            struct evidence_value v;

            if (strcmp(e->trials[k].cell, e->trials[t].cell))
                continue;
            evidence_value(&e->trials[k], &g->figure, &v);
            if (v.present)
                values[n++] = v.value;
        }
        if (n)
            add_point(g, row, e->trials[t].shown, values, n);
    }
    free(values);
}

static int take(void *ctx, const struct baseline_row *row, struct err *err)
{
    struct gathering *g = ctx;
    struct evidence *e;

    if (g->name && strcmp(g->name, row->name))
        return err_set(err, ERR_USAGE,
                       "of which baseline? there are several: \"%s\", \"%s\"", g->name,
                       row->name);
    g->name = g->name ? g->name : arena_strdup(&g->arena, row->name);
    e = baseline_load(g->b, row, err);
    if (!e)
        return -1;
    add_run(g, row, e);
    evidence_free(e);
    return 0;
}

/* --- what comes of it ---------------------------------------------------------------- */

/* A cell that only a pinned run has is no trend. */
static void drop_empty(struct gathering *g)
{
    size_t kept = 0;

    for (size_t i = 0; i < g->n; i++)
        if (g->all[i]->n)
            g->all[kept++] = g->all[i];
    g->n = kept;
}

static void print(const struct options *o, const struct gathering *g)
{
    struct buf out = { 0 };

    if (o->json)
        report_history_json(&out, (const struct history *const *)g->all, g->n);
    for (size_t i = 0; i < g->n && !o->json; i++) {
        if (i)
            buf_char(&out, '\n');
        report_history_text(&out, g->all[i], terminal_has_colour(STDOUT_FILENO));
    }
    fwrite(out.p, 1, out.len, stdout);
    buf_free(&out);
}

static int draw(const struct options *o, const struct gathering *g, struct err *err)
{
    struct sketch d = { 0 };
    struct buf raw = { 0 }, svg = { 0 };
    int rc;

    sketch_history(&d, (const struct history *const *)g->all, g->n);
    rc = plot_draw(&plot_history, &d, o->plot_format, &raw, err);
    if (!rc && o->plot_format == PLOT_SVG) {
        buf_str(&svg, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        svg_put(&svg, &raw, "history", d.caption.p, true);
    }
    if (!rc)
        rc = put_file(o->plot, svg.len ? &svg : &raw, err);
    if (!rc)
        fprintf(stderr, "%s\n", o->plot);
    buf_free(&raw);
    buf_free(&svg);
    sketch_free(&d);
    return rc;
}

static int gather(const struct options *o, struct gathering *g, struct err *err)
{
    struct baseline_pick pick = { .name = o->words[1], .good = true, .pinned = true };

    g->b = baseline_open(store_path(o->db), false, err);
    if (!g->b)
        return -1;
    g->references = true;
    if (g->figure.relative && g->bounded && baseline_each(g->b, &pick, take, g, err))
        return -1;
    g->references = pick.pinned = false;
    pick.last = o->last;
    if (baseline_each(g->b, &pick, take, g, err))
        return -1;
    drop_empty(g);
    if (!g->n)
        return err_set(err, ERR_USAGE, "no kept run of %s%s%s has a value of %s",
                       store_path(o->db), o->words[1] ? " under " : "",
                       o->words[1] ? o->words[1] : "", o->words[0]);
    return 0;
}

static int history(const struct options *o, struct gathering *g, struct err *err)
{
    int code = EXIT_GOOD;

    if (read_figure(&g->figure, &g->bounded, o->words[0], &g->arena, err) ||
        gather(o, g, err))
        return -1;
    for (size_t i = 0; i < g->n; i++) {
        history_judge(g->all[i], g->bounded);
        if (history_fails(g->all[i]))
            code = EXIT_VERDICT;
    }
    print(o, g);
    return o->plot && draw(o, g, err) ? -1 : code;
}

int cmd_history(int argc, char **argv, struct err *err)
{
    struct options o = { 0 };
    struct gathering g = { 0 };
    int rc = parse(argc, argv, &o, err);

    if (!rc && o.help)
        fputs(help, stdout);
    else if (!rc)
        rc = history(&o, &g, err);
    baseline_close(g.b);
    for (size_t i = 0; i < g.n; i++)
        free(g.all[i]->points);
    free(g.all);
    free(g.room);
    arena_free(&g.arena);
    return rc;
}
