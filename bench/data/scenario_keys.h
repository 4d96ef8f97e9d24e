#ifndef DATA_SCENARIO_KEYS_H
#define DATA_SCENARIO_KEYS_H

#include "data/keys.h"

/* The only list of scenario keys; those of a section stand together. */
extern const struct key scenario_keys[];
extern const size_t n_scenario_keys;

/*
 * The row a dotted path leads to, for "load.steady.rate" that of "load[].rate"; NULL where
 * there is none. Sections have none.
 */
const struct key *path_key(const char *path);

#endif
