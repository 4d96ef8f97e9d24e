#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A test registers itself where it is written; its name is a sentence. */
void test_add(const char *name, CMUnitTestFunction fn);

#define TEST(name)                                                                         \
    static void name(void **state);                                                        \
    __attribute__((constructor)) static void add_##name(void)                              \
    {                                                                                      \
        test_add(#name, name);                                                             \
    }                                                                                      \
    static void name(void **state __attribute__((unused)))

/* Path of a file under tests/, wherever the tests are run from. Static; valid until the
 * next. */
const char *test_path(const char *relative);

#endif
