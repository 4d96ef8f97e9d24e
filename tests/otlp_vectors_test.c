#include <stdlib.h>

#include "exporters/exp_histogram.h"
#include "exporters/otlp_common.h"
#include "exporters/otlp_reply.h"
#include "exporters/otlp_series.h"
#include "test.h"

/*
 * Messages built by hand, and what libprotoc makes of the same from the official schema
 * (1.11.0). The service in them has another name than ours.
 */
static const char v1[] =
    "0a6d0a1c0a1a0a0c736572766963652e6e616d65120a0a086c6c6d62656e6368124d0a110a086c6c"
    "6d62656e63681205302e312e3012380a105b8efff798038103d269b633813fc60c1208eee19b7ec3"
    "c1b1742a0663686174206d3003390000faed517286184180b2e0fc51728618";

static const char v2[] =
    "0af80212f50212f2020a105b8efff798038103d269b633813fc60c1208eee19b7ec3c1b1742208ee"
    "e19b7ec3c1b1732a0663686174206d3003390000faed5172861841002f6247527286184a1e0a1467"
    "656e5f61692e70726f76696465722e6e616d6512060a0467726f714a1b0a1567656e5f61692e7265"
    "71756573742e73747265616d120210014a200a1967656e5f61692e75736167652e696e7075745f74"
    "6f6b656e73120318ac024a300a2367656e5f61692e726573706f6e73652e74696d655f746f5f6669"
    "7273745f6368756e6b120921000000000000c03f4a2c0a1e67656e5f61692e726573706f6e73652e"
    "66696e6973685f726561736f6e73120a2a080a060a0473746f704a130a0a6572726f722e74797065"
    "12050a033432395a1f0940596df551728618120b66697273745f746f6b656e1a070a016912021800"
    "6a210a10000102030405060708090a0b0c0d0e0f1208010203040506070835000100007a10120c72"
    "617465206c696d697465641802850101010000";

static const char v3[] =
    "0a070a016112020a000a070a0162120210000a070a0163120218000a100a0164120b18ffffffffff"
    "ffffffff010a0e0a016512092100000000000000000a090a016612043a0200ff0a070a016712022a"
    "000a170a0168121232100a0e0a016b120921000000000000f8bf0a050a016912000a030a016a0a0f"
    "0a016b120a18ffffffffffffffff7f0a090a016c12040a02c3a9";

static const char v4[] =
    "0aa90112a60112680a116c6c6d62656e63682e72657175657374731a097b726571756573747d3a48"
    "0a25110000faed517286181900e4054254728618312a000000000000003a080a016d12030a01780a"
    "1b110000faed517286181900e405425472861831f9ffffffffffffff10021801123a0a01672a350a"
    "12190000faed517286182100000000000000000a12190000faed5172861821000000000000e83f0a"
    "0b190000faed517286184001";

static const char v5[] =
    "0aaf0112ac0112a9010a01681a01734aa0010a9b01110000faed517286181900ca94295272861821"
    "050000000000000029000000000000f43f3218010000000000000003000000000000000100000000"
    "0000003a10000000000000c03f000000000000e03f4237110065c70b5272861819000000000000d0"
    "3f2208eee19b7ec3c1b1742a105b8efff798038103d269b633813fc60c3a070a0172120218035900"
    "0000000000000061000000000000e43f1001";

static const char v6[] =
    "0a6b126912670a01651a0173525f0a5b110000faed517286181900ca942952728618210800000000"
    "000000290000000000c026403002390100000000000000420f080d120b0100010001000100010002"
    "6100000000000000006900000000000010407195d626e80b2e113e1001";

static const char v7[] =
    "190000faed51728618212c01000000000000290000000000c072403001420608011202ac024a0061"
    "000000000000f03f69000000000000f03f";

static const char v8[] =
    "0a7c127a1278090000faed51728618100d1a045741524e2a0e0a0c72617465206c696d6974656432"
    "130a0a6572726f722e7479706512050a0334323945010000004a105b8efff798038103d269b63381"
    "3fc60c5208eee19b7ec3c1b174590000faed5172861862166c6c6d62656e63682e72657175657374"
    "2e7265747279";

