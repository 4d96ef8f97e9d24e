#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/tame.h"
#include "base/units.h"
#include "cmd/cmd.h"
#include "cmd/gate_options.h"
#include "cmd/store.h"
#include "cmd/terminal.h"
#include "reports/table.h"

static const char help[] =
    "usage: tokdyno baseline save NAME RUN... [--rev REVISION] [--pin]\n"
    "       tokdyno baseline list [NAME]\n"
    "       tokdyno baseline show NAME [--rev REVISION] [--last N]\n"
    "       tokdyno baseline rm NAME [--rev REVISION | --all]\n"
    "\n"
    "Keeps what of runs is needed to compare later ones with (counts and histograms, some\n"
    "10 kB a trial), in one SQLite file, by a name and the revision they were made of.\n"
    "\n"
    "  --rev REVISION        for save: else $GITHUB_SHA, $CI_COMMIT_SHA or git's HEAD;\n"
    "                        for the others: how it begins\n"
    "  --pin                 the runs are the reference that slow drift is held against\n"
    "  --all                 every run of that name\n"
    "  --last N              the latest N\n"
    "  --db FILE             else $TOKDYNO_DB, else " STORE_FILE "\n"
    "\n"
    "A run that is not valid is not kept: exit code 3.\n"
    "\n"
    "examples:\n"
    "  tokdyno baseline save main runs/chat-20260101-120000\n"
    "  tokdyno baseline save release runs/chat-1.0 --rev v1.0 --pin\n"
    "  tokdyno compare --baseline main runs/now\n";

struct options {
    const char *words[2]; /* what to do, NAME */
    size_t n_words;
    const char **runs;
    size_t n_runs;
    const char *db;
    const char *revision;
    int64_t last;
    bool pin, all, help;
};

static int take_option(struct options *o, int argc, char **argv, int *i, struct err *err)
{
    const char *v;

    if (!strcmp(argv[*i], "--pin"))
        o->pin = true;
    else if (!strcmp(argv[*i], "--all"))
        o->all = true;
    else if ((v = option_value(argc, argv, i, "--rev")))
        o->revision = v;
    else if ((v = option_value(argc, argv, i, "--db")))
        o->db = v;
    else if ((v = option_value(argc, argv, i, "--last")))
        o->last = strtol(v, NULL, 10);
    else
        return err_set(err, ERR_USAGE, "unknown option %s; `tokdyno baseline -h` helps",
                       argv[*i]);
    return 0;
}

static int parse(int argc, char **argv, struct options *o, struct err *err)
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help")) {
            o->help = true;
        } else if (argv[i][0] == '-') {
            if (take_option(o, argc, argv, &i, err))
                return -1;
        } else if (o->n_words < 2) {
            o->words[o->n_words++] = argv[i];
        } else {
            o->runs[o->n_runs++] = argv[i];
        }
    }
    return 0;
}

/* --- save --------------------------------------------------------------------------------
 */

static int save_one(const struct options *o, struct baseline *b, const char *run,
                    const char *revision, struct err *err)
{
    struct evidence *e = readevidence(run, err);
    int rc;

    if (!e)
        return -1;
    if (!evidence_is_good(e) || !e->complete || !e->n_trials) {
        fprintf(stderr, "tokdyno baseline: %s is not kept: %s\n", run,
                evidence_is_good(e) ? "it did not run to its end"
                                    : validity_names[e->validity]);
        evidence_free(e);
        return EXIT_INVALID;
    }
    rc = baseline_save(b, o->words[1], revision, o->pin, e, err);
    if (!rc)
        printf("%s: kept as %s%s%s%s, %zu trial%s\n", run, o->words[1],
               *revision ? "@" : "", revision, o->pin ? " (pinned)" : "", e->n_trials,
               e->n_trials == 1 ? "" : "s");
    evidence_free(e);
    return rc;
}

static int save(const struct options *o, struct err *err)
{
    char revision[128];
    struct baseline *b;
    int rc = EXIT_GOOD;

    if (o->n_words < 2 || !o->n_runs)
        return err_set(err, ERR_USAGE, "baseline save NAME RUN...: which name, which run?");
    store_revision(revision, sizeof(revision));
    if (o->revision)
        snprintf(revision, sizeof(revision), "%s", o->revision);
    b = baseline_open(store_path(o->db), true, err);
    if (!b)
        return -1;
    for (size_t i = 0; i < o->n_runs && rc >= 0; i++) {
        int one = save_one(o, b, o->runs[i], revision, err);

        rc = one ? one : rc;
    }
    baseline_close(b);
    return rc;
}

/* --- list, show
 * --------------------------------------------------------------------------- */

static const char *date_of(ns_t at, char text[32])
{
    time_t s = (time_t)(at / NS_PER_S);
    struct tm tm;

    gmtime_r(&s, &tm);
    strftime(text, 32, "%Y-%m-%d %H:%M", &tm);
    return text;
}

