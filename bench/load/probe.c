#include "load/probe.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api/error.h"
#include "base/json.h"
#include "base/tame.h"

enum { TRIPS = 5, CLOCK_SAMPLES = 6 };
#define CLOCK_GOOD (60 * NS_PER_MS) /* no date header tells it much better */

struct probing {
    const struct probe_job *job;
    struct probe *p;
    bool over; /* no further request */
};

/* --- judging ------------------------------------------------------------------------- */

static enum outcome outcome_of(const struct answer *a)
{
    return a->status < 400 ? OUTCOME_OK : error_classify(a, TRANSFER_DONE, true);
}

enum probe_state probe_judge_endpoint(const struct answer *a)
{
    const char *code = answer_string(&a->error_code);

    if (a->status < 400)
        return PROBE_YES;
    if (a->status == 401 || a->status == 403)
        return PROBE_REFUSED;
    if (a->status == 405 || a->status == 501)
        return PROBE_NO;
    if (a->status == 404) /* or it is the model that is not found */
        return strstr(code, "model") ? PROBE_YES : PROBE_NO;
    return a->status == 429 || a->status >= 498 ? PROBE_UNCLEAR : PROBE_YES;
}

enum probe_state probe_judge_feature(const struct answer *a)
{
    static const enum probe_state states[N_OUTCOMES] = {
        [OUTCOME_OK] = PROBE_YES,
        [OUTCOME_GENERATION] = PROBE_YES, /* it was tried, and the model failed at it */
        [OUTCOME_CAPACITY] = PROBE_YES,   /* the tier is there, and full */
        [OUTCOME_BAD_REQUEST] = PROBE_NO,
        [OUTCOME_TOO_LARGE] = PROBE_NO,
        [OUTCOME_AUTH] = PROBE_REFUSED,
        [OUTCOME_BLOCKED] = PROBE_REFUSED,
    };
    enum probe_state state = states[outcome_of(a)];

    return state ? state : PROBE_UNCLEAR;
}

/* Does the answer mean that no other will be different? */
static bool ends_it(const struct answer *a)
{
    enum outcome o = outcome_of(a);

    return o == OUTCOME_AUTH || o == OUTCOME_BLOCKED || o == OUTCOME_RATE_LIMITED;
}

/* --- asking -------------------------------------------------------------------------- */

static void stop(struct probing *w, const char *why)
{
    w->over = true;
    snprintf(w->p->why, sizeof(w->p->why), "%.250s", why);
    tame(w->p->why, strlen(w->p->why), false);
}

/* Nobody waits for one time limit after the other. */
static const struct call *ask(struct probing *w, const char *path, const char *type,
                              const char *body)
{
    struct call_request r = { .path = path, .content_type = type, .body = body };
    const struct call *c = caller_ask(w->job->caller, &r);

    w->p->requests++;
    if (!c->answered && c->timed_out)
        stop(w, c->why);
    return c;
}

static void say(struct probe_item *item, const char *text)
{
    snprintf(item->said, sizeof(item->said), "%.190s", text);
    tame(item->said, strlen(item->said), false);
}

static void fill_item(struct probe_item *item, const struct call *c,
                      enum probe_state (*judge)(const struct answer *a))
{
    if (!c->answered) {
        item->state = PROBE_UNCLEAR;
        say(item, c->why);
        return;
    }
    item->state = judge(&c->answer);
    item->status = c->answer.status;
    item->took = c->first;
    if (item->state != PROBE_YES || c->answer.status >= 498)
        say(item, answer_string(&c->answer.error));
}

/* --- the connection ------------------------------------------------------------------ */

static void take_connection(struct probe *p, const struct call *c)
{
    p->reached = true;
    snprintf(p->address, sizeof(p->address), "%s", c->address);
    snprintf(p->secured, sizeof(p->secured), "%s", c->secured);
    snprintf(p->server, sizeof(p->server), "%s", c->server);
    p->http_version = c->http_version;
    p->dns = c->dns;
    p->tcp = c->tcp;
    p->tls = c->tls;
}

static void take_place(struct probe *p, const struct answer *a)
{
    if (a->region.len)
        snprintf(p->region, sizeof(p->region), "%s", a->region.p);
    if (a->edge.len)
        snprintf(p->edge, sizeof(p->edge), "%s", a->edge.p);
}

/* The root of the host answers without a key: how far is it, and what is its time? */
static void trip(struct probing *w)
{
    const struct call *c = ask(w, NULL, NULL, NULL);
    struct probe *p = w->p;

    if (!c->answered) {
        if (!p->reached)
            stop(w, c->why);
        return;
    }
    if (!p->reached)
        take_connection(p, c);
    else if (c->dns == NS_ABSENT && p->n_trips < PROBE_TRIPS)
        p->trips[p->n_trips++] = c->first;
    take_place(p, &c->answer);
    offset_add(&p->offset, c->asked, c->told, c->date_s);
}

