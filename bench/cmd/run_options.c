#include "cmd/run_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Flags that stand for a scenario key. The only list of them. */
static const struct shorthand {
    const char *flag;
    const char *key;
    const char *value;
    const char *help;
} shorthands[] = {
    { "--target", "target.base_url", "URL", "base URL of the API; sim: is the simulator" },
    { "--model", "request.model", "NAME", "model to ask" },
    { "--rate", "load.rate", "10/s",
      "open loop: requests per second, 1/s..40/s is a ramp" },
    { "--concurrency", "load.concurrency", "N",
      "closed loop: so many requests at any time" },
    { "--duration", "load.duration", "30s", "how long" },
    { "--requests", "load.requests", "N", "how many" },
    { "--input-tokens", "workload.input_tokens", "N", "length of synthetic prompts" },
    { "--max-tokens", "request.body.max_completion_tokens", "N", "longest answer" },
    { "--dataset", "workload.dataset", "FILE", "prompts from a JSONL file" },
    { "--tier", "request.body.service_tier", "NAME", "service tier to ask for" },
    { "--api-key-env", "target.api_key_env", "NAME", "variable that holds the key" },
    { "--threads", "connection.threads", "N", "worker threads" },
    { "--seed", "seed", "N", "seed of everything random" },
};

enum { N_SHORTHANDS = sizeof(shorthands) / sizeof(shorthands[0]) };

void run_options_help(void)
{
    printf("usage: tokdyno run SCENARIO... [options]\n"
           "       tokdyno run --target URL --model NAME --rate 5/s|--concurrency 10 "
           "--duration 30s\n\n"
           "Puts an API under load, writes a run directory, prints the summary.\n\n"
           "  --out DIR             run directory; default runs/NAME-TIMESTAMP\n"
           "  --set KEY=VALUE       any scenario key (see `tokdyno explain`); repeatable\n"
           "  --export KIND[=WHERE] the run as other tools read it, while it goes on; "
           "repeatable\n"
           "                        (`tokdyno export --list`)\n"
           "  --dry-run             show the plan, send nothing\n"
           "  --format text|json    of the summary on stdout\n"
           "  --quiet               nothing on stderr while it runs\n\n"
           "Shorthands of scenario keys:\n");
    for (size_t i = 0; i < N_SHORTHANDS; i++) {
        char left[64];

        snprintf(left, sizeof(left), "%s %s", shorthands[i].flag, shorthands[i].value);
        printf("  %-21s %s (%s)\n", left, shorthands[i].help, shorthands[i].key);
    }
    printf(
        "\nexit: 0 good, 1 an SLO failed, 2 wrong use, 3 run not valid, 4 target "
        "unusable,\n"
        "      5 stopped by a budget, 130/143 interrupted\n\n"
        "examples:\n"
        "  tokdyno run scenarios/quickstart.yaml\n"
        "  tokdyno run scenarios/quickstart.yaml --target https://api.groq.com/openai/v1\n"
        "  tokdyno run scenarios/burst.yaml --set load.burst.rate=40/s --seed 7\n"
        "  tokdyno run --target sim: --model llama-3.1-8b-instant --concurrency 10 "
        "--duration 10s\n");
}

static void set(struct run_options *o, const char *flag, const char *key, const char *value)
{
    o->settings[o->n_settings++] = (struct setting){ key, value, flag };
}

static int set_pair(struct run_options *o, const char *pair, struct err *err)
{
    const char *equals = strchr(pair, '=');
    char *key;

    if (!equals || equals == pair)
        return err_set(err, ERR_USAGE,
                       "--set %s: expected KEY=VALUE, as in load.main.rate=10/s", pair);
    key = mem_strndup(pair, (size_t)(equals - pair));
    o->made[o->n_made++] = key;
    set(o, NULL, key, equals + 1);
    return 0;
}

static int read_format(struct run_options *o, const char *text, struct err *err)
{
    o->json = !strcmp(text, "json");
    if (!o->json && strcmp(text, "text"))
        return err_set(err, ERR_USAGE, "--format %s: expected text or json", text);
    return 0;
}

/* A flag with a value. 1 where there is no such flag. */
static int with_value(struct run_options *o, const char *flag, const char *value,
                      struct err *err)
{
    if (!strcmp(flag, "--out")) {
        o->out = value;
        return 0;
    }
    if (!strcmp(flag, "--set"))
        return set_pair(o, value, err);
    if (!strcmp(flag, "--export")) {
        o->exports[o->n_exports++] = value;
        return 0;
    }
    if (!strcmp(flag, "--format"))
        return read_format(o, value, err);
    for (size_t i = 0; i < N_SHORTHANDS; i++)
        if (!strcmp(flag, shorthands[i].flag)) {
            set(o, shorthands[i].flag, shorthands[i].key, value);
            return 0;
        }
    return 1;
}

static bool without_value(struct run_options *o, const char *flag)
{
    static const char *const names[] = { "--dry-run", "--quiet", "--help", "-h" };
    bool *const fields[] = { &o->dry_run, &o->quiet, &o->help, &o->help };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(flag, names[i])) {
            *fields[i] = true;
            return true;
        }
    return false;
}

/* --flag value or --flag=value */
static int read_flag(struct run_options *o, int argc, char **argv, int *i, struct err *err)
{
    char *arg = argv[*i];
    char *equals = strchr(arg, '=');
    char name[64];
    const char *value;
    int rc;

    if (without_value(o, arg))
        return 0;
    snprintf(name, sizeof(name), "%.*s", equals ? (int)(equals - arg) : 60, arg);
    value = equals ? equals + 1 : *i + 1 < argc ? argv[*i + 1] : NULL;
    rc = with_value(o, name, value ? value : "", err);
    if (rc == 1)
        return err_set(err, ERR_USAGE, "no option %s; `tokdyno run -h` lists them", name);
    if (!value)
        return err_set(err, ERR_USAGE, "%s wants a value", name);
    if (!equals && !strncmp(value, "--", 2))
        return err_set(err, ERR_USAGE, "%s wants a value; %s looks like an option", name,
                       value);
    if (!equals)
        ++*i;
    return rc;
}

int run_options_read(struct run_options *o, int argc, char **argv, struct err *err)
{
    *o = (struct run_options){ 0 };
    o->files = mem_array((size_t)argc, sizeof(*o->files));
    o->settings = mem_array((size_t)argc + 1, sizeof(*o->settings));
    o->made = mem_array((size_t)argc, sizeof(*o->made));
    o->exports = mem_array((size_t)argc, sizeof(*o->exports));
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-')
            o->files[o->n_files++] = argv[i];
        else if (read_flag(o, argc, argv, &i, err))
            return -1;
    }
    return 0;
}

void run_options_free(struct run_options *o)
{
    for (size_t i = 0; i < o->n_made; i++)
        free(o->made[i]);
    free(o->files);
    free(o->settings);
    free(o->made);
    free(o->exports);
}
