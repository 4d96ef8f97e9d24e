#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/*
 * Memory that is there or the program ends: no caller checks for NULL. What comes
 * back belongs to the caller and is given back with free().
 */
void *mem_alloc(size_t size);               /* zeroed */
void *mem_array(size_t count, size_t size); /* zeroed; ends on overflow of count * size */
void *mem_resize(void *p, size_t count, size_t size); /* new part is not zeroed */
char *mem_strdup(const char *s);
char *mem_strndup(const char *s, size_t n); /* NUL added */

/* Ends the program as all of these do, for a library that reports it by a code. */
_Noreturn void mem_exhausted(void);

/* Room for one more at the end of a growing array: doubles *cap when n has reached it. */
void *mem_grow(void *array, size_t n, size_t *cap, size_t size);

#endif
