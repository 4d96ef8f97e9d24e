#include "reports/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IN, OUT, SAID, N_ENDS };

struct child {
    pid_t pid;
    int fds[N_ENDS]; /* ours; -1: closed */
    size_t sent;
};

/* A socket for what it reads, so that its early death is an error and no signal. */
static int open_ends(int ours[N_ENDS], int its[N_ENDS], struct err *err)
{
    for (int i = 0; i < N_ENDS; i++)
        ours[i] = its[i] = -1;
    for (int i = 0; i < N_ENDS; i++) {
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
            return err_set(err, ERR_IO, "socketpair: %s", strerror(errno));
        ours[i] = pair[0];
        its[i] = pair[1];
        fcntl(ours[i], F_SETFL, O_NONBLOCK);
    }
    return 0;
}

static void close_ends(int fds[N_ENDS])
{
    for (int i = 0; i < N_ENDS; i++)
        if (fds[i] >= 0) {
            close(fds[i]);
            fds[i] = -1;
        }
}

/* What it needs of ours to be found and to write numbers with points. */
static int spawn(struct child *c, char *const argv[], int its[N_ENDS], struct err *err)
{
    char path[4096] = "PATH=/usr/local/bin:/usr/bin:/bin";
    char locale[] = "LC_ALL=C.UTF-8";
    char *env[] = { path, locale, NULL };
    const char *ours = getenv("PATH");
    posix_spawn_file_actions_t actions;
    int rc;

    if (ours && strlen(ours) < sizeof(path) - 6)
        strcpy(path + 5, ours);
    posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < N_ENDS; i++)
        posix_spawn_file_actions_adddup2(&actions, its[i], i);
    rc = posix_spawnp(&c->pid, argv[0], &actions, NULL, argv, env);
    posix_spawn_file_actions_destroy(&actions);
    if (rc)
        return err_set(err, rc == ENOENT ? ERR_USAGE : ERR_IO, "%s: %s", argv[0],
                       strerror(rc));
    return 0;
}

static void shut(int *fd)
{
    close(*fd);
    *fd = -1;
}

static void feed(struct child *c, const struct buf *in)
{
    ssize_t n = send(c->fds[IN], in->p + c->sent, in->len - c->sent, MSG_NOSIGNAL);

    if (n > 0)
        c->sent += (size_t)n;
    if (c->sent == in->len || (n < 0 && errno != EAGAIN && errno != EINTR))
        shut(&c->fds[IN]);
}

/* False where it wrote more than it may. */
static bool drain(int *fd, struct buf *to)
{
    char piece[65536];
    ssize_t n = read(*fd, piece, sizeof(piece));

    if (n > 0)
        return !buf_add(to, piece, (size_t)n);
    if (!n || (errno != EAGAIN && errno != EINTR))
        shut(fd);
    return true;
}

/* Until it has closed both; NULL, or why it is to be killed. */
static const char *talk(struct child *c, const struct buf *in, struct buf *out,
                        struct buf *said, ns_t limit)
{
    ns_t until = clock_now(&clock_system) + limit;

    while (c->fds[OUT] >= 0 || c->fds[SAID] >= 0) {
        ns_t left = until - clock_now(&clock_system);
        struct pollfd p[N_ENDS] = { { c->fds[IN], POLLOUT, 0 },
                                    { c->fds[OUT], POLLIN, 0 },
                                    { c->fds[SAID], POLLIN, 0 } };

        if (left <= 0)
            return "took too long";
        if (poll(p, N_ENDS, (int)(left / NS_PER_MS) + 1) < 0 && errno != EINTR)
            return "could not be waited for";
        if (p[IN].revents)
            feed(c, in);
        if (p[OUT].revents && !drain(&c->fds[OUT], out))
            return "wrote too much";
        if (p[SAID].revents && !drain(&c->fds[SAID], said))
            return "complained too much";
    }
    return NULL;
}

/* The last line with anything in it, which names the fault; those before repeat the input.
 */
static const char *last_line(struct buf *said)
{
    char *line;

    while (said->len && strchr(" \n", said->p[said->len - 1]))
        said->p[--said->len] = '\0';
    line = said->len ? strrchr(said->p, '\n') : NULL;
    if (line)
        return line + 1 + strspn(line + 1, " ");
    return said->len ? said->p : "nothing";
}

static int outcome_of(const char *name, const char *why, int status, struct buf *said,
                      struct err *err)
{
    const char *text = last_line(said);

    if (why)
        return err_set(err, ERR_IO, "%s %s; it said: %.160s", name, why, text);
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 127)
        return err_set(err, ERR_IO, "%s did not run to its end; it said: %.160s", name,
                       text);
    if (WEXITSTATUS(status))
        return err_set(err, ERR_IO, "%s failed; it said: %.160s", name, text);
    return 0;
}

int child_run(char *const argv[], const struct buf *in, struct buf *out, struct buf *said,
              ns_t limit, struct err *err)
{
    struct child c = { .pid = -1 };
    int its[N_ENDS], status = 0, rc = open_ends(c.fds, its, err);
    const char *why;

    if (!rc)
        rc = spawn(&c, argv, its, err);
    close_ends(its);
    if (!rc) {
        why = talk(&c, in, out, said, limit);
        if (why)
            kill(c.pid, SIGKILL);
        close_ends(c.fds);
        while (waitpid(c.pid, &status, 0) < 0 && errno == EINTR)
            ;
        rc = outcome_of(argv[0], why, status, said, err);
    }
    close_ends(c.fds);
    return rc;
}
