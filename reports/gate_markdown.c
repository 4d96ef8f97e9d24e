#include <string.h>

#include "base/tame.h"
#include "reports/gate.h"

/*
 * Text inside a table: nothing of it may be taken for markup. A name comes from a scenario
 * or an API and may hold anything.
 */
static void put_escaped(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            buf_str(out, "&lt;");
        else if (*text == '>')
            buf_str(out, "&gt;");
        else if (*text == '&')
            buf_str(out, "&amp;");
        else if (*text == '\n' || *text == '\r')
            buf_char(out, ' ');
        else {
            if (strchr("\\`*_[]|~#@", *text))
                buf_char(out, '\\');
            buf_char(out, *text);
        }
    }
}

static const char *const signs[N_GATE_VERDICTS] = {
    [GATE_PASS] = "✅", [GATE_NO_DATA] = "⚪", [GATE_INCONCLUSIVE] = "⚪",
    [GATE_FAIL] = "❌", [GATE_INVALID] = "⛔",
};

static bool is_empty(const struct gate *g, size_t column)
{
    for (size_t i = 0; i < g->n_rows; i++)
        if (*g->rows[i].cells[column])
            return false;
    return true;
}

static void put_heads(struct buf *out, const struct gate *g)
{
    buf_str(out, "|   |");
    for (size_t c = 0; c < g->n_columns; c++)
        if (!is_empty(g, c)) {
            buf_char(out, ' ');
            put_escaped(out, g->columns[c].head);
            buf_str(out, " |");
        }
    buf_str(out, "\n|---|");
    for (size_t c = 0; c < g->n_columns; c++)
        if (!is_empty(g, c))
            buf_str(out, g->columns[c].align == 'r' ? "--:|" : "---|");
    buf_char(out, '\n');
}

static void put_row(struct buf *out, const struct gate *g, const struct gate_row *r)
{
    bool bold = r->verdict == GATE_FAIL && !r->watched;

    buf_printf(out, "| %s |", r->watched ? "·" : signs[r->verdict]);
    for (size_t c = 0; c < g->n_columns; c++)
        if (!is_empty(g, c)) {
            buf_str(out, bold && *r->cells[c] ? " **" : " ");
            put_escaped(out, r->cells[c]);
            buf_str(out, bold && *r->cells[c] ? "** |" : " |");
        }
    buf_char(out, '\n');
}

void gate_put_markdown(struct buf *out, const struct gate *g, bool colour)
{
    size_t from = out->len;

    (void)colour;
    buf_printf(out, "### %s tokdyno %s: %s", signs[g->verdict], g->command,
               gate_verdicts[g->verdict].word);
    buf_str(out, "\n\n");
    put_escaped(out, g->headline);
    buf_str(out, "\n");
    for (size_t i = 0; i < g->n_groups; i++) {
        if (*g->groups[i].name) {
            buf_str(out, "\n**");
            put_escaped(out, g->groups[i].name);
            buf_str(out, "**\n");
        }
        if (*g->groups[i].line) {
            buf_char(out, '\n');
            put_escaped(out, g->groups[i].line);
            buf_char(out, '\n');
        }
        buf_char(out, '\n');
        put_heads(out, g);
        for (size_t k = 0; k < g->n_rows; k++)
            if (g->rows[k].group == i)
                put_row(out, g, &g->rows[k]);
    }
    if (g->n_notes)
        buf_char(out, '\n');
    for (size_t i = 0; i < g->n_notes; i++) {
        buf_str(out, "- ");
        put_escaped(out, g->notes[i]);
        buf_char(out, '\n');
    }
    tame(out->p + from, out->len - from, false);
}
