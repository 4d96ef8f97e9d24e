#include "test.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/hist.h"
#include "files.h"

enum { NO_LIMIT = 10000000 };

static const char *const datasets[] = {
    "01_empty",
    "02_single",
    "03_zeros",
    "04_zeros_unit1000",
    "05_uniform",
    "06_lognormal_ns",
    "07_lognormal_us",
    "08_lognormal_ns_unit1000",
    "09_extreme_53bit",
    "10_extreme_63bit",
    "11_out_of_range_reject",
    "12_out_of_range_clamp",
    "13_merge_same_config",
    "14_merge_other_config",
    "15_subtract",
    "16_co_at_record",
    "17_co_post",
    "18_sparse_zeros",
    "19_big_counts",
    "20_digits1",
    "21_digits2",
    "22_digits4",
    "23_digits5",
    "24_rank160",
};

/* One data set: what it says, and the histogram that its operation makes. */
struct set {
    const char *name;
    json_t *doc;
    struct hist h;
    int64_t rejected;
};

static int64_t integer(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);

    assert_true(json_is_integer(v));
    return json_integer_value(v);
}

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void init(struct hist *h, const json_t *params)
{
    struct err err;

    assert_int_equal(hist_init(h, integer(params, "lowest_discernible_value"),
                               integer(params, "highest_trackable_value"),
                               (int)integer(params, "significant_figures"), &err),
                     0);
}

/* Records one value in the way the data set asks for; false where it was refused. */
typedef bool put_fn(struct hist *h, int64_t v, int64_t n, int64_t interval);

static bool put_plain(struct hist *h, int64_t v, int64_t n, int64_t interval)
{
    (void)interval;
    return hist_record(h, v, n);
}

static bool put_clamped(struct hist *h, int64_t v, int64_t n, int64_t interval)
{
    (void)interval;
    return hist_record(h, v < 0 ? 0 : v > h->highest ? h->highest : v, n);
}

static int64_t fill(struct hist *h, const char *values, put_fn *put, int64_t interval)
{
    char path[128];
    char *all, *rest, *line;
    int64_t rejected = 0;

    snprintf(path, sizeof(path), "golden/hdr/%s", values);
    all = rest = test_file(path, NULL);
    while ((line = test_line(&rest))) {
        char *comma;
        int64_t v = strtoll(line, &comma, 10);
        int64_t n = strtoll(comma + 1, NULL, 10);

        if (!put(h, v, n, interval))
            rejected += n;
    }
    free(all);
    return rejected;
}

/* The rule for histograms that are there already: a bucket counts as its upper edge. */
static void correct(struct hist *h, int64_t interval)
{
    struct hist raw = *h;
    struct err err;

    hist_init(h, raw.lowest, raw.highest, raw.digits, &err);
    for (size_t i = hist_next(&raw, 0); i < raw.len; i = hist_next(&raw, i + 1))
        hist_record_corrected(h, hist_highest_equivalent(&raw, hist_value(&raw, i)),
                              raw.counts[i], interval);
    hist_free(&raw);
}

static void combine(struct set *s, const char *operation)
{
    struct hist b;
    struct err err;

    init(&b, json_object_get(s->doc, "params_b"));
    s->rejected += fill(&b, text(s->doc, "values_file_b"), put_plain, 0);
    if (!strcmp(operation, "merge"))
        assert_int_equal(hist_add(&s->h, &b, &err), 0);
    else
        assert_int_equal(hist_subtract(&s->h, &b, &err), 0);
    hist_free(&b);
}

static struct set set_open(const char *name)
{
    char path[128];
    struct set s = { .name = name };
    const char *operation;
    int64_t interval = 0;
    put_fn *put = put_plain;

    snprintf(path, sizeof(path), "golden/hdr/datasets/%s.json", name);
    s.doc = json_load_file(test_path(path), 0, NULL);
    assert_non_null(s.doc);
    operation = text(s.doc, "operation");
    if (json_object_get(s.doc, "expected_interval"))
        interval = integer(s.doc, "expected_interval");
    if (!strcmp(operation, "clamp"))
        put = put_clamped;
    if (!strcmp(operation, "corrected"))
        put = hist_record_corrected;
    init(&s.h, s.doc);
    s.rejected = fill(&s.h, text(s.doc, "values_file"), put, interval);
    if (!strcmp(operation, "postcorrected"))
        correct(&s.h, interval);
    if (!strcmp(operation, "merge") || !strcmp(operation, "subtract"))
        combine(&s, operation);
    return s;
}

static void set_close(struct set *s)
{
    hist_free(&s->h);
    json_decref(s->doc);
}

static void each_set(void (*check)(const struct set *s))
{
    for (size_t i = 0; i < COUNT(datasets); i++) {
        struct set s = set_open(datasets[i]);

        check(&s);
        set_close(&s);
    }
}

static void same(const struct set *s, const char *what, int64_t got, int64_t want)
{
    if (got != want)
        fail_msg("%s: %s is %lld instead of %lld", s->name, what, (long long)got,
                 (long long)want);
}

static void close_to(const struct set *s, const char *what, double got, double want)
{
    if (!(fabs(got - want) <= 1e-12 * fabs(want)))
        fail_msg("%s: %s is %.17g instead of %.17g", s->name, what, got, want);
}

