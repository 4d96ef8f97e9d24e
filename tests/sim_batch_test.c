#include <stdio.h>

#include "sim_play.h"
#include "test.h"

/* Files and batches of the simulator, in stepped time. */

static const char line[] =
    "{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"
    "{\"model\":\"llama-3.1-8b-instant\",\"max_tokens\":4,\"messages\":[{\"role\":\"user\","
    "\"content\":\"Hi\"}]}}\n";

static void request(struct sim *sim, struct played *p, const char *method, const char *path,
                    const char *type, const struct buf *body)
{
    struct buf text = { 0 };

    buf_printf(&text,
               "%s /v1%s HTTP/1.1\r\ncontent-type: %s\r\ncontent-length: %zu\r\n\r\n",
               method, path, type, body ? body->len : 0);
    if (body)
        buf_add(&text, body->p, body->len);
    sim_bytes(sim, p, text.p, text.len);
    buf_free(&text);
}

static void keep(const struct played *p, const char *key, char to[64])
{
    snprintf(to, 64, "%s", json_string_value(json_object_get(p->json, key)));
}

/* n requests as a batch; its id. */
static void make(struct sim *sim, int n, char id[64])
{
    struct buf body = { 0 };
    struct played p;
    char file[64];

    buf_str(
        &body,
        "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--b\r\n"
        "Content-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n");
    for (int i = 0; i < n; i++) {
        char name[16];

        snprintf(name, sizeof(name), "q-%d", i);
        buf_printf(&body, line, name);
    }
    buf_str(&body, "\r\n--b--\r\n");
    request(sim, &p, "POST", "/files", "multipart/form-data; boundary=b", &body);
    assert_int_equal(p.status, 200);
    keep(&p, "id", file);
    played_free(&p);
    buf_clear(&body);
    buf_printf(&body,
               "{\"input_file_id\":\"%s\",\"endpoint\":\"/v1/chat/completions\","
               "\"completion_window\":\"24h\"}",
               file);
    request(sim, &p, "POST", "/batches", "application/json", &body);
    assert_int_equal(p.status, 200);
    keep(&p, "id", id);
    played_free(&p);
    buf_free(&body);
}

static void look(struct sim *sim, const char *id, const char *tail, struct played *p)
{
    char path[160];

    snprintf(path, sizeof(path), "/batches/%s%s", id, tail);
    request(sim, p, *tail ? "POST" : "GET", path, "application/json", NULL);
    assert_int_equal(p->status, 200);
}

/* State, requests done and the two files, each there or not: "completed 10 out". */
static void told(const struct played *p, char out[80])
{
    const json_t *counts = json_object_get(p->json, "request_counts");

    snprintf(out, 80, "%s %lld%s%s", json_string_value(json_object_get(p->json, "status")),
             (long long)json_integer_value(json_object_get(counts, "completed")),
             json_is_string(json_object_get(p->json, "output_file_id")) ? " out" : "",
             json_is_string(json_object_get(p->json, "error_file_id")) ? " err" : "");
}

/* A second each: queued to 1 s at the latest, 10 items of 100 ms, 1 s of finalizing. */
static const char course[] = "--batch-queue 100ms --batch-item 100ms --batch-finalize 1s "
                             "--batch-cancel 500ms";

TEST(sim_batch_is_a_function_of_the_time)
{
    static const struct {
        const char *flags;
        ns_t cancel; /* after so long; 0: not */
        ns_t after;
        const char *want;
    } cases[] = {
        { "", 0, 0, "validating 0" },
        { "", 0, 600 * NS_PER_MS, "in_progress" },
        { "", 0, 1500 * NS_PER_MS, "finalizing 10" },
        { "", 0, 4 * NS_PER_S, "completed 10 out" },
        { "--batch-item-fault 500=1", 0, 4 * NS_PER_S, "completed 0 err" },
        { "--batch-item-fault 500=1/2", 0, 4 * NS_PER_S, "completed 5 out err" },
        { "--batch-odd fail", 0, 4 * NS_PER_S, "failed 0" },
        { "--batch-odd stuck", 0, 4 * NS_PER_S, "in_progress 5" },
        { "--batch-odd stuck --batch-expires 5s", 0, 6 * NS_PER_S, "expired 5 out" },
        { "--batch-expires 700ms", 0, 4 * NS_PER_S, "expired" },
        { "", 600 * NS_PER_MS, 700 * NS_PER_MS, "cancelling" },
        { "", 600 * NS_PER_MS, 4 * NS_PER_S, "cancelled" },
        { "", 3 * NS_PER_S, 4 * NS_PER_S, "completed 10 out" },
        { "--speed 10", 0, 400 * NS_PER_MS, "completed 10 out" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim sim;
        struct played p;
        char id[64], got[80];
        ns_t from;

        sim_open(&sim, "--quiet %s %s", course, cases[i].flags);
        make(&sim, 10, id);
        from = sim.now;
        if (cases[i].cancel) {
            sim.now = from + cases[i].cancel;
            look(&sim, id, "/cancel", &p);
            played_free(&p);
        }
        sim.now = from + cases[i].after;
        look(&sim, id, "", &p);
        told(&p, got);
        if (strncmp(got, cases[i].want, strlen(cases[i].want)) != 0)
            fail_msg("case %zu: %s, not %s", i, got, cases[i].want);
        played_free(&p);
        sim_close(&sim);
    }
}

TEST(sim_batch_takes_nothing_from_the_limits_of_single_requests)
{
    struct sim sim;
    struct played p;
    char id[64];

    sim_open(&sim, "--quiet %s --limit rpm=2", course);
    make(&sim, 10, id);
    sim.now += 10 * NS_PER_S;
    look(&sim, id, "", &p);
    assert_int_equal(json_integer_value(json_object_get(
                         json_object_get(p.json, "request_counts"), "completed")),
                     10);
    played_free(&p);
    sim_chat(&sim, &p, "",
             "{\"model\":\"llama-3.1-8b-instant\",\"max_tokens\":4,\"messages\":[{\"role\":"
             "\"user\",\"content\":\"Hi\"}]}");
    assert_int_equal(p.status, 200);
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_batch_first_call_of_a_step_meets_its_fault_and_the_second_does_not)
{
    struct sim sim;
    struct played p;

    sim_open(&sim, "--quiet --batch-step-fault list=503");
    for (int i = 0; i < 2; i++) {
        request(&sim, &p, "GET", "/batches", "application/json", NULL);
        assert_int_equal(p.status, i ? 200 : 503);
        played_free(&p);
    }
    sim_close(&sim);
}

TEST(sim_batch_settings_say_what_they_expect)
{
    static const char *const bad[] = { "--batch-odd what", "--batch-step-fault upload",
                                       "--batch-step-fault dance=503",
                                       "--batch-step-fault upload=dance",
                                       "--batch-item-fault 500" };

    for (size_t i = 0; i < COUNT(bad); i++) {
        struct setting set;
        struct err err;

        setting_init(&set);
        assert_int_equal(sim_flags(&set, bad[i], &err), -1);
        assert_non_null(strstr(err.msg, "--batch-"));
        setting_free(&set);
    }
}
