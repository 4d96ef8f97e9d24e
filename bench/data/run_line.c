#include <string.h>

#include "base/json.h"
#include "data/fields.h"
#include "data/run.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* What is read of a run, text and lists, goes to its arena. */
static const char *keep(void *ctx, struct str raw)
{
    struct run *r = ctx;
    struct buf text;
    const char *copy;

    buf_init(&text, 0);
    json_unescape(raw, &text);
    copy = arena_strndup(&r->arena, text.p ? text.p : "", text.len);
    buf_free(&text);
    return copy;
}

static void *list(struct fields_reader *rd, size_t size, size_t *n)
{
    struct run *r = rd->ctx;

    if (!fields_array(rd, n))
        return NULL;
    return arena_alloc(&r->arena, (*n ? *n : 1) * size);
}

/* A list of objects of one kind. */
struct kind {
    const struct field *table;
    size_t n;
    size_t size;
    const void *blank; /* what reading starts from */
};

static void put_list(struct jsonw *w, const char *key, const struct kind *k,
                     const void *items, size_t n)
{
    jsonw_key(w, key);
    jsonw_array(w);
    for (size_t i = 0; i < n; i++)
        fields_put(w, k->table, k->n, (const char *)items + i * k->size);
    jsonw_end(w);
}

static void *get_list(struct fields_reader *rd, const struct kind *k, size_t *n)
{
    char *items = list(rd, k->size, n);

    for (size_t i = 0; items && json_item(&rd->j); i++) {
        memcpy(items + i * k->size, k->blank, k->size);
        fields_get(rd, k->table, k->n, items + i * k->size);
    }
    return items;
}

/* --- load: what a phase asks of a cell -------------------------------------------- */

static void put_points(struct jsonw *w, const char *key, const void *object)
{
    const struct run_load *l = object;

    jsonw_key(w, key);
    jsonw_array(w);
    for (size_t i = 0; i < l->n_points; i++) {
        jsonw_array(w);
        jsonw_int(w, l->points[i].at);
        jsonw_int(w, l->points[i].millionths);
        jsonw_end(w);
    }
    jsonw_end(w);
}

static void get_points(struct fields_reader *rd, void *object)
{
    struct run_load *l = object;
    struct run_point *points = list(rd, sizeof(*points), &l->n_points);

    l->points = points;
    for (size_t i = 0; points && json_item(&rd->j); i++) {
        int64_t pair[2] = { 0, 0 };
        size_t n;

        if (!fields_array(rd, &n) || n != 2) {
            rd->bad = true;
            return;
        }
        for (size_t k = 0; json_item(&rd->j); k++)
            pair[k] = fields_int(rd, INT64_MAX / 2);
        points[i] = (struct run_point){ pair[0], pair[1] };
    }
}

static const struct field load_fields[] = {
    FIELD_BOOL("open", struct run_load, open),
    FIELD_OTHER("points_millionths", put_points, get_points),
    FIELD_INT("cv_ppm", I64, struct run_load, cv_ppm, FIELD_ALWAYS),
    FIELD_INT("duration", I64, struct run_load, duration, NS_ABSENT),
    FIELD_INT("requests", U64, struct run_load, requests, 0),
    FIELD_BOOL("replay", struct run_load, replay),
    FIELD_BOOL("sessions", struct run_load, sessions),
};

static const struct run_load blank_load = { .duration = NS_ABSENT };
static const struct kind loads = { load_fields, COUNT(load_fields), sizeof(blank_load),
                                   &blank_load };

/* --- cells ------------------------------------------------------------------------- */

static const struct field key_fields[] = {
    FIELD_TEXT("key", struct cell_key, key),
    FIELD_TEXT("text", struct cell_key, text),
    FIELD_TEXT("json", struct cell_key, json),
};

static const struct cell_key blank_key = { "", "", "" };
static const struct kind keys = { key_fields, COUNT(key_fields), sizeof(blank_key),
                                  &blank_key };

static void put_keys(struct jsonw *w, const char *key, const void *object)
{
    const struct run_cell *c = object;

    put_list(w, key, &keys, c->keys, c->n_keys);
}

static void get_keys(struct fields_reader *rd, void *object)
{
    struct run_cell *c = object;

    c->keys = get_list(rd, &keys, &c->n_keys);
}

