#include <ctype.h>

#include "data/scenario_draft.h"

enum { MAX_QUESTION = 200, MAX_NAME = 64 };

/* What a comment line says, without its # and the spaces around. */
static struct str comment_words(struct str line)
{
    while (line.n && (*line.p == '#' || isspace((unsigned char)*line.p))) {
        line.p++;
        line.n--;
    }
    while (line.n && isspace((unsigned char)line.p[line.n - 1]))
        line.n--;
    return line;
}

/* The first sentence of the comment that opens a file; NULL where there is none. */
const char *scenario_question(struct arena *a, const char *text, size_t n)
{
    struct buf b;
    const char *question = NULL;
    const char *end;

    buf_init(&b, 0);
    if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
        text += 3;
        n -= 3;
    }
    while (n && *text == '#') {
        const char *end_of_line = memchr(text, '\n', n);
        size_t line = end_of_line ? (size_t)(end_of_line - text) : n;
        struct str words = comment_words((struct str){ text, line });

        if (!words.n || b.len + (b.len > 0) + words.n > MAX_QUESTION)
            break;
        buf_add(&b, " ", b.len > 0);
        buf_add(&b, words.p, words.n);
        text += line + (line < n);
        n -= line + (line < n);
    }
    if (b.len) {
        for (end = b.p; *end; end++)
            if ((*end == '?' || *end == '.') && (!end[1] || end[1] == ' ')) {
                end++;
                break;
            }
        question = arena_strndup(a, b.p, (size_t)(end - b.p));
    }
    buf_free(&b);
    return question;
}

/* "scenarios/chat steady.yaml" is called "chat-steady". */
const char *scenario_name(struct arena *a, const char *file)
{
    const char *slash = file ? strrchr(file, '/') : NULL;
    char *name = arena_strdup(a, slash ? slash + 1 : file ? file : "run");
    char *dot = strrchr(name, '.');

    if (dot && dot > name)
        *dot = '\0';
    for (char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
            *p = '-';
    while (*name && !isalnum((unsigned char)*name))
        name++;
    return *name ? arena_strndup(a, name, strnlen(name, MAX_NAME)) : "run";
}
