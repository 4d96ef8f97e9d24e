#include "data/cache_lab.h"

#include "test.h"

enum { MAX_CELLS = 6 };

/* A cell of a sweep: its length or pause, answers that told, those with cached tokens. */
struct swept {
    uint64_t prefix;
    const char *think;
    uint64_t told;
    uint64_t hits;
};

static struct cache_edge edge_of(const struct swept *cells, enum cache_sweep sweep)
{
    static struct cell_key keys[MAX_CELLS];
    struct run_cell run_cells[MAX_CELLS] = { 0 };
    struct summary_cell summary_cells[MAX_CELLS] = { 0 };
    struct run run = { .cells = run_cells };
    struct summary s = { .run = &run, .cells = summary_cells };

    for (; run.n_cells < MAX_CELLS && cells[run.n_cells].told; run.n_cells++) {
        const struct swept *c = &cells[run.n_cells];
        struct tally *t = &summary_cells[run.n_cells].measured.tally;

        run_cells[run.n_cells].shared_prefix = c->prefix;
        if (c->think) {
            keys[run.n_cells] = (struct cell_key){ "load.pairs.think", c->think, "" };
            run_cells[run.n_cells].keys = &keys[run.n_cells];
            run_cells[run.n_cells].n_keys = 1;
        }
        t->with_cached = c->told;
        t->cache_hits = c->hits;
    }
    return cache_edge(&s, sweep);
}

TEST(the_least_prefix_lies_between_the_longest_that_misses_and_the_shortest_that_hits)
{
    static const struct swept cells[] = {
        { 128, NULL, 20, 0 },
        { 2048, NULL, 20, 20 },
        { 512, NULL, 20, 1 },
        { 1024, NULL, 20, 19 },
        { 0 },
    };
    struct cache_edge e = edge_of(cells, CACHE_SWEEP_PREFIX);

    assert_true(e.swept && e.ordered && e.has_hit && e.has_miss);
    assert_int_equal(e.miss, 512);
    assert_int_equal(e.hit, 1024);
}

TEST(the_lifetime_lies_between_the_longest_pause_that_hits_and_the_shortest_that_does_not)
{
    static const struct swept cells[] = {
        { 2000, "1s", 5, 5 }, { 2000, "2m", 5, 1 }, { 2000, "30s", 5, 4 }, { 0 }
    };
    struct cache_edge e = edge_of(cells, CACHE_SWEEP_PAUSE);

    assert_true(e.swept && e.ordered);
    assert_int_equal(e.hit, 30 * NS_PER_S);
    assert_int_equal(e.miss, 120 * NS_PER_S);
    assert_false(edge_of(cells, CACHE_SWEEP_PREFIX).swept);
}

TEST(a_sweep_that_never_hits_or_never_misses_has_one_side)
{
    static const struct swept none[] = { { 128, NULL, 9, 0 }, { 256, NULL, 9, 0 }, { 0 } };
    static const struct swept all[] = { { 128, NULL, 9, 9 }, { 256, NULL, 9, 9 }, { 0 } };
    struct cache_edge e = edge_of(none, CACHE_SWEEP_PREFIX);

    assert_true(e.swept && !e.has_hit && e.has_miss);
    assert_int_equal(e.miss, 256);
    e = edge_of(all, CACHE_SWEEP_PREFIX);
    assert_true(e.swept && e.has_hit && !e.has_miss);
    assert_int_equal(e.hit, 128);
}

TEST(hits_and_misses_that_overlap_tell_no_edge)
{
    static const struct swept cells[] = {
        { 128, NULL, 9, 9 }, { 256, NULL, 9, 0 }, { 512, NULL, 9, 9 }, { 0 }
    };

    assert_false(edge_of(cells, CACHE_SWEEP_PREFIX).ordered);
}
