#include "reports/baseline.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

struct baseline {
    sqlite3 *db;
    char *path;
};

enum { SCHEMA = 1, WAIT_MS = 10000, MOST_BUCKETS = 1 << 20, MOST_TRIALS = 100000 };

/* Dropping a run drops what hangs on it. */
static const char schema[] =
    "PRAGMA user_version = 1;"
    "CREATE TABLE run(key INTEGER PRIMARY KEY, baseline TEXT NOT NULL,"
    " revision TEXT NOT NULL, pinned INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT "
    "NULL,"
    " digest TEXT NOT NULL, target TEXT NOT NULL, scenario TEXT NOT NULL,"
    " host TEXT NOT NULL, tool TEXT NOT NULL, seed INTEGER NOT NULL, at INTEGER NOT NULL,"
    " validity INTEGER NOT NULL, complete INTEGER NOT NULL, error INTEGER NOT NULL,"
    " words REAL NOT NULL, UNIQUE(baseline, id));"
    "CREATE TABLE trial(key INTEGER PRIMARY KEY,"
    " run INTEGER NOT NULL REFERENCES run(key) ON DELETE CASCADE,"
    " cell TEXT NOT NULL, shown TEXT NOT NULL, model TEXT NOT NULL, tier TEXT NOT NULL,"
    " round INTEGER NOT NULL);"
    "CREATE TABLE part(key INTEGER PRIMARY KEY,"
    " trial INTEGER NOT NULL REFERENCES trial(key) ON DELETE CASCADE,"
    " phase TEXT NOT NULL, open INTEGER NOT NULL, asked REAL NOT NULL, rate REAL NOT NULL,"
    " attempt_errors INTEGER NOT NULL);"
    "CREATE TABLE tally(part INTEGER NOT NULL REFERENCES part(key) ON DELETE CASCADE,"
    " name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY(part, name)) WITHOUT ROWID;"
    "CREATE TABLE hist(part INTEGER NOT NULL REFERENCES part(key) ON DELETE CASCADE,"
    " metric TEXT NOT NULL, worth REAL NOT NULL, hdr BLOB NOT NULL,"
    " PRIMARY KEY(part, metric)) WITHOUT ROWID;"
    "CREATE INDEX trial_run ON trial(run);"
    "CREATE INDEX part_trial ON part(trial);"
    "CREATE INDEX run_order ON run(baseline, at);";

/* The counts of a tally: all are 64 bits wide, whatever their sign. */
#define COUNT_OF(field)                                                                    \
    {                                                                                      \
#field, offsetof(struct tally, field)                                              \
    }
#define FORM_OF(form, name)                                                                \
    {                                                                                      \
        "form_" #name, offsetof(struct tally, forms[FORM_##form])                          \
    }
static const struct {
    const char *name;
    size_t at;
} counts[] = {
    COUNT_OF(requests),
    COUNT_OF(request_errors),
    COUNT_OF(first_attempts),
    COUNT_OF(first_errors),
    COUNT_OF(retried),
    COUNT_OF(attempts),
    COUNT_OF(cut),
    COUNT_OF(good),
    COUNT_OF(ok),
    COUNT_OF(prompt_tokens),
    COUNT_OF(cached_tokens),
    COUNT_OF(cached_base),
    COUNT_OF(completion_tokens),
    COUNT_OF(reasoning_tokens),
    COUNT_OF(with_usage),
    COUNT_OF(with_cached),
    COUNT_OF(cache_hits),
    COUNT_OF(priced),
    COUNT_OF(priced_tokens),
    COUNT_OF(unpriced),
    COUNT_OF(cost_nusd),
    COUNT_OF(tier_named),
    COUNT_OF(tier_other),
    FORM_OF(VALID, valid),
    FORM_OF(NOT_JSON, not_json),
    FORM_OF(OFF_SCHEMA, off_schema),
    FORM_OF(CUT_OFF, cut_off),
    FORM_OF(UNCHECKED, unchecked),
    FORM_OF(JSON_FAILED, json_failed),
    FORM_OF(CALLED, called),
    FORM_OF(NOT_CALLED, not_called),
    FORM_OF(WRONG_TOOL, wrong_tool),
    FORM_OF(WRONG_ARGUMENTS, wrong_arguments),
    FORM_OF(TOOL_FAILED, tool_failed),
    COUNT_OF(span),
    COUNT_OF(busy),
};
enum { N_COUNTS = sizeof(counts) / sizeof(counts[0]) };

static int failed(struct baseline *b, struct err *err)
{
    return err_set(err, ERR_IO, "%s: %s", b->path, sqlite3_errmsg(b->db));
}

