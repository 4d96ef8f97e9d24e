#include "load/image.h"

#include <stdbool.h>
#include <string.h>

static uint32_t byte(struct str s, size_t at)
{
    return (unsigned char)s.p[at];
}

/* n bytes from `at` on, the first of them the most significant. */
static uint32_t big(struct str s, size_t at, size_t n)
{
    uint32_t v = 0;

    for (size_t i = 0; i < n; i++)
        v = v << 8 | byte(s, at + i);
    return v;
}

static uint32_t little(struct str s, size_t at, size_t n)
{
    uint32_t v = 0;

    while (n--)
        v = v << 8 | byte(s, at + n);
    return v;
}

static bool has(struct str s, size_t at, const char *mark, size_t n)
{
    return s.n >= at + n && !memcmp(s.p + at, mark, n);
}

/* Signature, then the chunk IHDR: length, name, width, height. */
static int look_png(struct str s, struct image *image)
{
    if (s.n < 24 || !has(s, 12, "IHDR", 4))
        return -1;
    image->width = big(s, 16, 4);
    image->height = big(s, 20, 4);
    return 0;
}

static int look_gif(struct str s, struct image *image)
{
    if (s.n < 10)
        return -1;
    image->width = little(s, 6, 2);
    image->height = little(s, 8, 2);
    return 0;
}

/* SOF0 to SOF15, without DHT, JPG and DAC, which lie in between. */
static bool is_frame(uint32_t marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 &&
           marker != 0xCC;
}

/* Segments of a marker and a length, up to the frame that tells the size. */
static int look_jpeg(struct str s, struct image *image)
{
    size_t at = 2;

    while (at + 9 <= s.n && byte(s, at) == 0xFF) {
        uint32_t marker = byte(s, at + 1);

        if (marker == 0xFF) { /* filling */
            at++;
            continue;
        }
        if (is_frame(marker)) {
            image->height = big(s, at + 5, 2);
            image->width = big(s, at + 7, 2);
            return 0;
        }
        at +=
            2 +
            (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7) ? 0 : big(s, at + 2, 2));
    }
    return -1;
}

/* RIFF, and in it a picture that is lossy, lossless or extended. */
static int look_webp(struct str s, struct image *image)
{
    uint32_t bits;

    if (s.n < 30)
        return -1;
    if (has(s, 12, "VP8X", 4)) {
        image->width = little(s, 24, 3) + 1;
        image->height = little(s, 27, 3) + 1;
    } else if (has(s, 12, "VP8L", 4)) {
        bits = little(s, 21, 4);
        image->width = (bits & 0x3FFF) + 1;
        image->height = (bits >> 14 & 0x3FFF) + 1;
    } else if (has(s, 12, "VP8 ", 4)) {
        image->width = little(s, 26, 2) & 0x3FFF;
        image->height = little(s, 28, 2) & 0x3FFF;
    } else {
        return -1;
    }
    return 0;
}

static const struct format {
    const char *mime;
    size_t at; /* of the mark */
    const char *mark;
    size_t n;
    int (*look)(struct str s, struct image *image);
} formats[] = {
    { "image/png", 0, "\x89PNG\r\n\x1A\n", 8, look_png },
    { "image/jpeg", 0, "\xFF\xD8\xFF", 3, look_jpeg },
    { "image/gif", 0, "GIF8", 4, look_gif },
    { "image/webp", 8, "WEBP", 4, look_webp },
};

int image_look(struct str bytes, struct image *image)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (has(bytes, formats[i].at, formats[i].mark, formats[i].n)) {
            *image = (struct image){ .mime = formats[i].mime };
            return formats[i].look(bytes, image);
        }
    return -1;
}
