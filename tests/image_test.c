#include "load/image.h"

#include <stdlib.h>

#include "base/mem.h"
#include "test.h"

#define PNG "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\x16\x80\0\0\x16\x80\x08\x02\0\0\0"
#define APP0 "\xFF\xE0\0\x06JFIF"
#define SOF2 "\xFF\xC2\0\x11\x08\x01\xE0\x02\x80\x03"
#define DHT "\xFF\xC4\0\x04\0\0"
#define WEBP "RIFF\0\0\0\0WEBP"

TEST(images_tell_their_kind_and_size_by_their_head)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *mime;
        uint32_t width, height;
    } cases[] = {
        { PNG, sizeof(PNG) - 1, "image/png", 5760, 5760 },
        { "GIF89a\x40\x01\xF0\0", 10, "image/gif", 320, 240 },
        { "\xFF\xD8" APP0 SOF2, sizeof("\xFF\xD8" APP0 SOF2) - 1, "image/jpeg", 640, 480 },
        { "\xFF\xD8" DHT "\xFF" SOF2, sizeof("\xFF\xD8" DHT "\xFF" SOF2) - 1, "image/jpeg",
          640, 480 },
        { WEBP "VP8X\x0A\0\0\0\0\0\0\0\x7F\x02\0\xDF\x01\0", 30, "image/webp", 640, 480 },
        { WEBP "VP8L\0\0\0\0\x2F\x7F\xC2\x77\0 the rest", 34, "image/webp", 640, 480 },
        { WEBP "VP8 \0\0\0\0\0\0\0\x9D\x01\x2A\x80\x02\xE0\x01", 30, "image/webp", 640,
          480 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct image image = { 0 };

        assert_int_equal(image_look((struct str){ cases[i].bytes, cases[i].n }, &image), 0);
        assert_string_equal(image.mime, cases[i].mime);
        assert_int_equal(image.width, cases[i].width);
        assert_int_equal(image.height, cases[i].height);
    }
}

/* Each in a block of its own size, so that a read beyond it is caught. */
TEST(images_that_are_cut_off_or_none_are_refused)
{
    static const struct {
        const char *bytes;
        size_t n;
    } cases[] = {
        { PNG, sizeof(PNG) - 1 },
        { "\xFF\xD8" APP0 SOF2, sizeof("\xFF\xD8" APP0 SOF2) - 1 },
        { "GIF89a\x40\x01\xF0\0", 10 },
        { WEBP "VP8X\x0A\0\0\0\0\0\0\0\x7F\x02\0\xDF\x01\0", 30 },
        { "%PDF-1.4 and so on, and on, and on", 30 },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t n = 0; n < cases[i].n; n++) {
            char *own = mem_alloc(n ? n : 1);
            struct image image;
            int rc;

            memcpy(own, cases[i].bytes, n);
            rc = image_look((struct str){ own, n }, &image);
            /* what stands behind the size may be missing */
            assert_true(rc || (i == 0 && n >= 24) || (i == 1 && n == cases[i].n - 1));
            free(own);
        }
}