static int run_sql(struct baseline *b, const char *sql, struct err *err)
{
    return sqlite3_exec(b->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(b, err);
}

static sqlite3_stmt *prepare(struct baseline *b, const char *sql, struct err *err)
{
    sqlite3_stmt *s = NULL;

    if (sqlite3_prepare_v2(b->db, sql, -1, &s, NULL) != SQLITE_OK)
        failed(b, err);
    return s;
}

static int version_of(struct baseline *b, struct err *err)
{
    sqlite3_stmt *s = prepare(b, "PRAGMA user_version", err);
    int v = -1;

    if (s && sqlite3_step(s) == SQLITE_ROW)
        v = sqlite3_column_int(s, 0);
    else if (s)
        failed(b, err);
    sqlite3_finalize(s);
    return v;
}

static int set_up(struct baseline *b, struct err *err)
{
    int version;

    sqlite3_busy_timeout(b->db, WAIT_MS);
    if (run_sql(b, "PRAGMA foreign_keys = ON", err))
        return -1;
    version = version_of(b, err);
    if (version < 0)
        return -1;
    if (version == SCHEMA)
        return 0;
    if (version > SCHEMA)
        return err_set(err, ERR_PARSE,
                       "%s is of version %d, made by a newer tokdyno; this one knows %d",
                       b->path, version, SCHEMA);
    if (run_sql(b, "BEGIN IMMEDIATE", err))
        return -1;
    /* somebody else may have been faster */
    if (!version_of(b, err) && run_sql(b, schema, err))
        return -1;
    return run_sql(b, "COMMIT", err);
}

struct baseline *baseline_open(const char *path, bool create, struct err *err)
{
    struct baseline *b;

    if (!create && access(path, F_OK)) {
        err_set(err, ERR_IO, "%s is not there; `tokdyno baseline save NAME RUN` makes it",
                path);
        return NULL;
    }
    b = mem_alloc(sizeof(*b));
    b->path = mem_strdup(path);
    if (sqlite3_open_v2(path, &b->db,
                        SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0),
                        NULL) != SQLITE_OK)
        failed(b, err);
    else if (!set_up(b, err))
        return b;
    baseline_close(b);
    return NULL;
}

void baseline_close(struct baseline *b)
{
    if (!b)
        return;
    sqlite3_close(b->db);
    free(b->path);
    free(b);
}

/* --- save --------------------------------------------------------------------------------
 */

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
    sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT);
}

/* Runs a statement that returns nothing, and gives its number. */
static int done(struct baseline *b, sqlite3_stmt *s, int64_t *key, struct err *err)
{
    int rc = sqlite3_step(s) == SQLITE_DONE ? 0 : failed(b, err);

    sqlite3_finalize(s);
    if (key)
        *key = sqlite3_last_insert_rowid(b->db);
    return rc;
}

static int save_run(struct baseline *b, const char *name, const char *revision, bool pinned,
                    const struct evidence *e, int64_t *key, struct err *err)
{
    sqlite3_stmt *s =
        prepare(b, "INSERT INTO run VALUES(NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", err);

    if (!s)
        return -1;
    bind_text(s, 1, name);
    bind_text(s, 2, revision);
    sqlite3_bind_int(s, 3, pinned);
    bind_text(s, 4, e->id);
    bind_text(s, 5, e->name);
    bind_text(s, 6, e->digest);
    bind_text(s, 7, e->target);
    bind_text(s, 8, e->scenario);
    bind_text(s, 9, e->host);
    bind_text(s, 10, e->tool);
    sqlite3_bind_int64(s, 11, (int64_t)e->seed);
    sqlite3_bind_int64(s, 12, e->at);
    sqlite3_bind_int(s, 13, (int)e->validity);
    sqlite3_bind_int(s, 14, e->complete);
    sqlite3_bind_int64(s, 15, e->e);
    sqlite3_bind_double(s, 16, e->words_per_token);
    return done(b, s, key, err);
}

static int save_counts(struct baseline *b, int64_t part, const struct tally *t,
                       struct err *err)
{
    for (size_t i = 0; i < N_COUNTS; i++) {
        sqlite3_stmt *s = prepare(b, "INSERT INTO tally VALUES(?,?,?)", err);
        int64_t v;

        if (!s)
            return -1;
        memcpy(&v, (const char *)t + counts[i].at, sizeof(v));
        sqlite3_bind_int64(s, 1, part);
        bind_text(s, 2, counts[i].name);
        sqlite3_bind_int64(s, 3, v);
        if (done(b, s, NULL, err))
            return -1;
    }
    return 0;
}

