#include "api/schema.h"

#include "test.h"

static json_t *parse(const char *text)
{
    json_t *v = json_loads(text, JSON_DECODE_ANY, NULL);

    if (!v)
        fail_msg("no JSON: %s", text);
    return v;
}

static void expect(const char *schema, const char *value, enum schema_fit want)
{
    json_t *s = parse(schema), *v = parse(value);
    enum schema_fit got = schema_check(s, v);

    if (got != want)
        fail_msg("%s with %s: %d, expected %d", schema, value, got, want);
    json_decref(s);
    json_decref(v);
}

#define TREE                                                                               \
    "{\"$ref\":\"#/$defs/node\",\"$defs\":{\"node\":{\"type\":\"object\",\"properties\":{" \
    "\"v\":{\"type\":\"integer\"},\"kids\":{\"type\":\"array\",\"items\":{\"$ref\":"       \
    "\"#/$defs/node\"}}},\"required\":[\"v\"],\"additionalProperties\":false}}}"

TEST(schema_knows_what_fits_and_what_does_not)
{
    static const struct {
        const char *schema;
        const char *fits[4];
        const char * not [6];
    } cases[] = {
        { "{}", { "null", "1", "{}" }, { NULL } },
        { "true", { "null" }, { NULL } },
        { "false", { NULL }, { "null", "{}" } },
        { "{\"type\":\"string\"}", { "\"\"" }, { "1", "null", "[]", "{}", "true" } },
        { "{\"type\":\"integer\"}",
          { "1", "-3", "2.0", "1e3" },
          { "1.5", "\"1\"", "null" } },
        { "{\"type\":\"number\"}", { "1", "1.5" }, { "\"1\"", "true" } },
        { "{\"type\":\"boolean\"}", { "true", "false" }, { "0", "null" } },
        { "{\"type\":\"null\"}", { "null" }, { "0", "false", "\"\"" } },
        { "{\"type\":[\"string\",\"null\"]}", { "\"a\"", "null" }, { "1", "{}" } },
        { "{\"type\":\"colour\"}", { NULL }, { "1" } },
        { "{\"enum\":[\"a\",1,null]}", { "\"a\"", "1", "null", "1.0" }, { "\"b\"", "2" } },
        { "{\"const\":{\"a\":[1]}}", { "{\"a\":[1]}" }, { "{\"a\":[2]}", "{}" } },
        { "{\"properties\":{\"a\":{\"type\":\"number\"}}}",
          { "{}", "{\"a\":1}", "{\"b\":\"\"}", "[]" },
          { "{\"a\":\"1\"}" } },
        { "{\"required\":[\"a\",\"b\"]}",
          { "{\"a\":null,\"b\":1}", "1" },
          { "{}", "{\"a\":1}" } },
        { "{\"properties\":{\"a\":{}},\"additionalProperties\":false}",
          { "{}", "{\"a\":1}" },
          { "{\"b\":1}", "{\"a\":1,\"b\":1}" } },
        { "{\"properties\":{\"a\":{}},\"additionalProperties\":{\"type\":\"string\"}}",
          { "{\"a\":1,\"b\":\"x\"}" },
          { "{\"b\":1}" } },
        { "{\"minProperties\":1,\"maxProperties\":2}",
          { "{\"a\":1}", "[]" },
          { "{}", "{\"a\":1,\"b\":1,\"c\":1}" } },
        { "{\"items\":{\"type\":\"number\"}}", { "[]", "[1,2]", "{}" }, { "[1,\"2\"]" } },
        { "{\"prefixItems\":[{\"type\":\"string\"}],\"items\":{\"type\":\"number\"}}",
          { "[]", "[\"a\"]", "[\"a\",1,2]" },
          { "[1]", "[\"a\",\"b\"]" } },
        { "{\"prefixItems\":[{}],\"items\":false}", { "[1]", "[]" }, { "[1,2]" } },
        { "{\"minItems\":1,\"maxItems\":2}", { "[1]", "[1,2]" }, { "[]", "[1,2,3]" } },
        { "{\"uniqueItems\":true}", { "[1,2,\"1\"]", "[]" }, { "[1,2,1]", "[1,1.0]" } },
        { "{\"uniqueItems\":false}", { "[1,1]" }, { NULL } },
        { "{\"minLength\":2,\"maxLength\":3}",
          { "\"ab\"", "\"\xC3\xA9\xE4\xB8\x96\"",
            "\"\xF0\x9F\x9A\x80"
            "ab\"",
            "7" },
          { "\"a\"", "\"abcd\"" } },
        { "{\"minimum\":1,\"maximum\":2.5}", { "1", "2.5", "\"9\"" }, { "0.9", "3" } },
        { "{\"exclusiveMinimum\":1,\"exclusiveMaximum\":2}", { "1.5" }, { "1", "2" } },
        { "{\"multipleOf\":0.1}", { "0.3", "1", "0" }, { "0.35" } },
        { "{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":5,\"type\":\"number\"}]}",
          { "\"a\"", "5" },
          { "4", "null" } },
        { "{\"oneOf\":[{\"minimum\":2},{\"maximum\":5}]}", { "1", "6" }, { "3" } },
        { "{\"allOf\":[{\"minimum\":2},{\"maximum\":5}]}", { "3" }, { "1", "6" } },
        { "{\"not\":{\"type\":\"null\"}}", { "1" }, { "null" } },
        { TREE,
          { "{\"v\":1}", "{\"v\":1,\"kids\":[{\"v\":2,\"kids\":[]}]}" },
          { "{\"v\":1,\"kids\":[{\"v\":\"2\"}]}", "{\"v\":1,\"kids\":[{}]}",
            "{\"v\":1,\"kids\":[{\"v\":2,\"kids\":[{\"v\":3,\"x\":0}]}]}" } },
        { "{\"properties\":{\"a/b\":{\"type\":\"null\"},\"c\":{\"$ref\":"
          "\"#/properties/a~1b\"}}}",
          { "{\"c\":null}" },
          { "{\"c\":1}" } },
        { "{\"type\":\"object\",\"properties\":{\"next\":{\"$ref\":\"#\"}},"
          "\"additionalProperties\":false}",
          { "{\"next\":{\"next\":{}}}" },
          { "{\"next\":{\"next\":1}}", "{\"next\":{\"nxt\":{}}}" } },
        /* what only describes */
        { "{\"title\":\"t\",\"description\":\"d\",\"format\":\"date\",\"default\":1}",
          { "\"no date\"", "1" },
          { NULL } },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t k = 0; k < COUNT(cases[i].fits) && cases[i].fits[k]; k++)
            expect(cases[i].schema, cases[i].fits[k], SCHEMA_FITS);
        for (size_t k = 0; k < COUNT(cases[i].not ) && cases[i].not [k]; k++)
            expect(cases[i].schema, cases[i].not [k], SCHEMA_FITS_NOT);
    }
}

