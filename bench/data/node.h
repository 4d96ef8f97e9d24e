#ifndef DATA_NODE_H
#define DATA_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

/*
 * A YAML document as a tree in which every key and value knows where it was written. Trees
 * live in an arena and never change: node_with makes a new one that shares all it can.
 */

/* A place in a file; without a line, `file` alone says it ("--set load.rate"). */
struct mark {
    const char *file;
    unsigned line; /* from 1; 0: none */
    unsigned column;
};

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

/* What a scalar written without quotes stands for, by YAML 1.2's core schema. */
enum scalar_type { SCALAR_NULL, SCALAR_BOOL, SCALAR_NUMBER, SCALAR_TEXT };

struct member {
    const char *key;
    struct mark mark;
    const struct node *value;
};

struct node {
    enum node_kind kind;
    struct mark mark;
    struct str text; /* of a scalar; NUL-ended as well */
    bool plain;      /* written without quotes */
    const struct node *const *items;
    const struct member *members;
    size_t n;      /* of items or members */
    size_t weight; /* nodes below and with this one, aliases expanded */
};

extern const char *const node_kinds[]; /* "a value", "a list", "a mapping" */

struct node *node_scalar(struct arena *a, struct mark mark, const char *text);
struct node *node_text(struct arena *a, struct mark mark, const char *text); /* quoted */
struct node *node_list(struct arena *a, struct mark mark, const struct node *const *items,
                       size_t n);
struct node *node_map(struct arena *a, struct mark mark);

/* NULL where map is NULL, no mapping, or has no such key. */
const struct member *node_member(const struct node *map, struct str key);
const struct node *node_get(const struct node *map, const char *key);

/* A map with one key set (value NULL: taken away); the old one stays as it is. */
struct node *node_with(struct arena *a, const struct node *map, const char *key,
                       struct mark mark, const struct node *value);

/* A list with item i replaced. */
struct node *node_with_item(struct arena *a, const struct node *list, size_t i,
                            const struct node *value);

enum scalar_type node_scalar_type(const struct node *n);
bool node_is_null(const struct node *n);

/* -1 at a number that JSON cannot hold (.inf, .nan), with its place. */
int node_check_json(const struct node *n, struct err *err);

void node_json(struct jsonw *w, const struct node *n);
char *node_json_text(struct arena *a, const struct node *n);

/* Block style, lists of scalars in one line; reading it gives the same tree. */
void node_yaml(struct buf *out, const struct node *n);

/* "file:line:column" */
char *node_place(struct arena *a, struct mark mark);

/* "file:line:column: ..."; control characters become '?'. Always -1. */
int node_err(struct err *err, struct mark mark, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Put the place in front of the message that is there. Always -1. */
int node_err_at(struct err *err, struct mark mark);

#endif
