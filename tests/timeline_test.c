#include <stdlib.h>

#include "base/rng.h"
#include "exported.h"
#include "exporters/lanes.h"
#include "test.h"

enum { SPANS = 3000 };

struct span {
    ns_t begin;
    ns_t end;
};

static int by_end(const void *a, const void *b)
{
    const struct span *x = a, *y = b;

    return (x->end > y->end) - (x->end < y->end);
}

/* The most spans at one time, an end before a beginning at the same moment. */
static size_t most_at_once(const struct span *spans, size_t n)
{
    size_t most = 0;

    for (size_t i = 0; i < n; i++) {
        size_t here = 0;

        for (size_t k = 0; k < n; k++)
            here += spans[k].begin <= spans[i].begin && spans[k].end > spans[i].begin;
        most = here > most ? here : most;
    }
    return most;
}

static void draw(struct span *spans, uint64_t seed)
{
    struct rng rng = rng_init(seed);

    for (size_t i = 0; i < SPANS; i++) {
        spans[i].begin = (ns_t)(rng_unit(&rng) * 1e6);
        spans[i].end = spans[i].begin + 1 + (ns_t)(rng_unit(&rng) * 1e4);
        if (i % 50 == 0)
            spans[i].end += 200000;
    }
}

TEST(spans_of_one_lane_never_overlap_and_in_order_take_as_few_as_can_be)
{
    static struct span spans[SPANS];

    for (uint64_t seed = 0; seed < 4; seed++) {
        struct lanes lanes = { 0 };
        ns_t ends[SPANS] = { 0 };
        bool fresh;

        draw(spans, seed);
        if (seed)
            qsort(spans, SPANS, sizeof(spans[0]), by_end);
        for (size_t i = 0; i < SPANS; i++) {
            size_t known = lanes.n;
            uint32_t at = lanes_take(&lanes, spans[i].begin, spans[i].end, &fresh);

            assert_int_equal(fresh, at == known);
            if (ends[at] > spans[i].begin)
                fail_msg("lane %u is taken until %lld, not free at %lld", at,
                         (long long)ends[at], (long long)spans[i].begin);
            ends[at] = spans[i].end;
        }
        if (seed)
            assert_int_equal(lanes.n, most_at_once(spans, SPANS));
        lanes_free(&lanes);
    }
}

TEST(timelines_are_as_they_were_looked_at)
{
    struct buf b = { 0 };

    exported(&b, "perfetto", "frames=3", "golden/export/run.jsonl");
    expect_golden_file("golden/export/timeline.json", &b);
    buf_free(&b);
}

/* Lines that hold text. */
static unsigned count(const struct buf *b, const char *text)
{
    unsigned n = 0;

    for (const char *p = b->p; (p = strstr(p, text)); p++)
        n++;
    return n;
}

TEST(frames_of_a_timeline_are_bounded_and_the_rest_is_counted)
{
    static const struct {
        const char *setting;
        unsigned frames;
        unsigned left_out; /* attempts that say so */
    } cases[] = { { "frames=0", 0, 3 }, { "frames=3", 9, 2 }, { NULL, 11, 0 } };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = { 0 };

        exported(&b, "perfetto", cases[i].setting, "golden/export/run.jsonl");
        assert_int_equal(count(&b, "\"name\":\"frame\""), cases[i].frames);
        assert_int_equal(count(&b, "frames_not_drawn"), cases[i].left_out);
        buf_free(&b);
    }
}
