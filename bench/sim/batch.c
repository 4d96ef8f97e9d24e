#include "sim/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "sim/ask.h"
#include "sim/batch_parts.h"
#include "sim/world.h"

/* /batches, and the way to both. */

enum { MAX_IDS = 200 };

static const struct {
    const char *name;
    uint32_t bit;
} odds[] = {
    { "fail", BATCH_ODD_FAIL },           { "stuck", BATCH_ODD_STUCK },
    { "backwards", BATCH_ODD_BACKWARDS }, { "repeated", BATCH_ODD_REPEATED },
    { "strangers", BATCH_ODD_STRANGERS }, { "missing", BATCH_ODD_MISSING },
    { "long-line", BATCH_ODD_LONG_LINE }, { "cut-line", BATCH_ODD_CUT_LINE },
    { "bad-line", BATCH_ODD_BAD_LINE },   { "bad-id", BATCH_ODD_BAD_ID },
    { "other-id", BATCH_ODD_OTHER_ID },   { "no-answer", BATCH_ODD_NO_ANSWER },
};
enum { N_ODDS = sizeof(odds) / sizeof(odds[0]) };

uint32_t batch_odd_find(struct str name)
{
    for (size_t i = 0; i < N_ODDS; i++)
        if (str_is(name, odds[i].name))
            return odds[i].bit;
    return 0;
}

void batch_odd_list(struct buf *out)
{
    for (size_t i = 0; i < N_ODDS; i++)
        buf_printf(out, "%s%s", i ? ", " : "", odds[i].name);
}

const char *const batch_call_names[N_BATCH_CALLS] = {
    [BATCH_CALL_UPLOAD] = "upload", [BATCH_CALL_CREATE] = "create",
    [BATCH_CALL_LIST] = "list",     [BATCH_CALL_POLL] = "poll",
    [BATCH_CALL_CANCEL] = "cancel", [BATCH_CALL_CONTENT] = "content",
    [BATCH_CALL_DELETE] = "delete",
};

int batch_step_fault_parse(struct str text, struct batch_step_fault *s, struct err *err)
{
    const char *eq = memchr(text.p, '=', text.n);
    struct str name = { text.p, eq ? (size_t)(eq - text.p) : text.n };

    for (int c = 0; eq && c < N_BATCH_CALLS; c++)
        if (str_is(name, batch_call_names[c])) {
            s->call = (enum batch_call)c;
            return fault_parse((struct str){ eq + 1, text.n - name.n - 1 }, &s->fault, err);
        }
    return err_set(
        err, ERR_USAGE,
        "expected STEP=FAULT with upload, create, list, poll, cancel, content or "
        "delete, not \"%.*s\"",
        (int)(text.n < 60 ? text.n : 60), text.p);
}

void shop_free(struct shop *s)
{
    for (size_t i = 0; i < s->n_files; i++) {
        buf_free(&s->files[i]->bytes);
        free(s->files[i]);
    }
    for (size_t i = 0; i < s->n_jobs; i++) {
        buf_free(&s->jobs[i]->complaints);
        free(s->jobs[i]->items);
        free(s->jobs[i]);
    }
    free(s->files);
    free(s->jobs);
    buf_free(&s->notes);
}

/* --- one batch ----------------------------------------------------------------------- */

static ns_t scaled(const struct world *w, double ns)
{
    return (ns_t)(ns / w->set->speed);
}

static struct job *find(const struct world *w, struct str id)
{
    for (size_t i = 0; i < w->shop.n_jobs; i++)
        if (str_is(id, w->shop.jobs[i]->id))
            return w->shop.jobs[i];
    return NULL;
}

/* "24h" .. "168h", or in days: so many hours; 0: none. */
static int64_t hours_of(const char *window)
{
    char *end;
    long n = window ? strtol(window, &end, 10) : 0;

    if (n < 1 || n > 10000 || (strcmp(end, "h") != 0 && strcmp(end, "d") != 0))
        return 0;
    n *= *end == 'd' ? 24 : 1;
    return n >= 24 && n <= 168 ? n : 0;
}

static void set_times(struct world *w, struct job *j, int64_t hours, ns_t now)
{
    const struct setting *set = w->set;
    struct rng r = rng_stream(set->seed, "sim.batch", w->shop.n_jobs);

    j->created = now;
    j->cancelled = NS_ABSENT;
    j->validated = now + scaled(w, rng_lognormal(&r, set->batch_queue, 0.2) * 1e9);
    j->each = scaled(w, set->batch_item * 1e9);
    j->finalizes = scaled(w, set->batch_finalize * 1e9);
    j->expires = now + scaled(w, set->batch_expires ? (double)set->batch_expires
                                                    : (double)hours * 3600 * NS_PER_S);
}

