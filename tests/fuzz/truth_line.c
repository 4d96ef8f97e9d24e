/* Lines of a truth log: whatever they hold, reading them does no harm. */
#include "data/truth_line.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct truth_line t = { 0 };

    if (truth_line_read(&t, (const char *)data, size))
        for (size_t i = 0; i < t.n_frames; i++)
            if (t.frames[i] < 0)
                abort();
    truth_line_free(&t);
    return 0;
}
