/* Error bodies: whatever they hold, a short text without the secret comes out. */
#include "api/error.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct buf *text, size_t max)
{
    if (text->len > max)
        abort();
    for (size_t i = 0; i < text->len; i++)
        if ((unsigned char)text->p[i] < 0x20 || text->p[i] == 0x7F)
            abort();
    if (text->len && memmem(text->p, text->len, "canary", 6))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = { 200, 400, 403, 413, 429, 498, 502, 503 };
    struct answer a;
    char *own = malloc(size ? size : 1);

    if (size)
        memcpy(own, data, size);
    answer_init(&a);
    a.secret = (struct str){ "canary", 6 };
    a.status = statuses[size % (sizeof(statuses) / sizeof(statuses[0]))];
    error_body(&a, (struct str){ own, size });
    check_text(&a.error, 512);
    check_text(&a.error_type, 256);
    check_text(&a.error_code, 256);
    check_text(&a.limit_kind, 256);
    if (!a.failed || a.retry_in < NS_ABSENT ||
        error_classify(&a, TRANSFER_DONE, false) >= N_OUTCOMES)
        abort();
    answer_free(&a);
    free(own);
    return 0;
}
