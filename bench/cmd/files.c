#include "cmd/files.h"

#include <stdio.h>
#include <string.h>

#include "cmd/rundir.h"

int put_file(const char *path, const struct buf *content, struct err *err)
{
    struct rundir d = { "." };
    const char *slash = strrchr(path, '/');

    if (slash)
        snprintf(d.path, sizeof(d.path), "%.*s", (int)(slash - path), path);
    if (slash == path)
        strcpy(d.path, "/");
    return rundir_put(&d, slash ? slash + 1 : path, content, err);
}