static int refuse(struct exchange *x, enum refusal r, const char *about)
{
    world_refuse(x, r, about);
    return -1;
}

static int read_wish(struct world *w, struct exchange *x, const json_t *root, struct job *j,
                     int64_t *hours)
{
    static const char *const endpoints[] = { "/v1/chat/completions" };
    const char *input = json_string_value(json_object_get(root, "input_file_id"));
    const char *window = json_string_value(json_object_get(root, "completion_window"));
    const json_t *endpoint = json_object_get(root, "endpoint");

    *hours = hours_of(window);
    if (!input)
        return refuse(x, REFUSAL_MISSING, "input_file_id");
    if (!endpoint || ask_word(endpoint, endpoints, 1) < 0)
        return refuse(x, REFUSAL_TYPE, "endpoint");
    if (!*hours)
        return refuse(x, window ? REFUSAL_TYPE : REFUSAL_MISSING, "completion_window");
    j->input = shelf_find(w, str_of(input));
    if (!j->input || j->input->output)
        return refuse(x, REFUSAL_NO_FILE, "");
    snprintf(j->endpoint, sizeof(j->endpoint), "%s", json_string_value(endpoint));
    snprintf(j->window, sizeof(j->window), "%s", window);
    return 0;
}

static void create(struct world *w, struct exchange *x, const struct http *http)
{
    struct shop *s = &w->shop;
    struct job *j = mem_alloc(sizeof(*j));
    struct str key = http_header(http, "authorization");
    struct rng r = rng_stream(w->set->seed, "sim.batch.id", s->n_jobs);
    json_error_t e;
    json_t *root = json_loadb(http->body.len ? http->body.p : "", http->body.len, 0, &e);
    int64_t hours;

    if (!root || !json_is_object(root) || read_wish(w, x, root, j, &hours)) {
        if (!root || !json_is_object(root))
            world_refuse(x, REFUSAL_BAD_JSON, root ? "not an object" : e.text);
        json_decref(root);
        free(j);
        return;
    }
    json_decref(root);
    memcpy(j->id, "batch_", 6);
    ident_ulid(j->id + 6, (uint64_t)((x->received + w->script.real_minus_mono) / NS_PER_MS),
               &r);
    snprintf(j->org, sizeof(j->org), "%.*s", (int)(key.n < 150 ? key.n : 150),
             key.n ? key.p : "");
    set_times(w, j, hours, x->received);
    job_validate(j);
    s->jobs = mem_grow(s->jobs, s->n_jobs, &s->cap_jobs, sizeof(struct job *));
    s->jobs[s->n_jobs++] = j;
    job_put(&x->made, w, j, x->received);
}

/* --- lists --------------------------------------------------------------------------- */

/* The next `key=value` of the query; false at its end. */
static bool next_pair(struct str *query, const char *key, struct str *value)
{
    while (query->n) {
        const char *amp = memchr(query->p, '&', query->n);
        size_t n = amp ? (size_t)(amp - query->p) : query->n;
        struct str pair = { query->p, n };

        query->p += n + (amp != NULL);
        query->n -= n + (amp != NULL);
        if (!str_starts(pair, key))
            continue;
        *value = (struct str){ pair.p + strlen(key), pair.n - strlen(key) };
        return true;
    }
    return false;
}

static struct str query_of(const struct http *http)
{
    struct str t = http_target(http);
    const char *mark = memchr(t.p, '?', t.n);

    if (!mark)
        return (struct str){ "", 0 };
    return (struct str){ mark + 1, t.n - (size_t)(mark + 1 - t.p) };
}

static void put_one(struct world *w, struct exchange *x, struct job *j, bool *any)
{
    job_work(w, x, j, x->received);
    buf_str(&x->made, *any ? "," : "");
    job_put(&x->made, w, j, x->received);
    *any = true;
}