static const char v9[] = "0a0b08031207746f6f206f6c64";

static const char v10[] = "0a0b1209736c6f7720646f776e";

static const char v11[] = "0a00";

static const char v12[] = "080312086261642064617461";

static const char v13[] =
    "190000faed5172861821020000000000000029000000000000000032100200000000000000000000"
    "00000000003a08000000000000e03f590000000000000000610000000000000000";

/* --- bytes -------------------------------------------------------------------------- */

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t n = strlen(hex) / 2;

    for (size_t i = 0; i < n; i++) {
        char two[3] = { hex[2 * i], hex[2 * i + 1], 0 };

        out[i] = (uint8_t)strtoul(two, NULL, 16);
    }
    return n;
}

static void assert_packs(const ProtobufCMessage *m, const char *hex)
{
    uint8_t expected[1024], got[1024];
    size_t n = from_hex(hex, expected);

    assert_int_equal(protobuf_c_message_get_packed_size(m), n);
    protobuf_c_message_pack(m, got);
    assert_memory_equal(got, expected, n);
}

/* Decoded and packed again, a message is the same: nothing in it is unknown to us. */
static void assert_survives(const ProtobufCMessageDescriptor *type, const char *hex)
{
    uint8_t bytes[1024];
    size_t n = from_hex(hex, bytes);
    ProtobufCMessage *m = protobuf_c_message_unpack(type, NULL, n, bytes);

    assert_non_null(m);
    assert_int_equal(m->n_unknown_fields, 0);
    assert_packs(m, hex);
    protobuf_c_message_free_unpacked(m, NULL);
    assert_null(protobuf_c_message_unpack(type, NULL, n - 1, bytes));
}

/* --- building ----------------------------------------------------------------------- */

#define T0 1767225600000000000ULL

OTLP_MESSAGE(ResourceSpans, resource_spans)
OTLP_MESSAGE(ScopeSpans, scope_spans)
OTLP_MESSAGE(ResourceMetrics, resource_metrics)
OTLP_MESSAGE(ScopeMetrics, scope_metrics)
OTLP_MESSAGE(Resource, resource)
OTLP_MESSAGE(InstrumentationScope, instrumentation_scope)
OTLP_MESSAGE(Span, span)
OTLP_MESSAGE(Event, event)
OTLP_MESSAGE(Link, link)
OTLP_MESSAGE(Status, status)
OTLP_MESSAGE(KeyValue, key_value)
OTLP_MESSAGE(AnyValue, any_value)
OTLP_MESSAGE(ArrayValue, array_value)
OTLP_MESSAGE(KeyValueList, key_value_list)
OTLP_MESSAGE(Metric, metric)
OTLP_MESSAGE(Sum, sum)
OTLP_MESSAGE(Gauge, gauge)
OTLP_MESSAGE(Histogram, histogram)
OTLP_MESSAGE(ExponentialHistogram, exponential_histogram)
OTLP_MESSAGE(NumberDataPoint, number_data_point)
OTLP_MESSAGE(Exemplar, exemplar)
OTLP_MESSAGE(Buckets, buckets)
OTLP_MESSAGE(LogRecord, log_record)
OTLP_MESSAGE(ResourceLogs, resource_logs)
OTLP_MESSAGE(ScopeLogs, scope_logs)

static struct arena arena;

/* A list of one. */
#define ONE(m, field, item)                                                                \
    do {                                                                                   \
        (m)->n_##field = 1;                                                                \
        (m)->field = arena_alloc(&arena, sizeof(*(m)->field));                             \
        (m)->field[0] = (item);                                                            \
    } while (0)

static ProtobufCBinaryData data(const char *hex)
{
    ProtobufCBinaryData d = { 0, arena_alloc(&arena, strlen(hex)) };

    d.len = from_hex(hex, d.data);
    return d;
}

static char *text(const char *s)
{
    return arena_strdup(&arena, s);
}

static const char trace[] = "5b8efff798038103d269b633813fc60c";
static const char span[] = "eee19b7ec3c1b174";