static void sleep_until(ns_t at)
{
    struct timespec t = { at / NS_PER_S, at % NS_PER_S };

    clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL);
}

static void learn_clock(struct probing *w)
{
    struct offset *o = &w->p->offset;

    for (int i = 0; i < CLOCK_SAMPLES && !w->over && offset_known(o); i++) {
        if (o->most - o->least <= CLOCK_GOOD)
            return;
        sleep_until(offset_next(o, clock_system.real(clock_system.ctx)));
        trip(w);
    }
}

/* --- key and endpoints --------------------------------------------------------------- */

static void read_models(struct probing *w, const struct call *c, struct models_told *told)
{
    struct str secret = str_of(w->job->key ? w->job->key : "");
    struct err ignored;

    if (c->whole && c->answer.status == 200 &&
        !models_read(told, (struct str){ c->body.p, c->body.len }, secret, &ignored))
        w->p->n_models = told->n;
}

static void ask_key(struct probing *w, struct models_told *told)
{
    const struct call *c = ask(w, "/models", NULL, NULL);
    struct probe *p = w->p;

    p->key_status = c->answer.status;
    p->key = PROBE_UNCLEAR;
    if (!c->answered) {
        stop(w, c->why);
        return;
    }
    take_place(p, &c->answer);
    read_models(w, c, told);
    if (c->answer.status == 401 || c->answer.status == 403) {
        p->key = PROBE_REFUSED;
        stop(w, answer_string(&c->answer.error));
    } else if (c->answer.status < 300) {
        p->key = p->has_key ? PROBE_YES : PROBE_NO;
    }
}

#define BOUNDARY "tokdyno-probe"
static const char empty_form[] = "--" BOUNDARY "--\r\n";
static const char form[] = "multipart/form-data; boundary=" BOUNDARY;

static const struct kind {
    const char *name;
    const char *path;
    const char *type;
    const char *body; /* NULL: GET */
} kinds[] = {
    { "chat", "/chat/completions", NULL, "{}" },
    { "responses", "/responses", NULL, "{}" },
    { "embeddings", "/embeddings", NULL, "{}" },
    { "transcription", "/audio/transcriptions", form, empty_form },
    { "translation", "/audio/translations", form, empty_form },
    { "speech", "/audio/speech", NULL, "{}" },
    { "files", "/files", NULL, NULL },
    { "batches", "/batches", NULL, NULL },
    { "models", "/models", NULL, NULL },
};

static void ask_endpoints(struct probing *w)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !w->over; i++) {
        struct probe_item *item = &w->p->endpoints[w->p->n_endpoints++];
        const struct call *c;

        *item = (struct probe_item){ .name = kinds[i].name,
                                     .asked = kinds[i].path,
                                     .took = NS_ABSENT };
        c = ask(w, kinds[i].path, kinds[i].type, kinds[i].body);
        fill_item(item, c, probe_judge_endpoint);
    }
}

/* --- features ------------------------------------------------------------------------ */

#define USER(text) "[{\"role\":\"user\",\"content\":\"" text "\"}"
#define OK_MESSAGES USER("Reply with the word ok.") "]"
#define JSON_MESSAGES USER("Reply with this JSON: {\\\"ok\\\": true}") "]"
#define SCHEMA                                                                             \
    "{\"type\":\"object\",\"properties\":{\"ok\":{\"type\":\"boolean\"}},\"required\":["   \
    "\"ok\"],\"additionalProperties\":false}"

static const struct feature {
    const char *name;
    const char *messages;
    const char *more; /* members of the body */
} features[] = {
    { "stream", OK_MESSAGES,
      "\"stream\":true,\"stream_options\":{\"include_usage\":true}" },
    { "stop", OK_MESSAGES, "\"stop\":[\"\\n\"]" },
    { "seed", OK_MESSAGES, "\"seed\":1" },
    { "prefill",
      USER("Reply with the word ok.") ",{\"role\":\"assistant\",\"content\":\"o\"}]",
      "\"temperature\":0" },
    { "tools", OK_MESSAGES,
      "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"noop\",\"parameters\":{"
      "\"type\":\"object\",\"properties\":{}}}}]" },
    { "json_object", JSON_MESSAGES, "\"response_format\":{\"type\":\"json_object\"}" },
    { "json_schema", JSON_MESSAGES,
      "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"ok\","
      "\"schema\":" SCHEMA "}}" },
    { "reasoning_effort", OK_MESSAGES, "\"reasoning_effort\":\"low\"" },
    { "logprobs", OK_MESSAGES, "\"logprobs\":true" },
    { "tier on_demand", OK_MESSAGES, "\"service_tier\":\"on_demand\"" },
    { "tier flex", OK_MESSAGES, "\"service_tier\":\"flex\"" },
    { "tier auto", OK_MESSAGES, "\"service_tier\":\"auto\"" },
    { "tier performance", OK_MESSAGES, "\"service_tier\":\"performance\"" },
};

