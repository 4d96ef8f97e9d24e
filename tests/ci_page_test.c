#include <stdlib.h>
#include <string.h>

#include "data/yaml.h"
#include "files.h"
#include "test.h"

/* The next block of YAML of a page, cut out in place; NULL: there is none more. */
static char *next_block(char **rest)
{
    char *from = *rest ? strstr(*rest, "```yaml\n") : NULL, *to;

    if (!from)
        return NULL;
    from += strlen("```yaml\n");
    to = strstr(from, "```");
    assert_non_null(to);
    *to = '\0';
    *rest = to + 3;
    return from;
}

static const struct node *at(const struct node *n, const char *key)
{
    n = node_get(n, key);
    if (!n)
        fail_msg("%s is missing", key);
    return n;
}

static bool names_the_script(const struct node *list)
{
    bool found = false;

    for (size_t i = 0; i < list->n; i++) {
        const struct node *step = list->items[i];
        const struct node *run = step->kind == NODE_MAP ? node_get(step, "run") : step;

        if (step->kind == NODE_MAP)
            assert_true(!run != !node_get(step, "uses")); /* just one of them */
        found |= run && strstr(run->text.p, "sh tokdyno-gate.sh");
    }
    return found;
}

TEST(the_workflows_of_the_page_on_ci_are_yaml_and_run_its_script)
{
    char *page = test_file("../docs/ci.md", NULL), *rest = page;
    struct arena a = { 0 };
    const struct node *github, *gitlab;
    struct err err = { 0 };
    char *block = next_block(&rest);

    if (yaml_tree(&github, &a, "GitHub", block, strlen(block), &err))
        fail_msg("%s", err.msg);
    assert_true(names_the_script(at(at(at(github, "jobs"), "gate"), "steps")));
    block = next_block(&rest);
    if (yaml_tree(&gitlab, &a, "GitLab", block, strlen(block), &err))
        fail_msg("%s", err.msg);
    assert_true(names_the_script(at(at(gitlab, "tokdyno"), "script")));
    arena_free(&a);
    free(page);
}
