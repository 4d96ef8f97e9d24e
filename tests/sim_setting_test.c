#include "sim/setting.h"

#include <stdlib.h>
#include <unistd.h>

#include "sim_play.h"
#include "test.h"

TEST(sim_settings_have_defaults)
{
    struct setting set;

    setting_init(&set);
    assert_string_equal(set.listen, "127.0.0.1:8080");
    assert_int_equal(set.seed, 1);
    assert_int_equal(set.n_regions, 1);
    assert_string_equal(set.regions[0].name, "dal");
    assert_true(set.truth_frames);
    assert_int_equal(set.rates.limit[QUOTA_RPM], -1);
    assert_true(set.queue_median > 0.0199 && set.queue_median < 0.0201);
    assert_int_equal(set.cache_lifetime, 7200 * NS_PER_S);
    setting_free(&set);
}

TEST(sim_settings_are_read_from_flags)
{
    struct setting set;
    struct err err;

    setting_init(&set);
    assert_int_equal(
        sim_flags(
            &set,
            "--seed=9 --flood --truth-frames=off --key a,b --key c --limit rpm=30,tpm=6k "
            "--regions dal:0.7,fra:0.3:45ms --fault 503=1%,stall:500=1/7",
            &err),
        0);
    assert_int_equal(set.seed, 9);
    assert_true(set.flood);
    assert_false(set.truth_frames);
    assert_int_equal(set.n_keys, 3);
    assert_string_equal(set.keys[2], "c");
    assert_int_equal(set.rates.limit[QUOTA_RPM], 30);
    assert_int_equal(set.rates.limit[QUOTA_RPD], -1);
    assert_int_equal(set.rates.limit[QUOTA_TPM], 6000);
    assert_int_equal(set.n_regions, 2);
    assert_string_equal(set.regions[1].name, "fra");
    assert_int_equal(set.regions[1].delay, 45 * NS_PER_MS);
    assert_int_equal(set.n_faults, 2);
    assert_int_equal(set.faults[1].every, 7);
    assert_int_equal(set.faults[1].choice.arg, 500);
    setting_free(&set);
}

TEST(sim_settings_that_are_wrong_are_refused)
{
    static const char *const cases[] = {
        "--nonsense 1",
        "seed 1",
        "--seed",
        "--seed x",
        "--flood=maybe",
        "--speed 0",
        "--speed nan",
        "--flex-498 1.5",
        "--queue-median 20",
        "--plan gold",
        "--limit rps=3",
        "--limit rpm",
        "--limit rpm=x",
        "--regions dal:x",
        "--regions dal:1:2",
        "--fault gremlins=1",
        "--fault 503",
        "--output 0",
        "--output 2M",
        "--port-fd -1",
        "--profile /nowhere/x",
        "--reserve some",
        "--spend-limit lots",
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct setting set;
        struct err err = { 0 };

        setting_init(&set);
        assert_int_equal(sim_flags(&set, cases[i], &err), -1);
        assert_true(err.msg[0]);
        setting_free(&set);
    }
}

static int read_text(struct setting *set, const char *text, struct err *err)
{
    char path[] = "/tmp/tokdyno-sim-XXXXXX";
    int fd = mkstemp(path);
    int rc;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    rc = setting_profile(set, path, err);
    unlink(path);
    return rc;
}

TEST(sim_settings_are_read_from_a_profile)
{
    struct setting set;
    struct err err;

    setting_init(&set);
    assert_int_equal(read_text(&set,
                               "# a slow day\n---\nseed: 3\n\nqueue-median: 200ms  # slow\n"
                               "flood: on\nregions: [dal:1, fra:2]\nfault: 503=0.5\n"
                               "edge: \"ORD\"\nlisten: 127.0.0.1:0\n",
                               &err),
                     0);
    assert_int_equal(set.seed, 3);
    assert_true(set.queue_median > 0.19 && set.queue_median < 0.21);
    assert_true(set.flood);
    assert_int_equal(set.n_regions, 2);
    assert_int_equal(set.n_faults, 1);
    assert_string_equal(set.edge, "ORD");
    assert_string_equal(set.listen, "127.0.0.1:0");
    setting_free(&set);
}

TEST(sim_profiles_that_are_wrong_say_where)
{
    static const struct {
        const char *text;
        const char *line;
    } cases[] = {
        { "seed: 1\nsede: 2\n", ":2:" },
        { "seed 1\n", ":1:" },
        { "\n\nseed: x\n", ":3:" },
        { "profile: other.yaml\n", ":1:" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct setting set;
        struct err err = { 0 };

        setting_init(&set);
        assert_int_equal(read_text(&set, cases[i].text, &err), -1);
        assert_non_null(strstr(err.msg, cases[i].line));
        setting_free(&set);
    }
}
