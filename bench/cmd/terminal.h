#ifndef CMD_TERMINAL_H
#define CMD_TERMINAL_H

#include <stdbool.h>

/* Is that a terminal which understands escape sequences? */
bool terminal_is(int fd);

/* The same, where nobody asked for no colours (https://no-color.org: not empty). */
bool terminal_has_colour(int fd);

#endif
