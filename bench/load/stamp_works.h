#ifndef LOAD_STAMP_WORKS_H
#define LOAD_STAMP_WORKS_H

#include <stdbool.h>

/* Does the kernel stamp what a socket receives? Tried out on one of the loopback. */
bool stamp_works(void);

#endif
