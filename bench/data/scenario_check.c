#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/units.h"
#include "data/scenario_draft.h"
#include "data/yaml.h"

const struct node *draft_seen(const struct node *const *seen, const char *path)
{
    return seen[keys_find(scenario_keys, n_scenario_keys, str_of(path)) - scenario_keys];
}

static struct mark where(const struct draft *d, const struct node *root, const char *path)
{
    const struct node *n = draft_seen(d->seen, path);

    return n ? n->mark : root->mark;
}

static bool ends_in(struct str s, const char *tail)
{
    size_t n = strlen(tail);

    return s.n >= n && !strncasecmp(s.p + s.n - n, tail, n);
}

static bool is_groq(const char *base_url)
{
    const char *scheme = strstr(base_url, "://");
    struct str host;

    if (!scheme)
        return false;
    host = (struct str){ scheme + 3, strcspn(scheme + 3, "/:") };
    return ends_in(host, ".groq.com") || ends_in(host, ".groqcloud.com");
}

static int check_target(struct draft *d, struct keys_reader *r, const struct node *root)
{
    struct target *t = &d->cell.target;

    if (t->api_key_env && t->api_key_file)
        return node_err(
            r->err, where(d, root, "target.api_key_file"),
            "target has both api_key_env and api_key_file; expected one of them");
    if (!t->api_key_env && !t->api_key_file && is_groq(t->base_url))
        t->api_key_env = "GROQ_API_KEY";
    t->headers = d->headers.p;
    t->n_headers = d->headers.n;
    t->sim = d->sim.p;
    t->n_sim = d->sim.n;
    return 0;
}

/* Does the first line of a batch file name a model in its body? */
static bool dataset_names_model(const char *path)
{
    FILE *f = fopen(path, "re");
    char *line = mem_alloc(YAML_MAX_BYTES);
    struct str key = { "", 0 };
    bool found = false;
    struct json j;
    size_t n;

    n = f ? fread(line, 1, YAML_MAX_BYTES, f) : 0;
    if (f)
        fclose(f);
    json_init(&j, line,
              n && memchr(line, '\n', n) ? (size_t)((char *)memchr(line, '\n', n) - line)
                                         : n);
    if (json_open_object(&j))
        while (!found && json_key(&j, &key)) {
            if (!str_is(key, "body")) {
                json_skip(&j);
                continue;
            }
            if (!json_open_object(&j))
                continue;
            while (json_key(&j, &key)) {
                found = found || str_is(key, "model");
                json_skip(&j);
            }
        }
    free(line);
    return found;
}

static int check_model(struct draft *d, struct keys_reader *r, const struct node *root)
{
    struct request_spec *request = &d->cell.request;
    const struct node *model = node_get(d->body, "model");

    if (model && request->model)
        return node_err(r->err, model->mark,
                        "request.body.model and request.model are both there; expected one "
                        "of them");
    if (model && (model->kind != NODE_SCALAR || !model->text.n))
        return node_err(r->err, model->mark,
                        "request.body.model is no text; expected the "
                        "name of a model");
    if (model)
        request->model = model->text.p;
    if (!request->model && target_is_null(d->cell.target.base_url))
        request->model = "null"; /* nobody will read it */
    if (request->model ||
        (d->cell.workload.dataset && dataset_names_model(d->cell.workload.dataset)))
        return 0;
    return node_err(r->err, root->mark,
                    "no model; expected request.model, or model in the "
                    "matrix");
}

/* A whole number in the body; -1 where there is none. */
static int64_t body_count(const struct node *body, const char *key)
{
    const struct node *n = node_get(body, key);
    struct err ignored;
    uint64_t v;

    if (!n || n->kind != NODE_SCALAR || node_scalar_type(n) != SCALAR_NUMBER ||
        units_count(n->text, &v, &ignored) || v > INT64_MAX)
        return -1;
    return (int64_t)v;
}

static void take_body(struct draft *d, struct keys_reader *r)
{
    static const char *const maxima[] = { "max_completion_tokens", "max_tokens",
                                          "max_output_tokens" };
    struct request_spec *request = &d->cell.request;
    const struct mark none = { "", 0, 0 };
    const struct node *body = d->body ? d->body : node_map(r->arena, none);
    const struct node *tier = node_get(body, "service_tier");

    request->max_completion_tokens = -1;
    for (size_t i = 0; i < 3 && request->max_completion_tokens < 0; i++)
        request->max_completion_tokens = body_count(body, maxima[i]);
    if (tier && tier->kind == NODE_SCALAR && !node_is_null(tier))
        request->service_tier = tier->text.p;
    request->body =
        node_json_text(r->arena, node_with(r->arena, body, "model", none, NULL));
}

