#include "reports/child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static int run(const char *script, const char *in, size_t max, ns_t limit, struct buf *out,
               struct err *err)
{
    char sh[] = "sh", c[] = "-c", text[256];
    char *argv[] = { sh, c, text, NULL };
    struct buf input = { 0 }, said = { 0 };
    int rc;

    snprintf(text, sizeof(text), "%s", script);
    buf_str(&input, in);
    buf_init(out, max);
    buf_str(out, "");
    rc = child_run(argv, &input, out, &said, limit, err);
    buf_free(&input);
    buf_free(&said);
    return rc;
}

TEST(a_child_is_fed_and_heard)
{
    struct buf out;
    struct err err;

    assert_false(run("tr a-z A-Z", "hello", 0, 20 * NS_PER_S, &out, &err));
    assert_string_equal(out.p, "HELLO");
    buf_free(&out);
}

TEST(a_child_that_fails_says_why)
{
    static const struct {
        const char *script;
        size_t max;
        ns_t limit;
        const char *says;
    } cases[] = {
        { "echo no such thing >&2; exit 3", 0, 20 * NS_PER_S, "no such thing" },
        { "sleep 60", 0, 20 * NS_PER_MS, "took too long" },
        { "yes", 4096, 20 * NS_PER_S, "wrote too much" },
        { "kill -9 $$", 0, 20 * NS_PER_S, "did not run to its end" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out;
        struct err err;

        assert_true(run(cases[i].script, "", cases[i].max, cases[i].limit, &out, &err));
        if (!strstr(err.msg, cases[i].says))
            fail_msg("%s: %s", cases[i].script, err.msg);
        buf_free(&out);
    }
}

TEST(a_child_that_does_not_read_is_no_hang_and_no_signal)
{
    struct buf out;
    struct err err;
    char *much = malloc(1 << 20);

    memset(much, 'x', (1 << 20) - 1);
    much[(1 << 20) - 1] = '\0';
    assert_false(run("exec <&-; echo done", much, 0, 20 * NS_PER_S, &out, &err));
    assert_string_equal(out.p, "done\n");
    buf_free(&out);
    free(much);
}

TEST(a_program_that_is_not_there_is_told_apart)
{
    char name[] = "tokdyno-no-such-program";
    char *argv[] = { name, NULL };
    struct buf in = { 0 }, out = { 0 }, said = { 0 };
    struct err err;

    buf_str(&in, "");
    assert_true(child_run(argv, &in, &out, &said, NS_PER_S, &err));
    assert_int_equal(err.code, ERR_USAGE);
    buf_free(&in);
    buf_free(&out);
    buf_free(&said);
}
