#include "test.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

TEST(mem_is_zeroed_and_never_null)
{
    char *p = mem_alloc(100);
    int *array = mem_array(10, sizeof(*array));
    void *nothing = mem_alloc(0);
    void *none = mem_array(0, 8);

    for (int i = 0; i < 100; i++)
        assert_int_equal(p[i], 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(array[i], 0);
    assert_non_null(nothing);
    assert_non_null(none);
    free(p);
    free(array);
    free(nothing);
    free(none);
}

TEST(mem_copies_text)
{
    char *all = mem_strdup("tokens");
    char *part = mem_strndup("tokens", 3);
    char *none = mem_strndup(NULL, 0);

    assert_string_equal(all, "tokens");
    assert_string_equal(part, "tok");
    assert_string_equal(none, "");
    free(all);
    free(part);
    free(none);
}

TEST(mem_grows_an_array_as_it_fills_and_keeps_what_is_in_it)
{
    int *array = NULL;
    size_t cap = 0;

    for (size_t n = 0; n < 1000; n++) {
        array = mem_grow(array, n, &cap, sizeof(*array));
        assert_true(cap > n);
        array[n] = (int)n;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(array[i], i);
    array = mem_resize(array, 0, sizeof(*array));
    assert_non_null(array);
    free(array);
}

static void ask_for_overflow(void)
{
    free(mem_resize(NULL, SIZE_MAX / 2, 4));
}

/* Runs what must end the program in a child of its own; is the message there? */
static bool ends_the_program(void (*what)(void))
{
    static const struct rlimit no_core = { 0, 0 };
    char said[200] = "";
    int pipe_fd[2], status;
    pid_t child;

    assert_int_equal(pipe(pipe_fd), 0);
    child = fork();
    if (!child) {
        signal(SIGABRT, SIG_DFL);
        setrlimit(RLIMIT_CORE, &no_core);
        dup2(pipe_fd[1], STDERR_FILENO);
        what();
        _exit(0);
    }
    close(pipe_fd[1]);
    assert_true(read(pipe_fd[0], said, sizeof(said) - 1) >= 0);
    close(pipe_fd[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
           strstr(said, "out of memory");
}

TEST(mem_that_is_not_there_ends_the_program_with_a_word)
{
    assert_true(ends_the_program(ask_for_overflow));
    assert_true(ends_the_program(mem_exhausted));
}
