#include <stdio.h>

#include "exporters/dest_private.h"

static int http_open(struct dest *d, const struct dest_config *config, struct err *err)
{
    (void)config;
    return err_set(err, ERR_USAGE, "exporter %s cannot be posted", d->spec->kind->name);
}

const struct dest_kind dest_http = { http_open, NULL, NULL };
