#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/doctor_cache.h"
#include "cmd/doctor_load.h"
#include "cmd/terminal.h"
#include "load/stamp_works.h"
#include "load/wire.h"
#include "reports/doctor.h"

static const char help[] =
    "usage: tokdyno doctor [--quick | --full] [--format text|json]\n"
    "\n"
    "Runs tokdyno against its own simulator on this machine, compares what it saw with "
    "what\n"
    "the simulator did, and says what load this machine can carry and how wrong the "
    "figures\n"
    "are. Takes about 30 s. The runs that follow carry the result, for a week.\n"
    "\n"
    "  --quick               few and short loads, within 5 s\n"
    "  --full                up to 10,000 streams, as far as the limit of open files "
    "allows\n"
    "  --format text|json    of the result on stdout (JSON: docs/doctor.md)\n"
    "  --quiet               nothing on stderr while it runs\n"
    "\n"
    "exit: 0 good, 2 wrong use, 3 not even the smallest load is valid, 130/143 "
    "interrupted\n"
    "\n"
    "examples:\n"
    "  tokdyno doctor\n"
    "  tokdyno doctor --quick --format json | jq .result\n"
    "  tokdyno doctor --full\n";

/* How far the ladders go, and how long a load lasts. */
struct mode {
    const char *flag; /* NULL: where none is given */
    int64_t streams[DOCTOR_RUNGS];
    int64_t rates[DOCTOR_RUNGS]; /* both end in 0 */
    ns_t stream_time;
    int tokens; /* an answer, so it lasts tokens / DOCTOR_FRAMES_PER_S */
    ns_t rate_time;
    int null_requests;
};

static const struct mode modes[] = {
    { NULL,
      { 1, 10, 100, 400, 1000 },
      { 100, 500, 1000, 2000 },
      2 * NS_PER_S,
      40,
      2 * NS_PER_S,
      4000 },
    { "--quick",
      { 1, 10, 100 },
      { 100, 1000 },
      500 * NS_PER_MS,
      15,
      400 * NS_PER_MS,
      1000 },
    { "--full",
      { 1, 10, 100, 400, 1000, 2000, 5000, 10000 },
      { 100, 500, 1000, 2000, 5000 },
      3 * NS_PER_S,
      40,
      2 * NS_PER_S,
      4000 },
};

struct options {
    const struct mode *mode;
    bool json;
    bool quiet;
    bool help;
};

static struct interrupts interrupts;

static void on_signal(int number)
{
    interrupts.n++;
    interrupts.last = number;
}

static const struct mode *find_mode(const char *flag)
{
    for (size_t i = 1; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (!strcmp(modes[i].flag, flag))
            return &modes[i];
    return NULL;
}

static int read_format(struct options *o, const char *text, struct err *err)
{
    o->json = !strcmp(text, "json");
    if (!o->json && strcmp(text, "text") != 0)
        return err_set(err, ERR_USAGE, "--format: expected text or json, not \"%s\"", text);
    return 0;
}

static int parse(int argc, char **argv, struct options *o, struct err *err)
{
    int rc = 0;

    *o = (struct options){ .mode = &modes[0] };
    for (int i = 1; i < argc && !rc; i++) {
        const char *a = argv[i];

        if (!strcmp(a, "-h") || !strcmp(a, "--help"))
            o->help = true;
        else if (!strcmp(a, "--quiet"))
            o->quiet = true;
        else if (!strncmp(a, "--format=", 9))
            rc = read_format(o, a + 9, err);
        else if (!strcmp(a, "--format"))
            rc = read_format(o, i + 1 < argc ? argv[++i] : "", err);
        else if (find_mode(a))
            o->mode = find_mode(a);
        else
            rc = err_set(err, ERR_USAGE, "no option %s; `tokdyno doctor -h` lists them", a);
    }
    return rc;
}

/* --- measuring ------------------------------------------------------------------------ */

struct progress {
    bool quiet;
    bool terminal;
    bool shown;
};

static void say(struct progress *p, const char *what, int64_t n)
{
    if (p->quiet)
        return;
    if (n)
        fprintf(stderr, "%s%lld %s%s", p->terminal ? "\r\x1b[K" : "doctor: ", (long long)n,
                what, p->terminal ? " ..." : "\n");
    else
        fprintf(stderr, "%s%s%s", p->terminal ? "\r\x1b[K" : "doctor: ", what,
                p->terminal ? " ..." : "\n");
    p->shown = p->terminal;
    fflush(stderr);
}

static void unsay(struct progress *p)
{
    if (p->shown)
        fputs("\r\x1b[K", stderr);
    p->shown = false;
}

struct doctoring {
    const struct options *options;
    struct doctor_bench bench;
    struct doctor *found;
    struct progress progress;
};

static int load_streams(const struct doctoring *d, struct doctor_rung *r, struct err *err)
{
    const struct mode *m = d->options->mode;

    return doctor_load_streams(&d->bench, r, m->stream_time, m->tokens, err);
}

static int load_rate(const struct doctoring *d, struct doctor_rung *r, struct err *err)
{
    return doctor_load_rate(&d->bench, r, d->options->mode->rate_time, err);
}

typedef int load_fn(const struct doctoring *d, struct doctor_rung *r, struct err *err);

/*
 * What is not valid gets a second chance, and the better of both counts: other work on the
 * machine that comes and goes says nothing of what it can carry.
 */
static int measure_rung(struct doctoring *d, load_fn *load, struct doctor_rung *rung,
                        struct err *err)
{
    for (unsigned i = 1; i <= 2; i++) {
        struct doctor_rung r = { .asked = rung->asked, .tries = i };

        if (load(d, &r, err))
            return -1;
        if (i == 1 || r.validity < rung->validity)
            *rung = r;
        rung->tries = i;
        if (rung->validity == VALIDITY_VALID)
            break;
    }
    return 0;
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
        say(&d->progress, what, *asked);
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

    say(&d->progress, "no network", 0);
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

    return m->files_hard < 0 ? INT64_MAX : m->files_hard - OTHERS;
}

static int measure(struct doctoring *d, struct err *err)
{
    const struct mode *m = d->options->mode;
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

static int examine(const struct options *o, struct err *err)
{
    struct doctor found = { 0 };
    struct doctoring d = { .options = o, .found = &found };
    int rc;

    d.progress = (struct progress){ o->quiet, terminal_is(STDERR_FILENO), false };
    know_machine(&found);
    if (doctor_bench_open(&d.bench, &interrupts, err))
        return -1;
    rc = measure(&d, err);
    unsay(&d.progress);
    doctor_bench_close(&d.bench);
    if (interrupts.n)
        return interrupts.last == SIGTERM ? EXIT_SIGTERM : EXIT_SIGINT;
    if (rc)
        return -1;
    doctor_conclude(&found);
    return tell(&d, err) ? -1 : exit_code(&found);
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
    struct options o;

    if (parse(argc, argv, &o, err))
        return -1;
    if (o.help) {
        fputs(help, stdout);
        return EXIT_GOOD;
    }
    catch_signals();
    return examine(&o, err);
}
