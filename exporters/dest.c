#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/tame.h"
#include "base/units.h"
#include "exporters/dest_private.h"

void dest_trouble(struct dest *d, const char *fmt, ...)
{
    va_list args;

    if (*d->trouble)
        return;
    va_start(args, fmt);
    vsnprintf(d->trouble, sizeof(d->trouble), fmt, args);
    va_end(args);
}

static const struct dest_kind *kind_of(const struct dest_config *config)
{
    switch (config->spec->place) {
    case PLACE_URL:
        return &dest_http;
    case PLACE_STDOUT:
        return &dest_stdout;
    case PLACE_FILE:
    case PLACE_SCRAPE:
    case PLACE_DEFAULT:
        break;
    }
    return config->path ? &dest_file : &dest_http;
}

struct dest *dest_open(const struct dest_config *config, struct err *err)
{
    struct dest *d = mem_alloc(sizeof(*d));

    d->kind = kind_of(config);
    d->spec = config->spec;
    if (d->kind->open(d, config, err)) {
        free(d);
        return NULL;
    }
    return d;
}

static void put(void *ctx, const struct export_chunk *chunk)
{
    struct dest *d = ctx;

    d->kind->put(d, chunk);
}

struct export_out dest_out(struct dest *d)
{
    return (struct export_out){ put, d };
}

static void put_count(struct buf *b, const char *what, uint64_t n)
{
    if (!n)
        return;
    buf_str(b, ", ");
    units_put_count(b, n);
    buf_printf(b, " %s", what);
}

/* first: nothing stands in front of it but the colon. */
static void put_signal(struct buf *b, const struct dest *d, int signal, bool *first)
{
    const struct dest_count *c = &d->counts[signal];

    if (!c->sent && !c->rejected && !c->dropped)
        return;
    buf_str(b, *first ? " " : "; ");
    *first = false;
    if (d->spec->kind->signals)
        buf_printf(b, "%s ", export_signal_names[signal]);
    units_put_count(b, c->sent);
    buf_str(b, d->kind == &dest_http ? " sent" : " written");
    put_count(b, "rejected", c->rejected);
    put_count(b, "dropped", c->dropped);
}

static bool lost(const struct dest *d)
{
    for (int i = 0; i < N_EXPORT_SIGNALS; i++)
        if (d->counts[i].rejected || d->counts[i].dropped)
            return true;
    return *d->trouble;
}

static void tell(const struct dest *d, struct buf *told)
{
    size_t from = told->len;
    bool first = true;

    buf_printf(told, "export %s to %s:", d->spec->kind->name, d->where);
    for (int i = 0; i < N_EXPORT_SIGNALS; i++)
        put_signal(told, d, i, &first);
    if (first)
        buf_str(told, " nothing to send");
    if (*d->trouble)
        buf_printf(told, "; %s", d->trouble);
    if (*d->warning)
        buf_printf(told, "; the server says: %s", d->warning);
    tame(told->p + from, told->len - from, false);
    buf_char(told, '\n');
}

bool dest_close(struct dest *d, ns_t most, struct buf *told)
{
    bool good;

    d->kind->close(d, most);
    tell(d, told);
    good = !lost(d);
    free(d);
    return good;
}
