#ifndef BASE_TAME_H
#define BASE_TAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Text for a terminal that may hold names and messages of others: control characters
 * (C0 but for the line feed, DEL, C1, and what turns the direction of writing) become
 * question marks, in place. colours: our own, ESC [ digits m, stay.
 */
void tame(char *p, size_t n, bool colours);

#endif
