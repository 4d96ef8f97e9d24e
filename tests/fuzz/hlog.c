#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "data/hlog.h"

/* What a reading said, in one number. */
struct heard {
    uint64_t digest;
    size_t last;
};

static void mix(struct heard *h, uint64_t v)
{
    h->digest = (h->digest ^ v) * 0x100000001b3;
}

static void row(void *ctx, const struct hlog_row *r)
{
    struct heard *h = ctx;

    assert(r->line > h->last && r->start >= 0 && r->length >= 0);
    h->last = r->line;
    mix(h, r->line);
    mix(h, (uint64_t)r->start);
    mix(h, (uint64_t)r->length);
    mix(h, (uint64_t)r->hist->total);
    for (size_t i = 0; i < r->tag.n; i++)
        mix(h, (unsigned char)r->tag.p[i]);
}

static void damaged(void *ctx, size_t line, const struct err *why)
{
    struct heard *h = ctx;

    assert(line > h->last && why->msg[0]);
    h->last = line;
    mix(h, ~line);
}

static uint64_t heard(const char *p, size_t n, size_t cut)
{
    struct heard h = { 0 };
    struct hlog_sink sink = { row, damaged, &h };
    struct hlog_reader r;

    hlog_reader_init(&r, &sink);
    hlog_reader_feed(&r, p, cut);
    hlog_reader_feed(&r, p + cut, n - cut);
    hlog_reader_end(&r);
    hlog_reader_free(&r);
    return h.digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lines come in order, and the same ones wherever two reads cut the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    size_t cut = size ? data[0] * size / 256 : 0;

    assert(heard(text, size, 0) == heard(text, size, cut));
    return 0;
}