static int save_hists(struct baseline *b, int64_t part, const struct evidence_part *p,
                      struct err *err)
{
    for (int m = 0; m < N_METRICS; m++) {
        const struct hists_closed *h = &p->hists.closed[m];
        sqlite3_stmt *s;

        if (!h->bytes)
            continue;
        s = prepare(b, "INSERT INTO hist VALUES(?,?,?,?)", err);
        if (!s)
            return -1;
        sqlite3_bind_int64(s, 1, part);
        bind_text(s, 2, metrics[m].name);
        sqlite3_bind_double(s, 3, p->worth[m]);
        sqlite3_bind_blob64(s, 4, h->bytes, h->len, SQLITE_TRANSIENT);
        if (done(b, s, NULL, err))
            return -1;
    }
    return 0;
}

static int save_part(struct baseline *b, int64_t trial, const struct evidence_part *p,
                     struct err *err)
{
    sqlite3_stmt *s = prepare(b, "INSERT INTO part VALUES(NULL,?,?,?,?,?,?)", err);
    int64_t key;

    if (!s)
        return -1;
    sqlite3_bind_int64(s, 1, trial);
    bind_text(s, 2, p->phase);
    sqlite3_bind_int(s, 3, p->open);
    sqlite3_bind_double(s, 4, p->asked);
    sqlite3_bind_double(s, 5, p->rate);
    sqlite3_bind_int64(s, 6, (int64_t)p->attempt_errors);
    return done(b, s, &key, err) || save_counts(b, key, &p->tally, err) ||
                   save_hists(b, key, p, err)
               ? -1
               : 0;
}

static int save_trial(struct baseline *b, int64_t run, const struct evidence_trial *t,
                      struct err *err)
{
    sqlite3_stmt *s = prepare(b, "INSERT INTO trial VALUES(NULL,?,?,?,?,?,?)", err);
    int64_t key;

    if (!s)
        return -1;
    sqlite3_bind_int64(s, 1, run);
    bind_text(s, 2, t->cell);
    bind_text(s, 3, t->shown);
    bind_text(s, 4, t->model);
    bind_text(s, 5, t->tier);
    sqlite3_bind_int64(s, 6, t->round);
    if (done(b, s, &key, err))
        return -1;
    for (size_t p = 0; p < t->n_parts; p++)
        if (save_part(b, key, &t->parts[p], err))
            return -1;
    return 0;
}

static int drop_same(struct baseline *b, const char *name, const char *id, struct err *err)
{
    sqlite3_stmt *s = prepare(b, "DELETE FROM run WHERE baseline = ? AND id = ?", err);

    if (!s)
        return -1;
    bind_text(s, 1, name);
    bind_text(s, 2, id);
    return done(b, s, NULL, err);
}

int baseline_save(struct baseline *b, const char *name, const char *revision, bool pinned,
                  const struct evidence *e, struct err *err)
{
    struct err ignored;
    int64_t key = 0;
    int rc;

    if (run_sql(b, "BEGIN IMMEDIATE", err))
        return -1;
    rc =
        drop_same(b, name, e->id, err) || save_run(b, name, revision, pinned, e, &key, err);
    for (size_t t = 0; t < e->n_trials && !rc; t++)
        rc = save_trial(b, key, &e->trials[t], err);
    if (!rc && !run_sql(b, "COMMIT", err))
        return 0;
    run_sql(b, "ROLLBACK", &ignored);
    return -1;
}

/* --- list --------------------------------------------------------------------------------
 */

#define PICKED                                                                             \
    " WHERE (?1 IS NULL OR baseline = ?1)"                                                 \
    " AND (?2 IS NULL OR substr(revision, 1, length(?2)) = ?2)"                            \
    " AND (NOT ?3 OR (validity <= 1 AND complete)) AND (NOT ?4 OR pinned)"                 \
    " ORDER BY at DESC, key DESC LIMIT ?5"

static void bind_pick(sqlite3_stmt *s, const struct baseline_pick *pick)
{
    if (pick->name)
        bind_text(s, 1, pick->name);
    if (pick->revision)
        bind_text(s, 2, pick->revision);
    sqlite3_bind_int(s, 3, pick->good);
    sqlite3_bind_int(s, 4, pick->pinned);
    sqlite3_bind_int64(s, 5, pick->last ? pick->last : -1);
}

static const char *column_text(sqlite3_stmt *s, int at)
{
    const unsigned char *text = sqlite3_column_text(s, at);

    return text ? (const char *)text : "";
}

