#include "exporters/otlp_env.h"

#include <stdio.h>

#include "test.h"

/* An environment for one test, and what was complained of. */
static const char *const *environment;
static int complaints;
static char complained[400];

static const char *look_up(const char *name)
{
    for (size_t i = 0; environment[i]; i += 2)
        if (!strcmp(environment[i], name))
            return environment[i + 1];
    return NULL;
}

static void complain(const char *text)
{
    complaints++;
    snprintf(complained, sizeof(complained), "%s", text);
}

static struct export_config config(const char *const *variables)
{
    environment = variables;
    complaints = 0;
    *complained = '\0';
    return (struct export_config){ .env = look_up, .warn = complain };
}

#define ENV(...) ((const char *const[]){ __VA_ARGS__, NULL, NULL })
#define P "OTEL_EXPORTER_OTLP_"

static struct export_endpoint endpoint(const char *const *env, const char *base,
                                       enum export_signal signal, struct arena *a)
{
    struct export_config c = config(env);
    struct export_endpoint e;
    struct err err;

    assert_int_equal(otlp_env_endpoint(&c, base, signal, a, &e, &err), 0);
    return e;
}

TEST(otlp_urls_follow_the_table_of_the_specification)
{
    static const struct {
        const char *general;
        const char *own;
        const char *base; /* --export otlp=BASE */
        const char *url;
    } rows[] = {
        { "", "", NULL, "http://localhost:4318/v1/traces" },
        { "http://c:4318", "", NULL, "http://c:4318/v1/traces" },
        { "http://c:4318/", "", NULL, "http://c:4318/v1/traces" },
        { "http://c:4318/base", "", NULL, "http://c:4318/base/v1/traces" },
        { "http://c:4318/base/", "", NULL, "http://c:4318/base/v1/traces" },
        { "https://c.example", "", NULL, "https://c.example/v1/traces" },
        { "http://c:4318", "http://d:4318", NULL, "http://d:4318/" },
        { "http://c:4318", "http://d:4318/v1/traces/", NULL, "http://d:4318/v1/traces/" },
        { "", "https://d.example/x", NULL, "https://d.example/x" },
        { "http://c:4318", "http://d:4318", "http://e:1/x", "http://e:1/x/v1/traces" },
    };
    struct arena a = { 0 };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct export_endpoint e =
            endpoint(ENV(P "ENDPOINT", rows[i].general, P "TRACES_ENDPOINT", rows[i].own),
                     rows[i].base, EXPORT_TRACES, &a);

        assert_string_equal(e.url, rows[i].url);
        assert_string_equal(e.content_type, "application/x-protobuf");
    }
    assert_string_equal(endpoint(ENV("", ""), NULL, EXPORT_LOGS, &a).url,
                        "http://localhost:4318/v1/logs");
    assert_string_equal(endpoint(ENV("", ""), NULL, EXPORT_METRICS, &a).url,
                        "http://localhost:4318/v1/metrics");
    arena_free(&a);
}

TEST(an_otlp_endpoint_that_is_no_url_is_refused)
{
    struct export_config c = config(ENV(P "ENDPOINT", "collector:4317"));
    struct arena a = { 0 };
    struct export_endpoint e;
    struct err err;

    assert_int_equal(otlp_env_endpoint(&c, NULL, EXPORT_TRACES, &a, &e, &err), -1);
    assert_non_null(strstr(err.msg, P "ENDPOINT"));
    arena_free(&a);
}

TEST(what_holds_for_a_signal_wins_over_what_holds_for_all)
{
    const char *const *env =
        ENV(P "TIMEOUT", "2500", P "LOGS_TIMEOUT", "0", P "COMPRESSION", "gzip",
            P "METRICS_COMPRESSION", "NONE", P "CERTIFICATE", "/ca", P "TRACES_CERTIFICATE",
            "/ca2", P "CLIENT_KEY", "/key", P "CLIENT_CERTIFICATE", "/cert");
    struct arena a = { 0 };
    struct export_endpoint traces = endpoint(env, NULL, EXPORT_TRACES, &a);
    struct export_endpoint figures = endpoint(env, NULL, EXPORT_METRICS, &a);
    struct export_endpoint logs = endpoint(env, NULL, EXPORT_LOGS, &a);

    assert_int_equal(traces.timeout, 2500 * NS_PER_MS);
    assert_int_equal(logs.timeout, NS_ABSENT);
    assert_true(traces.gzip && logs.gzip && !figures.gzip);
    assert_string_equal(traces.ca, "/ca2");
    assert_string_equal(logs.ca, "/ca");
    assert_string_equal(logs.key, "/key");
    assert_string_equal(logs.certificate, "/cert");
    assert_int_equal(complaints, 0);
    arena_free(&a);
}

TEST(headers_of_both_are_sent_and_the_signals_own_win)
{
    struct arena a = { 0 };
    struct export_endpoint e = endpoint(
        ENV(P "HEADERS", "Authorization=Bearer%20x, X-A=1,x-empty=", P "TRACES_HEADERS",
            "x-a=2=3,x-b=%2C"),
        NULL, EXPORT_TRACES, &a);

    assert_int_equal(e.n_headers, 4);
    assert_string_equal(e.headers[0], "Authorization: Bearer x");
    assert_string_equal(e.headers[1], "x-a: 2=3");
    assert_string_equal(e.headers[2], "x-empty;");
    assert_string_equal(e.headers[3], "x-b: ,");
    arena_free(&a);
}

TEST(headers_that_cannot_be_sent_are_left_out_and_never_shown)
{
    static const char *const wrong[] = { "x-a=secret%0d%0aHost:b", "x-a=secret%zz",
                                         "x a=secret", "=secret" };
    struct arena a = { 0 };

    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct export_endpoint e =
            endpoint(ENV(P "HEADERS", wrong[i]), NULL, EXPORT_TRACES, &a);

        assert_int_equal(e.n_headers, 0);
        assert_int_equal(complaints, 1);
        assert_null(strstr(complained, "secret"));
    }
    arena_free(&a);
}

