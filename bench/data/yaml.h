#ifndef DATA_YAML_H
#define DATA_YAML_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "data/node.h"

/* The most that a YAML file may be. */
enum { YAML_MAX_BYTES = 1 << 20, YAML_MAX_DEPTH = 32, YAML_MAX_NODES = 100000 };

/*
 * One YAML document into a tree in the arena; `file` (borrowed, lives as long) only names
 * it. -1 with file:line:column for what is no YAML, no UTF-8, a key given twice, an alias
 * that holds itself, tags, a second document, and more than the maxima above.
 */
int yaml_tree(const struct node **root, struct arena *arena, const char *file,
              const char *text, size_t n, struct err *err);

/* A value as --set takes it: text in quotes or brackets is YAML, all other is text as it
 * is. */
int yaml_value(const struct node **value, struct arena *arena, const char *name,
               const char *text, struct err *err);

/* All bytes of a file, unless they are too many; reads no more than that. */
int yaml_slurp(struct buf *out, const char *path, struct err *err);

#endif
