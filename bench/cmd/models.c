#include "reports/models.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/tame.h"
#include "cmd/cmd.h"
#include "cmd/target_options.h"
#include "cmd/terminal.h"

enum { SWITCH_ALL, N_SWITCHES };

static void help(const struct target_switch *more)
{
    puts("usage: tokdyno models [MODEL...] --target URL | --scenario FILE [options]\n\n"
         "Lists the models of a target with what the catalogue knows of each: context, "
         "longest\nanswer, price, limits. With names, those alone, each asked for by "
         "itself.\n");
    target_options_help(more);
    puts("\nexit: 0 listed, 2 wrong use, 4 the target cannot be used or has no such "
         "model\n\n"
         "examples:\n"
         "  tokdyno models --target sim:\n"
         "  tokdyno models --target https://api.groq.com/openai/v1 --plan developer\n"
         "  tokdyno models openai/gpt-oss-20b --target sim: --format json");
}

static int complain(const struct target_link *l, const char *path, const struct call *c,
                    const char *why)
{
    char text[512];

    snprintf(text, sizeof(text), "%.100s%.150s: %.200s", l->base_url, path, why);
    tame(text, strlen(text), false);
    if (c->answered)
        fprintf(stderr, "tokdyno models: %s (%d)\n", text, c->answer.status);
    else
        fprintf(stderr, "tokdyno models: %s\n", text);
    return EXIT_TARGET;
}

/* One answer into a list; says on stderr why not, with the code to end with. */
static int ask(const struct target_link *l, const char *path, struct models_told *told)
{
    const struct call *c = caller_ask(l->caller, &(struct call_request){ .path = path });
    struct str body = { c->body.p ? c->body.p : "", c->body.len };
    struct err err;

    if (!c->answered || !c->whole)
        return complain(l, path, c, c->why);
    if (c->answer.status >= 300)
        return complain(l, path, c, c->answer.error.len ? c->answer.error.p : "no message");
    if (models_read(told, body, str_of(l->key ? l->key : ""), &err))
        return complain(l, path, c, err.msg);
    return EXIT_GOOD;
}

static int print(const struct target_link *l, const struct models_told *told, bool json,
                 bool all, struct err *err)
{
    struct models_page page = { l->cell->target.base_url, l->cell->target.plan, told,
                                &l->catalogue, all };
    struct buf out;
    bool colour = terminal_has_colour(STDOUT_FILENO);
    int rc = EXIT_GOOD;

    buf_init(&out, 0);
    if (json)
        report_models_json(&out, &page);
    else
        report_models_text(&out, &page, colour);
    tame(out.p, out.len, colour);
    if (fwrite(out.p, 1, out.len, stdout) != out.len || fflush(stdout))
        rc = err_set(err, ERR_IO, "cannot write to stdout: %s", strerror(errno));
    buf_free(&out);
    return rc;
}

/* Those that are named, each from a question of its own, as one list. */
static int ask_named(const struct target_link *l, const struct target_options *o,
                     struct models_told *all)
{
    size_t cap = 0;
    int code = EXIT_GOOD;

    for (size_t i = 0; i < o->n_words && code == EXIT_GOOD; i++) {
        struct models_told one = { 0 };
        char path[300];

        snprintf(path, sizeof(path), "/models/%.280s", o->words[i]);
        code = ask(l, path, &one);
        if (code == EXIT_GOOD && one.n) {
            struct model_told *kept;

            all->list = mem_grow(all->list, all->n, &cap, sizeof(*all->list));
            kept = &all->list[all->n++];
            *kept = one.list[0];
            kept->id = arena_strdup(&all->arena, kept->id);
            kept->owner = arena_strdup(&all->arena, kept->owner);
            kept->takes = arena_strdup(&all->arena, kept->takes);
            kept->gives = arena_strdup(&all->arena, kept->gives);
        }
        models_free(&one);
    }
    return code;
}

static int list(const struct target_options *o, const struct target_link *l, bool all,
                struct err *err)
{
    struct models_told told = { 0 };
    int code = o->n_words ? ask_named(l, o, &told) : ask(l, "/models", &told);

    if (code == EXIT_GOOD)
        code = print(l, &told, o->json, all, err);
    models_free(&told);
    return code;
}

int cmd_models(int argc, char **argv, struct err *err)
{
    struct target_switch switches[] = {
        [SWITCH_ALL] = { "--all", NULL, "also models that only the catalogue has", NULL },
        [N_SWITCHES] = { NULL, NULL, NULL, NULL },
    };
    struct target_options o;
    struct target_link l = { 0 };
    int rc = target_options_read(&o, argc, argv, switches, err);

    if (!rc && o.help) {
        help(switches);
    } else if (!rc) {
        rc = target_link_open(&l, &o, err);
        if (!rc)
            rc = list(&o, &l, switches[SWITCH_ALL].given != NULL, err);
        target_link_close(&l);
    }
    target_options_free(&o);
    return rc;
}
