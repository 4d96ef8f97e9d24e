#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * A pull scanner over one complete JSON text, and a writer. Neither allocates per value.
 * The scanner is for frames and the journal; small free-form documents go through jansson.
 *
 *     struct json j;
 *     struct str key;
 *     json_init(&j, p, n);
 *     if (json_open_object(&j))
 *         while (json_key(&j, &key))
 *             if (str_is(key, "id"))
 *                 json_text(&j, &id);
 *             else
 *                 json_skip(&j);
 *     if (!json_done(&j)) ...                  // damaged, or something behind the value
 *
 * Every getter consumes one value. Where the value has another type it is skipped, the
 * getter returns false and the text is still good. Where the text is damaged, all that
 * follows returns false, so loops end, and json_done says so. Nesting deeper than 64 is
 * damage. Slices point into the text and live as long as it does.
 */
enum json_kind {
    JSON_IS_BAD,
    JSON_IS_NULL,
    JSON_IS_BOOL,
    JSON_IS_NUMBER,
    JSON_IS_STRING,
    JSON_IS_ARRAY,
    JSON_IS_OBJECT
};

struct json {
    const char *p;
    const char *end;
    int depth;
    bool first; /* just behind a bracket that opened: no comma is due */
    bool bad;
};

void json_init(struct json *j, const char *p, size_t n);

enum json_kind
json_kind(struct json *j); /* of the value that comes next; consumes nothing */

bool json_open_object(struct json *j); /* opens one */
bool json_key(struct json *j,
              struct str *key); /* raw; false at the end, which it consumes */
bool json_open_array(struct json *j);
bool json_item(struct json *j); /* is there one more? false at the end, which it consumes */

bool json_text(struct json *j, struct str *raw); /* between the quotes, still escaped */
bool json_int(struct json *j,
              int64_t *v); /* fractions cut, exponents obeyed, range saturated */
bool json_double(struct json *j, double *v);
bool json_ns(struct json *j, int64_t *ns); /* seconds, as the API writes times, to the ns */
bool json_bool(struct json *j, bool *v);
void json_skip(struct json *j);

/* The raw text of the next value, whatever it is. */
bool json_raw(struct json *j, struct str *raw);

/* The value was whole, and nothing but white space is left. */
bool json_done(const struct json *j);

/*
 * The text a raw string stands for, appended as UTF-8; a lone surrogate becomes U+FFFD,
 * and NUL stays a NUL byte. -1 where out has a ceiling and it would be passed.
 */
int json_unescape(struct str raw, struct buf *out);

/*
 * The writer puts commas and, with indent > 0, line ends where they belong.
 *
 *     struct jsonw w;
 *     jsonw_init(&w, &buf, 0);
 *     jsonw_object(&w);
 *     jsonw_key(&w, "n");
 *     jsonw_int(&w, 3);
 *     jsonw_end(&w);
 */
struct jsonw {
    struct buf *out;
    int indent;
    int depth;
    bool comma;
    bool after_key;
    uint64_t arrays; /* bit d: depth d is an array */
};

void jsonw_init(struct jsonw *w, struct buf *out, int indent);
void jsonw_object(struct jsonw *w);
void jsonw_array(struct jsonw *w);
void jsonw_end(struct jsonw *w); /* the object or array opened last */
void jsonw_key(struct jsonw *w, const char *key);
void jsonw_int(struct jsonw *w, int64_t v);
void jsonw_uint(struct jsonw *w, uint64_t v);
void jsonw_double(struct jsonw *w,
                  double v); /* as few digits as read back; NaN and inf: null */
void jsonw_bool(struct jsonw *w, bool v);
void jsonw_null(struct jsonw *w);
void jsonw_string(struct jsonw *w, const char *s);
void jsonw_text(struct jsonw *w, struct str s); /* bytes that are not UTF-8 become U+FFFD */
void jsonw_raw(struct jsonw *w, struct str json); /* a value that is JSON already */

#endif
