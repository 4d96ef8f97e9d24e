#include "cmd/selfrun.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/launch.h"

enum { LOOK_EVERY_US = 5000 };

void selfrun_pin(int core)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

static void send_to(int fd, const char *path, int how)
{
    int file = open(path, how | O_CLOEXEC, 0600);

    if (file >= 0)
        dup2(file, fd);
}

static void become_run(const struct selfrun *r, char *const *argv, pid_t parent)
{
    setpgid(0, 0); /* Ctrl-C is for us, who end it */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    if (r->core >= 0)
        selfrun_pin(r->core);
    send_to(STDIN_FILENO, "/dev/null", O_RDONLY);
    send_to(STDOUT_FILENO, "/dev/null", O_WRONLY);
    send_to(STDERR_FILENO, r->log, O_WRONLY | O_CREAT | O_TRUNC);
    execv("/proc/self/exe", argv);
    _exit(127);
}

static char **make_argv(const struct selfrun *r)
{
    char **argv = mem_array(r->n + 3, sizeof(*argv));

    argv[0] = mem_strdup("tokdyno");
    argv[1] = mem_strdup("run");
    for (size_t i = 0; i < r->n; i++)
        argv[i + 2] = mem_strdup(r->args[i]);
    return argv;
}

static void free_argv(char **argv)
{
    for (char **a = argv; *a; a++)
        free(*a);
    free(argv);
}

/* The last line it said, without its end. */
static void last_words(const char *log, char *text, size_t size)
{
    FILE *f = fopen(log, "re");

    snprintf(text, size, "it says nothing");
    while (f && fgets(text, (int)size, f))
        text[strcspn(text, "\n")] = '\0';
    if (f)
        fclose(f);
}

static int wait_for(const struct selfrun *r, pid_t pid, struct err *err)
{
    int status;
    pid_t ended;

    while (!(ended = waitpid(pid, &status, WNOHANG))) {
        if (r->interrupts->n) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            return err_set(err, ERR_IO, "interrupted");
        }
        usleep(LOOK_EVERY_US);
    }
    if (ended < 0)
        return err_set(err, ERR_IO, "lost sight of a run: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_WRONG_USE;
}

int selfrun(const struct selfrun *r, struct err *err)
{
    char **argv = make_argv(r);
    pid_t parent = getpid(), pid = fork();
    char words[160];
    int code;

    if (!pid)
        become_run(r, argv, parent);
    free_argv(argv);
    if (pid < 0)
        return err_set(err, ERR_IO, "no process for a run: %s", strerror(errno));
    code = wait_for(r, pid, err);
    if (code < 0 || code == EXIT_GOOD || code == EXIT_INVALID || code == EXIT_VERDICT)
        return code;
    last_words(r->log, words, sizeof(words));
    err_set(err, ERR_IO, "a run failed with %d: %s", code, words);
    return code == EXIT_TARGET ? code : -1;
}
