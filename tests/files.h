#ifndef TESTS_FILES_H
#define TESTS_FILES_H

#include <stddef.h>

/* A file under tests/, NUL-ended; the caller frees it. The test fails where it is not
 * there. n may be NULL. */
char *test_file(const char *relative, size_t *n);

/*
 * The lines of a text, one a call, cut in place: NULL at the end.
 *
 *     char *rest = text, *line;
 *     while ((line = test_line(&rest)))
 */
char *test_line(char **rest);

#endif
