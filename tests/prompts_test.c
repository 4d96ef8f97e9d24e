#include "load/prompts.h"

#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>

#include "data/dist.h"
#include "load/words.h"
#include "test.h"

static const struct workload plain = {
    .input_tokens = { .kind = DIST_LOGNORMAL, .mean = 900, .cv = 0.6, .max = 4000 },
};
static const struct workload shared = {
    .input_tokens = { .kind = DIST_FIXED, .mean = 1000 },
    .prefix_tokens = 512,
    .prefix_pool = 4,
};
static const struct workload poisoned = {
    .input_tokens = { .kind = DIST_FIXED, .mean = 1000 },
    .prefix_tokens = 512,
    .prefix_pool = 4,
    .unique_head = true,
};
static const struct workload head_only = {
    .input_tokens = { .kind = DIST_FIXED, .mean = 100 },
    .unique_head = true,
};
static const struct workload literal = {
    .messages = "[{\"role\":\"user\",\"content\":\"Hi\"}]",
};

/* One prompt as its messages' contents, and what is told about it. */
struct made {
    struct prompt_info info;
    struct buf messages;
    struct buf extra;
    json_t *json;
    const char *role[2];
    const char *content[2];
    size_t n;
};

static struct made make(const struct prompts *p, uint64_t round, double ratio, uint64_t k)
{
    struct made m = { 0 };

    prompts_make(p, round, ratio, k, &m.messages, &m.extra, &m.info);
    m.json = json_loadb(m.messages.p, m.messages.len, 0, NULL);
    assert_non_null(m.json);
    m.n = json_array_size(m.json);
    assert_in_range(m.n, 1, 2);
    for (size_t i = 0; i < m.n; i++) {
        json_t *one = json_array_get(m.json, i);

        m.role[i] = json_string_value(json_object_get(one, "role"));
        m.content[i] = json_string_value(json_object_get(one, "content"));
    }
    return m;
}

static void drop(struct made *m)
{
    json_decref(m->json);
    buf_free(&m->messages);
    buf_free(&m->extra);
}

static size_t count_words(const char *text)
{
    size_t n = 1;

    for (; *text; text++)
        n += *text == ' ';
    return n;
}

static struct prompts *open_for(const struct workload *w, uint64_t seed)
{
    struct err err;
    struct prompts *p = prompts_open(w, PROMPT_MESSAGES, "{}", seed, &err);

    assert_non_null(p);
    return p;
}

TEST(the_words_are_many_different_and_need_no_escaping)
{
    for (int i = 0; i < N_WORDS; i++) {
        size_t n = strnlen(words[i], WORD_MAX + 1);

        assert_in_range(n, 4, WORD_MAX);
        for (size_t j = 0; j < n; j++)
            assert_in_range(words[i][j], 'a', 'z');
        if (i)
            assert_true(strcmp(words[i - 1], words[i]) < 0);
    }
}

TEST(words_are_put_one_space_apart)
{
    struct rng rng = rng_init(1);
    struct buf b = { 0 };

    for (size_t n = 0; n < 30; n++) {
        buf_clear(&b);
        buf_str(&b, ">");
        words_put(&b, &rng, n);
        assert_int_equal(strlen(b.p), b.len);
        assert_true(b.p[b.len - 1] != ' ');
        if (n)
            assert_int_equal(count_words(b.p), n);
        else
            assert_string_equal(b.p, ">");
    }
    buf_free(&b);
}

