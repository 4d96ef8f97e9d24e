#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/exports.h"
#include "load/wire.h"

static const char help[] =
    "usage: tokdyno export RUN KIND[=WHERE][,NAME=VALUE...]...\n"
    "       tokdyno export --list\n"
    "\n"
    "Writes a finished run, from its journal alone, as other tools read it: the same "
    "bytes\n"
    "as `run --export` gives while the run goes on. RUN is a run directory or a journal\n"
    "(requests.jsonl). WHERE is a path, - (stdout) or a URL that is posted to; without it\n"
    "a file in the run directory, or what the environment says (otlp).\n"
    "\n"
    "exit: 0 good, 2 wrong use, 4 not all of it got there\n"
    "\n"
    "examples:\n"
    "  tokdyno export runs/a csv\n"
    "  tokdyno export runs/a csv=-\n"
    "  tokdyno export runs/a otlp=http://localhost:4318\n"
    "  tokdyno export runs/a otlp=/tmp/a,spans=request,sample=10%\n"
    "  tokdyno export --list\n";

struct options {
    bool help;
    bool list;
    const char *run;
    const char **kinds;
    size_t n_kinds;
};

static int parse(int argc, char **argv, struct options *o, struct err *err)
{
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];

        if (!strcmp(a, "-h") || !strcmp(a, "--help"))
            o->help = true;
        else if (!strcmp(a, "--list"))
            o->list = true;
        else if (a[0] == '-')
            return err_set(err, ERR_USAGE, "unknown option %s; `tokdyno export -h` helps",
                           a);
        else if (!o->run)
            o->run = a;
        else
            o->kinds[o->n_kinds++] = a;
    }
    if (o->help || o->list)
        return 0;
    if (!o->run)
        return err_set(err, ERR_USAGE, "which run? `tokdyno export -h` helps");
    if (!o->n_kinds)
        return err_set(err, ERR_USAGE,
                       "as what? `tokdyno export --list` lists the exporters");
    return 0;
}

/* A run on its way from its journal to the exporters. */
struct reading {
    struct run run;
    const struct export_spec *specs;
    size_t n;
    const char *dir;
    struct recorder *recorder;
    struct journal_sink to[2]; /* recorder, exports */
    struct exports exports;
    bool failed; /* exports_open did */
    struct err err;
};

static void begin(void *ctx)
{
    struct reading *rd = ctx;

    rd->recorder = recorder_open(&rd->run);
    rd->to[0] = recorder_sink(rd->recorder);
    if (exports_open(&rd->exports, rd->specs, rd->n, &rd->run, rd->dir, false, &rd->err))
        rd->failed = true;
    rd->to[1] = exports_sink(&rd->exports);
}

static void take_record(void *ctx, const struct record *r)
{
    struct reading *rd = ctx;

    for (int i = 0; i < 2; i++)
        rd->to[i].record(rd->to[i].ctx, r);
}

static void take_phase(void *ctx, const struct phase_event *e)
{
    struct reading *rd = ctx;

    for (int i = 0; i < 2; i++)
        rd->to[i].phase(rd->to[i].ctx, e);
}

static void take_health(void *ctx, const struct health_sample *h)
{
    struct reading *rd = ctx;

    for (int i = 0; i < 2; i++)
        rd->to[i].health(rd->to[i].ctx, h);
}

static void take_end(void *ctx, const struct run_end *e)
{
    struct reading *rd = ctx;

    for (int i = 0; i < 2; i++)
        rd->to[i].end(rd->to[i].ctx, e);
}

/* The journal, and the directory that it is in. */
static int find_journal(const char *run, char *path, char *dir, size_t size,
                        struct err *err)
{
    struct stat st;
    char *slash;

    if (stat(run, &st))
        return err_set(err, ERR_IO, "%s: %s", run, strerror(errno));
    snprintf(path, size, S_ISDIR(st.st_mode) ? "%s/requests.jsonl" : "%s", run);
    if (S_ISDIR(st.st_mode) && stat(path, &st))
        return err_set(err, ERR_IO, "%s is no run directory: it has no requests.jsonl",
                       run);
    snprintf(dir, size, "%s", path);
    slash = strrchr(dir, '/');
    if (slash)
        *slash = '\0';
    else
        snprintf(dir, size, ".");
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

static int read_run(struct reading *rd, const char *path, struct err *err)
{
    struct journal_sink sink = { .record = take_record,
                                 .phase = take_phase,
                                 .health = take_health,
                                 .end = take_end,
                                 .ctx = rd };
    struct journal_notes notes = { 0 };
    struct summary s;
    bool whole;

    if (journal_read(path, &rd->run, begin, &sink, &notes, err)) {
        exports_close(&rd->exports, NULL, false);
        return -1;
    }
    if (rd->failed) {
        *err = rd->err;
        return -1;
    }
    note(path, &notes);
    summary_make(&s, &rd->run, rd->recorder);
    whole = exports_close(&rd->exports, &s, true);
    summary_free(&s);
    return whole ? EXIT_GOOD : EXIT_TARGET;
}

static int export(const struct options *o, struct err *err)
{
    struct reading rd = { .n = o->n_kinds };
    struct export_spec *specs;
    struct arena arena = { 0 };
    char path[4200], dir[4200];
    int rc = -1;

    rd.dir = dir;
    if (!exports_read(o->kinds, o->n_kinds, &specs, &arena, err) &&
        !find_journal(o->run, path, dir, sizeof(path), err) && !wire_library_init(err)) {
        rd.specs = specs;
        rc = read_run(&rd, path, err);
        recorder_close(rd.recorder);
        run_free(&rd.run);
        wire_library_free();
    }
    arena_free(&arena);
    return rc;
}

int cmd_export(int argc, char **argv, struct err *err)
{
    struct options o = { .kinds = mem_array((size_t)argc + 1, sizeof(*o.kinds)) };
    int rc = parse(argc, argv, &o, err);
    struct buf list;

    if (!rc && o.help) {
        fputs(help, stdout);
    } else if (!rc && o.list) {
        buf_init(&list, 0);
        export_list(&list);
        fputs(list.p, stdout);
        buf_free(&list);
    } else if (!rc) {
        rc = export(&o, err);
    }
    free(o.kinds);
    return rc;
}
