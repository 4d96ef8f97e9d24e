#include "data/hist.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/base64.h"
#include "base/mem.h"
#include "data/hist_format.h"

enum { ZLIB_LEVEL = 6 };

static void put_be(struct buf *out, uint64_t v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        buf_char(out, (char)(v >> (8 * i)));
}

void hist_put_code(struct buf *out, int64_t x)
{
    uint64_t z = (uint64_t)x << 1 ^ (x < 0 ? UINT64_MAX : 0);

    for (int i = 1; i < HIST_MAX_CODE && z > 0x7f; i++) {
        buf_char(out, (char)(z | 0x80));
        z >>= 7;
    }
    buf_char(out, (char)z);
}

static void put_payload(const struct hist *h, struct buf *out)
{
    size_t end = hist_index(h, h->max) + 1;

    for (size_t i = 0; i < end;) {
        size_t next = hist_next(h, i);
        size_t zeros = (next < end ? next : end) - i;

        if (!zeros)
            hist_put_code(out, h->counts[i++]);
        else
            hist_put_code(out, zeros == 1 ? 0 : -(int64_t)zeros);
        i += zeros;
    }
}

void hist_encode(const struct hist *h, struct buf *out)
{
    struct buf payload;
    double ratio = 1;
    uint64_t ratio_bits;

    memcpy(&ratio_bits, &ratio, sizeof(ratio_bits));
    buf_init(&payload, 0);
    put_payload(h, &payload);
    put_be(out, HIST_COOKIE | HIST_WORD_SIZE, 4);
    put_be(out, payload.len, 4);
    put_be(out, 0, 4);
    put_be(out, (uint64_t)h->digits, 4);
    put_be(out, (uint64_t)h->lowest, 8);
    put_be(out, (uint64_t)h->highest, 8);
    put_be(out, ratio_bits, 8);
    buf_add(out, payload.p, payload.len);
    buf_free(&payload);
}

void hist_encode_compressed(const struct hist *h, struct buf *out)
{
    struct buf plain;
    uLongf n;
    char *room;

    buf_init(&plain, 0);
    hist_encode(h, &plain);
    n = compressBound(plain.len);
    room = mem_alloc(n);
    if (compress2((Bytef *)room, &n, (const Bytef *)plain.p, plain.len, ZLIB_LEVEL) != Z_OK)
        mem_exhausted();
    put_be(out, HIST_COOKIE_COMPRESSED | HIST_WORD_SIZE, 4);
    put_be(out, n, 4);
    buf_add(out, room, n);
    free(room);
    buf_free(&plain);
}

void hist_encode_base64(const struct hist *h, struct buf *out)
{
    struct buf compressed;

    buf_init(&compressed, 0);
    hist_encode_compressed(h, &compressed);
    base64_encode(compressed.p, compressed.len, out);
    buf_free(&compressed);
}
