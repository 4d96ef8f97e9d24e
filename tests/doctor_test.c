#include "data/doctor.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/version.h"
#include "reports/doctor.h"
#include "reports/table.h"
#include "test.h"

#define NOW (2000000000 * NS_PER_S)

/* Two ladders: streams of which the third is not valid, rates that all are. */
static void make(struct doctor *d)
{
    static const enum validity verdicts[] = { VALIDITY_VALID, VALIDITY_VALID,
                                              VALIDITY_SIM_LIMITED };
    int64_t asked = 1;

    *d = (struct doctor){ .libcurl = "libcurl/1",
                          .client_core = 1,
                          .frames_per_s = 50,
                          .made_real = NOW - 7200 * NS_PER_S };
    strcpy(d->machine.host, "bench \"1\"");
    strcpy(d->machine.kernel, "Linux 6");
    strcpy(d->machine.boot_id, "b");
    d->machine.cores = 2;
    d->machine.cpu_limit_milli = d->machine.load_milli = -1;
    d->machine.sys.files_hard = d->machine.sys.files_soft = 1024;
    for (size_t i = 0; i < COUNT(verdicts); i++, asked *= 10) {
        struct doctor_spread error = {
            .n = 299, .p50 = 1000 * asked, .p99 = 2000 * asked, .max = 3000 * asked
        };

        d->streams.rungs[d->streams.n++] = (struct doctor_rung){ .asked = asked,
                                                                 .first = error,
                                                                 .frames = error,
                                                                 .send = error,
                                                                 .tries = 1,
                                                                 .told = verdicts[i],
                                                                 .validity = verdicts[i] };
    }
    d->rates.rungs[d->rates.n++] = (struct doctor_rung){
        .asked = 500, .send = { .n = 298, .p50 = 1, .p99 = 7000, .max = 8000 }, .tries = 1
    };
    doctor_conclude(d);
}

TEST(doctor_is_valid_up_to_the_highest_load_that_was)
{
    struct doctor d;

    make(&d);
    assert_int_equal(d.figures.streams, 10);
    assert_int_equal(d.figures.streams_not, 100);
    assert_int_equal(d.figures.frame_error_p99, 20000);
    assert_int_equal(d.figures.ttft_error_p99, 20000);
    assert_int_equal(d.figures.rate, 500);
    assert_int_equal(d.figures.rate_not, -1);
    assert_int_equal(d.figures.send_lag_p99, -1); /* of 298 values there is none */
    assert_int_equal(d.figures.send_lag_max, 8000);
    d.streams.rungs[0].validity = VALIDITY_DEGRADED; /* disturbed: more was carried */
    doctor_conclude(&d);
    assert_int_equal(d.figures.streams, 10);
    d.streams.rungs[1].validity = VALIDITY_DEGRADED;
    doctor_conclude(&d);
    assert_int_equal(d.figures.streams, 0);
    assert_int_equal(d.figures.streams_not, 1);
    assert_int_equal(d.figures.frame_error_p99, -1);
}

TEST(doctor_judges_by_the_run_and_by_the_truth_the_worse_counts)
{
    static const struct {
        enum validity told;
        ns_t frames, sim_late;
        enum validity judged;
    } rows[] = {
        { VALIDITY_VALID, 100, 0, VALIDITY_VALID },
        { VALIDITY_VALID, 2 * NS_PER_MS, 0, VALIDITY_DEGRADED },
        { VALIDITY_VALID, 9 * NS_PER_MS, 0, VALIDITY_CLIENT_LIMITED },
        { VALIDITY_VALID, 100, 9 * NS_PER_MS, VALIDITY_SIM_LIMITED },
        { VALIDITY_DEGRADED, 100, 0, VALIDITY_DEGRADED },
        { VALIDITY_CLIENT_LIMITED, 100, 9 * NS_PER_MS, VALIDITY_CLIENT_LIMITED },
        { VALIDITY_DEGRADED, 100, 9 * NS_PER_MS, VALIDITY_SIM_LIMITED },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct doctor_rung r = {
            .told = rows[i].told,
            .frames = { .n = 5, .p99 = rows[i].frames, .max = rows[i].frames },
            .sim_late_p99 = rows[i].sim_late
        };
        /* What the run believes of its stamps does not count where the truth is known. */
        struct health_facts facts = { .send_lag_p99 = 100,
                                      .stamp_error_p99 = 50 * NS_PER_MS,
                                      .ttft_api_median = NS_PER_MS };

        if (doctor_judge(&r, &facts) != rows[i].judged)
            fail_msg("row %zu: %s", i, validity_names[doctor_judge(&r, &facts)]);
    }
}

/* --- the document -------------------------------------------------------------------- */

static int recall(const struct buf *json, const struct doctor *d, ns_t now,
                  struct doctor_figures *f)
{
    struct err err;

    return doctor_recall(f, json->p, json->len, &d->machine, now, &err);
}

TEST(doctor_reads_what_it_wrote)
{
    struct doctor_figures f;
    struct buf json = { 0 };
    struct doctor d;

    make(&d);
    report_doctor_json(&json, &d);
    assert_int_equal(recall(&json, &d, NOW, &f), 0);
    assert_int_equal(f.age_s, 7200);
    f.age_s = -1;
    assert_memory_equal(&f, &d.figures, sizeof(f));
    buf_free(&json);
}

