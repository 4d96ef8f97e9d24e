#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/readrun.h"
#include "cmd/terminal.h"
#include "reports/report.h"

static const char help[] =
    "usage: tokdyno report RUN... [--format text|json]\n"
    "\n"
    "Prints the summary of finished runs, made from their journals alone: the same that\n"
    "`run` printed. RUN is a run directory or a journal (requests.jsonl).\n"
    "\n"
    "examples:\n"
    "  tokdyno report runs/quickstart-20260101-120000\n"
    "  tokdyno report runs/a runs/b\n"
    "  tokdyno report runs/a --format json | jq .validity\n";

struct options {
    bool json;
    bool help;
    char **runs;
    int n_runs;
};

static int parse(int argc, char **argv, struct options *o, struct err *err)
{
    bool only_runs = false;

    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *format = NULL;

        if (only_runs || a[0] != '-') {
            o->runs[o->n_runs++] = argv[i];
        } else if (!strcmp(a, "--")) {
            only_runs = true;
        } else if (!strcmp(a, "-h") || !strcmp(a, "--help")) {
            o->help = true;
        } else if (!strncmp(a, "--format=", 9)) {
            format = a + 9;
        } else if (!strcmp(a, "--format")) {
            format = i + 1 < argc ? argv[++i] : "";
        } else {
            return err_set(err, ERR_USAGE, "unknown option %s; `tokdyno report -h` helps",
                           a);
        }
        if (format && strcmp(format, "text") && strcmp(format, "json"))
            return err_set(err, ERR_USAGE, "--format: expected text or json, not \"%s\"",
                           format);
        if (format)
            o->json = !strcmp(format, "json");
    }
    if (!o->help && !o->n_runs)
        return err_set(err, ERR_USAGE, "which run? `tokdyno report -h` helps");
    return 0;
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

static void put(const struct options *o, const struct summary *s, bool first)
{
    bool colour = terminal_has_colour(STDOUT_FILENO);
    struct buf out;

    buf_init(&out, 0);
    if (o->json)
        report_json(&out, s);
    else
        report_text(&out, s, colour);
    if (!first && !o->json)
        putchar('\n');
    fwrite(out.p, 1, out.len, stdout);
    buf_free(&out);
}

static int report(const struct options *o, const char *run, bool first, struct err *err)
{
    struct journal_notes notes = { 0 };
    struct readrun rr = { 0 };
    struct summary s;
    char path[4200];
    int rc = readrun_open(&rr, run, &notes, err);

    if (!rc) {
        readrun_find(run, path, sizeof(path), err);
        note(path, &notes);
        summary_make(&s, &rr.run, rr.recorder);
        put(o, &s, first);
        summary_free(&s);
    }
    readrun_close(&rr);
    return rc;
}

static int report_all(const struct options *o, struct err *err)
{
    for (int i = 0; i < o->n_runs; i++)
        if (report(o, o->runs[i], !i, err))
            return -1;
    if (fflush(stdout) || ferror(stdout))
        return err_set(err, ERR_IO, "cannot write the report to stdout: %s",
                       strerror(errno));
    return EXIT_GOOD;
}

int cmd_report(int argc, char **argv, struct err *err)
{
    struct options o = { .runs = calloc((size_t)argc + 1, sizeof(*o.runs)) };
    int rc = parse(argc, argv, &o, err);

    if (!rc && o.help)
        fputs(help, stdout);
    else if (!rc)
        rc = report_all(&o, err);
    free(o.runs);
    return rc;
}
