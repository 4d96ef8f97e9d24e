#include "api/mask.h"

#include "test.h"

static void expect(const char *text, size_t max, const char *want)
{
    struct buf out;

    buf_init(&out, max);
    buf_str(&out, "");
    mask_text(&out, str_of(text), str_of("hunter-canary"));
    assert_string_equal(out.p, want);
    buf_free(&out);
}

TEST(mask_hides_what_could_be_a_secret)
{
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        { "plain text", "plain text" },
        { "the key hunter-canary is wrong", "the key *** is wrong" },
        { "xhunter-canaryx", "x***x" },
        { "in organization `org_01hxyzABC9` on", "in organization `org_***` on" },
        { "org_01, org_02", "org_***, org_***" },
        { "the organization", "the organization" },
        { "org-AbCdEfGhIjKlMnOpQrStUvWx on tokens", "org-*** on tokens" },
        { "org-wide", "org-wide" },
        { "Invalid key gsk_abcDEF123.", "Invalid key gsk_***." },
        { "GSK_ABC", "GSK_***" },
        { "sk-proj-abcdefgh12 x", "sk-*** x" },
        { "a task-force-of-many", "a task-force-of-many" },
        { "Bearer abc.def-ghi", "Bearer ***" },
        { "\"bearer abc\"", "\"bearer ***\"" },
        { "Authorization: Basic dXNlcjpwYXNz\r\nNext: x", "Authorization:*** Next: x" },
        { "https://user:pa@ss@host/path?x=a@b", "https://***@host/path?x=a@b" },
        { "https://host/a@b", "https://host/a@b" },
        { "see https://host", "see https://host" },
        { "gsk_", "gsk_" },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        expect(cases[i].text, 0, cases[i].want);
}

TEST(mask_puts_all_on_one_line)
{
    expect("  a\r\n\tb \x1b[1m\x7f"
           "c \n",
           0, "a b [1m c");
    expect("\n", 0, "");
    expect("gsk_a\ngsk_b", 0, "gsk_*** gsk_***");
}

TEST(mask_lets_nothing_through_that_drives_a_screen)
{
    expect("a\xC2\x9B"
           "31mb",
           0, "a 31mb");
    expect("a\xC2\x80\xC2\x9F"
           "b\xC2\xA0"
           "c",
           0,
           "a b\xC2\xA0"
           "c");
    expect("a\xE2\x80\xAE"
           "b\xE2\x80\xA8"
           "c\xE2\x80\x8B"
           "d\xE2\x81\xA6"
           "e\xEF\xBB\xBF"
           "f",
           0, "a b c d e f");
    expect("\xE2\x80\x93 \xE2\x82\xAC", 0, "\xE2\x80\x93 \xE2\x82\xAC");
}

TEST(mask_cuts_between_characters)
{
    expect("12345678", 8, "12345678");
    expect("123456789", 8, "12345678");
    expect("1234567\xC3\xA4", 8, "1234567");
    expect("123456\xC3\xA4", 8, "123456\xC3\xA4");
    expect("12345\xF0\x9F\x98\x80", 8, "12345");
    expect("1234567 9", 8, "1234567");
    expect("12345gsk_x", 8, "12345");
    expect("12 gsk_x", 8, "12 gsk_");
}

TEST(mask_finds_a_secret_behind_broken_utf8)
{
    expect("\xF0gsk_abc", 0, "\xF0gsk_***");
    expect("\xE2\x82gsk_abc", 0, "\xE2\x82gsk_***");
    expect("\xE2", 0, "\xE2");
}

TEST(mask_leaves_the_dummy_keys_of_keyless_servers)
{
    struct buf out;

    buf_init(&out, 0);
    mask_text(&out, str_of("an EMPTY answer"), str_of("EMPTY"));
    assert_string_equal(out.p, "an EMPTY answer");
    buf_free(&out);
}
