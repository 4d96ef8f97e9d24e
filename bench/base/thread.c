#include "base/thread.h"

#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"

/* struct sched_attr of the kernel, whose header clashes with that of the C library. */
struct attributes {
    uint32_t size;
    uint32_t policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t slice; /* ns; sched_runtime */
    uint64_t deadline;
    uint64_t period;
};

/* Policy and nice value stay what the user has made them. */
void thread_prompt(void)
{
    struct attributes a = { .size = sizeof(a) };

    if (syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0) ||
        (a.policy != SCHED_OTHER && a.policy != SCHED_BATCH))
        return;
    a.slice = 100 * NS_PER_US;
    syscall(SYS_sched_setattr, 0, &a, 0);
}

void thread_background(void)
{
    struct sched_param none = { 0 };

    sched_setscheduler(0, SCHED_IDLE, &none);
}
