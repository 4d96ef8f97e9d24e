#include "sim/pcache.h"

#include "base/rng.h"
#include "sim/tokens.h"
#include "test.h"

enum { HOURS = 3600 };

static const uint64_t blocks[] = { 11, 22, 33, 44 };
static const uint64_t fork_at_2[] = { 11, 22, 99, 44 };

TEST(sim_cache_finds_the_longest_prefix_it_has)
{
    struct pcache c;

    pcache_init(&c, 2 * HOURS * NS_PER_S);
    assert_int_equal(pcache_find(&c, 1, blocks, 4, 0), 0);
    pcache_store(&c, 1, blocks, 3, 10);
    assert_int_equal(pcache_find(&c, 1, blocks, 4, 20), 3);
    assert_int_equal(pcache_find(&c, 1, fork_at_2, 4, 20), 2);
    assert_int_equal(pcache_find(&c, 2, blocks, 4, 20), 0); /* another model or region */
    assert_int_equal(pcache_find(&c, 1, blocks + 1, 3, 20), 2);
    pcache_free(&c);
}

TEST(sim_cache_knows_nothing_before_it_was_computed)
{
    struct pcache c;

    pcache_init(&c, 2 * HOURS * NS_PER_S);
    pcache_store(&c, 1, blocks, 4, 100);
    assert_int_equal(pcache_find(&c, 1, blocks, 4, 99), 0);
    assert_int_equal(pcache_find(&c, 1, blocks, 4, 100), 4);
    pcache_store(&c, 1, blocks, 4, 200); /* a second one under way changes nothing */
    assert_int_equal(pcache_find(&c, 1, blocks, 4, 150), 4);
    pcache_free(&c);
}

TEST(sim_cache_forgets_what_is_not_used)
{
    ns_t life = 2 * HOURS * NS_PER_S;
    struct pcache c;

    pcache_init(&c, life);
    pcache_store(&c, 1, blocks, 4, 0);
    assert_int_equal(pcache_find(&c, 1, blocks, 2, life - 1), 2); /* use keeps it */
    assert_int_equal(pcache_find(&c, 1, blocks, 4, life), 2);
    assert_int_equal(pcache_find(&c, 1, blocks, 4, 3 * life), 0);
    pcache_store(&c, 1, blocks, 4, 3 * life);
    assert_int_equal(pcache_find(&c, 1, blocks, 4, 3 * life), 4);
    pcache_free(&c);
}

TEST(sim_cache_keeps_what_is_used_where_memory_ends)
{
    struct rng r = rng_init(1);
    struct pcache c;

    pcache_init(&c, 1000000000);
    pcache_store(&c, 1, blocks, 4, 0);
    for (ns_t now = 1; now < 400000; now++) {
        uint64_t junk = rng_next(&r);

        pcache_store(&c, 1, &junk, 1, now);
        if (now % 1000 == 0)
            assert_int_equal(pcache_find(&c, 1, blocks, 4, now), 4);
    }
    pcache_free(&c);
}

static const char text[] =
    "The quick brown fox jumps over the lazy dog, and then it rests in the shade of an old "
    "oak tree while the river runs quietly between the stones of the valley below. ";

TEST(sim_tokens_are_about_four_characters_of_english)
{
    static const char *const models[] = { "llama-3.1-8b-instant", "openai/gpt-oss-20b",
                                          "x" };

    for (size_t i = 0; i < COUNT(models); i++) {
        struct tokens t;
        double ratio;

        tokens_init(&t, models[i]);
        for (int k = 0; k < 100; k++)
            tokens_text(&t, text, sizeof(text) - 1);
        ratio = 100.0 * (sizeof(text) - 1) / tokens_count(&t);
        assert_true(ratio > 3.3 && ratio < 5);
        tokens_free(&t);
    }
}

TEST(sim_tokens_do_not_depend_on_how_the_text_is_cut)
{
    static const char mixed[] =
        "Hello, world!\n\n  caf\xC3\xA9 \xE4\xB8\x96\xE7\x95\x8C 12345678 "
        "a_b {\"x\":[1,2]} averyveryverylongword";
    struct tokens whole;

    tokens_init(&whole, "m");
    tokens_text(&whole, mixed, sizeof(mixed) - 1);
    for (size_t cut = 0; cut < sizeof(mixed); cut++) {
        struct tokens t;

        tokens_init(&t, "m");
        tokens_text(&t, mixed, cut);
        tokens_text(&t, mixed + cut, sizeof(mixed) - 1 - cut);
        assert_int_equal(tokens_count(&t), tokens_count(&whole));
        assert_int_equal(t.hash, whole.hash);
        tokens_free(&t);
    }
    tokens_free(&whole);
}

TEST(sim_tokens_note_a_block_every_128_and_its_text)
{
    struct tokens a;
    struct tokens b;

    tokens_init(&a, "m");
    tokens_init(&b, "m");
    for (int k = 0; k < 40; k++) {
        tokens_text(&a, text, sizeof(text) - 1);
        tokens_text(&b, k == 20 ? "Another" : text, k == 20 ? 7 : sizeof(text) - 1);
    }
    assert_int_equal(a.n_blocks, tokens_count(&a) / TOKENS_BLOCK);
    assert_int_equal(a.blocks[0], b.blocks[0]);
    assert_true(a.blocks[a.n_blocks - 1] != b.blocks[b.n_blocks - 1]);
    for (size_t i = 1; i < b.n_blocks; i++) /* once different, for ever different */
        if (a.blocks[i - 1] != b.blocks[i - 1])
            assert_true(a.blocks[i] != b.blocks[i]);
    tokens_free(&a);
    tokens_free(&b);
}

TEST(sim_tokens_of_marks_and_images_have_a_fixed_cost)
{
    struct tokens t;
    struct tokens u;

    tokens_init(&t, "m");
    tokens_init(&u, "m");
    tokens_special(&t, "user");
    assert_int_equal(t.units, 1);
    tokens_opaque(&t, "data:image/png;base64,AAAA", 26, 1500);
    assert_int_equal(t.units, 1501);
    tokens_special(&u, "user");
    tokens_opaque(&u, "data:image/png;base64,AAAB", 26, 1500);
    assert_true(t.hash != u.hash);
    assert_true(t.blocks[3] != u.blocks[3]);
    tokens_free(&t);
    tokens_free(&u);
}
