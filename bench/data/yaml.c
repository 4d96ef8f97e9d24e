#include "data/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <yaml.h>

#include "base/mem.h"
#include "base/utf8.h"

enum { MAX_KEYS = 1000, MAX_ANCHORS = 100, MAX_KEY = 256 };

struct anchor {
    char *name;
    const struct node *node; /* NULL while it is still open: an alias to it is a cycle */
};

struct composer {
    yaml_parser_t parser;
    struct arena *arena;
    const char *file;
    const char *text;
    struct err *err;
    struct anchor anchors[MAX_ANCHORS];
    size_t n_anchors;
    size_t nodes;
};

static struct mark mark_of(const struct composer *c, yaml_mark_t at)
{
    return (struct mark){ c->file, (unsigned)at.line + 1, (unsigned)at.column + 1 };
}

static struct mark mark_at_byte(const char *file, const char *text, size_t n)
{
    struct mark m = { file, 1, 1 };

    for (size_t i = 0; i < n; i++)
        if (text[i] == '\n') {
            m.line++;
            m.column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            m.column++;
        }
    return m;
}

static int check_utf8(const char *file, const char *text, size_t n, struct err *err)
{
    for (size_t i = 0; i < n;) {
        size_t len = utf8_length((const unsigned char *)text + i, n - i);

        if (!len)
            return node_err(err, mark_at_byte(file, text, i),
                            "byte 0x%02x is not UTF-8; expected a text file in UTF-8",
                            (unsigned char)text[i]);
        i += len;
    }
    return 0;
}

