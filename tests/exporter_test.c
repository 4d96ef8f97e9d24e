#include "exporters/exporter.h"

#include "test.h"

TEST(an_export_is_a_kind_a_place_and_options)
{
    static const struct {
        const char *text;
        const char *kind;
        enum export_place place;
        const char *where;
        const char *option; /* the last of them; NULL: none */
        const char *value;
    } rows[] = {
        { "csv", "csv", PLACE_DEFAULT, NULL, NULL, NULL },
        { "csv=a.csv", "csv", PLACE_FILE, "a.csv", NULL, NULL },
        { "csv=a=b.csv", "csv", PLACE_FILE, "a=b.csv", NULL, NULL },
        { "csv=-", "csv", PLACE_STDOUT, "-", NULL, NULL },
        { "otlp", "otlp", PLACE_DEFAULT, NULL, NULL, NULL },
        { "otlp,spans=request", "otlp", PLACE_DEFAULT, NULL, "spans", "request" },
        { "otlp=http://c:4318,spans=request,sample=5%", "otlp", PLACE_URL, "http://c:4318",
          "spans", "request" },
        { "otlp=https://c/?a=b", "otlp", PLACE_URL, "https://c/?a=b", NULL, NULL },
        { "otlp=dir/run", "otlp", PLACE_FILE, "dir/run", NULL, NULL },
        { "otlp=a,b", "otlp", PLACE_FILE, "a,b", NULL, NULL },
    };
    struct arena a = { 0 };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct export_spec s;
        struct err err;

        assert_int_equal(export_spec_read(&s, rows[i].text, &a, &err), 0);
        assert_string_equal(s.kind->name, rows[i].kind);
        assert_int_equal(s.place, rows[i].place);
        if (rows[i].where)
            assert_string_equal(s.where, rows[i].where);
        else
            assert_null(s.where);
        if (!rows[i].option)
            continue;
        assert_string_equal(s.settings[s.n_settings - 1].name, rows[i].option);
        assert_string_equal(s.settings[s.n_settings - 1].value, rows[i].value);
    }
    arena_free(&a);
}

TEST(what_is_wrong_with_an_export_is_named_with_the_nearest_name)
{
    static const struct {
        const char *text;
        const char *said;
    } rows[] = {
        { "otpl", "did you mean \"otlp\"?" },
        { "", "no exporter" },
        { "otlp,span=request", "did you mean \"spans\"?" },
        { "otlp=http://c,span=request", "did you mean \"spans\"?" },
        { "otlp,spans", "NAME=VALUE" },
        { "otlp=", "where to?" },
        { "otlp=-", "one stream" },
        { "otlp=ftp://c", "http://" },
        { "otlp=:9464", "cannot be scraped" },
    };
    struct arena a = { 0 };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct export_spec s;
        struct err err;

        assert_int_equal(export_spec_read(&s, rows[i].text, &a, &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
        if (!strstr(err.msg, rows[i].said))
            fail_msg("%s: %s", rows[i].text, err.msg);
    }
    arena_free(&a);
}

TEST(the_table_of_exporters_is_whole)
{
    for (size_t i = 0; exporters[i]; i++) {
        const struct exporter *x = exporters[i];

        assert_non_null(x->name);
        assert_non_null(x->help);
        assert_non_null(x->mime);
        assert_non_null(x->open);
        assert_non_null(x->sink);
        assert_non_null(x->close);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(x->name, exporters[k]->name);
    }
}