static enum validity validity_of(int64_t v)
{
    return v >= VALIDITY_VALID && v < VALIDITY_SIM_LIMITED ? (enum validity)v
                                                           : VALIDITY_SIM_LIMITED;
}

int baseline_each(struct baseline *b, const struct baseline_pick *pick, baseline_fn *fn,
                  void *ctx, struct err *err)
{
    sqlite3_stmt *s =
        prepare(b,
                "SELECT key, baseline, revision, pinned, id, name, at, validity, complete,"
                " (SELECT count(*) FROM trial WHERE run = r.key),"
                " (SELECT sum(value) FROM tally JOIN part ON part = part.key JOIN trial ON"
                "  trial = trial.key WHERE run = r.key AND tally.name = 'requests')"
                " FROM run r WHERE key IN (SELECT key FROM run" PICKED ") ORDER BY at, key",
                err);
    int rc = s ? 0 : -1, step = SQLITE_DONE;

    if (s)
        bind_pick(s, pick);
    while (!rc && (step = sqlite3_step(s)) == SQLITE_ROW) {
        struct baseline_row row = {
            .key = sqlite3_column_int64(s, 0),
            .name = column_text(s, 1),
            .revision = column_text(s, 2),
            .pinned = sqlite3_column_int(s, 3),
            .id = column_text(s, 4),
            .scenario = column_text(s, 5),
            .at = sqlite3_column_int64(s, 6),
            .validity = validity_of(sqlite3_column_int64(s, 7)),
            .complete = sqlite3_column_int(s, 8),
            .trials = sqlite3_column_int64(s, 9),
            .requests = sqlite3_column_int64(s, 10),
        };
        rc = fn(ctx, &row, err);
    }
    if (!rc && step != SQLITE_DONE)
        rc = failed(b, err);
    sqlite3_finalize(s);
    return rc;
}

int baseline_remove(struct baseline *b, const struct baseline_pick *pick, int64_t *removed,
                    struct err *err)
{
    sqlite3_stmt *s =
        prepare(b, "DELETE FROM run WHERE key IN (SELECT key FROM run" PICKED ")", err);

    if (!s)
        return -1;
    bind_pick(s, pick);
    if (done(b, s, NULL, err))
        return -1;
    *removed = sqlite3_changes(b->db);
    return 0;
}

/* --- load --------------------------------------------------------------------------------
 */

/* Bytes from a file that anybody may have written: decoded, and made our own again. */
static int load_hist(struct evidence_part *p, sqlite3_stmt *s, struct err *err)
{
    enum metric_id m;
    struct hist h, *into;
    int rc;

    if (!metric_find(str_of(column_text(s, 0)), &m)) /* of another version */
        return 0;
    if (hist_decode(&h, sqlite3_column_blob(s, 2), (size_t)sqlite3_column_bytes(s, 2),
                    MOST_BUCKETS, err))
        return -1;
    p->worth[m] = sqlite3_column_double(s, 1);
    if (!(p->worth[m] > 0 && p->worth[m] <= 1))
        p->worth[m] = 1;
    into = hists_get(&p->hists, m);
    rc = hist_add(into, &h, err);
    hist_free(&h);
    return rc;
}

static int load_hists(struct baseline *b, int64_t part, struct evidence_part *p,
                      struct err *err)
{
    sqlite3_stmt *s = prepare(b, "SELECT metric, worth, hdr FROM hist WHERE part = ?", err);
    int rc = s ? 0 : -1;

    for (int m = 0; m < N_METRICS; m++)
        p->worth[m] = 1;
    if (s)
        sqlite3_bind_int64(s, 1, part);
    while (!rc && sqlite3_step(s) == SQLITE_ROW)
        rc = load_hist(p, s, err);
    sqlite3_finalize(s);
    hists_close(&p->hists);
    return rc;
}

static int load_counts(struct baseline *b, int64_t part, struct tally *t, struct err *err)
{
    sqlite3_stmt *s = prepare(b, "SELECT name, value FROM tally WHERE part = ?", err);

    if (!s)
        return -1;
    sqlite3_bind_int64(s, 1, part);
    while (sqlite3_step(s) == SQLITE_ROW)
        for (size_t i = 0; i < N_COUNTS; i++)
            if (!strcmp(counts[i].name, column_text(s, 0))) {
                int64_t v = sqlite3_column_int64(s, 1);

                memcpy((char *)t + counts[i].at, &v, sizeof(v));
            }
    sqlite3_finalize(s);
    return 0;
}