static void put_loads(struct jsonw *w, const char *key, const void *object)
{
    const struct run_cell *c = object;

    put_list(w, key, &loads, c->loads, c->n_loads);
}

static void get_loads(struct fields_reader *rd, void *object)
{
    struct run_cell *c = object;

    c->loads = get_list(rd, &loads, &c->n_loads);
}

static const struct field search_fields[] = {
    FIELD_INT("from_millionths", I64, struct search_spec, range.from, 0),
    FIELD_INT("to_millionths", I64, struct search_spec, range.to, 0),
    FIELD_INT("within_ppm", I64, struct search_spec, range.within_ppm, 0),
    FIELD_INT("probes", U32, struct search_spec, range.probes, 0),
    FIELD_INT("duration", I64, struct search_spec, duration, 0),
    FIELD_INT("settle", I64, struct search_spec, settle, 0),
    FIELD_INT("least", U64, struct search_spec, least, 0),
    FIELD_INT("first", U32, struct search_spec, first, 0),
    FIELD_INT("budget", I64, struct search_spec, budget, 0),
    FIELD_INT("drain", I64, struct search_spec, drain, 0),
};

static const struct field cell_fields[] = {
    FIELD_TEXT("name", struct run_cell, name),
    FIELD_TEXT("model", struct run_cell, model),
    FIELD_TEXT("tier", struct run_cell, tier),
    FIELD_OTHER("keys", put_keys, get_keys),
    FIELD_OTHER("loads", put_loads, get_loads),
    FIELD_OBJECT("forecast", forecast_fields, struct run_cell, forecast),
    FIELD_OBJECT("search", search_fields, struct run_cell, search),
    FIELD_BOOL("read_stamps", struct run_cell, read_stamps),
    FIELD_BOOL("new_connections", struct run_cell, new_connections),
    FIELD_BOOL("cold", struct run_cell, cold),
    FIELD_INT("shared_prefix", U64, struct run_cell, shared_prefix, 0),
};

static const struct run_cell blank_cell = { .name = "",
                                            .model = "",
                                            .forecast = FORECAST_NONE };
static const struct kind cells = { cell_fields, COUNT(cell_fields), sizeof(blank_cell),
                                   &blank_cell };

/* --- the run ------------------------------------------------------------------------ */

static const struct field phase_fields[] = {
    FIELD_TEXT("name", struct run_phase, name),
    FIELD_BOOL("measured", struct run_phase, measured),
};

static const struct run_phase blank_phase = { .name = "" };
static const struct kind phases = { phase_fields, COUNT(phase_fields), sizeof(blank_phase),
                                    &blank_phase };

static const struct field trial_fields[] = {
    FIELD_INT("cell", U32, struct run_trial, cell, FIELD_ALWAYS),
    FIELD_INT("round", U32, struct run_trial, round, FIELD_ALWAYS),
};

static const struct run_trial blank_trial = { 0 };
static const struct kind trials = { trial_fields, COUNT(trial_fields), sizeof(blank_trial),
                                    &blank_trial };

static const struct field host_fields[] = {
    FIELD_TEXT("name", struct run_host, name),
    FIELD_TEXT("cpu", struct run_host, cpu),
    FIELD_INT("cores", I32, struct run_host, cores, 0),
    FIELD_TEXT("kernel", struct run_host, kernel),
    FIELD_TEXT("tool", struct run_host, tool),
    FIELD_TEXT("libcurl", struct run_host, libcurl),
};

static void put_phases(struct jsonw *w, const char *key, const void *object)
{
    const struct run *r = object;

    put_list(w, key, &phases, r->phases, r->n_phases);
}

static void get_phases(struct fields_reader *rd, void *object)
{
    struct run *r = object;

    r->phases = get_list(rd, &phases, &r->n_phases);
}

static void put_cells(struct jsonw *w, const char *key, const void *object)
{
    const struct run *r = object;

    put_list(w, key, &cells, r->cells, r->n_cells);
}

static void get_cells(struct fields_reader *rd, void *object)
{
    struct run *r = object;

    r->cells = get_list(rd, &cells, &r->n_cells);
}

