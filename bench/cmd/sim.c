#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fds.h"
#include "cmd/cmd.h"
#include "data/catalogue.h"
#include "sim/server.h"

static void help(void)
{
    printf("usage: tokdyno sim [--listen ADDRESS:PORT] [settings]\n\n"
           "A seeded simulator of a Groq-like API: chat completions, streamed or not, "
           "embeddings and\nmodels.\n\n");
    setting_usage(stdout);
    printf("\nexamples:\n"
           "  tokdyno sim\n"
           "  tokdyno sim --listen 127.0.0.1:0 --seed 7 --plan free --truth truth.jsonl\n"
           "  tokdyno sim --regions dal:0.7,fra:0.3:45ms --fault 503=1%%,stall:500=0.02\n"
           "  curl -sN -H 'x-sim-fault: error' -d '{\"model\":\"llama-3.1-8b-instant\","
           "\"stream\":true,\n    \"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}' "
           "http://127.0.0.1:8080/openai/v1/chat/completions\n");
}

static void list_faults(void)
{
    static const char *const args[] = { "",       ":MS",     ":US",     ":FRAMES",
                                        ":BYTES", ":EVENTS", ":SECONDS" };

    for (size_t i = 0; i < n_faults; i++) {
        int n = printf("  %s%s", faults[i].name, args[faults[i].takes]);

        printf("%*s%s", n < 24 ? 24 - n : 2, "", faults[i].help);
        if (faults[i].takes != ARG_NONE)
            printf(" [%lld]", (long long)faults[i].arg);
        putchar('\n');
    }
}

static int tell_port(const struct setting *set, uint16_t port, struct err *err)
{
    char text[16];
    int n = snprintf(text, sizeof(text), "%u\n", port);

    if (set->port_fd < 0)
        return 0;
    if (write((int)set->port_fd, text, (size_t)n) != n)
        return err_set(err, ERR_IO, "--port-fd: cannot write");
    close((int)set->port_fd);
    return 0;
}

static void greet(const struct setting *set, uint16_t port)
{
    const char *colon = strrchr(set->listen, ':');
    int n = colon ? (int)(colon - set->listen) : 0;

    if (set->quiet)
        return;
    fprintf(stderr,
            "tokdyno sim listens on http://%.*s:%u/openai/v1 (Ctrl-C ends it); try\n"
            "  curl -sN http://%.*s:%u/openai/v1/chat/completions -d "
            "'{\"model\":\"llama-3.1-8b-instant\",\"stream\":true,"
            "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}'\n",
            n, set->listen, port, n, set->listen, port);
}

static int serve(const struct setting *set, struct err *err)
{
    struct catalogue catalogue;
    struct server *server;
    int rc;

    if (catalogue_read(&catalogue, set->catalogue, err))
        return -1;
    server = server_open(set, &catalogue, err);
    rc = server ? tell_port(set, server_port(server), err) : -1;
    if (!rc) {
        greet(set, server_port(server));
        server_run(server);
    }
    if (server && server_close(server, err))
        rc = -1;
    catalogue_free(&catalogue);
    return rc;
}

int cmd_sim(int argc, char **argv, struct err *err)
{
    struct setting set;
    int rc;

    setting_init(&set);
    rc = setting_flags(&set, argc, argv, err);
    if (!rc && set.help) {
        help();
    } else if (!rc && set.list_faults) {
        list_faults();
    } else if (!rc) {
        if (set.child)
            prctl(PR_SET_PDEATHSIG, SIGTERM);
        prctl(PR_SET_TIMERSLACK, 1);
        fds_raise();
        rc = serve(&set, err);
    }
    setting_free(&set);
    return rc ? rc : EXIT_GOOD;
}
