#include "data/yaml.h"

#include <stdlib.h>

#include "test.h"

static char *read_back(const char *text, size_t n, bool json)
{
    struct arena a = { 0 };
    struct err err = { 0 };
    const struct node *root;
    struct buf b;

    buf_init(&b, 0);
    if (yaml_tree(&root, &a, "f.yaml", text, n, &err)) {
        buf_str(&b, err.msg);
    } else if (json) {
        buf_str(&b, node_json_text(&a, root));
    } else {
        node_yaml(&b, root);
    }
    arena_free(&a);
    return buf_take(&b);
}

TEST(yaml_becomes_json_by_the_core_schema)
{
    static const struct {
        const char *in;
        const char *want;
    } cases[] = {
        { "a: 1\nb: [x, 'y', \"z\\n\"]\n", "{\"a\":1,\"b\":[\"x\",\"y\",\"z\\n\"]}" },
        { "[true, True, yes, null, ~, '', \"1\"]",
          "[true,true,\"yes\",null,null,\"\",\"1\"]" },
        { "[0, -1, +1, 1.50, 1e3, 007, .5, 1., 0x1F, 0o17, 12ab, 1.1.1, -, 1_0]",
          "[0,-1,1,1.50,1e3,7,0.5,1,31,15,\"12ab\",\"1.1.1\",\"-\",\"1_0\"]" },
        { "[18446744073709551616, 123456789012345678901234567890]",
          "[18446744073709551616,123456789012345678901234567890]" },
        { "a: &x {b: 1}\nc: *x\nd: [*x, *x]\n",
          "{\"a\":{\"b\":1},\"c\":{\"b\":1},\"d\":[{\"b\":1},{\"b\":1}]}" },
        { "a: >\n  folded\n  text\nb: |\n  kept\n  lines\n",
          "{\"a\":\"folded text\\n\",\"b\":\"kept\\nlines\\n\"}" },
        { "\xef\xbb\xbf# with a byte order mark\na: \xc3\xa4\n", "{\"a\":\"\xc3\xa4\"}" },
        { "a:\nb: 2\n", "{\"a\":null,\"b\":2}" },
        { "{\"a\":1,\"b\":[\"x\"]}", "{\"a\":1,\"b\":[\"x\"]}" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char *got = read_back(cases[i].in, strlen(cases[i].in), true);

        assert_string_equal(got, cases[i].want);
        free(got);
    }
}

TEST(yaml_says_where_it_is_wrong)
{
    static const struct {
        const char *in;
        const char *want;
    } cases[] = {
        { "", "f.yaml:1:1: the file holds nothing; expected keys with values" },
        { "# only a comment\n", "f.yaml:1:1: the file holds nothing; expected keys with "
                                "values" },
        { "a: 1\nb: 2\na: 3\n", "f.yaml:3:1: \"a\" is here twice, first in line 1" },
        { "a: {b: 1, b: 2}\n", "f.yaml:1:11: \"b\" is here twice, first in line 1" },
        { "a: &x [1, *x]\n", "f.yaml:1:11: *x stands inside of &x itself" },
        { "a: &x {b: {c: *x}}\n", "f.yaml:1:15: *x stands inside of &x itself" },
        { "a: !!str 5\n",
          "f.yaml:1:4: tag tag:yaml.org,2002:str; expected a value without a tag" },
        { "a: *x\n", "f.yaml:1:4: *x names nothing; expected an anchor &x above it" },
        { "a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document starts here; expected one" },
        { "a: \xff\n",
          "f.yaml:1:4: byte 0xff is not UTF-8; expected a text file in UTF-8" },
        { "b: \xc3\xa4\na: \xc3\n",
          "f.yaml:2:4: byte 0xc3 is not UTF-8; expected a text file in UTF-8" },
        { "a: \xed\xa0\x80\n",
          "f.yaml:1:4: byte 0xed is not UTF-8; expected a text file in UTF-8" },
        { "\xff\xfe"
          "a\x01",
          "f.yaml:1:1: byte 0xff is not UTF-8; expected a text file in "
          "UTF-8" },
        { "a: \x01\n", "f.yaml:1:4: not YAML: control characters are not allowed" },
        { "a: \"x\\0y\"\n", "f.yaml:1:4: text with a NUL character" },
        { "base_url: sim:\n",
          "f.yaml:1:14: not YAML: mapping values are not allowed in this context; check "
          "the "
          "indentation, and put text that holds \": \" or ends in \":\" in quotes, as "
          "\"sim:\"" },
        { "a: [1, 2\n", "f.yaml:2:1: not YAML: did not find expected ',' or ']'" },
        { "a:\n\t- 1\n",
          "f.yaml:2:1: not YAML: found character that cannot start any token; tabs do not "
          "indent, and text that starts with @, ` or % wants quotes" },
        { "? [a]\n: 1\n", "f.yaml:1:3: this cannot be a key; expected a name" },
        { "? {a: 1}\n: 1\n", "f.yaml:1:3: this cannot be a key; expected a name" },
        { "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
          "f.yaml:1:34: nested more than 32 deep" },
        { "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
          "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
          "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
          "f.yaml:2:8: more than 100000 values, aliases counted in full" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char *got = read_back(cases[i].in, strlen(cases[i].in), true);

        if (i + 1 == COUNT(cases))
            assert_non_null(
                strstr(got, "more than 100000 values, aliases counted in full"));
        else
            assert_string_equal(got, cases[i].want);
        free(got);
    }
}

TEST(yaml_written_reads_the_same)
{
    static const char *const cases[] = {
        "a: 1\nb: {c: [1, 2], d: {e: x, f: {g: 1, h: 2, i: 3, j: 4}}}\n",
        "- {name: warmup, rate: 1/s..40/s, x: {a: 1}}\n- [1, [2, {a: 3}]]\n- {}\n- []\n",
        "a: ['yes', 'true', true, '1', 1, null, '', '~', ' x ', '- x', '-', 'a: b', 'a "
        "#b']\n",
        "a: [\"\\x01\\x7f\\x85\\u2028\\ufeff\\u00a0\\n\\t\\\"\\\\ \\U0001F600\"]\n",
        "a: [sim:x, $5.00, 0.1%, +20%, '%x', '=', '<<', '<', 'x-', -1.5, 1/s, '*a', "
        "'&a']\n",
        "\"a b\": {\"c: d\": 1, \"\": 2}\n",
        "- - - 1\n    - 2\n  - a: {b: 1}\n    c:\n      - d: 1\n        e: [{f: 2, g: "
        "3}]\n",
        "plain text\n",
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char *json = read_back(cases[i], strlen(cases[i]), true);
        char *yaml = read_back(cases[i], strlen(cases[i]), false);
        char *again = read_back(yaml, strlen(yaml), true);

        assert_string_equal(again, json);
        free(json);
        free(yaml);
        free(again);
    }
}

TEST(yaml_damaged_at_any_byte_is_answered)
{
    static const char good[] = "a: &x [1, {b: 'c'}]\nd: \"e\\n\"\nf: *x\ng: |\n  text\n";
    char text[sizeof(good)];

    for (size_t i = 0; i < sizeof(good) - 1; i++)
        for (int c = 0; c < 256; c += 3) {
            memcpy(text, good, sizeof(good));
            text[i] = (char)c;
            free(read_back(text, sizeof(good) - 1, true));
            free(read_back(text, i, false));
        }
}

TEST(yaml_files_are_bounded)
{
    struct err err;
    struct buf b;

    assert_int_equal(yaml_slurp(&b, "/dev/zero", &err), -1);
    assert_string_equal(err.msg, "/dev/zero: more than 1 MiB; expected a small text file");
    assert_int_equal(yaml_slurp(&b, "/nowhere/at.all", &err), -1);
    assert_string_equal(err.msg, "/nowhere/at.all: No such file or directory");
    assert_int_equal(yaml_slurp(&b, "/", &err), -1);
    assert_string_equal(err.msg, "/: Is a directory");
}

TEST(yaml_trees_are_changed_by_making_new_ones)
{
    static const char text[] = "a: 1\nb: 2\n";
    struct arena a = { 0 };
    struct err err;
    const struct mark mark = { "--set", 0, 0 };
    const struct node *root;

    assert_int_equal(yaml_tree(&root, &a, "f", text, strlen(text), &err), 0);
    assert_string_equal(
        node_json_text(&a, node_with(&a, root, "a", mark, node_scalar(&a, mark, "x"))),
        "{\"a\":\"x\",\"b\":2}");
    assert_string_equal(
        node_json_text(&a, node_with(&a, root, "c", mark, node_scalar(&a, mark, "3"))),
        "{\"a\":1,\"b\":2,\"c\":3}");
    assert_string_equal(node_json_text(&a, node_with(&a, root, "a", mark, NULL)),
                        "{\"b\":2}");
    assert_string_equal(node_json_text(&a, root), "{\"a\":1,\"b\":2}");
    arena_free(&a);
}
