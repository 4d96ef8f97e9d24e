#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "data/hist.h"

enum { MAX_COUNTS = 1 << 18 };

/* The laws of a histogram, whoever made it. */
static void check(const struct hist *h)
{
    int64_t sum = 0;

    for (size_t i = 0; i < h->len; i++) {
        assert(h->counts[i] >= 0);
        sum += h->counts[i];
    }
    assert(sum == h->total);
    assert(hist_min(h) <= hist_max(h));
    assert(hist_percentile(h, 50) <= hist_percentile(h, 99));
    assert(hist_percentile(h, 99) <= hist_max(h));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever bytes come: refused, or a sound histogram that survives its own encoding. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hist h, again;
    struct buf bytes;
    struct err err;

    if (hist_decode(&h, data, size, MAX_COUNTS, &err))
        return 0;
    check(&h);
    buf_init(&bytes, 0);
    hist_encode_compressed(&h, &bytes);
    assert(!hist_decode(&again, bytes.p, bytes.len, MAX_COUNTS, &err));
    assert(hist_equal(&h, &again));
    buf_free(&bytes);
    hist_free(&h);
    hist_free(&again);
    return 0;
}
