#include "base/tame.h"

#include <string.h>

#include "test.h"

TEST(tame_leaves_nothing_that_drives_a_terminal)
{
    static const struct {
        const char *text, *plain, *coloured;
    } cases[] = {
        { "plain \xC3\xA4 \xE2\x80\x93 \xE2\x9C\x93\n",
          "plain \xC3\xA4 \xE2\x80\x93 \xE2\x9C\x93\n",
          "plain \xC3\xA4 \xE2\x80\x93 \xE2\x9C\x93\n" },
        { "\x1b[31mred\x1b[0m", "?[31mred?[0m", "\x1b[31mred\x1b[0m" },
        { "\x1b[2J\x1b]0;title\x07", "?[2J?]0;title?", "?[2J?]0;title?" },
        { "\x1b[1;31m", "?[1;31m", "?[1;31m" },
        { "\x1b[", "?[", "?[" },
        { "\x1b", "?", "?" },
        { "a\tb\r\x7F", "a?b??", "a?b??" },
        { "\xC2\x9B"
          "31m\xC2\xA0\xC2",
          "??31m\xC2\xA0\xC2", "??31m\xC2\xA0\xC2" },
        { "\xE2\x80\xAEx\xE2\x81\xA6\xE2\x80", "???x???\xE2\x80", "???x???\xE2\x80" },
        { "", "", "" },
    };
    char text[64];

    for (size_t i = 0; i < COUNT(cases); i++) {
        strcpy(text, cases[i].text);
        tame(text, strlen(text), false);
        assert_string_equal(text, cases[i].plain);
        strcpy(text, cases[i].text);
        tame(text, strlen(text), true);
        assert_string_equal(text, cases[i].coloured);
    }
}