/* What libyaml complains of is often not what has to be changed. */
static const char *advice(const char *problem)
{
    static const struct {
        const char *part;
        const char *advice;
    } rows[] = {
        { "mapping values are not allowed",
          "; check the indentation, and put text that holds \": \" or ends in \":\" in "
          "quotes, as \"sim:\"" },
        { "cannot start any token", "; tabs do not indent, and text that starts with @, ` "
                                    "or % wants quotes" },
        { "did not find expected key", "; check the indentation and the quotes" },
        { "did not find expected '-' indicator", "; check the indentation" },
        { "could not find expected ':'", "; expected KEY: VALUE" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strstr(problem, rows[i].part))
            return rows[i].advice;
    return "";
}

static int syntax_error(const struct composer *c)
{
    const yaml_parser_t *p = &c->parser;
    const char *problem = p->problem ? p->problem : "unreadable";

    if (p->error == YAML_MEMORY_ERROR)
        abort();
    if (p->error == YAML_READER_ERROR)
        return node_err(c->err, mark_at_byte(c->file, c->text, p->problem_offset),
                        "not YAML: %s", problem);
    return node_err(c->err, mark_of(c, p->problem_mark), "not YAML: %s%s", problem,
                    advice(problem));
}

static int next(struct composer *c, yaml_event_t *e)
{
    if (!yaml_parser_parse(&c->parser, e))
        return syntax_error(c);
    return 0;
}

/* The name under which this node can be named again, as an index + 1; 0 where none. */
static int open_anchor(struct composer *c, const yaml_char_t *name, struct mark mark,
                       size_t *slot)
{
    *slot = 0;
    if (!name)
        return 0;
    if (c->n_anchors == MAX_ANCHORS)
        return node_err(c->err, mark, "more than %d anchors", MAX_ANCHORS);
    c->anchors[c->n_anchors++].name = arena_strdup(c->arena, (const char *)name);
    *slot = c->n_anchors;
    return 0;
}

static void close_anchor(struct composer *c, size_t slot, const struct node *node)
{
    if (slot)
        c->anchors[slot - 1].node = node;
}

static int resolve(struct composer *c, const char *name, struct mark mark,
                   const struct node **out)
{
    for (size_t i = c->n_anchors; i-- > 0;)
        if (!strcmp(c->anchors[i].name, name)) {
            if (!c->anchors[i].node)
                return node_err(c->err, mark, "*%.60s stands inside of &%.60s itself", name,
                                name);
            *out = c->anchors[i].node;
            return 0;
        }
    return node_err(c->err, mark,
                    "*%.60s names nothing; expected an anchor &%.60s above it", name, name);
}

static int refuse_tag(struct composer *c, const yaml_char_t *tag, struct mark mark)
{
    if (!tag)
        return 0;
    return node_err(c->err, mark, "tag %.60s; expected a value without a tag",
                    (const char *)tag);
}

static int count(struct composer *c, const struct node *n)
{
    c->nodes += n->weight;
    if (c->nodes > YAML_MAX_NODES)
        return node_err(c->err, n->mark, "more than %d values, aliases counted in full",
                        YAML_MAX_NODES);
    return 0;
}

static int compose(struct composer *c, const yaml_event_t *e, int depth,
                   const struct node **out);

static int compose_scalar(struct composer *c, const yaml_event_t *e,
                          const struct node **out)
{
    struct mark mark = mark_of(c, e->start_mark);
    size_t len = e->data.scalar.length;
    char *text = arena_strndup(c->arena, (const char *)e->data.scalar.value, len);
    struct node *n;
    size_t slot;

    if (refuse_tag(c, e->data.scalar.tag, mark) ||
        open_anchor(c, e->data.scalar.anchor, mark, &slot))
        return -1;
    if (strlen(text) != len)
        return node_err(c->err, mark, "text with a NUL character");
    n = node_text(c->arena, mark, text);
    n->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    close_anchor(c, slot, n);
    *out = n;
    return count(c, n);
}

static int compose_list(struct composer *c, const yaml_event_t *e, int depth,
                        const struct node **out)
{
    struct mark mark = mark_of(c, e->start_mark);
    const struct node **items = NULL;
    const struct node **kept;
    size_t n = 0;
    size_t cap = 0;
    size_t slot;
    int rc;

    if (refuse_tag(c, e->data.sequence_start.tag, mark) ||
        open_anchor(c, e->data.sequence_start.anchor, mark, &slot))
        return -1;
    for (;;) {
        yaml_event_t item;
        bool end;

        rc = next(c, &item);
        if (rc)
            goto out;
        end = item.type == YAML_SEQUENCE_END_EVENT;
        items = mem_grow(items, n, &cap, sizeof(*items));
        rc = end ? 0 : compose(c, &item, depth + 1, &items[n++]);
        yaml_event_delete(&item);
        if (end)
            break;
        if (rc)
            goto out;
    }
    kept = arena_alloc(c->arena, n * sizeof(*kept));
    if (n)
        memcpy(kept, items, n * sizeof(*kept));
    *out = node_list(c->arena, mark, kept, n);
    close_anchor(c, slot, *out);
    c->nodes++;
    rc = 0;
out:
    free(items);
    return rc;
}

static int compose_key(struct composer *c, const yaml_event_t *e,
                       const struct member *members, size_t n, struct member *m)
{
    m->mark = mark_of(c, e->start_mark);
    if (e->type != YAML_SCALAR_EVENT)
        return node_err(c->err, m->mark, "this cannot be a key; expected a name");
    m->key = arena_strdup(c->arena, (const char *)e->data.scalar.value);
    if (strlen(m->key) != e->data.scalar.length || strlen(m->key) > MAX_KEY)
        return node_err(c->err, m->mark,
                        "this cannot be a key; expected a name of at most "
                        "%d bytes",
                        MAX_KEY);
    for (size_t i = 0; i < n; i++)
        if (!strcmp(members[i].key, m->key))
            return node_err(c->err, m->mark, "\"%s\" is here twice, first in line %u",
                            m->key, members[i].mark.line);
    if (n == MAX_KEYS)
        return node_err(c->err, m->mark, "more than %d keys in one mapping", MAX_KEYS);
    return 0;
}

static int compose_member(struct composer *c, const yaml_event_t *key, int depth,
                          const struct member *members, size_t n, struct member *m)
{
    yaml_event_t value;
    int rc;

    if (compose_key(c, key, members, n, m) || next(c, &value))
        return -1;
    rc = compose(c, &value, depth + 1, &m->value);
    yaml_event_delete(&value);
    return rc;
}

static int compose_map(struct composer *c, const yaml_event_t *e, int depth,
                       const struct node **out)
{
    struct node *map = node_map(c->arena, mark_of(c, e->start_mark));
    struct member *members = NULL;
    struct member *kept;
    size_t cap = 0;
    size_t slot;
    int rc;

    if (refuse_tag(c, e->data.mapping_start.tag, map->mark) ||
        open_anchor(c, e->data.mapping_start.anchor, map->mark, &slot))
        return -1;
    for (;;) {
        yaml_event_t key;
        bool end;

        rc = next(c, &key);
        if (rc)
            goto out;
        end = key.type == YAML_MAPPING_END_EVENT;
        members = mem_grow(members, map->n, &cap, sizeof(*members));
        rc = end ? 0 : compose_member(c, &key, depth, members, map->n, &members[map->n]);
        yaml_event_delete(&key);
        if (end)
            break;
        if (rc)
            goto out;
        map->weight += members[map->n++].value->weight;
    }
    kept = arena_alloc(c->arena, map->n * sizeof(*kept));
    if (map->n)
        memcpy(kept, members, map->n * sizeof(*kept));
    map->members = kept;
    close_anchor(c, slot, map);
    c->nodes++;
    *out = map;
    rc = 0;
out:
    free(members);
    return rc;
}

static int compose(struct composer *c, const yaml_event_t *e, int depth,
                   const struct node **out)
{
    struct mark mark = mark_of(c, e->start_mark);

    if (depth > YAML_MAX_DEPTH)
        return node_err(c->err, mark, "nested more than %d deep", YAML_MAX_DEPTH);
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        return compose_scalar(c, e, out);
    case YAML_SEQUENCE_START_EVENT:
        return compose_list(c, e, depth, out);
    case YAML_MAPPING_START_EVENT:
        return compose_map(c, e, depth, out);
    case YAML_ALIAS_EVENT:
        if (resolve(c, (const char *)e->data.alias.anchor, mark, out))
            return -1;
        return count(c, *out);
    default:
        return node_err(c->err, mark, "not YAML: a value is missing");
    }
}