static int load_parts(struct baseline *b, struct evidence *e, int64_t trial,
                      struct evidence_trial *t, struct err *err)
{
    sqlite3_stmt *s = prepare(
        b,
        "SELECT key, phase, open, asked, rate, attempt_errors FROM part WHERE trial = ?"
        " ORDER BY key",
        err);
    size_t cap = 0;
    int rc = s ? 0 : -1;

    if (s)
        sqlite3_bind_int64(s, 1, trial);
    while (!rc && sqlite3_step(s) == SQLITE_ROW) {
        struct evidence_part *p;

        t->parts = mem_grow(t->parts, t->n_parts, &cap, sizeof(*t->parts));
        p = &t->parts[t->n_parts++];
        *p = (struct evidence_part){
            .phase = arena_strdup(&e->arena, column_text(s, 1)),
            .open = sqlite3_column_int(s, 2),
            .asked = sqlite3_column_double(s, 3),
            .rate = sqlite3_column_double(s, 4),
            .attempt_errors = (uint64_t)sqlite3_column_int64(s, 5),
        };
        rc = load_counts(b, sqlite3_column_int64(s, 0), &p->tally, err) ||
             load_hists(b, sqlite3_column_int64(s, 0), p, err);
    }
    sqlite3_finalize(s);
    return rc ? -1 : 0;
}

static int load_trials(struct baseline *b, struct evidence *e, int64_t run, struct err *err)
{
    sqlite3_stmt *s = prepare(
        b,
        "SELECT key, cell, shown, model, tier, round FROM trial WHERE run = ? ORDER BY key",
        err);
    size_t cap = 0;
    int rc = s ? 0 : -1;

    if (s)
        sqlite3_bind_int64(s, 1, run);
    while (!rc && e->n_trials < MOST_TRIALS && sqlite3_step(s) == SQLITE_ROW) {
        struct evidence_trial *t;

        e->trials = mem_grow(e->trials, e->n_trials, &cap, sizeof(*e->trials));
        t = &e->trials[e->n_trials++];
        *t = (struct evidence_trial){
            .cell = arena_strdup(&e->arena, column_text(s, 1)),
            .shown = arena_strdup(&e->arena, column_text(s, 2)),
            .model = arena_strdup(&e->arena, column_text(s, 3)),
            .tier = arena_strdup(&e->arena, column_text(s, 4)),
            .round = (uint32_t)sqlite3_column_int64(s, 5),
        };
        rc = load_parts(b, e, sqlite3_column_int64(s, 0), t, err);
    }
    sqlite3_finalize(s);
    return rc;
}

static const char *kept_text(struct evidence *e, sqlite3_stmt *s, int at)
{
    return arena_strdup(&e->arena, column_text(s, at));
}

static int load_run(struct baseline *b, struct evidence *e, int64_t key, struct err *err)
{
    sqlite3_stmt *s =
        prepare(b,
                "SELECT id, name, digest, target, scenario, host, tool, seed, at, validity,"
                " complete, error, words, baseline || '@' || CASE revision WHEN '' THEN"
                " substr(id, 1, 8) ELSE substr(revision, 1, 12) END FROM run WHERE key = ?",
                err);

    if (!s)
        return -1;
    sqlite3_bind_int64(s, 1, key);
    if (sqlite3_step(s) != SQLITE_ROW) {
        sqlite3_finalize(s);
        return err_set(err, ERR_IO, "%s: run %" PRId64 " is gone", b->path, key);
    }
    e->id = kept_text(e, s, 0);
    e->name = kept_text(e, s, 1);
    e->digest = kept_text(e, s, 2);
    e->target = kept_text(e, s, 3);
    e->scenario = kept_text(e, s, 4);
    e->host = kept_text(e, s, 5);
    e->tool = kept_text(e, s, 6);
    e->seed = (uint64_t)sqlite3_column_int64(s, 7);
    e->at = sqlite3_column_int64(s, 8);
    e->validity = validity_of(sqlite3_column_int64(s, 9));
    e->complete = sqlite3_column_int(s, 10);
    e->e = sqlite3_column_int64(s, 11);
    e->words_per_token = sqlite3_column_double(s, 12);
    e->source = kept_text(e, s, 13);
    sqlite3_finalize(s);
    return 0;
}

struct evidence *baseline_load(struct baseline *b, const struct baseline_row *row,
                               struct err *err)
{
    struct evidence *e = mem_alloc(sizeof(*e));

    if (!load_run(b, e, row->key, err) && !load_trials(b, e, row->key, err))
        return e;
    evidence_free(e);
    err_at(err, "%s", b->path);
    return NULL;
}
