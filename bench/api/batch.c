#include "api/batch.h"

#include <inttypes.h>
#include <stdio.h>

#include "api/endpoint.h"
#include "api/error.h"
#include "api/members.h"
#include "api/multipart.h"
#include "api/reading.h"

static const char prefix[] = "q-"; /* of a custom_id; a number follows */

bool batch_id_is_safe(struct str id)
{
    static const char good[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

    for (size_t i = 0; i < id.n; i++)
        if (!memchr(good, id.p[i], sizeof(good) - 1))
            return false;
    return id.n > 0 && id.n < BATCH_ID_MAX;
}

/* --- objects ------------------------------------------------------------------------- */

/* An object while it is read. */
struct told {
    struct batch_told *b;
    struct str error; /* the first of its errors, raw */
    bool any_state;
};

/* An id into its place; absent and null leave it as it is. */
static bool read_id(struct json *j, char id[BATCH_ID_MAX])
{
    struct str raw;

    if (!json_text(j, &raw) || !raw.n)
        return true;
    if (!batch_id_is_safe(raw))
        return false;
    memcpy(id, raw.p, raw.n);
    id[raw.n] = '\0';
    return true;
}

static void id(struct json *j, void *ctx)
{
    struct told *t = ctx;

    t->b->bad_id |= !read_id(j, t->b->id);
}

static void input(struct json *j, void *ctx)
{
    struct told *t = ctx;

    t->b->bad_id |= !read_id(j, t->b->input);
}

static void output(struct json *j, void *ctx)
{
    struct told *t = ctx;

    t->b->bad_id |= !read_id(j, t->b->output);
}

static void error_file(struct json *j, void *ctx)
{
    struct told *t = ctx;

    t->b->bad_id |= !read_id(j, t->b->errors);
}

static void status(struct json *j, void *ctx)
{
    struct told *t = ctx;
    struct str word;

    if (!json_text(j, &word))
        return;
    t->b->state = word.n ? batch_state_find(word) : BATCH_UNHEARD_OF;
    t->any_state = true;
}

static void count(struct json *j, int64_t *n)
{
    int64_t v;

    if (json_int(j, &v) && v >= 0)
        *n = v;
}

static void total(struct json *j, void *ctx)
{
    count(j, &((struct told *)ctx)->b->total);
}

static void completed(struct json *j, void *ctx)
{
    count(j, &((struct told *)ctx)->b->completed);
}

static void failed(struct json *j, void *ctx)
{
    count(j, &((struct told *)ctx)->b->failed);
}

static void counts(struct json *j, void *ctx)
{
    static const struct member members[] = { MEMBER("total", total),
                                             MEMBER("completed", completed),
                                             MEMBER("failed", failed), NO_MORE };

    members_read(j, members, ctx);
}

static void created_at(struct json *j, void *ctx)
{
    count(j, &((struct told *)ctx)->b->created_at);
}

static void completed_at(struct json *j, void *ctx)
{
    count(j, &((struct told *)ctx)->b->completed_at);
}

static void one_error(struct json *j, void *ctx)
{
    struct told *t = ctx;
    struct str raw;

    if (json_raw(j, &raw) && !t->error.p)
        t->error = raw;
}

static void error_data(struct json *j, void *ctx)
{
    members_each(j, one_error, ctx);
}

/* [{code, message}], or {"data": [...]} around that. */
static void errors(struct json *j, void *ctx)
{
    static const struct member members[] = { MEMBER("data", error_data), NO_MORE };

    if (json_kind(j) == JSON_IS_ARRAY)
        members_each(j, one_error, ctx);
    else
        members_read(j, members, ctx);
}

static const struct member batch_members[] = {
    MEMBER("id", id),
    MEMBER("status", status),
    MEMBER("input_file_id", input),
    MEMBER("output_file_id", output),
    MEMBER("error_file_id", error_file),
    MEMBER("request_counts", counts),
    MEMBER("created_at", created_at),
    MEMBER("completed_at", completed_at),
    MEMBER("errors", errors),
    NO_MORE,
};

static void read_batch(struct json *j, struct told *t)
{
    *t->b = (struct batch_told){
        .total = -1, .completed = -1, .failed = -1, .created_at = -1, .completed_at = -1
    };
    members_read(j, batch_members, t);
}

bool batch_read(struct str text, struct batch_told *b, struct answer *a)
{
    struct told t = { .b = b };
    struct json j;

    json_init(&j, text.p, text.n);
    read_batch(&j, &t);
    if (!json_done(&j) || !t.any_state || !*b->id)
        return false;
    if (t.error.p)
        error_value(a, t.error);
    return true;
}

static void file_id(struct json *j, void *ctx)
{
    char *to = ctx;

    if (!read_id(j, to))
        *to = '\0';
}

bool batch_file_object(struct str text, char to[BATCH_ID_MAX])
{
    static const struct member members[] = { MEMBER("id", file_id), NO_MORE };
    struct json j;

    *to = '\0';
    json_init(&j, text.p, text.n);
    members_read(&j, members, to);
    return json_done(&j) && *to;
}

struct listing {
    void (*each)(void *ctx, const struct batch_told *b);
    void *ctx;
    struct buf *cursor;
    bool any;
};

static void list_item(struct json *j, void *ctx)
{
    struct listing *l = ctx;
    struct batch_told b;
    struct told t = { .b = &b };

    read_batch(j, &t);
    if (*b.id)
        l->each(l->ctx, &b);
}

static void list_data(struct json *j, void *ctx)
{
    ((struct listing *)ctx)->any = json_kind(j) == JSON_IS_ARRAY;
    members_each(j, list_item, ctx);
}

static void next_cursor(struct json *j, void *ctx)
{
    struct listing *l = ctx;
    struct str raw;

    if (json_text(j, &raw) && batch_id_is_safe(raw))
        buf_add(l->cursor, raw.p, raw.n);
}

static void paging(struct json *j, void *ctx)
{
    static const struct member members[] = { MEMBER("next_cursor", next_cursor), NO_MORE };

    members_read(j, members, ctx);
}

bool batch_list_read(struct str text, void (*each)(void *ctx, const struct batch_told *b),
                     void *ctx, struct buf *cursor)
{
    static const struct member members[] = { MEMBER("data", list_data),
                                             MEMBER("paging", paging), NO_MORE };
    struct listing l = { each, ctx, cursor, false };
    struct json j;

    buf_clear(cursor);
    buf_str(cursor, "");
    json_init(&j, text.p, text.n);
    members_read(&j, members, &l);
    return json_done(&j) && l.any;
}

/* --- what we write ------------------------------------------------------------------- */

void batch_create_write(struct buf *out, const char *file, const char *url, ns_t window)
{
    buf_printf(
        out,
        "{\"input_file_id\":\"%s\",\"endpoint\":\"%s\",\"completion_window\":\"%lldh\"}",
        file, url, (long long)(window / (3600 * NS_PER_S)));
}

void batch_item_write(struct buf *out, uint64_t number, const char *url, struct str body)
{
    buf_printf(out,
               "{\"custom_id\":\"%s%" PRIu64
               "\",\"method\":\"POST\",\"url\":\"%s\",\"body\":",
               prefix, number, url);
    for (size_t i = 0; i < body.n; i++)
        buf_char(out, body.p[i] == '\n' || body.p[i] == '\r' ? ' ' : body.p[i]);
    buf_str(out, "}\n");
}

bool batch_number(struct str s, uint64_t *number)
{
    size_t n = sizeof(prefix) - 1;
    uint64_t v = 0;

    if (!str_starts(s, prefix) || s.n == n || s.n > n + 18 ||
        (s.p[n] == '0' && s.n > n + 1))
        return false;
    for (size_t i = n; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(s.p[i] - '0');
    }
    *number = v;
    return true;
}

/* --- lines --------------------------------------------------------------------------- */

static void text_member(struct json *j, struct str *to)
{
    struct str raw;

    if (json_text(j, &raw))
        *to = raw;
}

static void custom_id(struct json *j, void *ctx)
{
    text_member(j, &((struct batch_line *)ctx)->custom_id);
}

static void request_id(struct json *j, void *ctx)
{
    text_member(j, &((struct batch_line *)ctx)->request_id);
}

static void status_code(struct json *j, void *ctx)
{
    count(j, &((struct batch_line *)ctx)->status);
}

/* Any value that is not null. */
static void raw_member(struct json *j, struct str *to)
{
    bool null = json_kind(j) == JSON_IS_NULL;
    struct str raw;

    if (json_raw(j, &raw) && !null)
        *to = raw;
}

static void line_body(struct json *j, void *ctx)
{
    raw_member(j, &((struct batch_line *)ctx)->body);
}

static void line_error(struct json *j, void *ctx)
{
    raw_member(j, &((struct batch_line *)ctx)->error);
}

static void response(struct json *j, void *ctx)
{
    static const struct member members[] = { MEMBER("status_code", status_code),
                                             MEMBER("request_id", request_id),
                                             MEMBER("body", line_body), NO_MORE };

    members_read(j, members, ctx);
}

bool batch_line_read(struct str line, struct batch_line *l)
{
    static const struct member members[] = { MEMBER("custom_id", custom_id),
                                             MEMBER("response", response),
                                             MEMBER("error", line_error), NO_MORE };
    struct json j;

    *l = (struct batch_line){ .status = -1 };
    json_init(&j, line.p, line.n);
    members_read(&j, members, l);
    return json_done(&j);
}

/* --- the endpoint -------------------------------------------------------------------- */

/* The head of its requests is that of the lines. */
static int batch_prepare(const struct request_spec *spec, struct buf *head,
                         struct buf *tail, struct err *err)
{
    struct request_spec line = *spec;

    line.stream = false;
    return endpoint_chat.prepare(&line, head, tail, err);
}

const struct endpoint endpoint_batch = {
    .name = "batch",
    .path = "/batches",
    .help = "chat completions as lines of a file that the server works off when it can",
    .pictures = true,
    .no_events = true,
    .carries = &endpoint_chat,
    .content_type = MULTIPART_TYPE,
    .prepare = batch_prepare,
    .most = "max_completion_tokens",
};
