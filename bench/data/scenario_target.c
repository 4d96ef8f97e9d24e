#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/scenario_draft.h"

/* Kinds of values under `target`. Messages never show what may hold a secret. */

/* What follows the scheme, where it is one of those given; NULL where it is not. */
static const char *behind_scheme(const char *url, const char *const *schemes)
{
    for (; *schemes; schemes++)
        if (!strncmp(url, *schemes, strlen(*schemes)))
            return url + strlen(*schemes);
    return NULL;
}

/* Is what stands behind the host, as [::1]:8080/v1, no port? */
static bool wrong_port(const char *rest, size_t len)
{
    const char *bracket = *rest == '[' ? memchr(rest, ']', len) : NULL;
    const char *host_end = bracket ? bracket : rest;
    const char *colon = memchr(host_end, ':', (size_t)(rest + len - host_end));
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
    int port = digits && digits < 6 ? atoi(colon + 1) : 0;

    return colon && (colon + 1 + digits != rest + len || port < 1 || port > UINT16_MAX);
}

/* Messages about addresses never show them: they may hold a password. */
static int check_authority(struct keys_reader *r, const struct key *k, const struct node *n,
                           const char *rest)
{
    size_t len = strcspn(rest, "/?#");

    if (memchr(rest, '@', len))
        return keys_wrong(r, k, n,
                          "the address holds a user name or password; expected it "
                          "without, and the key in a variable");
    if (!len || *rest == ':')
        return keys_wrong(r, k, n, "the address has no host; expected %s",
                          k->type->expected);
    if (wrong_port(rest, len))
        return keys_wrong(r, k, n, "the address has no usable port; expected 1 to 65535");
    for (const char *p = rest; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f || *p == '"' || *p == '\\')
            return keys_wrong(r, k, n, "the address holds a character that none may hold");
    return 0;
}

static int read_target(struct keys_reader *r, const struct key *k, const struct node *n,
                       void *field)
{
    static const char *const schemes[] = { "http://", "https://", NULL };
    const char **v = field;
    const char *rest;
    size_t len;

    if (keys_want(r, k, n, NODE_SCALAR))
        return -1;
    if (str_is(n->text, "sim:") || str_is(n->text, "sim")) {
        *v = "sim:";
        return 0;
    }
    if (str_is(n->text, "null:")) {
        *v = "null:";
        return 0;
    }
    rest = behind_scheme(n->text.p, schemes);
    if (!rest)
        return keys_wrong(r, k, n,
                          "the address does not start with http:// or https://; "
                          "expected %s",
                          k->type->expected);
    if (check_authority(r, k, n, rest))
        return -1;
    if (strpbrk(rest, "?#"))
        return keys_wrong(r, k, n,
                          "the address holds a ? or #; expected it up to and "
                          "without the path of the endpoint");
    for (len = n->text.n; n->text.p[len - 1] == '/'; len--)
        ;
    *v = arena_strndup(r->arena, n->text.p, len);
    return 0;
}

static int read_proxy(struct keys_reader *r, const struct key *k, const struct node *n,
                      void *field)
{
    static const char *const schemes[] = { "http://",    "https://",  "socks4://",
                                           "socks5h://", "socks5://", NULL };
    const char **v = field;
    const char *rest;

    if (keys_want(r, k, n, NODE_SCALAR))
        return -1;
    rest = behind_scheme(n->text.p, schemes);
    if (!rest)
        return keys_wrong(r, k, n, "the address has no known scheme; expected %s",
                          k->type->expected);
    if (check_authority(r, k, n, rest))
        return -1;
    *v = n->text.p;
    return 0;
}

/* Not shown where wrong: people put the key itself here. */
static int read_variable(struct keys_reader *r, const struct key *k, const struct node *n,
                         void *field)
{
    const char **v = field;
    bool good = n->kind == NODE_SCALAR && n->text.n && n->text.n <= 128 &&
                !isdigit((unsigned char)*n->text.p) && strncmp(n->text.p, "gsk_", 4) != 0;

    for (size_t i = 0; good && i < n->text.n; i++)
        good = isalnum((unsigned char)n->text.p[i]) || n->text.p[i] == '_';
    if (!good)
        return keys_wrong(r, k, n, "this is not the name of a variable; expected %s",
                          k->type->expected);
    *v = n->text.p;
    return 0;
}

/* Headers that carry credentials have their own keys, and those that we write ourselves. */
static const char *refused_header(const char *header, size_t n)
{
    static const struct {
        const char *name;
        const char *instead;
    } rows[] = {
        { "authorization", "target.api_key_env" },
        { "proxy-authorization", "target.api_key_env" },
        { "cookie", "target.api_key_env" },
        { "api-key", "target.api_key_env" },
        { "x-api-key", "target.api_key_env" },
        { "host", "target.base_url" },
        { "content-length", "no header that the program writes itself" },
        { "content-type", "no header that the program writes itself" },
        { "transfer-encoding", "no header that the program writes itself" },
        { "connection", "connection.policy" },
        { "expect", "no header that the program writes itself" },
        { "accept-encoding", "no header that the program writes itself" },
        { "x-tokdyno-id", "target.id_header" },
        { "traceparent", "target.traceparent" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strlen(rows[i].name) == n && !strncasecmp(header, rows[i].name, n))
            return rows[i].instead;
    return NULL;
}

static int read_headers(struct keys_reader *r, const struct key *k, const struct node *n,
                        void *field)
{
    static const char token[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "!#$%&'*+-.^_`|~";
    struct texts *v = field;

    if (key_texts.read(r, k, n, field))
        return -1;
    for (size_t i = 0; i < v->n; i++) {
        const char *header = v->p[i];
        size_t len = strspn(header, token);
        const char *instead = refused_header(header, len);

        if (!len || header[len] != ':')
            return keys_wrong(r, k, n->items[i], "item %zu is not a header; expected %s",
                              i + 1, k->type->expected);
        if (instead)
            return keys_wrong(r, k, n->items[i], "%.*s cannot be set here; expected %s",
                              (int)len, header, instead);
        for (const char *p = header + len; *p; p++)
            if ((unsigned char)*p < ' ' || *p == 0x7f)
                return keys_wrong(r, k, n->items[i], "%.*s holds a control character",
                                  (int)len, header);
    }
    return 0;
}

const struct key_type key_target = {
    "address",
    "https://..., http://..., \"sim:\" or \"null:\"",
    "\"type\":\"string\",\"pattern\":\"^(sim:?|null:|https?://[^@?#]+)$\"",
    read_target,
};
const struct key_type key_proxy = {
    "proxy",
    "http://HOST:PORT or socks5://HOST:PORT",
    "\"type\":\"string\"",
    read_proxy,
};
const struct key_type key_variable = {
    "variable",
    "the name of an environment variable, as GROQ_API_KEY, never the key itself",
    "\"type\":\"string\",\"pattern\":\"^[A-Za-z_][A-Za-z0-9_]*$\"",
    read_variable,
};
const struct key_type key_headers = {
    "headers",
    "a list of \"Name: value\"",
    "\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":\"^[^: ]+:\"}",
    read_headers,
};
