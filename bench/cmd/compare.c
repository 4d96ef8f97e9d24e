#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/floors.h"
#include "cmd/gate_options.h"
#include "cmd/slo_list.h"
#include "cmd/store.h"
#include "reports/compare.h"

static const char help[] =
    "usage: tokdyno compare BASE HEAD [--rule RULE|FILE]... [--format KIND[=FILE]]...\n"
    "       tokdyno compare --base RUN... --head RUN...\n"
    "       tokdyno compare --baseline NAME HEAD...\n"
    "\n"
    "Is HEAD worse than BASE, by how much, how sure? Each trial of a run is one value; "
    "all\n"
    "runs of a side give theirs. It fails only where a figure is worse than allowed and\n"
    "chance does not explain it; where neither is sure it says how many trials would "
    "tell.\n"
    "\n"
    "  --rule RULE           how much worse is allowed: 'ttft p95 +20%', 'tps p50 -10%';\n"
    "                        else `regression:` of HEAD's scenario, else the usual +20 %\n"
    "  --baseline NAME       compare with stored runs (`tokdyno baseline -h`), and, where\n"
    "                        some are pinned, with these as well: that sees slow drift\n"
    "  --last N              of them the latest N good ones, 10 if not given\n"
    "  --rev REVISION        those of that revision\n"
    "  --db FILE             where they are, else $TOKDYNO_DB, else " STORE_FILE "\n"
    "  --noise FILE          what `tokdyno doctor --aa SCENARIO --format json` said\n"
    "  --anyway              although the scenarios are different experiments\n";

static const char help_end[] =
    "\n"
    "Exit code: 0 not worse, 1 worse, 3 not enough data to tell, or sides that cannot be\n"
    "compared, 2 wrong use.\n"
    "\n"
    "examples:\n"
    "  tokdyno compare runs/before runs/after\n"
    "  tokdyno compare --base runs/main-* --head runs/branch-* --rule 'ttft p95 +10%'\n"
    "  tokdyno compare --baseline main runs/now --format md=comment.md --format "
    "junit=c.xml\n";

enum { USUAL_LAST = 10 };

struct options {
    struct gate_output output;
    struct slo_list rules;
    const char *baseline;
    const char *revision;
    const char *db;
    const char *noise;
    int64_t last;
    bool anyway;
    bool help;
    const char **sides[2]; /* runs of base and head */
    size_t n[2];
    const char **loose; /* named without a side */
    size_t n_loose;
};

/* --- options -----------------------------------------------------------------------------
 */

static int take_last(struct options *o, const char *v, struct err *err)
{
    char *end;

    o->last = strtol(v, &end, 10);
    if (!*v || *end || o->last < 1 || o->last > 100000)
        return err_set(err, ERR_USAGE, "--last: expected a number of runs, not \"%s\"", v);
    return 0;
}

static int take_option(struct options *o, int argc, char **argv, int *i, struct err *err)
{
    const char *v;

    if ((v = option_value(argc, argv, i, "--format")))
        return gate_output_take(&o->output, v, err);
    if ((v = option_value(argc, argv, i, "--rule")))
        return slo_list_take(&o->rules, v, true, err);
    if ((v = option_value(argc, argv, i, "--last")))
        return take_last(o, v, err);
    if ((v = option_value(argc, argv, i, "--baseline")))
        o->baseline = v;
    else if ((v = option_value(argc, argv, i, "--rev")))
        o->revision = v;
    else if ((v = option_value(argc, argv, i, "--db")))
        o->db = v;
    else if ((v = option_value(argc, argv, i, "--noise")))
        o->noise = v;
    else
        return err_set(err, ERR_USAGE, "unknown option %s; `tokdyno compare -h` helps",
                       argv[*i]);
    return *v ? 0 : err_set(err, ERR_USAGE, "%s: a value is missing", argv[*i]);
}

static int settle(struct options *o, struct err *err)
{
    if (o->baseline && o->n[0])
        return err_set(err, ERR_USAGE, "--base and --baseline: which of them?");
    if (!o->baseline && (o->revision || o->last || o->db))
        return err_set(err, ERR_USAGE, "--rev, --last and --db go with --baseline");
    if (!o->baseline && !o->n[0] && !o->n[1] && o->n_loose == 2) {
        o->sides[0][o->n[0]++] = o->loose[0];
        o->sides[1][o->n[1]++] = o->loose[1];
        o->n_loose = 0;
    }
    if (o->baseline && !o->n[1]) {
        memcpy(o->sides[1], o->loose, o->n_loose * sizeof(*o->loose));
        o->n[1] = o->n_loose;
        o->n_loose = 0;
    }
    return 0;
}

static int parse(int argc, char **argv, struct options *o, struct err *err)
{
    int side = -1, only_runs = 0;

    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];

        if (only_runs || a[0] != '-') {
            if (side < 0)
                o->loose[o->n_loose++] = a;
            else
                o->sides[side][o->n[side]++] = a;
        } else if (!strcmp(a, "--")) {
            only_runs = 1;
        } else if (!strcmp(a, "-h") || !strcmp(a, "--help")) {
            o->help = true;
        } else if (!strcmp(a, "--base") || !strcmp(a, "--head")) {
            side = a[2] == 'h';
        } else if (!strcmp(a, "--anyway")) {
            o->anyway = true;
        } else if (take_option(o, argc, argv, &i, err)) {
            return -1;
        }
    }
    return o->help ? 0 : settle(o, err);
}

