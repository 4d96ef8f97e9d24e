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
/* A bar of what is done, 0 to 1, with a text behind it; on a terminal alone. */
void progress_bar(struct progress *p, double done, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void progress_end(struct progress *p); /* takes the moving line away */

#endif
