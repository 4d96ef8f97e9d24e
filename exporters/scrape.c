#include "exporters/scrape.h"

#include <stddef.h>

struct scrape *scrape_open(const struct scrape_config *config, struct err *err)
{
    err_set(err, ERR_USAGE, "%s: nothing here can be scraped", config->where);
    return NULL;
}

void scrape_close(struct scrape *s)
{
    (void)s;
}
