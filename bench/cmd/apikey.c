#include "cmd/apikey.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/mem.h"

enum { MAX_KEY = 4096 };

void apikey_guard(void)
{
    struct rlimit none = { 0, 0 };

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}

void apikey_forget(char *key)
{
    if (key)
        explicit_bzero(key, strlen(key));
    free(key);
}

/* A key that could break out of its header is refused; its text is never repeated. */
static int accept(char *key, const char *where, char **out, struct err *err)
{
    size_t n = strlen(key);

    while (n && strchr(" \t\r\n", key[n - 1]))
        key[--n] = '\0';
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)key[i] <= ' ' || (unsigned char)key[i] >= 127) {
            apikey_forget(key);
            return err_set(err, ERR_USAGE,
                           "%s holds a character that no API key has (at place %zu)", where,
                           i + 1);
        }
    if (!n) {
        apikey_forget(key);
        return err_set(err, ERR_USAGE, "%s is empty", where);
    }
    *out = key;
    return 0;
}

static int from_file(const char *path, char **key, struct err *err)
{
    char text[MAX_KEY] = "", where[300];
    FILE *f = fopen(path, "re");
    size_t n;

    if (!f)
        return err_set(err, ERR_USAGE, "target.api_key_file %s: %s", path, strerror(errno));
    n = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    text[n] = '\0';
    snprintf(where, sizeof(where), "target.api_key_file %.200s", path);
    if (n == sizeof(text) - 1) {
        explicit_bzero(text, sizeof(text));
        return err_set(err, ERR_USAGE, "%s holds more than a key: over %zu bytes", where,
                       n);
    }
    *key = mem_strdup(text);
    explicit_bzero(text, sizeof(text));
    return accept(*key, where, key, err);
}

int apikey_read(const struct target *t, char **key, struct err *err)
{
    const char *value;
    char where[300];

    *key = NULL;
    if (t->api_key_file)
        return from_file(t->api_key_file, key, err);
    if (!t->api_key_env)
        return 0;
    value = getenv(t->api_key_env);
    if (!value)
        return err_set(err, ERR_USAGE,
                       "target.api_key_env names %s, which is not set; export it, or name "
                       "another with --api-key-env",
                       t->api_key_env);
    snprintf(where, sizeof(where), "the variable %.200s", t->api_key_env);
    return accept(mem_strdup(value), where, key, err);
}
