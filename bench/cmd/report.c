#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/progress.h"
#include "cmd/readrun.h"
#include "cmd/report_files.h"
#include "cmd/terminal.h"
#include "reports/report.h"

static const char help_head[] =
    "usage: tokdyno report RUN... [--format F] [--out PATH]\n"
    "\n"
    "What finished runs say, made from their journals alone. RUN is a run directory or a\n"
    "journal (requests.jsonl). Several runs, or the cells of a matrix, are held against "
    "each\n"
    "other in html and md.\n"
    "\n";

static const char help_tail[] =
    "\n"
    "--out PATH is another place for what goes to files: a file (html, pdf, md) or a "
    "folder\n"
    "(svg, png). Several runs need it. Plots need gnuplot; without it the page has its "
    "tables\n"
    "and says so.\n"
    "\n"
    "examples:\n"
    "  tokdyno report runs/quickstart-20260101-120000\n"
    "  tokdyno report runs/a --format html\n"
    "  tokdyno report runs/a runs/b --format html --out comparison.html\n"
    "  tokdyno report runs/a --format json | jq .validity\n";

struct options {
    const struct report_format *format;
    const char *out;
    bool help;
    char **runs;
    size_t n_runs;
};

static void put_help(void)
{
    fputs(help_head, stdout);
    for (size_t i = 0; i < n_report_formats; i++)
        printf("  --format %-5s %s%s\n", report_formats[i].name, report_formats[i].help,
               i ? "" : "; the default");
    fputs(help_tail, stdout);
}

/* --- options ------------------------------------------------------------------------- */

static int set_format(struct options *o, const char *name, struct err *err)
{
    struct buf names = { 0 };

    for (size_t i = 0; i < n_report_formats; i++) {
        if (!strcmp(name, report_formats[i].name)) {
            o->format = &report_formats[i];
            buf_free(&names);
            return 0;
        }
        buf_printf(&names, "%s%s", i ? i + 1 < n_report_formats ? ", " : " or " : "",
                   report_formats[i].name);
    }
    err_set(err, ERR_USAGE, "--format: expected %s, not \"%s\"", names.p, name);
    buf_free(&names);
    return -1;
}

/* The value of an option, "--name=value" or "--name value"; NULL: it is another one. */
static const char *value_of(const char *name, int argc, char **argv, int *i)
{
    size_t n = strlen(name);

    if (strncmp(argv[*i], name, n) != 0)
        return NULL;
    if (argv[*i][n] == '=')
        return argv[*i] + n + 1;
    if (argv[*i][n])
        return NULL;
    return *i + 1 < argc ? argv[++*i] : "";
}

static int parse(int argc, char **argv, struct options *o, struct err *err)
{
    bool only_runs = false;

    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *value;

        if (only_runs || a[0] != '-') {
            o->runs[o->n_runs++] = argv[i];
        } else if (!strcmp(a, "--")) {
            only_runs = true;
        } else if (!strcmp(a, "-h") || !strcmp(a, "--help")) {
            o->help = true;
        } else if ((value = value_of("--format", argc, argv, &i))) {
            if (set_format(o, value, err))
                return -1;
        } else if ((value = value_of("--out", argc, argv, &i))) {
            o->out = value;
        } else {
            return err_set(err, ERR_USAGE, "unknown option %s; `tokdyno report -h` helps",
                           a);
        }
    }
    if (o->help)
        return 0;
    if (!o->n_runs)
        return err_set(err, ERR_USAGE, "which run? `tokdyno report -h` helps");
    if (o->out && !*o->out)
        return err_set(err, ERR_USAGE, "--out: which file or folder?");
    if (o->out && !o->format->write)
        return err_set(err, ERR_USAGE,
                       "--format %s goes to stdout: --out is for the others",
                       o->format->name);
    if (!o->out && o->n_runs > 1 && o->format->write && strcmp(o->format->name, "md") != 0)
        return err_set(err, ERR_USAGE, "several runs in one report: --out says where to");
    return 0;
}

/* --- reading ------------------------------------------------------------------------- */

struct reading {
    struct readrun rr;
    struct gather *gather;
    struct summary summary;
    bool summed;
    bool gathers;
    struct progress progress;
    struct journal_notes notes;
    uint64_t attempts;
};

static void begin(void *ctx, const struct run *run)
{
    struct reading *rd = ctx;

    if (rd->gathers)
        rd->gather = gather_open(run);
}

/* How far it is, for those who wait: of a million attempts some fifty times. */
static void say_progress(struct reading *rd)
{
    const struct journal_notes *n = &rd->notes;

    if (n->size)
        progress_bar(&rd->progress, fmin(1, (double)n->bytes / (double)n->size),
                     "%.2f million attempts read", (double)rd->attempts / 1e6);
}

static void take_record(void *ctx, const struct record *r)
{
    struct reading *rd = ctx;

    if (rd->gather)
        gather_sink(rd->gather).record(rd->gather, r);
    if (!(++rd->attempts % 20000))
        say_progress(rd);
}