TEST(a_synthetic_prompt_has_the_words_its_tokens_ask_for)
{
    static const struct {
        const struct workload *w;
        size_t messages;
        int64_t overhead;
    } cases[] = {
        { &plain, 1, 10 },
        { &shared, 2, 15 },
        { &poisoned, 2, 27 },
        { &head_only, 1, 22 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct prompts *p = open_for(cases[i].w, 42);

        assert_int_equal(prompts_overhead(cases[i].w), cases[i].overhead);
        for (uint64_t k = 0; k < 50; k++) {
            struct made m = make(p, 0, 0.8, k);
            size_t n = count_words(m.content[0]);
            double want = (double)(m.info.planned_tokens - cases[i].overhead) * 0.8;

            assert_int_equal(m.n, cases[i].messages);
            if (m.n > 1)
                n += count_words(m.content[1]);
            n -= cases[i].w->unique_head;
            assert_int_equal(n, m.info.words);
            assert_true(fabs((double)m.info.words - want) <= 1);
            assert_int_equal(m.info.estimated_tokens, m.info.planned_tokens);
            assert_int_equal(m.info.max_completion, -1);
            assert_null(m.info.model);
            assert_int_equal(m.extra.len, 0);
            drop(&m);
        }
        prompts_close(p);
    }
}

TEST(prompt_lengths_have_the_distribution_asked_for)
{
    struct prompts *p = open_for(&plain, 42);
    double sum = 0;
    double sum2 = 0;
    const int n = 4000;

    for (uint64_t k = 0; k < (uint64_t)n; k++) {
        struct made m = make(p, 3, 0.75, k);
        double t = (double)m.info.planned_tokens;

        assert_true(t <= 4000);
        sum += t;
        sum2 += t * t;
        drop(&m);
    }
    /* Cut at 4,000 tokens the mean is 899 and the cv 0.59. */
    assert_in_range((int)(sum / n), 870, 924);
    assert_in_range((int)(sqrt(sum2 / n - sum / n * sum / n) / (sum / n) * 100), 54, 62);
    prompts_close(p);
}

TEST(a_prompt_depends_on_seed_round_phase_and_number_only)
{
    struct prompts *a = open_for(&shared, 42);
    struct prompts *b = open_for(&shared, 42);
    struct prompts *other = open_for(&shared, 43);
    struct made x = make(a, 1, 0.75, prompts_number(1, 7));
    struct {
        const struct prompts *p;
        uint64_t round;
        uint64_t k;
        bool same;
    } cases[] = {
        { a, 1, prompts_number(1, 7), true },      { b, 1, prompts_number(1, 7), true },
        { other, 1, prompts_number(1, 7), false }, { a, 2, prompts_number(1, 7), false },
        { a, 1, prompts_number(0, 7), false },     { a, 1, prompts_number(1, 8), false },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct made y = make(cases[i].p, cases[i].round, 0.75, cases[i].k);

        assert_int_equal(!strcmp(x.messages.p, y.messages.p), cases[i].same);
        drop(&y);
    }
    drop(&x);
    prompts_close(a);
    prompts_close(b);
    prompts_close(other);
}

/* Every prefix of the pool is used, about as often as the others, and no other one is. */
TEST(prefixes_come_from_a_pool_that_each_round_has_its_own)
{
    struct prompts *p = open_for(&shared, 42);
    char *seen[8] = { 0 };
    int hits[8] = { 0 };
    int n = 0;

    for (uint64_t round = 0; round < 2; round++)
        for (uint64_t k = 0; k < 400; k++) {
            struct made m = make(p, round, 0.75, k);
            int i = 0;

            assert_string_equal(m.role[0], "system");
            assert_string_equal(m.role[1], "user");
            assert_int_equal(count_words(m.content[0]), 384);
            while (i < n && strcmp(seen[i], m.content[0]))
                i++;
            if (i == n) {
                assert_true(n < 8);
                seen[n++] = strdup(m.content[0]);
            }
            hits[i]++;
            drop(&m);
        }
    assert_int_equal(n, 8);
    for (int i = 0; i < 8; i++) {
        assert_in_range(hits[i], 65, 135);
        free(seen[i]);
    }
    prompts_close(p);
}

TEST(a_unique_head_stands_before_everything_and_never_comes_again)
{
    static const struct workload *const cases[] = { &poisoned, &head_only };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct prompts *p = open_for(cases[i], 42);
        char heads[200][20];

        for (uint64_t k = 0; k < 200; k++) {
            struct made m = make(p, k / 100, 0.75, k % 100);

            snprintf(heads[k], sizeof(heads[k]), "%.19s", m.content[0]);
            assert_int_equal(strspn(heads[k], "0123456789abcdef-"), 19);
            assert_true(m.content[0][19] == ' ' && m.content[0][20] != ' ');
            for (uint64_t j = 0; j < k; j++)
                assert_string_not_equal(heads[j], heads[k]);
            drop(&m);
        }
        prompts_close(p);
    }
}

TEST(prompts_of_other_sizes_have_heads_of_their_own)
{
    struct workload longer = head_only;
    struct prompts *p = open_for(&head_only, 42), *q;
    struct made a = make(p, 0, 0.75, 3), b;

    longer.input_tokens.mean = 4000;
    q = open_for(&longer, 42);
    b = make(q, 0, 0.75, 3);
    assert_true(strncmp(a.content[0], b.content[0], 19) != 0);
    drop(&a);
    drop(&b);
    prompts_close(p);
    prompts_close(q);
}

TEST(a_prefix_longer_than_the_prompt_still_leaves_a_question)
{
    static const struct workload small = {
        .input_tokens = { .kind = DIST_FIXED, .mean = 100 },
        .prefix_tokens = 200,
    };
    struct prompts *p = open_for(&small, 1);
    struct made m = make(p, 0, 0.75, 0);

    assert_int_equal(count_words(m.content[0]), 150);
    assert_int_equal(count_words(m.content[1]), 1);
    assert_int_equal(m.info.planned_tokens, 216);
    drop(&m);
    prompts_close(p);
}

TEST(literal_messages_are_sent_as_they_are)
{
    struct prompts *p = open_for(&literal, 1);
    struct made m = make(p, 5, 0.75, 17);

    assert_string_equal(m.messages.p, literal.messages);
    assert_int_equal(m.info.planned_tokens, -1);
    assert_int_equal(m.info.words, -1);
    assert_true(m.info.estimated_tokens > 0);
    drop(&m);
    prompts_close(p);
}

struct job {
    const struct prompts *p;
    struct buf out;
};

static void *make_many(void *ctx)
{
    struct job *job = ctx;
    struct buf extra = { 0 };
    struct prompt_info info;

    for (uint64_t k = 0; k < 100; k++)
        prompts_make(job->p, 0, 0.75, k, &job->out, &extra, &info);
    buf_free(&extra);
    return NULL;
}

