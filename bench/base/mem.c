#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mem_exhausted(void)
{
    fputs("tokdyno: out of memory\n", stderr);
    abort();
}

static void *there(void *p)
{
    if (!p)
        mem_exhausted();
    return p;
}

void *mem_alloc(size_t size)
{
    return there(calloc(1, size ? size : 1));
}

void *mem_array(size_t count, size_t size)
{
    return there(calloc(count ? count : 1, size ? size : 1));
}

void *mem_resize(void *p, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        there(NULL);
    return there(realloc(p, count && size ? count * size : 1));
}

char *mem_strdup(const char *s)
{
    return mem_strndup(s, strlen(s));
}

char *mem_strndup(const char *s, size_t n)
{
    char *copy = mem_alloc(n + 1);

    if (n)
        memcpy(copy, s, n);
    return copy;
}

void *mem_grow(void *array, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return array;
    *cap = *cap ? *cap * 2 : 8;
    return mem_resize(array, *cap, size);
}
