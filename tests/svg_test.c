#include "reports/svg.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

static char *through(const char *raw)
{
    struct buf in = { 0 }, out = { 0 };

    buf_str(&in, raw);
    svg_put(&out, &in, "p", "a <title>", false);
    buf_str(&out, "");
    buf_free(&in);
    return buf_take(&out);
}

TEST(a_picture_holds_only_what_draws)
{
    static const struct {
        const char *raw;
        const char *has; /* NULL: nothing to look for */
        const char *lacks;
    } cases[] = {
        { "<svg viewBox=\"0 0 10 20\"><path d='M0,0 1,1'/></svg>", "viewBox=\"0 0 10 20\"",
          NULL },
        { "<svg><path d='M0,0 1,1'/></svg>", "<path d=\"M0,0 1,1\"/>", NULL },
        { "<svg><script>alert(1)</script></svg>", NULL, "alert" },
        { "<svg><image href='http://a/b'/><a xlink:href='http://c'>x</a></svg>", NULL,
          "http://a" },
        { "<svg><use xlink:href='http://evil/#x'/></svg>", "<use/>", "evil" },
        { "<svg><use xlink:href='#gpPt1'/></svg>", "href=\"#p-gpPt1\"", NULL },
        { "<svg><g id='x' onclick='f()'><path d='M1'/></g></svg>", "<g id=\"p-x\">",
          "onclick" },
        { "<svg><path stroke='rgb(  0, 114, 178)'/></svg>", "stroke=\"#0072b2\"", "rgb" },
        { "<svg><path stroke='black'/></svg>", "stroke=\"#1f2328\"", "black" },
        { "<svg><text>a &lt; b</text></svg>", "<text>a &lt; b</text>", NULL },
        { "<svg><g fill='none'>\n</g><g>\n\t<g></g></g></svg>", NULL, "<g" },
        { "<svg><filter id='f'><feFlood/></filter><style>a{}</style></svg>", NULL,
          "feFlood" },
        { "<svg><title>theirs</title></svg>", "a &lt;title&gt;", "theirs" },
        { "<svg><path d='M0", "</svg>", NULL },
        { "<svg><g", "</svg>", NULL },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char *got = through(cases[i].raw);

        if (cases[i].has && !strstr(got, cases[i].has))
            fail_msg("%s lacks %s: %s", cases[i].raw, cases[i].has, got);
        if (cases[i].lacks && strstr(got, cases[i].lacks))
            fail_msg("%s has %s: %s", cases[i].raw, cases[i].lacks, got);
        free(got);
    }
}

TEST(what_is_no_picture_gives_nothing)
{
    char *got = through("gnuplot: command failed");

    assert_string_equal(got, "");
    free(got);
}

TEST(text_of_others_is_no_markup)
{
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        { "plain", "plain" },
        { "<script>", "&lt;script&gt;" },
        { "a & \"b\" 'c'", "a &amp; &quot;b&quot; &#39;c&#39;" },
        { "\x1b[31m", "?[31m" },
        { "caf\xC3\xA9", "caf\xC3\xA9" },
        { "\xFF", "\xEF\xBF\xBD" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out = { 0 };

        buf_str(&out, "");
        markup_put(&out, cases[i].text);
        assert_string_equal(out.p, cases[i].want);
        buf_free(&out);
    }
}
