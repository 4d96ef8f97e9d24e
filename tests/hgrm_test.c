#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/hgrm.h"
#include "files.h"

static struct hist recorded(int64_t highest, const char *values)
{
    struct hist h;
    struct err err;
    char path[128];
    char *all, *rest, *line;

    assert_int_equal(hist_init(&h, 1, highest, 3, &err), 0);
    snprintf(path, sizeof(path), "golden/hdr/values/%s.values", values);
    all = rest = test_file(path, NULL);
    while ((line = test_line(&rest))) {
        char *comma;
        int64_t v = strtoll(line, &comma, 10);

        assert_true(hist_record(&h, v, strtoll(comma + 1, NULL, 10)));
    }
    free(all);
    return h;
}

/* A row but for its percentile, which is cut out of the line and returned; NaN: no row. */
static double cut_percentile(char *line)
{
    char *p = line + 12; /* behind the value, "%12.3f " */
    char *end;
    double level;

    if (strlen(line) < 40 || line[0] == '#' || strchr(line, 'V'))
        return NAN;
    level = strtod(p, &end);
    memmove(p, end, strlen(end) + 1);
    return level;
}

/* Java rounds exact ties of the percentile up, C to even: they may differ in the last
 * digit. */
static void same_text(const char *name, char *got, char *want)
{
    char *g, *w;
    int line = 0;

    do {
        double level;

        g = test_line(&got);
        w = test_line(&want);
        line++;
        if (!g || !w)
            break;
        level = cut_percentile(g);
        if (isnan(level) ? !isnan(cut_percentile(w))
                         : !(fabs(level - cut_percentile(w)) <= 1.0001e-12))
            fail_msg("%s:%d: percentile %.13f", name, line, level);
        if (strcmp(g, w) != 0)
            fail_msg("%s:%d: \"%s\" instead of \"%s\"", name, line, g, w);
    } while (1);
    assert_true(!g && !w);
}

static const struct {
    const char *set, *values;
    int64_t highest;
    double scale;
} sets[] = {
    { "01_empty", "empty", 3600000000, 1 },
    { "02_single", "single", 3600000000, 1 },
    { "06_lognormal_ns", "lognormal_ns", 3600000000000, 1e6 },
    { "07_lognormal_us", "lognormal_us", 3600000000, 1e3 },
    { "24_rank160", "rank160", 3600000000, 1 },
};

TEST(hgrm_writes_what_the_java_library_writes)
{
    for (size_t i = 0; i < 2 * COUNT(sets); i++) {
        int steps = i % 2 ? 5 : 1;
        struct hist h = recorded(sets[i / 2].highest, sets[i / 2].values);
        char name[128];
        struct buf out;
        char *want;

        snprintf(name, sizeof(name), "golden/hdr/hgrm/%s.ticks%d.java.hgrm",
                 sets[i / 2].set, steps);
        want = test_file(name, NULL);
        buf_init(&out, 0);
        hgrm_put(&out, &h, steps, sets[i / 2].scale);
        same_text(name, out.p, want);
        free(want);
        buf_free(&out);
        hist_free(&h);
    }
}

TEST(hgrm_writes_the_comma_separated_form)
{
    struct hist h = recorded(3600000000, "rank160");
    char *want = test_file("golden/hdr/hgrm/24_rank160.ticks5.java.csv", NULL);
    struct buf out;

    buf_init(&out, 0);
    hgrm_put_csv(&out, &h, 5, 1);
    assert_string_equal(out.p, want);
    free(want);
    buf_free(&out);
    hist_free(&h);
}

TEST(hgrm_ends_for_any_number_of_steps_and_values)
{
    for (int steps = 1; steps < 12; steps++) {
        struct hist h;
        struct buf out;

        hist_init_standard(&h);
        hist_record(&h, 5, INT64_MAX - 3);
        hist_record(&h, 6000, 2);
        buf_init(&out, 0);
        hgrm_put(&out, &h, steps, 1);
        assert_non_null(strstr(out.p, "6003.000 1.000000000000"));
        buf_free(&out);
        hist_free(&h);
    }
}
