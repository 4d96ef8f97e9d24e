#include "load/stamp_works.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "load/stamp.h"

/* Two ends of a TCP connection to ourselves; -1 where there is none to be had. */
static int connect_pair(int ends[2])
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof(a);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ends[1] = -1;
    if (listener >= 0 && !bind(listener, (struct sockaddr *)&a, sizeof(a)) &&
        !listen(listener, 1) && !getsockname(listener, (struct sockaddr *)&a, &n) &&
        !connect(ends[0], (struct sockaddr *)&a, sizeof(a)))
        ends[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (listener >= 0)
        close(listener);
    return ends[1] < 0 ? -1 : 0;
}

/* The kernel begins to stamp a moment after the first socket has asked for it. */
static bool try_it(int from, int to)
{
    enum { TRIES = 20, WAIT_MS = 100, PAUSE_US = 1000 };
    struct stamper *s = mem_alloc(sizeof(*s));
    bool works = false;

    stamper_init(s, &clock_system);
    stamp_enable(to);
    for (int i = 0; i < TRIES && !works; i++) {
        struct pollfd ready = { .fd = to, .events = POLLIN };
        char byte = 0;

        if (write(from, &byte, 1) != 1 || poll(&ready, 1, WAIT_MS) != 1)
            break;
        works = stamp_read(s, to, 1, NS_ABSENT, i).kind == STAMP_KERNEL;
        if (read(to, &byte, 1) != 1)
            break;
        usleep(PAUSE_US);
    }
    free(s);
    return works;
}

bool stamp_works(void)
{
    int ends[2];
    bool works = !connect_pair(ends) && try_it(ends[0], ends[1]);

    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    return works;
}
