#ifndef SIM_REPLY_PARTS_H
#define SIM_REPLY_PARTS_H

#include <string.h>

#include "sim/exchange.h"
#include "sim/gotext.h"

/* What the JSON of all answers is made of, as the fault of the exchange bends it. */

static inline uint32_t odd(const struct exchange *x)
{
    return x->fault.fault->odd;
}

static inline void put_text(struct buf *out, const char *text)
{
    gotext_string(out, text, strlen(text));
}

static inline void put_count(struct buf *out, const struct exchange *x, int64_t n)
{
    switch (x->fault.fault->numbers) {
    case NUMBER_PLAIN:
        buf_int(out, n);
        break;
    case NUMBER_EXPONENT:
        buf_printf(out, "%.10fe1", (double)n / 10);
        break;
    case NUMBER_FLOAT:
        buf_printf(out, "%lld.0", (long long)n);
        break;
    }
}

static inline void put_unknown(struct buf *out, const struct exchange *x)
{
    if (odd(x) & ODD_UNKNOWN_KEYS)
        buf_str(out, "\"x_new\":{\"a\":[1,-2.5e-3,{\"b\":null}],\"c\":\"d\"},\"\":true,");
}

/* What a piece of text may have behind it, within its quotes. */
static inline void put_odd_text(struct buf *out, const struct exchange *x)
{
    if (odd(x) & ODD_SURROGATES)
        buf_str(out, "\\ud83d \\ude00\\udbff");
    if (odd(x) & ODD_NUL)
        buf_str(out, "\\u0000");
}

/* A member of 100 KB. */
static inline void put_padding(struct buf *out, const struct exchange *x)
{
    if (!(odd(x) & ODD_LONG_STRING))
        return;
    buf_str(out, ",\"padding\":\"");
    for (int i = 0; i < 100 * 1024 / 16; i++)
        buf_str(out, "0123456789abcde\\n");
    buf_char(out, '"');
}

/* All the text of a channel. */
static inline void put_channel(struct buf *out, const struct exchange *x, enum channel c)
{
    for (uint32_t i = 0; i < x->draft.tokens[c]; i++)
        draft_piece(&x->draft, c, i, out);
}

#endif
