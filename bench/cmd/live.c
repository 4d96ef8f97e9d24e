#include "cmd/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/tame.h"
#include "cmd/terminal.h"
#include "reports/report.h"

void live_init(struct live *l, const struct run *run, const struct recorder *r, bool quiet)
{
    *l = (struct live){ .run = run, .recorder = r, .quiet = quiet };
    l->terminal = terminal_is(STDERR_FILENO);
}

static size_t width(void)
{
    struct winsize w;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) || !w.ws_col)
        return 100;
    return w.ws_col;
}

void live_tick(struct live *l, ns_t now, uint64_t in_flight)
{
    struct recorder_live figures;
    struct buf line;
    bool begins = !l->next;

    if (l->quiet || now < l->next)
        return;
    l->next = now + (l->terminal ? 200 * NS_PER_MS : 5 * NS_PER_S);
    if (begins && !l->terminal)
        return; /* a log has no use for a line of zeros */
    recorder_live(l->recorder, &figures);
    figures.in_flight = in_flight;
    buf_init(&line, 0);
    report_live(&line, l->run, &figures, l->terminal ? width() - 1 : 200);
    tame(line.p, line.len, false);
    if (line.len)
        fprintf(stderr, l->terminal ? "\r\x1b[K%s" : "%s\n", line.p);
    l->shown = l->terminal;
    fflush(stderr);
    buf_free(&line);
}

void live_clear(struct live *l)
{
    if (l->shown)
        fputs("\r\x1b[K", stderr);
    l->shown = false;
}
