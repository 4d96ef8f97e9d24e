#ifndef DATA_PLACES_H
#define DATA_PLACES_H

#include <stdbool.h>
#include <stddef.h>

/* Where files that come with the program are: where it was installed, else where built. */
const char *places_catalogue(void);

/*
 * The scenario that comes with the program and is called as the last part of `name` is,
 * with or without its ".yaml": true with its path. False where there is none.
 */
bool places_scenario(const char *name, char *path, size_t size);

/* A file of reports/, such as "plots/heat.gp": true with its path. */
bool places_report(const char *file, char *path, size_t size);

#endif
