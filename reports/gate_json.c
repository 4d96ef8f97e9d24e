#include "base/version.h"
#include "reports/gate.h"
#include "reports/json_parts.h"

enum { SCHEMA = 1, INDENT = 1 };

static void put_row(struct jsonw *w, const struct gate *g, const struct gate_row *r)
{
    jsonw_object(w);
    json_put_text(w, "verdict", gate_verdicts[r->verdict].name);
    json_put_bool(w, "gates", !r->watched);
    json_put_text(w, "group", g->groups[r->group].name);
    json_put_text(w, "name", r->name);
    json_put_text(w, "where", r->where);
    json_put_text(w, "sentence", r->sentence);
    jsonw_key(w, "figures");
    jsonw_raw(w, str_of(r->json));
    jsonw_end(w);
}

void gate_put_json(struct buf *out, const struct gate *g, bool colour)
{
    struct jsonw w;

    (void)colour;
    jsonw_init(&w, out, INDENT);
    jsonw_object(&w);
    json_put_int(&w, "schema", SCHEMA);
    json_put_text(&w, "tokdyno", TOKDYNO_VERSION);
    json_put_text(&w, "command", g->command);
    json_put_text(&w, "subject", g->subject);
    json_put_text(&w, "verdict", gate_verdicts[g->verdict].name);
    json_put_text(&w, "headline", g->headline);
    json_begin_array(&w, "groups");
    for (size_t i = 0; i < g->n_groups; i++) {
        jsonw_object(&w);
        json_put_text(&w, "name", g->groups[i].name);
        json_put_text(&w, "line", g->groups[i].line);
        if (g->groups[i].json) {
            jsonw_key(&w, "facts");
            jsonw_raw(&w, str_of(g->groups[i].json));
        }
        jsonw_end(&w);
    }
    jsonw_end(&w);
    json_begin_array(&w, "results");
    for (size_t i = 0; i < g->n_rows; i++)
        put_row(&w, g, &g->rows[i]);
    jsonw_end(&w);
    json_begin_array(&w, "notes");
    for (size_t i = 0; i < g->n_notes; i++)
        jsonw_string(&w, g->notes[i]);
    jsonw_end(&w);
    jsonw_end(&w);
    buf_char(out, '\n');
}
