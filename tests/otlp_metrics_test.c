#include <math.h>

#include "data/trace_id.h"
#include "otlp_sink.h"
#include "runs.h"
#include "test.h"

static struct otlp_sink sink;
static struct run run;

static void open_in(const char *(*env)(const char *name), const struct export_setting *set,
                    size_t n)
{
    runs_make(&run, 1, 1, false, "ttft p95 < 1s");
    otlp_sink_open(&sink, &run, set, n, env);
    runs_phase(&sink.sink, 0, 1, true);
}

static void feed(uint64_t k, ns_t ttft, enum outcome outcome)
{
    static const uint32_t gaps[] = { 15000, 90000 };
    struct record r = runs_record(&run, 0, k, ttft, NULL);

    r.outcome = outcome;
    r.http_status = outcome == OUTCOME_OK ? 200 : 429;
    r.error_code = outcome == OUTCOME_OK ? "" : "rate_limit_exceeded";
    r.http_version = 11;
    r.gaps = gaps;
    r.n_gaps = COUNT(gaps);
    r.tokens.prompt = 100;
    r.tokens.cached = 30;
    r.tokens.completion = 20;
    r.cost_nusd = 2000;
    r.limits[LIMIT_REQUESTS] = (struct limit){ 1000, 1000 - (int64_t)k, 60 * NS_PER_S };
    sink.sink.record(sink.sink.ctx, &r);
}

static void end(void)
{
    struct run_end e = { .at = 1000 * NS_PER_S, .detail = "" };

    sink.sink.end(sink.sink.ctx, &e);
    otlp_sink_close(&sink, NULL);
}

static void clean_up(void)
{
    otlp_sink_free(&sink);
    run_free(&run);
}

static Otlp__HistogramDataPoint *explicit_of(const char *name, size_t i)
{
    Otlp__Metric *m = otlp_sink_metric(&sink, name);

    assert_non_null(m);
    assert_int_equal(m->data_case, OTLP__METRIC__DATA_HISTOGRAM);
    assert_true(i < m->histogram->n_data_points);
    return m->histogram->data_points[i];
}

static Otlp__ExponentialHistogramDataPoint *exponential_of(const char *name)
{
    Otlp__Metric *m = otlp_sink_metric(&sink, name);

    assert_non_null(m);
    assert_int_equal(m->data_case, OTLP__METRIC__DATA_EXPONENTIAL_HISTOGRAM);
    return m->exponential_histogram->data_points[0];
}

static uint64_t in_buckets(const uint64_t *counts, size_t n)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += counts[i];
    return sum;
}

TEST(histograms_of_the_conventions_hold_every_value_in_its_bucket)
{
    Otlp__HistogramDataPoint *p;

    open_in(otlp_sink_none, NULL, 0);
    feed(0, 10 * NS_PER_MS, OUTCOME_OK); /* the end of a bucket belongs to it */
    feed(1, 11 * NS_PER_MS, OUTCOME_OK);
    feed(2, 200 * NS_PER_S, OUTCOME_OK);
    feed(3, 5 * NS_PER_MS, OUTCOME_RATE_LIMITED);
    end();
    p = explicit_of("gen_ai.client.operation.time_to_first_chunk", 0);
    assert_int_equal(p->n_explicit_bounds, 14);
    assert_int_equal(p->n_bucket_counts, 15);
    assert_int_equal(p->bucket_counts[0], 1);
    assert_int_equal(p->bucket_counts[1], 1);
    assert_int_equal(p->bucket_counts[14], 1);
    assert_int_equal(p->count, 3);
    assert_true(p->sum == 200.021);
    assert_true(p->min == 0.01 && p->max == 200);
    assert_int_equal(p->start_time_unix_nano, run.t0_real);
    assert_int_equal(p->time_unix_nano, run.t0_real + 1000 * NS_PER_S);
    p = explicit_of("gen_ai.client.operation.time_per_output_chunk", 0);
    assert_int_equal(p->count, 6);
    assert_true(fabs(p->sum - 0.315) < 1e-12);
    p = explicit_of("gen_ai.client.token.usage", 1);
    assert_string_equal(otlp_value(p->attributes, p->n_attributes, "gen_ai.token.type"),
                        "output");
    assert_int_equal(p->bucket_counts[3], 3);
    p = explicit_of("gen_ai.client.operation.duration", 1);
    assert_string_equal(otlp_value(p->attributes, p->n_attributes, "error.type"),
                        "rate_limit_exceeded");
    p = explicit_of("http.client.request.duration", 1);
    assert_string_equal(
        otlp_value(p->attributes, p->n_attributes, "http.response.status_code"), "429");
    assert_string_equal(otlp_value(p->attributes, p->n_attributes, "error.type"), "429");
    clean_up();
}

