#include "sim/frame.h"

#include <stdio.h>
#include <string.h>

/* Ends of the data line and of the blank line. A blank line of LF must not follow a CR. */
static const struct {
    const char *line;
    const char *blank;
} ends[] = { { "\n", "\n" },   { "\r\n", "\r\n" }, { "\r", "\r" },
             { "\r\n", "\n" }, { "\r", "\r\n" },   { "\n", "\r" } };

static void put_field(struct buf *out, const char *field, const char *eol)
{
    buf_str(out, field);
    buf_str(out, eol);
}

static void put_extra_fields(struct buf *out, uint64_t i, const char *eol)
{
    put_field(out, "event: message", eol);
    buf_printf(out, "id: %llu%s", (unsigned long long)i, eol);
    put_field(out, "retry: 3000", eol);
    put_field(out, "unknown: field", eol);
    put_field(out, "nocolon", eol);
}

static void put_data(struct buf *out, const struct fault *f, struct str data,
                     const char *eol)
{
    const char *name = f->odd & ODD_NO_SPACE ? "data:" : "data: ";
    const char *cut = f->odd & ODD_DATA_LINES ? memmem(data.p, data.n, ",\"", 2) : NULL;

    buf_str(out, name);
    if (cut) { /* behind a comma, where JSON may hold a line end */
        size_t n = (size_t)(cut + 1 - data.p);

        buf_add(out, data.p, n);
        put_field(out, "", eol);
        buf_str(out, name);
        data.p += n;
        data.n -= n;
    }
    buf_add(out, data.p, data.n);
}

void frame_event(struct buf *out, const struct fault *f, uint64_t i, const char *name,
                 struct str data, bool last)
{
    size_t pair = f->eol == EOL_MIXED ? 3 + i % 3 : (size_t)f->eol;
    const char *eol = ends[pair].line;

    if (!i && f->odd & ODD_BOM)
        buf_str(out, "\xEF\xBB\xBF");
    if (f->odd & ODD_COMMENTS || (!i && f->odd & ODD_COMMENT_FIRST)) {
        put_field(out, ": keep-alive", eol);
        buf_str(out, ends[pair].blank);
    }
    if (f->odd & ODD_FIELDS && !name)
        put_extra_fields(out, i, eol);
    if (f->odd & ODD_ID_NUL) {
        buf_add(out, "id: a\0b", 7);
        buf_str(out, eol);
    }
    if (name) {
        buf_str(out, "event: ");
        put_field(out, name, eol);
    }
    put_data(out, f, data, eol);
    if (last && f->odd & ODD_NO_BLANK)
        return;
    buf_str(out, eol);
    buf_str(out, ends[pair].blank);
}

static void put_le(struct buf *out, uint32_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buf_char(out, (char)(v >> 8 * i & 0xFF));
}

static uint32_t crc32_of(uint32_t crc, const char *p, size_t n)
{
    crc = ~crc;
    for (size_t i = 0; i < n; i++) {
        crc ^= (unsigned char)p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xEDB88320 & (0 - (crc & 1)));
    }
    return ~crc;
}

void frame_gzip_put(struct frame_gzip *z, struct buf *out, const char *p, size_t n)
{
    if (!z->begun)
        buf_add(out, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    z->begun = true;
    z->crc = crc32_of(z->crc, p, n);
    z->size += (uint32_t)n;
    while (n) {
        size_t block = n < 65535 ? n : 65535;

        buf_char(out, '\0');
        put_le(out, (uint32_t)block, 2);
        put_le(out, ~(uint32_t)block, 2);
        buf_add(out, p, block);
        p += block;
        n -= block;
    }
}

void frame_gzip_end(struct frame_gzip *z, struct buf *out)
{
    buf_add(out, "\x01\0\0\xff\xff", 5);
    put_le(out, z->crc, 4);
    put_le(out, z->size, 4);
}

void frame_chunks(struct buf *out, const char *p, size_t n, size_t size)
{
    static const char hex[] = "0123456789abcdef";

    while (n) {
        size_t len = size && size < n ? size : n;
        char digits[16];
        size_t i = sizeof(digits);

        for (size_t v = len; v; v >>= 4)
            digits[--i] = hex[v & 15];
        buf_add(out, digits + i, sizeof(digits) - i);
        buf_add(out, "\r\n", 2);
        buf_add(out, p, len);
        buf_add(out, "\r\n", 2);
        p += len;
        n -= len;
    }
}
