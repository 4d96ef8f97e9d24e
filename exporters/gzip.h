#ifndef EXPORTERS_GZIP_H
#define EXPORTERS_GZIP_H

#include "base/buf.h"
#include "base/str.h"

/* The bytes in a gzip container, added to out. */
void gzip(struct str bytes, struct buf *out);

#endif