static void check_statistics(const struct set *s, const struct hist *h, bool decoded)
{
    const json_t *e = json_object_get(s->doc, "expected");
    int64_t max = integer(e, "max");
    json_t *percentiles = json_object_get(e, "value_at_percentile");

    /* Zeros in a coarse first bucket: their exact value is lost by encoding. */
    if (decoded && max == 0 && h->total)
        max = hist_highest_equivalent(h, 0);
    same(s, "total", h->total, integer(e, "total_count"));
    same(s, "min", hist_min(h), integer(e, "min"));
    same(s, "max", hist_max(h), max);
    close_to(s, "mean", hist_mean(h), json_number_value(json_object_get(e, "mean")));
    close_to(s, "stddev", hist_stddev(h), json_number_value(json_object_get(e, "stddev")));
    for (void *it = json_object_iter(percentiles); it;
         it = json_object_iter_next(percentiles, it)) {
        const char *p = json_object_iter_key(it);

        same(s, p, hist_percentile(h, strtod(p, NULL)),
             json_integer_value(json_object_iter_value(it)));
    }
}

static void check_structure(const struct set *s)
{
    const json_t *structure = json_object_get(s->doc, "structure");

    same(s, "unit", s->h.unit_magnitude, integer(structure, "unit_magnitude"));
    same(s, "sub-buckets", s->h.sub_buckets, integer(structure, "sub_bucket_count"));
    same(s, "buckets", s->h.buckets, integer(structure, "bucket_count"));
    same(s, "length", (int64_t)s->h.len, integer(structure, "counts_len"));
}

static void check_counts(const struct set *s)
{
    const json_t *e = json_object_get(s->doc, "expected");
    const json_t *pairs = json_object_get(e, "counts");
    size_t k = 0, filled = 0;

    for (size_t i = hist_next(&s->h, 0); i < s->h.len; i = hist_next(&s->h, i + 1)) {
        filled++;
        if (!pairs)
            continue;
        same(s, "index", (int64_t)i,
             json_integer_value(json_array_get(json_array_get(pairs, k), 0)));
        same(s, "count", s->h.counts[i],
             json_integer_value(json_array_get(json_array_get(pairs, k++), 1)));
    }
    same(s, "number of buckets", (int64_t)filled, integer(e, "nonzero_buckets"));
    same(s, "pairs", (int64_t)k, (int64_t)json_array_size(pairs));
    same(s, "rejected", s->rejected, integer(e, "rejected"));
}

static void check_recorded(const struct set *s)
{
    check_structure(s);
    check_counts(s);
    check_statistics(s, &s->h, false);
}

TEST(hist_counts_and_statistics_are_those_of_the_references)
{
    each_set(check_recorded);
}

static void put_hex(const char *hex, struct buf *out)
{
    for (; *hex; hex += 2) {
        unsigned byte;

        assert_int_equal(sscanf(hex, "%2x", &byte), 1);
        buf_char(out, (char)byte);
    }
}

static void check_encoded(const struct set *s)
{
    struct buf got, want;

    buf_init(&got, 0);
    buf_init(&want, 0);
    hist_encode(&s->h, &got);
    put_hex(text(s->doc, "v2_hex"), &want);
    same(s, "length of encoding", (int64_t)got.len, (int64_t)want.len);
    if (memcmp(got.p, want.p, want.len) != 0)
        fail_msg("%s: encoded otherwise", s->name);
    buf_free(&got);
    buf_free(&want);
}

TEST(hist_encodes_as_the_references_do)
{
    each_set(check_encoded);
}

static void is_same(const struct set *s, const struct hist *h)
{
    assert_int_equal(h->lowest, s->h.lowest);
    assert_int_equal(h->highest, s->h.highest);
    assert_int_equal(h->digits, s->h.digits);
    assert_true(hist_equal(h, &s->h));
    check_statistics(s, h, true);
}

static void check_decoded_hex(const struct set *s)
{
    static const char *const keys[] = { "v2_hex", "v2_hex_c" };

    for (size_t i = 0; i < COUNT(keys); i++) {
        const char *hex = text(s->doc, keys[i]);
        struct buf bytes;
        struct hist h;
        struct err err;

        if (!hex)
            continue;
        buf_init(&bytes, 0);
        put_hex(hex, &bytes);
        if (hist_decode(&h, bytes.p, bytes.len, NO_LIMIT, &err))
            fail_msg("%s: %s: %s", s->name, keys[i], err.msg);
        is_same(s, &h);
        hist_free(&h);
        buf_free(&bytes);
    }
}

TEST(hist_decodes_what_it_and_the_c_library_encode)
{
    each_set(check_decoded_hex);
}

static void decode_base64(const struct set *s, const char *base64, size_t n)
{
    struct hist h;
    struct err err;

    if (hist_decode_base64(&h, base64, n, NO_LIMIT, &err))
        fail_msg("%s: %s", s->name, err.msg);
    is_same(s, &h);
    hist_free(&h);
}

static void check_base64(const struct set *s)
{
    const char *base64 = text(s->doc, "v2_compressed_base64");
    struct buf ours;

    decode_base64(s, base64, strlen(base64));
    buf_init(&ours, 0);
    hist_encode_base64(&s->h, &ours);
    assert_memory_equal(ours.p, "HISTF", 5);
    decode_base64(s, ours.p, ours.len);
    buf_free(&ours);
}

TEST(hist_decodes_the_compressed_forms)
{
    each_set(check_base64);
}

static void check_stable(const struct set *s)
{
    struct buf first, second;
    struct hist h;
    struct err err;

    buf_init(&first, 0);
    buf_init(&second, 0);
    hist_encode(&s->h, &first);
    assert_int_equal(hist_decode(&h, first.p, first.len, NO_LIMIT, &err), 0);
    hist_encode(&h, &second);
    assert_int_equal(first.len, second.len);
    assert_memory_equal(first.p, second.p, first.len);
    hist_free(&h);
    buf_free(&first);
    buf_free(&second);
}

TEST(hist_encodes_again_to_the_same_bytes_after_decoding)
{
    each_set(check_stable);
}
