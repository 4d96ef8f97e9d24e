#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/doctor_aa.h"
#include "cmd/doctor_cache.h"
#include "cmd/doctor_load.h"
#include "cmd/doctor_options.h"
#include "cmd/progress.h"
#include "cmd/terminal.h"
#include "load/stamp_works.h"
#include "load/wire.h"
#include "reports/doctor.h"

static struct interrupts interrupts;

static void on_signal(int number)
{
    interrupts.n++;
    interrupts.last = number;
}

/* --- measuring ------------------------------------------------------------------------ */

struct doctoring {
    const struct doctor_options *options;
    struct doctor_bench bench;
    struct doctor *found;
    struct progress progress;
    ns_t spare; /* time that is left for second tries */
};

static int load_streams(const struct doctoring *d, struct doctor_rung *r, struct err *err)
{
    const struct doctor_mode *m = d->options->mode;

    return doctor_load_streams(&d->bench, r, m->stream_time, m->tokens, err);
}

static int load_rate(const struct doctoring *d, struct doctor_rung *r, struct err *err)
{
    return doctor_load_rate(&d->bench, r, d->options->mode->rate_time, err);
}

typedef int load_fn(const struct doctoring *d, struct doctor_rung *r, struct err *err);

static int measure_once(struct doctoring *d, load_fn *load, struct doctor_rung *rung,
                        unsigned try_no, struct err *err)
{
    struct doctor_rung r = { .asked = rung->asked, .tries = try_no };

    if (load(d, &r, err))
        return -1;
    if (try_no == 1 || r.validity < rung->validity)
        *rung = r;
    rung->tries = try_no;
    return 0;
}

/*
 * What is not valid gets a second chance while there is time for it, and the better of both
 * counts: other work on the machine that comes and goes says nothing of what it can carry.
 */
static int measure_rung(struct doctoring *d, load_fn *load, struct doctor_rung *rung,
                        struct err *err)
{
    ns_t began = clock_now(&clock_system), took;

    if (measure_once(d, load, rung, 1, err))
        return -1;
    took = clock_now(&clock_system) - began;
    if (rung->validity == VALIDITY_VALID || took > d->spare)
        return 0;
    d->spare -= took;
    return measure_once(d, load, rung, 2, err);
}

/* Upwards, until a load is INVALID: higher ones would be as well. */
static int climb(struct doctoring *d, load_fn *load, const char *what, const int64_t *asked,
                 int64_t most, struct doctor_ladder *l, struct err *err)
{
    for (; *asked; asked++) {
        struct doctor_rung *r = &l->rungs[l->n];

        if (*asked > most) {
            l->left_out = *asked;
            return 0;
        }
        r->asked = *asked;
        progress_say(&d->progress, "%lld %s", (long long)*asked, what);
        if (measure_rung(d, load, r, err))
            return -1;
        l->n++;
        if (r->validity > VALIDITY_DEGRADED)
            return 0;
    }
    return 0;
}

/* Two loads that differ in nothing but the frames: the difference is theirs. */
static int measure_null(struct doctoring *d, struct err *err)
{
    enum { FEW = 1, MANY = 101 };
    int n = d->options->mode->null_requests;
    ns_t few, many;

    progress_say(&d->progress, "no network");
    if (doctor_load_null(&d->bench, n, FEW, &few, err) ||
        doctor_load_null(&d->bench, n, MANY, &many, err))
        return -1;
    d->found->null_request = few / n;
    d->found->null_frame = many > few ? (many - few) / n / (MANY - FEW) : 0;
    return 0;
}

/* A few files are not sockets. */
static int64_t most_streams(const struct machine *m)
{
    enum { OTHERS = 64 };

    return m->sys.files_hard < 0 ? INT64_MAX : m->sys.files_hard - OTHERS;
}

static int measure(struct doctoring *d, struct err *err)
{
    const struct doctor_mode *m = d->options->mode;
    struct doctor *found = d->found;

    found->client_core = d->bench.client_core;
    found->sim_core = d->bench.sim_core;
    found->frames_per_s = DOCTOR_FRAMES_PER_S;
    return climb(d, load_streams, "streams", m->streams, most_streams(&found->machine),
                 &found->streams, err) ||
                   climb(d, load_rate, "requests/s", m->rates, INT64_MAX, &found->rates,
                         err) ||
                   measure_null(d, err)
               ? -1
               : 0;
}

/* --- telling -------------------------------------------------------------------------- */

static int tell(const struct doctoring *d, struct err *err)
{
    struct buf json = { 0 }, text = { 0 };
    const struct buf *out = d->options->json ? &json : &text;
    struct err why;
    int rc = 0;

    report_doctor_json(&json, d->found);
    report_doctor_text(&text, d->found, terminal_has_colour(STDOUT_FILENO));
    if (doctor_cache_store(&json, &why) && !d->options->quiet)
        fprintf(stderr, "tokdyno doctor: the result is not kept for runs: %s\n", why.msg);
    fwrite(out->p, 1, out->len, stdout);
    if (fflush(stdout) || ferror(stdout))
        rc = err_set(err, ERR_IO, "cannot write the result to stdout: %s", strerror(errno));
    buf_free(&json);
    buf_free(&text);
    return rc;
}

static void know_machine(struct doctor *d)
{
    machine_read(&d->machine, "");
    d->libcurl = wire_library_version();
    d->stamps = stamp_works();
    d->made_real = clock_system.real(clock_system.ctx);
    d->null_request = d->null_frame = -1;
}

static int exit_code(const struct doctor *d)
{
    return d->figures.streams > 0 ? EXIT_GOOD : EXIT_INVALID;
}

static int examine(const struct doctor_options *o, struct err *err)
{
    struct doctor found = { 0 };
    struct doctoring d = { .options = o, .found = &found, .spare = o->mode->second_tries };
    int rc;

    d.progress = progress_begin("doctor", o->quiet);
    know_machine(&found);
    if (doctor_bench_open(&d.bench, o->keep, &interrupts, err))
        return -1;
    rc = measure(&d, err);
    progress_end(&d.progress);
    doctor_bench_close(&d.bench);
    if (interrupts.n)
        return interrupts.last == SIGTERM ? EXIT_SIGTERM : EXIT_SIGINT;
    if (rc)
        return -1;
    doctor_conclude(&found);
    return tell(&d, err) ? -1 : exit_code(&found);
}

static int compare_with_itself(const struct doctor_options *o, struct err *err)
{
    enum { USUAL_TRIALS = 5 };
    struct doctor_aa aa = { .scenario = o->scenario,
                            .trials = o->trials ? o->trials : USUAL_TRIALS,
                            .json = o->json,
                            .quiet = o->quiet,
                            .interrupts = &interrupts };

    return doctor_aa(&aa, err);
}

static void catch_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal };

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int cmd_doctor(int argc, char **argv, struct err *err)
{
    struct doctor_options o;

    (void)argc;
    if (doctor_options_read(&o, argv, err))
        return -1;
    if (o.help) {
        doctor_options_help();
        return EXIT_GOOD;
    }
    catch_signals();
    return o.aa ? compare_with_itself(&o, err) : examine(&o, err);
}
