#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sysinfo.h"
#include "base/tame.h"
#include "cmd/cmd.h"
#include "data/catalogue.h"
#include "data/scenario.h"
#include "load/plan.h"
#include "load/prompt_sets.h"

struct options {
    const char **files;
    size_t n_files;
    struct setting *settings;
    size_t n_settings;
    bool json;
};

static void help(void)
{
    puts("usage: tokdyno validate SCENARIO... [options]\n\n"
         "Checks scenarios and shows what a run would do: trials, requests, tokens, time, "
         "cost,\nand which limit trips first. Sends nothing.\n\n"
         "  --set KEY=VALUE       any scenario key (see `tokdyno explain`); repeatable\n"
         "  --catalogue FILE      models, limits and prices; instead of target.catalogue\n"
         "  --target URL          instead of target.base_url\n"
         "  --format text|json    of the plan\n\n"
         "exit: 0 good, 2 a scenario is wrong, or more than this machine can carry\n\n"
         "examples:\n"
         "  tokdyno validate scenarios/quickstart.yaml\n"
         "  tokdyno validate scenarios/*.yaml --set target.plan=developer\n"
         "  tokdyno validate my.yaml --set load.steady.rate=50/s --format json");
}

static int add_setting(struct options *o, const char *pair, struct err *err)
{
    char *key = mem_strdup(pair);
    char *equals = strchr(key, '=');

    if (!equals || equals == key) {
        free(key);
        return err_set(err, ERR_USAGE, "--set %s: expected KEY=VALUE, as repeat=3", pair);
    }
    *equals = '\0';
    o->settings[o->n_settings++] = (struct setting){ key, equals + 1, NULL };
    return 0;
}

static int add_option(struct options *o, const char *flag, const char *value,
                      struct err *err)
{
    static const struct {
        const char *flag;
        const char *key;
    } keys[] = { { "--catalogue", "target.catalogue" }, { "--target", "target.base_url" } };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (!strcmp(flag, keys[i].flag) && value) {
            o->settings[o->n_settings++] =
                (struct setting){ mem_strdup(keys[i].key), value, keys[i].flag };
            return 0;
        }
    if (!strcmp(flag, "--set") && value)
        return add_setting(o, value, err);
    if (!strcmp(flag, "--format") && value &&
        (!strcmp(value, "json") || !strcmp(value, "text"))) {
        o->json = !strcmp(value, "json");
        return 0;
    }
    return err_set(err, ERR_USAGE,
                   "no option %s%s%s; expected --set KEY=VALUE, --catalogue FILE, --target "
                   "URL or --format text|json",
                   flag, value ? " " : "", value ? value : "");
}

static int read_options(struct options *o, int argc, char **argv, struct err *err)
{
    o->files = mem_array((size_t)argc, sizeof(*o->files));
    o->settings = mem_array((size_t)argc, sizeof(*o->settings));
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-') {
            o->files[o->n_files++] = argv[i];
        } else {
            if (add_option(o, argv[i], i + 1 < argc ? argv[i + 1] : NULL, err))
                return -1;
            i++;
        }
    }
    if (!o->n_files)
        return err_set(err, ERR_USAGE, "no scenario; expected tokdyno validate FILE...");
    return 0;
}

static void free_options(struct options *o)
{
    for (size_t i = 0; i < o->n_settings; i++)
        free((char *)o->settings[i].key);
    free(o->settings);
    free(o->files);
}

static int put_plan(struct buf *out, const struct options *o, const struct scenario *s,
                    struct err *err)
{
    struct catalogue catalogue;
    struct sysinfo sys;
    struct plan plan = { 0 };
    struct prompt_sets prompts = { 0 };
    int rc = -1;

    if (catalogue_read(&catalogue, s->cells[0].target.catalogue, err))
        return -1;
    sysinfo_read(&sys);
    if (!plan_make(&plan, s, &catalogue, &sys, err) &&
        !prompt_sets_open(&prompts, s, err)) {
        (o->json ? plan_json : plan_text)(out, &plan);
        rc = 0;
    }
    prompt_sets_close(&prompts);
    plan_free(&plan);
    catalogue_free(&catalogue);
    return rc;
}

static int validate(const struct options *o, const char *file, struct err *err)
{
    struct scenario s;
    struct buf out;
    int rc;

    if (scenario_read(&s, file, o->settings, o->n_settings, err))
        return -1;
    buf_init(&out, 0);
    rc = put_plan(&out, o, &s, err);
    if (!rc && fwrite(out.p, 1, out.len, stdout) != out.len)
        rc = err_set(err, ERR_IO, "cannot write the plan");
    buf_free(&out);
    scenario_free(&s);
    return rc;
}

int cmd_validate(int argc, char **argv, struct err *err)
{
    struct options o = { 0 };
    int code = EXIT_GOOD;
    int rc;

    if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
        help();
        return EXIT_GOOD;
    }
    rc = read_options(&o, argc, argv, err);
    for (size_t i = 0; !rc && i < o.n_files; i++) {
        struct err wrong;

        if (i && !o.json)
            putchar('\n');
        if (!validate(&o, o.files[i], &wrong))
            continue;
        fflush(stdout);
        tame(wrong.msg, strlen(wrong.msg), false);
        fprintf(stderr, "tokdyno validate: %s\n", wrong.msg);
        code = EXIT_WRONG_USE;
    }
    free_options(&o);
    return rc ? -1 : code;
}
