#include "api/members.h"

#include <stdio.h>

#include "test.h"

/* What was read, in order: "a=1 b=x ". */
struct seen {
    char text[128];
};

static void note(struct json *j, void *ctx, const char *name)
{
    struct seen *s = ctx;
    struct str raw = { "", 0 };
    size_t n = strlen(s->text);

    json_raw(j, &raw);
    snprintf(s->text + n, sizeof(s->text) - n, "%s=%.*s ", name, (int)raw.n, raw.p);
}

static void read_a(struct json *j, void *ctx)
{
    note(j, ctx, "a");
}

static void read_b(struct json *j, void *ctx)
{
    note(j, ctx, "b");
}

static void read_in(struct json *j, void *ctx)
{
    static const struct member inner[] = {
        MEMBER("a", read_a),
        NO_MORE,
    };

    members_read(j, inner, ctx);
}

static void read_list(struct json *j, void *ctx)
{
    members_each(j, read_in, ctx);
}

static const struct member outer[] = {
    MEMBER("a", read_a),
    MEMBER("bb", read_b),
    MEMBER("in", read_in),
    MEMBER("list", read_list),
    NO_MORE,
};

TEST(members_read_what_is_asked_for_and_skip_the_rest)
{
    static const struct {
        const char *text;
        const char *want;
        bool good;
    } cases[] = {
        { "{}", "", true },
        { "{\"a\":1,\"bb\":\"x\"}", "a=1 b=\"x\" ", true },
        { "{\"b\":1,\"bbb\":2,\"\":3,\"A\":4}", "", true },
        { "{\"x\":{\"a\":9},\"y\":[{\"a\":8}],\"a\":[1,{\"bb\":2}]}", "a=[1,{\"bb\":2}] ",
          true },
        { "{\"in\":{\"bb\":1,\"a\":2},\"bb\":3}", "a=2 b=3 ", true },
        { "{\"in\":7,\"bb\":3}", "b=3 ", true },
        { "{\"in\":null,\"list\":null,\"bb\":3}", "b=3 ", true },
        { "{\"list\":[{\"a\":1},7,{},{\"a\":2}],\"bb\":3}", "a=1 a=2 b=3 ", true },
        { "{\"list\":{\"a\":1},\"bb\":3}", "b=3 ", true },
        { "{\"a\":1,\"a\":2}", "a=1 a=2 ", true },
        { "[1]", "", true },
        { "{\"a\":1", "a=1 ", false },
        { "{\"list\":[{\"a\":1}", "a=1 ", false },
        { "{\"in\":{\"a\":1},,}", "a=1 ", false },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct seen s = { "" };
        struct json j;

        json_init(&j, cases[i].text, strlen(cases[i].text));
        members_read(&j, outer, &s);
        assert_string_equal(s.text, cases[i].want);
        assert_int_equal(json_done(&j), cases[i].good);
    }
}
