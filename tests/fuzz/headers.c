/* Header lines: nothing negative but absent, texts short and clean. */
#include "api/headers.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct buf *text)
{
    if (text->len > 256)
        abort();
    for (size_t i = 0; i < text->len; i++)
        if ((unsigned char)text->p[i] < 0x20)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct answer a;
    size_t from = 0;
    ns_t ns;

    answer_init(&a);
    for (size_t i = 0; i <= size; i++)
        if (i == size || data[i] == '\n') {
            struct str line = { NULL, i - from };
            char *own = malloc(i - from + 1);

            memcpy(own, data + from, i - from);
            line.p = own;
            headers_line(&a, line);
            if (headers_retry_after(line, &ns) && ns < 0)
                abort();
            free(own);
            from = i + 1;
        }
    for (size_t i = 0; i < N_LIMITS; i++)
        if (a.limits[i].limit < -1 || a.limits[i].remaining < -1 || a.limits[i].reset < -1)
            abort();
    if (a.retry_after < NS_ABSENT)
        abort();
    check_text(&a.request_id);
    check_text(&a.region);
    check_text(&a.edge);
    answer_free(&a);
    return 0;
}
