#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/tame.h"
#include "base/version.h"
#include "cmd/cmd.h"
#include "data/nearest.h"

static const struct cmd cmds[] = {
    { "run", "put an API under the load of a scenario and measure it", cmd_run },
    { "report", "print the summary of a finished run", cmd_report },
    { "export", "write a finished run as other tools read it", cmd_export },
    { "check", "do runs meet their objectives? for people and for CI", cmd_check },
    { "compare", "is one side worse than the other? by how much, how sure", cmd_compare },
    { "baseline", "keep runs to compare later ones with", cmd_baseline },
    { "history", "the trend of a figure over kept runs", cmd_history },
    { "validate", "check scenarios and show the plan; sends nothing", cmd_validate },
    { "explain", "documentation of scenario keys and metrics", cmd_explain },
    { "doctor", "measure the instrument itself: what load this machine carries",
      cmd_doctor },
    { "models", "list the models of a target: context, price, limits", cmd_models },
    { "probe", "what a target has and how far it is, by one request of each kind",
      cmd_probe },
    { "sim", "the simulator: a seeded Groq-like server", cmd_sim },
};

static const struct cmd *find(const char *name)
{
    for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
        if (!strcmp(cmds[i].name, name))
            return &cmds[i];
    return NULL;
}

static void usage(FILE *out)
{
    fprintf(
        out,
        "tokdyno, a dynamometer for LLM APIs\n\nusage: tokdyno <command> [arguments]\n\n");
    for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
        fprintf(out, "  %-9s %s\n", cmds[i].name, cmds[i].help);
    fprintf(out, "\n`tokdyno COMMAND -h` tells more.\n\n"
                 "examples:\n"
                 "  tokdyno run scenarios/quickstart.yaml\n"
                 "  tokdyno run --target https://api.groq.com/openai/v1 "
                 "--model llama-3.1-8b-instant --rate 5/s --duration 30s\n"
                 "  tokdyno report runs/quickstart-*\n");
}

static int no_command(const char *name)
{
    struct nearest near = nearest_to(str_of(name));
    struct err err;

    for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
        nearest_try(&near, cmds[i].name);
    err_set(&err, ERR_USAGE, "no command \"%s\"; `tokdyno -h` lists them", name);
    nearest_hint(&near, &err);
    fprintf(stderr, "tokdyno: %s\n", err.msg);
    return EXIT_WRONG_USE;
}

/*
 * Where stdin, stdout or stderr is closed, the next file to be opened would take its place:
 * the summary would go into the journal. Opened the wrong way round they fail instead.
 */
static void keep_standard_files(void)
{
    static const int ways[] = { O_WRONLY, O_RDONLY, O_RDONLY };

    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", ways[fd]) != fd)
            return;
}

int main(int argc, char **argv)
{
    const struct cmd *cmd;
    struct err err = { 0 };
    int rc;

    keep_standard_files();
    if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
        usage(stdout);
        return EXIT_GOOD;
    }
    if (argc > 1 && !strcmp(argv[1], "--version")) {
        puts("tokdyno " TOKDYNO_VERSION);
        return EXIT_GOOD;
    }
    cmd = argc > 1 ? find(argv[1]) : NULL;
    if (!cmd && argc > 1)
        return no_command(argv[1]);
    if (!cmd) {
        usage(stderr);
        return EXIT_WRONG_USE;
    }
    rc = cmd->run(argc - 1, argv + 1, &err);
    if (rc >= 0)
        return rc;
    tame(err.msg, strlen(err.msg), false);
    fprintf(stderr, "tokdyno %s: %s\n", cmd->name, err.msg);
    return EXIT_WRONG_USE;
}
