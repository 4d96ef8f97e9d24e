#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "exported.h"
#include "exporters/buckets.h"
#include "exporters/exposition.h"
#include "exporters/prom_counts.h"
#include "files.h"
#include "runs.h"
#include "test.h"

static const char journal[] = "golden/export/run.jsonl";
static const char openmetrics[] =
    "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";

TEST(bounds_of_histograms_rise_and_there_is_room_for_them)
{
    for (int m = 0; m < N_METRICS; m++) {
        const struct buckets *b = buckets_of((enum metric_id)m);

        assert_in_range(b->n, 1, BUCKETS_MAX);
        for (size_t i = 1; i < b->n; i++)
            if (b->upto[i] <= b->upto[i - 1])
                fail_msg("%s: bound %zu does not rise", metrics[m].name, i);
    }
    assert_in_range(buckets_lag()->n, 1, BUCKETS_MAX);
}

TEST(a_value_equal_to_a_bound_is_within_it)
{
    for (int m = 0; m < N_METRICS; m++) {
        const struct buckets *b = buckets_of((enum metric_id)m);

        for (size_t i = 0; i < b->n; i++) {
            assert_int_equal(buckets_find(b, b->upto[i]), i);
            assert_int_equal(buckets_find(b, b->upto[i] + 1), i + 1);
        }
    }
}

/* "| name | of | bounds |": the table that others build on. */
static void expect_on_page(const char *page, const struct buckets *b, double per)
{
    struct buf line = { 0 };
    char *at;

    buf_printf(&line, "| %s | ", b->name);
    at = strstr(page, line.p);
    if (!at || !(at = strstr(at + line.len, " | ")))
        fail_msg("docs/exporters.md has no bounds called %s", b->name);
    buf_clear(&line);
    buf_str(&line, " | ");
    for (size_t i = 0; i < b->n; i++) {
        exposition_number(&line, (double)b->upto[i] / per);
        buf_char(&line, ' ');
    }
    buf_str(&line, "|\n");
    if (strncmp(at, line.p, line.len) != 0)
        fail_msg("docs/exporters.md should have for %s:%s", b->name, line.p);
    buf_free(&line);
}

TEST(bounds_of_histograms_are_those_of_the_documentation)
{
    char *page = test_file("../docs/exporters.md", NULL);

    for (int m = 0; m < N_METRICS; m++)
        expect_on_page(page, buckets_of((enum metric_id)m), buckets_per(metrics[m].unit));
    expect_on_page(page, buckets_lag(), 1e9);
    free(page);
}

