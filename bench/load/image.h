#ifndef LOAD_IMAGE_H
#define LOAD_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/*
 * What a picture is and how large, from the head of its file: PNG, JPEG, GIF and WebP. No
 * pixel is decoded.
 */
struct image {
    const char *mime; /* "image/png" */
    uint32_t width;
    uint32_t height;
};

/* -1 where it is none of these, or its head is cut off before it tells the size. */
int image_look(struct str bytes, struct image *image);

#endif
