#include "base/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

/* A root with some files of /proc and /sys, each in folders of its own. */
static char root[64];

static void put(const char *path, const char *text)
{
    char whole[512];
    FILE *f;

    snprintf(whole, sizeof(whole), "%s%s", root, path);
    for (char *p = whole + strlen(root) + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(whole, 0700);
        *p = '/';
    }
    f = fopen(whole, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void make_root(void)
{
    strcpy(root, "/tmp/tokdyno-machine-XXXXXX");
    assert_non_null(mkdtemp(root));
}

static void drop_root(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", root);
    assert_int_equal(system(command), 0);
}

TEST(machine_reads_what_the_system_says)
{
    struct machine s;

    make_root();
    put("/proc/cpuinfo", "processor\t: 0\nmodel name\t: A Chip 9000\nmodel name\t: B\n");
    put("/proc/sys/kernel/random/boot_id", "0123-4567\n");
    put("/proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n");
    put("/proc/sys/net/core/somaxconn", "4096\n");
    put("/proc/loadavg", "1.25 0.48 0.40 1/200 4711\n");
    put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
    put("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
    machine_read(&s, root);
    assert_string_equal(s.cpu, "A Chip 9000");
    assert_string_equal(s.boot_id, "0123-4567");
    assert_string_equal(s.governor, "powersave");
    assert_string_equal(s.clock_source, "tsc");
    assert_int_equal(s.rmem_max, 6291456);
    assert_int_equal(s.wmem_max, -1);
    assert_int_equal(s.somaxconn, 4096);
    assert_int_equal(s.load_milli, 1250);
    assert_int_equal(s.cpu_limit_milli, -1);
    assert_true(s.cores >= 1 && s.sys.cores >= 1);
    drop_root();
}

TEST(machine_of_a_bare_machine_is_unknown)
{
    struct machine s;

    make_root();
    machine_read(&s, root);
    assert_string_equal(s.cpu, "");
    assert_int_equal(s.load_milli, -1);
    drop_root();
}

TEST(machine_opens_as_many_connections_as_ports_become_free)
{
    static const struct {
        struct sysinfo sys;
        int64_t per_s;
    } rows[] = {
        { { .ports = 28232, .tw_reuse = TW_REUSE_LOOPBACK }, 470 },
        { { .ports = 28232, .tw_reuse = TW_REUSE_OFF }, 470 },
        { { .ports = 28232, .tw_reuse = TW_REUSE_ALL }, 28232 },
        { { .ports = 28232, .tw_reuse = -1 }, 470 },
        { { .ports = -1, .tw_reuse = TW_REUSE_ALL }, -1 },
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(machine_connections_per_s(&rows[i].sys), rows[i].per_s);
}

TEST(machine_finds_the_tightest_cpu_limit_of_all_groups)
{
    static const struct {
        const char *groups;
        const char *path[2];
        const char *text[2];
        int64_t milli;
    } rows[] = {
        { "0::/a/b\n", { "/sys/fs/cgroup/a/cpu.max" }, { "50000 100000\n" }, 500 },
        { "0::/a/b\n",
          { "/sys/fs/cgroup/a/cpu.max", "/sys/fs/cgroup/a/b/cpu.max" },
          { "10000 100000\n", "max 100000\n" },
          100 },
        { "0::/\n", { "/sys/fs/cgroup/cpu.max" }, { "max 100000\n" }, -1 },
        { "0::/\n", { "/sys/fs/cgroup/cpu.max" }, { "150000 100000\n" }, 1500 },
        { "4:memory:/x\n2:cpu,cpuacct:/x\n",
          { "/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us",
            "/sys/fs/cgroup/cpu/x/cpu.cfs_period_us" },
          { "20000\n", "100000\n" },
          200 },
        { "2:cpuset:/x\n",
          { "/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us",
            "/sys/fs/cgroup/cpu/x/cpu.cfs_period_us" },
          { "20000\n", "100000\n" },
          -1 },
        { "2:cpuacct,cpu:/x\n",
          { "/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us" },
          { "-1\n" },
          -1 },
        { "rubbish\n", { NULL }, { NULL }, -1 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct machine s;

        make_root();
        put("/proc/self/cgroup", rows[i].groups);
        for (size_t k = 0; k < 2 && rows[i].path[k]; k++)
            put(rows[i].path[k], rows[i].text[k]);
        machine_read(&s, root);
        drop_root();
        if (s.cpu_limit_milli != rows[i].milli)
            fail_msg("row %zu: %lld", i, (long long)s.cpu_limit_milli);
    }
}