static Otlp__Span *chat(void)
{
    Otlp__Span *s = new_span(&arena);

    s->trace_id = data(trace);
    s->span_id = data(span);
    s->name = text("chat m");
    s->kind = OTLP__SPAN_KIND__SPAN_KIND_CLIENT;
    s->start_time_unix_nano = T0;
    s->end_time_unix_nano = T0 + 250000000;
    return s;
}

static Otlp__ScopeSpans *spans(Otlp__Span *s)
{
    Otlp__ScopeSpans *scope = new_scope_spans(&arena);

    ONE(scope, spans, s);
    return scope;
}

static void assert_traces(Otlp__Resource *resource, Otlp__ScopeSpans *scope,
                          const char *hex)
{
    Otlp__ExportTraceServiceRequest request = OTLP__EXPORT_TRACE_SERVICE_REQUEST__INIT;
    Otlp__ResourceSpans *r = new_resource_spans(&arena);

    r->resource = resource;
    ONE(r, scope_spans, scope);
    ONE(&request, resource_spans, r);
    assert_packs(&request.base, hex);
    arena_free(&arena);
}

static void assert_metrics(Otlp__Metric **list, size_t n, const char *hex)
{
    Otlp__ExportMetricsServiceRequest request = OTLP__EXPORT_METRICS_SERVICE_REQUEST__INIT;
    Otlp__ResourceMetrics *r = new_resource_metrics(&arena);
    Otlp__ScopeMetrics *scope = new_scope_metrics(&arena);

    scope->metrics = list;
    scope->n_metrics = n;
    ONE(r, scope_metrics, scope);
    ONE(&request, resource_metrics, r);
    assert_packs(&request.base, hex);
    arena_free(&arena);
}

/* --- traces ------------------------------------------------------------------------- */

TEST(otlp_packs_the_smallest_trace_as_libprotoc_does)
{
    struct attrs to = attrs_begin(&arena, 1, 100);
    Otlp__Resource *resource = new_resource(&arena);
    Otlp__ScopeSpans *scope = spans(chat());

    attr_text(&to, "service.name", "llmbench");
    resource->attributes = to.items;
    resource->n_attributes = to.n;
    scope->scope = new_instrumentation_scope(&arena);
    scope->scope->name = text("llmbench");
    scope->scope->version = text("0.1.0");
    assert_traces(resource, scope, v1);
}

TEST(otlp_packs_a_whole_span_as_libprotoc_does)
{
    struct attrs to = attrs_begin(&arena, 1, 100), one = attrs_begin(&arena, 1, 100);
    Otlp__Span *s = chat();
    Otlp__Event *e = new_event(&arena);
    Otlp__Link *link = new_link(&arena);

    s->parent_span_id = data("eee19b7ec3c1b173");
    s->flags = 0x101;
    s->end_time_unix_nano = T0 + 1500000000;
    attr_text(&to, "gen_ai.provider.name", "groq");
    attr_bool(&to, "gen_ai.request.stream", true);
    attr_count(&to, "gen_ai.usage.input_tokens", 300);
    attr_seconds(&to, "gen_ai.response.time_to_first_chunk", 125 * NS_PER_MS);
    attr_list(&to, "gen_ai.response.finish_reasons", "stop");
    attr_text(&to, "error.type", "429");
    attr_text(&to, "absent", "");
    attr_count(&to, "absent", -1);
    attr_seconds(&to, "absent", NS_ABSENT);
    s->attributes = to.items;
    s->n_attributes = to.n;
    e->time_unix_nano = T0 + 125000000;
    e->name = text("first_token");
    attr_int(&one, "i", 0);
    e->attributes = one.items;
    e->n_attributes = one.n;
    ONE(s, events, e);
    link->trace_id = data("000102030405060708090a0b0c0d0e0f");
    link->span_id = data("0102030405060708");
    link->flags = 0x100;
    ONE(s, links, link);
    s->status = new_status(&arena);
    s->status->message = text("rate limited");
    s->status->code = OTLP__STATUS_CODE__STATUS_CODE_ERROR;
    assert_traces(NULL, spans(s), v2);
}

/* --- values ------------------------------------------------------------------------- */

static Otlp__AnyValue *value(Otlp__AnyValue__ValueCase kind)
{
    Otlp__AnyValue *v = new_any_value(&arena);

    v->value_case = kind;
    return v;
}

