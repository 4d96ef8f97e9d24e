#include "base/fds.h"

#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
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

uint16_t fds_port(int fd)
{
    struct sockaddr_storage a;
    socklen_t n = sizeof(a);

    if (getsockname(fd, (struct sockaddr *)&a, &n))
        return 0;
    if (a.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)(void *)&a)->sin6_port);
    return ntohs(((struct sockaddr_in *)(void *)&a)->sin_port);
}
