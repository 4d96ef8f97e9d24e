#include "cmd/gate_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/terminal.h"

void gate_output_help(struct buf *out)
{
    buf_str(out, "  --format KIND         what goes to stdout: ");
    for (size_t i = 0; i < n_gate_formats; i++)
        buf_printf(out, "%s%s", i ? ", " : "", gate_formats[i].name);
    buf_str(out, "\n  --format KIND=FILE    another form into a file; repeatable\n");
    for (size_t i = 0; i < n_gate_formats; i++)
        buf_printf(out, "      %-8s          %s\n", gate_formats[i].name,
                   gate_formats[i].help);
}

int gate_output_take(struct gate_output *o, const char *arg, struct err *err)
{
    size_t n = strcspn(arg, "=");
    const struct gate_format *f = gate_format_find(arg, n);

    if (!f) {
        struct buf list = { 0 };

        for (size_t i = 0; i < n_gate_formats; i++)
            buf_printf(&list, "%s%s", i ? ", " : "", gate_formats[i].name);
        err_set(err, ERR_USAGE, "--format: expected one of %s, or KIND=FILE, not \"%s\"",
                list.p, arg);
        buf_free(&list);
        return -1;
    }
    if (!arg[n]) {
        o->format = f;
        return 0;
    }
    if (!arg[n + 1])
        return err_set(err, ERR_USAGE, "--format %s: a file behind the =", arg);
    if (o->n_files == GATE_MOST_FILES)
        return err_set(err, ERR_USAGE, "--format: at most %d files", GATE_MOST_FILES);
    o->files[o->n_files++] = (struct gate_file){ f, arg + n + 1 };
    return 0;
}

static int put_file(const struct gate_file *f, const struct gate *g, struct err *err)
{
    struct buf b = { 0 };
    FILE *to = fopen(f->path, "we");
    int failed;

    if (!to)
        return err_set(err, ERR_IO, "cannot write %s: %s", f->path, strerror(errno));
    f->format->put(&b, g, false);
    failed = fwrite(b.p, 1, b.len, to) != b.len;
    failed |= fclose(to) != 0;
    buf_free(&b);
    return failed ? err_set(err, ERR_IO, "cannot write %s: %s", f->path, strerror(errno))
                  : 0;
}

int gate_output_put(const struct gate_output *o, const struct gate *g, struct err *err)
{
    const struct gate_format *f = o->format ? o->format : &gate_formats[0];
    struct buf b = { 0 };

    for (size_t i = 0; i < o->n_files; i++)
        if (put_file(&o->files[i], g, err))
            return -1;
    f->put(&b, g, terminal_has_colour(STDOUT_FILENO));
    fwrite(b.p, 1, b.len, stdout);
    buf_free(&b);
    if (fflush(stdout) || ferror(stdout))
        return err_set(err, ERR_IO, "cannot write the result to stdout: %s",
                       strerror(errno));
    return 0;
}

int gate_exit_code(const struct gate *g)
{
    switch (g->verdict) {
    case GATE_PASS:
        return EXIT_GOOD;
    case GATE_FAIL:
        return EXIT_VERDICT;
    case GATE_INVALID:
    case GATE_NO_DATA:
    case GATE_INCONCLUSIVE:
    case N_GATE_VERDICTS:
        break;
    }
    return EXIT_INVALID;
}

const char *option_value(int argc, char **argv, int *i, const char *name)
{
    size_t n = strlen(name);

    if (strncmp(argv[*i], name, n))
        return NULL;
    if (argv[*i][n] == '=')
        return argv[*i] + n + 1;
    if (argv[*i][n])
        return NULL;
    return *i + 1 < argc ? argv[++*i] : "";
}
