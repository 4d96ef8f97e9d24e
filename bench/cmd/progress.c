#include "cmd/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/terminal.h"

struct progress progress_begin(const char *who, bool quiet)
{
    return (struct progress){ who, quiet, terminal_is(STDERR_FILENO), false };
}

void progress_say(struct progress *p, const char *fmt, ...)
{
    va_list ap;

    if (p->quiet)
        return;
    if (p->terminal)
        fputs("\r\x1b[K", stderr);
    else
        fprintf(stderr, "%s: ", p->who);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputs(p->terminal ? " ..." : "\n", stderr);
    fflush(stderr);
    p->shown = p->terminal;
}

void progress_bar(struct progress *p, double done, const char *fmt, ...)
{
    enum { WIDTH = 30 };
    int full = (int)(done * WIDTH);
    va_list ap;

    if (p->quiet || !p->terminal)
        return;
    fprintf(stderr, "\r\x1b[K%s [", p->who);
    for (int i = 0; i < WIDTH; i++)
        fputc(i < full ? '#' : '-', stderr);
    fprintf(stderr, "] %3.0f %%  ", done * 100);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fflush(stderr);
    p->shown = true;
}

void progress_end(struct progress *p)
{
    if (p->shown)
        fputs("\r\x1b[K", stderr);
    p->shown = false;
}