/* A file may have its length beside it. */
static bool go_together(const char *one, const char *other)
{
    return !strncmp(one, "workload.audio.", 15) && !strncmp(other, "workload.audio.", 15);
}

/* Which of the keys that say what requests are made of is written; NULL where none. */
static int find_source(struct draft *d, struct keys_reader *r, const char **source)
{
    static const char *const sources[] = {
        "workload.messages",   "workload.dataset",      "workload.text",
        "workload.characters", "workload.audio.length", "workload.audio.file",
        "workload.audio.url",  "workload.input_tokens",
    };

    *source = NULL;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        const struct node *at = draft_seen(d->seen, sources[i]);

        if (at && *source && !go_together(*source, sources[i]))
            return node_err(r->err, at->mark,
                            "%s and %s are both there; expected one of them", *source,
                            sources[i]);
        if (at)
            *source = sources[i];
    }
    return 0;
}

/* What makes synthetic prompts has no meaning for others. */
static int refuse_synthetic(struct draft *d, struct keys_reader *r, const char *source)
{
    static const char *const keys[] = { "workload.shared_prefix.tokens",
                                        "workload.shared_prefix.pool",
                                        "workload.words_per_token",
                                        "workload.unique_head" };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct node *at = draft_seen(d->seen, keys[i]);

        if (at && (i < 3 || d->cell.workload.unique_head))
            return node_err(r->err, at->mark,
                            "%s is for synthetic prompts; expected it without %s", keys[i],
                            source);
    }
    return 0;
}

/* What a session is made of goes with one that has turns. */
static int check_session(struct draft *d, struct keys_reader *r)
{
    static const char *const keys[] = {
        "workload.session.think",       "workload.session.think_cv",
        "workload.session.messages",    "workload.session.input_tokens",
        "workload.session.tool_result", "workload.session.tool_time",
        "workload.session.tools_only",  "workload.session.from_dataset"
    };
    struct session_spec *s = &d->cell.workload.session;
    const struct node *at;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if ((at = draft_seen(d->seen, keys[i])) && s->turns.kind == DIST_NONE)
            return node_err(r->err, at->mark, "%s is of sessions; expected %s as well",
                            keys[i], "workload.session.turns");
    if ((at = draft_seen(d->seen, keys[2])) && draft_seen(d->seen, keys[3]))
        return node_err(r->err, at->mark, "%s and %s are both there; expected one of them",
                        keys[2], keys[3]);
    if ((at = draft_seen(d->seen, keys[7])) && s->from_dataset &&
        (!d->cell.workload.dataset || draft_seen(d->seen, keys[2]) ||
         draft_seen(d->seen, keys[3])))
        return node_err(
            r->err, at->mark,
            "%s goes with workload.dataset; expected that, and neither %s nor %s", keys[7],
            keys[2], keys[3]);
    for (size_t i = 5; i < 7; i++)
        if ((at = draft_seen(d->seen, keys[i])) && !s->tool_result)
            return node_err(r->err, at->mark, "%s is of tools; expected %s as well",
                            keys[i], keys[4]);
    if (s->turns.kind != DIST_NONE && s->input_tokens.kind == DIST_NONE)
        s->input_tokens = (struct dist){ .kind = DIST_FIXED, .mean = 50 };
    s->messages = d->session_messages.p;
    s->n_messages = d->session_messages.n;
    return 0;
}

/* The part of a path behind its last slash. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Rows of a dataset are sent as they are, with the pictures that they hold. */
static int check_images(struct draft *d, struct keys_reader *r)
{
    static const char *const keys[] = { "workload.images.files", "workload.images.urls",
                                        "workload.images.per_request" };
    struct workload_images *w = &d->cell.workload.images;

    w->files = d->image_files.p;
    w->n_files = d->image_files.n;
    w->urls = d->image_urls.p;
    w->n_urls = d->image_urls.n;
    if (!draft_seen(d->seen, keys[2]))
        w->per_request = 1;
    for (size_t i = 0; i < 3; i++) {
        const struct node *at = draft_seen(d->seen, keys[i]);

        if (at && d->cell.workload.dataset)
            return node_err(r->err, at->mark,
                            "%s has no place in the rows of a dataset; expected it without "
                            "workload.dataset, or the pictures in the rows",
                            keys[i]);
        if (at && i == 2 && !w->n_files && !w->n_urls)
            return node_err(r->err, at->mark,
                            "there are no pictures; expected workload.images.files or "
                            "workload.images.urls");
    }
    return 0;
}

