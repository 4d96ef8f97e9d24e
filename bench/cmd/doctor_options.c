#include "cmd/doctor_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/noise.h"

static const char help[] =
    "usage: tokdyno doctor [--quick | --full] [--format text|json]\n"
    "       tokdyno doctor --aa [SCENARIO] [--trials N] [--format text|json]\n"
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
    "  --keep DIR            a new directory for the journals and truth logs of the loads\n"
    "  --aa [SCENARIO]       runs a scenario (default: a short one on the simulator) "
    "against\n"
    "                        itself, and says which differences are noise\n"
    "  --trials N            of each of the two sides [5]\n"
    "  --format text|json    of the result on stdout (JSON: docs/doctor.md)\n"
    "  --quiet               nothing on stderr while it runs\n"
    "\n"
    "exit: 0 good, 2 wrong use, 3 no number of streams was valid (--aa: not every trial),\n"
    "      130/143 interrupted\n"
    "\n"
    "examples:\n"
    "  tokdyno doctor\n"
    "  tokdyno doctor --quick --format json | jq .result\n"
    "  tokdyno doctor --full\n"
    "  tokdyno doctor --aa scenarios/quickstart.yaml --trials 8\n";

static const struct doctor_mode modes[] = {
    { NULL,
      { 1, 10, 100, 400, 1000 },
      { 100, 500, 1000, 2000 },
      2 * NS_PER_S,
      40,
      2 * NS_PER_S,
      4000,
      10 * NS_PER_S },
    { "--quick",
      { 1, 10, 100 },
      { 100, 1000 },
      500 * NS_PER_MS,
      15,
      400 * NS_PER_MS,
      1000,
      NS_PER_S },
    { "--full",
      { 1, 10, 100, 400, 1000, 2000, 5000, 10000 },
      { 100, 500, 1000, 2000, 5000 },
      3 * NS_PER_S,
      40,
      2 * NS_PER_S,
      4000,
      60 * NS_PER_S },
};

static const struct doctor_mode *find_mode(const char *flag)
{
    for (size_t i = 1; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (!strcmp(modes[i].flag, flag))
            return &modes[i];
    return NULL;
}

static int read_format(struct doctor_options *o, const char *text, struct err *err)
{
    o->json = !strcmp(text, "json");
    if (!o->json && strcmp(text, "text") != 0)
        return err_set(err, ERR_USAGE, "--format: expected text or json, not \"%s\"", text);
    return 0;
}

static int read_trials(struct doctor_options *o, const char *text, struct err *err)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (!*text || *end || n < 2 || n > NOISE_MOST_TRIALS)
        return err_set(err, ERR_USAGE, "--trials: expected 2 to %d, not \"%s\"",
                       NOISE_MOST_TRIALS, text);
    o->trials = (size_t)n;
    return 0;
}

static int read_keep(struct doctor_options *o, const char *text, struct err *err)
{
    o->keep = text;
    return *text ? 0 : err_set(err, ERR_USAGE, "--keep: expected a new directory");
}

static bool without_value(struct doctor_options *o, const char *flag)
{
    static const char *const names[] = { "-h", "--help", "--quiet", "--aa" };
    bool *const fields[] = { &o->help, &o->help, &o->quiet, &o->aa };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(flag, names[i])) {
            *fields[i] = true;
            return true;
        }
    if (find_mode(flag))
        o->mode = find_mode(flag);
    return find_mode(flag);
}

/* --flag value or --flag=value; 1 where it is none of ours. */
static int with_value(struct doctor_options *o, char **argv, int *i, struct err *err)
{
    static const char *const names[] = { "--format", "--trials", "--keep" };
    static int (*const readers[])(struct doctor_options *, const char *,
                                  struct err *) = { read_format, read_trials, read_keep };
    const char *arg = argv[*i];

    for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
        size_t n = strlen(names[k]);

        if (!strncmp(arg, names[k], n) && arg[n] == '=')
            return readers[k](o, arg + n + 1, err);
        if (!strcmp(arg, names[k]))
            return readers[k](o, argv[*i + 1] ? argv[++*i] : "", err);
    }
    return 1;
}

int doctor_options_read(struct doctor_options *o, char **argv, struct err *err)
{
    int rc = 0;

    *o = (struct doctor_options){ .mode = &modes[0] };
    for (int i = 1; argv[i] && !rc; i++) {
        if (argv[i][0] != '-' && o->scenario)
            return err_set(err, ERR_USAGE, "one scenario at a time: %s, and not %s",
                           o->scenario, argv[i]);
        if (argv[i][0] != '-')
            o->scenario = argv[i];
        else if (!without_value(o, argv[i]))
            rc = with_value(o, argv, &i, err);
        if (rc == 1)
            return err_set(err, ERR_USAGE, "no option %s; `tokdyno doctor -h` lists them",
                           argv[i]);
    }
    if (!rc && !o->aa && (o->scenario || o->trials))
        rc = err_set(err, ERR_USAGE, "a scenario and --trials are for --aa only");
    if (!rc && o->aa && (o->mode->flag || o->keep))
        rc = err_set(err, ERR_USAGE, "%s is not for --aa",
                     o->keep ? "--keep" : o->mode->flag);
    return rc;
}

void doctor_options_help(void)
{
    fputs(help, stdout);
}
