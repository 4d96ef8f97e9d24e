/* Events are the same however the bytes are cut into reads, and so is the refusal. */
#include "api/sse.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void collect(void *ctx, const struct sse_event *ev)
{
    struct buf *out = ctx;

    buf_add(out, ev->type, ev->type_len);
    buf_char(out, '\0');
    buf_add(out, ev->data, ev->data_len);
    buf_char(out, '\0');
}

/* In reads of the sizes that `cuts` says, each in memory of its own. */
static int decode(const uint8_t *data, size_t size, const uint8_t *cuts, size_t n_cuts,
                  struct buf *out)
{
    struct sse s;
    struct err err;
    int rc = 0;

    buf_init(out, 0);
    sse_init(&s, 32, collect, out);
    for (size_t at = 0, i = 0; at < size && !rc; i++) {
        size_t n = n_cuts ? cuts[i % n_cuts] % 16 + 1 : size;
        char *own;

        n = n < size - at ? n : size - at;
        own = malloc(n);
        memcpy(own, data + at, n);
        rc = sse_feed(&s, own, n, &err);
        free(own);
        at += n;
    }
    sse_end(&s);
    sse_free(&s);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n_cuts = size > 4 ? 4 : 0;
    struct buf whole, cut;
    int rc = decode(data + n_cuts, size - n_cuts, NULL, 0, &whole);

    if (decode(data + n_cuts, size - n_cuts, data, n_cuts, &cut) != rc)
        abort();
    if (whole.len != cut.len || (cut.len && memcmp(whole.p, cut.p, cut.len)))
        abort();
    buf_free(&whole);
    buf_free(&cut);
    return 0;
}