/* The latest first, from a cursor on; or those that are named. */
static void list(struct world *w, struct exchange *x, const struct http *http)
{
    struct str query = query_of(http), named = query, id;
    size_t n = w->shop.n_jobs, from = 0, page = (size_t)w->set->batch_page;
    bool any = false;

    buf_str(&x->made, "{\"object\":\"list\",\"data\":[");
    if (next_pair(&query, "id=", &id)) {
        for (int k = 0; k < MAX_IDS && next_pair(&named, "id=", &id); k++) {
            struct job *j = find(w, id);

            if (j)
                put_one(w, x, j, &any);
        }
        buf_str(&x->made, "],\"paging\":{}}");
        return;
    }
    if (next_pair(&named, "cursor=cursor_", &id))
        from = (size_t)strtoul(id.p, NULL, 10); /* ends at what is no digit */
    for (size_t i = from; i < n && i < from + page; i++)
        put_one(w, x, w->shop.jobs[n - 1 - i], &any);
    buf_str(&x->made, "],\"paging\":{");
    if (from + page < n)
        buf_printf(&x->made, "\"next_cursor\":\"cursor_%zu\"", from + page);
    buf_str(&x->made, "}}");
}

/* --- the way ------------------------------------------------------------------------- */

static void answer_batches(struct world *w, struct exchange *x, const struct http *http,
                           struct str rest)
{
    static const char tail[] = "/cancel";
    struct str method = http_method(http), id = { rest.p + 1, rest.n ? rest.n - 1 : 0 };
    bool cancels = false;
    struct job *j;

    if (!rest.n) {
        if (str_is(method, "POST"))
            create(w, x, http);
        else if (str_is(method, "GET"))
            list(w, x, http);
        else
            world_refuse(x, REFUSAL_METHOD, "/batches");
        return;
    }
    if (id.n > sizeof(tail) - 1 &&
        !memcmp(id.p + id.n - (sizeof(tail) - 1), tail, sizeof(tail) - 1)) {
        id.n -= sizeof(tail) - 1;
        cancels = true;
    }
    j = find(w, id);
    if (!j) {
        world_refuse(x, REFUSAL_NO_BATCH, "");
    } else if (!str_is(method, cancels ? "POST" : "GET")) {
        world_refuse(x, REFUSAL_METHOD, "/batches/{id}");
    } else {
        job_work(w, x, j, x->received);
        j->asked += !cancels;
        if (cancels)
            job_cancel(w, j, x->received);
        job_put(&x->made, w, j, x->received);
    }
}

static enum batch_call call_of(const struct http *http, struct str rest, bool files)
{
    bool post = str_is(http_method(http), "POST");

    if (files && !rest.n)
        return post ? BATCH_CALL_UPLOAD : N_BATCH_CALLS;
    if (files)
        return str_is(http_method(http), "DELETE") ? BATCH_CALL_DELETE : BATCH_CALL_CONTENT;
    if (!rest.n)
        return post ? BATCH_CALL_CREATE : BATCH_CALL_LIST;
    return post ? BATCH_CALL_CANCEL : BATCH_CALL_POLL;
}

/* The first call of a kind meets the fault that is set for it. */
static void choose_fault(struct world *w, struct exchange *x, enum batch_call call)
{
    if (call == N_BATCH_CALLS || w->shop.calls[call]++)
        return;
    for (size_t i = 0; i < w->set->n_step_faults; i++)
        if (w->set->step_faults[i].call == call)
            x->fault = w->set->step_faults[i].fault;
}

bool shop_route(struct world *w, struct exchange *x, const struct http *http,
                const char *path)
{
    bool files = !strncmp(path, "/files", 6) && (!path[6] || path[6] == '/');
    bool batches = !strncmp(path, "/batches", 8) && (!path[8] || path[8] == '/');
    struct str rest = str_of(path + (files ? 6 : batches ? 8 : 0));
    enum batch_call call;
    struct err err;

    if (!files && !batches)
        return false;
    call = call_of(http, rest, files);
    choose_fault(w, x, call);
    x->answer = ANSWER_MADE;
    if (!strcmp(w->set->plan, "free")) {
        world_refuse(x, REFUSAL_BATCH_PLAN, "");
        return true;
    }
    if (x->fault.fault->refusal) {
        world_refuse(x, x->fault.fault->refusal, "");
        return true;
    }
    if (files)
        shelf_answer(w, x, http, rest);
    else
        answer_batches(w, x, http, rest);
    if (call == BATCH_CALL_CREATE && w->set->batch_odd & BATCH_ODD_NO_ANSWER &&
        w->shop.n_jobs == 1 && x->answer == ANSWER_MADE)
        fault_parse(str_of("close-head"), &x->fault, &err);
    return true;
}
