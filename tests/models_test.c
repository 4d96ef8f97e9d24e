#include "reports/models.h"

#include <jansson.h>
#include <stdlib.h>

#include "files.h"
#include "test.h"

static void read_file(struct models_told *m, const char *file)
{
    char *text = test_file(file, NULL);
    struct err err = { 0 };

    if (models_read(m, str_of(text), str_of(""), &err))
        fail_msg("%s: %s", file, err.msg);
    free(text);
}

TEST(models_lists_are_read_with_all_but_the_id_optional)
{
    struct models_told m;

    read_file(&m, "wire/models/list.json");
    assert_int_equal(m.n, 2);
    assert_string_equal(m.list[0].id, "openai/gpt-oss-20b");
    assert_string_equal(m.list[0].owner, "OpenAI");
    assert_int_equal(m.list[0].active, 1);
    assert_int_equal(m.list[0].created_s, 1754407957);
    assert_int_equal(m.list[0].context, 131072);
    assert_int_equal(m.list[0].max_completion, 65536);
    assert_int_equal(m.list[0].input_nusd, -1);
    assert_int_equal(m.list[1].context, 448);
    assert_non_null(models_find(&m, "whisper-large-v3"));
    assert_null(models_find(&m, "whisper"));
    models_free(&m);

    read_file(&m, "wire/models/one.json");
    assert_int_equal(m.n, 1);
    assert_string_equal(m.list[0].id, "openai/gpt-oss-20b");
    models_free(&m);

    read_file(&m, "wire/models/priced.json");
    assert_int_equal(m.list[0].input_nusd, 800000000);
    assert_int_equal(m.list[0].output_nusd, 4000000000);
    assert_string_equal(m.list[0].takes, "text, image");
    assert_string_equal(m.list[0].gives, "text");
    models_free(&m);
}

TEST(models_that_are_none_are_not_made_up)
{
    static const struct {
        const char *json;
        int n; /* -1: refused */
    } cases[] = {
        { "{\"data\":[]}", 0 },
        { "{\"data\":[{\"object\":\"model\"},7,null,{\"id\":\"\"},{\"id\":\"a\"}]}", 1 },
        { "{\"data\":[{\"id\":\"a\",\"context_window\":\"x\",\"active\":1,\"pricing\":[]}]"
          "}",
          1 },
        { "{\"object\":\"list\"}", -1 },
        { "{\"data\":null}", -1 },
        { "{\"data\":[{\"id\":\"a\"}", -1 },
        { "[]", -1 },
        { "<html>", -1 },
        { "", -1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct models_told m;
        struct err err = { 0 };
        int rc = models_read(&m, str_of(cases[i].json), str_of(""), &err);

        if (rc != (cases[i].n < 0 ? -1 : 0) || (!rc && (int)m.n != cases[i].n))
            fail_msg("%s: %d, %zu models", cases[i].json, rc, m.n);
        models_free(&m);
    }
}

TEST(models_prices_are_exact_decimals)
{
    static const struct {
        const char *text;
        int64_t want;
    } cases[] = {
        { "0.00000015", 150000000 },
        { "0.000000075", 75000000 },
        { "0.0000000375", 37500000 },
        { "0", 0 },
        { "0.000000000000001", 1 },
        { "0.0000000000000019", 1 },
        { "1", 1000000000000000 },
        { ".5", 500000000000000 },
        { " 0.000001 ", 1000000000 },
        { "", -1 },
        { "x", -1 },
        { "-1", -1 },
        { "1e-7", -1 },
        { "0.1.2", -1 },
        { "99999999999999999999", -1 },
        { "100000", -1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        if (models_price(str_of(cases[i].text)) != cases[i].want)
            fail_msg("\"%s\" is %lld", cases[i].text,
                     (long long)models_price(str_of(cases[i].text)));
}

TEST(models_names_hold_no_secret_and_no_control_character)
{
    static const char json[] =
        "{\"data\":[{\"id\":\"a\\u001b[31m\",\"owned_by\":\"gsk_verysecret1\"}]}";
    struct models_told m;
    struct err err;

    assert_int_equal(models_read(&m, str_of(json), str_of("hunter2"), &err), 0);
    assert_null(strchr(m.list[0].id, '\x1b'));
    assert_null(strstr(m.list[0].owner, "verysecret"));
    models_free(&m);
}

TEST(models_of_server_and_catalogue_are_put_together_and_the_server_wins)
{
    struct catalogue c;
    struct models_told m;
    struct err err = { 0 };
    struct models_page page = { "http://x/v1", "free", &m, &c, false };
    struct buf out = { 0 };
    json_t *root, *first;

    if (catalogue_read(&c, test_path("../scenarios/catalogue/groq.yaml"), &err))
        fail_msg("%s", err.msg);
    read_file(&m, "wire/models/priced.json");
    report_models_json(&out, &page);
    root = json_loads(out.p, 0, NULL);
    first = json_array_get(json_object_get(root, "models"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "id")),
                        "qwen/qwen3.8-27b");
    assert_int_equal(json_integer_value(json_object_get(first, "context")), 131072);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(first, "price_nusd"), "input")),
        800000000);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(first, "limits"), "tpm")), 8000);
    assert_int_equal(json_array_size(json_object_get(root, "models")), 1);
    json_decref(root);
    buf_clear(&out);
    page.unlisted = true;
    report_models_text(&out, &page, false);
    assert_non_null(strstr(out.p, "qwen/qwen3.8-27b"));
    assert_non_null(strstr(out.p, "not listed"));
    buf_free(&out);
    models_free(&m);
    catalogue_free(&c);
}
