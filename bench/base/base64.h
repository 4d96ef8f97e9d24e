#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>

#include "base/buf.h"

/* Base64 of RFC 4648, standard alphabet with padding, no line breaks. -1: see buf_add. */
int base64_encode(const void *p, size_t n, struct buf *out);

/* -1 where the text is not exactly that, or out has a ceiling and it would be passed. */
int base64_decode(const char *p, size_t n, struct buf *out);

#endif
