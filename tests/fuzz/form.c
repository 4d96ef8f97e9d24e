/* Forms that the simulator is sent: nothing is read beyond them, and all ends. */
#include "sim/form.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sound.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char type[] = "multipart/form-data; boundary=XX";
    char *own = malloc(size ? size : 1);
    struct form_part part;
    struct form f;
    size_t parts = 0;
    int64_t length;

    if (size)
        memcpy(own, data, size);
    if (!form_open(&f, (struct str){ type, sizeof(type) - 1 }, (struct str){ own, size }))
        while (form_next(&f, &part)) {
            if (!part.name.p || part.value.p < own ||
                part.value.p + part.value.n > own + size || ++parts > size)
                abort();
            if (!sound_length(part.value, &length) && length < 0)
                abort();
        }
    /* a Content-Type of a stranger */
    form_open(&f, (struct str){ own, size }, (struct str){ own, size });
    free(own);
    return 0;
}