TEST(numbers_of_a_page_have_as_few_digits_as_read_back)
{
    static const struct {
        double v;
        const char *want;
    } cases[] = {
        { 0, "0" },
        { 12, "12" },
        { 0.1, "0.1" },
        { 1e-05, "1e-05" },
        { INFINITY, "+Inf" },
        { NAN, "NaN" },
        { 1.0 / 3, "0.3333333333333333" },
        { 123456789012.0, "123456789012" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = { 0 };

        exposition_number(&b, cases[i].v);
        assert_string_equal(b.p, cases[i].want);
        buf_free(&b);
    }
}

TEST(labels_are_escaped_and_those_without_a_value_left_out)
{
    const struct exposition_label labels[] = { { "a", "x\\y" },
                                               { "b", "" },
                                               { "c", "say \"n\"\n" },
                                               { "d", NULL },
                                               { "e", "\xff!" } };
    struct buf b = { 0 };
    struct exposition e = { .out = &b };

    exposition_family(&e, "f", EXPOSITION_COUNTER, NULL, "one\\two\nthree \"q\"");
    exposition_sample(&e, "_total", labels, 5, 1);
    exposition_sample(&e, "_total", labels + 1, 1, 2);
    assert_string_equal(
        b.p, "# HELP f_total one\\\\two\\nthree \"q\"\n# TYPE f_total counter\n"
             "f_total{a=\"x\\\\y\",c=\"say \\\"n\\\"\\n\",e=\"\xEF\xBF\xBD!\"} 1\n"
             "f_total 2\n");
    buf_free(&b);
}

TEST(a_page_is_openmetrics_for_those_who_ask_for_it)
{
    static const struct {
        const char *accept;
        bool openmetrics;
    } cases[] = {
        { "", false },
        { "*/*", false },
        { "text/plain", false },
        { "application/openmetrics-text", true },
        { openmetrics, true },
        { "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version="
          "0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
          true },
        { "application/openmetrics-text;q=0.2, text/plain;q=0.9", false },
        { "application/openmetrics-text;q=0", false },
        { ",,,;q=,", false },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = { 0 };
        const char *type;
        bool is;

        exported_page(&b, "prometheus", journal, cases[i].accept, &type);
        is = !strncmp(type, "application/openmetrics-text", 28);
        if (is != cases[i].openmetrics)
            fail_msg("\"%s\" was answered with %s", cases[i].accept, type);
        assert_int_equal(is, !strcmp(b.p + b.len - 6, "# EOF\n"));
        assert_int_equal(is, strstr(b.p, " # {trace_id=") != NULL);
        buf_free(&b);
    }
}

/* The families that are looked at by eye: the rest is of the same kinds. */
static bool looked_at(const char *line)
{
    static const char *const families[] = {
        "tokdyno_run_",       "tokdyno_phase_",
        "tokdyno_rate_limit", "tokdyno_requests_total",
        "tokdyno_requests ",  "tokdyno_tokens",
        "tokdyno_spent",      "tokdyno_ttft_seconds",
        "tokdyno_retry",      "tokdyno_slo",
        "tokdyno_in_flight",  "tokdyno_health_cpu",
        "tokdyno_instrument", "tokdyno_metric_error",
    };

    if (!strncmp(line, "# EOF", 5))
        return true;
    if (*line == '#')
        line += strlen("# HELP ");
    for (size_t i = 0; i < COUNT(families); i++)
        if (!strncmp(line, families[i], strlen(families[i])))
            return true;
    return false;
}

static void expect_looked_at(const char *name, struct buf *page)
{
    struct buf kept = { 0 };
    char *rest = page->p, *line;

    while ((line = test_line(&rest)))
        if (looked_at(line))
            buf_printf(&kept, "%s\n", line);
    expect_golden_file(name, &kept);
    buf_free(&kept);
}

TEST(pages_for_prometheus_are_as_they_were_looked_at)
{
    struct buf text = { 0 }, page = { 0 };

    exported(&text, "prometheus", NULL, journal);
    exported_page(&page, "prometheus", journal, openmetrics, NULL);
    expect_looked_at("golden/export/metrics.prom", &text);
    expect_looked_at("golden/export/metrics.openmetrics", &page);
    buf_free(&text);
    buf_free(&page);
}

/* What stands behind the last blank that is not inside a label or an exemplar. */
static double value_of(const char *line)
{
    const char *brace = strchr(line, '{');
    const char *p = line;

    if (brace)
        for (p = brace; *p != '}'; p++)
            if (*p == '"')
                for (p++; *p != '"'; p++)
                    p += *p == '\\';
    p = strchr(p, ' ');
    assert_non_null(p);
    return strtod(p + 1, NULL);
}

/* Buckets of one series never fall, and the last one is its count. */
static void check_histograms(struct buf *page, unsigned *seen)
{
    char family[200] = "";
    double before = 0, last = -1;
    char *rest = page->p, *line;

    *seen = 0;
    while ((line = test_line(&rest))) {
        const char *is = line[0] == '#' ? NULL : strstr(line, "_bucket{");

        if (!strncmp(line, "# TYPE ", 7))
            snprintf(family, sizeof(family), "%.*s", (int)strcspn(line + 7, " "), line + 7);
        else if (line[0] != '#' && strncmp(line, family, strlen(family)) != 0)
            fail_msg("%s stands among the samples of %s", line, family);
        if (is) {
            if (value_of(line) < before)
                fail_msg("falls: %s", line);
            before = value_of(line);
            last = strstr(line, "le=\"+Inf\"") ? before : -1;
        } else if (line[0] != '#' && strstr(line, "_count{")) {
            if (value_of(line) != last)
                fail_msg("the last bucket is %g, not %s", last, line);
            before = 0;
            (*seen)++;
        }
    }
}

TEST(samples_stand_behind_their_family_and_buckets_add_up)
{
    static const char *const accepts[] = { "", openmetrics };

    for (size_t i = 0; i < COUNT(accepts); i++) {
        struct buf page = { 0 };
        unsigned seen;

        exported_page(&page, "prometheus", "golden/report/matrix.jsonl", accepts[i], NULL);
        check_histograms(&page, &seen);
        assert_true(seen > 20);
        buf_free(&page);
    }
}

TEST(a_server_that_names_ever_new_regions_does_not_make_the_page_grow)
{
    struct run run;
    struct prom_counts c;
    struct journal_sink to;
    char name[32];

    runs_make(&run, 1, 1, false, "");
    prom_counts_init(&c, &run);
    to = prom_counts_sink(&c);
    for (unsigned i = 0; i < 1000; i++) {
        struct record r = runs_record(&run, 0, i, NS_PER_MS, name);

        snprintf(name, sizeof(name), "region-%u", i);
        to.record(to.ctx, &r);
    }
    assert_string_equal(prom_counts_region(&c, PROM_REGIONS), "region-7");
    assert_string_equal(prom_counts_region(&c, PROM_REGIONS + 1), "other");
    assert_int_equal(prom_counts_group(&c, 0, 1, 0) != NULL, 0);
    assert_int_equal(prom_counts_group(&c, 0, 1, 1)->hists[METRIC_TTFT]->n, 1);
    assert_int_equal(prom_counts_group(&c, 0, 1, PROM_REGIONS + 1)->hists[METRIC_TTFT]->n,
                     1000 - PROM_REGIONS);
    prom_counts_free(&c);
    run_free(&run);
}

TEST(an_entry_of_a_trial_that_is_not_there_is_left_out)
{
    struct run run;
    struct prom_counts c;
    struct journal_sink to;
    struct record r;
    struct phase_event e = { .trial = 9, .phase = 9, .begin = true };

    runs_make(&run, 2, 1, false, "");
    prom_counts_init(&c, &run);
    to = prom_counts_sink(&c);
    r = runs_record(&run, 0, 1, NS_PER_MS, NULL);
    r.trial = 77;
    to.record(to.ctx, &r);
    r.trial = 0;
    r.cell = 1;
    to.record(to.ctx, &r);
    to.phase(to.ctx, &e);
    for (size_t cell = 0; cell < 2; cell++)
        assert_null(prom_counts_group(&c, cell, 1, 0));
    prom_counts_free(&c);
    run_free(&run);
}
