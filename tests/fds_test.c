#include "test.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fds.h"

static int open_files(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

TEST(fds_room_leaves_nothing_open_whatever_is_asked_for)
{
    static const size_t wanted[] = { 0, 1, 100, 100000000, SIZE_MAX };
    int before = open_files();

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        fds_reserve(wanted[i]);
        assert_int_equal(open_files(), before);
    }
}

TEST(fds_raise_takes_all_that_may_be_had)
{
    struct rlimit before, after, low;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    low.rlim_cur = 64;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    fds_raise();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &after), 0);
    assert_int_equal(after.rlim_cur, before.rlim_max);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}