static void put_body(struct buf *out, const char *model, const struct feature *f)
{
    struct jsonw w;

    buf_str(out, "{\"model\":");
    jsonw_init(&w, out, 0);
    jsonw_string(&w, model);
    buf_printf(out, ",\"messages\":%s,\"max_completion_tokens\":32", f->messages);
    if (*f->more)
        buf_printf(out, ",%s", f->more);
    buf_char(out, '}');
}

static const struct call *ask_feature(struct probing *w, const struct feature *f)
{
    const struct call *c;
    struct buf body;

    buf_init(&body, 0);
    put_body(&body, w->p->model, f);
    c = ask(w, "/chat/completions", NULL, body.p);
    buf_free(&body);
    w->p->paid += c->answered && c->answer.status < 300;
    if (c->answered && ends_it(&c->answer))
        stop(w, answer_string(&c->answer.error));
    return c;
}

/* The plain request that all features are compared with; it tells of limits and place. */
static bool ask_model(struct probing *w)
{
    static const struct feature plain = { "chat", OK_MESSAGES, "" };
    const struct call *c = ask_feature(w, &plain);
    struct probe *p = w->p;
    struct json j;
    struct str key;

    take_place(p, &c->answer);
    memcpy(p->limits, c->answer.limits, sizeof(p->limits));
    if (c->answer.status == 401 || c->answer.status == 403)
        p->key = PROBE_REFUSED;
    if (!c->answered || c->answer.status >= 300) {
        if (!w->over)
            stop(w, c->answered ? answer_string(&c->answer.error) : c->why);
        return false;
    }
    json_init(&j, c->body.p ? c->body.p : "", c->body.len);
    if (!json_open_object(&j))
        return true;
    while (json_key(&j, &key)) {
        if (!str_is(key, "usage") || !json_open_object(&j)) {
            json_skip(&j);
            continue;
        }
        while (json_key(&j, &key))
            if (!str_is(key, "queue_time") || !json_ns(&j, &p->queue))
                json_skip(&j);
    }
    return true;
}

/* 2xx to stream: true, and yet no stream. */
static void check_stream(struct probe_item *item, const struct call *c)
{
    if (item->state == PROBE_YES && c->answer.type != ANSWER_SSE) {
        item->state = PROBE_NO;
        say(item, "answered, but not as a stream");
    }
}

static void ask_features(struct probing *w)
{
    if (!w->p->model || w->over || !ask_model(w))
        return;
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]) && !w->over; i++) {
        struct probe_item *item = &w->p->features[w->p->n_features++];
        const struct call *c;

        *item = (struct probe_item){ .name = features[i].name,
                                     .asked = features[i].more,
                                     .took = NS_ABSENT };
        c = ask_feature(w, &features[i]);
        fill_item(item, c, probe_judge_feature);
        if (!i)
            check_stream(item, c);
    }
}

/* The cheapest that is listed; where no price is known, the first that may chat. */
static const char *choose_model(const struct catalogue *catalogue,
                                const struct models_told *told)
{
    const char *any = NULL;
    const struct model *best = NULL;

    for (size_t i = 0; i < told->n; i++) {
        const struct model *m = catalogue_model(catalogue, told->list[i].id);

        if (m && strcmp(m->kind, "chat") != 0)
            continue;
        if (!any)
            any = told->list[i].id;
        if (m && m->output_nusd >= 0 && (!best || m->output_nusd < best->output_nusd))
            best = m;
    }
    return best ? best->id : any;
}

void probe_run(const struct probe_job *job, struct probe *p, struct models_told *told)
{
    struct probing w = { job, p, false };

    *told = (struct models_told){ 0 };
    p->offset = offset_none;
    p->dns = p->tcp = p->tls = p->queue = NS_ABSENT;
    for (int i = 0; i < N_LIMITS; i++)
        p->limits[i] = (struct limit){ -1, -1, NS_ABSENT };
    for (int i = 0; i <= TRIPS && !w.over; i++)
        trip(&w);
    if (!w.over)
        ask_key(&w, told);
    ask_endpoints(&w);
    p->model = job->model ? job->model : choose_model(job->catalogue, told);
    if (job->quick)
        return;
    learn_clock(&w);
    ask_features(&w);
}

bool probe_is_usable(const struct probe *p)
{
    return p->reached && p->key != PROBE_REFUSED;
}
