#include <glob.h>
#include <stdio.h>

#include "data/catalogue.h"
#include "data/scenario.h"
#include "test.h"

/* The scenarios that come with the program: what each of them has to be. */

typedef void check_fn(const struct scenario *s, const char *path);

static void each(const struct setting *settings, size_t n, check_fn *check)
{
    glob_t files = { 0 };

    assert_int_equal(glob(test_path("../scenarios/*.yaml"), 0, NULL, &files), 0);
    assert_true(files.gl_pathc >= 9);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct scenario s;
        struct err err = { 0 };

        if (scenario_read(&s, files.gl_pathv[i], settings, n, &err))
            fail_msg("%s", err.msg);
        check(&s, files.gl_pathv[i]);
        scenario_free(&s);
    }
    globfree(&files);
}

static void opens_with_a_question(const struct scenario *s, const char *path)
{
    if (!s->question || s->question[strlen(s->question) - 1] != '?')
        fail_msg("%s opens with no question", path);
    assert_string_equal(s->cells[0].target.base_url, "sim:");
    assert_true(s->budget.cost_nusd > 0);
}

TEST(shipped_scenarios_open_with_their_question_and_have_a_budget)
{
    each(NULL, 0, opens_with_a_question);
}

static void reads_again(const struct scenario *s, const char *path)
{
    struct scenario again;
    struct err err = { 0 };

    if (scenario_parse(&again, path, s->resolved, strlen(s->resolved), NULL, 0, &err))
        fail_msg("%s", err.msg);
    assert_string_equal(again.resolved, s->resolved);
    assert_string_equal(again.json, s->json);
    scenario_free(&again);
}

TEST(shipped_scenarios_resolve_to_the_same)
{
    each(NULL, 0, reads_again);
}

static void needs_the_key(const struct scenario *s, const char *path)
{
    if (!s->cells[0].target.api_key_env)
        fail_msg("%s: no key is asked for", path);
}

TEST(shipped_scenarios_drive_groq_with_one_flag)
{
    static const struct setting target = { "target.base_url",
                                           "https://api.groq.com/openai/v1", "--target" };

    each(&target, 1, needs_the_key);
}

/* What the endpoint of its kind is planned and paid by. */
static bool is_known(const struct model *m)
{
    if (!strcmp(m->kind, "transcription"))
        return m->speed_factor > 0 && m->audio_nusd > 0;
    if (!strcmp(m->kind, "speech"))
        return m->character_nusd > 0;
    if (strcmp(m->kind, "chat") != 0)
        return true; /* of systems and embeddings no speed is published */
    return m->speed_tps > 0 && m->prefill_tps > 0 && m->input_nusd >= 0;
}

static void models_are_known(const struct scenario *s, const char *path)
{
    struct catalogue c;
    struct err err = { 0 };

    if (catalogue_read(&c, test_path("../scenarios/catalogue/groq.yaml"), &err))
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < s->n_cells; i++) {
        const char *id = s->cells[i].request.model;
        const struct model *m = catalogue_model(&c, id);

        if (!strncmp(id, "ft:", 3)) /* adapters have no row */
            continue;
        if (!m || !is_known(m))
            fail_msg("%s: the catalogue knows too little of %s", path,
                     s->cells[i].request.model);
    }
    catalogue_free(&c);
}

TEST(shipped_scenarios_use_models_whose_speed_and_price_are_known)
{
    each(NULL, 0, models_are_known);
}
