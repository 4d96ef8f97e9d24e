#ifndef DATA_FIELDS_H
#define DATA_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

/*
 * A struct as a JSON object, written and read by one table, so that the two cannot differ:
 *
 *     static const struct field point[] = {
 *         { "x", FIELD_I64, offsetof(struct point, x), -1 },
 *         { "label", FIELD_TEXT, offsetof(struct point, label) },
 *     };
 *     fields_put(&w, point, 2, &p);      // {"x":3,"label":"a"}
 *     fields_get(&reader, point, 2, &p); // starts from what is in p
 *
 * What has the value `absent` (and empty text) is not written, so the reader must start
 * from an object that has it. Other types are FIELD_OTHER with functions of their own.
 */
enum field_type {
    FIELD_TEXT, /* const char *; NULL is written like "" */
    FIELD_BOOL,
    FIELD_I32,
    FIELD_U32,
    FIELD_I64,
    FIELD_U64,
    FIELD_OTHER
};

struct fields_reader;

struct field {
    const char *key;
    enum field_type type;
    size_t offset;
    int64_t absent;
    /* FIELD_OTHER: are handed the whole object. put writes key and value, or nothing. */
    void (*put)(struct jsonw *w, const char *key, const void *object);
    void (*get)(struct fields_reader *rd, void *object);
};

/*
 * Where values are read from and text goes. Numbers must be 0..FIELDS_MAX, or those of a
 * type that is smaller; text, numbers and bools of another type are damage as well.
 */
struct fields_reader {
    struct json j;
    bool bad;
    /* Keeps the text a raw string stands for as long as the object lives. */
    const char *(*keep)(void *ctx, struct str raw);
    void *ctx;
};

/* Sums and differences of a few of these still fit. */
#define FIELDS_MAX (INT64_MAX / 8)

void fields_put(struct jsonw *w, const struct field *table, size_t n, const void *object);

/* One object, which must come next. Keys that the table does not name are skipped. */
void fields_get(struct fields_reader *rd, const struct field *table, size_t n,
                void *object);

/* The parts, for FIELD_OTHER. On damage they set bad and return 0 or "". */
int64_t fields_int(struct fields_reader *rd, int64_t max);
const char *fields_text(struct fields_reader *rd);

/* Open the array that comes next; false, and bad, where none does. *n: its items. */
bool fields_array(struct fields_reader *rd, size_t *n);

#endif
