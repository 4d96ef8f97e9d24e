#include "test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/hist.h"
#include "data/hist_format.h"
#include "files.h"

enum { MAX_COLUMNS = 16, NO_LIMIT = 10000000 };

/* Columns of a line without quotes, cut in place. */
static size_t columns(char *line, char **column)
{
    size_t n = 0;

    column[n++] = line;
    for (; *line; line++)
        if (*line == ',') {
            assert_true(n < MAX_COLUMNS);
            *line = '\0';
            column[n++] = line + 1;
        }
    return n;
}

static int64_t number(const char *text)
{
    char *end;
    int64_t v = strtoll(text, &end, 10);

    assert_true(end != text && !*end);
    return v;
}

/* Calls `check` with each row below the head. */
static size_t each_row(const char *path, void (*check)(char **column, size_t n))
{
    char *text = test_file(path, NULL);
    char *rest = text, *line;
    char *column[MAX_COLUMNS];
    size_t rows = 0;

    assert_non_null(test_line(&rest));
    while ((line = test_line(&rest))) {
        check(column, columns(line, column));
        rows++;
    }
    free(text);
    return rows;
}

static void check_structure(char **c, size_t n)
{
    struct hist h;
    struct err err;
    int rc = hist_shape(&h, number(c[0]), number(c[1]), (int)number(c[2]), &err);

    assert_int_equal(n, 12);
    if (strcmp(c[3], "ok") != 0) {
        assert_int_equal(rc, -1);
        assert_int_equal(err.code, ERR_USAGE);
        return;
    }
    assert_int_equal(rc, 0);
    assert_int_equal(h.unit_magnitude, number(c[4]));
    assert_int_equal(h.half_magnitude, number(c[5]));
    assert_int_equal(h.sub_buckets, number(c[6]));
    assert_true(h.mask == number(c[7]));
    assert_int_equal(h.buckets, number(c[8]));
    assert_int_equal(h.len, number(c[9]));
    assert_int_equal(h.len * sizeof(*h.counts), number(c[10]));
    assert_true(hist_highest_equivalent(&h, hist_value(&h, h.len - 1)) == number(c[11]));
    assert_int_equal(hist_index(&h, number(c[11])), h.len - 1);
}

TEST(hist_structure_follows_from_its_parameters)
{
    assert_int_equal(each_row("golden/hdr/vectors/structure.csv", check_structure), 52);
}

static void check_index(char **c, size_t n)
{
    struct hist h;
    struct err err;
    int64_t v = number(c[3]);
    size_t index = (size_t)number(c[6]);

    assert_int_equal(n, 12);
    assert_int_equal(hist_shape(&h, number(c[0]), number(c[1]), (int)number(c[2]), &err),
                     0);
    assert_int_equal(hist_index(&h, v), index);
    assert_true(hist_value(&h, index) == number(c[7]));
    assert_true(hist_lowest_equivalent(&h, v) == number(c[8]));
    assert_true(hist_highest_equivalent(&h, v) == number(c[9]));
    assert_true(hist_median_equivalent(&h, v) == number(c[10]));
    assert_true(hist_width(&h, v) == number(c[11]));
}

TEST(hist_maps_values_to_buckets_as_the_references_do)
{
    assert_int_equal(each_row("golden/hdr/vectors/index.csv", check_index), 663);
}

static void check_rank(char **c, size_t n)
{
    assert_int_equal(n, 4);
    assert_int_equal(hist_rank(number(c[0]), strtod(c[1], NULL)), number(c[2]));
}

TEST(hist_rank_is_the_exact_ceiling)
{
    assert_int_equal(each_row("golden/hdr/vectors/rank.csv", check_rank), 817);
}

static size_t from_hex(const char *hex, unsigned char *out)
{
    size_t n = strlen(hex) / 2;

    for (size_t i = 0; i < n; i++) {
        unsigned byte;

        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        out[i] = (unsigned char)byte;
    }
    return n;
}

static void check_zigzag(char **c, size_t n)
{
    unsigned char bytes[16];
    const unsigned char *p = bytes;
    size_t len = from_hex(c[1], bytes);
    struct buf b;
    int64_t x;

    assert_int_equal(n, 2);
    buf_init(&b, 0);
    hist_put_code(&b, number(c[0]));
    assert_int_equal(b.len, len);
    assert_memory_equal(b.p, bytes, len);
    assert_true(hist_get_code(&p, bytes + len, &x));
    assert_true(x == number(c[0]));
    assert_ptr_equal(p, bytes + len);
    for (size_t cut = 0; cut < len; cut++) {
        p = bytes;
        assert_false(hist_get_code(&p, bytes + cut, &x));
    }
    buf_free(&b);
}

TEST(hist_integer_code_is_that_of_the_references_and_no_cut_of_it_is_taken)
{
    assert_true(each_row("golden/hdr/vectors/zigzag.csv", check_zigzag) > 30);
}

/* name,verdict,c,java,js,"why",base64: only `why` may hold a comma. */
TEST(hist_decoder_takes_what_is_good_and_refuses_what_is_damaged)
{
    char *text = test_file("golden/hdr/vectors/decode.csv", NULL);
    char *rest = text, *line;
    size_t rows = 0;

    test_line(&rest);
    for (; (line = test_line(&rest)); rows++) {
        char name[64], verdict[16];
        const char *base64 = strrchr(line, ',') + 1;
        struct hist h;
        struct err err = { 0 };
        int rc;

        assert_int_equal(sscanf(line, "%63[^,],%15[^,],", name, verdict), 2);
        rc = hist_decode_base64(&h, base64, strlen(base64), NO_LIMIT, &err);
        if (!strcmp(verdict, "reject") ? rc != -1 || err.code != ERR_PARSE : rc != 0)
            fail_msg("%s: %s, but %s", name, verdict, rc ? err.msg : "it was taken");
        if (!strcmp(verdict, "limit")) {
            hist_free(&h);
            rc = hist_decode_base64(&h, base64, strlen(base64), 100000, &err);
            assert_int_equal(rc, -1);
            assert_int_equal(err.code, ERR_LIMIT);
        }
        if (!strncmp(name, "valid", 5) && !strstr(line, "total 6") &&
            !strstr(line, "total 4611686018427387904"))
            fail_msg("%s: what is its total?", name);
        if (!strncmp(name, "valid", 5))
            assert_true(h.total == (strstr(line, "total 6") ? 6 : 1LL << 62));
        if (rc)
            assert_null(h.counts);
        hist_free(&h);
    }
    free(text);
    assert_int_equal(rows, 40);
}
