#ifndef CMD_KEYS_H
#define CMD_KEYS_H

#include "base/err.h"
#include "data/scenario.h"

/*
 * The API key of a target: from the variable or file that the scenario names, never from
 * the command line. *key is NULL where the target names none; it is the caller's, to be
 * given to keys_forget. -1 where it is named but not there.
 */
int keys_read(const struct target *t, char **key, struct err *err);
void keys_forget(char *key);

/* From here on no core dump can hold the key. */
void keys_guard(void);

#endif
