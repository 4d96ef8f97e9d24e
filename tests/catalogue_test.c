#include "data/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "test.h"

static int read_text(struct catalogue *c, const char *text, struct err *err)
{
    char path[] = "/tmp/tokdyno-catalogue-XXXXXX";
    FILE *f = fdopen(mkstemp(path), "w");
    int rc;

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    rc = catalogue_read(c, path, err);
    unlink(path);
    return rc;
}

TEST(catalogue_that_comes_with_the_program_is_good)
{
    struct catalogue c;
    struct err err = { 0 };
    const struct model *m;

    if (catalogue_read(&c, test_path("../scenarios/catalogue/groq.yaml"), &err))
        fail_msg("%s", err.msg);
    assert_non_null(c.as_of);
    assert_non_null(c.source);
    m = catalogue_model(&c, "openai/gpt-oss-20b");
    assert_non_null(m);
    assert_true(m->context == 131072 && m->speed_tps == 1000 && m->caching && m->reasoning);
    assert_true(m->input_nusd == 75000000 && m->cached_nusd == 37500000);
    assert_true(catalogue_limits(m, "free")->rpm == 30);
    assert_true(catalogue_limits(m, "developer")->tpm == 250000);
    assert_true(catalogue_limits(m, "developer")->tpd == -1);
    assert_null(catalogue_model(&c, "gpt-oss-20b"));
    m = catalogue_model(&c, "whisper-large-v3");
    assert_string_equal(m->kind, "transcription");
    assert_true(m->audio_nusd == 111000000 && m->input_nusd == -1 && m->speed_tps < 0);
    catalogue_free(&c);
}

TEST(catalogue_found_without_a_path)
{
    struct catalogue c;
    struct err err = { 0 };

    if (catalogue_read(&c, NULL, &err))
        fail_msg("%s", err.msg);
    assert_true(c.n_models > 5);
    catalogue_free(&c);
}

TEST(catalogue_costs)
{
    static const struct {
        struct model m;
        int64_t prompt, cached, completion, want;
    } cases[] = {
        { { .input_nusd = 150000000, .cached_nusd = 75000000, .output_nusd = 600000000 },
          2006,
          1920,
          100,
          12900 + 144000 + 60000 },
        { { .input_nusd = 150000000, .cached_nusd = -1, .output_nusd = 600000000 },
          2006,
          1920,
          0,
          300900 },
        { { .input_nusd = 150000000, .cached_nusd = -1, .output_nusd = 600000000 },
          100,
          -1,
          0,
          15000 },
        { { .input_nusd = 150000000, .cached_nusd = -1, .output_nusd = -1 },
          100,
          0,
          5,
          -1 },
        { { .input_nusd = 150000000, .cached_nusd = -1, .output_nusd = -1 },
          100,
          0,
          0,
          15000 },
        { { .input_nusd = -1, .cached_nusd = -1, .output_nusd = 1 }, 100, 0, 0, -1 },
        { { .input_nusd = 0, .cached_nusd = 0, .output_nusd = 0 }, 100, 10, 10, 0 },
        { { .input_nusd = 50000000, .output_nusd = 80000000 }, -1, 0, 5, -1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(catalogue_cost(&cases[i].m, cases[i].prompt, cases[i].cached,
                                        cases[i].completion),
                         cases[i].want);
}

TEST(catalogue_costs_of_audio_count_ten_seconds_at_least)
{
    static const struct {
        ns_t length;
        int64_t want;
    } cases[] = {
        { 3600 * NS_PER_S, 111000000 },
        { 36 * NS_PER_S, 1110000 },
        { 10 * NS_PER_S, 308333 },
        { 9 * NS_PER_S, 308333 },
        { 10 * NS_PER_MS, 308333 },
        { 0, 308333 },
        { NS_ABSENT, -1 },
    };
    struct model m = { .audio_nusd = 111000000 }, unknown = { .audio_nusd = -1 };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(catalogue_audio_cost(&m, cases[i].length), cases[i].want);
    assert_int_equal(catalogue_audio_cost(&unknown, NS_PER_S), -1);
}

TEST(catalogue_costs_of_speech_go_by_characters)
{
    struct model m = { .character_nusd = 22000000000 }, unknown = { .character_nusd = -1 };

    assert_int_equal(catalogue_text_cost(&m, 1000000), 22000000000);
    assert_int_equal(catalogue_text_cost(&m, 180), 3960000);
    assert_int_equal(catalogue_text_cost(&m, 0), 0);
    assert_int_equal(catalogue_text_cost(&m, -1), -1);
    assert_int_equal(catalogue_text_cost(&unknown, 5), -1);
}

TEST(catalogue_says_what_is_wrong_and_where)
{
    static const struct {
        const char *in;
        const char *want; /* behind the name of the file */
    } cases[] = {
        { "as_of: x\n", ":1:1: models is missing; expected a mapping of names to models" },
        { "models: {}\n", ":1:9: models is empty; expected a mapping of names to models" },
        { "models: [a]\n",
          ":1:9: models is a list; expected a mapping of names to models" },
        { "models:\n  a: { speed: 3 }\n",
          ":2:8: unknown key \"speed\"; did you mean \"speed_tps\"?" },
        { "models:\n  a: { limits: { free: { rpm: 0 } } }\n",
          ":2:31: models.a.limits.free.rpm: 0 is out of range; expected 1 to 1G" },
        { "models:\n  a: { limits: { fre: { rpm: 1 } } }\n",
          ":2:18: unknown key \"fre\"; did you mean \"free\"?" },
        { "models:\n  a: { price: { input: 5ct } }\n",
          ":2:24: models.a.price.input: \"5ct\" is not an amount of money; expected "
          "dollars, as "
          "$1.50 or 0.0005" },
        { "models:\n  a: { context: 1 }\n  a: { context: 2 }\n",
          ":3:3: \"a\" is here twice, first in line 2" },
        { "models:\n  a: 3\n", ":2:6: this is a value; expected a mapping of keys" },
        { "models:\n  a: { kind: chta }\n",
          ":2:14: models.a.kind: \"chta\" is none of its choices; expected chat, system, "
          "moderation, transcription, speech or embedding; did you mean \"chat\"?" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct catalogue c;
        struct err err = { 0 };

        assert_int_equal(read_text(&c, cases[i].in, &err), -1);
        assert_string_equal(strchr(err.msg, ':'), cases[i].want);
    }
}