/* Reads events up to the first of what the caller waits for. */
static int skip_to(struct composer *c, yaml_event_type_t wanted, yaml_event_t *e)
{
    for (;;) {
        if (next(c, e))
            return -1;
        if (e->type == wanted || e->type == YAML_STREAM_END_EVENT)
            return 0;
        yaml_event_delete(e);
    }
}

static int compose_document(struct composer *c, const struct node **root)
{
    yaml_event_t e;
    struct mark mark;
    int rc;

    if (skip_to(c, YAML_DOCUMENT_START_EVENT, &e))
        return -1;
    mark = mark_of(c, e.start_mark);
    rc = e.type == YAML_STREAM_END_EVENT
             ? node_err(c->err, (struct mark){ c->file, 1, 1 },
                        "the file holds nothing; expected keys with values")
             : 0;
    yaml_event_delete(&e);
    if (rc || next(c, &e))
        return -1;
    rc = compose(c, &e, 0, root);
    yaml_event_delete(&e);
    if (rc || skip_to(c, YAML_DOCUMENT_START_EVENT, &e))
        return -1;
    mark = mark_of(c, e.start_mark);
    rc = e.type == YAML_STREAM_END_EVENT
             ? 0
             : node_err(c->err, mark, "a second document starts here; expected one");
    yaml_event_delete(&e);
    return rc;
}

int yaml_tree(const struct node **root, struct arena *arena, const char *file,
              const char *text, size_t n, struct err *err)
{
    static const char bom[] = "\xef\xbb\xbf";
    struct composer c = { .arena = arena, .file = file, .err = err };
    int rc;

    if (n > YAML_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "%s: more than 1 MiB; expected a small text file",
                       file);
    if (n >= 3 && !memcmp(text, bom, 3)) {
        text += 3;
        n -= 3;
    }
    if (check_utf8(file, text, n, err))
        return -1;
    c.text = text;
    if (!yaml_parser_initialize(&c.parser))
        abort();
    yaml_parser_set_encoding(&c.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&c.parser, (const unsigned char *)text, n);
    rc = compose_document(&c, root);
    yaml_parser_delete(&c.parser);
    return rc;
}

int yaml_value(const struct node **value, struct arena *arena, const char *name,
               const char *text, struct err *err)
{
    size_t n = strlen(text);

    if (!n || !strchr("[{\"'", *text)) {
        if (check_utf8(name, text, n, err))
            return -1;
        *value = node_scalar(arena, (struct mark){ name, 0, 0 }, arena_strdup(arena, text));
        return 0;
    }
    return yaml_tree(value, arena, name, text, n, err);
}

int yaml_slurp(struct buf *out, const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = -1;

    if (fd < 0)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    buf_init(out, YAML_MAX_BYTES + 1);
    for (;;) {
        size_t room = YAML_MAX_BYTES + 1 - out->len;
        char *p = buf_room(out, room < 65536 ? room : 65536);

        got = room ? read(fd, p, room < 65536 ? room : 65536) : 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        out->len += (size_t)got;
    }
    if (got < 0)
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    else if (out->len > YAML_MAX_BYTES)
        got = err_set(err, ERR_LIMIT, "%s: more than 1 MiB; expected a small text file",
                      path);
    close(fd);
    if (got < 0)
        buf_free(out);
    else
        out->p[out->len] = '\0';
    return got < 0 ? -1 : 0;
}