static void put_trials(struct jsonw *w, const char *key, const void *object)
{
    const struct run *r = object;

    put_list(w, key, &trials, r->trials, r->n_trials);
}

static void get_trials(struct fields_reader *rd, void *object)
{
    struct run *r = object;

    r->trials = get_list(rd, &trials, &r->n_trials);
}

static void put_slos(struct jsonw *w, const char *key, const void *object)
{
    const struct run *r = object;

    jsonw_key(w, key);
    jsonw_array(w);
    for (size_t i = 0; i < r->n_slos; i++)
        jsonw_string(w, r->slos[i].text);
    jsonw_end(w);
}

static void get_slos(struct fields_reader *rd, void *object)
{
    struct run *r = object;
    struct err err;

    r->slos = list(rd, sizeof(*r->slos), &r->n_slos);
    for (size_t i = 0; r->slos && json_item(&rd->j); i++)
        if (slo_parse(&r->slos[i], str_of(fields_text(rd)), &r->arena, &err))
            rd->bad = true;
}

static void put_figures(struct jsonw *w, const char *key, const void *object)
{
    const struct asked *a = object;

    jsonw_key(w, key);
    jsonw_array(w);
    for (size_t i = 0; i < a->n; i++)
        jsonw_string(w, a->figures[i].text);
    jsonw_end(w);
}

static void get_figures(struct fields_reader *rd, void *object)
{
    struct asked *a = object;
    struct run *r = rd->ctx;
    struct err err;

    a->figures = list(rd, sizeof(*a->figures), &a->n);
    for (size_t i = 0; a->figures && json_item(&rd->j); i++)
        if (asked_parse(&a->figures[i], str_of(fields_text(rd)), &r->arena, &err))
            rd->bad = true;
}

static const struct field answer_fields[] = {
    FIELD_OTHER("figures", put_figures, get_figures),
    FIELD_INT("by", U32, struct asked, by, ASKED_BY_CELL),
    FIELD_TEXT("against", struct asked, against),
};

static void put_answer(struct jsonw *w, const char *key, const void *object)
{
    const struct asked *a = &((const struct run *)object)->answer;

    if (!a->n)
        return;
    jsonw_key(w, key);
    fields_put(w, answer_fields, COUNT(answer_fields), a);
}

static void get_answer(struct fields_reader *rd, void *object)
{
    struct asked *a = &((struct run *)object)->answer;

    fields_get(rd, answer_fields, COUNT(answer_fields), a);
    rd->bad |= a->by >= N_ASKED_BY;
}

/* A seed may be larger than the numbers of a journal. */
static void put_seed(struct jsonw *w, const char *key, const void *object)
{
    jsonw_key(w, key);
    jsonw_uint(w, ((const struct run *)object)->seed);
}

static void get_seed(struct fields_reader *rd, void *object)
{
    struct str raw;
    uint64_t v = 0;

    rd->bad |= json_kind(&rd->j) != JSON_IS_NUMBER || !json_raw(&rd->j, &raw);
    for (size_t i = 0; !rd->bad && i < raw.n; i++) {
        rd->bad = raw.p[i] < '0' || raw.p[i] > '9';
        v = v * 10 + (uint64_t)(raw.p[i] - '0');
    }
    ((struct run *)object)->seed = v;
}

static void put_scenario(struct jsonw *w, const char *key, const void *object)
{
    jsonw_key(w, key);
    jsonw_raw(w, str_of(((const struct run *)object)->scenario));
}

static void get_scenario(struct fields_reader *rd, void *object)
{
    struct run *r = object;
    struct str raw;

    if (json_raw(&rd->j, &raw))
        r->scenario = arena_strndup(&r->arena, raw.p, raw.n);
}

static void put_kind(struct jsonw *w, const char *key,
                     const void *object __attribute__((unused)))
{
    jsonw_key(w, key);
    jsonw_string(w, "run");
    jsonw_key(w, "schema");
    jsonw_int(w, JOURNAL_SCHEMA);
}

static void get_kind(struct fields_reader *rd, void *object __attribute__((unused)))
{
    json_skip(&rd->j); /* looked at before all else */
}

