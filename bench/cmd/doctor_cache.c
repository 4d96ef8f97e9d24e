#include "cmd/doctor_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_PATH = 1024, MAX_CACHE = 256 << 10 };

/* The folder caches are in, which may not be there; -1 where nobody says where it is. */
static int cache_home(char path[MAX_PATH], struct err *err)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n;

    if (xdg && *xdg == '/')
        n = snprintf(path, MAX_PATH, "%s", xdg);
    else if (home && *home == '/')
        n = snprintf(path, MAX_PATH, "%s/.cache", home);
    else
        return err_set(err, ERR_IO, "neither XDG_CACHE_HOME nor HOME names a folder");
    if (n + 32 > MAX_PATH)
        return err_set(err, ERR_IO, "the path of the cache is too long");
    return 0;
}

static int make_folder(const char *path, struct err *err)
{
    if (!mkdir(path, 0700) || errno == EEXIST)
        return 0;
    return err_set(err, ERR_IO, "cannot make %.180s: %s", path, strerror(errno));
}

static int write_all(int fd, const struct buf *b)
{
    size_t done = 0;

    while (done < b->len) {
        ssize_t n = write(fd, b->p + done, b->len - done);

        if (n < 0 && errno != EINTR)
            return -1;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int put_file(const char *folder, const struct buf *json, struct err *err)
{
    char path[MAX_PATH + 32], fresh[MAX_PATH + 32];
    int fd, failed;

    snprintf(path, sizeof(path), "%s/doctor.json", folder);
    snprintf(fresh, sizeof(fresh), "%s/doctor.json.XXXXXX", folder);
    fd = mkstemp(fresh); /* private by itself */
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot write in %.180s: %s", folder, strerror(errno));
    failed = write_all(fd, json);
    failed |= close(fd);
    if (!failed && !rename(fresh, path))
        return 0;
    err_set(err, ERR_IO, "cannot write %.180s: %s", path, strerror(errno));
    unlink(fresh);
    return -1;
}

int doctor_cache_store(const struct buf *json, struct err *err)
{
    char folder[MAX_PATH];

    if (cache_home(folder, err) || make_folder(folder, err))
        return -1;
    strcat(folder, "/tokdyno");
    return make_folder(folder, err) ? -1 : put_file(folder, json, err);
}

/* Whoever else could write it could make us say what they like. */
static int check_file(int fd, const char *path, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        return err_set(err, ERR_IO, "%.180s is no file", path);
    if (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
        return err_set(err, ERR_IO, "%.180s may be written by others", path);
    return 0;
}

static int read_all(int fd, const char *path, struct buf *b, struct err *err)
{
    char chunk[4096];
    ssize_t n;

    while ((n = read(fd, chunk, sizeof(chunk))) > 0)
        if (buf_add(b, chunk, (size_t)n))
            return err_set(err, ERR_LIMIT, "%.180s is too large", path);
    return n ? err_set(err, ERR_IO, "%.180s: %s", path, strerror(errno)) : 0;
}

static int load(int fd, const char *path, struct doctor_figures *f, ns_t now_real,
                struct err *err)
{
    struct machine here;
    struct buf b;
    int rc;

    buf_init(&b, MAX_CACHE);
    rc = check_file(fd, path, err) || read_all(fd, path, &b, err) ? -1 : 0;
    if (!rc) {
        machine_read(&here, "");
        rc = doctor_recall(f, b.p ? b.p : "", b.len, &here, now_real, err);
        if (rc < 0)
            err_at(err, "%.180s", path);
    }
    buf_free(&b);
    return rc;
}

int doctor_cache_load(struct doctor_figures *f, ns_t now_real, struct err *err)
{
    char path[MAX_PATH + 32];
    int fd, rc;

    *f = doctor_unknown;
    if (cache_home(path, err))
        return 1;
    strcat(path, "/tokdyno/doctor.json");
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? 1
                   : err_set(err, ERR_IO, "%.180s: %s", path, strerror(errno));
    rc = load(fd, path, f, now_real, err);
    close(fd);
    return rc;
}
