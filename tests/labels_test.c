#include "data/labels.h"

#include <stdio.h>
#include <stdlib.h>

#include "test.h"

TEST(labels_beyond_the_most_count_as_other)
{
    struct labels l = { .n = 0 };
    char name[16];

    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "region-%d", i);
        l.items[labels_slot(&l, name)].n++;
    }
    l.items[labels_slot(&l, "region-31")].n++;
    l.items[labels_slot(&l, "region-77")].n++;
    assert_int_equal(l.n, LABELS_MAX + 1);
    assert_string_equal(l.items[31].name, "region-31");
    assert_int_equal(l.items[31].n, 2);
    assert_string_equal(l.items[LABELS_MAX].name, "other");
    assert_int_equal(l.items[LABELS_MAX].n, 100 - LABELS_MAX + 1);
    labels_free(&l);
}

TEST(a_label_is_the_same_before_the_journal_and_behind_it)
{
    static const struct {
        const char *text;
        size_t max;
        const char *want;
    } cases[] = {
        { "", 10, "" },
        { "dal", 10, "dal" },
        { "dal", 2, "da" },
        { "a\xFF", 10, "a\xEF\xBF\xBD" },
        { "\"\\\n", 10, "\"\\\n" },
        { "\xC3\xA4\xC3\xB6", 4, "\xC3\xA4\xC3\xB6" },
        { "\xC3\xA4\xC3\xB6", 3, "\xC3\xA4" },
        { "\xC3\xA4", 1, "" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char *got = label_text(cases[i].text, cases[i].max);

        assert_string_equal(got, cases[i].want);
        free(got);
    }
}

TEST(a_label_that_needs_cleaning_has_one_slot)
{
    struct labels l = { .n = 0 };

    assert_int_equal(labels_slot(&l, "x\xFF"), 0);
    assert_int_equal(labels_slot(&l, "x\xFF"), 0);
    assert_int_equal(labels_slot(&l, "x\xEF\xBF\xBD"), 0);
    labels_free(&l);
}