static void take_phase(void *ctx, const struct phase_event *e)
{
    struct reading *rd = ctx;

    if (rd->gather)
        gather_sink(rd->gather).phase(rd->gather, e);
}

static void note(const char *path, const struct journal_notes *n)
{
    if (n->bad_lines)
        fprintf(stderr, "%s: %" PRIu64 " of %" PRIu64 " lines were damaged and left out\n",
                path, n->bad_lines, n->lines);
    if (n->torn)
        fprintf(stderr, "%s: the last line was torn and left out\n", path);
    if (!n->ended)
        fprintf(stderr, "%s: the run did not end\n", path);
}

static int reading_open(struct reading *rd, const char *run, bool gathers, struct err *err)
{
    char path[4200];
    int rc;

    rd->gathers = gathers;
    rd->progress = progress_begin("report", !terminal_is(STDERR_FILENO));
    rd->rr.begin = begin;
    rd->rr.also =
        (struct journal_sink){ .record = take_record, .phase = take_phase, .ctx = rd };
    rc = readrun_open(&rd->rr, run, &rd->notes, err);
    progress_end(&rd->progress);
    if (rc)
        return -1;
    readrun_find(run, path, sizeof(path), err);
    note(path, &rd->notes);
    summary_make(&rd->summary, &rd->rr.run, rd->rr.recorder);
    rd->summed = true;
    return 0;
}

static void reading_close(struct reading *rd)
{
    gather_close(rd->gather);
    if (rd->summed)
        summary_free(&rd->summary);
    readrun_close(&rd->rr);
}

/* --- to stdout, one run after the other ---------------------------------------------- */

static void put(const struct options *o, const struct summary *s, bool first)
{
    bool json = !strcmp(o->format->name, "json");
    struct buf out;

    buf_init(&out, 0);
    if (json)
        report_json(&out, s);
    else
        report_text(&out, s, terminal_has_colour(STDOUT_FILENO));
    if (!first && !json)
        putchar('\n');
    fwrite(out.p, 1, out.len, stdout);
    buf_free(&out);
}

static int print_all(const struct options *o, struct err *err)
{
    for (size_t i = 0; i < o->n_runs; i++) {
        struct reading rd = { 0 };
        int rc = reading_open(&rd, o->runs[i], false, err);

        if (!rc)
            put(o, &rd.summary, !i);
        reading_close(&rd);
        if (rc)
            return -1;
    }
    return 0;
}

/* --- to files, all runs in one ------------------------------------------------------- */

/* The folder that a run is in. */
static void home_of(const char *run, char *home, size_t n)
{
    const char *slash;
    struct stat st;

    snprintf(home, n, "%s", run);
    if (!stat(run, &st) && S_ISDIR(st.st_mode))
        return;
    slash = strrchr(run, '/');
    snprintf(home, n, "%.*s", slash ? (int)(slash - run) : 1, slash ? run : ".");
}

/* The last part of a path, without the slashes at its end: borrowed, cut in place. */
static const char *last_part(char *run)
{
    size_t n = strlen(run);
    char *slash;

    while (n > 1 && run[n - 1] == '/')
        run[--n] = '\0';
    slash = strrchr(run, '/');
    return slash && slash[1] ? slash + 1 : run;
}

static int write_book(const struct options *o, struct reading *rds, struct err *err)
{
    struct book_run *runs = mem_array(o->n_runs, sizeof(*runs));
    struct book book = { .runs = runs, .n_runs = o->n_runs };
    char home[4000], where[4200];
    int rc;

    home_of(o->runs[0], home, sizeof(home));
    for (size_t i = 0; i < o->n_runs; i++)
        runs[i] = (struct book_run){ last_part(o->runs[i]), &rds[i].rr.run,
                                     rds[i].rr.recorder, &rds[i].summary, rds[i].gather };
    book_open(&book);
    rc = o->format->write(&book, home, o->out, where, sizeof(where), err);
    if (!rc && *where)
        fprintf(stderr, "%s\n", where);
    book_close(&book);
    free(runs);
    return rc;
}

static int write_all(const struct options *o, struct err *err)
{
    struct reading *rds = mem_array(o->n_runs, sizeof(*rds));
    int rc = 0;

    for (size_t i = 0; i < o->n_runs && !rc; i++)
        rc = reading_open(&rds[i], o->runs[i], o->format->gathers, err);
    if (!rc)
        rc = write_book(o, rds, err);
    for (size_t i = 0; i < o->n_runs; i++)
        reading_close(&rds[i]);
    free(rds);
    return rc;
}

int cmd_report(int argc, char **argv, struct err *err)
{
    struct options o = { .format = &report_formats[0],
                         .runs = mem_array((size_t)argc + 1, sizeof(*o.runs)) };
    int rc = parse(argc, argv, &o, err);

    if (!rc && o.help)
        put_help();
    else if (!rc)
        rc = o.format->write ? write_all(&o, err) : print_all(&o, err);
    if (!rc && (fflush(stdout) || ferror(stdout)))
        rc = err_set(err, ERR_IO, "cannot write the report to stdout: %s", strerror(errno));
    free(o.runs);
    return rc ? rc : EXIT_GOOD;
}
