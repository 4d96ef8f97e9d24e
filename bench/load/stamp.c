#include "load/stamp.h"

ns_t stamp_read(const struct clock *clock, int fd)
{
    (void)fd;
    return clock_now(clock);
}
