#include "cmd/floors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "data/noise.h"

enum { MAX_FILE = 16 << 20, MOST_FLOORS = 4096 };

/* doctor's names are for people. */
static const char *subject_of(struct arena *arena, struct str name)
{
    for (size_t i = 0; i < N_NOISE_FIGURES; i++) {
        const struct noise_figure *f = &noise_figures[i];

        if (!str_is(name, f->name))
            continue;
        return f->is_rate ? rates[f->rate].name
                          : arena_printf(arena, "%s %s", metrics[f->metric].name,
                                         stat_rows[f->stat].name);
    }
    return NULL;
}

static const char *text_of(struct arena *arena, struct str raw)
{
    struct buf b = { 0 };
    const char *text;

    json_unescape(raw, &b);
    text = arena_strndup(arena, b.len ? b.p : "", b.len);
    buf_free(&b);
    return text;
}

static bool read_figure(struct json *j, struct arena *arena, size_t trials,
                        struct compare_floor *f)
{
    struct str key, text;
    int64_t n;

    *f = (struct compare_floor){ .cell = "", .trials = trials, .values = 2 * trials };
    f->log_sd = f->empirical = -1;
    if (!json_open_object(j))
        return false;
    while (json_key(j, &key))
        if (str_is(key, "cell") && json_text(j, &text))
            f->cell = text_of(arena, text);
        else if (str_is(key, "figure") && json_text(j, &text))
            f->subject = subject_of(arena, text);
        else if (str_is(key, "log_sd_ppm") && json_int(j, &n))
            f->log_sd = (double)n / 1e6;
        else if (str_is(key, "empirical_ppm") && json_int(j, &n))
            f->empirical = (double)n / 1e6;
        else if (!str_is(key, "cell") && !str_is(key, "figure") &&
                 !str_is(key, "log_sd_ppm") && !str_is(key, "empirical_ppm"))
            json_skip(j);
    return f->subject && f->log_sd >= 0 && f->empirical >= 0 && trials > 0;
}

static int parse(const char *p, size_t n, struct arena *arena,
                 struct compare_floor **floors, size_t *n_floors)
{
    struct str key;
    struct json j;
    int64_t trials = 0;

    json_init(&j, p, n);
    *n_floors = 0;
    *floors = arena_alloc(arena, MOST_FLOORS * sizeof(**floors));
    if (!json_open_object(&j))
        return -1;
    while (json_key(&j, &key))
        if (str_is(key, "trials_a_side"))
            json_int(&j, &trials);
        else if (str_is(key, "figures") && json_open_array(&j))
            while (json_item(&j)) {
                struct compare_floor f;

                if (read_figure(&j, arena, (size_t)(trials > 0 ? trials : 0), &f) &&
                    *n_floors < MOST_FLOORS)
                    (*floors)[(*n_floors)++] = f;
            }
        else
            json_skip(&j);
    return json_done(&j) && *n_floors ? 0 : -1;
}

int floors_read(const char *path, struct arena *arena, struct compare_floor **floors,
                size_t *n, struct err *err)
{
    FILE *f = fopen(path, "re");
    char *text;
    size_t len;
    int rc = 0;

    if (!f)
        return err_set(err, ERR_IO, "--noise %s: %s", path, strerror(errno));
    text = mem_alloc(MAX_FILE);
    len = fread(text, 1, MAX_FILE, f);
    if (ferror(f))
        rc = err_set(err, ERR_IO, "--noise %s: %s", path, strerror(errno));
    else if (parse(text, len, arena, floors, n))
        rc = err_set(
            err, ERR_PARSE,
            "--noise %s holds no noise floors; `tokdyno doctor --aa SCENARIO --format "
            "json` writes them",
            path);
    fclose(f);
    free(text);
    return rc;
}