static const struct field run_fields[] = {
    FIELD_OTHER("t", put_kind, get_kind),
    FIELD_TEXT("id", struct run, id),
    FIELD_TEXT("name", struct run, name),
    FIELD_OTHER("seed", put_seed, get_seed),
    FIELD_INT("t0_mono_ns", I64, struct run, t0_mono, FIELD_ALWAYS),
    FIELD_INT("t0_real_ns", I64, struct run, t0_real, FIELD_ALWAYS),
    FIELD_TEXT("digest", struct run, digest),
    FIELD_TEXT("target", struct run, target),
    FIELD_TEXT("question", struct run, question),
    FIELD_INT("threads", U32, struct run, threads, FIELD_ALWAYS),
    FIELD_BOOL("concurrent", struct run, concurrent),
    FIELD_OBJECT("host", host_fields, struct run, host),
    FIELD_OBJECT("doctor", doctor_fields, struct run, doctor),
    FIELD_OTHER("phases", put_phases, get_phases),
    FIELD_OTHER("cells", put_cells, get_cells),
    FIELD_OTHER("trials", put_trials, get_trials),
    FIELD_OTHER("slos", put_slos, get_slos),
    FIELD_INT("search_slos", U32, struct run, n_search_slos, 0),
    FIELD_OTHER("answer", put_answer, get_answer),
    FIELD_OTHER("scenario", put_scenario, get_scenario),
};

void run_write(const struct run *r, struct buf *out)
{
    struct jsonw w;

    jsonw_init(&w, out, 0);
    fields_put(&w, run_fields, COUNT(run_fields), r);
    buf_char(out, '\n');
}

/* Its kind and schema, before the rest is believed. */
static int check_kind(const char *line, size_t n, struct err *err)
{
    struct json j;
    struct str key, kind = { "", 0 };
    int64_t schema = 0;

    json_init(&j, line, n);
    json_open_object(&j);
    while (json_key(&j, &key))
        if (str_is(key, "t"))
            json_text(&j, &kind);
        else if (str_is(key, "schema"))
            json_int(&j, &schema);
        else
            json_skip(&j);
    if (!str_is(kind, "run"))
        return err_set(err, ERR_PARSE, "not a journal: its first line is no `run` line");
    if (schema != JOURNAL_SCHEMA)
        return err_set(err, ERR_PARSE, "journal of schema %lld; this program reads %d",
                       (long long)schema, JOURNAL_SCHEMA);
    if (!json_done(&j))
        return err_set(err, ERR_PARSE, "the journal's first line is damaged");
    return 0;
}

/* Trials times phases: what a journal may ask a reader to make room for. */
enum { MAX_GROUPS = 1 << 18 };

/* Its probes are phases that there are. */
static bool whole_search(const struct run *r, const struct search_spec *s)
{
    if (!s->range.probes)
        return true;
    return s->range.probes <= SEARCH_MAX_PROBES && s->first < r->n_phases &&
           search_phase(s, s->range.probes - 1) < r->n_phases && s->range.from > 0 &&
           s->range.to > s->range.from && s->range.within_ppm > 0;
}

/* Every phase has a load in every cell, every trial a cell that there is. */
static bool whole(const struct run *r)
{
    if (!r->n_phases || !r->n_cells || !r->n_trials)
        return false;
    if (r->n_trials > MAX_GROUPS / r->n_phases || r->n_search_slos > r->n_slos)
        return false;
    for (size_t i = 0; i < r->n_cells; i++)
        if (r->cells[i].n_loads != r->n_phases || !whole_search(r, &r->cells[i].search))
            return false;
    for (size_t i = 0; i < r->n_trials; i++)
        if (r->trials[i].cell >= r->n_cells)
            return false;
    return true;
}

int run_read(struct run *r, const char *line, size_t n, struct err *err)
{
    struct fields_reader rd = { .keep = keep, .ctx = r };

    if (check_kind(line, n, err))
        return -1;
    *r = (struct run){ .id = "", .name = "", .digest = "", .target = "", .scenario = "{}" };
    r->host = (struct run_host){ "", "", 0, "", "", "" };
    r->doctor = doctor_unknown;
    json_init(&rd.j, line, n);
    fields_get(&rd, run_fields, COUNT(run_fields), r);
    if (!rd.bad && whole(r))
        return 0;
    run_free(r);
    return err_set(err, ERR_PARSE, "the journal's first line is damaged");
}
