#include "sim_play.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "api/sse.h"
#include "test.h"

enum { ENDLESS = 8 << 20 };

static struct model models[] = {
    { .id = "llama-3.1-8b-instant",
      .kind = "chat",
      .context = 131072,
      .max_completion = 131072,
      .speed_tps = 560,
      .prefill_tps = 15000,
      .input_nusd = 50000000,
      .cached_nusd = -1,
      .output_nusd = 80000000,
      .free = { 30, 14400, 6000, 500000, -1, -1 },
      .developer = { 1000, 500000, 250000, -1, -1, -1 } },
    { .id = "openai/gpt-oss-20b",
      .kind = "chat",
      .context = 131072,
      .max_completion = 65536,
      .speed_tps = 1000,
      .prefill_tps = 25000,
      .input_nusd = 75000000,
      .cached_nusd = 37500000,
      .output_nusd = 300000000,
      .caching = true,
      .reasoning = true,
      .free = { 30, 1000, 8000, 200000, -1, -1 },
      .developer = { 1000, 500000, 250000, -1, -1, -1 } },
    { .id = "qwen/qwen3-32b",
      .kind = "chat",
      .context = 131072,
      .max_completion = 16384,
      .speed_tps = 500,
      .reasoning = true,
      .free = { 60, 1000, 6000, 500000, -1, -1 } },
    { .id = "meta-llama/llama-guard-4-12b",
      .kind = "chat",
      .context = 131072,
      .max_completion = 128,
      .speed_tps = 300,
      .vision = true,
      .images_most = -1,
      .image_inline_bytes = -1,
      .image_url_bytes = -1,
      .image_pixels = -1 },
    { .id = "qwen/qwen3.6-27b",
      .kind = "chat",
      .context = 131072,
      .max_completion = 16384,
      .speed_tps = 500,
      .prefill_tps = 12000,
      .reasoning = true,
      .vision = true,
      .images_most = 5,
      .image_inline_bytes = 4000000,
      .image_url_bytes = 20000000,
      .image_pixels = 33177600 },
    { .id = "llama-3.3-70b-versatile",
      .kind = "chat",
      .context = 131072,
      .max_completion = 32768,
      .speed_tps = 280,
      .prefill_tps = 9400 },
    { .id = "nomic-embed-text-v1_5", .kind = "embedding", .context = 64, .input_nusd = 1 },
    { .id = "groq/compound",
      .kind = "system",
      .context = 131072,
      .max_completion = 8192,
      .speed_tps = 450,
      .reasoning = true },
    { .id = "groq/compound-mini", .kind = "system", .context = 131072, .speed_tps = 450 },
    { .id = "whisper-large-v3",
      .kind = "transcription",
      .context = 448,
      .speed_factor = 189,
      .audio_nusd = 111000000,
      .free = { 20, 2000, -1, -1, 7200, 28800 } },
    { .id = "canopylabs/orpheus-v1-english",
      .kind = "speech",
      .context = 4000,
      .character_nusd = 22000000000,
      .free = { 10, 100, 1200, 3600, -1, -1 } },
};

int sim_flags(struct setting *set, const char *flags, struct err *err)
{
    char text[512];
    char *argv[32] = { (char[]){ "sim" } };
    char *save = NULL;
    int argc = 1;

    snprintf(text, sizeof(text), "%s", flags);
    for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    return setting_flags(set, argc, argv, err);
}

void sim_open(struct sim *sim, const char *flags, ...)
{
    struct err err = { 0 };
    char text[512];
    va_list ap;

    va_start(ap, flags);
    vsnprintf(text, sizeof(text), flags, ap);
    va_end(ap);
    *sim = (struct sim){ .now = 1000 * NS_PER_S };
    sim->catalogue.models = models;
    sim->catalogue.n_models = COUNT(models);
    setting_init(&sim->set);
    if (sim_flags(&sim->set, text, &err))
        fail_msg("%s", err.msg);
    world_init(&sim->world, &sim->set, &sim->catalogue, sim->now,
               sim->now + 1770000000 * NS_PER_S);
}

void sim_close(struct sim *sim)
{
    world_free(&sim->world);
    setting_free(&sim->set);
}

/* Head, then the body out of its chunks, by the book (RFC 9112). */
static void take_apart(struct played *p)
{
    const char *end = p->wire.len ? memmem(p->wire.p, p->wire.len, "\r\n\r\n", 4) : NULL;
    const char *at;
    const char *stop = p->wire.p + p->wire.len;

    if (!end || sscanf(p->wire.p, "HTTP/1.1 %d ", &p->status) != 1)
        return;
    if (p->status == 103) {
        buf_consume(&p->wire, (size_t)(end + 4 - p->wire.p));
        take_apart(p);
        return;
    }
    buf_add(&p->head, p->wire.p, (size_t)(end + 2 - p->wire.p));
    at = end + 4;
    if (!*played_header(p, "transfer-encoding")) {
        buf_add(&p->body, at, (size_t)(stop - at));
        return;
    }
    while (at < stop) {
        char *digits;
        size_t n = strtoul(at, &digits, 16);

        if (digits == at || strncmp(digits, "\r\n", 2) != 0 || digits + 2 + n + 2 > stop)
            return;
        if (!n) {
            assert_int_equal(stop - digits, 4);
            p->whole = true;
            return;
        }
        buf_add(&p->body, digits + 2, n);
        assert_memory_equal(digits + 2 + n, "\r\n", 2);
        at = digits + 2 + n + 2;
    }
}

static void add_text(struct buf *b, const json_t *v)
{
    if (json_is_string(v))
        buf_add(b, json_string_value(v), json_string_length(v));
}

