#ifndef DATA_HLOG_H
#define DATA_HLOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "data/hist.h"

/*
 * Histogram logs (.hlog, format 1.3) as HdrHistogram's tools write and read them: a row
 * is one interval of one series, which its tag names.
 *
 * Writing appends to a buf; flush it after every row, so that a killed run leaves a
 * readable file:
 *
 *     hlog_put_header(&out, "tokdyno 0.1.0\nns, maximum in ms", t0_real, t0_real);
 *     hlog_put_row(&out, str_of("chat/ttft"), 0, NS_PER_S, HLOG_NS_TO_MS, &h);
 */

/* Value of the file divided by this is the maximum as a row shows it. */
#define HLOG_NS_TO_MS 1000000

/*
 * All comments there may be: other readers refuse them behind the first row and in lines of
 * 127 bytes and more. A long line of `comment` is cut there. `start` and `base` are ns
 * since the epoch; base is what to add to the stamps of the rows, NS_ABSENT where they are
 * absolute.
 */
void hlog_put_header(struct buf *out, const char *comment, ns_t start, ns_t base);

/* Of the tag, all but letters, digits and ._:/=- becomes '_'; empty: a row without. */
void hlog_put_row(struct buf *out, struct str tag, ns_t start, ns_t length, int64_t ratio,
                  const struct hist *h);

struct hlog_row {
    size_t line;    /* from 1 */
    struct str tag; /* p is NULL where there is none */
    ns_t start;     /* since the epoch; as written where the log does not tell its start */
    ns_t length;
    const struct hist *hist;
};

/* Who takes rows; all that it is given is valid until it returns. */
struct hlog_sink {
    void (*row)(void *ctx, const struct hlog_row *row);
    void (*damaged)(void *ctx, size_t line, const struct err *why); /* row was skipped */
    void *ctx;
};

/* Longest line and largest histogram that are accepted. */
enum { HLOG_MAX_LINE = 1 << 20, HLOG_MAX_COUNTS = 1 << 21 };

/*
 * Decodes the bytes of a log as they come.
 *
 *     struct hlog_reader r;
 *     hlog_reader_init(&r, &sink);
 *     while (more bytes) hlog_reader_feed(&r, bytes, n);
 *     hlog_reader_end(&r);                  // a last line without LF
 *     hlog_reader_free(&r);
 */
struct hlog_reader {
    struct hlog_sink sink;
    struct buf text; /* the line that is not complete yet */
    bool too_long;
    size_t line;
    ns_t start_time; /* NS_ABSENT: not said so far */
    ns_t base_time;
    ns_t offset; /* to add to stamps; NS_ABSENT: the next row tells */
};

void hlog_reader_init(struct hlog_reader *r, const struct hlog_sink *sink);
void hlog_reader_feed(struct hlog_reader *r, const char *p, size_t n);
void hlog_reader_end(struct hlog_reader *r);
void hlog_reader_free(struct hlog_reader *r);

/* A whole file; -1 with ERR_IO where it cannot be read. */
int hlog_read_file(const char *path, const struct hlog_sink *sink, struct err *err);

#endif
