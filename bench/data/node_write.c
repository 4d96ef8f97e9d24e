#include "data/node.h"

#include <math.h>
#include <stdlib.h>

static bool one_of(struct str s, const char *const *words)
{
    for (; *words; words++)
        if (str_is(s, *words))
            return true;
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits(const char *p)
{
    size_t n = 0;

    while (is_digit(p[n]))
        n++;
    return n;
}

/* [-+]? ( digits [. digits?] | . digits ) ( [eE] [-+]? digits )? */
static bool is_decimal(const char *p)
{
    size_t whole;
    size_t part = 0;

    p += *p == '-' || *p == '+';
    whole = digits(p);
    p += whole;
    if (*p == '.') {
        part = digits(++p);
        p += part;
    }
    if (!whole && !part)
        return false;
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '-' || *p == '+';
        if (!digits(p))
            return false;
        p += digits(p);
    }
    return !*p;
}

/* 0x1f or 0o17 */
static bool is_based(const char *p)
{
    const char *all = p[0] == '0' && p[1] == 'x'   ? "0123456789abcdefABCDEF"
                      : p[0] == '0' && p[1] == 'o' ? "01234567"
                                                   : NULL;

    return all && p[2] && strlen(p + 2) == strspn(p + 2, all) && strlen(p + 2) <= 16;
}

static bool is_special(struct str s)
{
    static const char *const words[] = {
        ".inf",  ".Inf",  ".INF", "+.inf", "+.Inf", "+.INF", "-.inf",
        "-.Inf", "-.INF", ".nan", ".NaN",  ".NAN",  NULL,
    };

    return one_of(s, words);
}

enum scalar_type node_scalar_type(const struct node *n)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const bools[] = { "true",  "True",  "TRUE", "false",
                                         "False", "FALSE", NULL };

    if (!n->plain)
        return SCALAR_TEXT;
    if (one_of(n->text, nulls))
        return SCALAR_NULL;
    if (one_of(n->text, bools))
        return SCALAR_BOOL;
    if (is_decimal(n->text.p) || is_based(n->text.p) || is_special(n->text))
        return SCALAR_NUMBER;
    return SCALAR_TEXT;
}

bool node_is_null(const struct node *n)
{
    return n->kind == NODE_SCALAR && node_scalar_type(n) == SCALAR_NULL;
}

int node_check_json(const struct node *n, struct err *err)
{
    if (n->kind == NODE_SCALAR && node_scalar_type(n) == SCALAR_NUMBER &&
        (is_special(n->text) || !isfinite(strtod(n->text.p, NULL))))
        return node_err(err, n->mark, "JSON has no number %.60s; expected a finite one",
                        n->text.p);
    for (size_t i = 0; i < n->n; i++)
        if (node_check_json(n->kind == NODE_LIST ? n->items[i] : n->members[i].value, err))
            return -1;
    return 0;
}

/* Is a decimal number also a JSON number? Not +1, 007, .5 or 1. */
static bool is_json_number(const char *p)
{
    const char *point = strchr(p, '.');

    if (*p == '+' || is_based(p))
        return false;
    p += *p == '-';
    if (!is_digit(*p) || (*p == '0' && is_digit(p[1])))
        return false;
    return !point || is_digit(point[1]);
}

static void json_number(struct jsonw *w, const struct node *n)
{
    const char *p = n->text.p;

    if (is_json_number(p))
        jsonw_raw(w, n->text);
    else if (is_based(p))
        jsonw_uint(w, strtoull(p + 2, NULL, p[1] == 'x' ? 16 : 8));
    else
        jsonw_double(w, strtod(p, NULL));
}

static void json_scalar(struct jsonw *w, const struct node *n)
{
    switch (node_scalar_type(n)) {
    case SCALAR_NULL:
        jsonw_null(w);
        break;
    case SCALAR_BOOL:
        jsonw_bool(w, *n->text.p == 't' || *n->text.p == 'T');
        break;
    case SCALAR_NUMBER:
        json_number(w, n);
        break;
    case SCALAR_TEXT:
        jsonw_text(w, n->text);
        break;
    }
}

void node_json(struct jsonw *w, const struct node *n)
{
    switch (n->kind) {
    case NODE_SCALAR:
        json_scalar(w, n);
        break;
    case NODE_LIST:
        jsonw_array(w);
        for (size_t i = 0; i < n->n; i++)
            node_json(w, n->items[i]);
        jsonw_end(w);
        break;
    case NODE_MAP:
        jsonw_object(w);
        for (size_t i = 0; i < n->n; i++) {
            jsonw_key(w, n->members[i].key);
            node_json(w, n->members[i].value);
        }
        jsonw_end(w);
        break;
    }
}

