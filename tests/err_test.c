#include "test.h"

#include "base/err.h"

TEST(err_holds_code_and_message_and_fails)
{
    struct err e;

    assert_int_equal(err_set(&e, ERR_PARSE, "unknown key \"%s\"", "rat"), -1);
    assert_int_equal(e.code, ERR_PARSE);
    assert_string_equal(e.msg, "unknown key \"rat\"");
}

TEST(err_puts_the_place_in_front_and_keeps_the_code)
{
    struct err e;

    err_set(&e, ERR_IO, "no space");
    assert_int_equal(err_at(&e, "%s:%d", "chat.yaml", 3), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_string_equal(e.msg, "chat.yaml:3: no space");
    err_at(&e, "run");
    assert_string_equal(e.msg, "run: chat.yaml:3: no space");
}

TEST(err_cuts_what_is_too_long_and_keeps_both_beginnings)
{
    char place[1000], cause[1000];
    struct err e;

    memset(place, 'p', sizeof(place) - 1);
    memset(cause, 'c', sizeof(cause) - 1);
    place[sizeof(place) - 1] = cause[sizeof(cause) - 1] = '\0';
    err_set(&e, ERR_LIMIT, "%s", cause);
    assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
    err_at(&e, "%s", place);
    assert_true(strlen(e.msg) < sizeof(e.msg));
    assert_int_equal(e.msg[0], 'p');
    assert_non_null(strstr(e.msg, ": c"));
}
