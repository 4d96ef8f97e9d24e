#include "exporters/cells.h"

#include <stdbool.h>
#include <string.h>

void cells_text(struct buf *b, const char *text)
{
    bool formula = *text && strchr("=+-@\t\r", *text);

    if (!strpbrk(text, ",\"\r\n")) {
        buf_str(b, formula ? "'" : "");
        buf_str(b, text);
    } else {
        buf_str(b, formula ? "\"'" : "\"");
        for (; *text; text++) {
            buf_str(b, *text == '"' ? "\"" : "");
            buf_char(b, *text);
        }
        buf_char(b, '"');
    }
    buf_char(b, ',');
}

void cells_bare(struct buf *b, const char *digits)
{
    buf_str(b, digits);
    buf_char(b, ',');
}

void cells_int(struct buf *b, int64_t v)
{
    buf_int(b, v);
    buf_char(b, ',');
}

void cells_end(struct buf *b)
{
    b->p[--b->len] = '\0';
    buf_str(b, "\r\n");
}
