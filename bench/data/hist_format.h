#ifndef DATA_HIST_FORMAT_H
#define DATA_HIST_FORMAT_H

#include "data/hist.h"

/* Between hist.c, hist_encode.c and hist_decode.c (and their tests) only. */

/*
 * HdrHistogram's V2 encoding. All integers are big-endian:
 *
 *   plain       cookie, payload length, index offset, digits (4 bytes each), lowest,
 *               highest, conversion ratio (8 bytes each), payload
 *   compressed  cookie, length (4 bytes each), zlib stream of the plain form
 *
 * The payload holds the counts from index 0 to that of the maximum: a count as itself, a
 * run of k >= 2 zeros as -k, each ZigZag-coded in 7 bits a byte, lowest first, at most 9
 * bytes, the ninth with 8 bits. A nibble of the cookie tells the size of a word and is of
 * no use here.
 */
enum { HIST_HEADER = 40, HIST_OUTER_HEADER = 8, HIST_MAX_CODE = 9 };

#define HIST_COOKIE 0x1c849303U
#define HIST_COOKIE_COMPRESSED 0x1c849304U
#define HIST_WORD_SIZE_NIBBLE 0xf0U
#define HIST_WORD_SIZE 0x10U

/* One code; a getter that meets the end in the middle of it returns false. */
void hist_put_code(struct buf *out, int64_t x);
bool hist_get_code(const unsigned char **p, const unsigned char *end, int64_t *x);

/* Sets max and min from the counts: bucket edges, as good as raw values for all we ask. */
void hist_find_extremes(struct hist *h);

#endif
