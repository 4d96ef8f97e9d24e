#include "test.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_TESTS = 2000 };

static struct CMUnitTest tests[MAX_TESTS];
static size_t n_tests;

void test_add(const char *name, CMUnitTestFunction fn)
{
    if (n_tests == MAX_TESTS)
        abort();
    tests[n_tests++] = (struct CMUnitTest){ .name = name, .test_func = fn };
}

const char *test_path(const char *relative)
{
    static char path[512];
    const char *root = getenv("TOKDYNO_TESTS");

    snprintf(path, sizeof(path), "%s/%s", root ? root : "tests", relative);
    return path;
}

/* unit [PATTERN]: all tests, or those whose name matches ("hist_*"). */
int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("tokdyno", tests, n_tests, NULL, NULL);
}
