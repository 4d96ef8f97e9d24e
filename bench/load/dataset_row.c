#include "load/dataset_row.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct dataset_rows {
    struct arena *arena;
    json_t *body;
};

/* What we set ourselves, whatever a row says. */
static const char *const ours[] = { "messages", "model", "stream", "stream_options" };

/* Two names of one thing, the newer first. */
static const char *const limits[] = { "max_completion_tokens", "max_tokens" };

enum { N_OURS = sizeof(ours) / sizeof(ours[0]), N_LIMIT_NAMES = 2 };

static bool is_one_of(const char *key, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(key, names[i]))
            return true;
    return false;
}

static bool scenario_has(const json_t *body, const char *key)
{
    if (is_one_of(key, limits, N_LIMIT_NAMES))
        return json_object_get(body, limits[0]) || json_object_get(body, limits[1]);
    return json_object_get(body, key);
}

/* 15 digits give back every number that was written with so many: 0.2 stays 0.2. */
static struct str compact(struct arena *a, const json_t *value)
{
    char *text =
        json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    struct str kept = { arena_strdup(a, text ? text : "null"), 0 };

    kept.n = strlen(kept.p);
    free(text);
    return kept;
}

static int check_messages(const json_t *messages, struct err *err)
{
    size_t i;
    json_t *m;

    if (!json_array_size(messages))
        return err_set(err, ERR_PARSE, "\"messages\" is not an array with a message in it");
    json_array_foreach(messages, i, m)
    {
        if (!json_is_string(json_object_get(m, "role")))
            return err_set(err, ERR_PARSE,
                           "message %zu is not an object with a \"role\" string", i + 1);
    }
    return 0;
}

static int messages_row(struct dataset_rows *rows, const json_t *row,
                        struct dataset_row *out, struct err *err)
{
    const json_t *messages = json_object_get(row, "messages");

    if (check_messages(messages, err))
        return -1;
    out->messages = compact(rows->arena, messages);
    out->images = images_within(out->messages);
    return 0;
}

static int prompt_row(struct dataset_rows *rows, const json_t *row, struct dataset_row *out,
                      struct err *err)
{
    json_t *prompt = json_object_get(row, "prompt");
    json_t *messages;

    if (!json_string_length(prompt))
        return err_set(err, ERR_PARSE, "\"prompt\" is not a string with text in it");
    messages = json_pack("[{s:s,s:O}]", "role", "user", "content", prompt);
    out->messages = compact(rows->arena, messages);
    json_decref(messages);
    return 0;
}

/* The members of a batch request's body that go along, as the end of a JSON object. */
static struct str extra_of(const struct dataset_rows *rows, json_t *body)
{
    json_t *extra = json_copy(body);
    struct str text;
    const char *key;
    json_t *value;
    void *next;

    json_object_foreach_safe(extra, next, key, value)
    {
        if (is_one_of(key, ours, N_OURS) || scenario_has(rows->body, key))
            json_object_del(extra, key);
    }
    text = compact(rows->arena, extra);
    if (json_object_size(extra))
        text =
            (struct str){ arena_printf(rows->arena, ",%.*s", (int)text.n - 2, text.p + 1),
                          text.n - 1 };
    else
        text = (struct str){ "", 0 };
    json_decref(extra);
    return text;
}

static bool ends_in(const char *s, const char *end)
{
    size_t n = strlen(s);
    size_t m = strlen(end);

    return n >= m && !strcmp(s + n - m, end);
}

static int batch_row(struct dataset_rows *rows, const json_t *row, struct dataset_row *out,
                     struct err *err)
{
    json_t *body = json_object_get(row, "body");
    const char *method = json_string_value(json_object_get(row, "method"));
    const char *url = json_string_value(json_object_get(row, "url"));
    const char *model = json_string_value(json_object_get(body, "model"));

    if (method && strcmp(method, "POST"))
        return err_set(err, ERR_PARSE, "\"method\" is \"%.40s\"; expected \"POST\"",
                       method);
    if (url && !ends_in(url, "/chat/completions"))
        return err_set(err, ERR_PARSE,
                       "\"url\" is \"%.80s\"; expected \"/v1/chat/completions\"", url);
    if (!json_is_object(body))
        return err_set(err, ERR_PARSE, "\"body\" is not an object");
    if (messages_row(rows, body, out, err))
        return err_at(err, "body");
    out->extra = extra_of(rows, body);
    out->model = model ? arena_strdup(rows->arena, model) : NULL;
    for (int i = N_LIMIT_NAMES - 1; i >= 0; i--) {
        const json_t *most = json_object_get(body, limits[i]);

        if (json_is_integer(most) && !scenario_has(rows->body, limits[i]))
            out->max_completion = json_integer_value(most);
    }
    return 0;
}

static const struct {
    const char *key; /* a row that has it is of this form */
    int (*read)(struct dataset_rows *rows, const json_t *row, struct dataset_row *out,
                struct err *err);
} row_forms[] = {
    { "body", batch_row },
    { "messages", messages_row },
    { "prompt", prompt_row },
};

static int read_form(struct dataset_rows *rows, const json_t *row, struct dataset_row *out,
                     struct err *err)
{
    *out = (struct dataset_row){ .extra = { "", 0 }, .max_completion = -1 };
    if (!json_is_object(row))
        return err_set(err, ERR_PARSE, "not a JSON object");
    for (size_t i = 0; i < sizeof(row_forms) / sizeof(row_forms[0]); i++)
        if (json_object_get(row, row_forms[i].key))
            return row_forms[i].read(rows, row, out, err);
    return err_set(err, ERR_PARSE,
                   "neither \"messages\" nor \"prompt\" nor a batch request's \"body\"");
}

struct dataset_rows *dataset_rows_open(struct arena *arena, const char *scenario_body)
{
    struct dataset_rows *rows = arena_alloc(arena, sizeof(*rows));

    *rows = (struct dataset_rows){ arena, json_loads(scenario_body, 0, NULL) };
    return rows;
}

void dataset_rows_close(struct dataset_rows *rows)
{
    json_decref(rows->body);
}

int dataset_row_read(struct dataset_rows *rows, struct str line, struct dataset_row *out,
                     struct err *err)
{
    json_error_t bad;
    json_t *row = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, &bad);
    int rc;

    if (!row)
        return err_set(err, ERR_PARSE, "not valid JSON at column %d: %s", bad.column,
                       bad.text);
    rc = read_form(rows, row, out, err);
    json_decref(row);
    return rc;
}
