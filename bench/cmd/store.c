#include "cmd/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *store_path(const char *given)
{
    const char *set = getenv("TOKDYNO_DB");

    if (given)
        return given;
    return set && *set ? set : STORE_FILE;
}

struct loading {
    struct baseline *b;
    struct evidence_list *to;
};

static int load(void *ctx, const struct baseline_row *row, struct err *err)
{
    struct loading *l = ctx;
    struct evidence *e = baseline_load(l->b, row, err);

    if (!e)
        return -1;
    evidence_list_add(l->to, e);
    return 0;
}

int store_load(const char *path, const struct baseline_pick *pick, struct evidence_list *to,
               struct err *err)
{
    struct loading l = { baseline_open(path, false, err), to };
    int rc = l.b ? baseline_each(l.b, pick, load, &l, err) : -1;

    baseline_close(l.b);
    return rc;
}

void store_revision(char *revision, size_t n)
{
    static const char *const variables[] = { "GITHUB_SHA", "CI_COMMIT_SHA" };
    FILE *git;

    *revision = '\0';
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]) && !*revision; i++) {
        const char *v = getenv(variables[i]);

        snprintf(revision, n, "%s", v ? v : "");
    }
    if (*revision)
        return;
    git = popen("git rev-parse --verify -q HEAD 2>/dev/null", "re");
    if (!git)
        return;
    if (!fgets(revision, (int)n, git))
        *revision = '\0';
    pclose(git);
    revision[strcspn(revision, "\n")] = '\0';
}
