#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Bytes that grow, up to a ceiling. Bytes from outside go only into a buf with one.
 *
 *     struct buf b;
 *     buf_init(&b, 0);            // 0: no ceiling
 *     buf_printf(&b, "%d", 3);
 *     fwrite(b.p, 1, b.len, stdout);
 *     buf_free(&b);
 *
 * p is always NUL-ended behind len (the NUL is not counted) and never NULL after the first
 * addition; it moves when the buf grows.
 */
struct buf {
    char *p;
    size_t len;
    size_t cap;
    size_t max; /* most bytes it may hold; 0: no ceiling */
};

void buf_init(struct buf *b, size_t max);
void buf_free(struct buf *b);
void buf_clear(struct buf *b); /* len := 0, the memory stays */

char *buf_grow(struct buf *b, size_t n); /* buf_room, where there is none */

/* Make room for n more bytes behind len and return where they go; NULL past the ceiling. */
static inline char *buf_room(struct buf *b, size_t n)
{
    return !b->max && n < b->cap - b->len ? b->p + b->len : buf_grow(b, n);
}

/* 0, or -1 where the ceiling would be passed; then nothing was added. */
static inline int buf_add(struct buf *b, const void *p, size_t n)
{
    char *room = buf_room(b, n);

    if (!room)
        return -1;
    if (n)
        memcpy(room, p, n);
    room[n] = '\0';
    b->len += n;
    return 0;
}

static inline int buf_str(struct buf *b, const char *s)
{
    return buf_add(b, s, strlen(s));
}

static inline int buf_char(struct buf *b, char c)
{
    return buf_add(b, &c, 1);
}

int buf_int(struct buf *b, int64_t v);
int buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Hand the bytes over: the caller frees what comes back, the buf is empty. Never NULL. */
char *buf_take(struct buf *b);

/* Drop the first n bytes. */
void buf_consume(struct buf *b, size_t n);

#endif
