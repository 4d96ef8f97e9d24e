#include "api/mask.h"

#include <ctype.h>
#include <stdbool.h>
#include <strings.h>

/* What is shorter ("EMPTY", "none") is the dummy of a server that wants no key. */
enum { SHORTEST = 6 };

/* What follows `lead` is a secret if it is at least `least` long. */
static const struct row {
    const char *lead;
    bool word; /* only where a word begins: the lead also ends common words */
    size_t least;
    const char *until; /* the characters that end it besides control characters; NULL: all
                          that do not occur in a key */
} rows[] = {
    { "gsk_", false, 1, NULL },       { "sk-", true, 8, NULL },
    { "org_", true, 1, NULL },        { "org-", true, 16, NULL },
    { "bearer ", true, 1, " \"',;" }, { "authorization:", false, 1, "\"',;" },
};

static bool ends(const struct row *r, char c)
{
    unsigned char u = (unsigned char)c;

    if (r->until)
        return u < 0x20 || strchr(r->until, c);
    return !isalnum(u) && c != '_' && c != '-';
}

static size_t row_match(const struct row *r, struct str text, size_t at)
{
    size_t lead, n;

    if ((text.p[at] | 0x20) != *r->lead) /* nearly always; each begins with a letter */
        return 0;
    lead = strlen(r->lead);
    n = at + lead;
    if (text.n - at < lead || strncasecmp(text.p + at, r->lead, lead))
        return 0;
    if (r->word && at && isalnum((unsigned char)text.p[at - 1]))
        return 0;
    while (n < text.n && !ends(r, text.p[n]))
        n++;
    return n - at - lead >= r->least ? n - at : 0;
}

/* "://user:password@": the length of what stands between, with the last @. */
static size_t user_info(struct str text, size_t at)
{
    size_t n = 0;

    for (size_t i = at; i < text.n; i++) {
        if ((unsigned char)text.p[i] <= 0x20 || strchr("/?#\"'<>", text.p[i]))
            break;
        if (text.p[i] == '@')
            n = i - at + 1;
    }
    return n;
}

/* How much of the text at this place is secret, and what is written for it. */
static size_t secret_at(struct str text, size_t at, struct str secret, struct str *instead)
{
    *instead = str_of("***");
    if (secret.n >= SHORTEST && text.n - at >= secret.n &&
        !memcmp(text.p + at, secret.p, secret.n))
        return secret.n;
    if (at >= 3 && !memcmp(text.p + at - 3, "://", 3)) {
        *instead = str_of("***@");
        return user_info(text, at);
    }
    return 0;
}

/* A character of UTF-8; a byte that does not fit in is taken alone. */
static size_t utf8_length(struct str text, size_t at)
{
    unsigned char lead = (unsigned char)text.p[at];
    size_t most = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    size_t n = 1;

    while (n < most && at + n < text.n && ((unsigned char)text.p[at + n] & 0xC0) == 0x80)
        n++;
    return n;
}

/*
 * Controls: C0, DEL, C1, and the marks that turn or hide text on a screen (U+200B-200F,
 * U+2028-202E, U+2060-206F, U+FEFF). n: bytes of the character.
 */
static bool is_gap(const char *p, size_t n)
{
    const unsigned char *u = (const unsigned char *)p;

    if (n == 1)
        return *u <= 0x20 || *u == 0x7F;
    if (n == 2)
        return *u == 0xC2 && u[1] < 0xA0;
    if (n > 3)
        return false;
    return (*u == 0xE2 && u[1] == 0x80 &&
            ((u[2] >= 0x8B && u[2] <= 0x8F) || (u[2] >= 0xA8 && u[2] <= 0xAE))) ||
           (*u == 0xE2 && u[1] == 0x81 && u[2] >= 0xA0 && u[2] <= 0xAF) ||
           (*u == 0xEF && u[1] == 0xBB && u[2] == 0xBF);
}

/* The space that a gap stands for, and the bytes; false at the ceiling. */
static bool add(struct buf *out, const char *p, size_t n, bool *gap)
{
    size_t space = *gap && out->len;

    if (out->max && out->len + space + n > out->max)
        return false;
    if (space)
        buf_char(out, ' ');
    buf_add(out, p, n);
    *gap = false;
    return true;
}

void mask_text(struct buf *out, struct str text, struct str secret)
{
    bool gap = false;
    size_t at = 0;

    while (at < text.n) {
        struct str lead = { text.p + at, 0 }, instead;
        size_t n = secret_at(text, at, secret, &instead);

        for (size_t i = 0; !n && i < sizeof(rows) / sizeof(rows[0]); i++) {
            n = row_match(&rows[i], text, at);
            lead.n = n ? strlen(rows[i].lead) : 0;
        }
        if (n) {
            if ((lead.n && !add(out, lead.p, lead.n, &gap)) ||
                !add(out, instead.p, instead.n, &gap))
                return;
            at += n;
        } else {
            n = utf8_length(text, at);
            if (is_gap(text.p + at, n))
                gap = true;
            else if (!add(out, text.p + at, n, &gap))
                return;
            at += n;
        }
    }
}
