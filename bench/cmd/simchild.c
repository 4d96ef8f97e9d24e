#include "cmd/simchild.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"

enum { START_WAIT_MS = 10000, STOP_WAIT_MS = 10000, TAIL = 4096 };

/* In the child: only these two descriptors are handed on, and no variable that holds a key.
 */
static void become_sim(const char *const *argv, int port_fd, int control_fd)
{
    char *nothing[] = { NULL };

    setpgid(0, 0); /* Ctrl-C is for the parent, which drains */
    fcntl(port_fd, F_SETFD, 0);
    fcntl(control_fd, F_SETFD, 0);
    execve("/proc/self/exe", (char *const *)argv, nothing);
    _exit(127);
}

static int read_port(int fd, struct err *err)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    char text[16] = "";
    int port;
    ssize_t n;

    if (poll(&p, 1, START_WAIT_MS) != 1)
        return err_set(err, ERR_IO, "the simulator did not start within 10 s");
    n = read(fd, text, sizeof(text) - 1);
    port = n > 0 ? atoi(text) : 0;
    if (port <= 0)
        return err_set(err, ERR_IO,
                       "the simulator did not start (its message stands above)");
    return port;
}

static const char **make_argv(const char *truth_path, const char *catalogue, uint64_t seed,
                              const char *const *flags, size_t n_flags, int port_fd,
                              int control_fd, char text[3][24])
{
    const char **argv = mem_array(n_flags + 24, sizeof(*argv));
    size_t n = 0;

    snprintf(text[0], sizeof(text[0]), "%d", port_fd);
    snprintf(text[1], sizeof(text[1]), "%d", control_fd);
    snprintf(text[2], sizeof(text[2]), "%" PRIu64, seed);
    argv[n++] = "tokdyno";
    argv[n++] = "sim";
    argv[n++] = "--listen";
    argv[n++] = "127.0.0.1:0";
    argv[n++] = "--port-fd";
    argv[n++] = text[0];
    argv[n++] = "--until-eof-fd";
    argv[n++] = text[1];
    argv[n++] = "--seed";
    argv[n++] = text[2];
    argv[n++] = "--truth";
    argv[n++] = truth_path;
    argv[n++] = "--child";
    argv[n++] = "--quiet";
    if (catalogue) {
        argv[n++] = "--catalogue";
        argv[n++] = catalogue;
    }
    for (size_t i = 0; i < n_flags; i++)
        argv[n++] = flags[i];
    return argv;
}

static void reap(struct simchild *c)
{
    for (int waited = 0; waited < STOP_WAIT_MS; waited += 5) {
        if (waitpid(c->pid, NULL, WNOHANG) == c->pid)
            return;
        usleep(5000);
    }
    kill(c->pid, SIGKILL);
    waitpid(c->pid, NULL, 0);
}

int simchild_start(struct simchild *c, const char *truth_path, const char *catalogue,
                   uint64_t seed, const char *const *flags, size_t n_flags, struct err *err)
{
    int port_pipe[2], control_pipe[2], port;
    char text[3][24];
    const char **argv;

    if (pipe2(port_pipe, O_CLOEXEC))
        return err_set(err, ERR_IO, "no pipe for the simulator: %s", strerror(errno));
    if (pipe2(control_pipe, O_CLOEXEC)) {
        close(port_pipe[0]);
        close(port_pipe[1]);
        return err_set(err, ERR_IO, "no pipe for the simulator: %s", strerror(errno));
    }
    argv = make_argv(truth_path, catalogue, seed, flags, n_flags, port_pipe[1],
                     control_pipe[0], text);
    c->pid = fork();
    if (!c->pid)
        become_sim(argv, port_pipe[1], control_pipe[0]);
    free(argv);
    close(port_pipe[1]);
    close(control_pipe[0]);
    c->control = control_pipe[1];
    port = c->pid < 0
               ? err_set(err, ERR_IO, "no process for the simulator: %s", strerror(errno))
               : read_port(port_pipe[0], err);
    close(port_pipe[0]);
    if (port < 0) {
        close(c->control);
        if (c->pid > 0)
            reap(c);
        return -1;
    }
    snprintf(c->base_url, sizeof(c->base_url), "http://127.0.0.1:%d/openai/v1", port);
    return 0;
}

static void read_end_line(struct str line, ns_t *late_p99, ns_t *cpu)
{
    struct json j;
    struct str key, kind = { "", 0 };
    ns_t late = NS_ABSENT, used = NS_ABSENT;

    json_init(&j, line.p, line.n);
    if (!json_open_object(&j))
        return;
    while (json_key(&j, &key)) {
        if (str_is(key, "t"))
            json_text(&j, &kind);
        else if (str_is(key, "late_p99"))
            json_int(&j, &late);
        else if (str_is(key, "cpu_ns"))
            json_int(&j, &used);
        else
            json_skip(&j);
    }
    if (!json_done(&j) || !str_is(kind, "end"))
        return;
    *late_p99 = late;
    *cpu = used;
}

void simchild_stop(struct simchild *c, const char *truth_path, ns_t *late_p99, ns_t *cpu)
{
    char tail[TAIL + 1];
    FILE *f;
    size_t n, start;

    *late_p99 = *cpu = NS_ABSENT;
    close(c->control);
    reap(c);
    f = fopen(truth_path, "re");
    if (!f)
        return;
    if (fseek(f, -TAIL, SEEK_END))
        rewind(f);
    n = fread(tail, 1, TAIL, f);
    fclose(f);
    while (n && tail[n - 1] == '\n')
        n--;
    for (start = n; start && tail[start - 1] != '\n'; start--)
        ;
    read_end_line((struct str){ tail + start, n - start }, late_p99, cpu);
}
