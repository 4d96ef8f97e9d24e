#include "data/labels.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

static bool find(const struct labels *l, const char *text, size_t *slot)
{
    for (*slot = 0; *slot < l->n; ++*slot)
        if (!strcmp(l->items[*slot].name, text))
            return true;
    return false;
}

size_t labels_slot(struct labels *l, const char *text)
{
    size_t slot;
    char *name;

    if (find(l, text, &slot))
        return slot;
    name = label_text(text, LABEL_BYTES);
    if (find(l, name, &slot) || l->n > LABELS_MAX) {
        free(name);
        return slot < l->n ? slot : LABELS_MAX;
    }
    if (l->n == LABELS_MAX) {
        free(name);
        name = mem_strdup("other");
    }
    l->items[l->n++] = (struct label_count){ name, 0 };
    return l->n - 1;
}

void labels_free(struct labels *l)
{
    for (size_t i = 0; i < l->n; i++)
        free((void *)(uintptr_t)l->items[i].name);
    l->n = 0;
}

static bool inside(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

char *label_text(const char *text, size_t max)
{
    struct buf json, plain;
    struct jsonw w;
    struct json j;
    struct str raw;

    buf_init(&json, 0);
    buf_init(&plain, 0);
    jsonw_init(&w, &json, 0);
    jsonw_string(&w, text);
    json_init(&j, json.p, json.len);
    json_text(&j, &raw);
    json_unescape(raw, &plain);
    if (plain.len > max) {
        while (max && inside(plain.p[max]))
            max--;
        plain.p[max] = '\0';
    }
    buf_free(&json);
    return buf_take(&plain);
}
