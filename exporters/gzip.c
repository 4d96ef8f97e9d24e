#include "exporters/gzip.h"

#include <assert.h>
#include <zlib.h>

#include "base/mem.h"

enum { GZIP_WINDOW = 15 + 16, MEMORY = 8 };

void gzip(struct str bytes, struct buf *out)
{
    z_stream z = { .next_in = (Bytef *)(uintptr_t)bytes.p, .avail_in = (uInt)bytes.n };
    size_t most;
    int made;

    if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        mem_exhausted();
    most = deflateBound(&z, (uLong)bytes.n);
    z.next_out = (Bytef *)buf_room(out, most);
    z.avail_out = (uInt)most;
    made = deflate(&z, Z_FINISH);
    assert(made == Z_STREAM_END); /* deflateBound says how much it may be at most */
    out->len += z.total_out;
    deflateEnd(&z);
}
