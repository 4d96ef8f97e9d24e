#ifndef DATA_LABELS_H
#define DATA_LABELS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Texts that answers bring, counted: the first LABELS_MAX different ones by name, later
 * ones together as "other". So a server cannot make it grow.
 */
enum { LABELS_MAX = 32, LABEL_BYTES = 128 };

struct label_count {
    const char *name;
    uint64_t n;
};

struct labels {
    struct label_count items[LABELS_MAX + 1];
    size_t n;
};

/* Which item it is, a new one if need be. Texts are shortened to LABEL_BYTES. */
size_t labels_slot(struct labels *l, const char *text);

void labels_free(struct labels *l);

/*
 * A copy of the text as it comes back from the journal: bytes that are not UTF-8 replaced;
 * at most `max` bytes, cut between characters. The caller frees it.
 */
char *label_text(const char *text, size_t max);

#endif