static void other_host(struct doctor *d)
{
    strcpy(d->machine.host, "other");
}

static void other_kernel(struct doctor *d)
{
    strcpy(d->machine.kernel, "Linux 7");
}

static void other_boot(struct doctor *d)
{
    strcpy(d->machine.boot_id, "c");
}

static void other_cpu(struct doctor *d)
{
    strcpy(d->machine.cpu, "x");
}

static void fewer_cores(struct doctor *d)
{
    d->machine.cores = 1;
}

TEST(doctor_of_another_machine_or_another_time_does_not_hold)
{
    static void (*const others[])(struct doctor *) = { other_host, other_kernel, other_boot,
                                                       other_cpu, fewer_cores };
    struct doctor_figures f;
    struct buf json = { 0 };
    struct doctor d;

    make(&d);
    report_doctor_json(&json, &d);
    assert_int_equal(recall(&json, &d, d.made_real + DOCTOR_FRESH, &f), 0);
    assert_int_equal(recall(&json, &d, d.made_real + DOCTOR_FRESH + 1, &f), 1);
    assert_int_equal(f.streams, -1);
    assert_int_equal(recall(&json, &d, d.made_real - 1, &f), 1);
    for (size_t i = 0; i < COUNT(others); i++) {
        make(&d);
        others[i](&d);
        assert_int_equal(recall(&json, &d, NOW, &f), 1);
    }
    buf_free(&json);
}

TEST(doctor_document_that_is_damaged_is_refused)
{
    static const char *const bad[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"schema\":1}",
        "{\"schema\":\"1\",\"made_real_ns\":1}",
        "{\"schema\":1,\"made_real_ns\":-1}",
        "{\"schema\":1,\"made_real_ns\":1,\"tokdyno\":3}",
        "{\"schema\":1,\"made_real_ns\":1,\"machine\":[]}",
        "{\"schema\":1,\"made_real_ns\":1,\"result\":{\"streams\":-5}}",
        "{\"schema\":1,\"made_real_ns\":1,\"result\":{\"streams\":1e300}}",
        "{\"schema\":1,\"made_real_ns\":1,\"result\":{\"streams\":null}}",
        "{\"schema\":1,\"made_real_ns\":1} x",
    };
    struct doctor_figures f;
    struct buf json = { 0 };
    struct doctor d;
    struct err err;

    make(&d);
    for (size_t i = 0; i < COUNT(bad); i++)
        if (doctor_recall(&f, bad[i], strlen(bad[i]), &d.machine, NOW, &err) != -1)
            fail_msg("taken: %s", bad[i]);
    report_doctor_json(&json, &d);
    for (size_t n = 0; n < json.len - 1; n++) {
        char *part = malloc(n + 1); /* so that a look beyond it is found */

        memcpy(part, json.p, n);
        assert_int_equal(doctor_recall(&f, part, n, &d.machine, NOW, &err), -1);
        assert_int_equal(f.streams, -1);
        free(part);
    }
    buf_free(&json);
}

TEST(doctor_of_a_later_schema_does_not_hold)
{
    static const char text[] =
        "{\"schema\":2,\"made_real_ns\":1,\"tokdyno\":\"" TOKDYNO_VERSION "\","
        "\"result\":{\"streams\":1}}";
    struct machine here = { .host = "" };
    struct doctor_figures f;
    struct err err;

    assert_int_equal(doctor_recall(&f, text, sizeof(text) - 1, &here, NOW, &err), 1);
}

/* --- the text ------------------------------------------------------------------------ */

TEST(doctor_says_the_answer_first_and_within_100_columns)
{
    struct buf text = { 0 };
    struct doctor d;
    char *rest, *line;

    make(&d);
    report_doctor_text(&text, &d, false);
    assert_int_equal(
        strncmp(text.p,
                "tokdyno doctor: this machine carries 10 streams × 50 frames/s "
                "and 500 requests/s\n",
                82),
        0);
    assert_non_null(strstr(text.p,
                           "at 100 streams the simulator is the limit: more needs a "
                           "second machine\n"));
    assert_non_null(strstr(text.p, "500 requests/s is the most that was tried\n"));
    assert_non_null(strstr(text.p, "sudo prlimit --pid $$ --nofile=16384"));
    for (rest = text.p; (line = strsep(&rest, "\n"));) {
        if (text_width(line) > 100)
            fail_msg("%zu columns: %s", text_width(line), line);
    }
    buf_free(&text);
}

TEST(doctor_that_found_nothing_valid_says_so)
{
    struct buf text = { 0 };
    struct doctor d;

    make(&d);
    d.streams.rungs[0].validity = d.streams.rungs[1].validity = d.rates.rungs[0].validity =
        VALIDITY_CLIENT_LIMITED;
    d.streams.rungs[0].cpu_ppm = 900000;
    d.client_core = -1;
    doctor_conclude(&d);
    report_doctor_text(&text, &d, false);
    assert_non_null(strstr(text.p, "carries no load that is valid"));
    assert_non_null(strstr(text.p, "at 1 stream this process is the limit"));
    assert_non_null(strstr(text.p, "share the one core"));
    buf_free(&text);
}
