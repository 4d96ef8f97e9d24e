#include "data/hist.h"

#include <inttypes.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/base64.h"
#include "base/mem.h"
#include "data/hist_format.h"

/* Cookies that we can name but not read, without their nibble. */
static const struct {
    uint32_t cookie;
    const char *name;
} foreign[] = {
    { 0x1c849308, "V0 encoding is not supported" },
    { 0x1c849309, "V0 encoding is not supported" },
    { 0x1c849301, "V1 encoding is not supported" },
    { 0x1c849302, "V1 encoding is not supported" },
    { 0x0c72124e & ~0xf0U, "histograms of doubles are not supported" },
    { 0x0c72124f & ~0xf0U, "histograms of doubles are not supported" },
};

static uint64_t get_be(const unsigned char *p, int bytes)
{
    uint64_t v = 0;

    for (int i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

bool hist_get_code(const unsigned char **p, const unsigned char *end, int64_t *x)
{
    uint64_t z = 0;

    for (int i = 0; *p < end; i++) {
        uint64_t byte = *(*p)++;

        if (i == HIST_MAX_CODE - 1 || byte < 0x80) {
            z |= byte << (7 * i);
            *x = (int64_t)(z >> 1 ^ (0 - (z & 1)));
            return true;
        }
        z |= (byte & 0x7f) << (7 * i);
    }
    return false;
}

static int bad_cookie(uint32_t cookie, struct err *err)
{
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        if (foreign[i].cookie == (cookie & ~HIST_WORD_SIZE_NIBBLE))
            return err_set(err, ERR_PARSE, "histogram: %s", foreign[i].name);
    return err_set(err, ERR_PARSE, "histogram: unknown cookie 0x%08" PRIx32, cookie);
}

/*
 * A ratio of 1, or the integer 1 that the JavaScript port writes. The index offset is
 * ignored: encoders write the counts in their logical order whatever it says.
 */
static bool ratio_is_one(uint64_t bits)
{
    return bits == 0x3ff0000000000000 || bits == 1;
}

/*
 * The header into the shape of *h and *payload. The payload is bounded by the counts it
 * may hold: each of its codes stands for one at least.
 */
static int get_header(struct hist *h, const unsigned char *p, size_t max_len,
                      size_t *payload, struct err *err)
{
    uint32_t cookie = (uint32_t)get_be(p, 4);
    uint64_t length = get_be(p + 4, 4);
    int digits = (int)(int32_t)get_be(p + 12, 4);

    if ((cookie & ~HIST_WORD_SIZE_NIBBLE) != HIST_COOKIE)
        return bad_cookie(cookie, err);
    if (hist_shape(h, (int64_t)get_be(p + 16, 8), (int64_t)get_be(p + 24, 8), digits,
                   err)) {
        err->code = ERR_PARSE;
        return -1;
    }
    if (!ratio_is_one(get_be(p + 32, 8)))
        return err_set(err, ERR_PARSE, "histogram: scaled values are not supported");
    if (h->len > max_len)
        return err_set(err, ERR_LIMIT, "histogram of %zu counts: at most %zu are accepted",
                       h->len, max_len);
    if (length > (uint64_t)h->len * HIST_MAX_CODE)
        return err_set(err, ERR_PARSE, "histogram: a payload of %" PRIu64 " bytes", length);
    *payload = (size_t)length;
    return 0;
}

/*
 * Fills the counts of a shaped histogram that has its memory. Its array may reach past
 * `highest`, and other writers use that. The total and the extremes are not stored.
 */
static int get_counts(struct hist *h, const unsigned char *p, size_t n, struct err *err)
{
    const unsigned char *end = p + n;
    size_t at = 0;

    while (p < end) {
        int64_t x;

        if (!hist_get_code(&p, end, &x))
            return err_set(err, ERR_PARSE, "histogram: ends in the middle of a count");
        if (x < 0 ? x < -(int64_t)(h->len - at) : at == h->len)
            return err_set(err, ERR_PARSE, "histogram: more counts than its range has");
        if (x > INT64_MAX - h->total)
            return err_set(err, ERR_PARSE, "histogram: counts that add up past 2^63");
        if (x > 0) {
            h->counts[at] = x;
            h->total += x;
        }
        at += x < 0 ? (size_t)-x : 1;
    }
    hist_find_extremes(h);
    return 0;
}

static int decode_plain(struct hist *h, const unsigned char *p, size_t n, size_t max_len,
                        struct err *err)
{
    size_t payload;

    if (n < HIST_HEADER)
        return err_set(err, ERR_PARSE, "histogram: %zu bytes are no header", n);
    if (get_header(h, p, max_len, &payload, err))
        return -1;
    if (payload > n - HIST_HEADER)
        return err_set(err, ERR_PARSE, "histogram: cut off");
    h->counts = mem_array(h->len, sizeof(*h->counts));
    return get_counts(h, p + HIST_HEADER, payload, err);
}

/* Exactly n bytes of the stream. */
static int inflate_exactly(z_stream *z, unsigned char *to, size_t n, struct err *err)
{
    z->next_out = to;
    z->avail_out = (uInt)n;
    while (z->avail_out) {
        int rc = inflate(z, Z_NO_FLUSH);

        if (rc == Z_MEM_ERROR)
            mem_exhausted();
        if (rc == Z_STREAM_END && !z->avail_out)
            break;
        if (rc != Z_OK)
            return err_set(err, ERR_PARSE, "histogram: damaged compression");
    }
    return 0;
}

/* Nothing but the end of the stream, its checksum included. */
static int inflate_end(z_stream *z, struct err *err)
{
    unsigned char spare;

    int rc;

    z->next_out = &spare;
    z->avail_out = 1;
    rc = inflate(z, Z_FINISH);
    z->next_out = NULL;
    if (rc != Z_STREAM_END || !z->avail_out)
        return err_set(err, ERR_PARSE, "histogram: damaged compression");
    return 0;
}

static int decode_stream(struct hist *h, z_stream *z, size_t max_len, struct err *err)
{
    unsigned char header[HIST_HEADER];
    unsigned char *payload;
    size_t n;
    int rc;

    if (inflate_exactly(z, header, sizeof(header), err) ||
        get_header(h, header, max_len, &n, err))
        return -1;
    payload = mem_alloc(n);
    rc = inflate_exactly(z, payload, n, err);
    if (!rc)
        rc = inflate_end(z, err);
    if (!rc) {
        h->counts = mem_array(h->len, sizeof(*h->counts));
        rc = get_counts(h, payload, n, err);
    }
    free(payload);
    return rc;
}

static int decode_compressed(struct hist *h, const unsigned char *p, size_t n,
                             size_t max_len, struct err *err)
{
    uint64_t length = n < HIST_OUTER_HEADER ? 0 : get_be(p + 4, 4);
    z_stream z = { 0 };
    int rc;

    if (n < HIST_OUTER_HEADER || length > n - HIST_OUTER_HEADER)
        return err_set(err, ERR_PARSE, "histogram: cut off");
    z.next_in = (Bytef *)(uintptr_t)(p + HIST_OUTER_HEADER);
    z.avail_in = (uInt)length;
    if (inflateInit(&z) != Z_OK)
        mem_exhausted();
    rc = decode_stream(h, &z, max_len, err);
    inflateEnd(&z);
    return rc;
}

int hist_decode(struct hist *h, const void *p, size_t n, size_t max_len, struct err *err)
{
    uint32_t cookie = n < 4 ? 0 : (uint32_t)get_be(p, 4);
    int rc;

    *h = (struct hist){ 0 };
    if ((cookie & ~HIST_WORD_SIZE_NIBBLE) == HIST_COOKIE)
        rc = decode_plain(h, p, n, max_len, err);
    else if ((cookie & ~HIST_WORD_SIZE_NIBBLE) == HIST_COOKIE_COMPRESSED)
        rc = decode_compressed(h, p, n, max_len, err);
    else
        rc = bad_cookie(cookie, err);
    if (rc)
        hist_free(h);
    return rc;
}

int hist_decode_base64(struct hist *h, const char *p, size_t n, size_t max_len,
                       struct err *err)
{
    struct buf bytes;
    int rc;

    buf_init(&bytes, 0);
    if (base64_decode(p, n, &bytes)) {
        *h = (struct hist){ 0 };
        rc = err_set(err, ERR_PARSE, "histogram: not base64");
    } else {
        rc = hist_decode(h, bytes.p, bytes.len, max_len, err);
    }
    buf_free(&bytes);
    return rc;
}