TEST(threads_make_the_same_prompts)
{
    struct prompts *p = open_for(&poisoned, 42);
    struct job jobs[2] = { { .p = p }, { .p = p } };
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_many, &jobs[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(jobs[0].out.len, jobs[1].out.len);
    assert_memory_equal(jobs[0].out.p, jobs[1].out.p, jobs[0].out.len);
    buf_free(&jobs[0].out);
    buf_free(&jobs[1].out);
    prompts_close(p);
}

static struct prompts *open_form(const struct workload *w, enum prompt_form form)
{
    struct err err = { 0 };
    struct prompts *p = prompts_open(w, form, "{}", 42, &err);

    if (!p)
        fail_msg("%s", err.msg);
    return p;
}

TEST(a_text_is_a_json_string_of_just_the_characters_that_are_asked_for)
{
    static const struct {
        struct workload w;
        int64_t characters; /* -1: many */
        const char *text;   /* NULL: words */
    } cases[] = {
        { { .characters = 1 }, 1, NULL },
        { { .characters = 100 }, 100, NULL },
        { { .characters = 101 }, 101, NULL },
        { { .text = "Say \"h\xC3\xA9\"." }, 9, "\"Say \\\"h\xC3\xA9\\\".\"" },
        { { .input_tokens = { .kind = DIST_FIXED, .mean = 50 } }, -1, NULL },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct prompts *p = open_form(&cases[i].w, PROMPT_TEXT);

        for (uint64_t k = 0; k < 20; k++) {
            struct buf b = { 0 }, extra = { 0 };
            struct prompt_info info;

            prompts_make(p, 0, 0.8, k, &b, &extra, &info);
            assert_true(b.p[0] == '"' && b.p[b.len - 1] == '"' && b.p[b.len - 2] != ' ');
            if (cases[i].text)
                assert_string_equal(b.p, cases[i].text);
            else
                assert_int_equal(info.characters, b.len - 2);
            if (cases[i].characters >= 0)
                assert_int_equal(info.characters, cases[i].characters);
            else
                assert_int_equal(count_words(b.p), 40);
            assert_int_equal(info.audio, NS_ABSENT);
            assert_int_equal(extra.len, 0);
            buf_free(&b);
            buf_free(&extra);
        }
        prompts_close(p);
    }
}

/* The same in every cell of a round and on every thread, others in each round. */
TEST(clips_are_a_function_of_seed_round_and_number)
{
    static const struct workload w = { .audio_length = NS_PER_S };
    static const struct {
        uint64_t round, number;
        bool same;
    } cases[] = { { 0, 3, true }, { 0, 4, false }, { 1, 3, false } };
    struct prompts *p = open_form(&w, PROMPT_AUDIO), *q = open_form(&w, PROMPT_AUDIO);
    struct buf a = { 0 }, b = { 0 }, extra = { 0 };
    struct prompt_info info;

    prompts_make(p, 0, 1, 3, &a, &extra, &info);
    assert_int_equal(info.audio, NS_PER_S);
    assert_int_equal(info.characters, -1);
    assert_int_equal(info.estimated_tokens, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        buf_clear(&b);
        prompts_make(q, cases[i].round, 1, cases[i].number, &b, &extra, &info);
        assert_int_equal(b.len, a.len);
        assert_int_equal(!memcmp(a.p, b.p, a.len), cases[i].same);
    }
    buf_free(&a);
    buf_free(&b);
    prompts_close(p);
    prompts_close(q);
}

TEST(a_workload_of_another_form_than_the_endpoints_is_refused)
{
    static const struct {
        struct workload w;
        enum prompt_form form;
        const char *says; /* NULL: fits */
    } cases[] = {
        { { .audio_length = 1 }, PROMPT_AUDIO, NULL },
        { { .audio_file = "x" }, PROMPT_AUDIO, NULL },
        { { .text = "x" }, PROMPT_TEXT, NULL },
        { { .messages = "[]" }, PROMPT_MESSAGES, NULL },
        { { .messages = "[]" },
          PROMPT_AUDIO,
          "this endpoint takes audio; expected workload.audio.length, "
          "workload.audio.file or workload.audio.url" },
        { { .audio_length = 1 },
          PROMPT_MESSAGES,
          "this endpoint takes no audio; expected no workload.audio" },
        { { .audio_length = 1 },
          PROMPT_TEXT,
          "this endpoint takes no audio; expected no workload.audio" },
        { { .messages = "[]" },
          PROMPT_TEXT,
          "this endpoint takes a text; expected workload.text, workload.characters or "
          "workload.input_tokens in place of messages" },
        { { .characters = 5 },
          PROMPT_MESSAGES,
          "this endpoint takes no bare text; expected no workload.characters" },
        { { .text = "x" },
          PROMPT_MESSAGES,
          "this endpoint takes no bare text; expected no workload.text" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err = { 0 };

        assert_int_equal(prompts_check(&cases[i].w, cases[i].form, &err),
                         cases[i].says ? -1 : 0);
        assert_string_equal(err.msg, cases[i].says ? cases[i].says : "");
    }
}
