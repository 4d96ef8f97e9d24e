#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/*
 * Length of the well-formed UTF-8 sequence at p (RFC 3629), 0 where there is none; looks at
 * no more than `left` bytes, of which there is at least one.
 */
size_t utf8_length(const unsigned char *p, size_t left);

#endif