static int list_row(void *ctx, const struct baseline_row *row, struct err *err)
{
    struct table *t = ctx;
    char date[32];
    struct buf n = { 0 };

    (void)err;
    units_put_count(&n, (uint64_t)row->requests);
    table_cell(t, STYLE_BOLD, "%s", row->name);
    table_cell(t, STYLE_PLAIN, "%.12s", *row->revision ? row->revision : "–");
    table_cell(t, STYLE_PLAIN, "%s", date_of(row->at, date));
    table_cell(t, STYLE_PLAIN, "%.24s", row->scenario);
    table_cell(t, STYLE_PLAIN, "%" PRId64, row->trials);
    table_take(t, STYLE_PLAIN, &n);
    table_cell(t, STYLE_PLAIN, "%s", validity_names[row->validity]);
    table_cell(t, STYLE_YELLOW, "%s", row->pinned ? "pinned" : "");
    return 0;
}

static int list(const struct options *o, struct err *err)
{
    static const char *const heads[] = { "name",     "revision", "measured (UTC)",
                                         "scenario", "trials",   "requests",
                                         "",         "" };
    struct baseline_pick pick = { .name = o->words[1],
                                  .revision = o->revision,
                                  .last = o->last };
    struct baseline *b = baseline_open(store_path(o->db), false, err);
    struct buf out = { 0 };
    struct table t;
    int rc;

    if (!b)
        return -1;
    table_init(&t, "llllrrll");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        table_cell(&t, STYLE_DIM, "%s", heads[i]);
    rc = baseline_each(b, &pick, list_row, &t, err);
    if (!rc) {
        table_put(&t, &out, 0, terminal_has_colour(STDOUT_FILENO));
        tame(out.p, out.len, true);
        fwrite(out.p, 1, out.len, stdout);
    }
    buf_free(&out);
    table_free(&t);
    baseline_close(b);
    return rc;
}

static int show_row(void *ctx, const struct baseline_row *row, struct err *err)
{
    struct evidence *e = baseline_load(ctx, row, err);
    char date[32];

    if (!e)
        return -1;
    printf("%s  run %s  %s  seed %" PRIu64 "\n", e->source, e->id, date_of(e->at, date),
           e->seed);
    printf("  target %s, from %s, tokdyno %s, scenario %s (%s)\n", e->target, e->host,
           e->tool, e->name, e->digest);
    for (size_t t = 0; t < e->n_trials; t++)
        for (size_t p = 0; p < e->trials[t].n_parts; p++)
            printf("  trial %u  %s  %s: %" PRIu64 " requests, %" PRIu64 " errors\n",
                   e->trials[t].round + 1, e->trials[t].cell, e->trials[t].parts[p].phase,
                   e->trials[t].parts[p].tally.requests,
                   e->trials[t].parts[p].tally.request_errors);
    evidence_free(e);
    return 0;
}

static int show(const struct options *o, struct err *err)
{
    struct baseline_pick pick = { .name = o->words[1],
                                  .revision = o->revision,
                                  .last = o->last };
    struct baseline *b;
    int rc;

    if (o->n_words < 2)
        return err_set(err, ERR_USAGE, "baseline show NAME: which name?");
    b = baseline_open(store_path(o->db), false, err);
    if (!b)
        return -1;
    rc = baseline_each(b, &pick, show_row, b, err);
    baseline_close(b);
    return rc;
}

static int rm(const struct options *o, struct err *err)
{
    struct baseline_pick pick = { .name = o->words[1], .revision = o->revision };
    struct baseline *b;
    int64_t n = 0;
    int rc;

    if (o->n_words < 2)
        return err_set(err, ERR_USAGE, "baseline rm NAME: which name?");
    if (!o->revision == !o->all)
        return err_set(err, ERR_USAGE, "baseline rm %s: --rev REVISION, or --all",
                       o->words[1]);
    b = baseline_open(store_path(o->db), false, err);
    if (!b)
        return -1;
    rc = baseline_remove(b, &pick, &n, err);
    if (!rc && !n)
        rc = err_set(err, ERR_USAGE, "no such run of \"%s\" in %s", o->words[1],
                     store_path(o->db));
    else if (!rc)
        printf("%" PRId64 " removed\n", n);
    baseline_close(b);
    return rc;
}

static const struct {
    const char *name;
    int (*run)(const struct options *o, struct err *err);
} actions[] = { { "save", save }, { "list", list }, { "show", show }, { "rm", rm } };

static int act(const struct options *o, struct err *err)
{
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]) && o->n_words; i++)
        if (!strcmp(actions[i].name, o->words[0]))
            return actions[i].run(o, err);
    return err_set(err, ERR_USAGE, "save, list, show or rm? `tokdyno baseline -h` helps");
}

int cmd_baseline(int argc, char **argv, struct err *err)
{
    struct options o = { .runs = mem_array((size_t)argc + 1, sizeof(*o.runs)) };
    int rc = parse(argc, argv, &o, err);

    if (!rc && o.help)
        fputs(help, stdout);
    else if (!rc)
        rc = act(&o, err);
    free(o.runs);
    return rc;
}