TEST(our_own_metrics_are_exponential_with_exact_count_sum_and_ends)
{
    Otlp__ExponentialHistogramDataPoint *p;

    open_in(otlp_sink_none, NULL, 0);
    for (uint64_t k = 1; k <= 1000; k++)
        feed(k, (ns_t)k * 317771, OUTCOME_OK);
    end();
    p = exponential_of("tokdyno.ttft");
    assert_int_equal(p->count, 1000);
    assert_int_equal(p->zero_count + in_buckets(p->positive->bucket_counts,
                                                p->positive->n_bucket_counts),
                     p->count);
    assert_true(p->positive->n_bucket_counts <= 160);
    assert_true(p->scale <= 6 && p->scale >= 3);
    assert_true(p->sum == (double)(500500LL * 317771) / 1e9);
    assert_true(p->min == 317771 / 1e9 && p->max == 317771000 / 1e9);
    assert_string_equal(otlp_value(p->attributes, p->n_attributes, "tokdyno.phase.name"),
                        "steady");
    clean_up();
}

TEST(counters_tell_outcomes_tokens_cache_and_cost)
{
    static const struct {
        const char *name;
        const char *key;
        const char *value;
        int64_t whole;
        double real;
    } rows[] = {
        { "tokdyno.requests", "tokdyno.outcome", "ok", 3, 0 },
        { "tokdyno.attempts", "tokdyno.outcome", "rate_limited", 1, 0 },
        { "tokdyno.tokens", "gen_ai.token.type", "input", 400, 0 },
        { "tokdyno.tokens", "gen_ai.token.type", "output", 80, 0 },
        { "tokdyno.prompt_cache.tokens", "tokdyno.cache.result", "hit", 120, 0 },
        { "tokdyno.prompt_cache.tokens", "tokdyno.cache.result", "miss", 280, 0 },
        { "tokdyno.cost.total", NULL, NULL, 0, 8e-6 },
    };

    open_in(otlp_sink_none, NULL, 0);
    for (uint64_t k = 0; k < 3; k++)
        feed(k, NS_PER_MS, OUTCOME_OK);
    feed(3, NS_PER_MS, OUTCOME_RATE_LIMITED);
    end();
    for (size_t i = 0; i < COUNT(rows); i++) {
        Otlp__Metric *m = otlp_sink_metric(&sink, rows[i].name);
        bool found = false;

        assert_non_null(m);
        assert_true(m->sum->is_monotonic);
        assert_int_equal(m->sum->aggregation_temporality, 2);
        for (size_t k = 0; k < m->sum->n_data_points; k++) {
            Otlp__NumberDataPoint *p = m->sum->data_points[k];

            if (rows[i].key &&
                strcmp(otlp_value(p->attributes, p->n_attributes, rows[i].key),
                       rows[i].value))
                continue;
            found = true;
            if (rows[i].real > 0)
                assert_true(p->as_double == rows[i].real);
            else
                assert_int_equal(p->as_int, rows[i].whole);
        }
        assert_true(found);
    }
    assert_int_equal(otlp_sink_metric(&sink, "groq.rate_limit.request.remaining")
                         ->gauge->data_points[0]
                         ->as_int,
                     997);
    clean_up();
}

TEST(slow_values_name_the_trace_that_they_are_of)
{
    uint8_t trace[TRACE_ID_BYTES];
    Otlp__HistogramDataPoint *p;
    bool found = false;

    open_in(otlp_sink_none, (const struct export_setting[]){ { "traces", "linked" } }, 1);
    for (uint64_t k = 0; k < 100; k++)
        feed(k, (k == 42 ? 900 : 10 + (ns_t)k % 7) * NS_PER_MS, OUTCOME_OK);
    end();
    p = explicit_of("gen_ai.client.operation.time_to_first_chunk", 0);
    trace_id_request(run.id, record_req(0, 1, 42), trace);
    for (size_t i = 0; i < p->n_exemplars; i++) {
        Otlp__Exemplar *e = p->exemplars[i];

        assert_int_equal(e->trace_id.len, 16);
        assert_int_equal(e->span_id.len, 8);
        if (memcmp(e->trace_id.data, trace, sizeof(trace)))
            continue;
        found = true;
        assert_true(e->as_double == 0.9);
        assert_string_equal(
            otlp_value(e->filtered_attributes, e->n_filtered_attributes, "tokdyno.request"),
            "10000000042");
    }
    assert_true(found);
    clean_up();
}

/* Is there a request's span with that name among those that were sent? */
static bool sent(ProtobufCBinaryData id)
{
    for (size_t i = 0; i < sink.n_spans; i++)
        if (!memcmp(sink.spans[i]->span_id.data, id.data, id.len))
            return true;
    return false;
}

TEST(every_exemplar_names_a_span_that_was_sent_whatever_the_share)
{
    size_t n = 0;

    open_in(otlp_sink_none, (const struct export_setting[]){ { "sample", "1%" } }, 1);
    for (uint64_t k = 0; k < 40000; k += 17)
        feed(k, (ns_t)(1 + k * 7919 % 1009) * NS_PER_MS,
             k % 50 ? OUTCOME_OK : OUTCOME_RATE_LIMITED);
    end();
    for (size_t i = 0; i < sink.n_figures; i++) {
        Otlp__ScopeMetrics *scope = sink.figures[i]->resource_metrics[0]->scope_metrics[0];

        for (size_t k = 0; k < scope->n_metrics; k++) {
            Otlp__Metric *m = scope->metrics[k];

            if (m->data_case != OTLP__METRIC__DATA_EXPONENTIAL_HISTOGRAM)
                continue;
            for (size_t p = 0; p < m->exponential_histogram->n_data_points; p++) {
                Otlp__ExponentialHistogramDataPoint *d =
                    m->exponential_histogram->data_points[p];

                for (size_t e = 0; e < d->n_exemplars; e++, n++)
                    assert_true(sent(d->exemplars[e]->span_id));
            }
        }
    }
    assert_true(n > 20);
    clean_up();
}

