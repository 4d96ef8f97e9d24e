#include "base/fds.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <unistd.h>

void fds_raise(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files))
        return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

/* The table grows to hold the number that is asked for, and never shrinks. */
void fds_reserve(size_t n)
{
    struct rlimit files;
    int any, high;

    if (getrlimit(RLIMIT_NOFILE, &files))
        return;
    if (n >= files.rlim_cur)
        n = files.rlim_cur ? files.rlim_cur - 1 : 0;
    if (n > INT_MAX)
        return;
    any = open("/dev/null", O_RDONLY | O_CLOEXEC);
    high = any < 0 ? -1 : fcntl(any, F_DUPFD_CLOEXEC, (int)n);
    if (high >= 0)
        close(high);
    if (any >= 0)
        close(any);
}
