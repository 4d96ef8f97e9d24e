#include "cmd/explain.h"
#include "data/dist.h"
#include "data/scenario_keys.h"

static const char opening[] =
    "# Scenarios\n\n"
    "<!-- Made by `tokdyno explain --markdown` from the tables the program uses. -->\n\n"
    "A scenario is a YAML file that says what to load, with what, how, and what is good\n"
    "enough. `tokdyno validate FILE` checks it and shows the plan, `tokdyno explain KEY`\n"
    "is this page on the terminal, and `docs/scenario.schema.json` helps editors:\n"
    "put `# yaml-language-server: $schema=...` into the file, below the opening "
    "comment.\n\n"
    "```yaml\n"
    "# Does the server hold its first-token time at the rate we expect in production?\n"
    "name: chat-steady\n"
    "target:\n"
    "  base_url: https://api.groq.com/openai/v1   # or \"sim:\", the built-in simulator\n"
    "matrix:\n"
    "  model: [openai/gpt-oss-20b, openai/gpt-oss-120b]\n"
    "  service_tier: [on_demand, flex]\n"
    "repeat: 5\n"
    "request:\n"
    "  body: { temperature: 0.5, max_completion_tokens: 256 }\n"
    "workload:\n"
    "  input_tokens: { lognormal: { mean: 900, cv: 0.6, max: 4000 } }\n"
    "  shared_prefix: { tokens: 512, pool: 4 }\n"
    "load:\n"
    "  - { name: warmup, concurrency: 4, duration: 5s, measured: false }\n"
    "  - { name: steady, rate: 10/s, duration: 20s }\n"
    "budget: { cost: $5.00 }\n"
    "slo:\n"
    "  - ttft p95 < 400ms\n"
    "  - error_rate < 0.1%\n"
    "  - retry_rate[service_tier=flex] < 5%\n"
    "```\n\n"
    "The comment that opens the file is the question it answers; reports show it, and "
    "below "
    "it\n"
    "the figures that `answer` names. A mistake\n"
    "is answered with file, line and column, what was expected, and the nearest key; "
    "nothing\n"
    "is sent then. A key given twice, a tag, a second document, and a file of more than\n"
    "1 MiB are mistakes as well.\n\n"
    "## Settings and the matrix\n\n"
    "`--set KEY=VALUE` changes any key: `--set repeat=3`, `--set load.steady.rate=20/s`,\n"
    "`--set request.body.temperature=0`, `--set 'matrix.model=[a, b]'`; `null` takes a "
    "key\n"
    "away. A phase is named by its name (`phase1`, `phase2`, ... where it has none), and\n"
    "`load.rate` is enough where there is one phase. Relative paths start at the folder "
    "of\n"
    "the file, on the command line where you are.\n\n"
    "`matrix` runs the product of its lists, the first key turning slowest. Its keys are\n"
    "fields of the request (`model`, `service_tier`, `temperature`, ...) or dotted keys "
    "of\n"
    "the scenario (`load.steady.rate`, `workload.input_tokens`, `retry.policy`). Cells "
    "run\n"
    "one after the other, in rounds whose order is reversed from round to round.\n\n"
    "## Values\n\n"
    "Units are written with the value, and a number without one is refused where it would\n"
    "be a guess.\n\n"
    "| kind | expected |\n|---|---|\n";

static const char objectives[] =
    "\n## Objectives\n\n"
    "```text\n"
    "METRIC STATISTIC OPERATOR VALUE         ttft p95 < 400ms       tps p10 > 300 tok/s\n"
    "RATE OPERATOR VALUE                     error_rate < 0.1%\n"
    "goodput(METRIC<VALUE,...) > PERCENT     goodput(ttft<300ms,tpot<20ms) > 95%\n"
    "METRIC STATISTIC +PERCENT               ttft p95 +20%          (under regression)\n"
    "```\n\n"
    "Statistics are `p50`, `p95`, `p99.9` (any percentile), `mean` and `max`; operators\n"
    "`<`, `<=`, `>` and `>=`. `[service_tier=flex,phase=steady]` behind the name picks "
    "cells\n"
    "and phases; a word alone is a tier: `retry_rate[flex] < 5%`. `cache_hit > 60%`, "
    "without a\n"
    "statistic, is of all prompt tokens together. Failures count as infinitely late. In a "
    "regression the percentage is how\n"
    "much worse is allowed: `+20%`, or `-20%` where more is better.\n"
    "[metrics.md](metrics.md) lists metrics, rates and outcomes.\n";

static void put_cell(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            buf_char(out, '\\');
        buf_char(out, *text);
    }
}

static void put_range(struct buf *out, const struct key *k)
{
    if (k->choices)
        for (const char *const *c = k->choices; *c; c++)
            buf_printf(out, "%s`%s`", c == k->choices ? "" : ", ", *c);
    else
        put_cell(out, k->type->name);
    if (k->least || k->most)
        buf_printf(out, ", %s to %s", k->least ? k->least : "0", k->most ? k->most : "any");
}

static void put_key(struct buf *out, const struct key *k)
{
    buf_printf(out, "| `%s` | ", k->path);
    put_cell(out, k->help);
    buf_str(out, " | ");
    put_range(out, k);
    buf_str(out, " | ");
    if (k->flags & KEY_MUST)
        buf_str(out, "has to be there");
    else if (k->fallback)
        buf_printf(out, "`%s`", k->fallback);
    else
        put_cell(out, k->otherwise ? k->otherwise : "none");
    buf_str(out, " | `");
    put_cell(out, k->example);
    buf_str(out, "` |\n");
}

/* "limits" of "limits.drain", "load" of "load[].rate", "" of "name". */
static struct str section_of(const struct key *k)
{
    size_t n = strcspn(k->path, ".[");

    return (struct str){ k->path, k->path[n] || !strcmp(k->path, "load") ? n : 0 };
}

static void put_keys(struct buf *out)
{
    struct str last = { NULL, SIZE_MAX };

    for (size_t i = 0; i < n_scenario_keys; i++) {
        const struct key *k = &scenario_keys[i];
        struct str section = section_of(k);

        if (section.n != last.n || memcmp(section.p, last.p, section.n) != 0) {
            buf_printf(out, "\n%s %.*s\n\n", "###", section.n ? (int)section.n : 7,
                       section.n ? section.p : "the run");
            buf_str(
                out,
                "| key | meaning | value | default | example |\n|---|---|---|---|---|\n");
            last = section;
        }
        put_key(out, k);
    }
}

static void put_types(struct buf *out)
{
    for (size_t i = 0; i < n_scenario_keys; i++) {
        const struct key_type *type = scenario_keys[i].type;
        bool seen = !strcmp(type->name, "choice");

        for (size_t k = 0; k < i && !seen; k++)
            seen = !strcmp(scenario_keys[k].type->name, type->name);
        if (!seen)
            buf_printf(out, "| %s | %s |\n", type->name, type->expected);
    }
    buf_str(out, "\nSizes may be spread:\n\n| distribution | shape |\n|---|---|\n");
    for (const struct dist_row *row = dist_rows; row->name; row++)
        buf_printf(out, "| `%s` | %s |\n", row->name, row->help);
}

void explain_markdown(struct buf *out)
{
    buf_str(out, opening);
    put_types(out);
    buf_str(out,
            "\n## Keys\n\n`[]` stands for each phase, `*` for the kind of distribution.\n");
    put_keys(out);
    buf_str(out, objectives);
}
