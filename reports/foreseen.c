#include "reports/foreseen.h"

#include <math.h>

#include "base/units.h"
#include "reports/figure.h"
#include "reports/json_parts.h"
#include "reports/text.h"

static void put_some(struct buf *b, int64_t n, const char *what)
{
    units_put_count(b, (uint64_t)n);
    buf_printf(b, " %s%s", what, n == 1 ? "" : "s");
}

/* "after 30 requests and 2,010 tokens, 3.1 s into the load" */
static void put_place(struct buf *b, int64_t requests, int64_t tokens, int64_t audio_s,
                      ns_t after)
{
    buf_str(b, " after ");
    put_some(b, requests, "request");
    if (tokens > 0) {
        buf_str(b, audio_s > 0 ? ", " : " and ");
        put_some(b, tokens, "token");
    }
    if (audio_s > 0) {
        buf_str(b, " and ");
        put_some(b, audio_s, "second");
        buf_str(b, " of audio");
    }
    buf_str(b, ", ");
    units_put_duration(b, after);
    buf_str(b, " into the load");
}

static bool knows_any(const struct forecast *f)
{
    for (int i = 0; i < N_RATE_LIMITS; i++)
        if (f->sizes[i] > 0)
            return true;
    return false;
}

static void put_foreseen(struct buf *b, const struct forecast *f)
{
    buf_str(b, "Forecast: ");
    if (!*f->limit) {
        buf_str(b, knows_any(f) ? "no known limit is met" : "none, no limit was known");
        return;
    }
    buf_printf(b, "%s, ", f->limit);
    units_put_count(b, (uint64_t)f->size);
    buf_str(b, " by the catalogue,");
    put_place(b, f->requests, f->tokens, f->audio_s, f->after);
    if (f->paced)
        buf_str(b, ", where the client holds back");
}

static void put_met(struct buf *b, const struct wall *w)
{
    buf_printf(b, ". Met: %s",
               *w->kind ? w->kind : "a limit that the refusal did not name");
    if (w->named_size > 0) {
        buf_str(b, ", ");
        units_put_count(b, (uint64_t)w->named_size);
        buf_str(b, " by the refusal,");
    }
    put_place(b, (int64_t)w->before, w->tokens_before, w->audio_before, w->at - w->first);
}

/* "3 % later than foreseen" */
static void put_error(struct buf *b, const struct forecast_met *m)
{
    double off = (double)m->reached_ppm - 1e6;

    if (!m->compared)
        return;
    if (fabs(off) < 5000) {
        buf_str(b, ", as foreseen");
        return;
    }
    buf_str(b, ", ");
    figure_share(b, fabs(off));
    buf_str(b, off > 0 ? " later than foreseen" : " earlier than foreseen");
}

static void put_not_met(struct buf *b, const struct forecast_met *m, const struct wall *w)
{
    buf_str(b, ". Not met: ");
    switch (m->end) {
    case FORECAST_PACED:
        buf_str(b, "the client paced itself");
        break;
    case FORECAST_EARLY:
        buf_str(b, "the load ended after ");
        put_some(b, (int64_t)(w->before + w->after), "request");
        buf_str(b, ", ");
        figure_share(b, (double)m->reached_ppm);
        buf_str(b, " of the way");
        break;
    case FORECAST_BEYOND:
        put_some(b, (int64_t)(w->before + w->after), "request");
        buf_str(b, " got through, ");
        figure_share(b, (double)m->reached_ppm);
        buf_str(b, " of what was foreseen: the limit is larger, or not enforced");
        break;
    case FORECAST_SILENT:
    case FORECAST_MET:
    case FORECAST_OTHER:
    case FORECAST_UNFORESEEN:
    case FORECAST_UNNAMED:
    case N_FORECAST_ENDS:
        break;
    }
}

/* What is enforced, as far as it can be told: what the refusal says, or what got through.
 */
static void put_enforced(struct buf *b, const struct forecast_met *m, const struct wall *w)
{
    if (w->named_size > 0) {
        buf_str(b, "it enforces ");
        units_put_count(b, (uint64_t)w->named_size);
        return;
    }
    buf_str(b, "it enforces about ");
    figure_number(b, nearbyint((m->enforced_lo + m->enforced_hi) / 2));
}

