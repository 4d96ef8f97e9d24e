#ifndef DATA_KEYS_H
#define DATA_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "data/node.h"

/*
 * Keys of a YAML file as rows of a table: where the value goes, what it may be, what it is
 * when absent, what it means. Reading, checking, --set, the matrix, `explain`, the page of
 * documentation and the JSON Schema all walk the same rows; a new key is one row and the
 * field it fills.
 */
struct key;
struct keys_reader;

/* How a kind of value is read and described. */
struct key_type {
    const char *name;
    const char *expected; /* behind "expected " */
    const char *schema;   /* members of a JSON Schema, as "\"type\":\"boolean\"" */
    /* Value n of key k into *field: 0, or -1 with a message that has its place. */
    int (*read)(struct keys_reader *r, const struct key *k, const struct node *n,
                void *field);
};

enum key_flag {
    KEY_RUN = 1,  /* one for the whole run: no matrix may vary it */
    KEY_MUST = 2, /* has to be there */
    KEY_REST = 4, /* what is unknown beside it probably belongs into it */
};

struct key {
    /* "limits.drain". Keys of every phase are "load[].rate". */
    const char *path;
    const struct key_type *type;
    size_t offset; /* of the field, in the struct that this part of the table fills */
    const char *fallback;  /* as it would be written; NULL: none */
    const char *otherwise; /* the default in words where it depends on other keys */
    const char *least;     /* bounds, as they would be written; NULL: none */
    const char *most;
    const char *const *choices; /* ends in NULL */
    const char *help;
    const char *example;
    unsigned flags; /* of enum key_flag */
};

/*
 * Reads one tree, or a part of it. `seen` is where the value of each row was written, of
 * the part read last; NULL where it was not.
 */
struct keys_reader {
    struct arena *arena;
    const struct key *keys;
    size_t n_keys;
    const char *file; /* relative paths in this file start ... */
    const char
        *folder; /* ... here; NULL: as they are. Elsewhere they start where we are. */
    struct err *err;
    void *own;        /* what the table's own types share */
    const char *path; /* of what is being read, as "load.steady", for messages */
    const struct node **seen;
};

/*
 * Read all members of a map whose rows start with prefix ("", "load[].") into *base, then
 * what was absent by its fallback. r->path is put in front of names in messages.
 */
int keys_read(struct keys_reader *r, const struct node *map, const char *prefix,
              void *base);

/* -1 with "PATH: " and the place in front of what *err says. */
int keys_fail(struct keys_reader *r, const struct key *k, const struct node *n);

/* -1: "file:1:2: PATH: what; expected ...". */
int keys_wrong(struct keys_reader *r, const struct key *k, const struct node *n,
               const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* -1 with "is a list; expected ..." where the value is of another kind. */
int keys_want(struct keys_reader *r, const struct key *k, const struct node *n,
              enum node_kind kind);

/* The row with this path; NULL where there is none. */
const struct key *keys_find(const struct key *keys, size_t n, struct str path);

/* Is there a row below this path ("limits", "connection.tls")? */
bool keys_is_section(const struct key *keys, size_t n, struct str path);

/* The part of a path behind its last '.'. */
const char *key_leaf(const struct key *k);

/* Types that any table can use; the field is ... */
extern const struct key_type key_boolean;  /* bool */
extern const struct key_type key_count;    /* uint64_t */
extern const struct key_type key_small;    /* unsigned */
extern const struct key_type key_number;   /* double */
extern const struct key_type key_duration; /* ns_t */
extern const struct key_type key_money;    /* int64_t, n$ */
extern const struct key_type key_word;     /* const char *: letters, digits, - _ . */
extern const struct key_type key_text;     /* const char * */
extern const struct key_type key_texts;    /* struct texts */
extern const struct key_type key_choice;   /* unsigned: index of the choice */
extern const struct key_type key_named;    /* const char *: one of the choices */
extern const struct key_type key_file;     /* const char *: path of a file that is there */
extern const struct key_type key_files;    /* struct texts: paths of files that are there */
extern const struct key_type key_tree;     /* const struct node *: anything */

struct texts {
    const char *const *p;
    size_t n;
};

#endif
