#include "reports/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/units.h"
#include "reports/json_parts.h"
#include "reports/table.h"

const char *const probe_states[] = {
    [PROBE_NOT_ASKED] = "not asked", [PROBE_YES] = "yes",         [PROBE_NO] = "no",
    [PROBE_REFUSED] = "refused",     [PROBE_UNCLEAR] = "unclear",
};

static const enum style styles[] = {
    [PROBE_NOT_ASKED] = STYLE_DIM,  [PROBE_YES] = STYLE_GREEN,      [PROBE_NO] = STYLE_DIM,
    [PROBE_REFUSED] = STYLE_YELLOW, [PROBE_UNCLEAR] = STYLE_YELLOW,
};

static const char *version_name(int version)
{
    return version == 20   ? "HTTP/2"
           : version == 10 ? "HTTP/1.0"
           : version       ? "HTTP/1.1"
                           : "";
}

static int by_length(const void *a, const void *b)
{
    ns_t x = *(const ns_t *)a, y = *(const ns_t *)b;

    return (x > y) - (x < y);
}

/* The shortest trip and the middle one; false where there was none. */
static bool trips_of(const struct probe *p, ns_t *least, ns_t *middle)
{
    ns_t sorted[PROBE_TRIPS];

    if (!p->n_trips)
        return false;
    memcpy(sorted, p->trips, p->n_trips * sizeof(sorted[0]));
    qsort(sorted, p->n_trips, sizeof(sorted[0]), by_length);
    *least = sorted[0];
    *middle = sorted[(p->n_trips - 1) / 2];
    return true;
}

/* --- text ---------------------------------------------------------------------------- */

static void heading(struct buf *out, const char *text, bool colour)
{
    buf_char(out, '\n');
    style_put(out, STYLE_BOLD, colour, text);
    buf_char(out, '\n');
}

static void put_span(struct buf *out, const char *name, ns_t span)
{
    if (span == NS_ABSENT)
        return;
    buf_printf(out, "%s%s ", out->len ? " · " : "", name);
    units_put_duration(out, span);
}

static void row(struct table *t, const char *name, struct buf *text)
{
    if (!text->len) {
        buf_free(text);
        return;
    }
    table_cell(t, STYLE_DIM, "%s", name);
    table_take(t, STYLE_PLAIN, text);
    table_row(t);
}

/* Seconds with a sign: the server's clock against ours. */
static void put_offset(struct buf *out, const struct offset *o)
{
    ns_t half = (o->most - o->least) / 2;
    ns_t middle = o->least + half;

    if (o->torn) {
        buf_str(out,
                "its dates contradict each other: a clock was set, or there are several");
        return;
    }
    if (!offset_known(o))
        return;
    if (o->least <= 0 && o->most >= 0) {
        buf_str(out, "as ours, within ");
        units_put_duration(out, -o->least > o->most ? -o->least : o->most);
        return;
    }
    units_put_duration(out, middle < 0 ? -middle : middle);
    buf_str(out, middle < 0 ? " behind ours (±" : " ahead of ours (±");
    units_put_duration(out, half);
    buf_char(out, ')');
}

static void put_connection(struct buf *out, const struct probe *p, bool colour)
{
    struct table t;
    struct buf b = { 0 };
    ns_t least, middle;

    table_init(&t, "ll");
    buf_printf(&b, "%s%s%s", p->address, *p->server ? " · " : "", p->server);
    row(&t, "address", &b);
    buf_printf(&b, "%s", version_name(p->http_version));
    if (*p->secured)
        buf_printf(&b, " · %s", p->secured);
    row(&t, "speaks", &b);
    put_span(&b, "dns", p->dns);
    put_span(&b, "tcp", p->tcp);
    put_span(&b, "tls", p->tls);
    row(&t, "set-up", &b);
    if (trips_of(p, &least, &middle)) {
        units_put_duration(&b, middle);
        buf_str(&b, " in the middle, at least ");
        units_put_duration(&b, least);
        buf_printf(&b, " (%zu on a connection that stood)", p->n_trips);
    }
    row(&t, "round trip", &b);
    buf_printf(&b, "%s%s%s", p->region, *p->edge ? " · edge " : "", p->edge);
    row(&t, "region", &b);
    put_offset(&b, &p->offset);
    row(&t, "its clock", &b);
    heading(out, "Connection", colour);
    table_put(&t, out, 2, colour);
    table_free(&t);
}