TEST(lists_are_percent_decoded_or_refused_as_a_whole)
{
    static const struct {
        const char *text;
        bool keys;
        int n; /* -1: refused */
        const char *key;
        const char *value; /* of the last */
    } rows[] = {
        { "a=b", true, 1, "a", "b" },
        { "a=b,c=d", true, 2, "c", "d" },
        { " a = b ", true, 1, "a", "b" },
        { "a=x%2Cy%3Dz", true, 1, "a", "x,y=z" },
        { "a%2Cb=1", true, 1, "a,b", "1" },
        { "a%2Cb=1", false, 1, "a%2Cb", "1" },
        { "a=%C3%A9", true, 1, "a", "\xC3\xA9" },
        { "a=", true, 1, "a", "" },
        { "", true, 0, NULL, NULL },
        { "a=b,", true, 1, "a", "b" },
        { "a=b,c", true, -1, NULL, NULL },
        { "=b", true, -1, NULL, NULL },
        { "a=%", true, -1, NULL, NULL },
        { "a=%2", true, -1, NULL, NULL },
        { "a=%GG", true, -1, NULL, NULL },
        { "a=%FF", true, -1, NULL, NULL },
        { "a=%00", true, -1, NULL, NULL },
        { "a=b=c", true, -1, NULL, NULL },
        { "a=b=c", false, 1, "a", "b=c" },
    };
    struct arena a = { 0 };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct otlp_pair *pairs;
        size_t n;
        int rc = otlp_env_pairs(rows[i].text, rows[i].keys, &a, &pairs, &n);

        assert_int_equal(rc, rows[i].n < 0 ? -1 : 0);
        if (rc)
            continue;
        assert_int_equal(n, rows[i].n);
        if (!n)
            continue;
        assert_string_equal(pairs[n - 1].key, rows[i].key);
        assert_string_equal(pairs[n - 1].value, rows[i].value);
    }
    arena_free(&a);
}

TEST(a_damaged_list_of_resource_attributes_is_ignored_as_a_whole)
{
    struct export_config c =
        config(ENV("OTEL_RESOURCE_ATTRIBUTES", "a=b,c=%2", "OTEL_SERVICE_NAME", "me"));
    struct arena a = { 0 };
    struct otlp_env env;

    otlp_env_read(&env, &c, &a);
    assert_int_equal(env.n_attributes, 0);
    assert_int_equal(complaints, 1);
    assert_string_equal(env.service_name, "me");
    arena_free(&a);
}

TEST(an_empty_environment_means_the_defaults)
{
    struct export_config c = config(ENV("OTEL_SDK_DISABLED", ""));
    struct arena a = { 0 };
    struct otlp_env env;

    otlp_env_read(&env, &c, &a);
    assert_false(env.disabled);
    assert_true(env.signal[EXPORT_TRACES] && env.signal[EXPORT_METRICS] &&
                env.signal[EXPORT_LOGS]);
    assert_int_equal(env.temporality, OTLP_CUMULATIVE);
    assert_false(env.exponential);
    assert_true(env.exemplars);
    assert_int_equal(env.interval, 10 * NS_PER_S);
    assert_int_equal(env.batch_spans, 512);
    assert_true(env.share >= 1);
    assert_int_equal(complaints, 0);
    arena_free(&a);
}

TEST(what_cannot_be_understood_is_warned_of_and_ignored)
{
    static const char *const names[] = {
        "OTEL_METRIC_EXPORT_INTERVAL",
        "OTEL_BSP_SCHEDULE_DELAY",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        "OTEL_TRACES_EXPORTER",
        "OTEL_TRACES_SAMPLER",
        "OTEL_METRICS_EXEMPLAR_FILTER",
        P "METRICS_TEMPORALITY_PREFERENCE",
        P "METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
    };
    struct arena a = { 0 };

    for (size_t i = 0; i < COUNT(names); i++) {
        struct export_config c = config(ENV(names[i], "-1x"));
        struct otlp_env env;

        otlp_env_read(&env, &c, &a);
        assert_int_equal(complaints, 1);
        assert_non_null(strstr(complained, names[i]));
        assert_int_equal(env.interval, 10 * NS_PER_S);
        assert_int_equal(env.batch_spans, 512);
        assert_true(env.signal[EXPORT_TRACES]);
    }
    arena_free(&a);
}

TEST(the_environment_chooses_temporality_sampling_and_signals)
{
    struct export_config c = config(
        ENV(P "METRICS_TEMPORALITY_PREFERENCE", "DELTA",
            P "METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "base2_exponential_bucket_histogram",
            "OTEL_METRICS_EXEMPLAR_FILTER", "always_off", "OTEL_TRACES_SAMPLER",
            "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG", "0.25",
            "OTEL_LOGS_EXPORTER", "none", "OTEL_METRIC_EXPORT_INTERVAL", "500",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100000", "OTEL_SDK_DISABLED", "TRUE"));
    struct arena a = { 0 };
    struct otlp_env env;

    otlp_env_read(&env, &c, &a);
    assert_int_equal(env.temporality, OTLP_DELTA);
    assert_true(env.exponential && !env.exemplars && env.disabled);
    assert_true(env.share > 0.249 && env.share < 0.251);
    assert_false(env.signal[EXPORT_LOGS]);
    assert_int_equal(env.interval, 500 * NS_PER_MS);
    assert_int_equal(env.batch_spans, 512);
    assert_int_equal(complaints, 0);
    arena_free(&a);
}
