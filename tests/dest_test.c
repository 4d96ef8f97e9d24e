#include "exporters/dest.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "files.h"
#include "test.h"

/* A kind that nothing is made by: only its destination is of interest. */
static const struct exporter one_file = { .name = "one", .mime = "text/plain" };
static const struct exporter signals = { .name = "three", .mime = "x/y", .signals = true };

static struct dest *open_at(const struct exporter *kind, enum export_place place,
                            const char *where, size_t queue_bytes, struct export_spec *spec)
{
    static struct run run;
    static struct export_config config;
    struct dest_config d = { .spec = spec,
                             .export = &config,
                             .path = place == PLACE_FILE ? where : NULL,
                             .queue_bytes = queue_bytes };
    struct dest *dest;
    struct err err;

    config.run = &run;
    *spec = (struct export_spec){ .kind = kind, .place = place, .where = where };
    dest = dest_open(&d, &err);
    if (!dest)
        fail_msg("%s", err.msg);
    return dest;
}

static void put(struct dest *d, enum export_signal signal, const char *text, uint64_t items)
{
    struct export_out out = dest_out(d);
    struct export_chunk chunk = { signal, str_of(text), items };

    out.put(out.ctx, &chunk);
}

static bool close_dest(struct dest *d, ns_t most, char line[500])
{
    struct buf told;
    bool good;

    buf_init(&told, 0);
    good = dest_close(d, most, &told);
    snprintf(line, 500, "%s", told.p);
    buf_free(&told);
    return good;
}

static void assert_holds(const char *path, const char *text)
{
    char got[100] = "";
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(got, text);
}

TEST(a_file_takes_its_place_only_when_it_is_whole)
{
    char dir[] = "/tmp/tokdyno-dest-XXXXXX", path[100], line[500];
    struct export_spec spec;
    struct dest *d;

    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/x", dir);
    d = open_at(&one_file, PLACE_FILE, path, 0, &spec);
    put(d, EXPORT_FILE, "a\n", 1);
    put(d, EXPORT_FILE, "b\n", 2);
    assert_int_equal(access(path, F_OK), -1);
    assert_true(close_dest(d, 0, line));
    assert_holds(path, "a\nb\n");
    assert_non_null(strstr(line, "3 written"));
    unlink(path);
    rmdir(dir);
}

TEST(each_signal_has_a_file_of_its_own)
{
    char dir[] = "/tmp/tokdyno-dest-XXXXXX", base[60], path[100], line[500];
    struct export_spec spec;
    struct dest *d;

    assert_non_null(mkdtemp(dir));
    snprintf(base, sizeof(base), "%s/x", dir);
    d = open_at(&signals, PLACE_FILE, base, 0, &spec);
    put(d, EXPORT_TRACES, "t", 5);
    put(d, EXPORT_LOGS, "l", 7);
    assert_true(close_dest(d, 0, line));
    assert_non_null(strstr(line, "traces 5 written; logs 7 written"));
    snprintf(path, sizeof(path), "%s.traces", base);
    assert_holds(path, "t");
    unlink(path);
    snprintf(path, sizeof(path), "%s.logs", base);
    assert_holds(path, "l");
    unlink(path);
    rmdir(dir);
}

TEST(a_place_that_cannot_be_written_is_told)
{
    char line[500];
    struct export_spec spec;
    struct dest *d;

    d = open_at(&signals, PLACE_FILE, "/proc/nowhere", 0, &spec);
    put(d, EXPORT_TRACES, "t", 5);
    put(d, EXPORT_TRACES, "t", 5);
    assert_false(close_dest(d, 0, line));
    assert_non_null(strstr(line, "0 written, 10 dropped"));
    assert_non_null(strstr(line, "cannot write"));
}

/* Port 9 of this machine: nobody is at home there. */
static const char nobody[] = "http://user:secret@127.0.0.1:9/x?key=secret";

TEST(what_does_not_fit_into_the_queue_is_dropped_and_counted)
{
    char line[500];
    struct export_spec spec;
    struct dest *d = open_at(&one_file, PLACE_URL, nobody, 10, &spec);

    put(d, EXPORT_FILE, "eleven bytes", 3);
    put(d, EXPORT_FILE, "ten bytes.", 4);
    assert_false(close_dest(d, 0, line));
    assert_non_null(strstr(line, "0 sent, 7 dropped"));
    assert_non_null(strstr(line, "queue"));
    assert_null(strstr(line, "secret"));
    assert_non_null(strstr(line, "http://127.0.0.1:9"));
}

TEST(the_end_waits_no_longer_than_it_was_told_to)
{
    char line[500];
    struct export_spec spec;
    struct dest *d = open_at(&one_file, PLACE_URL, nobody, 0, &spec);

    for (int i = 0; i < 100; i++)
        put(d, EXPORT_FILE, "x", 1);
    assert_false(close_dest(d, NS_PER_MS, line));
    assert_non_null(strstr(line, "0 sent, 100 dropped"));
}
