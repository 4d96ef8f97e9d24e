#ifndef CMD_TARGET_OPTIONS_H
#define CMD_TARGET_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/simchild.h"
#include "data/catalogue.h"
#include "data/scenario.h"
#include "load/call.h"

/*
 * Commands that talk to a target without a load: which one, with which key, through what.
 * It is named by --target, or is the one of a scenario.
 *
 *     struct target_options o;
 *     struct target_link link;
 *     if (!target_options_read(&o, argc, argv, switches, &err) &&
 *         !target_link_open(&link, &o, &err))
 *         ... caller_ask(link.caller, ...) ...
 *     target_link_close(&link);
 *     target_options_free(&o);
 */
struct target_switch {
    const char *flag;
    const char *value; /* what it takes; NULL: nothing */
    const char *help;
    const char *given; /* its value, or "" for one that takes none; NULL: not given */
};

struct target_options {
    const char *scenario; /* a file; NULL: none */
    struct setting *settings;
    size_t n_settings;
    const char **words; /* what is no option */
    size_t n_words;
    char **made; /* owned */
    size_t n_made;
    bool json;
    bool help;
};

/* more: switches of the command's own, to be filled; ends with a NULL flag. */
int target_options_read(struct target_options *o, int argc, char **argv,
                        struct target_switch *more, struct err *err);
void target_options_free(struct target_options *o);

/* The options that all of them have, and those of `more`, a line each. */
void target_options_help(const struct target_switch *more);

/* A way to it. */
struct target_link {
    struct scenario scenario;
    const struct cell *cell; /* the first of the scenario */
    struct catalogue catalogue;
    char *key; /* NULL: none */
    struct simchild sim;
    bool has_sim;
    bool has_library;
    const char *base_url;
    struct caller *caller;
};

/* -1 where it is wrong or the simulator does not start; nothing is sent yet. */
int target_link_open(struct target_link *l, const struct target_options *o,
                     struct err *err);
void target_link_close(struct target_link *l); /* also one that was not opened */

#endif
