#include "cmd/scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int make_kept(struct scratch *s, const char *keep, struct err *err)
{
    s->kept = true;
    if (strlen(keep) >= sizeof(s->path))
        return err_set(err, ERR_USAGE, "%.100s...: the path is too long", keep);
    strcpy(s->path, keep);
    if (mkdir(keep, 0700))
        return err_set(err, ERR_IO, "cannot make %s: %s", keep, strerror(errno));
    return 0;
}

int scratch_open(struct scratch *s, const char *name, const char *keep, struct err *err)
{
    const char *tmp = getenv("TMPDIR");

    *s = (struct scratch){ .kept = false };
    if (keep)
        return make_kept(s, keep, err);
    snprintf(s->path, sizeof(s->path), "%.200s/tokdyno-%.20s-XXXXXX",
             tmp && *tmp ? tmp : "/tmp", name);
    if (mkdtemp(s->path))
        return 0;
    return err_set(err, ERR_IO, "cannot make %.200s: %s; TMPDIR names another place",
                   s->path, strerror(errno));
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static void remove_all(const char *path)
{
    enum { DESCRIPTORS = 8 };

    nftw(path, drop, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

void scratch_close(struct scratch *s)
{
    if (!s->kept)
        remove_all(s->path);
}

const char *scratch_path(const struct scratch *s, const char *file, char path[SCRATCH_PATH])
{
    snprintf(path, SCRATCH_PATH, "%s/%.60s", s->path, file);
    return path;
}

void scratch_drop(const struct scratch *s, const char *file)
{
    char path[SCRATCH_PATH];

    if (!s->kept)
        remove_all(scratch_path(s, file, path));
}
