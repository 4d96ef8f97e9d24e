#include "data/nearest.h"

#include <stdint.h>
#include <stdio.h>

enum { LONGEST = 80 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Restricted Damerau-Levenshtein distance, three rows at a time. */
size_t edit_distance(struct str a, struct str b)
{
    size_t rows[3][LONGEST + 1];

    if (a.n > LONGEST || b.n > LONGEST)
        return a.n == b.n && !memcmp(a.p, b.p, a.n) ? 0 : LONGEST;
    for (size_t j = 0; j <= b.n; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *now = rows[i % 3];
        const size_t *last = rows[(i - 1) % 3];
        const size_t *before = rows[(i + 1) % 3];

        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t cost = a.p[i - 1] != b.p[j - 1];

            now[j] = least(least(last[j] + 1, now[j - 1] + 1), last[j - 1] + cost);
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return rows[a.n % 3][b.n];
}

struct nearest nearest_to(struct str word)
{
    return (struct nearest){ .word = word, .distance = SIZE_MAX };
}

/* How wrong a word may be: a slip in a short one, a third of a long one. */
static size_t farthest(struct str word)
{
    return word.n < 5 ? 1 : (word.n + 1) / 3;
}

void nearest_try(struct nearest *n, const char *name)
{
    size_t d = edit_distance(n->word, str_of(name));
    bool begins = n->word.n > 2 && !strncmp(name, n->word.p, n->word.n);

    if (!begins && (d > farthest(n->word) || d >= strlen(name)))
        return;
    if (begins && d > 1)
        d = 1; /* the beginning of a name is as good as a slip */
    if (d < n->distance) {
        n->best = name;
        n->distance = d;
    }
}

int nearest_hint(const struct nearest *n, struct err *err)
{
    size_t used = strlen(err->msg);

    if (n->best)
        snprintf(err->msg + used, sizeof(err->msg) - used, "; did you mean \"%s\"?",
                 n->best);
    return -1;
}