static void put_announced(struct buf *b, const struct forecast_met *m, const struct wall *w)
{
    if (m->kind < 0)
        return;
    switch (m->announced) {
    case ANNOUNCED_NOTHING:
        buf_printf(b, ". No header announces %s", w->kind);
        break;
    case ANNOUNCED_RIGHT:
        buf_printf(b, ". Headers announce %s ", w->kind);
        units_put_count(b, (uint64_t)m->announced_size);
        break;
    case ANNOUNCED_WRONG:
        buf_printf(b, ". The server announces another limit than it enforces: %s ",
                   w->kind);
        units_put_count(b, (uint64_t)m->announced_size);
        buf_str(b, " by its headers");
        if (m->announced_left >= 0) {
            buf_str(b, ", ");
            units_put_count(b, (uint64_t)m->announced_left);
            buf_str(b, " left at the refusal");
        }
        buf_str(b, "; ");
        put_enforced(b, m, w);
        break;
    case N_ANNOUNCED:
        break;
    }
}

/* All but the one that refused; of what headers do not tell, our own count. */
static void put_headroom(struct buf *b, const struct forecast_met *m)
{
    bool any = false;

    for (int i = 0; i < N_RATE_LIMITS; i++) {
        const struct headroom *h = &m->rooms[i];

        if (h->size <= 0 || i == m->kind)
            continue;
        buf_printf(b, "%s%s ", any ? ", " : ". Head-room left: ", rate_limit_kinds[i].name);
        units_put_count(b, (uint64_t)h->left);
        buf_str(b, " of ");
        units_put_count(b, (uint64_t)h->size);
        if (h->counted)
            buf_str(b, " by our count");
        any = true;
    }
}

void foreseen_put(struct buf *out, const struct summary *s, uint32_t cell)
{
    const struct forecast *f = &s->run->cells[cell].forecast;
    const struct wall *w = &s->cells[cell].wall;
    struct forecast_met m;
    size_t from = out->len;

    forecast_judge(&m, f, w, s->cells[cell].limits);
    if (m.end == FORECAST_SILENT)
        return;
    text_cell_name(out, s->run, cell);
    if (out->len > from)
        buf_str(out, ": ");
    put_foreseen(out, f);
    if (w->at == NS_ABSENT)
        put_not_met(out, &m, w);
    else {
        put_met(out, w);
        put_error(out, &m);
        put_announced(out, &m, w);
    }
    put_headroom(out, &m);
    buf_char(out, '.');
}

/* --- for machines ------------------------------------------------------------------------
 */

static void json_rooms(struct jsonw *w, const struct forecast_met *m)
{
    json_begin_array(w, "headroom");
    for (int i = 0; i < N_RATE_LIMITS; i++)
        if (m->rooms[i].size > 0) {
            jsonw_object(w);
            json_put_text(w, "limit", rate_limit_kinds[i].name);
            json_put_int(w, "size", m->rooms[i].size);
            json_put_int(w, "left", m->rooms[i].left);
            json_put_text(w, "by", m->rooms[i].counted ? "count" : "headers");
            jsonw_end(w);
        }
    jsonw_end(w);
}

static void json_met(struct jsonw *w, const struct forecast_met *m, const struct wall *wall)
{
    json_put_text(w, "announced", announced_names[m->announced]);
    json_put_ns(w, "announced_size", m->announced_size);
    json_put_ns(w, "announced_left", m->announced_left);
    json_put_ns(w, "named_size", wall->named_size);
    json_put_ns(w, "enforced_low", m->enforced_lo > 0 ? llround(m->enforced_lo) : -1);
    json_put_ns(w, "enforced_high", m->enforced_lo > 0 ? llround(m->enforced_hi) : -1);
}

void foreseen_json(struct jsonw *w, const struct summary *s, uint32_t cell)
{
    const struct forecast *f = &s->run->cells[cell].forecast;
    const struct wall *wall = &s->cells[cell].wall;
    int kind = rate_limit_find(f->limit);
    struct forecast_met m;

    forecast_judge(&m, f, wall, s->cells[cell].limits);
    if (m.end == FORECAST_SILENT)
        return;
    json_begin_object(w, "forecast");
    json_put_text(w, "verdict", forecast_end_names[m.end]);
    json_put_text(w, "limit", kind >= 0 ? f->limit : NULL);
    json_put_ns(w, "size", f->size);
    json_put_ns(w, "after_ns", f->after);
    json_put_ns(w, "requests", f->requests);
    json_put_ns(w, "tokens", f->tokens);
    json_put_ns(w, "audio_seconds", f->audio_s);
    json_put_bool(w, "paced", f->paced);
    json_put_ns(w, "reached_ppm", m.compared ? m.reached_ppm : -1);
    if (wall->at != NS_ABSENT)
        json_met(w, &m, wall);
    json_rooms(w, &m);
    jsonw_end(w);
}