char *node_json_text(struct arena *a, const struct node *n)
{
    struct jsonw w;
    struct buf b;
    char *text;

    buf_init(&b, 0);
    jsonw_init(&w, &b, 0);
    node_json(&w, n);
    text = arena_strndup(a, b.p, b.len);
    buf_free(&b);
    return text;
}

/* Text that means the same without quotes wherever it stands. */
static bool is_bare(struct str s)
{
    static const char any[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "_./$+%<>=-";

    return s.n && s.p[s.n - 1] != '-' && strspn(s.p, any) == s.n && !strchr("%>=-<", *s.p);
}

/* Double-quoted, in ASCII with escapes but for printable UTF-8 that YAML takes as it is. */
static void put_quoted(struct buf *out, struct str s)
{
    static const char *const breaks[] = { "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9",
                                          "\xef\xbb\xbf" };
    static const char *const escapes[] = { "\\N", "\\L", "\\P", "\\uFEFF" };

    buf_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool escaped = false;

        for (size_t k = 0; k < sizeof(breaks) / sizeof(breaks[0]) && !escaped; k++) {
            size_t len = strlen(breaks[k]);

            if (s.n - i >= len && !memcmp(s.p + i, breaks[k], len)) {
                buf_str(out, escapes[k]);
                i += len - 1;
                escaped = true;
            }
        }
        if (escaped)
            continue;
        if (c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0)
            buf_printf(out, "\\x%02x", (unsigned char)s.p[++i]);
        else if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c == '\n')
            buf_str(out, "\\n");
        else if (c < 0x20 || c == 0x7f)
            buf_printf(out, "\\x%02x", c);
        else
            buf_char(out, (char)c);
    }
    buf_char(out, '"');
}

static void put_text(struct buf *out, struct str s)
{
    struct node probe = { .kind = NODE_SCALAR, .text = s, .plain = true };

    if (is_bare(s) && node_scalar_type(&probe) == SCALAR_TEXT)
        buf_add(out, s.p, s.n);
    else
        put_quoted(out, s);
}

static void put_scalar(struct buf *out, const struct node *n)
{
    if (n->plain && node_is_null(n))
        buf_str(out, "null");
    else if (n->plain && node_scalar_type(n) != SCALAR_TEXT)
        buf_add(out, n->text.p, n->text.n);
    else
        put_text(out, n->text);
}

/* In one line, as JSON is. */
static void put_flow(struct buf *out, const struct node *n)
{
    if (n->kind == NODE_SCALAR) {
        put_scalar(out, n);
        return;
    }
    buf_char(out, n->kind == NODE_LIST ? '[' : '{');
    for (size_t i = 0; i < n->n; i++) {
        if (i)
            buf_str(out, ", ");
        if (n->kind == NODE_MAP) {
            put_text(out, str_of(n->members[i].key));
            buf_str(out, ": ");
        }
        put_flow(out, n->kind == NODE_LIST ? n->items[i] : n->members[i].value);
    }
    buf_char(out, n->kind == NODE_LIST ? ']' : '}');
}

/* Lists of words, and small maps. Texts of several words get a line each. */
static bool fits_a_line(const struct node *n)
{
    bool fits = n->kind == NODE_LIST || n->weight < 8;

    for (size_t i = 0; i < n->n && fits && n->n > 1; i++)
        fits = n->kind == NODE_LIST
                   ? n->items[i]->kind == NODE_SCALAR &&
                         !memchr(n->items[i]->text.p, ' ', n->items[i]->text.n)
                   : n->members[i].value->kind == NODE_SCALAR;
    return fits;
}

static void put_block(struct buf *out, const struct node *n, int indent, bool first_in_line)
{
    for (size_t i = 0; i < n->n; i++) {
        const struct node *child = n->kind == NODE_LIST ? n->items[i] : n->members[i].value;

        if (i || !first_in_line)
            buf_printf(out, "%*s", indent, "");
        if (n->kind == NODE_LIST) {
            buf_str(out, "- ");
        } else {
            put_text(out, str_of(n->members[i].key));
            buf_char(out, ':');
        }
        if (child->kind == NODE_SCALAR || !child->n || fits_a_line(child)) {
            buf_str(out, n->kind == NODE_LIST ? "" : " ");
            put_flow(out, child);
            buf_char(out, '\n');
        } else if (n->kind == NODE_LIST) {
            put_block(out, child, indent + 2, true);
        } else {
            buf_char(out, '\n');
            put_block(out, child, indent + 2, false);
        }
    }
}

void node_yaml(struct buf *out, const struct node *n)
{
    if (n->kind == NODE_SCALAR || !n->n) {
        put_flow(out, n);
        buf_char(out, '\n');
    } else {
        put_block(out, n, 0, false);
    }
}