TEST(schema_says_where_it_cannot_tell)
{
    static const char *const schemas[] = {
        ("{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},"
         "\"b\":{\"$ref\":\"#/$defs/a\"}}}"),
        "{\"$ref\":\"#\"}",
        "{\"$ref\":\"#/nowhere\"}",
        "{\"$ref\":\"https://example.com/schema.json\"}",
        "{\"not\":{\"$ref\":\"#\"}}",
        "{\"anyOf\":[{\"type\":\"null\"},{\"$ref\":\"#/nowhere\"}]}",
    };

    for (size_t i = 0; i < COUNT(schemas); i++)
        expect(schemas[i], "1", SCHEMA_NO_END);
    expect("{\"type\":\"null\",\"$ref\":\"#/nowhere\"}", "1", SCHEMA_FITS_NOT);
}

TEST(schema_gives_up_on_what_would_take_for_ever)
{
    json_t *schema = parse("{\"uniqueItems\":true}"), *value = json_pack("[]");

    for (int i = 0; i < 5000; i++)
        json_array_append_new(value, json_integer(i));
    assert_int_equal(schema_check(schema, value), SCHEMA_NO_END);
    json_decref(schema);
    json_decref(value);
}

TEST(schema_names_the_keywords_that_nobody_checks)
{
    static const struct {
        const char *schema;
        const char *want;
    } cases[] = {
        { "{\"type\":\"string\",\"format\":\"date\",\"title\":\"t\"}", "" },
        { "{\"pattern\":\"^a\"}", "pattern" },
        { "{\"properties\":{\"pattern\":{\"type\":\"string\"}}}", "" },
        { "{\"properties\":{\"a\":{\"pattern\":\"a\"},\"b\":{\"items\":{\"pattern\":\"b\","
          "\"if\":{}}}}}",
          "pattern, if" },
        { "{\"anyOf\":[{\"dependentRequired\":{}}],\"$defs\":{\"x\":{\"contains\":{}}}}",
          "dependentRequired, contains" },
        { "true", "" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *schema = parse(cases[i].schema);
        struct buf got;

        buf_init(&got, 0);
        buf_str(&got, "");
        schema_unchecked(schema, &got);
        assert_string_equal(got.p, cases[i].want);
        buf_free(&got);
        json_decref(schema);
    }
}
