#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/gate_options.h"
#include "cmd/readrun.h"
#include "cmd/slo_list.h"
#include "reports/check.h"

static const char help[] =
    "usage: tokdyno check RUN... [--slo OBJECTIVE|FILE]... [--format KIND[=FILE]]...\n"
    "\n"
    "Do runs meet their objectives? Those of their scenario, or those given here instead;\n"
    "of each cell, and where several phases are measured of each phase.\n"
    "\n"
    "  --slo OBJECTIVE       'ttft p95 < 400ms', 'retry_rate[service_tier=flex] < 5%';\n"
    "                        `tokdyno explain slo` has the grammar\n"
    "  --slo FILE            a file of them, one a line\n";

static const char help_end[] =
    "\n"
    "Exit code: 0 all are met, 1 one is not, 3 a run is not valid or its sample cannot "
    "bear\n"
    "the claim, 2 wrong use.\n"
    "\n"
    "examples:\n"
    "  tokdyno check runs/chat-20260101-120000\n"
    "  tokdyno check runs/chat-* --slo 'ttft p95 < 400ms' --slo 'error_rate < 0.1%'\n"
    "  tokdyno check runs/chat-* --format junit=check.xml --format md=check.md\n";

struct options {
    struct gate_output output;
    struct slo_list slos;
    bool help;
    char **runs;
    int n_runs;
};

static int parse(int argc, char **argv, struct options *o, struct err *err)
{
    bool only_runs = false;

    for (int i = 1; i < argc; i++) {
        const char *v;
        int rc = 0;

        if (only_runs || argv[i][0] != '-')
            o->runs[o->n_runs++] = argv[i];
        else if (!strcmp(argv[i], "--"))
            only_runs = true;
        else if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help"))
            o->help = true;
        else if ((v = option_value(argc, argv, &i, "--format")))
            rc = gate_output_take(&o->output, v, err);
        else if ((v = option_value(argc, argv, &i, "--slo")))
            rc = slo_list_take(&o->slos, v, false, err);
        else
            rc = err_set(err, ERR_USAGE, "unknown option %s; `tokdyno check -h` helps",
                         argv[i]);
        if (rc)
            return -1;
    }
    if (!o->help && !o->n_runs)
        return err_set(err, ERR_USAGE, "which run? `tokdyno check -h` helps");
    return 0;
}

static bool has_phase(const struct slo *slo)
{
    for (size_t i = 0; i < slo->n_selectors; i++)
        if (!strcmp(slo->selectors[i].key, "phase"))
            return true;
    return slo->n_selectors == sizeof(slo->selectors) / sizeof(slo->selectors[0]);
}

/*
 * The objectives of a run: given ones take the place of its own. Phases have loads of their
 * own, so an objective that names none is about each of them. Those of a search stay last.
 */
static void prepare(void *ctx, struct run *run)
{
    const struct options *o = ctx;
    const struct slo *from = o->slos.n ? o->slos.p : run->slos;
    size_t own = run->n_slos - run->n_search_slos, n = o->slos.n ? o->slos.n : own;
    size_t measured = 0, to = 0;
    struct slo *all;

    for (size_t p = 0; p < run->n_phases; p++)
        measured += run->phases[p].measured;
    all = arena_alloc(&run->arena,
                      (n * (measured + 1) + run->n_search_slos + 1) * sizeof(*all));
    for (size_t i = 0; i < n; i++) {
        if (measured < 2 || has_phase(&from[i])) {
            all[to++] = from[i];
            continue;
        }
        for (size_t p = 0; p < run->n_phases; p++)
            if (run->phases[p].measured) {
                all[to] = from[i];
                all[to].selectors[all[to].n_selectors++] =
                    (struct slo_selector){ "phase", run->phases[p].name };
                to++;
            }
    }
    for (size_t i = own; i < run->n_slos; i++)
        all[to++] = run->slos[i];
    run->slos = all;
    run->n_slos = to;
}

static int check(struct options *o, const char *path, struct gate *g, struct err *err)
{
    struct journal_notes notes = { 0 };
    struct readrun rr = { .prepare = prepare, .also = { .ctx = o } };
    struct summary s;
    int rc = readrun_open(&rr, path, &notes, err);

    if (!rc) {
        summary_make(&s, &rr.run, rr.recorder);
        check_add(g, &s, path);
        summary_free(&s);
    }
    readrun_close(&rr);
    return rc;
}

static int check_all(struct options *o, struct err *err)
{
    struct gate g;
    int rc = 0;

    check_begin(&g);
    for (int i = 0; i < o->n_runs && !rc; i++)
        rc = check(o, o->runs[i], &g, err);
    if (!rc) {
        check_end(&g);
        rc = gate_output_put(&o->output, &g, err) ? -1 : gate_exit_code(&g);
    }
    gate_free(&g);
    return rc;
}

static void put_help(void)
{
    struct buf b = { 0 };

    buf_str(&b, help);
    gate_output_help(&b);
    buf_str(&b, help_end);
    fputs(b.p, stdout);
    buf_free(&b);
}

int cmd_check(int argc, char **argv, struct err *err)
{
    struct options o = { .runs = calloc((size_t)argc + 1, sizeof(*o.runs)) };
    int rc = parse(argc, argv, &o, err);

    if (!rc && o.help)
        put_help();
    else if (!rc)
        rc = check_all(&o, err);
    slo_list_free(&o.slos);
    free(o.runs);
    return rc;
}
