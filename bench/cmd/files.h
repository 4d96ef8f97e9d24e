#ifndef CMD_FILES_H
#define CMD_FILES_H

#include "base/buf.h"
#include "base/err.h"

/* Writes a whole file wherever it is, by rename, so that it is never seen half. */
int put_file(const char *path, const struct buf *content, struct err *err);

#endif