#define V(kind) value(OTLP__ANY_VALUE__VALUE_##kind##_VALUE)

static Otlp__KeyValue *pair(const char *key, Otlp__AnyValue *v)
{
    Otlp__KeyValue *p = new_key_value(&arena);

    p->key = text(key);
    p->value = v;
    return p;
}

TEST(otlp_packs_every_kind_of_value_as_libprotoc_does)
{
    Otlp__KeyValueList list = OTLP__KEY_VALUE_LIST__INIT;
    Otlp__AnyValue *v[12];
    Otlp__KeyValue *pairs[12];
    Otlp__KeyValueList *inner = new_key_value_list(&arena);

    (v[0] = V(STRING))->string_value = text("");
    (v[1] = V(BOOL))->bool_value = false;
    (v[2] = V(INT))->int_value = 0;
    (v[3] = V(INT))->int_value = -1;
    (v[4] = V(DOUBLE))->double_value = 0;
    (v[5] = V(BYTES))->bytes_value = data("00ff");
    (v[6] = V(ARRAY))->array_value = new_array_value(&arena);
    v[8] = V(DOUBLE);
    v[8]->double_value = -1.5;
    ONE(inner, values, pair("k", v[8]));
    (v[7] = V(KVLIST))->kvlist_value = inner;
    v[8] = new_any_value(&arena);
    v[9] = NULL;
    (v[10] = V(INT))->int_value = INT64_MAX;
    (v[11] = V(STRING))->string_value = text("\303\251");
    for (size_t i = 0; i < COUNT(v); i++)
        pairs[i] = pair((char[]){ (char)('a' + (int)i), 0 }, v[i]);
    list.values = pairs;
    list.n_values = COUNT(pairs);
    assert_packs(&list.base, v3);
    arena_free(&arena);
}

/* --- metrics ------------------------------------------------------------------------ */

static Otlp__NumberDataPoint *point(ns_t start, ns_t at)
{
    Otlp__NumberDataPoint *p = new_number_data_point(&arena);

    p->start_time_unix_nano = start < 0 ? 0 : T0 + (uint64_t)start;
    p->time_unix_nano = T0 + (uint64_t)at;
    return p;
}

static Otlp__NumberDataPoint *whole(ns_t at, int64_t v)
{
    Otlp__NumberDataPoint *p = point(0, at);

    p->value_case = OTLP__NUMBER_DATA_POINT__VALUE_AS_INT;
    p->as_int = v;
    return p;
}

static Otlp__NumberDataPoint *real(double v)
{
    Otlp__NumberDataPoint *p = point(-1, 0);

    p->value_case = OTLP__NUMBER_DATA_POINT__VALUE_AS_DOUBLE;
    p->as_double = v;
    return p;
}

static Otlp__Metric *metric(const char *name, const char *unit)
{
    Otlp__Metric *m = new_metric(&arena);

    m->name = text(name);
    m->unit = text(unit);
    return m;
}

TEST(otlp_packs_counters_and_gauges_as_libprotoc_does)
{
    Otlp__Metric *sum = metric("llmbench.requests", "{request}"), *gauge = metric("g", "");
    Otlp__NumberDataPoint *sums[] = { whole(10 * NS_PER_S, 42), whole(10 * NS_PER_S, -7) };
    Otlp__NumberDataPoint *gauges[] = { real(0), real(0.75), point(-1, 0) };
    struct attrs to = attrs_begin(&arena, 1, 100);

    attr_text(&to, "m", "x");
    sums[0]->attributes = to.items;
    sums[0]->n_attributes = to.n;
    gauges[2]->flags = 1;
    sum->data_case = OTLP__METRIC__DATA_SUM;
    sum->sum = new_sum(&arena);
    sum->sum->is_monotonic = true;
    sum->sum->aggregation_temporality =
        OTLP__AGGREGATION_TEMPORALITY__AGGREGATION_TEMPORALITY_CUMULATIVE;
    sum->sum->data_points = sums;
    sum->sum->n_data_points = COUNT(sums);
    gauge->data_case = OTLP__METRIC__DATA_GAUGE;
    gauge->gauge = new_gauge(&arena);
    gauge->gauge->data_points = gauges;
    gauge->gauge->n_data_points = COUNT(gauges);
    assert_metrics((Otlp__Metric *[]){ sum, gauge }, 2, v4);
}

