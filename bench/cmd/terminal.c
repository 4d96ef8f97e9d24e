#include "cmd/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool terminal_is(int fd)
{
    const char *term = getenv("TERM");

    return isatty(fd) && (!term || strcmp(term, "dumb"));
}

bool terminal_has_colour(int fd)
{
    const char *no_colour = getenv("NO_COLOR");

    return terminal_is(fd) && !(no_colour && *no_colour);
}
