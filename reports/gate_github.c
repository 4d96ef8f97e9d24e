#include "base/tame.h"
#include "reports/gate.h"

/* The data of a workflow command ends at a line end, and % begins an escape. */
static void put_escaped(struct buf *out, const char *text, bool property)
{
    for (; *text; text++)
        if (*text == '%')
            buf_str(out, "%25");
        else if (*text == '\r')
            buf_str(out, "%0D");
        else if (*text == '\n')
            buf_str(out, "%0A");
        else if (property && *text == ':')
            buf_str(out, "%3A");
        else if (property && *text == ',')
            buf_str(out, "%2C");
        else
            buf_char(out, *text);
}

static void put_command(struct buf *out, const struct gate *g, enum gate_verdict v,
                        const char *what, const char *text)
{
    const char *kind = gate_verdicts[v].blocks ? "error" : "warning";

    buf_printf(out, "::%s title=", v == GATE_PASS ? "notice" : kind);
    put_escaped(out, "tokdyno ", true);
    put_escaped(out, g->command, true);
    buf_str(out, " ");
    put_escaped(out, what, true);
    buf_str(out, "::");
    put_escaped(out, text, false);
    buf_char(out, '\n');
}

/* GitHub shows ten of a kind a step: the verdict first, then what did not pass. */
void gate_put_github(struct buf *out, const struct gate *g, bool colour)
{
    size_t from = out->len;

    (void)colour;
    put_command(out, g, g->verdict, gate_verdicts[g->verdict].word, g->headline);
    for (int v = N_GATE_VERDICTS - 1; v > GATE_PASS; v--)
        for (size_t i = 0; i < g->n_rows; i++)
            if (g->rows[i].verdict == (enum gate_verdict)v && !g->rows[i].watched)
                put_command(out, g, g->rows[i].verdict, gate_verdicts[v].name,
                            g->rows[i].sentence);
    tame(out->p + from, out->len - from, false);
}
