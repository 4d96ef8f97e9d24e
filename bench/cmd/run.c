#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fds.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/exports.h"
#include "cmd/launch.h"
#include "cmd/run_options.h"
#include "load/wire.h"

static struct interrupts interrupts;

static void on_signal(int number)
{
    interrupts.n++;
    interrupts.last = number;
}

/* Each gets a directory of its name in that of --out. */
static int check_names(const struct run_options *o, char *const *names, struct err *err)
{
    for (size_t i = 0; i < o->n_files; i++)
        for (size_t k = 0; k < i; k++)
            if (!strcmp(names[k], names[i]))
                return err_set(err, ERR_USAGE,
                               "%s and %s have the same name, \"%s\"; --out wants one "
                               "directory for each",
                               o->files[k], o->files[i], names[i]);
    return 0;
}

/* Or the last of several would be all that is left of them. */
static int check_exports(const struct run_options *o, struct err *err)
{
    struct arena arena = { 0 };
    struct export_spec *specs;
    int rc = exports_read(o->exports, o->n_exports, &specs, &arena, err);

    for (size_t i = 0; i < o->n_exports && !rc; i++)
        if (specs[i].place == PLACE_FILE)
            rc = err_set(err, ERR_USAGE,
                         "%s: %zu scenarios would write the same file; without a path "
                         "each writes into its run directory",
                         o->exports[i], o->n_files);
    arena_free(&arena);
    return rc ? err_at(err, "--export") : 0;
}

/* Where there are several, each is checked before the first request of any is sent. */
static int check_all(const struct run_options *o, struct err *err)
{
    char **names = mem_array(o->n_files + 1, sizeof(*names));
    int rc = o->n_files > 1 ? check_exports(o, err) : 0;

    for (size_t i = 0; i < o->n_files && !rc && o->n_files > 1; i++)
        rc = launch_check(o, o->files[i], &names[i], err);
    if (!rc && o->n_files > 1 && o->out && !o->dry_run)
        rc = check_names(o, names, err);
    for (size_t i = 0; i < o->n_files; i++)
        free(names[i]);
    free(names);
    return rc;
}

/* The first that applies, over several runs. */
static int worse(int a, int b)
{
    static const int order[] = { EXIT_SIGINT,  EXIT_SIGTERM, EXIT_WRONG_USE, EXIT_TARGET,
                                 EXIT_INVALID, EXIT_BUDGET,  EXIT_VERDICT };

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return EXIT_GOOD;
}

static int run_all(const struct run_options *o, struct err *err)
{
    int code = EXIT_GOOD;

    if (check_all(o, err))
        return -1;
    if (!o->n_files)
        return launch(o, NULL, &interrupts, err);
    for (size_t i = 0; i < o->n_files && !interrupts.n; i++) {
        int rc = launch(o, o->files[i], &interrupts, err);

        if (rc < 0)
            return -1;
        code = worse(code, rc);
    }
    return code;
}

static void warn_of_proxies(const struct run_options *o)
{
    static const char *const names[] = { "http_proxy", "https_proxy", "HTTPS_PROXY",
                                         "HTTP_PROXY", "all_proxy",   "ALL_PROXY" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);

        if (value && *value && !o->quiet) {
            fprintf(stderr,
                    "tokdyno run: %s is set and ignored; target.proxy sets a proxy\n",
                    names[i]);
            return;
        }
    }
}

static void set_up_process(void)
{
    struct sigaction action = { .sa_handler = on_signal };

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    fds_raise();
}

int cmd_run(int argc, char **argv, struct err *err)
{
    struct run_options o;
    int rc = run_options_read(&o, argc, argv, err);

    if (!rc && o.help) {
        run_options_help();
    } else if (!rc && !o.n_files && !o.n_settings) {
        rc = err_set(err, ERR_USAGE, "no scenario; `tokdyno run -h` shows how");
    } else if (!rc) {
        set_up_process();
        warn_of_proxies(&o);
        rc = wire_library_init(err);
        if (!rc) {
            rc = run_all(&o, err);
            wire_library_free();
        }
    }
    run_options_free(&o);
    return rc;
}
