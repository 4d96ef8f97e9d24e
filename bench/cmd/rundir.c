#include "cmd/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int is_empty(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *e;
    int empty = 1;

    if (!dir)
        return -1;
    while ((e = readdir(dir)))
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            empty = 0;
    closedir(dir);
    return empty;
}

static int make_path(char *path, struct err *err)
{
    for (char *p = path + 1;; p++) {
        char c = *p;

        if (c && c != '/')
            continue;
        *p = '\0';
        if (mkdir(path, 0777) && errno != EEXIST)
            return err_set(err, ERR_IO, "cannot make %s: %s", path, strerror(errno));
        *p = c;
        if (!c)
            return 0;
    }
}

/* runs/NAME-TIMESTAMP; others that begin in the same second get -2, -3, ... behind it. */
static int make_default(struct rundir *d, const char *name, struct err *err)
{
    time_t now = time(NULL);
    struct tm tm;
    char stamp[32];
    int n;

    gmtime_r(&now, &tm);
    strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
    snprintf(d->path, sizeof(d->path), "runs");
    if (make_path(d->path, err))
        return -1;
    n = snprintf(d->path, sizeof(d->path), "runs/%.200s-%s", name, stamp);
    for (int i = 2; mkdir(d->path, 0777); i++) {
        if (errno != EEXIST)
            return err_set(err, ERR_IO, "cannot make %s: %s", d->path, strerror(errno));
        snprintf(d->path + n, sizeof(d->path) - (size_t)n, "-%d", i);
    }
    return 0;
}

static int not_empty(const char *path, struct err *err)
{
    return err_set(err, ERR_USAGE,
                   "%s is not empty; a run wants a new or empty directory (--out DIR)",
                   path);
}

int rundir_make(struct rundir *d, const char *out, const char *name, struct err *err)
{
    if (!out)
        return make_default(d, name, err);
    snprintf(d->path, sizeof(d->path), "%s", out);
    if (make_path(d->path, err))
        return -1;
    switch (is_empty(d->path)) {
    case 0:
        return not_empty(d->path, err);
    case 1:
        break;
    default:
        return err_set(err, ERR_IO, "%s: %s", d->path, strerror(errno));
    }
    if (access(d->path, W_OK | X_OK))
        return err_set(err, ERR_IO, "%s is not writable: %s", d->path, strerror(errno));
    return 0;
}

int rundir_check(const char *out, struct err *err)
{
    int empty = is_empty(out);

    if (!empty)
        return not_empty(out, err);
    return empty < 0 && errno != ENOENT
               ? err_set(err, ERR_IO, "%s: %s", out, strerror(errno))
               : 0;
}

const char *rundir_file(const struct rundir *d, const char *file, char *path, size_t n)
{
    snprintf(path, n, "%s/%s", d->path, file);
    return path;
}

static int write_whole(const char *path, const struct buf *content)
{
    FILE *f = fopen(path, "we");
    int failed;

    if (!f)
        return -1;
    failed = fwrite(content->p, 1, content->len, f) != content->len;
    failed |= fflush(f) != 0;
    return fclose(f) || failed ? -1 : 0;
}

int rundir_put(const struct rundir *d, const char *file, const struct buf *content,
               struct err *err)
{
    char path[4300], fresh[4400];

    rundir_file(d, file, path, sizeof(path));
    snprintf(fresh, sizeof(fresh), "%s.new", path);
    if (write_whole(fresh, content) || rename(fresh, path)) {
        err_set(err, ERR_IO, "cannot write %.300s: %s", path, strerror(errno));
        unlink(fresh);
        return -1;
    }
    return 0;
}