static const char *delta(const char *name)
{
    return !strcmp(name, "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE") ? "delta"
                                                                              : NULL;
}

/* Counts of the metric in all exports together. */
static uint64_t total(const char *name, uint64_t *last_end)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < sink.n_figures; i++) {
        Otlp__ScopeMetrics *scope = sink.figures[i]->resource_metrics[0]->scope_metrics[0];

        for (size_t k = 0; k < scope->n_metrics; k++) {
            Otlp__ExponentialHistogramDataPoint *p;

            if (strcmp(scope->metrics[k]->name, name))
                continue;
            p = scope->metrics[k]->exponential_histogram->data_points[0];
            assert_true(p->start_time_unix_nano >= *last_end);
            assert_true(p->time_unix_nano > p->start_time_unix_nano);
            *last_end = p->time_unix_nano;
            sum += p->count;
        }
    }
    return sum;
}

TEST(deltas_follow_each_other_and_add_up)
{
    uint64_t last_end = 0;

    open_in(delta, NULL, 0);
    for (uint64_t k = 0; k < 35000; k += 100)
        feed(k, NS_PER_MS, OUTCOME_OK);
    end();
    assert_int_equal(total("tokdyno.ttft", &last_end), 350);
    assert_int_equal(last_end, (uint64_t)(run.t0_real + 1000 * NS_PER_S));
    clean_up();
}

static const char *exponential(const char *name)
{
    return !strcmp(name, "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION")
               ? "base2_exponential_bucket_histogram"
               : NULL;
}

TEST(the_conventions_may_have_exponential_histograms_as_well)
{
    open_in(exponential, NULL, 0);
    feed(0, 10 * NS_PER_MS, OUTCOME_OK);
    end();
    assert_int_equal(exponential_of("gen_ai.client.operation.duration")->count, 1);
    assert_int_equal(exponential_of("gen_ai.client.token.usage")->count, 1);
    clean_up();
}

static Otlp__LogRecord *event_of(const char *name, size_t n)
{
    for (size_t i = 0; i < sink.n_events; i++) {
        Otlp__ScopeLogs *scope = sink.events[i]->resource_logs[0]->scope_logs[0];

        for (size_t k = 0; k < scope->n_log_records; k++)
            if (!strcmp(scope->log_records[k]->event_name, name) && !n--)
                return scope->log_records[k];
    }
    return NULL;
}

TEST(each_class_of_failures_is_told_once_with_its_trace)
{
    Otlp__LogRecord *e;

    open_in(otlp_sink_none, NULL, 0);
    for (uint64_t k = 0; k < 50; k++)
        feed(k, NS_PER_MS, k % 2 ? OUTCOME_RATE_LIMITED : OUTCOME_OVERLOADED);
    end();
    assert_non_null(event_of("gen_ai.client.operation.exception", 1));
    assert_null(event_of("gen_ai.client.operation.exception", 2));
    e = event_of("gen_ai.client.operation.exception", 0);
    assert_int_equal(e->severity_number, OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_WARN);
    assert_int_equal(e->trace_id.len, 16);
    assert_true(sent(e->span_id));
    assert_int_equal(e->observed_time_unix_nano, e->time_unix_nano);
    clean_up();
}

TEST(verdicts_are_events_of_the_run)
{
    struct recorder *recorder;
    struct summary summary;
    Otlp__LogRecord *e;

    open_in(otlp_sink_none, NULL, 0);
    recorder = recorder_open(&run);
    summary_make(&summary, &run, recorder);
    otlp_sink_close(&sink, &summary);
    e = event_of("tokdyno.verdict", 0);
    assert_string_equal(otlp_value(e->attributes, e->n_attributes, "tokdyno.slo.name"),
                        "ttft p95 < 1s");
    assert_string_equal(otlp_value(e->attributes, e->n_attributes, "tokdyno.slo.verdict"),
                        "no data");
    assert_non_null(event_of("tokdyno.run.end", 0));
    summary_free(&summary);
    recorder_close(recorder);
    clean_up();
}

TEST(only_the_signals_that_were_asked_for_are_sent)
{
    open_in(otlp_sink_none,
            (const struct export_setting[]){ { "signals", "metrics+logs" } }, 1);
    feed(0, NS_PER_MS, OUTCOME_RATE_LIMITED);
    end();
    assert_int_equal(sink.n_traces, 0);
    assert_true(sink.n_figures && sink.n_events);
    assert_int_equal(explicit_of("http.client.request.duration", 0)->n_exemplars, 0);
    assert_int_equal(event_of("gen_ai.client.operation.exception", 0)->trace_id.len, 0);
    clean_up();
}
