#ifndef CMD_RUN_OPTIONS_H
#define CMD_RUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "data/scenario.h"

/* What the command line of `run` says. Strings are argv's. */
struct run_options {
    const char **files;
    size_t n_files;
    struct setting *settings; /* --set and the flags that stand for a key, in their order;
                                 room for one more */
    size_t n_settings;
    char **made; /* values we had to build; owned */
    size_t n_made;
    const char **exports; /* --export texts */
    size_t n_exports;
    const char *out;
    bool dry_run;
    bool quiet;
    bool json;
    bool help;
};

int run_options_read(struct run_options *o, int argc, char **argv, struct err *err);
void run_options_free(struct run_options *o);
void run_options_help(void);

#endif
