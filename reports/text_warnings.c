#include <stdlib.h>

#include "reports/text.h"

/* What stands in a report; run.json has all. */
enum { MAX_WARNINGS = 3 };

static const enum style styles[N_WARNING_LEVELS] = {
    [WARNING_NOTE] = STYLE_PLAIN,
    [WARNING_DOUBT] = STYLE_YELLOW,
    [WARNING_WRONG] = STYLE_RED,
};

static void put_warning(const struct page *p, const struct summary_warning *w)
{
    struct buf b = { 0 };

    buf_printf(&b, "! %s", w->text);
    text_paragraph(p, 2, styles[w->row->level], b.p);
    buf_clear(&b);
    buf_printf(&b, "%s %s", w->row->means, w->row->remedy);
    text_paragraph(p, 4, STYLE_DIM, b.p);
    buf_free(&b);
}

void text_warnings(const struct page *p, bool in_headline)
{
    const struct summary *s = p->s;
    size_t shown = s->n_warnings < MAX_WARNINGS ? s->n_warnings : MAX_WARNINGS;
    size_t more = s->n_warnings - shown;

    if (in_headline == (s->health.validity == VALIDITY_VALID))
        return;
    for (size_t i = 0; i < shown; i++)
        put_warning(p, &s->warnings[i]);
    if (more)
        buf_printf(p->out, "    and %zu more: report --format json\n", more);
}
