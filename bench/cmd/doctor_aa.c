#include "cmd/doctor_aa.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/progress.h"
#include "cmd/readrun.h"
#include "cmd/scratch.h"
#include "cmd/selfrun.h"
#include "cmd/terminal.h"
#include "data/noise.h"
#include "reports/noise.h"

/* Where no scenario is named: enough answers for a p99, few tokens, in two seconds. */
static const char *const usual[] = {
    "--set",          "name=noise-floor",
    "--target",       "sim:",
    "--model",        "llama-3.1-8b-instant",
    "--rate",         "200/s",
    "--duration",     "2s",
    "--max-tokens",   "16",
    "--input-tokens", "50",
};

enum { SEED = 1 };

/* Both sides of a pair get the same bytes at the same times, and each pair others. */
static int run_trial(const struct doctor_aa *aa, const struct scratch *dir, size_t pair,
                     struct err *err)
{
    char out[SCRATCH_PATH], log[SCRATCH_PATH], seed[24];
    const char *own[] = { "--out", out, "--quiet", "--seed", seed, "--set", "repeat=1" };
    const char *const *scenario = aa->scenario ? &aa->scenario : usual;
    size_t n_scenario = aa->scenario ? 1 : sizeof(usual) / sizeof(usual[0]);
    size_t n_own = sizeof(own) / sizeof(own[0]);
    const char **args = mem_array(n_scenario + n_own, sizeof(*args));
    struct selfrun r = { .args = args,
                         .n = n_scenario + n_own,
                         .core = -1,
                         .log = scratch_path(dir, "log", log),
                         .interrupts = aa->interrupts };
    int rc;

    scratch_path(dir, "run", out);
    snprintf(seed, sizeof(seed), "%zu", SEED + pair);
    memcpy(args, scenario, n_scenario * sizeof(*args));
    memcpy(args + n_scenario, own, sizeof(own));
    rc = selfrun(&r, err);
    free(args);
    return rc < 0 || rc == EXIT_TARGET ? -1 : 0;
}

static int read_trial(struct noise *n, const char *out, enum noise_side side, size_t pair,
                      char **name, struct err *err)
{
    struct journal_notes notes;
    struct readrun rr = { 0 };
    struct summary s;
    int rc = readrun_open(&rr, out, &notes, err);

    if (!rc) {
        summary_make(&s, &rr.run, rr.recorder);
        noise_add(n, side, pair, &s);
        summary_free(&s);
        if (!*name)
            *name = mem_strdup(rr.run.name);
    }
    readrun_close(&rr);
    return rc;
}

/* A B, B A, A B, ...: what drifts over time hits both sides alike. */
static enum noise_side side_of(size_t pair, size_t place)
{
    return (pair + place) % 2 ? NOISE_B : NOISE_A;
}

static int run_all(const struct doctor_aa *aa, const struct scratch *dir, struct noise *n,
                   char **name, struct err *err)
{
    struct progress p = progress_begin("doctor", aa->quiet);
    char out[SCRATCH_PATH];
    int rc = 0;

    for (size_t i = 0; i < 2 * aa->trials && !rc; i++) {
        enum noise_side side = side_of(i / 2, i % 2);

        progress_say(&p, "trial %zu of %zu, side %s", i + 1, 2 * aa->trials,
                     side == NOISE_A ? "A" : "B");
        rc = run_trial(aa, dir, i / 2, err) ||
             read_trial(n, scratch_path(dir, "run", out), side, i / 2, name, err);
        scratch_drop(dir, "run");
    }
    progress_end(&p);
    return rc ? -1 : 0;
}

static int tell(const struct doctor_aa *aa, const struct noise *n, const char *name,
                struct err *err)
{
    struct buf b = { 0 };
    int rc = n->n_whole && !n->invalid ? EXIT_GOOD : EXIT_INVALID;

    if (aa->json)
        report_noise_json(&b, n, name);
    else
        report_noise_text(&b, n, name, terminal_has_colour(STDOUT_FILENO));
    fwrite(b.p, 1, b.len, stdout);
    buf_free(&b);
    if (fflush(stdout) || ferror(stdout))
        return err_set(err, ERR_IO, "cannot write the result to stdout: %s",
                       strerror(errno));
    return rc;
}

int doctor_aa(const struct doctor_aa *aa, struct err *err)
{
    struct scratch dir;
    struct noise n;
    char *name = NULL;
    int rc;

    if (scratch_open(&dir, "doctor", NULL, err))
        return -1;
    noise_init(&n, aa->trials);
    rc = run_all(aa, &dir, &n, &name, err);
    scratch_close(&dir);
    if (aa->interrupts->n) {
        rc = aa->interrupts->last == SIGTERM ? EXIT_SIGTERM : EXIT_SIGINT;
    } else if (!rc) {
        noise_conclude(&n, SEED);
        rc = tell(aa, &n, name, err);
    }
    noise_free(&n);
    free(name);
    return rc;
}