static void put_key(struct buf *out, const struct probe *p, bool colour)
{
    heading(out, "Key", colour);
    buf_str(out, "  ");
    switch (p->key) {
    case PROBE_YES:
        style_put(out, STYLE_GREEN, colour, "good");
        break;
    case PROBE_NO:
        buf_str(out, "none given, and none wanted for the list of models");
        break;
    case PROBE_REFUSED:
        style_put(out, STYLE_RED, colour,
                  p->has_key ? "refused" : "none given, but wanted");
        break;
    case PROBE_UNCLEAR:
    case PROBE_NOT_ASKED:
        buf_str(out, "cannot be told");
        break;
    }
    if (p->key_status)
        buf_printf(out, " (%d)", p->key_status);
    if (p->n_models)
        buf_printf(out, " · %zu models listed", p->n_models);
    buf_char(out, '\n');
}

static void put_items(struct buf *out, const char *title, const struct probe_item *items,
                      size_t n, bool colour)
{
    struct table t;

    if (!n)
        return;
    heading(out, title, colour);
    table_init(&t, "llrrl");
    for (size_t i = 0; i < n; i++) {
        struct buf b = { 0 };

        table_cell(&t, STYLE_PLAIN, "%s", items[i].name);
        table_cell(&t, styles[items[i].state], "%s", probe_states[items[i].state]);
        if (items[i].status)
            table_cell(&t, STYLE_DIM, "%d", items[i].status);
        else
            table_cell(&t, STYLE_DIM, "%s", "");
        if (items[i].took != NS_ABSENT)
            units_put_duration(&b, items[i].took);
        buf_str(&b, "");
        table_take(&t, STYLE_PLAIN, &b);
        table_cell(&t, STYLE_DIM, "%.60s", items[i].said);
        table_row(&t);
    }
    table_put(&t, out, 2, colour);
    table_free(&t);
}

static void put_limits(struct buf *out, const struct probe *p, bool colour)
{
    struct table t;
    bool any = false;

    table_init(&t, "lrrr");
    table_cell(&t, STYLE_DIM, "%s", "");
    table_cell(&t, STYLE_DIM, "limit");
    table_cell(&t, STYLE_DIM, "left");
    table_cell(&t, STYLE_DIM, "full in");
    table_row(&t);
    for (int i = 0; i < N_LIMITS; i++) {
        const struct limit *l = &p->limits[i];
        struct buf b = { 0 };

        if (l->limit < 0)
            continue;
        any = true;
        table_cell(&t, STYLE_PLAIN, "%s", limit_names[i]);
        units_put_count(&b, (uint64_t)l->limit);
        table_take(&t, STYLE_PLAIN, &b);
        if (l->remaining >= 0)
            units_put_count(&b, (uint64_t)l->remaining);
        buf_str(&b, "");
        table_take(&t, STYLE_PLAIN, &b);
        if (l->reset != NS_ABSENT)
            units_put_duration(&b, l->reset);
        buf_str(&b, "");
        table_take(&t, STYLE_PLAIN, &b);
        table_row(&t);
    }
    if (any) {
        heading(out, "Head-room", colour);
        table_put(&t, out, 2, colour);
    }
    table_free(&t);
}

