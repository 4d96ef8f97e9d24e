#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include <stdbool.h>

/* What is going on, on stderr: one line that moves on a terminal, a line each elsewhere. */
struct progress {
    const char *who;
    bool quiet;
    bool terminal;
    bool shown;
};

struct progress progress_begin(const char *who, bool quiet);
void progress_say(struct progress *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void progress_end(struct progress *p); /* takes the moving line away */

#endif
