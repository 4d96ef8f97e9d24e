#include "load/procfs.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

static const char stat[] = "cpu  100 2 30 4000 5 0 7 81 9 0\n"
                           "cpu0 50 1 15 2000 2 0 3 40 4 0\n"
                           "intr 12345 0 9\n";

static const char netstat[] = "TcpExt: SyncookiesSent TCPRcvQDrop TCPBacklogDrop\n"
                              "TcpExt: 1 22 333\n"
                              "IpExt: InNoRoutes InOctets\n"
                              "IpExt: 4 18446744073709551615\n"
                              "MPTcpExt: MPCapableSYNRX\n"
                              "MPTcpExt: 5\n";

static const char cpu_stat[] = "usage_usec 10\nnr_throttled 40\nthrottled_usec 2100000\n";

TEST(a_field_of_a_line_is_found_by_its_place)
{
    static const struct {
        const char *text;
        const char *name;
        unsigned n;
        bool found;
        uint64_t want;
    } cases[] = {
        { stat, "cpu", 8, true, 81 },
        { stat, "cpu", 1, true, 100 },
        { stat, "cpu0", 8, true, 40 },
        { stat, "cpu", 11, false, 0 },
        { stat, "cpu1", 1, false, 0 },
        { stat, "pu", 1, false, 0 },
        { cpu_stat, "nr_throttled", 1, true, 40 },
        { cpu_stat, "throttled_time", 1, false, 0 },
        { "cpu x\n", "cpu", 1, false, 0 },
        { "cpu -1\n", "cpu", 1, false, 0 },
        { "", "cpu", 1, false, 0 },
        { "cpu", "cpu", 1, false, 0 },
        { "cpu 12345678901234567890\n", "cpu", 1, false, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t v = 0;

        if (procfs_field(cases[i].text, cases[i].name, cases[i].n, &v) != cases[i].found ||
            v != cases[i].want)
            fail_msg("case %zu: %llu", i, (unsigned long long)v);
    }
}

TEST(a_value_of_a_table_is_found_below_its_name)
{
    static const struct {
        const char *text;
        const char *table;
        const char *name;
        bool found;
        uint64_t want;
    } cases[] = {
        { netstat, "TcpExt:", "TCPRcvQDrop", true, 22 },
        { netstat, "TcpExt:", "TCPBacklogDrop", true, 333 },
        { netstat, "IpExt:", "InNoRoutes", true, 4 },
        { netstat, "IpExt:", "InOctets", false, 0 }, /* beyond all that we count */
        { netstat, "TcpExt:", "TCPRcvQ", false, 0 },
        { netstat, "TcpExt:", "InNoRoutes", false, 0 },
        { netstat, "Tcp:", "RetransSegs", false, 0 },
        { "Tcp: A B\nTcp: 1\n", "Tcp:", "B", false, 0 },
        { "Tcp: A\n", "Tcp:", "A", false, 0 },
        { "Tcp: MaxConn Retrans\nTcp: -1 7\n", "Tcp:", "Retrans", true, 7 },
        { "Tcp: MaxConn Retrans\nTcp: -1 7\n", "Tcp:", "MaxConn", false, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t v = 0;

        if (procfs_table(cases[i].text, cases[i].table, cases[i].name, &v) !=
                cases[i].found ||
            v != cases[i].want)
            fail_msg("case %zu: %llu", i, (unsigned long long)v);
    }
}

TEST(the_group_that_governs_the_processor_is_found_in_both_versions)
{
    static const struct {
        const char *text;
        const char *want; /* "": none */
    } cases[] = {
        { "0::/user.slice/a.scope\n", "/sys/fs/cgroup/user.slice/a.scope" },
        { "0::/\n", "/sys/fs/cgroup/" },
        { "2:cpuacct:/x\n1:cpu:/y\n0::/z\n", "/sys/fs/cgroup/cpu/y" },
        { "4:cpu,cpuacct:/box:7\n", "/sys/fs/cgroup/cpu,cpuacct/box:7" },
        { "3:cpuset:/q\n", "" },
        { "", "" },
        { "nonsense\n:\n", "" },
        { "0::/cut", "" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf path;

        buf_init(&path, 0);
        buf_str(&path, "");
        assert_int_equal(procfs_cgroup(cases[i].text, &path), *cases[i].want != 0);
        assert_string_equal(path.p, cases[i].want);
        buf_free(&path);
    }
}

/* Each cut stands in memory of its own, so that a reader beyond it is caught. */
static char *cut_of(const char *text, size_t n)
{
    char *cut = malloc(n + 1);

    memcpy(cut, text, n);
    cut[n] = '\0';
    return cut;
}

TEST(a_text_that_is_cut_says_less_but_nothing_wrong)
{
    for (size_t n = 0; n < sizeof(netstat); n++) {
        char *cut = cut_of(netstat, n);
        uint64_t v = 333;

        procfs_table(cut, "TcpExt:", "TCPBacklogDrop", &v);
        assert_int_equal(v, 333);
        free(cut);
    }
    for (size_t n = 0; n < sizeof(stat); n++) {
        char *cut = cut_of(stat, n);
        uint64_t v = 81;

        procfs_field(cut, "cpu", 8, &v);
        assert_int_equal(v, 81);
        free(cut);
    }
    for (size_t n = 0; n < 24; n++) {
        char *cut = cut_of("1:cpu:/y\n0::/user/a.scope\n", n);
        struct buf path;

        buf_init(&path, 0);
        if (procfs_cgroup(cut, &path))
            assert_string_equal(path.p, "/sys/fs/cgroup/cpu/y");
        buf_free(&path);
        free(cut);
    }
}
