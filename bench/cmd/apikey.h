#ifndef CMD_APIKEY_H
#define CMD_APIKEY_H

#include "base/err.h"
#include "data/scenario.h"

/*
 * The API key of a target: from the variable or file that the scenario names, never from
 * the command line. *key is NULL where the target names none; it is the caller's, to be
 * given to apikey_forget. -1 where it is named but not there.
 */
int apikey_read(const struct target *t, char **key, struct err *err);
void apikey_forget(char *key);

/* From here on no core dump can hold the key. */
void apikey_guard(void);

#endif
