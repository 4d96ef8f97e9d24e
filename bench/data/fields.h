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
 *         FIELD_INT("x", I64, struct point, x, -1),
 *         FIELD_TEXT("label", struct point, label),
 *     };
 *     fields_put(&w, point, 2, &p);      // {"x":3,"label":"a"}
 *     fields_get(&reader, point, 2, &p); // starts from what is in p
 *
 * What is absent is not written: a number of the value named, empty text, false, an object
 * all absent. So the reader must start from an object in which everything is. What fits no
 * type has functions of its own.
 */
enum field_type {
    FIELD_TYPE_TEXT, /* const char *; NULL is written like "" */
    FIELD_TYPE_BOOL,
    FIELD_TYPE_I32,
    FIELD_TYPE_U32,
    FIELD_TYPE_I64,
    FIELD_TYPE_U64,
    FIELD_TYPE_OBJECT,
    FIELD_TYPE_OTHER
};

/* No number has this value: always written. */
#define FIELD_ALWAYS INT64_MIN

#define FIELD_TEXT(name, of, member)                                                       \
    {                                                                                      \
        .key = name, .type = FIELD_TYPE_TEXT, .offset = offsetof(of, member)               \
    }
#define FIELD_BOOL(name, of, member)                                                       \
    {                                                                                      \
        .key = name, .type = FIELD_TYPE_BOOL, .offset = offsetof(of, member)               \
    }
#define FIELD_INT(name, size, of, member, none)                                            \
    {                                                                                      \
        .key = name, .type = FIELD_TYPE_##size, .offset = offsetof(of, member),            \
        .absent = none                                                                     \
    }
/* A struct inside; its table counts offsets from the start of that member. */
#define FIELD_OBJECT(name, rows, of, member)                                               \
    {                                                                                      \
        .key = name, .type = FIELD_TYPE_OBJECT, .offset = offsetof(of, member),            \
        .table = rows, .n = sizeof(rows) / sizeof((rows)[0])                               \
    }
/* The same, with offsets counted from the start of the struct outside. */
#define FIELD_PART(name, rows)                                                             \
    {                                                                                      \
        .key = name, .type = FIELD_TYPE_OBJECT, .table = rows,                             \
        .n = sizeof(rows) / sizeof((rows)[0])                                              \
    }
#define FIELD_OTHER(name, put_fn, get_fn)                                                  \
    {                                                                                      \
        .key = name, .type = FIELD_TYPE_OTHER, .put = put_fn, .get = get_fn                \
    }

struct fields_reader;

struct field {
    const char *key;
    enum field_type type;
    size_t offset;
    int64_t absent;
    const struct field *table; /* of an object inside */
    size_t n;
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

/* The sum of four of these still fits, and so does their difference. */
#define FIELDS_MAX (INT64_MAX / 4)

void fields_put(struct jsonw *w, const struct field *table, size_t n, const void *object);

/*
 * Every member that is no object itself, those of objects inside among them, in the order
 * of the table; for who writes them as something else than JSON. `in` are the keys of the
 * objects around it, the nearest first; object: what f counts its offset from.
 */
struct field_in {
    const char *key;
    const struct field_in *in; /* NULL: the outermost */
};
typedef void field_fn(void *ctx, const struct field_in *in, const struct field *f,
                      const void *object);
void fields_each(const struct field *table, size_t n, const void *object, field_fn *fn,
                 void *ctx);

/* Its value as bare text; nothing where it is absent or a list. */
void field_text(const struct field *f, const void *object, struct buf *out);

/* One object, which must come next. Keys that the table does not name are skipped. */
void fields_get(struct fields_reader *rd, const struct field *table, size_t n,
                void *object);

/* The parts, for FIELD_OTHER. On damage they set bad and return 0 or "". */
int64_t fields_int(struct fields_reader *rd, int64_t max);
const char *fields_text(struct fields_reader *rd);

/* Open the array that comes next; false, and bad, where none does. *n: its items. */
bool fields_array(struct fields_reader *rd, size_t *n);

#endif
