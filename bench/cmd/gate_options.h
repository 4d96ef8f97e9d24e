#ifndef CMD_GATE_OPTIONS_H
#define CMD_GATE_OPTIONS_H

#include "base/err.h"
#include "reports/gate.h"

/*
 * Where the result of a gate goes: in one format to stdout, in any number of others to
 * files (--format KIND, --format KIND=FILE).
 */
enum { GATE_MOST_FILES = 16 };

struct gate_file {
    const struct gate_format *format;
    const char *path;
};

struct gate_output {
    const struct gate_format *format; /* NULL: text */
    struct gate_file files[GATE_MOST_FILES];
    size_t n_files;
};

/* The lines about --format for a command's help; only those of the table. */
void gate_output_help(struct buf *out);

/* The argument of --format: -1 with what there is. */
int gate_output_take(struct gate_output *o, const char *arg, struct err *err);

/* Writes all; -1 where it could not be written. */
int gate_output_put(const struct gate_output *o, const struct gate *g, struct err *err);

/* The exit code: not valid 3, failed 1, not to be decided 3, else 0. */
int gate_exit_code(const struct gate *g);

/*
 * argv[*i] as option `name`, with its argument behind it or behind '='. NULL: it is
 * another;
 * "" where the argument is missing.
 */
const char *option_value(int argc, char **argv, int *i, const char *name);

#endif
