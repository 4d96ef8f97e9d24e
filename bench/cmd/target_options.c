#include "cmd/target_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/apikey.h"
#include "load/wire.h"

/* Flags that stand for a scenario key. */
static const struct {
    const char *flag;
    const char *key;
    const char *value;
    const char *help;
} keys[] = {
    { "--target", "target.base_url", "URL", "base URL of the API; sim: is the simulator" },
    { "--plan", "target.plan", "NAME", "free or developer: whose limits are shown" },
    { "--catalogue", "target.catalogue", "FILE", "models, limits and prices" },
    { "--api-key-env", "target.api_key_env", "NAME", "variable that holds the key" },
};
enum { N_KEYS = sizeof(keys) / sizeof(keys[0]), N_FILLERS = 3 };

static void help_line(const char *flag, const char *value, const char *help)
{
    char left[64];

    snprintf(left, sizeof(left), "%s %s", flag, value ? value : "");
    printf("  %-21s %s\n", left, help);
}

void target_options_help(const struct target_switch *more)
{
    for (size_t i = 0; i < N_KEYS; i++)
        help_line(keys[i].flag, keys[i].value, keys[i].help);
    help_line("--scenario", "FILE", "the target of that scenario");
    help_line("--set", "KEY=VALUE", "any scenario key (see `tokdyno explain`); repeatable");
    for (; more->flag; more++)
        help_line(more->flag, more->value, more->help);
    help_line("--format", "text|json", "of what is printed");
}

static void set(struct target_options *o, const char *flag, const char *key,
                const char *value)
{
    o->settings[o->n_settings++] = (struct setting){ key, value, flag };
}

static int set_pair(struct target_options *o, const char *pair, struct err *err)
{
    const char *equals = strchr(pair, '=');
    char *key;

    if (!equals || equals == pair)
        return err_set(err, ERR_USAGE,
                       "--set %s: expected KEY=VALUE, as in connection.tls.verify=false",
                       pair);
    key = mem_strndup(pair, (size_t)(equals - pair));
    o->made[o->n_made++] = key;
    set(o, NULL, key, equals + 1);
    return 0;
}

static int with_value(struct target_options *o, const char *flag, const char *value,
                      struct err *err)
{
    if (!strcmp(flag, "--scenario")) {
        o->scenario = value;
        return 0;
    }
    if (!strcmp(flag, "--set"))
        return set_pair(o, value, err);
    if (!strcmp(flag, "--format")) {
        o->json = !strcmp(value, "json");
        return o->json || !strcmp(value, "text")
                   ? 0
                   : err_set(err, ERR_USAGE, "--format %s: expected text or json", value);
    }
    for (size_t i = 0; i < N_KEYS; i++)
        if (!strcmp(flag, keys[i].flag)) {
            set(o, flag, keys[i].key, value);
            return 0;
        }
    return err_set(err, ERR_USAGE, "no option %s; -h lists them", flag);
}

/* One argument, with the next as its value where it takes one. */
static int read_flag(struct target_options *o, const char *flag, const char *next, int *i,
                     struct target_switch *more, struct err *err)
{
    if (!strcmp(flag, "-h") || !strcmp(flag, "--help")) {
        o->help = true;
        return 0;
    }
    for (; more->flag && strcmp(more->flag, flag); more++)
        ;
    if (more->flag && !more->value) {
        more->given = "";
        return 0;
    }
    if (!next || !strncmp(next, "--", 2))
        return err_set(err, ERR_USAGE, "no option %s, or it wants a value; -h lists them",
                       flag);
    ++*i;
    if (more->flag) {
        more->given = next;
        return 0;
    }
    return with_value(o, flag, next, err);
}

int target_options_read(struct target_options *o, int argc, char **argv,
                        struct target_switch *more, struct err *err)
{
    *o = (struct target_options){ 0 };
    o->settings = mem_array((size_t)argc + N_FILLERS, sizeof(*o->settings));
    o->words = mem_array((size_t)argc, sizeof(*o->words));
    o->made = mem_array((size_t)argc, sizeof(*o->made));
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-')
            o->words[o->n_words++] = argv[i];
        else if (read_flag(o, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &i, more, err))
            return -1;
    }
    return 0;
}

void target_options_free(struct target_options *o)
{
    for (size_t i = 0; i < o->n_made; i++)
        free(o->made[i]);
    free(o->settings);
    free(o->words);
    free(o->made);
}

/* --- the way to it ------------------------------------------------------------------- */

static bool names_target(const struct target_options *o)
{
    for (size_t i = 0; i < o->n_settings; i++)
        if (!strcmp(o->settings[i].key, "target.base_url"))
            return true;
    return false;
}

/* A scenario of a target alone: the rest of it is there to be valid. */
static int read_target(struct target_link *l, const struct target_options *o,
                       struct err *err)
{
    static const struct setting fillers[N_FILLERS] = {
        { "request.model", "none", NULL },
        { "load.concurrency", "1", NULL },
        { "load.requests", "1", NULL },
    };
    size_t n = o->n_settings;

    if (o->scenario)
        return scenario_read(&l->scenario, o->scenario, o->settings, n, err);
    if (!names_target(o))
        return err_set(err, ERR_USAGE,
                       "no target; expected --target URL or --scenario FILE");
    memcpy(o->settings + n, fillers, sizeof(fillers));
    return scenario_from_flags(&l->scenario, o->settings, n + N_FILLERS, err);
}

static int start_sim(struct target_link *l, struct err *err)
{
    const struct target *t = &l->cell->target;

    if (simchild_start(&l->sim, "/dev/null", t->catalogue, l->scenario.seed, t->sim,
                       t->n_sim, err))
        return -1;
    l->has_sim = true;
    l->base_url = l->sim.base_url;
    return 0;
}

int target_link_open(struct target_link *l, const struct target_options *o, struct err *err)
{
    *l = (struct target_link){ 0 };
    if (read_target(l, o, err))
        return -1;
    l->cell = &l->scenario.cells[0];
    l->base_url = l->cell->target.base_url;
    if (target_is_null(l->base_url))
        return err_set(err, ERR_USAGE, "the target null: has no server to ask");
    if (catalogue_read(&l->catalogue, l->cell->target.catalogue, err) ||
        apikey_read(&l->cell->target, &l->key, err) || wire_library_init(err))
        return -1;
    l->has_library = true;
    if (l->key)
        apikey_guard();
    if (target_is_sim(l->base_url) && start_sim(l, err))
        return -1;
    l->caller = caller_open(l->cell, l->base_url, l->key, err);
    return l->caller ? 0 : -1;
}

void target_link_close(struct target_link *l)
{
    ns_t late, cpu;

    caller_close(l->caller);
    if (l->has_sim)
        simchild_stop(&l->sim, "/dev/null", &late, &cpu);
    if (l->has_library)
        wire_library_free();
    apikey_forget(l->key);
    catalogue_free(&l->catalogue);
    scenario_free(&l->scenario);
}
