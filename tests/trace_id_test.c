#include "data/trace_id.h"

#include <stdio.h>
#include <stdlib.h>

#include "data/record.h"
#include "test.h"

static const char run[] = "48363e255b2f5c320b2d7948b0ee6e2b";

TEST(names_of_traces_are_the_same_for_the_same_request_and_differ_for_others)
{
    uint8_t a[TRACE_ID_BYTES], b[TRACE_ID_BYTES];

    trace_id_request(run, 17, a);
    trace_id_request(run, 17, b);
    assert_memory_equal(a, b, sizeof(a));
    trace_id_request(run, 18, b);
    assert_memory_not_equal(a, b, sizeof(a));
    trace_id_request("48363e255b2f5c320b2d7948b0ee6e2c", 17, b);
    assert_memory_not_equal(a, b, sizeof(a));
    trace_id_run(run, b);
    assert_memory_not_equal(a, b, sizeof(a));
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, SPAN_ID_BYTES);
}

TEST(no_two_spans_of_a_run_share_a_name_and_none_is_zero)
{
    enum { REQUESTS = 3000, TRIES = 3, N = REQUESTS * TRIES * (SPAN_RECEIVE + 1) };
    static uint8_t ids[N][SPAN_ID_BYTES];
    static const uint8_t zero[SPAN_ID_BYTES];
    size_t n = 0;

    for (uint64_t k = 0; k < REQUESTS; k++)
        for (uint32_t t = 0; t < TRIES; t++)
            for (int what = 0; what <= SPAN_RECEIVE; what++)
                span_id(run, record_req(1, 2, k), t, (enum span_what)what, ids[n++]);
    qsort(ids, N, SPAN_ID_BYTES, by_bytes);
    assert_memory_not_equal(ids[0], zero, sizeof(zero));
    for (size_t i = 1; i < N; i++)
        assert_memory_not_equal(ids[i - 1], ids[i], SPAN_ID_BYTES);
}

TEST(traceparent_is_the_span_of_the_attempt_in_the_trace_of_its_request)
{
    char text[TRACEPARENT_SIZE], expected[TRACEPARENT_SIZE], *p = expected;
    uint8_t trace[TRACE_ID_BYTES], span[SPAN_ID_BYTES];

    trace_id_request(run, 5, trace);
    span_id(run, 5, 2, SPAN_ATTEMPT, span);
    p += sprintf(p, "00-");
    for (size_t i = 0; i < sizeof(trace); i++)
        p += sprintf(p, "%02x", trace[i]);
    p += sprintf(p, "-");
    for (size_t i = 0; i < sizeof(span); i++)
        p += sprintf(p, "%02x", span[i]);
    sprintf(p, "-01");
    traceparent(run, 5, 2, text);
    assert_string_equal(text, expected);
    assert_int_equal(strlen(text), 55);
}

TEST(lots_for_sampling_are_even)
{
    size_t below = 0;

    for (uint64_t req = 0; req < 20000; req++)
        below += trace_lot(run, req) < UINT64_MAX / 10;
    assert_in_range(below, 1850, 2150);
}
