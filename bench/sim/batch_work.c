#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "sim/ask.h"
#include "sim/batch_parts.h"
#include "sim/gotext.h"
#include "sim/reply.h"
#include "sim/world.h"

/* The lines of a batch: looked at when it is made, answered when their turn comes. */

enum { MAX_ITEMS = 50000, EVERY = 5, LONG_LINE = 12 << 20 };

/* --- validation ---------------------------------------------------------------------- */

static void complain(struct job *j, const char *code, const char *message, size_t line)
{
    enum { MOST = 4096 };

    if (j->complaints.len > MOST)
        return;
    if (j->complaints.len)
        buf_char(&j->complaints, ',');
    buf_printf(&j->complaints,
               "{\"code\":\"%s\",\"message\":\"%s\",\"param\":null,\"line\":%zu}", code,
               message, line);
}

/* The hash of its custom_id; 0: something is wrong with the line. */
static uint64_t look_at(struct job *j, struct str line, size_t number)
{
    json_t *root = json_loadb(line.p, line.n, 0, NULL);
    const char *id = json_string_value(json_object_get(root, "custom_id"));
    const char *method = json_string_value(json_object_get(root, "method"));
    const char *url = json_string_value(json_object_get(root, "url"));
    uint64_t hash = 0;

    if (!json_is_object(root))
        complain(j, "invalid_json_line", "This line is not parseable as valid JSON.",
                 number);
    else if (!id || !*id)
        complain(j, "missing_required_parameter", "Missing required parameter: custom_id.",
                 number);
    else if (!method || strcmp(method, "POST") != 0)
        complain(j, "invalid_method", "The method of a request is POST.", number);
    else if (!url || strcmp(url, j->endpoint) != 0)
        complain(j, "mismatched_endpoint", "The url is not the endpoint of the batch.",
                 number);
    else if (!json_is_object(json_object_get(root, "body")))
        complain(j, "missing_required_parameter", "Missing required parameter: body.",
                 number);
    else
        hash = fnv1a64(id, strlen(id)) | 1;
    json_decref(root);
    return hash;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void find_twins(struct job *j, uint64_t *ids)
{
    qsort(ids, j->n, sizeof(*ids), by_value);
    for (size_t i = 1; i < j->n; i++)
        if (ids[i] && ids[i] == ids[i - 1]) {
            complain(j, "duplicate_custom_id", "A custom_id is there more than once.", 0);
            return;
        }
}

void job_validate(struct job *j)
{
    struct str rest = { j->input->bytes.len ? j->input->bytes.p : "", j->input->bytes.len };
    uint64_t *ids = NULL;
    size_t cap = 0, cap_ids = 0, number = 0;

    while (rest.n && j->n <= MAX_ITEMS) {
        const char *lf = memchr(rest.p, '\n', rest.n);
        size_t n = lf ? (size_t)(lf - rest.p) + 1 : rest.n;
        struct str line = str_trim((struct str){ rest.p, n });

        number++;
        if (line.n) {
            j->items = mem_grow(j->items, j->n, &cap, sizeof(*j->items));
            ids = mem_grow(ids, j->n, &cap_ids, sizeof(*ids));
            ids[j->n] = look_at(j, line, number);
            j->items[j->n++] =
                (struct job_item){ (size_t)(line.p - j->input->bytes.p), line.n };
        }
        rest.p += n;
        rest.n -= n;
    }
    if (!j->n)
        complain(j, "empty_file", "The input file is empty.", 0);
    if (j->n > MAX_ITEMS)
        complain(j, "too_many_requests", "The input file has more than 50000 lines.", 0);
    if (j->n)
        find_twins(j, ids);
    free(ids);
}

/* --- answers ------------------------------------------------------------------------- */

/* An item as a request of its own. */
static void make_request(struct http *http, const struct job *j, const char *id,
                         const char *body, size_t n)
{
    struct buf head = { 0 };

    http_init(http);
    buf_printf(&head, "POST %s HTTP/1.1\r\nhost: batch\r\ncontent-length: %zu\r\n",
               j->endpoint, n);
    if (*j->org)
        buf_printf(&head, "authorization: %s\r\n", j->org);
    buf_printf(&head, "x-tokdyno-id: %s/%s\r\n\r\n", j->id, id);
    http_feed(http, head.p, head.len);
    http_feed(http, body, n);
    buf_free(&head);
}

static void put_body(struct buf *out, const struct exchange *x)
{
    struct buf body = { 0 };

    if (x->answer == ANSWER_CHAT)
        reply_whole(&body, x);
    else
        refusal_body(&body, x->refusal, x->about.p ? x->about.p : "", x->about_type);
    while (body.len && body.p[body.len - 1] == '\n')
        body.len--;
    if (x->answer != ANSWER_CHAT && refusals[x->refusal].body != BODY_JSON)
        gotext_string(out, body.p, body.len);
    else
        buf_add(out, body.p, body.len);
    buf_free(&body);
}

static void put_line(struct buf *out, const struct exchange *x, const char *id)
{
    struct rng r = rng_stream(1, "sim.batch.line", x->n);
    char line[IDENT_ULID];

    ident_ulid(line, (uint64_t)x->created * 1000, &r);
    buf_printf(out, "{\"id\":\"batch_req_out_%s\",\"custom_id\":", line);
    gotext_string(out, id, strlen(id));
    buf_printf(out, ",\"response\":{\"status_code\":%d,\"request_id\":\"%s\",\"body\":",
               x->status, x->request_id);
    put_body(out, x);
    buf_str(out, "},\"error\":null}\n");
}

static void note_item(struct world *w, const struct job *j, const struct exchange *x,
                      const char *id)
{
    struct buf *out = &w->shop.notes;

    buf_printf(out, "{\"t\":\"item\",\"batch\":\"%s\",\"custom_id\":", j->id);
    gotext_string(out, id, strlen(id));
    buf_printf(out, ",\"status\":%d,\"request_id\":\"%s\"", x->status, x->request_id);
    if (x->answer == ANSWER_CHAT) {
        buf_printf(out, ",\"prompt_tokens\":%lld,\"completion_tokens\":%lld",
                   (long long)x->prompt_tokens, (long long)draft_total(&x->draft));
        if (x->cached_tokens >= 0)
            buf_printf(out, ",\"cached_tokens\":%lld", (long long)x->cached_tokens);
    }
    buf_str(out, "}\n");
}

static struct shelf_file *file_of(struct world *w, const struct exchange *x,
                                  struct shelf_file **f, const char *name)
{
    if (!*f)
        *f = shelf_new(w, x, name, true);
    return *f;
}

static bool has(const struct world *w, uint32_t odd)
{
    return w->set->batch_odd & odd;
}

/* A line, and what the settings want to be wrong with it. */
static void put_answer(struct world *w, struct exchange *asker, struct job *j,
                       const struct exchange *x, const char *id, size_t i)
{
    bool good = x->answer == ANSWER_CHAT, marked = i % EVERY == 1;
    struct shelf_file *f = file_of(w, asker, good ? &j->output : &j->errors,
                                   good ? "output.jsonl" : "errors.jsonl");
    size_t from = f->bytes.len;

    if (has(w, BATCH_ODD_MISSING) && marked)
        return;
    put_line(&f->bytes, x, id);
    if (has(w, BATCH_ODD_REPEATED) && marked)
        put_line(&f->bytes, x, id);
    if (has(w, BATCH_ODD_STRANGERS) && marked)
        put_line(&f->bytes, x, i % 2 ? "q-99999999" : "somebody's");
    if (has(w, BATCH_ODD_BAD_LINE) && marked)
        f->bytes.len = from + (f->bytes.len - from) / 2, buf_char(&f->bytes, '\n');
    if (has(w, BATCH_ODD_CUT_LINE) && i == j->n - 1)
        f->bytes.len = from + (f->bytes.len - from) / 2;
    if (has(w, BATCH_ODD_LONG_LINE) && i == 0) {
        char *filler = mem_alloc(LONG_LINE);

        memset(filler, 'x', LONG_LINE);
        f->bytes.len -= 2; /* the brace and the line end */
        buf_str(&f->bytes, ",\"padding\":\"");
        buf_add(&f->bytes, filler, LONG_LINE);
        buf_str(&f->bytes, "\"}\n");
        free(filler);
    }
}

static void answer_item(struct world *w, struct exchange *asker, struct job *j, size_t i,
                        ns_t at)
{
    const char *line = j->input->bytes.p + j->items[i].from;
    json_t *root = json_loadb(line, j->items[i].n, 0, NULL);
    const char *id = json_string_value(json_object_get(root, "custom_id"));
    char *body = json_dumps(json_object_get(root, "body"), JSON_COMPACT);
    struct http http;
    struct exchange *x;

    make_request(&http, j, id, body, strlen(body));
    x = world_admit_item(w, &http, at);
    put_answer(w, asker, j, x, id, i);
    note_item(w, j, x, id);
    j->good += x->answer == ANSWER_CHAT;
    world_settle(w, x, draft_total(&x->draft), at);
    world_forget(x);
    http_free(&http);
    free(body);
    json_decref(root);
}

/* Two by two the other way round: nobody shall count on an order. */
static size_t turn(const struct job *j, size_t i)
{
    return (i ^ 1) < j->n ? i ^ 1 : i;
}

void job_work(struct world *w, struct exchange *x, struct job *j, ns_t now)
{
    size_t due = job_due(w, j, now);

    for (; j->done < due; j->done++)
        answer_item(w, x, j, turn(j, j->done), j->validated + (ns_t)j->done * j->each);
    if (!j->told && job_is_over(w, j, now))
        job_note(w, j, now);
}

void shop_end(struct world *w, ns_t now)
{
    for (size_t i = 0; i < w->shop.n_jobs; i++)
        if (!w->shop.jobs[i]->told)
            job_note(w, w->shop.jobs[i], now);
}
