#include "test.h"

#include <stdalign.h>
#include <stdint.h>

#include "base/arena.h"

TEST(arena_memory_is_zeroed_aligned_and_apart)
{
    enum { N = 2000 };
    static char *piece[N];
    struct arena a = { 0 };

    for (size_t i = 0; i < N; i++) {
        size_t size = i * 7 % 300;

        piece[i] = arena_alloc(&a, size);
        assert_int_equal((uintptr_t)piece[i] % alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(piece[i][k], 0);
        memset(piece[i], (int)(i % 256), size);
    }
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < i * 7 % 300; k++)
            assert_int_equal((unsigned char)piece[i][k], i % 256);
    arena_free(&a);
}

TEST(arena_takes_pieces_larger_than_a_block)
{
    struct arena a = { 0 };
    char *before = arena_strdup(&a, "before");
    char *big = arena_alloc(&a, 1000000);
    char *after = arena_strdup(&a, "after");

    assert_int_equal(big[0], 0);
    assert_int_equal(big[999999], 0);
    memset(big, 'x', 1000000);
    assert_string_equal(before, "before");
    assert_string_equal(after, "after");
    arena_free(&a);
}

TEST(arena_copies_and_formats_text)
{
    struct arena a = { 0 };

    assert_string_equal(arena_strdup(&a, ""), "");
    assert_string_equal(arena_strndup(&a, "model-x", 5), "model");
    assert_string_equal(arena_strndup(&a, NULL, 0), "");
    assert_string_equal(arena_printf(&a, "%s/%d", "trial", 3), "trial/3");
    assert_int_equal(strlen(arena_printf(&a, "%100000d", 1)), 100000);
    arena_free(&a);
}

TEST(arena_can_be_used_again_after_it_was_freed)
{
    struct arena a = { 0 };

    arena_free(&a);
    arena_strdup(&a, "once");
    arena_free(&a);
    assert_null(a.head);
    assert_string_equal(arena_strdup(&a, "twice"), "twice");
    arena_free(&a);
}
