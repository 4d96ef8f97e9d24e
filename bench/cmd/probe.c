#include "load/probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/tame.h"
#include "cmd/cmd.h"
#include "cmd/target_options.h"
#include "cmd/terminal.h"

enum { SWITCH_MODEL, SWITCH_QUICK, N_SWITCHES };

static void help(const struct target_switch *more)
{
    puts("usage: tokdyno probe --target URL | --scenario FILE [options]\n\n"
         "Asks a target carefully, one request of each kind: how far is it, which versions "
         "of TLS\nand HTTP, which region and edge answer, how far is its clock from ours; "
         "is "
         "the key good;\nwhich endpoints and features are there; how much room do the rate "
         "limits leave.\nSome 35 requests, of which about 14 cost a few tokens each.\n");
    target_options_help(more);
    puts("\nexit: 0 it can be used, 2 wrong use, 4 it cannot be reached, or the key is "
         "refused\n\n"
         "examples:\n"
         "  tokdyno probe --target sim:\n"
         "  tokdyno probe --target https://api.groq.com/openai/v1\n"
         "  tokdyno probe --target https://api.us.groqcloud.com/openai/v1 --quick\n"
         "  tokdyno probe --scenario scenarios/quickstart.yaml --format json");
}

static int print(const struct probe *p, bool json, struct err *err)
{
    struct buf out;
    bool colour = terminal_has_colour(STDOUT_FILENO);
    int rc = probe_is_usable(p) ? EXIT_GOOD : EXIT_TARGET;

    buf_init(&out, 0);
    if (json)
        report_probe_json(&out, p);
    else
        report_probe_text(&out, p, colour);
    tame(out.p, out.len, colour);
    if (fwrite(out.p, 1, out.len, stdout) != out.len || fflush(stdout))
        rc = err_set(err, ERR_IO, "cannot write to stdout: %s", strerror(errno));
    buf_free(&out);
    return rc;
}

static int probe(const struct target_options *o, const struct target_link *l,
                 const struct target_switch *switches, struct err *err)
{
    struct probe p = {
        .target = l->cell->target.base_url,
        .plan = l->cell->target.plan,
        .has_key = l->key != NULL,
    };
    struct probe_job job = {
        .caller = l->caller,
        .catalogue = &l->catalogue,
        .model = switches[SWITCH_MODEL].given,
        .key = l->key,
        .quick = switches[SWITCH_QUICK].given != NULL,
    };
    struct models_told told;
    int rc;

    if (!job.model && o->scenario)
        job.model = l->cell->request.model;
    probe_run(&job, &p, &told);
    rc = print(&p, o->json, err);
    models_free(&told);
    return rc;
}

int cmd_probe(int argc, char **argv, struct err *err)
{
    struct target_switch switches[] = {
        [SWITCH_MODEL] = { "--model", "NAME", "of the features; else the cheapest listed",
                           NULL },
        [SWITCH_QUICK] = { "--quick", NULL, "no features and no clock: nothing that costs",
                           NULL },
        [N_SWITCHES] = { NULL, NULL, NULL, NULL },
    };
    struct target_options o;
    struct target_link l = { 0 };
    int rc = target_options_read(&o, argc, argv, switches, err);

    if (!rc && o.help) {
        help(switches);
    } else if (!rc && o.n_words) {
        rc = err_set(err, ERR_USAGE, "what is %s? expected --target URL or --scenario FILE",
                     o.words[0]);
    } else if (!rc) {
        rc = target_link_open(&l, &o, err);
        if (!rc)
            rc = probe(&o, &l, switches, err);
        target_link_close(&l);
    }
    target_options_free(&o);
    return rc;
}
