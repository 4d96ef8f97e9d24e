#include "data/hlog.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* "#[" and "]" around it make a line of 126 bytes, the longest that the C library reads. */
enum { MAX_COMMENT = 123 };

/* Seconds with three decimals. */
static void put_seconds(struct buf *out, ns_t t)
{
    ns_t ms = (t + NS_PER_MS / 2) / NS_PER_MS;

    buf_printf(out, "%" PRId64 ".%03" PRId64, ms / 1000, ms % 1000);
}

/* Not more than MAX_COMMENT bytes and no half of a UTF-8 character. */
static size_t fitting(const char *line, size_t n)
{
    if (n <= MAX_COMMENT)
        return n;
    for (n = MAX_COMMENT; n && ((unsigned char)line[n] & 0xc0) == 0x80;)
        n--;
    return n;
}

static void put_comments(struct buf *out, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\r\n");

        if (n) {
            buf_str(out, "#[");
            buf_add(out, text, fitting(text, n));
            buf_str(out, "]\n");
        }
        text += n + (text[n] != '\0');
    }
}

static void put_start(struct buf *out, ns_t start)
{
    time_t seconds = start / NS_PER_S;
    char date[64] = "";
    struct tm tm;

    if (gmtime_r(&seconds, &tm))
        strftime(date, sizeof(date), "%a %b %d %H:%M:%S UTC %Y", &tm);
    buf_str(out, "#[StartTime: ");
    put_seconds(out, start);
    buf_printf(out, " (seconds since epoch), %s]\n", date);
}

void hlog_put_header(struct buf *out, const char *comment, ns_t start, ns_t base)
{
    put_comments(out, comment);
    buf_str(out, "#[Histogram log format version 1.3]\n");
    put_start(out, start);
    if (base != NS_ABSENT) {
        buf_str(out, "#[BaseTime: ");
        put_seconds(out, base);
        buf_str(out, " (seconds since epoch)]\n");
    }
    buf_str(out, "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
                 "\"Interval_Compressed_Histogram\"\n");
}

static bool fit_for_tag(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("._:/=-", c));
}

void hlog_put_row(struct buf *out, struct str tag, ns_t start, ns_t length, int64_t ratio,
                  const struct hist *h)
{
    if (tag.n) {
        buf_str(out, "Tag=");
        for (size_t i = 0; i < tag.n; i++)
            buf_char(out, fit_for_tag(tag.p[i]) ? tag.p[i] : '_');
        buf_char(out, ',');
    }
    put_seconds(out, start);
    buf_char(out, ',');
    put_seconds(out, length);
    buf_printf(out, ",%.3f,", (double)hist_max(h) / (double)ratio);
    hist_encode_base64(h, out);
    buf_char(out, '\n');
}