/* A delta of a stream, or the message of a whole answer. */
static void add_message(struct played *p, const json_t *m)
{
    const json_t *calls = json_object_get(m, "tool_calls");

    add_text(&p->content, json_object_get(m, "content"));
    add_text(&p->reasoning, json_object_get(m, "reasoning"));
    for (size_t i = 0; i < json_array_size(calls); i++) {
        const json_t *f = json_object_get(json_array_get(calls, i), "function");

        add_text(&p->tool, json_object_get(f, "name"));
        add_text(&p->tool, json_object_get(f, "arguments"));
    }
}

static void add_usage(struct played *p, json_t *usage)
{
    if (!json_object_get(usage, "prompt_tokens"))
        return;
    json_decref(p->usage);
    p->usage = json_incref(usage);
}

static void add_answer(struct played *p, const json_t *a)
{
    const json_t *choice = json_array_get(json_object_get(a, "choices"), 0);
    const json_t *finish = json_object_get(choice, "finish_reason");
    const json_t *x_groq = json_object_get(a, "x_groq");

    add_message(p, json_object_get(choice, "delta"));
    add_message(p, json_object_get(choice, "message"));
    if (json_is_string(finish))
        snprintf(p->finish, sizeof(p->finish), "%s", json_string_value(finish));
    add_usage(p, json_object_get(x_groq, "usage"));
    add_usage(p, json_object_get(a, "usage"));
    p->errors += json_object_get(a, "error") || json_object_get(x_groq, "error");
}

static void add_event(void *ctx, const struct sse_event *ev)
{
    struct played *p = ctx;
    json_t *a;

    p->events++;
    if (ev->data_len == 6 && !memcmp(ev->data, "[DONE]", 6)) {
        p->done = true;
        return;
    }
    a = json_loadb(ev->data, ev->data_len, JSON_ALLOW_NUL, NULL);
    add_answer(p, a);
    json_decref(a);
}

static void understand(struct played *p)
{
    const char *type = played_header(p, "content-type");
    struct sse sse;
    struct err err;

    if (!strcmp(type, "text/event-stream")) {
        sse_init(&sse, 1 << 20, add_event, p);
        if (!sse_feed(&sse, p->body.p ? p->body.p : "", p->body.len, &err))
            sse_end(&sse);
        else
            assert_true(p->wire.len >= ENDLESS);
        sse_free(&sse);
    } else if (!strcmp(type, "application/json")) {
        p->json = json_loadb(p->body.p ? p->body.p : "", p->body.len, 0, NULL);
        add_answer(p, p->json);
    }
}

/* Until it ends, or clearly never will. */
static void play(struct sim *sim, struct played *p)
{
    struct script_scratch scratch = { 0 };
    struct script s;
    struct buf kinds;
    ns_t last = 0;

    buf_init(&kinds, 0);
    script_init(&s, p->x, &sim->world.script, &scratch);
    while (script_due(&s) != SCRIPT_NEVER && p->wire.len < ENDLESS) {
        ns_t planned = script_due(&s);

        assert_true(planned >= last);
        last = planned;
        sim->now = planned > sim->now ? planned : sim->now;
        buf_clear(&kinds);
        p->writes++;
        p->then = script_write(&s, sim->now, &p->wire, &kinds);
        for (size_t i = 0; i < kinds.len && p->n_frames < PLAYED_FRAMES; i++)
            p->frames[p->n_frames++] =
                (struct frame){ planned, sim->now, (uint32_t)kinds.p[i] };
        if (p->then != THEN_MORE)
            break;
    }
    p->x->end = sim->now;
    world_settle(&sim->world, p->x, draft_total(&p->x->draft), sim->now);
    script_free(&s);
    script_scratch_free(&scratch);
    buf_free(&kinds);
}

void sim_bytes(struct sim *sim, struct played *p, const char *text, size_t n)
{
    struct http http;

    *p = (struct played){ 0 };
    http_init(&http);
    http_feed(&http, text, n);
    assert_int_equal(http.state, HTTP_COMPLETE);
    p->x = world_admit(&sim->world, &http, true, sim->now, sim->now);
    http_free(&http);
    play(sim, p);
    take_apart(p);
    if (p->head.len)
        understand(p);
}

void sim_request(struct sim *sim, struct played *p, const char *text)
{
    sim_bytes(sim, p, text, strlen(text));
}

void sim_chat(struct sim *sim, struct played *p, const char *headers, const char *body)
{
    struct buf text;

    buf_init(&text, 0);
    buf_printf(
        &text,
        "POST /openai/v1/chat/completions HTTP/1.1\r\ncontent-length: %zu\r\n%s\r\n%s",
        strlen(body), headers, body);
    sim_request(sim, p, text.p);
    buf_free(&text);
}

void played_free(struct played *p)
{
    world_forget(p->x);
    buf_free(&p->wire);
    buf_free(&p->head);
    buf_free(&p->body);
    buf_free(&p->content);
    buf_free(&p->reasoning);
    buf_free(&p->tool);
    json_decref(p->usage);
    json_decref(p->json);
}

const char *played_header(const struct played *p, const char *name)
{
    static char value[512];
    size_t n = strlen(name);

    for (const char *line = p->head.p; line; line = strstr(line, "\r\n")) {
        line += line == p->head.p ? 0 : 2;
        if (!strncasecmp(line, name, n) && !strncmp(line + n, ": ", 2)) {
            snprintf(value, sizeof(value), "%.*s", (int)strcspn(line + n + 2, "\r"),
                     line + n + 2);
            return value;
        }
    }
    return "";
}

const char *played_error(const struct played *p, const char *key)
{
    const char *s =
        json_string_value(json_object_get(json_object_get(p->json, "error"), key));

    return s ? s : "";
}

long long played_usage(const struct played *p, const char *key)
{
    return json_integer_value(json_object_get(p->usage, key));
}
