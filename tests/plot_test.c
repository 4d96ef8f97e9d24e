#include "reports/plot.h"

#include <stdio.h>
#include <string.h>

#include "data/places.h"
#include "reports/palette.h"
#include "test.h"

TEST(every_plot_has_its_script_and_a_name_of_its_own)
{
    for (size_t i = 0; i < n_plots; i++) {
        char file[64], path[4200];

        snprintf(file, sizeof(file), "plots/%s.gp", plots[i].name);
        if (!places_report(file, path, sizeof(path)))
            fail_msg("%s is not there", file);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(plots[i].name, plots[k].name);
    }
}

/* The style sheet finds a colour by its value: two of the same could not be told apart. */
TEST(every_colour_is_of_its_own)
{
    for (size_t i = 0; i < n_palette; i++)
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(palette[i].light, palette[k].light);
            assert_string_not_equal(palette[i].name, palette[k].name);
        }
}

TEST(text_of_others_gives_gnuplot_no_commands)
{
    static const struct {
        const char *text;
        const char *word;
        const char *text_set;
    } cases[] = {
        { "openai/gpt-oss-20b", "openai/gpt-oss-20b", "x = 'openai/gpt-oss-20b'\n" },
        { "'; system('id'); '", "??\xC2\xA0system??id???\xC2\xA0?", NULL },
        { "`id`", "?id?", "x = '?id?'\n" },
        { "a\nEND\nset output 'x'", "a?END?set\xC2\xA0output\xC2\xA0?x?", NULL },
        { "@macro \\ $v \"q\" {/b}", "?macro\xC2\xA0?\xC2\xA0?v\xC2\xA0?q?\xC2\xA0?/b?",
          NULL },
        { "\xC3\xBC\xFF\xC2\x9B",
          "\xC3\xBC"
          "?"
          "?",
          "x = '\xC3\xBC?"
          "?'\n" },
        { "", "-", "x = ''\n" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sketch s = { 0 };
        struct buf word = { 0 };

        sketch_word(&word, cases[i].text);
        sketch_text(&s, "x", cases[i].text);
        assert_string_equal(word.p, cases[i].word);
        if (cases[i].text_set)
            assert_string_equal(s.data.p, cases[i].text_set);
        buf_free(&word);
        sketch_free(&s);
    }
}

TEST(axes_have_round_tics)
{
    static const struct {
        double most;
        const char *want;
    } cases[] = {
        { 10, "x_end = 10.6\nx_tic = 5\n" },
        { 950, "x_end = 1007\nx_tic = 500\n" },
        { 0.02, "x_end = 0.0212\nx_tic = 0.01\n" },
        { 0, "x_end = 1\nx_tic = 0.5\n" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sketch s = { 0 };

        sketch_axis(&s, "x", cases[i].most);
        assert_string_equal(s.data.p, cases[i].want);
        sketch_free(&s);
    }
}