/* --- sides -------------------------------------------------------------------------------
 */

static int load_runs(struct options *o, int side, struct evidence_list *to, struct err *err)
{
    for (size_t i = 0; i < o->n[side]; i++) {
        struct evidence *e = readevidence(o->sides[side][i], err);

        if (!e)
            return -1;
        evidence_list_add(to, e);
    }
    return 0;
}

static int load_stored(struct options *o, bool pinned, struct evidence_list *to,
                       struct err *err)
{
    struct baseline_pick pick = { .name = o->baseline,
                                  .revision = pinned ? NULL : o->revision,
                                  .good = true,
                                  .pinned = pinned,
                                  .last = pinned    ? 0
                                          : o->last ? o->last
                                                    : USUAL_LAST };

    return store_load(store_path(o->db), &pick, to, err);
}

/* A run that is kept already is no baseline of its own. */
static void drop_head(struct evidence_list *base, const struct evidence_list *head)
{
    size_t kept = 0;

    for (size_t i = 0; i < base->n; i++) {
        bool same = false;

        for (size_t k = 0; k < head->n; k++)
            same |= !strcmp(base->p[i]->id, head->p[k]->id);
        if (same)
            evidence_free(base->p[i]);
        else
            base->p[kept++] = base->p[i];
    }
    base->n = kept;
}

static struct compare_rules rules_of(const struct options *o,
                                     const struct evidence_list *head, struct arena *arena)
{
    struct compare_rules r = { o->rules.p, o->rules.n, false };

    if (!r.n)
        r = compare_scenario_rules(head->p[0]->scenario, arena);
    return r.n ? r : compare_usual_rules(arena);
}

static char *line_of(const struct compare_side *s)
{
    struct buf b = { 0 };

    report_side(&b, s);
    return buf_take(&b);
}

struct comparison {
    struct evidence_list base, head, reference;
    struct compare_rules rules;
    struct compare_options options;
    struct arena arena;
    struct gate gate;
};

static void compare(struct comparison *k, const struct evidence_list *with,
                    const char *title, bool anyway)
{
    struct compare_side base = { with->p, with->n }, head = { k->head.p, k->head.n };
    char *a = line_of(&base), *b = line_of(&head);
    struct compare c;

    compare_make(&c, &base, &head, &k->rules, &k->options);
    report_compare_add(&k->gate, &c, title, a, b, anyway);
    compare_free(&c);
    free(a);
    free(b);
}

static int load_sides(struct options *o, struct comparison *k, struct err *err)
{
    if (!o->n[1] || o->n_loose || (!o->baseline && !o->n[0]))
        return err_set(err, ERR_USAGE,
                       "which runs? compare BASE HEAD, or --base RUN... --head RUN..., or "
                       "--baseline NAME HEAD...");
    if (load_runs(o, 1, &k->head, err) || load_runs(o, 0, &k->base, err))
        return -1;
    if (!o->baseline)
        return 0;
    if (load_stored(o, false, &k->base, err) || load_stored(o, true, &k->reference, err))
        return -1;
    drop_head(&k->base, &k->head);
    drop_head(&k->reference, &k->head);
    if (!k->base.n)
        return err_set(err, ERR_USAGE,
                       "no good run of baseline \"%s\"%s%s in %s; `tokdyno baseline list` "
                       "shows what is there",
                       o->baseline, o->revision ? " at " : "",
                       o->revision ? o->revision : "", store_path(o->db));
    return 0;
}

static int run(struct options *o, struct comparison *k, struct err *err)
{
    struct compare_floor *floors = NULL;

    if (load_sides(o, k, err) ||
        (o->noise && floors_read(o->noise, &k->arena, &floors, &k->options.n_floors, err)))
        return -1;
    k->options.floors = floors;
    k->rules = rules_of(o, &k->head, &k->arena);
    report_compare_begin(&k->gate, k->head.p[0]->name);
    compare(k, &k->base, k->reference.n ? "Against the latest runs" : "", o->anyway);
    if (k->reference.n)
        compare(k, &k->reference, "Against the pinned reference (slow drift)", o->anyway);
    report_compare_end(&k->gate);
    return gate_output_put(&o->output, &k->gate, err) ? -1 : gate_exit_code(&k->gate);
}

static void put_help(void)
{
    struct buf b = { 0 };

    buf_str(&b, help);
    gate_output_help(&b);
    buf_str(&b, help_end);
    fputs(b.p, stdout);
    buf_free(&b);
}

int cmd_compare(int argc, char **argv, struct err *err)
{
    size_t most = (size_t)argc + 1;
    struct options o = { .sides = { mem_array(most, sizeof(char *)),
                                    mem_array(most, sizeof(char *)) },
                         .loose = mem_array(most, sizeof(char *)) };
    struct comparison k = { 0 };
    int rc = parse(argc, argv, &o, err);

    if (!rc && o.help)
        put_help();
    else if (!rc)
        rc = run(&o, &k, err);
    gate_free(&k.gate);
    evidence_list_free(&k.base);
    evidence_list_free(&k.head);
    evidence_list_free(&k.reference);
    arena_free(&k.arena);
    slo_list_free(&o.rules);
    free(o.sides[0]);
    free(o.sides[1]);
    free(o.loose);
    return rc;
}
