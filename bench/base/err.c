#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
    va_list ap;

    e->code = code;
    va_start(ap, fmt);
    vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
    va_end(ap);
    return -1;
}

int err_at(struct err *e, const char *fmt, ...)
{
    char place[sizeof(e->msg)];
    char cause[sizeof(e->msg)];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(place, sizeof(place), fmt, ap);
    va_end(ap);
    snprintf(cause, sizeof(cause), "%s", e->msg);
    snprintf(e->msg, sizeof(e->msg), "%.250s: %.250s", place, cause);
    return -1;
}
