#include "files.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "test.h"

char *test_file(const char *relative, size_t *n)
{
    FILE *f = fopen(test_path(relative), "rb");
    char *text;
    long size;

    if (!f) {
        fail_msg("no file %s", test_path(relative));
        abort();
    }
    fseek(f, 0, SEEK_END);
    size = ftell(f);
    rewind(f);
    text = mem_alloc((size_t)size + 1);
    assert_int_equal(fread(text, 1, (size_t)size, f), size);
    fclose(f);
    if (n)
        *n = (size_t)size;
    return text;
}

char *test_line(char **rest)
{
    char *line = *rest;
    char *end;

    if (!line || !*line)
        return NULL;
    end = strchr(line, '\n');
    if (end)
        *end = '\0';
    *rest = end ? end + 1 : NULL;
    return line;
}
