#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exporters/dest_private.h"

/* One file a signal, made when its first chunk comes. */
struct files {
    char *path;
    FILE *open[N_EXPORT_SIGNALS];
    bool failed[N_EXPORT_SIGNALS];
};

static void path_of(const struct files *f, enum export_signal signal, bool partial,
                    char *path, size_t n)
{
    snprintf(path, n, "%s%s%s%s", f->path, signal == EXPORT_FILE ? "" : ".",
             signal == EXPORT_FILE ? "" : export_signal_names[signal],
             partial ? ".partial" : "");
}

static int file_open(struct dest *d, const struct dest_config *config, struct err *err)
{
    struct files *f = mem_alloc(sizeof(*f));
    char path[4300];

    f->path =
        mem_strdup(config->spec->place == PLACE_FILE ? config->spec->where : config->path);
    snprintf(d->where, sizeof(d->where), "%s", f->path);
    d->state = f;
    if (config->spec->kind->signals)
        return 0;
    /* Or one would learn only at the end that it cannot be written. */
    path_of(f, EXPORT_FILE, true, path, sizeof(path));
    f->open[EXPORT_FILE] = fopen(path, "we");
    if (f->open[EXPORT_FILE])
        return 0;
    err_set(err, ERR_IO, "--export %s: cannot write %s: %s", d->spec->kind->name, path,
            strerror(errno));
    free(f->path);
    free(f);
    return -1;
}

static void fail(struct dest *d, enum export_signal signal)
{
    struct files *f = d->state;

    f->failed[signal] = true;
    dest_trouble(d, "cannot write: %s", strerror(errno));
}

static void file_put(struct dest *d, const struct export_chunk *chunk)
{
    struct files *f = d->state;
    enum export_signal signal = chunk->signal;
    char path[4300];

    if (!f->open[signal] && !f->failed[signal]) {
        path_of(f, signal, true, path, sizeof(path));
        f->open[signal] = fopen(path, "we");
        if (!f->open[signal])
            fail(d, signal);
    }
    if (!f->failed[signal] &&
        fwrite(chunk->bytes.p, 1, chunk->bytes.n, f->open[signal]) != chunk->bytes.n)
        fail(d, signal);
    if (f->failed[signal])
        d->counts[signal].dropped += chunk->items;
    else
        d->counts[signal].sent += chunk->items;
}

/* What could not be written whole does not take the place of what was there. */
static void finish(struct dest *d, enum export_signal signal)
{
    struct files *f = d->state;
    char partial[4300], path[4300];

    path_of(f, signal, true, partial, sizeof(partial));
    path_of(f, signal, false, path, sizeof(path));
    if (fflush(f->open[signal]) && !f->failed[signal])
        fail(d, signal);
    fclose(f->open[signal]);
    if (f->failed[signal]) {
        remove(partial);
        d->counts[signal].dropped += d->counts[signal].sent;
        d->counts[signal].sent = 0;
    } else if (rename(partial, path)) {
        fail(d, signal);
    }
}

static void file_close(struct dest *d, ns_t most)
{
    struct files *f = d->state;

    (void)most;
    for (int i = 0; i < N_EXPORT_SIGNALS; i++)
        if (f->open[i])
            finish(d, (enum export_signal)i);
    free(f->path);
    free(f);
}

const struct dest_kind dest_file = { file_open, file_put, file_close };

static int stdout_open(struct dest *d, const struct dest_config *config, struct err *err)
{
    (void)config;
    (void)err;
    snprintf(d->where, sizeof(d->where), "stdout");
    return 0;
}

static void stdout_put(struct dest *d, const struct export_chunk *chunk)
{
    if (fwrite(chunk->bytes.p, 1, chunk->bytes.n, stdout) == chunk->bytes.n) {
        d->counts[chunk->signal].sent += chunk->items;
        return;
    }
    d->counts[chunk->signal].dropped += chunk->items;
    dest_trouble(d, "cannot write: %s", strerror(errno));
}

static void stdout_close(struct dest *d, ns_t most)
{
    (void)most;
    if (fflush(stdout))
        dest_trouble(d, "cannot write: %s", strerror(errno));
}

const struct dest_kind dest_stdout = { stdout_open, stdout_put, stdout_close };
