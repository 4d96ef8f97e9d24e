#include "base/fds.h"
#include "base/sysinfo.h"

#include "test.h"

TEST(ports_are_those_of_the_range_that_nobody_has_reserved)
{
    static const struct {
        const char *range;
        const char *reserved;
        int64_t want;
    } cases[] = {
        { "32768\t60999\n", "\n", 28232 },
        { "32768\t60999\n", "", 28232 },
        { "32768\t60999\n", "8080\n", 28232 },
        { "32768\t60999\n", "32768,40000,60999,61000\n", 28229 },
        { "32768\t60999\n", "32000-32769,40000-40009\n", 28220 },
        { "1024 1024", "", 1 },
        { "1024 1024", "1-65535", 0 },
        { "0\t65535", "", 65536 },
        { "32768\t60999\n", "40000-,5", 28232 }, /* what is no list reserves nothing */
        { "60999\t32768\n", "", -1 },
        { "32768", "", -1 },
        { "1 65536", "", -1 },
        { "-1 5", "", -1 },
        { "", "8080", -1 },
        { "many", "", -1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(sysinfo_ports(cases[i].range, cases[i].reserved), cases[i].want);
}

TEST(available_memory_is_a_line_in_kilobytes)
{
    static const struct {
        const char *text;
        int64_t want;
    } cases[] = {
        { "MemTotal:       24684436 kB\nMemFree:        1 kB\nMemAvailable:      2000 kB\n"
          "Buffers:  7 kB\n",
          2000 * 1024 },
        { "MemAvailable:\t0 kB\n", 0 },
        { "MemAvailable: -5 kB\n", -1 },
        { "MemAvailable: 5 MB\n", -1 },
        { "MemTotal:       24684436 kB\n", -1 },
        { "", -1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(sysinfo_memory(cases[i].text), cases[i].want);
}

/* What every Linux tells; a limit may be anything, but the soft one is never above. */
TEST(this_machine_tells_what_it_allows)
{
    struct sysinfo sys;

    sysinfo_read(&sys);
    assert_true(sys.cores >= 1);
    assert_true(sys.files_soft >= 3);
    assert_true(sys.files_hard >= sys.files_soft);
    assert_true(sys.memory != 0);
    fds_raise();
    sysinfo_read(&sys);
    assert_true(sys.files_hard == sys.files_soft);
}
