#include "api/multipart.h"

#include "test.h"

static const struct owned owned[] = { { .key = "model", .instead = "set it elsewhere" },
                                      { .key = NULL } };

#define PART(name)                                                                         \
    "--" MULTIPART_BOUNDARY "\r\nContent-Disposition: form-data; name=\"" name "\""
#define FIELD(name, value) PART(name) "\r\n\r\n" value "\r\n"

TEST(fields_of_the_body_become_parts_of_a_form)
{
    static const struct {
        const char *body;
        const char *want; /* NULL: refused */
        const char *says;
    } cases[] = {
        { "{}", "", NULL },
        { "{\"language\":\"en\"}", FIELD("language", "en"), NULL },
        { "{\"temperature\":0.5,\"x\":true,\"y\":null}",
          FIELD("temperature", "0.5") FIELD("x", "true") FIELD("y", "null"), NULL },
        { "{\"prompt\":\"a \\\"b\\\"\\u00fc\\n\"}", FIELD("prompt", "a \"b\"\xC3\xBC\n"),
          NULL },
        { "{\"prompt\":\"\"}", FIELD("prompt", ""), NULL },
        { "{\"g\":[\"word\",\"segment\"],\"h[]\":[1],\"i\":[]}",
          FIELD("g[]", "word") FIELD("g[]", "segment") FIELD("h[]", "1"), NULL },
        { "{\"model\":\"m\"}", NULL,
          "request.body must not hold \"model\": set it elsewhere" },
        { "{\"o\":{\"a\":1}}", NULL, "request.body.o does not fit into a form" },
        { "{\"o\":[[1]]}", NULL, "request.body.o[] does not fit into a form" },
        { "{\"a\\\"b\":1}", NULL, "request.body holds a name that no form can have" },
        { "{\"a\\r\\nb\":1}", NULL, "request.body holds a name that no form can have" },
        { "{\"a\\u0000b\":1}", NULL, "request.body holds a name that no form can have" },
        { "[1]", NULL, "request.body is not a JSON object" },
        { "{\"a\":1", NULL, "request.body is not a JSON object" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err = { 0 };
        struct buf b;
        int rc;

        buf_init(&b, 0);
        rc = multipart_fields(&b, cases[i].body, owned, &err);
        assert_int_equal(rc, cases[i].want ? 0 : -1);
        if (!rc)
            assert_string_equal(b.p ? b.p : "", cases[i].want);
        else if (strncmp(err.msg, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("%s: %s", cases[i].body, err.msg);
        buf_free(&b);
    }
}

TEST(the_type_of_a_file_goes_by_its_name)
{
    static const struct {
        const char *name, *shown, *type;
    } cases[] = {
        { "clip.wav", "clip.wav", "audio/wav" },
        { "A.FLAC", "A.FLAC", "audio/flac" },
        { "a.b.mp3", "a.b.mp3", "audio/mpeg" },
        { "batch.jsonl", "batch.jsonl", "application/jsonl" },
        { "none", "none", "application/octet-stream" },
        { "x\"y\r\n.ogg", "x_y__.ogg", "audio/ogg" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf got, want;

        buf_init(&got, 0);
        buf_init(&want, 0);
        multipart_file(&got, "file", cases[i].name);
        buf_printf(&want, PART("file") "; filename=\"%s\"\r\nContent-Type: %s\r\n\r\n",
                   cases[i].shown, cases[i].type);
        assert_string_equal(got.p, want.p);
        buf_free(&got);
        buf_free(&want);
    }
}

TEST(bytes_that_would_end_the_form_are_told)
{
    static const char clash[] = "RIFF\r\n--" MULTIPART_BOUNDARY "--";
    static const char none[] = "--" MULTIPART_BOUNDARY;

    assert_true(multipart_clashes((struct str){ clash, sizeof(clash) - 1 }));
    assert_false(multipart_clashes((struct str){ none, sizeof(none) - 1 }));
    assert_false(multipart_clashes((struct str){ NULL, 0 }));
}