static const struct otlp_times one_second = { T0, T0 + 1000000000 };

TEST(otlp_packs_a_histogram_as_libprotoc_does)
{
    static const double at[] = { 0.125, 0.5 };
    static const struct bounds bounds = { at, COUNT(at) };
    static const double values[] = { 0, 0.140625, 0.25, 0.234375, 0.625 };
    Otlp__Metric *m = metric("h", "s");
    Otlp__HistogramDataPoint *p;
    Otlp__Exemplar *e = new_exemplar(&arena);
    struct attrs to = attrs_begin(&arena, 1, 100);
    struct otlp_series s;

    otlp_series_init(&s, &bounds, 1);
    for (size_t i = 0; i < COUNT(values); i++)
        otlp_series_record(&s, values[i]);
    p = otlp_series_explicit(&s, &arena, &one_second);
    attr_int(&to, "r", 3);
    e->time_unix_nano = T0 + 500000000;
    e->value_case = OTLP__EXEMPLAR__VALUE_AS_DOUBLE;
    e->as_double = 0.25;
    e->span_id = data(span);
    e->trace_id = data(trace);
    e->filtered_attributes = to.items;
    e->n_filtered_attributes = to.n;
    ONE(p, exemplars, e);
    m->data_case = OTLP__METRIC__DATA_HISTOGRAM;
    m->histogram = new_histogram(&arena);
    m->histogram->aggregation_temporality =
        OTLP__AGGREGATION_TEMPORALITY__AGGREGATION_TEMPORALITY_DELTA;
    ONE(m->histogram, data_points, p);
    assert_metrics(&m, 1, v5);
}

TEST(otlp_packs_an_exponential_histogram_as_libprotoc_does)
{
    static const double values[] = { 0, 0.125, 0.25, 0.5, 1, 2, 3.5, 4 };
    Otlp__Metric *m = metric("e", "s");
    Otlp__ExponentialHistogramDataPoint *p;
    struct otlp_series s;

    otlp_series_init(&s, NULL, 1);
    exp_hist_init(&s.h, 1, 11, EXP_SCALE);
    for (size_t i = 0; i < COUNT(values); i++)
        otlp_series_record(&s, values[i]);
    p = otlp_series_exponential(&s, &arena, &one_second);
    p->zero_threshold = 1e-9;
    m->data_case = OTLP__METRIC__DATA_EXPONENTIAL_HISTOGRAM;
    m->exponential_histogram = new_exponential_histogram(&arena);
    m->exponential_histogram->aggregation_temporality =
        OTLP__AGGREGATION_TEMPORALITY__AGGREGATION_TEMPORALITY_DELTA;
    ONE(m->exponential_histogram, data_points, p);
    assert_metrics(&m, 1, v6);
}

TEST(otlp_packs_negative_scales_and_offsets_as_libprotoc_does)
{
    static const struct otlp_times now = { 0, T0 };
    Otlp__ExponentialHistogramDataPoint *p;
    struct otlp_series s;

    otlp_series_init(&s, NULL, 1);
    exp_hist_init(&s.h, 1, 160, -1);
    for (int i = 0; i < 300; i++)
        otlp_series_record(&s, 1);
    p = otlp_series_exponential(&s, &arena, &now);
    p->negative = new_buckets(&arena);
    assert_packs(&p->base, v7);
    arena_free(&arena);
}

TEST(otlp_packs_sum_min_and_max_that_are_0_as_libprotoc_does)
{
    static const double at[] = { 0.5 };
    static const struct bounds bounds = { at, 1 };
    static const struct otlp_times now = { 0, T0 };
    struct otlp_series s;

    otlp_series_init(&s, &bounds, 1);
    otlp_series_record(&s, 0);
    otlp_series_record(&s, 0);
    assert_packs(&otlp_series_explicit(&s, &arena, &now)->base, v13);
    arena_free(&arena);
}

/* --- logs --------------------------------------------------------------------------- */

