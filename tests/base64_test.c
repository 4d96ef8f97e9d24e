#include "test.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/rng.h"

/* RFC 4648, section 10. */
static const char *const vectors[][2] = {
    { "", "" },
    { "f", "Zg==" },
    { "fo", "Zm8=" },
    { "foo", "Zm9v" },
    { "foob", "Zm9vYg==" },
    { "fooba", "Zm9vYmE=" },
    { "foobar", "Zm9vYmFy" },
};

TEST(base64_meets_the_vectors_of_its_rfc)
{
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct buf b;

        buf_init(&b, 0);
        buf_char(&b, '>');
        assert_int_equal(base64_encode(vectors[i][0], strlen(vectors[i][0]), &b), 0);
        assert_string_equal(b.p + 1, vectors[i][1]);
        assert_int_equal(b.len, 1 + strlen(vectors[i][1]));
        buf_clear(&b);
        assert_int_equal(base64_decode(vectors[i][1], strlen(vectors[i][1]), &b), 0);
        assert_int_equal(b.len, strlen(vectors[i][0]));
        assert_memory_equal(b.p, vectors[i][0], b.len);
        buf_free(&b);
    }
}

TEST(base64_gives_back_any_bytes)
{
    struct rng r = rng_init(1);

    for (size_t n = 0; n < 200; n++) {
        unsigned char bytes[200];
        struct buf text, back;

        for (size_t i = 0; i < n; i++)
            bytes[i] = (unsigned char)rng_next(&r);
        buf_init(&text, 0);
        buf_init(&back, 0);
        base64_encode(bytes, n, &text);
        assert_int_equal(base64_decode(text.p, text.len, &back), 0);
        assert_int_equal(back.len, n);
        assert_memory_equal(back.p, bytes, n);
        buf_free(&text);
        buf_free(&back);
    }
}

TEST(base64_refuses_what_is_not_exactly_that)
{
    static const char *const bad[] = {
        "Z",    "Zg",     "Zg=",  "Zg===", "=",        "====",    "Z===",     "Zg=g",
        "Z g=", "Zm9v\n", "Zm-v", "Zm_v",  "Zg==Zg==", "\x80m9v", "Zm9vZm-v",
    };

    for (size_t i = 0; i < COUNT(bad); i++) {
        struct buf b;

        buf_init(&b, 0);
        buf_str(&b, "kept");
        if (!base64_decode(bad[i], strlen(bad[i]), &b))
            fail_msg("\"%s\" was taken", bad[i]);
        assert_string_equal(b.p, "kept");
        buf_free(&b);
    }
}

TEST(base64_stays_below_the_ceiling)
{
    struct buf b;

    buf_init(&b, 7);
    assert_int_equal(base64_encode("foob", 4, &b), -1);
    assert_int_equal(b.len, 0);
    assert_int_equal(base64_encode("foo", 3, &b), 0);
    assert_int_equal(base64_decode("Zm9vYmFy", 8, &b), -1);
    assert_string_equal(b.p, "Zm9v");
    buf_free(&b);
}