void report_probe_text(struct buf *out, const struct probe *p, bool colour)
{
    char title[200];

    style_put(out, STYLE_BOLD, colour, p->target);
    buf_char(out, '\n');
    if (!p->reached) {
        style_put(out, STYLE_RED, colour, "not reached");
        buf_printf(out, ": %s\n", p->why);
        return;
    }
    put_connection(out, p, colour);
    put_key(out, p, colour);
    put_items(out, "Endpoints (asked with an empty request)", p->endpoints, p->n_endpoints,
              colour);
    snprintf(title, sizeof(title), "Features of %.150s", p->model ? p->model : "");
    put_items(out, title, p->features, p->n_features, colour);
    put_limits(out, p, colour);
    if (*p->why)
        buf_printf(out, "\nEnded early: %s\n", p->why);
    buf_printf(out, "\n%u requests, %u of them answered by a model\n", p->requests,
               p->paid);
}

/* --- JSON ---------------------------------------------------------------------------- */

static void json_known(struct jsonw *w, const char *key, int64_t v)
{
    if (v >= 0)
        json_put_int(w, key, v);
}

static void json_text_known(struct jsonw *w, const char *key, const char *text)
{
    if (text && *text)
        json_put_text(w, key, text);
}

static void json_connection(struct jsonw *w, const struct probe *p)
{
    ns_t least, middle;

    json_begin_object(w, "connection");
    json_text_known(w, "address", p->address);
    json_text_known(w, "server", p->server);
    json_text_known(w, "http", version_name(p->http_version));
    json_text_known(w, "tls", p->secured);
    json_known(w, "dns_ns", p->dns);
    json_known(w, "tcp_ns", p->tcp);
    json_known(w, "tls_ns", p->tls);
    if (trips_of(p, &least, &middle)) {
        json_put_int(w, "round_trip_min_ns", least);
        json_put_int(w, "round_trip_p50_ns", middle);
        json_put_count(w, "round_trips", p->n_trips);
    }
    json_text_known(w, "region", p->region);
    json_text_known(w, "edge", p->edge);
    if (offset_known(&p->offset)) {
        json_put_int(w, "clock_offset_min_ns", p->offset.least);
        json_put_int(w, "clock_offset_max_ns", p->offset.most);
    }
    jsonw_end(w);
}

static void json_items(struct jsonw *w, const char *key, const struct probe_item *items,
                       size_t n)
{
    json_begin_object(w, key);
    for (size_t i = 0; i < n; i++) {
        json_begin_object(w, items[i].name);
        json_put_text(w, "state", probe_states[items[i].state]);
        if (items[i].status)
            json_put_int(w, "status", items[i].status);
        json_known(w, "first_byte_ns", items[i].took);
        json_text_known(w, "said", items[i].said);
        jsonw_end(w);
    }
    jsonw_end(w);
}

static void json_limits(struct jsonw *w, const struct probe *p)
{
    json_begin_object(w, "limits");
    for (int i = 0; i < N_LIMITS; i++) {
        if (p->limits[i].limit < 0)
            continue;
        json_begin_object(w, limit_names[i]);
        json_known(w, "limit", p->limits[i].limit);
        json_known(w, "remaining", p->limits[i].remaining);
        json_known(w, "reset_ns", p->limits[i].reset);
        jsonw_end(w);
    }
    jsonw_end(w);
}

void report_probe_json(struct buf *out, const struct probe *p)
{
    struct jsonw w;

    jsonw_init(&w, out, 1);
    jsonw_object(&w);
    json_put_text(&w, "target", p->target);
    json_put_bool(&w, "reached", p->reached);
    json_text_known(&w, "ended_early", p->why);
    json_connection(&w, p);
    json_begin_object(&w, "key");
    json_put_bool(&w, "given", p->has_key);
    json_put_text(&w, "good", probe_states[p->key]);
    if (p->key_status)
        json_put_int(&w, "status", p->key_status);
    jsonw_end(&w);
    json_put_count(&w, "models", p->n_models);
    json_text_known(&w, "model", p->model);
    json_known(&w, "queue_ns", p->queue);
    json_items(&w, "endpoints", p->endpoints, p->n_endpoints);
    json_items(&w, "features", p->features, p->n_features);
    json_limits(&w, p);
    json_put_count(&w, "requests", p->requests);
    json_put_count(&w, "paid", p->paid);
    jsonw_end(&w);
    buf_char(out, '\n');
}