/* Its value stands in a form as it is written. */
static int check_audio(struct draft *d, struct keys_reader *r)
{
    struct workload *w = &d->cell.workload;
    const struct node *at = draft_seen(d->seen, "workload.audio.url");

    if (at && w->audio_file)
        return node_err(r->err, at->mark,
                        "audio is uploaded or named; expected workload.audio.file or "
                        "workload.audio.url, and not both");
    for (const char *c = at ? w->audio_url : ""; *c; c++)
        if ((unsigned char)*c <= ' ')
            return node_err(r->err, at->mark,
                            "a URL holds no spaces and no line ends; expected it without");
    if (at && !*w->audio_url)
        return node_err(r->err, at->mark, "the URL is empty; expected https://...");
    d->cell.request.audio_by_url = at != NULL;
    if (!at && (w->audio_file || w->audio_length > 0))
        d->cell.request.upload_name = w->audio_file ? base_name(w->audio_file) : "clip.wav";
    return 0;
}

static int check_workload(struct draft *d, struct keys_reader *r)
{
    struct workload *w = &d->cell.workload;
    const char *source;

    if (find_source(d, r, &source) || check_images(d, r) || check_session(d, r) ||
        check_audio(d, r))
        return -1;
    if (d->messages)
        w->messages = node_json_text(r->arena, d->messages);
    if (source && strcmp(source, "workload.input_tokens") != 0)
        return refuse_synthetic(d, r, source);
    if (!source)
        w->input_tokens = (struct dist){ .kind = DIST_FIXED, .mean = 200 };
    if (w->prefix_tokens && !w->prefix_pool)
        w->prefix_pool = 1;
    if (w->input_tokens.kind == DIST_FIXED &&
        (double)w->prefix_tokens > w->input_tokens.mean)
        return node_err(r->err, draft_seen(d->seen, "workload.shared_prefix.tokens")->mark,
                        "the shared prefix is longer than the prompt of %.0f tokens; "
                        "expected at most that",
                        w->input_tokens.mean);
    return 0;
}

static int check_in_flight(struct draft *d, struct keys_reader *r)
{
    for (size_t i = 0; i < d->phases.n; i++) {
        const struct profile *p = &d->phases.p[i].concurrency;

        for (size_t k = 0; k < p->n; k++)
            if (p->values[k] > (double)d->cell.limits.in_flight)
                return node_err(
                    r->err, p->at->mark,
                    "concurrency %.0f is more than limits.in_flight %ju; expected "
                    "that to be raised as well",
                    p->values[k], (uintmax_t)d->cell.limits.in_flight);
    }
    return 0;
}

/*
 * Without TLS nobody speaks it, the simulator neither, and the libcurl of Debian 12 (7.88)
 * uses such a connection just once.
 */
static int check_http(struct draft *d, struct keys_reader *r)
{
    const struct node *http = draft_seen(d->seen, "connection.http");

    if (!d->http || !http || !strncmp(d->cell.target.base_url, "https:", 6))
        return 0;
    return node_err(r->err, http->mark,
                    "HTTP/2 needs TLS; expected an https: target.base_url, or 1.1");
}

static void take_defaults(struct draft *d, struct keys_reader *r)
{
    const struct node *endpoint = draft_seen(d->seen, "request.endpoint");
    struct retry *retry = &d->cell.retry;

    if (endpoint)
        d->cell.request.endpoint_at = node_place(r->arena, endpoint->mark);

    d->cell.connection.http = d->http ? 2 : 11;
    if (retry->policy == RETRY_NONE)
        retry->max = 0;
    else if (!retry->max)
        retry->max = retry->policy == RETRY_SDK ? 2 : 4;
}

int draft_read(struct draft *d, struct keys_reader *r, const struct node *root)
{
    *d = (struct draft){ 0 };
    if (keys_read(r, root, "", d))
        return -1;
    d->seen = r->seen;
    if (check_target(d, r, root) || check_model(d, r, root) || check_workload(d, r) ||
        draft_load(d, r) || check_in_flight(d, r) || check_http(d, r))
        return -1;
    take_body(d, r);
    take_defaults(d, r);
    return 0;
}