TEST(otlp_packs_an_event_as_libprotoc_does)
{
    Otlp__ExportLogsServiceRequest request = OTLP__EXPORT_LOGS_SERVICE_REQUEST__INIT;
    Otlp__ResourceLogs *resource = new_resource_logs(&arena);
    Otlp__ScopeLogs *scope = new_scope_logs(&arena);
    Otlp__LogRecord *r = new_log_record(&arena);
    struct attrs to = attrs_begin(&arena, 1, 100);

    r->time_unix_nano = r->observed_time_unix_nano = T0;
    r->severity_number = OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_WARN;
    r->severity_text = text("WARN");
    r->body = V(STRING);
    r->body->string_value = text("rate limited");
    attr_text(&to, "error.type", "429");
    r->attributes = to.items;
    r->n_attributes = to.n;
    r->flags = 1;
    r->trace_id = data(trace);
    r->span_id = data(span);
    r->event_name = text("llmbench.request.retry");
    ONE(scope, log_records, r);
    ONE(resource, scope_logs, scope);
    ONE(&request, resource_logs, resource);
    assert_packs(&request.base, v8);
    arena_free(&arena);
}

/* --- reading ------------------------------------------------------------------------ */

TEST(otlp_knows_every_field_of_the_vectors_and_refuses_torn_ones)
{
    static const struct {
        const ProtobufCMessageDescriptor *type;
        const char *hex;
    } rows[] = {
        { &otlp__export_trace_service_request__descriptor, v1 },
        { &otlp__export_trace_service_request__descriptor, v2 },
        { &otlp__export_metrics_service_request__descriptor, v4 },
        { &otlp__export_metrics_service_request__descriptor, v5 },
        { &otlp__export_metrics_service_request__descriptor, v6 },
        { &otlp__exponential_histogram_data_point__descriptor, v7 },
        { &otlp__export_logs_service_request__descriptor, v8 },
        { &otlp__export_response__descriptor, v9 },
        { &otlp__export_response__descriptor, v10 },
        { &otlp__export_response__descriptor, v11 },
        { &otlp__rpc_status__descriptor, v12 },
        { &otlp__histogram_data_point__descriptor, v13 },
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_survives(rows[i].type, rows[i].hex);
}

TEST(otlp_answers_say_what_was_rejected_and_why)
{
    static const struct {
        const char *hex;
        bool good;
        uint64_t rejected;
        const char *message;
    } rows[] = {
        { v9, true, 3, "too old" },
        { v10, true, 0, "slow down" },
        { v11, true, 0, "" },
        { "", true, 0, "" },
        { v12, false, 0, "bad data" },
        { "", false, 0, "" },
        { "3c68746d6c3e", true, 0, "" },
        { "3c68746d6c3e", false, 0, "" },
        /* A message of several lines, with a byte that is no text. */
        { "0a08"
          "1206"
          "610a62ff631b",
          true, 0, "a b c " },
        /* Fewer than none: a server that is wrong. */
        { "0a0b08ffffffffffffffffff01", true, 0, "" },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t bytes[1024];
        struct export_reply r;

        otlp_reply((struct str){ (char *)bytes, from_hex(rows[i].hex, bytes) },
                   rows[i].good, &r);
        assert_int_equal(r.rejected, rows[i].rejected);
        assert_string_equal(r.message, rows[i].message);
    }
}

TEST(otlp_text_is_utf8_and_cut_between_characters)
{
    static const struct {
        const char *text;
        size_t max;
        const char *made;
    } rows[] = {
        { "plain", 100, "plain" },
        { "plain", 3, "pla" },
        { "\xFE", 100, "\xEF\xBF\xBD" },
        { "a\xFF\xFE"
          "b",
          100,
          "a\xEF\xBF\xBD\xEF\xBF\xBD"
          "b" },
        { "\xC3\xA9\xC3\xA9", 3, "\xC3\xA9" },
        { "\xED\xA0\x80", 100, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
        { "\xC3", 100, "\xEF\xBF\xBD" },
        { "\xFF", 2, "" },
        { "", 5, "" },
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(otlp_text(&arena, rows[i].text, rows[i].max), rows[i].made);
    arena_free(&arena);
}
