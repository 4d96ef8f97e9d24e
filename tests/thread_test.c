#include "test.h"

#include <pthread.h>
#include <sched.h>

#include "base/thread.h"

/* In a thread of its own: what it asks for is not to stay with the other tests. */
static void *ask(void *found)
{
    int *policies = found;

    thread_prompt();
    policies[0] = sched_getscheduler(0);
    thread_background();
    policies[1] = sched_getscheduler(0);
    thread_prompt(); /* has no say over what runs in the background */
    policies[2] = sched_getscheduler(0);
    return NULL;
}

TEST(thread_prompt_keeps_the_policy_and_background_is_for_idle_cores)
{
    int before = sched_getscheduler(0), policies[3];
    pthread_t t;

    assert_int_equal(pthread_create(&t, NULL, ask, policies), 0);
    pthread_join(t, NULL);
    assert_int_equal(policies[0], before);
    assert_int_equal(policies[1], SCHED_IDLE);
    assert_int_equal(policies[2], SCHED_IDLE);
    assert_int_equal(sched_getscheduler(0), before);
}
